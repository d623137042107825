"""LookupUser and LookupItem, and what their answers hold (Z39.83-1-2012, 5.3)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    Amount,
    AuthenticationInput,
    Code,
    InitiationMessage,
    ItemId,
    RequestId,
    ResponseMessage,
    UserId,
)
from protocols.ncip.models.accounts import UserFiscalAccount
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicId, ItemOptionalFields
from protocols.ncip.models.marks import ONE, SOME, V2, V2_02, Before, Choice, Since, Version1
from protocols.ncip.models.users import UserOptionalFields


@element
class LookupUser(InitiationMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    user_element_type: Annotated[tuple[Code, ...], Before(V2, SOME)] = ()
    loaned_items_desired: bool = False
    requested_items_desired: bool = False
    user_fiscal_account_desired: bool = False


@element
class LookupItem(InitiationMessage):
    item_id: Annotated[ItemId, Choice("item")] | None = None
    request_id: Annotated[RequestId, Choice("item")] | None = None
    item_element_type: Annotated[tuple[Code, ...], Before(V2, SOME)] = ()
    current_borrower_desired: bool = False
    current_requesters_desired: bool = False


@element
class CurrentBorrower:
    user_id: Annotated[UserId, ONE] | None = None


@element
class CurrentRequester:
    user_id: Annotated[UserId, ONE] | None = None


@element
class ItemTransaction:
    current_borrower: CurrentBorrower | None = None
    current_requester: tuple[CurrentRequester, ...] = ()


@element
class LoanedItemsCount:
    circulation_status: Annotated[Code, Choice("counted")] | None = None
    loaned_item_count_value: Annotated[int, ONE] | None = None


@element
class LoanedItem:
    item_id: Annotated[ItemId, ONE] | None = None
    bibliographic_id: Annotated[tuple[BibliographicId, ...], Since(V2_02)] = ()
    reminder_level: Annotated[int, Before(V2_02, ONE, otherwise=1)] | None = None
    date_due: Annotated[datetime, Choice("period")] | None = None
    amount: Annotated[Amount, Before(V2_02, ONE, otherwise=Amount(Code("XXX"), 0))] | None = None
    title: Annotated[str, Since(V2)] | None = None


@element
class RequestedItemsCount:
    request_type: Annotated[Code, Choice("counted")] | None = None
    requested_item_count_value: Annotated[int, ONE] | None = None


@element
class RequestedItem:
    request_id: Annotated[RequestId, Choice("request")] | None = None
    item_id: ItemId | None = None
    bibliographic_id: Annotated[tuple[BibliographicId, ...], Since(V2_02)] = ()
    request_type: Annotated[Code, ONE] | None = None
    request_status_type: Annotated[Code, ONE] | None = None
    date_placed: Annotated[datetime, ONE] | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None
    pickup_expiry_date: datetime | None = None
    hold_queue_position: int | None = None
    title: Annotated[str, Since(V2)] | None = None


@element
class LookupUserResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    user_fiscal_account: tuple[UserFiscalAccount, ...] = ()
    loaned_items_count: tuple[LoanedItemsCount, ...] = ()
    loaned_item: Annotated[tuple[LoanedItem, ...], Version1(within="UserTransaction")] = ()
    requested_items_count: tuple[RequestedItemsCount, ...] = ()
    requested_item: Annotated[tuple[RequestedItem, ...], Version1(within="UserTransaction")] = ()
    user_optional_fields: UserOptionalFields | None = None


@element
class LookupItemResponse(ResponseMessage):
    request_id: Annotated[RequestId, Choice("outcome")] | None = None
    item_id: ItemId | None = None
    hold_pickup_date: datetime | None = None
    date_recalled: datetime | None = None
    item_transaction: ItemTransaction | None = None
    item_optional_fields: ItemOptionalFields | None = None
