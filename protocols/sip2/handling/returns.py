"""Check-in (09): what comes back, and where it goes."""

from __future__ import annotations

from datetime import datetime

from circulation.callers.sorting import problem_bin_at
from circulation.kernel.results import Borrower, CheckedIn, HeldFor, Item, Refused
from circulation.loans.off_line import Reported, lent_since
from circulation.loans.returns import check_in
from circulation.loans.undo import cancel_check_out
from circulation.loans.wishes import OffLineReturn
from protocols.hosting.answering import Context
from protocols.sip2.failures import ALERT_OTHER
from protocols.sip2.handling.facts import card_shown, hold_patron, item_fields, stands_in
from protocols.sip2.handling.fees import amount_owed
from protocols.sip2.handling.forms import KNOWN, fbs_form, is_fbs, tell_item
from protocols.sip2.handling.holds import alert_type_of, card_of, destination_message, hold_handling
from protocols.sip2.handling.items import NOT_MAGNETIC, media_of
from protocols.sip2.handling.off_line import (
    Report,
    do_waiting,
    is_followed,
    is_off_line,
    note_report,
)
from protocols.sip2.handling.refusals import refusal_messages
from protocols.sip2.messages import Checkin, CheckinResponse
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Caller, Place
from protocols.sip2.wire.dates import local_date, parse_past_date
from protocols.sip2.wording import Text, say


def checkin(request: Checkin, caller: Caller, context: Context) -> CheckinResponse:
    """09 -> 10. An item that was not on loan is taken too.

    With cancel (BI) Y the terminal takes back its checkout of just now: no return, no alert.
    """
    place = caller.place(context, request.current_location, request.institution_id)
    if request.cancel:
        return _cancelled_checkout(request, caller, place, context)
    returned = _returned(request, caller, place, context.now)
    happened = _happened(request, caller, place, context.now)
    is_told = is_followed(request, caller.account)
    outcome = check_in(
        context.act(place.desk),
        item=request.item_identifier.strip(),
        returned=returned,
        off_line=OffLineReturn(happened, is_followed=is_told),
        holds=hold_handling(caller.account),
        sorting=caller.account.sorting if caller.account is not None else None,
    )
    response = _not_yet(request, place, context)
    if isinstance(outcome, Refused):
        _refuse(response, outcome, caller, place, context)
        if is_off_line(request, caller.account):
            report = Report(Reported.CHECK_IN, request, happened, returned=returned)
            if note_report(report, outcome, place, caller.account, context):
                response.ok = response.resensitize = True
                _add(response, say(Text.NOTED_FOR_STAFF, caller.words))
        return response
    account = caller.account
    do_waiting(request, request.item_identifier, place, caller, context)
    if outcome.is_past:
        response.ok, response.resensitize, response.alert = True, True, False
        if lent_since(context.transaction, barcode=outcome.item.barcode) is not None:
            response.ignored = is_told or None
            _add(response, say(Text.LENT_AGAIN_SINCE, caller.words))
        return response
    _describe(response, outcome.item, caller, place, context)
    response.sort_bin = outcome.sort_bin
    borrower = _borrower_shown(outcome, account, place)
    if borrower is not None:
        response.patron_identifier = _known(card_shown(borrower.identifier), account)
    response.alert_type = alert_type_of(outcome, context.transaction)
    response.alert = response.alert_type is not None
    if response.alert or (account is not None and account.always_send_destination):
        response.destination_location = outcome.to_branch.isil
    if response.alert:
        response.screen_message = (destination_message(outcome, caller.words),)
    if outcome.held_for is not None:
        _tell_of_hold(response, outcome.held_for, account, place, context)
    if account is not None:
        _add_messages(response, outcome, account, caller, place, context)
    return response


def _not_yet(request: Checkin, place: Place, context: Context) -> CheckinResponse:
    """The response before anything is known of the item: nothing was done."""
    return CheckinResponse(
        ok=False,
        resensitize=False,
        magnetic_media=NOT_MAGNETIC,
        alert=True,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        item_identifier=request.item_identifier,
        permanent_location="",
        item_properties=request.item_properties or None,
    )


def _refuse(
    response: CheckinResponse, outcome: Refused, caller: Caller, place: Place, context: Context
) -> None:
    account = caller.account
    if outcome.item is not None:
        response.permanent_location = _stands_in(outcome.item, caller, place, context)
        tell_item(response, outcome.item, caller, place, context)
        response.extra_fields = item_fields(outcome.item, account)
    response.alert_type = ALERT_OTHER
    response.sort_bin = problem_bin(outcome, account, place, context)
    response.screen_message = refusal_messages(outcome, caller, place.zone)


def _known(card: str | None, account: Account | None) -> str | None:
    """AA: in the form of FBS it says that the card is known."""
    return f"{KNOWN}{card}" if card is not None and is_fbs(account) else card


def _stands_in(item: Item, caller: Caller, place: Place, context: Context) -> str:
    """AQ."""
    form = fbs_form(caller, place, context)
    return stands_in(item, caller.account) if form is None else form.stands_in(item)


