"""Holds: Hold (15), and what a check-in (10) says of them.

15 names a title by one of its items (AB), or by AJ: the number of the record, or the title as it
stands in the list of this patron's holds (CD). With hold type 3 only the item in AB will do.
"""

from __future__ import annotations

from datetime import date

from catalogue.database import Transaction
from catalogue.items import Item, find_item
from catalogue.records import find_by_control_number
from circulation.holds.changing import cancel_hold, change_hold
from circulation.holds.lists import HoldPage, patron_holds
from circulation.holds.placing import place_holds
from circulation.holds.results import Hold as EngineHold
from circulation.holds.results import HoldChanged, HoldsPlaced, HoldState, QueuedHold, Wanted
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, Destination, Refusal, Refused
from circulation.loans.features import HoldHandling
from circulation.patrons.identifiers import identifiers_of
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import kind_of_patron
from protocols.hosting.answering import Context
from protocols.sip2.handling.authority import admitted, pin_to_check
from protocols.sip2.handling.facts import card_shown, patron_shown
from protocols.sip2.handling.forms import fbs_form, is_fbs
from protocols.sip2.handling.refusals import refusal_messages
from protocols.sip2.messages import Hold, HoldResponse
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Caller, Place, Unanswerable
from protocols.sip2.wire.dates import local_date, parse_date
from protocols.sip2.wire.text import given_back
from protocols.sip2.wording import Text, say

#: Hold mode (15).
ADD, DELETE, CHANGE = "+", "-", "*"
#: Hold type (BY): this item and no other.
THIS_ITEM = "3"
#: The longest record number; anything longer is a title.
_DIGITS = 9

#: Alert type (CV) of each destination that raises an alert.
ALERTS: dict[Destination, str] = {
    Destination.HOLD_SHELF_HERE: "01",
    Destination.TRANSIT_TO_PICKUP: "02",
    Destination.TRANSIT_HOME: "04",
    Destination.PROBLEM_BIN: "99",
}


#: Alert type (CV) of an item that another library is waiting for.
FOR_LIBRARY = "03"


def alert_type_of(returned: CheckedIn, transaction: Transaction) -> str | None:
    """CV of what was handed in; None if it needs no alert."""
    held_for = returned.held_for
    if held_for is not None:
        kind = kind_of_patron(transaction, patron_id=held_for.patron_id)
        if kind == PatronKind.LIBRARY.value:
            return FOR_LIBRARY
    return ALERTS.get(returned.destination)


def hold_handling(account: Account | None) -> HoldHandling:
    """What a check-in at this terminal does if somebody is waiting for the item."""
    if account is not None and account.holds is not None:
        return HoldHandling(account.holds)
    is_desk = account is not None and account.kind == "desk"
    return HoldHandling.SHELVE if is_desk else HoldHandling.BIND


def destination_message(returned: CheckedIn, language: str) -> str:
    """Where the returned item goes, for the screen."""
    if returned.destination is Destination.PROBLEM_BIN:
        return say(Text.TO_STAFF, language)
    if returned.destination is Destination.HOLD_SHELF_HERE:
        number = returned.held_for.number if returned.held_for else None
        if number is None:
            return say(Text.TO_HOLD_SHELF, language)
        return say(Text.TO_HOLD_PLACE, language, number=number)
    branch, held_for = returned.to_branch.name, returned.held_for
    if held_for is not None and held_for.waits_until is not None:
        day = held_for.waits_until.isoformat()
        return say(Text.KEEP_UNTIL_OPEN, language, branch=branch, day=day)
    return say(Text.TO_ANOTHER_BRANCH, language, branch=branch)


def card_of(transaction: Transaction, patron_id: int) -> str | None:
    """The patron's newest usable card; other identifiers are never shown."""
    cards = [
        card_shown(each.shown)
        for each in identifiers_of(transaction, patron_id=patron_id)
        if each.kind == "card" and each.blocked is None
    ]
    return next(filter(None, reversed(cards)), None)


def hold(request: Hold, caller: Caller, context: Context) -> HoldResponse:
    """15 -> 16."""
    place = caller.place(context, request.institution_id)
    response = HoldResponse(
        ok=False,
        available=False,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=given_back(request.patron_identifier),
        item_identifier=request.item_identifier,
        title_identifier=request.title_identifier,
    )
    if request.hold_mode == ADD:
        outcome: HoldsPlaced | HoldChanged | Refused = _add(request, caller, place, context)
    elif request.hold_mode in (DELETE, CHANGE):
        outcome = _change(request, caller, place, context)
    else:
        raise Unanswerable(Text.NOT_PERMITTED)
    response.patron_identifier = patron_shown(
        request.patron_identifier, outcome.patron, caller.account
    )
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller, place.zone)
        return response
    queued = outcome.holds[0] if isinstance(outcome, HoldsPlaced) else outcome.queued
    response.ok = True
    _tell(response, queued, caller, place)
    form = fbs_form(caller, place, context)
    if form is not None:
        response.title_identifier, response.pickup_location = form.hold(queued.hold)
    return response


