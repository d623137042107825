"""Check-in (09): what comes back, and where it goes."""

from __future__ import annotations

from datetime import datetime

from circulation.results import Refused
from circulation.returns import check_in
from circulation.undo import cancel_check_out
from protocols.answering import Context
from protocols.sip2.dates import local_date, parse_date
from protocols.sip2.failures import ALERT_OTHER
from protocols.sip2.holds import ALERTS, card_of, destination_message, hold_handling
from protocols.sip2.items import BOOK, NOT_MAGNETIC
from protocols.sip2.messages import Checkin, CheckinResponse
from protocols.sip2.places import Caller, Place
from protocols.sip2.refusals import refusal_messages


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
        item_properties=request.item_properties or None,
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
    response.sort_bin = outcome.sort_bin
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
    held_for = outcome.held_for
    if held_for is not None:
        if held_for.deadline is not None:
            response.hold_pickup_date = local_date(held_for.deadline, place.zone)
        if account is not None and account.show_hold_patron:
            response.hold_patron_identifier = card_of(context.transaction, held_for.patron_id)
            response.hold_patron_name = held_for.patron_name
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
        item_properties=request.item_properties or None,
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


def _returned(request: Checkin, caller: Caller, place: Place) -> datetime | None:
    """When the item came back, where the terminal says that it was not just now.

    A return date equal to the transaction date says "now": by our clock then, not the terminal's.
    """
    account = caller.account
    is_off_line = request.no_block and account is not None and account.accept_offline
    if not is_off_line and request.return_date == request.transaction_date:
        return None
    return parse_date(request.return_date, place.zone)
