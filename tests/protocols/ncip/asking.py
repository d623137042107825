"""A request for every service, as objects: what each dialect can write, and what is done for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from circulation.kernel.set_up import set_up_changed
from circulation.notices.rules import NOTICE_RULES
from protocols.ncip.messages import (
    Amount,
    AuthenticationInput,
    Code,
    FromAgencyId,
    InitiationHeader,
    ItemId,
    RequestId,
    ToAgencyId,
    UserId,
)
from protocols.ncip.models.accounts import (
    CreateUserFiscalTransaction,
    FiscalTransactionInformation,
    ItemDetails,
)
from protocols.ncip.models.addresses import (
    PhysicalAddress,
    ShippingInformation,
    UnstructuredAddress,
)
from protocols.ncip.models.agencies import LookupAgency
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem, RenewItem
from protocols.ncip.models.interlending import (
    AcceptItem,
    CirculationStatusUpdated,
    ItemCheckedIn,
    ItemCheckedOut,
    ItemRecalled,
    ItemReceived,
    ItemRenewed,
    ItemRequestCancelled,
    ItemRequested,
    ItemShipped,
)
from protocols.ncip.models.item_sets import LookupItemSet
from protocols.ncip.models.items import (
    BibliographicDescription,
    BibliographicId,
    BibliographicRecordId,
    ItemDescription,
    ItemOptionalFields,
)
from protocols.ncip.models.lookups import LookupItem, LookupUser
from protocols.ncip.models.notices import NoticeItem, SendUserNotice, UserNoticeDetails
from protocols.ncip.models.requests import (
    AddRequestFields,
    CancelRequestItem,
    LookupRequest,
    RequestItem,
    UpdateRequestItem,
)
from protocols.ncip.models.statuses import (
    CancelRecallItem,
    ItemReportedReturned,
    RecallItem,
    ReportCirculationStatusChange,
    UndoCheckOutItem,
    UpdateCirculationStatus,
)
from protocols.ncip.models.stock import AddItemFields, CreateItem, DeleteItem, UpdateItem
from protocols.ncip.models.users import (
    AddUserFields,
    AuthenticateUser,
    CreateUser,
    DeleteUser,
    NameInformation,
    PersonalNameInformation,
    StructuredPersonalUserName,
    UpdateUser,
    UserPrivilege,
)
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import danish_fees
from tests.builders.pins import hashed

AGENCY = Code("DK-900100")
PIN_HASH = hashed("8351")
HEADER = InitiationHeader(
    from_agency_id=FromAgencyId(Code("DK-710100")), to_agency_id=ToAgencyId(AGENCY)
)
HOLD, BY_TITLE = Code("Hold"), Code("Bibliographic Item")
ITEM_TYPES = (Code("Bibliographic Description"), Code("Circulation Status"), Code("Location"))
USER_TYPES = (Code("Name Information"), Code("User Privilege"), Code("Block Or Trap"))
DUE = datetime(2026, 12, 30, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = NameInformation(PersonalNameInformation(StructuredPersonalUserName("Ida", "Brun")))
TITLE = BibliographicId(bibliographic_record_id=BibliographicRecordId("870970-1", AGENCY))
SHIPPING = ShippingInformation(
    physical_address=PhysicalAddress(
        unstructured_address=UnstructuredAddress(Code("Newline-Delimited Text"), "Havnen 1"),
        physical_address_type=Code("Postal Address"),
    )
)


def user(card: str) -> UserId:
    return UserId(AGENCY, Code("Barcode"), card)


def item(barcode: str) -> ItemId:
    return ItemId(AGENCY, Code("Item Barcode"), barcode)


def named(name: str) -> RequestId:
    return RequestId(Code("DK-710100"), None, name)


def typed(card: str, pin: str = "8351") -> tuple[AuthenticationInput, ...]:
    plain = Code("text/plain")
    return (
        AuthenticationInput(card, plain, Code("Barcode Id")),
        AuthenticationInput(pin, plain, Code("PIN")),
    )


def about(title: str) -> ItemOptionalFields:
    return ItemOptionalFields(BibliographicDescription(title=title))


Requests = list[Any]


def _on_loan(library: Library) -> tuple[str, str]:
    card = a_patron(library)
    return card, an_item(library, on_loan_to=card)


def _look_up_user(library: Library) -> Requests:
    card, _ = _on_loan(library)
    return [
        LookupUser(
            HEADER,
            user(card),
            user_element_type=USER_TYPES,
            loaned_items_desired=True,
            requested_items_desired=True,
            user_fiscal_account_desired=True,
        )
    ]


def _look_up_item(library: Library) -> Requests:
    _, barcode = _on_loan(library)
    return [LookupItem(HEADER, item(barcode), None, ITEM_TYPES, current_borrower_desired=True)]


def _check_out_item(library: Library) -> Requests:
    return [
        CheckOutItem(
            HEADER,
            user_id=user(a_patron(library)),
            item_id=item(an_item(library)),
            request_id=named(f"C {library.number()}"),
            item_element_type=ITEM_TYPES,
            user_element_type=USER_TYPES,
        )
    ]


def _check_in_item(library: Library) -> Requests:
    _, barcode = _on_loan(library)
    return [CheckInItem(HEADER, item_id=item(barcode), item_element_type=ITEM_TYPES)]


def _renew_item(library: Library) -> Requests:
    card, barcode = _on_loan(library)
    library.pass_time(days=10)
    return [RenewItem(HEADER, user_id=user(card), item_id=item(barcode))]


def _placed(library: Library) -> tuple[RequestItem, str]:
    name = f"R {library.number()}"
    request = RequestItem(
        HEADER,
        user_id=user(a_patron(library)),
        item_id=(item(an_item(library)),),
        request_id=named(name),
        request_type=HOLD,
        request_scope_type=BY_TITLE,
        item_element_type=ITEM_TYPES,
    )
    return request, name


def _request_item(library: Library) -> Requests:
    return [_placed(library)[0]]


def _cancel_request_item(library: Library) -> Requests:
    request, name = _placed(library)
    cancel = CancelRequestItem(
        HEADER, user_id=request.user_id, request_id=named(name), request_type=HOLD
    )
    return [request, cancel]


def _look_up_item_set(library: Library) -> Requests:
    barcodes = (an_item(library), an_item(library))
    return [LookupItemSet(HEADER, item_id=tuple(item(each) for each in barcodes))]


def _look_up_request(library: Library) -> Requests:
    request, name = _placed(library)
    return [request, LookupRequest(HEADER, request_id=named(name), item_element_type=ITEM_TYPES)]


def _look_up_agency(library: Library) -> Requests:
    wanted = (Code("Organization Name Information"), Code("Agency Address Information"))
    return [LookupAgency(HEADER, AGENCY, wanted)]


def _update_request_item(library: Library) -> Requests:
    request, name = _placed(library)
    added = AddRequestFields(need_before_date=DUE)
    return [request, UpdateRequestItem(HEADER, request_id=named(name), add_request_fields=added)]


def _undo_check_out_item(library: Library) -> Requests:
    (lent,) = _check_out_item(library)
    return [lent, UndoCheckOutItem(HEADER, item_id=lent.item_id, user_id=lent.user_id)]


def _recall_item(library: Library) -> Requests:
    _, barcode = _on_loan(library)
    return [RecallItem(HEADER, item_id=item(barcode), item_element_type=ITEM_TYPES)]


def _cancel_recall_item(library: Library) -> Requests:
    (recall,) = _recall_item(library)
    return [recall, CancelRecallItem(HEADER, item_id=recall.item_id)]


def _report_circulation_status_change(library: Library) -> Requests:
    card, barcode = _on_loan(library)
    returned = ItemReportedReturned(NOW)
    return [
        ReportCirculationStatusChange(
            HEADER, item_id=item(barcode), user_id=user(card), item_reported_returned=returned
        )
    ]


def _update_circulation_status(library: Library) -> Requests:
    barcode = an_item(library)
    return [
        UpdateCirculationStatus(HEADER, item_id=item(barcode), circulation_status=Code("Missing"))
    ]


def _create_item(library: Library) -> Requests:
    return [
        CreateItem(
            HEADER,
            item_id=item(f"NEW-{library.number()}"),
            bibliographic_description=BibliographicDescription(title="Kongens fald"),
        )
    ]


def _update_item(library: Library) -> Requests:
    added = AddItemFields(item_description=ItemDescription("Jen"))
    return [UpdateItem(HEADER, item_id=item(an_item(library)), add_item_fields=added)]


def _delete_item(library: Library) -> Requests:
    return [DeleteItem(HEADER, item_id=item(an_item(library)))]


def _create_user(library: Library) -> Requests:
    return [
        CreateUser(
            HEADER,
            user_id=user(f"NEW-{library.number()}"),
            name_information=NAME,
            user_privilege=(UserPrivilege(AGENCY, Code("adult")),),
        )
    ]


def _update_user(library: Library) -> Requests:
    added = AddUserFields(name_information=NAME)
    return [UpdateUser(HEADER, user_id=user(a_patron(library)), add_user_fields=added)]


def _delete_user(library: Library) -> Requests:
    return [DeleteUser(HEADER, user_id=user(a_patron(library)))]


def _authenticate_user(library: Library) -> Requests:
    card = a_patron(library, pin_hash=PIN_HASH)
    return [AuthenticateUser(HEADER, typed(card))]


def _create_user_fiscal_transaction(library: Library) -> Requests:
    danish_fees(library)
    owed = FiscalTransactionInformation(
        fiscal_action_type=Code("Assess"),
        fiscal_transaction_type=Code("Service Charge"),
        amount=Amount(Code("DKK"), 2_500),
    )
    return [
        CreateUserFiscalTransaction(
            HEADER, user_id=user(a_patron(library)), fiscal_transaction_information=owed
        )
    ]


def _send_user_notice(library: Library) -> Requests:
    def rules(transaction: Any) -> None:
        NOTICE_RULES.store(transaction, channels=["email"])
        set_up_changed(transaction)

    library.write(rules)
    card, barcode = _on_loan(library)
    told = ItemDetails(item(barcode), BibliographicDescription(title="Kongens fald"))
    details = UserNoticeDetails(Code("Overdue"), None, (NoticeItem(told),))
    return [SendUserNotice(HEADER, user_id=user(card), user_notice_details=details)]


# What is borrowed from another library, and what is told of it


def _accept_item(library: Library, card: str | None = None) -> Requests:
    return [
        AcceptItem(
            HEADER,
            request_id=named(f"A {library.number()}"),
            requested_action_type=Code("Hold For Pickup"),
            user_id=user(card or a_patron(library)),
            item_id=item(f"ILL-{library.number()}"),
            date_for_return=DUE,
            item_optional_fields=about("Kongens fald"),
        )
    ]


def _item_requested(library: Library) -> Requests:
    return [
        ItemRequested(
            HEADER,
            user_id=user(a_patron(library)),
            bibliographic_id=TITLE,
            request_id=named(f"N {library.number()}"),
            request_type=HOLD,
            request_scope_type=BY_TITLE,
            item_optional_fields=about("Kongens fald"),
        )
    ]


def _item_shipped(library: Library) -> Requests:
    (asked,) = _item_requested(library)
    shipped = ItemShipped(
        HEADER, request_id=asked.request_id, date_shipped=NOW, shipping_information=SHIPPING
    )
    return [asked, shipped]


def _lent(library: Library) -> Requests:
    """An item of ours, requested and lent for another library."""
    request, name = _placed(library)
    lent = CheckOutItem(
        HEADER, user_id=request.user_id, item_id=request.item_id[0], request_id=named(name)
    )
    return [request, lent]


def _item_received(library: Library) -> Requests:
    request, lent = _lent(library)
    received = ItemReceived(
        HEADER, item_id=lent.item_id, request_id=lent.request_id, date_received=NOW
    )
    return [request, lent, received]


def _item_checked_out(library: Library) -> Requests:
    request, lent = _lent(library)
    told = ItemCheckedOut(
        HEADER,
        user_id=lent.user_id,
        item_id=lent.item_id,
        request_id=lent.request_id,
        date_due=DUE,
    )
    return [request, lent, told]


def _item_checked_in(library: Library) -> Requests:
    request, lent = _lent(library)
    return [request, lent, ItemCheckedIn(HEADER, user_id=lent.user_id, item_id=lent.item_id)]


def _borrowed(library: Library) -> Requests:
    """An item of another library, lent to a user of ours."""
    card = a_patron(library)
    (accepted,) = _accept_item(library, card)
    lent = CheckOutItem(HEADER, user_id=user(card), item_id=accepted.item_id)
    return [accepted, lent]


def _item_renewed(library: Library) -> Requests:
    accepted, lent = _borrowed(library)
    until = datetime(2027, 1, 20, 12, tzinfo=UTC)
    return [accepted, lent, ItemRenewed(HEADER, lent.user_id, lent.item_id, until)]


def _item_recalled(library: Library) -> Requests:
    accepted, lent = _borrowed(library)
    soon = datetime(2026, 12, 15, 12, tzinfo=UTC)
    return [accepted, lent, ItemRecalled(HEADER, lent.user_id, lent.item_id, soon)]


def _item_request_cancelled(library: Library) -> Requests:
    (asked,) = _item_requested(library)
    told = ItemRequestCancelled(
        HEADER, user_id=asked.user_id, request_id=asked.request_id, request_type=HOLD
    )
    return [asked, told]


def _circulation_status_updated(library: Library) -> Requests:
    request, lent = _lent(library)
    return [request, lent, CirculationStatusUpdated(HEADER, lent.item_id, Code("Lost"))]


#: By service, what is asked one after the other; the last is for the service, and all is done.
CASES: dict[str, Callable[[Library], Requests]] = {
    "LookupUser": _look_up_user,
    "LookupItem": _look_up_item,
    "CheckOutItem": _check_out_item,
    "CheckInItem": _check_in_item,
    "RenewItem": _renew_item,
    "RequestItem": _request_item,
    "CancelRequestItem": _cancel_request_item,
    "LookupItemSet": _look_up_item_set,
    "LookupRequest": _look_up_request,
    "LookupAgency": _look_up_agency,
    "UpdateRequestItem": _update_request_item,
    "UndoCheckOutItem": _undo_check_out_item,
    "RecallItem": _recall_item,
    "CancelRecallItem": _cancel_recall_item,
    "ReportCirculationStatusChange": _report_circulation_status_change,
    "UpdateCirculationStatus": _update_circulation_status,
    "CreateItem": _create_item,
    "UpdateItem": _update_item,
    "DeleteItem": _delete_item,
    "CreateUser": _create_user,
    "UpdateUser": _update_user,
    "DeleteUser": _delete_user,
    "AuthenticateUser": _authenticate_user,
    "CreateUserFiscalTransaction": _create_user_fiscal_transaction,
    "SendUserNotice": _send_user_notice,
    "AcceptItem": _accept_item,
    "ItemRequested": _item_requested,
    "ItemShipped": _item_shipped,
    "ItemReceived": _item_received,
    "ItemCheckedOut": _item_checked_out,
    "ItemCheckedIn": _item_checked_in,
    "ItemRenewed": _item_renewed,
    "ItemRecalled": _item_recalled,
    "ItemRequestCancelled": _item_request_cancelled,
    "CirculationStatusUpdated": _circulation_status_updated,
}
