"""CheckOutItem, CheckInItem and RenewItem (Z39.83-1-2012, 5.4)."""

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
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import ITEM_FIELDS, ItemOptionalFields, Location
from protocols.ncip.models.rows import (
    CODE,
    COUNT,
    HEADER,
    ITEM_ELEMENTS,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    TEXT,
    USER,
    USER_ELEMENTS,
    Row,
)
from protocols.ncip.models.users import USER_FIELDS, UserOptionalFields


@element
class CheckOutItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None
    desired_date_due: datetime | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class CheckInItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class RenewItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()
    desired_date_due: datetime | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None


@element
class Destination:
    location: Location | None = None


@element
class RoutingInformation:
    routing_instructions: str | None = None
    destination: Destination | None = None
    request_type: Code | None = None
    user_id: UserId | None = None


@element
class CheckOutItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    renewal_count: int | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class CheckInItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    routing_information: RoutingInformation | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class RenewItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    renewal_count: int | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    CheckOutItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, ONE),
        Row("request_id", RequestId, OPTIONAL),
        Row("acknowledged_fee_amount", AcknowledgedFeeAmount, OPTIONAL),
        Row("desired_date_due", MOMENT, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    CheckInItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        Row("item_id", ItemId, ONE),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    RenewItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, ONE),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
        Row("desired_date_due", MOMENT, OPTIONAL),
        Row("acknowledged_fee_amount", AcknowledgedFeeAmount, OPTIONAL),
    ),
    Destination: (Row("location", Location, ONE, choice="place"),),
    RoutingInformation: (
        Row("routing_instructions", TEXT, ONE),
        Row("destination", Destination, ONE),
        Row("request_type", CODE, OPTIONAL),
        Row("user_id", UserId, OPTIONAL),
    ),
    CheckOutItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("date_due", MOMENT, ONE, choice="outcome"),
        Row("renewal_count", COUNT, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    CheckInItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("routing_information", RoutingInformation, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    RenewItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("date_due", MOMENT, OPTIONAL, choice="outcome"),
        Row("renewal_count", COUNT, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
}
