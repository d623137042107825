"""The hold that a RequestId means, and the name of a hold. A partner refers to its requests by its
own numbers, if it gave them any, else by those of the holds. Its own come first, as they may look
like ours.
"""

from __future__ import annotations

from typing import Any

from catalogue.items import find_item
from circulation.holds.lists import HoldPage, find_hold, patron_holds
from circulation.holds.results import Hold, QueuedHold
from circulation.interlending.notices import PARTNER_DEVICES
from circulation.interlending.partner_requests import hold_of_request, request_of_hold
from circulation.kernel.events import EventKind, events_of_hold
from circulation.kernel.results import Refused
from circulation.patrons.identifiers import known_as
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code, ItemId, Problem, RequestId
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import ITEM_BARCODE, barcode_of

#: RequestIdentifierType of our own numbers.
HOLD_ID = Code("Hold Id")
#: No hold has a longer number.
_DIGITS = 19


def meant_by(request_id: RequestId, caller: Partner, context: Context) -> int | Problem:
    """The number of the hold."""
    value = request_id.request_identifier_value or ""
    own = hold_of_request(context.transaction, caller.agency, value)
    if own is not None:
        return own
    number = number_of_hold(value)
    return unknown_request(value) if number is None else number


def number_of_hold(value: str) -> int | None:
    """The number that the identifier may be, where a partner has no name of its own."""
    if value.isascii() and value.isdigit() and len(value) < _DIGITS:
        return int(value)
    return None


def unknown_request(value: str | None) -> Problem:
    return problem(
        ProblemType.UNKNOWN_REQUEST,
        "no request has this identifier",
        "RequestIdentifierValue",
        value,
    )


def found_request(
    request_id: RequestId, caller: Partner, context: Context
) -> tuple[QueuedHold, int] | Problem:
    """The hold and the id of its patron."""
    hold_id = meant_by(request_id, caller, context)
    if isinstance(hold_id, Problem):
        return hold_id
    found = find_hold(context.circulation, context.transaction, hold_id=hold_id, now=context.now)
    return found or unknown_request(request_id.request_identifier_value)


def hold_for_item(request: Any, identifier: str, context: Context) -> int | Problem:
    """The user's open hold that the item of the request could serve; 0 if there is none."""
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return barcode
    item = find_item(context.transaction, barcode)
    if item is None:
        return problem(
            ProblemType.UNKNOWN_ITEM, "no item has this barcode", "ItemIdentifierValue", barcode
        )
    found = patron_holds(
        context.circulation,
        context.transaction,
        patron=identifier,
        now=context.now,
        with_prospects=False,
        page=HoldPage(record_id=item.record_id),
    )
    holds = [] if isinstance(found, Refused) else [queued.hold for queued in found.holds]
    holds.sort(key=lambda hold: barcode not in (hold.bound_item, hold.item))
    return holds[0].id if holds else 0


def request_id_of(hold: Hold, caller: Partner, context: Context) -> RequestId:
    """The partner's name for the hold, else its number."""
    own = request_of_hold(context.transaction, caller.agency, hold.id)
    if own is not None:
        return RequestId(Code(caller.agency), None, own)
    return RequestId(Code(hold.pickup_branch.agency_isil), HOLD_ID, str(hold.id))


def item_id_of_hold(hold: Hold) -> ItemId | None:
    """The item bound to it, or the one that it is on."""
    barcode = hold.bound_item or hold.item
    if barcode is None:
        return None
    return ItemId(Code(hold.pickup_branch.agency_isil), ITEM_BARCODE, barcode)


def card_of(patron_id: int, context: Context) -> str | None:
    """The identifier that the patron goes by, for a verb or for a partner that may know."""
    return known_as(context.transaction, patron_id=patron_id)


def is_named_by(hold: Hold, caller: Partner, context: Context) -> bool:
    """Has the partner placed it under a number of its own?"""
    return request_of_hold(context.transaction, caller.agency, hold.id) is not None


def is_made_by(hold: Hold, caller: Partner, context: Context) -> bool:
    """Has the partner placed it, under a number of its own or without one?"""
    if is_named_by(hold, caller, context):
        return True
    return any(
        event.kind is EventKind.HOLD_PLACED
        and (event.device, event.actor) == (PARTNER_DEVICES["ncip"], caller.known_as)
        for event in events_of_hold(context.transaction, hold_id=hold.id)
    )