def _tell(response: HoldResponse, queued: QueuedHold, caller: Caller, place: Place) -> None:
    found = queued.hold
    response.title_identifier = found.title
    response.pickup_location = found.pickup_branch.isil
    response.expiration_date = f"{found.interest_until:%Y%m%d}    235959"
    if found.state is HoldState.CLOSED:
        response.screen_message = (say(Text.HOLD_CANCELLED, caller.words),)
    elif queued.number_in_queue is None:
        response.available = found.state is HoldState.READY
        response.screen_message = (say(Text.HOLD_READY, caller.words),)
    else:
        response.queue_position = str(queued.number_in_queue)
        response.screen_message = (
            say(Text.HOLD_NUMBER, caller.words, number=queued.number_in_queue),
        )


def _add(request: Hold, caller: Caller, place: Place, context: Context) -> HoldsPlaced | Refused:
    barcode, number = _barcode(request), _record_of(request, caller, context)
    wanted = Wanted(record_id=number)
    if barcode and request.hold_type == THIS_ITEM:
        wanted = Wanted(item=barcode)
    elif barcode:
        item = find_item(context.transaction, barcode)
        if item is None:
            return Refused((Refusal(Reason.ITEM_UNKNOWN),))
        wanted = Wanted(record_id=item.record_id)
    elif number is None:
        if not request.title_identifier:
            raise Unanswerable(Text.HOLD_WHAT)
        return Refused((Refusal(Reason.RECORD_UNKNOWN),))
    return place_holds(
        context.act(place.desk),
        HoldWish(
            patron=request.patron_identifier.strip(),
            wanted=[wanted],
            pickup_branch=(request.pickup_location or "").strip() or None,
            interest_until=_expiration(request, place),
            pin=pin_to_check(request.patron_password),
            fee_acknowledged=request.fee_acknowledged is True,
        ),
    )


def _change(request: Hold, caller: Caller, place: Place, context: Context) -> HoldChanged | Refused:
    known = admitted(request, place, context)  # before the patron's holds are read
    if isinstance(known, Refused):
        return known
    patron = request.patron_identifier.strip()
    pin = pin_to_check(request.patron_password)
    item = find_item(context.transaction, barcode) if (barcode := _barcode(request)) else None
    found = patron_holds(
        context.circulation,
        context.transaction,
        patron=patron,
        now=context.now,
        with_prospects=False,
        page=HoldPage(record_id=item and item.record_id),
    )
    if isinstance(found, Refused):
        return found
    meant = _meant(request, caller, context, item, [queued.hold for queued in found.holds])
    hold_id = meant.id if meant is not None else 0
    if request.hold_mode == DELETE:
        return cancel_hold(context.act(place.desk), patron=patron, hold_id=hold_id, pin=pin)
    return change_hold(
        context.act(place.desk),
        HoldChange(
            patron=patron,
            hold_id=hold_id,
            pickup_branch=(request.pickup_location or "").strip() or None,
            interest_until=_expiration(request, place),
            pin=pin,
        ),
    )


def _meant(
    request: Hold, caller: Caller, context: Context, item: Item | None, holds: list[EngineHold]
) -> EngineHold | None:
    """The hold of the patron that the request names, by the item or else by its title; the closest
    match first."""
    barcode = _barcode(request)
    if barcode:
        for each in holds:
            if barcode in (each.bound_item, each.item):
                return each
        record_id = item.record_id if item else None
        return next((each for each in holds if each.record_id == record_id), None)
    number = _record_of(request, caller, context)
    title = (request.title_identifier or "").strip()
    return next(
        (each for each in holds if each.record_id == number or (title and each.title == title)),
        None,
    )


def _barcode(request: Hold) -> str:
    return (request.item_identifier or "").strip()


def _record_of(request: Hold, caller: Caller, context: Context) -> int | None:
    """The number of the record that AJ names; in the form of FBS it has the record's own."""
    named = (request.title_identifier or "").strip()
    if named and is_fbs(caller.account):
        found = find_by_control_number(context.transaction, control_number=named)
        if found:
            return found[0].id
    return _number(named)


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS
    return int(digits) if is_number else None


def _expiration(request: Hold, place: Place) -> date | None:
    """BW, the last day on which the patron wants it."""
    moment = parse_date(request.expiration_date or "", place.zone)
    return None if moment is None else moment.astimezone(place.zone).date()
