"""LookupUser and LookupItem, and what their answers hold (Z39.83-1-2012, 5.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    Amount,
    AuthenticationInput,
    Code,
    InitiationHeader,
    ItemId,
    RequestId,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.accounts import UserFiscalAccount
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicId, ItemOptionalFields
from protocols.ncip.models.rows import (
    CODE,
    COUNT,
    FLAG,
    HEADER,
    MANY,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    TEXT,
    USER,
    V2,
    V2_02,
    Row,
)
from protocols.ncip.models.users import UserOptionalFields


@element
class LookupUser:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    user_element_type: tuple[Code, ...] = ()
    loaned_items_desired: bool = False
    requested_items_desired: bool = False
    user_fiscal_account_desired: bool = False


@element
class LookupItem:
    initiation_header: InitiationHeader | None = None
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    item_element_type: tuple[Code, ...] = ()
    current_borrower_desired: bool = False
    current_requesters_desired: bool = False


@element
class CurrentBorrower:
    user_id: UserId | None = None


@element
class CurrentRequester:
    user_id: UserId | None = None


@element
class ItemTransaction:
    current_borrower: CurrentBorrower | None = None
    current_requester: tuple[CurrentRequester, ...] = ()


@element
class LoanedItemsCount:
    circulation_status: Code | None = None
    loaned_item_count_value: int | None = None


@element
class LoanedItem:
    item_id: ItemId | None = None
    bibliographic_id: tuple[BibliographicId, ...] = ()
    reminder_level: int | None = None
    date_due: datetime | None = None
    amount: Amount | None = None
    title: str | None = None


@element
class RequestedItemsCount:
    request_type: Code | None = None
    requested_item_count_value: int | None = None


@element
class RequestedItem:
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    bibliographic_id: tuple[BibliographicId, ...] = ()
    request_type: Code | None = None
    request_status_type: Code | None = None
    date_placed: datetime | None = None
    pickup_location: Code | None = None
    pickup_expiry_date: datetime | None = None
    hold_queue_position: int | None = None
    title: str | None = None


@element
class LookupUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None
    user_fiscal_account: tuple[UserFiscalAccount, ...] = ()
    loaned_items_count: tuple[LoanedItemsCount, ...] = ()
    loaned_item: tuple[LoanedItem, ...] = ()
    requested_items_count: tuple[RequestedItemsCount, ...] = ()
    requested_item: tuple[RequestedItem, ...] = ()
    user_optional_fields: UserOptionalFields | None = None


@element
class LookupItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    hold_pickup_date: datetime | None = None
    date_recalled: datetime | None = None
    item_transaction: ItemTransaction | None = None
    item_optional_fields: ItemOptionalFields | None = None


LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    LookupUser: (
        HEADER,
        *USER,
        Row("user_element_type", CODE, MANY, before=(V2, SOME)),
        Row("loaned_items_desired", FLAG, OPTIONAL),
        Row("requested_items_desired", FLAG, OPTIONAL),
        Row("user_fiscal_account_desired", FLAG, OPTIONAL),
    ),
    LookupItem: (
        HEADER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("item_element_type", CODE, MANY, before=(V2, SOME)),
        Row("current_borrower_desired", FLAG, OPTIONAL),
        Row("current_requesters_desired", FLAG, OPTIONAL),
    ),
    CurrentBorrower: (Row("user_id", UserId, ONE),),
    CurrentRequester: (Row("user_id", UserId, ONE),),
    ItemTransaction: (
        Row("current_borrower", CurrentBorrower, OPTIONAL),
        Row("current_requester", CurrentRequester, MANY),
    ),
    LoanedItemsCount: (
        Row("circulation_status", CODE, ONE, choice="counted"),
        Row("loaned_item_count_value", COUNT, ONE),
    ),
    LoanedItem: (
        Row("item_id", ItemId, ONE),
        Row("bibliographic_id", BibliographicId, MANY, since=V2_02),
        Row("reminder_level", COUNT, OPTIONAL, before=(V2_02, ONE), otherwise=1),
        Row("date_due", MOMENT, ONE, choice="period"),
        Row("amount", Amount, OPTIONAL, before=(V2_02, ONE), otherwise=Amount(Code("XXX"), 0)),
        Row("title", TEXT, OPTIONAL, since=V2),
    ),
    RequestedItemsCount: (
        Row("request_type", CODE, ONE, choice="counted"),
        Row("requested_item_count_value", COUNT, ONE),
    ),
    RequestedItem: (
        Row("request_id", RequestId, ONE, choice="request"),
        Row("item_id", ItemId, OPTIONAL, choice="request"),
        Row("bibliographic_id", BibliographicId, MANY, since=V2_02),
        Row("request_type", CODE, ONE),
        Row("request_status_type", CODE, ONE),
        Row("date_placed", MOMENT, ONE),
        Row("pickup_location", CODE, OPTIONAL, since=V2),
        Row("pickup_expiry_date", MOMENT, OPTIONAL),
        Row("hold_queue_position", COUNT, OPTIONAL),
        Row("title", TEXT, OPTIONAL, since=V2),
    ),
    LookupUserResponse: (
        RESPONSE_HEADER,
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("user_fiscal_account", UserFiscalAccount, MANY, choice="outcome"),
        Row("loaned_items_count", LoanedItemsCount, MANY, choice="outcome"),
        Row("loaned_item", LoanedItem, MANY, choice="outcome", within_1="UserTransaction"),
        Row("requested_items_count", RequestedItemsCount, MANY, choice="outcome"),
        Row("requested_item", RequestedItem, MANY, choice="outcome", within_1="UserTransaction"),
        Row("user_optional_fields", UserOptionalFields, OPTIONAL, choice="outcome"),
    ),
    LookupItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("hold_pickup_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("date_recalled", MOMENT, OPTIONAL, choice="outcome"),
        Row("item_transaction", ItemTransaction, OPTIONAL, choice="outcome"),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL, choice="outcome"),
    ),
}
