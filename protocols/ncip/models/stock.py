"""Items that come, change and go: CreateItem, UpdateItem, DeleteItem (Z39.83-1-2012, 5.4)."""

from typing import Annotated

from protocols.ncip.messages import (
    Code,
    ItemId,
    RequestId,
    ResponseMessage,
    UpdateMessage,
)
from protocols.ncip.models.elements import element, value_class
from protocols.ncip.models.items import BibliographicDescription, ItemDescription, Location
from protocols.ncip.models.marks import ONE, Choice


@element
class CreateItem(UpdateMessage):
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    bibliographic_description: Annotated[BibliographicDescription, ONE] | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    circulation_status: Code | None = None
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()


@element
class CreateItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None


@value_class
class ItemFields:
    """What of an item can be changed."""

    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()


@element
class DeleteItemFields(ItemFields):
    """What is removed."""


@element
class AddItemFields(ItemFields):
    """What is added, once the rest has been removed."""


@element
class UpdateItem(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    delete_item_fields: DeleteItemFields | None = None
    add_item_fields: AddItemFields | None = None


@element
class UpdateItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None


@element
class DeleteItem(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None


@element
class DeleteItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
