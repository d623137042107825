"""Answers about items: Item Information (17), Checkout (11), Checkin (09), Renew (29, 65)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from circulation.availability import circulation_status
from circulation.identifiers import find_patron
from circulation.lending import check_out
from circulation.reasons import Reason
from circulation.renewals import renew as renew_loan
from circulation.renewals import renew_all as renew_all_loans
from circulation.results import CheckedOut, ItemState, Loan, Refused, Renewed
from circulation.returns import check_in
from circulation.undo import cancel_check_in, cancel_check_out
from protocols.answering import Context
from protocols.sip2.dates import local_date, parse_date
from protocols.sip2.failures import ALERT_OTHER, OTHER
from protocols.sip2.holds import ALERTS, destination_message, hold_handling
from protocols.sip2.messages import (
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    ItemInformation,
    ItemInformationResponse,
    Renew,
    RenewAll,
    RenewAllResponse,
    RenewResponse,
)
from protocols.sip2.patrons import pin_to_check
from protocols.sip2.places import Caller, Place
from protocols.sip2.refusals import refusal_messages
from protocols.sip2.wording import Text, say

#: Circulation status (18).
CIRCULATION_STATUS: dict[ItemState, str] = {
    ItemState.AVAILABLE: "03",
    ItemState.ON_LOAN: "04",
    ItemState.IN_TRANSIT: "10",
    ItemState.CLAIMED_RETURNED: "11",
    ItemState.LOST: "12",
    ItemState.MISSING: "13",
    ItemState.ON_HOLD_SHELF: "08",
}
#: Media type (CK) "book", and no magnetic medium that a strong field could harm.
BOOK = "001"
NOT_MAGNETIC = "N"

_Charged = TypeVar("_Charged", CheckoutResponse, RenewResponse)


def item_information(
    request: ItemInformation, caller: Caller, context: Context
) -> ItemInformationResponse:
    """17 -> 18."""
    place = caller.place(context, request.institution_id)
    today = local_date(context.now, place.zone)
    found = circulation_status(
        context.circulation,
        context.transaction,
        item=request.item_identifier.strip(),
        now=context.now,
    )
    if found is None:
        return ItemInformationResponse(
            circulation_status=OTHER,
            security_marker="00",
            fee_type=OTHER,
            transaction_date=today,
            item_identifier=request.item_identifier,
            title_identifier="",
            screen_message=(say(Text.ITEM_UNKNOWN, caller.words),),
        )
    item = found.item
    return ItemInformationResponse(
        circulation_status=CIRCULATION_STATUS[found.state],
        security_marker="00",
        fee_type=OTHER,
        transaction_date=today,
        item_identifier=request.item_identifier,
        title_identifier=item.title,
        hold_queue_length=str(found.open_holds) if found.open_holds else None,
        due_date=_due_date(found.loan, caller, place) if found.loan else None,
        owner=item.home_branch.agency_isil,
        media_type=BOOK,
        permanent_location=item.home_branch.isil,
        current_location=item.home_branch.isil if found.state is ItemState.AVAILABLE else None,
        call_number=item.call_number or None,
        destination_location=found.to_branch.isil if found.to_branch else None,
    )


def checkout(request: Checkout, caller: Caller, context: Context) -> CheckoutResponse:
    """11 -> 12. With SC renewal policy Y, a patron's own loan is renewed.

    With cancel (BI) Y the terminal takes back its check-in of just now: the loan goes on.
    """
    place = caller.place(context, request.institution_id)
    if request.cancel:
        return _cancelled_checkin(request, caller, place, context)
    no_block, happened, due = _off_line(request, caller, place)
    outcome: CheckedOut | Renewed | Refused = check_out(
        context.circulation,
        context.transaction,
        desk=place.desk,
        patron=request.patron_identifier.strip(),
        item=request.item_identifier.strip(),
        now=context.now,
        pin=pin_to_check(caller.account, request.patron_password),
        no_block=no_block,
        happened=happened,
        due=due,
    )
    if (
        request.sc_renewal_policy
        and isinstance(outcome, Refused)
        and Reason.ALREADY_ON_LOAN_TO_PATRON in outcome.reasons
    ):
        outcome = renew_loan(
            context.circulation,
            context.transaction,
            desk=place.desk,
            patron=request.patron_identifier.strip(),
            item=request.item_identifier.strip(),
            now=context.now,
            pin=pin_to_check(caller.account, request.patron_password),
        )
    response = CheckoutResponse(
        ok=False,
        renewal_ok=isinstance(outcome, Renewed),
        magnetic_media=NOT_MAGNETIC,
        desensitize="N",
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=request.patron_identifier,
        item_identifier=request.item_identifier,
        title_identifier="",
        due_date="",
    )
    return _with_outcome(response, outcome, caller, place)


def renew(request: Renew, caller: Caller, context: Context) -> RenewResponse:
    """29 -> 30."""
    place = caller.place(context, request.institution_id)
    no_block, happened, due = _off_line(request, caller, place)
    outcome = renew_loan(
        context.circulation,
        context.transaction,
        desk=place.desk,
        patron=request.patron_identifier.strip(),
        item=(request.item_identifier or "").strip(),
        now=context.now,
        pin=pin_to_check(caller.account, request.patron_password),
        no_block=no_block,
        happened=happened,
        due=due,
    )
    response = RenewResponse(
        ok=False,
        renewal_ok=isinstance(outcome, Renewed),
        magnetic_media=NOT_MAGNETIC,
        desensitize="N",
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=request.patron_identifier,
        item_identifier=request.item_identifier or "",
        title_identifier="",
        due_date="",
    )
    return _with_outcome(response, outcome, caller, place)


def renew_all(request: RenewAll, caller: Caller, context: Context) -> RenewAllResponse:
    """65 -> 66."""
    place = caller.place(context, request.institution_id)
    outcome = renew_all_loans(
        context.circulation,
        context.transaction,
        desk=place.desk,
        patron=request.patron_identifier.strip(),
        now=context.now,
        pin=pin_to_check(caller.account, request.patron_password),
    )
    response = RenewAllResponse(
        ok=not isinstance(outcome, Refused),
        renewed_count=0,
        unrenewed_count=0,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
    )
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller.words, place.zone)
        return response
    response.renewed_items = tuple(each.item.barcode for each in outcome.renewed)
    response.unrenewed_items = tuple(each.item.barcode for each in outcome.refused if each.item)
    response.renewed_count = len(outcome.renewed)
    response.unrenewed_count = len(outcome.refused)
    return response


def checkin(request: Checkin, caller: Caller, context: Context) -> CheckinResponse:
    """09 -> 10. An item that was not on loan is taken too.

    With cancel (BI) Y the terminal takes back its checkout of just now: no return, no alert.
    """
    place = caller.place(context, request.current_location, request.institution_id)
    if request.cancel:
        return _cancelled_checkout(request, caller, place, context)
    outcome = check_in(
        context.circulation,
        context.transaction,
        desk=place.desk,
        item=request.item_identifier.strip(),
        now=context.now,
        returned=_returned(request, caller, place),
        holds=hold_handling(caller.account),
    )
    response = CheckinResponse(
        ok=False,
        resensitize=False,
        magnetic_media=NOT_MAGNETIC,
        alert=True,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        item_identifier=request.item_identifier,
        permanent_location="",
    )
    if isinstance(outcome, Refused):
        if outcome.item is not None:
            response.permanent_location = outcome.item.home_branch.isil
            response.title_identifier = outcome.item.title
        response.alert_type = ALERT_OTHER
        response.screen_message = refusal_messages(outcome, caller.words, place.zone)
        return response
    item, account = outcome.item, caller.account
    response.ok = response.resensitize = True
    response.permanent_location = item.home_branch.isil
    response.title_identifier = item.title
    response.media_type = BOOK
    response.call_number = item.call_number or None
    response.collection_code = item.material_group or None
    if outcome.borrower is not None and account is not None and account.show_borrower:
        response.patron_identifier = outcome.borrower.identifier
    response.alert = outcome.destination in ALERTS
    if response.alert or (account is not None and account.always_send_destination):
        response.destination_location = outcome.to_branch.isil
    if response.alert:
        response.alert_type = ALERTS[outcome.destination]
        response.screen_message = (destination_message(outcome, caller.words),)
    if outcome.held_for is not None and account is not None and account.show_hold_patron:
        response.hold_patron_name = outcome.held_for.patron_name
    return response


def _cancelled_checkin(
    request: Checkout, caller: Caller, place: Place, context: Context
) -> CheckoutResponse:
    response = CheckoutResponse(
        ok=False,
        renewal_ok=False,
        magnetic_media=NOT_MAGNETIC,
        desensitize="N",
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=request.patron_identifier,
        item_identifier=request.item_identifier,
        title_identifier="",
        due_date="",
    )
    key = context.circulation.identifiers
    patron_id = find_patron(context.transaction, request.patron_identifier.strip(), key=key)
    if patron_id is None:
        response.screen_message = (say(Text.PATRON_UNKNOWN, caller.words),)
        return response
    outcome = cancel_check_in(
        context.circulation,
        context.transaction,
        desk=place.desk,
        item=request.item_identifier.strip(),
        now=context.now,
        patron_id=patron_id,
    )
    if isinstance(outcome, Refused):
        return _with_outcome(response, outcome, caller, place)
    response.ok = True
    response.desensitize = "Y"
    response.title_identifier = outcome.item.title
    response.due_date = _due_date(outcome.loan, caller, place) if outcome.loan else ""
    response.media_type = BOOK
    return response


def _cancelled_checkout(
    request: Checkin, caller: Caller, place: Place, context: Context
) -> CheckinResponse:
    outcome = cancel_check_out(
        context.circulation,
        context.transaction,
        desk=place.desk,
        item=request.item_identifier.strip(),
        now=context.now,
    )
    response = CheckinResponse(
        ok=False,
        resensitize=False,
        magnetic_media=NOT_MAGNETIC,
        alert=True,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        item_identifier=request.item_identifier,
        permanent_location="",
    )
    if outcome.item is not None:
        response.permanent_location = outcome.item.home_branch.isil
        response.title_identifier = outcome.item.title
    if isinstance(outcome, Refused):
        response.alert_type = ALERT_OTHER
        response.screen_message = refusal_messages(outcome, caller.words, place.zone)
        return response
    response.ok = response.resensitize = True
    response.alert = False
    response.media_type = BOOK
    return response


def _off_line(
    request: Checkout | Renew, caller: Caller, place: Place
) -> tuple[bool, datetime | None, datetime | None]:
    """No block: has this happened already, off line? If so, when, and with what due date."""
    account = caller.account
    if not request.no_block or account is None or not account.accept_offline:
        return False, None, None
    return (
        True,
        parse_date(request.transaction_date, place.zone),
        parse_date(request.nb_due_date, place.zone),
    )


def _returned(request: Checkin, caller: Caller, place: Place) -> datetime | None:
    """When the item came back, where the terminal says that it was not just now.

    A return date equal to the transaction date says "now": by our clock then, not the terminal's.
    """
    account = caller.account
    is_off_line = request.no_block and account is not None and account.accept_offline
    if not is_off_line and request.return_date == request.transaction_date:
        return None
    return parse_date(request.return_date, place.zone)


def _with_outcome(
    response: _Charged, outcome: CheckedOut | Renewed | Refused, caller: Caller, place: Place
) -> _Charged:
    """Fills in what 12 and 30 have in common."""
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller.words, place.zone)
        if outcome.item is not None:
            response.title_identifier = outcome.item.title
        if outcome.loan is not None:
            response.due_date = _due_date(outcome.loan, caller, place)
        return response
    response.ok = True
    response.desensitize = "Y"
    response.title_identifier = outcome.item.title
    response.due_date = _due_date(outcome.loan, caller, place)
    response.media_type = BOOK
    return response


def _due_date(loan: Loan, caller: Caller, place: Place) -> str:
    """AH, as the account wants it."""
    if caller.account is not None and caller.account.due_date == "day":
        return loan.due.astimezone(place.zone).date().isoformat()
    return local_date(loan.due, place.zone)