def _describe(
    response: CheckinResponse, item: Item, caller: Caller, place: Place, context: Context
) -> None:
    """What the item is, that was taken."""
    account = caller.account
    response.ok = response.resensitize = True
    response.permanent_location = _stands_in(item, caller, place, context)
    tell_item(response, item, caller, place, context)
    response.media_type, response.magnetic_media = media_of(item, context)
    response.call_number = item.call_number or None
    response.extra_fields = item_fields(item, account)
    collection = "material_group" if account is None else account.collection_code
    response.collection_code = getattr(item, collection) or None
    if account is not None and account.item_properties == "material_group":
        response.item_properties = item.material_group or None


def _tell_of_hold(
    response: CheckinResponse,
    held_for: HeldFor,
    account: Account | None,
    place: Place,
    context: Context,
) -> None:
    """For whom the item is kept, as far as the account may know, and until when."""
    if held_for.deadline is not None:
        response.hold_pickup_date = local_date(held_for.deadline, place.zone)
    clientele = place.desk.clientele
    shows = account is not None and account.show_hold_patron
    if account is not None and shows and clientele.knows(held_for.patron_agency_id):
        card = card_of(context.transaction, held_for.patron_id)
        response.hold_patron_identifier = card
        response.hold_patron_name = hold_patron(held_for, card, account, place.zone)


def _add(response: CheckinResponse, *messages: str) -> None:
    response.screen_message = (*response.screen_message, *messages)


def problem_bin(
    refused: Refused, account: Account | None, place: Place, context: Context
) -> str | None:
    """CL of an item that is not taken: the bin by which it gets to the staff."""
    set_up = context.circulation.current_set_up(context.transaction)
    scheme = account.sorting if account is not None else None
    desk = place.desk
    return problem_bin_at(set_up, desk.actor, desk.branch_id, refused.item, scheme)


def _borrower_shown(outcome: CheckedIn, account: Account | None, place: Place) -> Borrower | None:
    """The borrower, as far as they may be named where nobody has given a PIN."""
    borrower = outcome.borrower
    if borrower is None or account is None or not account.show_borrower:
        return None
    return borrower if place.desk.clientele.knows(borrower.agency_id) else None


def _add_messages(
    response: CheckinResponse,
    outcome: CheckedIn,
    account: Account,
    caller: Caller,
    place: Place,
    context: Context,
) -> None:
    """Add what the account wants to be said of a check-in, and that its date was moved."""
    if account.show_checkin_message:
        response.screen_message = (_taken(outcome, caller), *response.screen_message)
    if not outcome.was_on_loan and not account.ok_if_not_on_loan:
        response.ok = False
        response.alert = response.alert or account.alert_on_failure
        _add(response, say(Text.WAS_NOT_ON_LOAN, caller.words))
    if outcome.is_before_loan:
        _add(response, say(Text.RETURN_BEFORE_LOAN, caller.words))
    if account.show_amount_owed:
        borrower = _borrower_shown(outcome, account, place)
        if borrower is not None:
            _add(response, *amount_owed(context, borrower.patron_id, place, caller.words))
    if account.print_lines == "receipt" and outcome.was_on_loan:
        response.print_line = (_taken(outcome, caller),)


def _taken(outcome: CheckedIn, caller: Caller) -> str:
    return say(Text.TAKEN_BACK, caller.words, title=outcome.item.title)


def _cancelled_checkout(
    request: Checkin, caller: Caller, place: Place, context: Context
) -> CheckinResponse:
    outcome = cancel_check_out(context.act(place.desk), item=request.item_identifier.strip())
    response = _not_yet(request, place, context)
    if outcome.item is not None:
        response.permanent_location = (
            _stands_in(outcome.item, caller, place, context)
            if is_fbs(caller.account)
            else outcome.item.home_branch.isil
        )
        tell_item(response, outcome.item, caller, place, context)
    if isinstance(outcome, Refused):
        response.alert_type = ALERT_OTHER
        response.screen_message = refusal_messages(outcome, caller, place.zone)
        return response
    response.ok = response.resensitize = True
    response.alert = False
    response.media_type, response.magnetic_media = media_of(outcome.item, context)
    return response


def _happened(request: Checkin, caller: Caller, place: Place, now: datetime) -> datetime | None:
    """Return when a machine that was off line took the item in.

    The return date may be earlier: that of a book drop, or a day without its time.
    """
    if not is_off_line(request, caller.account):
        return None
    dates = (request.transaction_date, request.return_date)
    known = (parse_past_date(each, place.zone, now) for each in dates)
    return max((each for each in known if each is not None), default=None)


def _returned(request: Checkin, caller: Caller, place: Place, now: datetime) -> datetime | None:
    """When the item came back, where the terminal says that it was not just now.

    A return date equal to the transaction date says "now": by our clock then, not the terminal's.
    """
    if not is_off_line(request, caller.account) and request.return_date == request.transaction_date:
        return None
    return parse_past_date(request.return_date, place.zone, now)
