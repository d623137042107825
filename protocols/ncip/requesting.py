"""Requests for items: RequestItem and CancelRequestItem (Z39.83-1-2012, 5.4), as holds.

A request is known by a RequestId of ours; one that the caller gave is not kept.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from catalogue.former_records import survivors_of_control_number
from catalogue.items import find_item
from catalogue.records import find_by_control_number
from circulation.hold_lists import patron_holds
from circulation.hold_results import Hold, HoldsPlaced, HoldState, Wanted
from circulation.holds import cancel_hold, place_holds
from circulation.organisation import find_branch
from circulation.results import Refused
from protocols.answering import Context
from protocols.ncip.circulating import desk_of
from protocols.ncip.items import ITEM_BARCODE, barcode_of
from protocols.ncip.messages import (
    CancelRequestItem,
    CancelRequestItemResponse,
    Code,
    ItemId,
    Problem,
    RequestedItem,
    RequestId,
    RequestItem,
    RequestItemResponse,
    Response,
)
from protocols.ncip.problems import ProblemType, problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.users import folded, named_user, user_id

HOLD = Code("Hold")
#: RequestScopeType: this item, or any of the title.
ITEM, BIBLIOGRAPHIC_ITEM = Code("Item"), Code("Bibliographic Item")
_REQUEST_ID = Code("Hold Id")
_STATES = {
    HoldState.WAITING: "In Process",
    HoldState.ON_THE_WAY: "In Process",
    HoldState.READY: "Available For Pickup",
}
#: No hold has a longer number.
_DIGITS = 19


def request_item(request: RequestItem, caller: Partner, context: Context) -> Response:
    """Places a hold: on the item where the scope is Item, else on its title.

    PickupLocation is an ISIL; without one the user's home branch. NeedBeforeDate ends the hold,
    EarliestDateNeeded keeps it from being served before. RequestType is taken as it comes: every
    request is a hold here.
    """
    user = named_user(request)
    wanted = _wanted(request, context)
    missing = [each for each in (user, wanted) if isinstance(each, Problem)]
    if isinstance(user, Problem) or isinstance(wanted, Problem):
        return refusal(request, *missing)
    desk = desk_of(caller, context)
    branch = find_branch(context.transaction, caller.branch)
    zone = ZoneInfo(branch.timezone if branch else "UTC")
    outcome = place_holds(
        context.circulation,
        context.transaction,
        desk=desk,
        patron=user.identifier,
        pin=user.pin,
        wanted=[wanted],
        pickup_branch=request.pickup_location.value if request.pickup_location else None,
        activates=_day(request.earliest_date_needed, zone),
        interest_until=_day(request.need_before_date, zone),
        now=context.now,
    )
    if isinstance(outcome, Refused):
        quotable = {**user.quotable, "ItemIdentifierValue": wanted.item}
        return refusal(request, *problems("RequestItem", outcome.refusals, quotable))
    assert isinstance(outcome, HoldsPlaced)
    hold = outcome.holds[0].hold
    return RequestItemResponse(
        request_id=_request_id(hold),
        item_id=_item_id(hold),
        user_id=user_id(outcome.patron.identifier, hold.pickup_branch.agency_isil),
        request_type=HOLD,
        request_scope_type=BIBLIOGRAPHIC_ITEM if hold.item is None else ITEM,
    )


def cancel_request_item(request: CancelRequestItem, caller: Partner, context: Context) -> Response:
    """Cancels a hold of the user's, by RequestId or by an item that would serve it."""
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    hold_id = _meant(request, user.identifier, context)
    if isinstance(hold_id, Problem):
        return refusal(request, hold_id)
    outcome = cancel_hold(
        context.circulation,
        context.transaction,
        desk=desk_of(caller, context),
        patron=user.identifier,
        pin=user.pin,
        hold_id=hold_id,
        now=context.now,
    )
    if isinstance(outcome, Refused):
        found = problems("CancelRequestItem", outcome.refusals, user.quotable)
        return refusal(request, *found)
    hold = outcome.queued.hold
    return CancelRequestItemResponse(
        request_id=_request_id(hold),
        item_id=_item_id(hold),
        user_id=user_id(outcome.patron.identifier, hold.pickup_branch.agency_isil),
    )


def requested_items(identifier: str, context: Context) -> tuple[RequestedItem, ...]:
    """The user's open holds, for a LookupUserResponse; none where the user is not known."""
    found = patron_holds(
        context.circulation, context.transaction, patron=identifier, now=context.now
    )
    if isinstance(found, Refused):
        return ()
    listed = []
    for queued in found.holds:
        hold = queued.hold
        zone = ZoneInfo(hold.pickup_branch.timezone)
        listed.append(
            RequestedItem(
                request_id=_request_id(hold),
                item_id=_item_id(hold),
                request_type=HOLD,
                request_status_type=Code(_STATES[hold.state]),
                date_placed=hold.placed.astimezone(zone),
                pickup_location=Code(hold.pickup_branch.isil),
                pickup_expiry_date=hold.deadline.astimezone(zone) if hold.deadline else None,
                hold_queue_position=queued.number_in_queue,
                title=hold.title or None,
            )
        )
    return tuple(listed)


def _wanted(request: RequestItem, context: Context) -> Wanted | Problem:
    """What is asked for: an item, its title, or the record with a control number."""
    if request.item_id:
        barcode = barcode_of(request.item_id[0])
        if isinstance(barcode, Problem):
            return barcode
        scope = request.request_scope_type.value if request.request_scope_type else ""
        item = find_item(context.transaction, barcode)
        if item is None or folded(scope) == folded(ITEM.value):
            return Wanted(item=barcode)
        return Wanted(record_id=item.record_id)
    for each in request.bibliographic_id:
        record_id = each.bibliographic_record_id
        number = record_id.bibliographic_record_identifier if record_id else None
        if number is not None:
            records = find_by_control_number(
                context.transaction, number
            ) or survivors_of_control_number(context.transaction, number)
            if records:
                return Wanted(record_id=records[0].id)
            return problem(
                ProblemType.UNKNOWN_ITEM,
                "no record has this number",
                "BibliographicRecordIdentifier",
                number,
            )
    return problem(ProblemType.NEEDED_DATA_MISSING, "no item and no record is given", "ItemId")


def _meant(request: CancelRequestItem, identifier: str, context: Context) -> int | Problem:
    if request.request_id is not None:
        value = request.request_id.request_identifier_value or ""
        if value.isascii() and value.isdigit() and len(value) < _DIGITS:
            return int(value)
        return problem(
            ProblemType.UNKNOWN_REQUEST,
            "no request has this identifier",
            "RequestIdentifierValue",
            value,
        )
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
    )
    holds = [] if isinstance(found, Refused) else [queued.hold for queued in found.holds]
    holds.sort(key=lambda hold: barcode not in (hold.bound_item, hold.item))
    return next((hold.id for hold in holds if hold.record_id == item.record_id), 0)


def _request_id(hold: Hold) -> RequestId:
    return RequestId(Code(hold.pickup_branch.agency_isil), _REQUEST_ID, str(hold.id))


def _item_id(hold: Hold) -> ItemId | None:
    barcode = hold.bound_item or hold.item
    if barcode is None:
        return None
    return ItemId(Code(hold.pickup_branch.agency_isil), ITEM_BARCODE, barcode)


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment is not None else None
