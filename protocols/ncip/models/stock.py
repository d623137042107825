"""Items that come, change and go: CreateItem, UpdateItem, DeleteItem (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from typing import Any

from protocols.ncip.messages import (
    Code,
    InitiationHeader,
    ItemId,
    MandatedAction,
    RequestId,
    ResponseHeader,
)
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicDescription, ItemDescription, Location
from protocols.ncip.models.rows import CODE, HEADER, MANY, ONE, OPTIONAL, RESPONSE_HEADER, Row


@element
class CreateItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    circulation_status: Code | None = None
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()


@element
class CreateItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None


@element
class DeleteItemFields:
    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()


@element
class AddItemFields:
    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()


@element
class UpdateItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    delete_item_fields: DeleteItemFields | None = None
    add_item_fields: AddItemFields | None = None


@element
class UpdateItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None


@element
class DeleteItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None


@element
class DeleteItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None


_MANDATED = Row("mandated_action", MandatedAction, OPTIONAL)
_FIELDS = (
    Row("bibliographic_description", BibliographicDescription, OPTIONAL),
    Row("item_use_restriction_type", CODE, MANY),
    Row("item_description", ItemDescription, OPTIONAL),
    Row("location", Location, MANY),
)
_ANSWER = (RESPONSE_HEADER, Row("item_id", ItemId, ONE, choice="outcome"))

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    CreateItem: (
        HEADER,
        _MANDATED,
        Row("item_id", ItemId, OPTIONAL),
        Row("request_id", RequestId, OPTIONAL),
        Row("bibliographic_description", BibliographicDescription, ONE),
        Row("item_use_restriction_type", CODE, MANY),
        Row("circulation_status", CODE, OPTIONAL),
        Row("item_description", ItemDescription, OPTIONAL),
        Row("location", Location, MANY),
    ),
    CreateItemResponse: _ANSWER,
    DeleteItemFields: _FIELDS,
    AddItemFields: _FIELDS,
    UpdateItem: (
        HEADER,
        _MANDATED,
        Row("item_id", ItemId, ONE),
        Row("delete_item_fields", DeleteItemFields, OPTIONAL),
        Row("add_item_fields", AddItemFields, OPTIONAL),
    ),
    UpdateItemResponse: _ANSWER,
    DeleteItem: (HEADER, _MANDATED, Row("item_id", ItemId, ONE)),
    DeleteItemResponse: _ANSWER,
}
