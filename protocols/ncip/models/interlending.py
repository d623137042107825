"""Interlibrary loans: AcceptItem (Z39.83-1-2012, 5.4.1) and the notifications of 5.5.

A notification has no answer of its own but an acknowledgement: its response is empty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    Code,
    InitiationHeader,
    ItemId,
    MandatedAction,
    RequestId,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.addresses import ShippingInformation
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import ITEM_FIELDS, BibliographicId, ItemOptionalFields
from protocols.ncip.models.rows import (
    CODE,
    COUNT,
    FLAG,
    HEADER,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    V2,
    Row,
)
from protocols.ncip.models.users import USER_FIELDS, UserOptionalFields


@element
class AcceptItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    request_id: RequestId | None = None
    requested_action_type: Code | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    date_for_return: datetime | None = None
    indeterminate_loan_period_flag: bool = False
    non_returnable_flag: bool = False
    renewal_not_permitted: bool = False
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None
    pickup_location: Code | None = None
    pickup_expiry_date: datetime | None = None


@element
class AcceptItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None


@element
class ItemRequested:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    bibliographic_id: BibliographicId | None = None
    request_id: RequestId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    shipping_information: ShippingInformation | None = None
    need_before_date: datetime | None = None
    pickup_location: Code | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemShipped:
    initiation_header: InitiationHeader | None = None
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    user_id: UserId | None = None
    date_shipped: datetime | None = None
    shipping_information: ShippingInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemReceived:
    initiation_header: InitiationHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    request_id: RequestId | None = None
    date_received: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemCheckedOut:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    date_due: datetime | None = None
    indeterminate_loan_period_flag: bool = False
    non_returnable_flag: bool = False
    renewal_count: int | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemCheckedIn:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemRenewed:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    date_due: datetime | None = None
    renewal_count: int | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemRequestCancelled:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class ItemRecalled:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    item_id: ItemId | None = None
    date_due: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None


@element
class CirculationStatusUpdated:
    initiation_header: InitiationHeader | None = None
    item_id: ItemId | None = None
    circulation_status: Code | None = None


_USER_ID = Row("user_id", UserId, OPTIONAL)
_ITEM_ID = Row("item_id", ItemId, ONE)

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    AcceptItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        Row("request_id", RequestId, ONE),
        Row("requested_action_type", CODE, ONE),
        _USER_ID,
        Row("item_id", ItemId, OPTIONAL),
        Row("date_for_return", MOMENT, ONE, choice="return"),
        Row("indeterminate_loan_period_flag", FLAG, ONE, choice="return"),
        Row("non_returnable_flag", FLAG, ONE, choice="return"),
        Row("renewal_not_permitted", FLAG, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
        Row("pickup_location", CODE, OPTIONAL, since=V2),
        Row("pickup_expiry_date", MOMENT, OPTIONAL, since=V2),
    ),
    AcceptItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="done"),
        Row("item_id", ItemId, OPTIONAL),
    ),
    ItemRequested: (
        HEADER,
        Row("user_id", UserId, ONE),
        Row("item_id", ItemId, ONE, choice="item"),
        Row("bibliographic_id", BibliographicId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, ONE),
        Row("shipping_information", ShippingInformation, OPTIONAL),
        Row("need_before_date", MOMENT, OPTIONAL),
        Row("pickup_location", CODE, OPTIONAL, since=V2),
        ITEM_FIELDS,
    ),
    ItemShipped: (
        HEADER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        _USER_ID,
        Row("date_shipped", MOMENT, ONE),
        Row("shipping_information", ShippingInformation, ONE),
        ITEM_FIELDS,
    ),
    ItemReceived: (
        HEADER,
        _ITEM_ID,
        _USER_ID,
        Row("request_id", RequestId, OPTIONAL),
        Row("date_received", MOMENT, ONE),
        ITEM_FIELDS,
    ),
    ItemCheckedOut: (
        HEADER,
        Row("user_id", UserId, ONE),
        _ITEM_ID,
        Row("request_id", RequestId, OPTIONAL),
        Row("date_due", MOMENT, ONE, choice="due"),
        Row("indeterminate_loan_period_flag", FLAG, ONE, choice="due"),
        Row("non_returnable_flag", FLAG, ONE, choice="due"),
        Row("renewal_count", COUNT, OPTIONAL),
        ITEM_FIELDS,
    ),
    ItemCheckedIn: (HEADER, _USER_ID, _ITEM_ID, ITEM_FIELDS),
    ItemRenewed: (
        HEADER,
        _USER_ID,
        _ITEM_ID,
        Row("date_due", MOMENT, ONE),
        Row("renewal_count", COUNT, OPTIONAL),
        ITEM_FIELDS,
    ),
    ItemRequestCancelled: (
        HEADER,
        Row("user_id", UserId, ONE),
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, OPTIONAL),
        ITEM_FIELDS,
    ),
    ItemRecalled: (HEADER, _USER_ID, _ITEM_ID, Row("date_due", MOMENT, ONE), ITEM_FIELDS),
    CirculationStatusUpdated: (HEADER, _ITEM_ID, Row("circulation_status", CODE, ONE)),
}
