"""Interlibrary loans: AcceptItem (Z39.83-1-2012, 5.4.1) and the notifications of 5.5.

A notification is only acknowledged: its response is empty.
"""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    Code,
    InitiationMessage,
    ItemId,
    RequestId,
    ResponseMessage,
    UpdateMessage,
    UserId,
)
from protocols.ncip.models.addresses import ShippingInformation
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicId, ItemOptionalFields
from protocols.ncip.models.marks import ONE, V2, Choice, Since
from protocols.ncip.models.users import UserOptionalFields


@element
class AcceptItem(UpdateMessage):
    request_id: Annotated[RequestId, ONE] | None = None
    requested_action_type: Annotated[Code, ONE] | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    date_for_return: Annotated[datetime, Choice("return")] | None = None
    indeterminate_loan_period_flag: Annotated[bool, Choice("return")] = False
    non_returnable_flag: Annotated[bool, Choice("return")] = False
    renewal_not_permitted: bool = False
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None
    pickup_expiry_date: Annotated[datetime, Since(V2)] | None = None


@element
class AcceptItemResponse(ResponseMessage):
    request_id: Annotated[RequestId, Choice("done")] | None = None
    item_id: ItemId | None = None


@element
class ItemRequested(InitiationMessage):
    user_id: Annotated[UserId, ONE] | None = None
    item_id: Annotated[ItemId, Choice("item")] | None = None
    bibliographic_id: Annotated[BibliographicId, Choice("item")] | None = None
    request_id: Annotated[RequestId, Choice("item")] | None = None
    request_type: Annotated[Code, ONE] | None = None
    request_scope_type: Annotated[Code, ONE] | None = None
    shipping_information: ShippingInformation | None = None
    need_before_date: datetime | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemShipped(InitiationMessage):
    item_id: Annotated[ItemId, Choice("item")] | None = None
    request_id: Annotated[RequestId, Choice("item")] | None = None
    user_id: UserId | None = None
    date_shipped: Annotated[datetime, ONE] | None = None
    shipping_information: Annotated[ShippingInformation, ONE] | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemReceived(InitiationMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    user_id: UserId | None = None
    request_id: RequestId | None = None
    date_received: Annotated[datetime, ONE] | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemCheckedOut(InitiationMessage):
    user_id: Annotated[UserId, ONE] | None = None
    item_id: Annotated[ItemId, ONE] | None = None
    request_id: RequestId | None = None
    date_due: Annotated[datetime, Choice("due")] | None = None
    indeterminate_loan_period_flag: Annotated[bool, Choice("due")] = False
    non_returnable_flag: Annotated[bool, Choice("due")] = False
    renewal_count: int | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemCheckedIn(InitiationMessage):
    user_id: UserId | None = None
    item_id: Annotated[ItemId, ONE] | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemRenewed(InitiationMessage):
    user_id: UserId | None = None
    item_id: Annotated[ItemId, ONE] | None = None
    date_due: Annotated[datetime, ONE] | None = None
    renewal_count: int | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemRequestCancelled(InitiationMessage):
    user_id: Annotated[UserId, ONE] | None = None
    item_id: Annotated[ItemId, Choice("item")] | None = None
    request_id: Annotated[RequestId, Choice("item")] | None = None
    request_type: Annotated[Code, ONE] | None = None
    request_scope_type: Code | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemRecalled(InitiationMessage):
    user_id: UserId | None = None
    item_id: Annotated[ItemId, ONE] | None = None
    date_due: Annotated[datetime, ONE] | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class CirculationStatusUpdated(InitiationMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    circulation_status: Annotated[Code, ONE] | None = None
