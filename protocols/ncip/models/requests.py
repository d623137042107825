"""Requests that exist: LookupRequest (Z39.83-1-2012, 5.3.3), UpdateRequestItem (5.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    AuthenticationInput,
    Code,
    InitiationHeader,
    ItemId,
    MandatedAction,
    RequestId,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.accounts import AcknowledgedFeeAmount, FiscalTransactionInformation
from protocols.ncip.models.addresses import ShippingInformation
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import ITEM_FIELDS, BibliographicId, ItemOptionalFields
from protocols.ncip.models.rows import (
    CODE,
    COUNT,
    HEADER,
    ITEM_ELEMENTS,
    MANY,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    USER,
    USER_ELEMENTS,
    V2,
    Row,
)
from protocols.ncip.models.users import USER_FIELDS, UserOptionalFields


@element
class RequestItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: tuple[ItemId, ...] = ()
    bibliographic_id: tuple[BibliographicId, ...] = ()
    request_id: RequestId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    item_optional_fields: ItemOptionalFields | None = None
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Code | None = None
    pickup_expiry_date: datetime | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class CancelRequestItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class RequestItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    date_available: datetime | None = None
    hold_pickup_date: datetime | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class CancelRequestItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class LookupRequest:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    request_type: Code | None = None
    request_id: RequestId | None = None
    request_element_type: tuple[Code, ...] = ()
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class LookupRequestResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    request_status_type: Code | None = None
    hold_queue_position: int | None = None
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Code | None = None
    pickup_expiry_date: datetime | None = None
    date_of_user_request: datetime | None = None
    date_available: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class DeleteRequestFields:
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Code | None = None


@element
class AddRequestFields:
    user_id: UserId | None = None
    item_id: ItemId | None = None
    request_scope_type: Code | None = None
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Code | None = None


@element
class UpdateRequestItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    request_type: Code | None = None
    request_id: RequestId | None = None
    delete_request_fields: DeleteRequestFields | None = None
    add_request_fields: AddRequestFields | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class UpdateRequestItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


_WHICH = (
    Row("user_id", UserId, ONE, choice="request"),
    Row("authentication_input", AuthenticationInput, SOME, choice="request"),
    Row("item_id", ItemId, ONE, choice="request"),
    Row("request_type", CODE, ONE, choice="request"),
    Row("request_id", RequestId, ONE, choice="request"),
)
_PICKUP = Row("pickup_location", CODE, OPTIONAL, since=V2)
_SHIPPING = Row("shipping_information", ShippingInformation, OPTIONAL)
_CHANGES = (
    _SHIPPING,
    Row("earliest_date_needed", MOMENT, OPTIONAL),
    Row("need_before_date", MOMENT, OPTIONAL),
    _PICKUP,
)

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    RequestItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, SOME, choice="item", before=((2, 1), ONE)),
        Row("bibliographic_id", BibliographicId, SOME, choice="item", before=((2, 1), ONE)),
        Row("request_id", RequestId, OPTIONAL),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, ONE),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL, since=V2),
        _SHIPPING,
        Row("earliest_date_needed", MOMENT, OPTIONAL),
        Row("need_before_date", MOMENT, OPTIONAL),
        _PICKUP,
        Row("pickup_expiry_date", MOMENT, OPTIONAL),
        Row("acknowledged_fee_amount", AcknowledgedFeeAmount, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    CancelRequestItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    RequestItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("request_type", CODE, ONE, choice="outcome"),
        Row("request_scope_type", CODE, ONE, choice="outcome"),
        Row("date_available", MOMENT, OPTIONAL, choice="outcome"),
        Row("hold_pickup_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    CancelRequestItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    LookupRequest: (
        HEADER,
        *_WHICH,
        Row("request_element_type", CODE, MANY),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    LookupRequestResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("request_type", CODE, OPTIONAL, choice="outcome"),
        Row("request_scope_type", CODE, OPTIONAL, choice="outcome"),
        Row("request_status_type", CODE, OPTIONAL, choice="outcome"),
        Row("hold_queue_position", COUNT, OPTIONAL, choice="outcome"),
        Row("shipping_information", ShippingInformation, OPTIONAL, choice="outcome"),
        Row("earliest_date_needed", MOMENT, OPTIONAL, choice="outcome"),
        Row("need_before_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("pickup_location", CODE, OPTIONAL, choice="outcome", since=V2),
        Row("pickup_expiry_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("date_of_user_request", MOMENT, OPTIONAL, choice="outcome"),
        Row("date_available", MOMENT, OPTIONAL, choice="outcome"),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL, choice="outcome"),
        Row("user_optional_fields", UserOptionalFields, OPTIONAL, choice="outcome"),
    ),
    DeleteRequestFields: _CHANGES,
    AddRequestFields: (
        Row("user_id", UserId, OPTIONAL),
        Row("item_id", ItemId, OPTIONAL),
        Row("request_scope_type", CODE, OPTIONAL),
        *_CHANGES,
    ),
    UpdateRequestItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *_WHICH,
        Row("delete_request_fields", DeleteRequestFields, OPTIONAL),
        Row("add_request_fields", AddRequestFields, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    UpdateRequestItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("request_type", CODE, ONE, choice="outcome"),
        Row("request_scope_type", CODE, ONE, choice="outcome"),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
}
