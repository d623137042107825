"""Requests for items: RequestItem and CancelRequestItem (Z39.83-1-2012, 5.4), as holds.

A request goes by the RequestId that the partner gave it, else by the number of its hold.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from catalogue.items import find_item
from circulation.holds.changes import HoldOutcome
from circulation.holds.changing import cancel_hold
from circulation.holds.lists import find_hold, patron_holds
from circulation.holds.placing import place_holds
from circulation.holds.results import Hold, HoldsPlaced, HoldState, QueuedHold, Wanted
from circulation.holds.wishes import HoldWish
from circulation.interlending.asking import Wish
from circulation.interlending.partner_requests import hold_of_request, note_request
from circulation.kernel.organisation import find_branch
from circulation.kernel.reasons import Reason
from circulation.kernel.results import PatronStatus, Refused
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from protocols.hosting.answering import Context
from protocols.ncip.handling.forwarding import (
    brought_before,
    forwarded,
    forwarded_before,
    forwards,
    title_wanted,
    wishes_of,
)
from protocols.ncip.handling.once import once
from protocols.ncip.messages import Code, Problem, Refusal, Response
from protocols.ncip.models.accounts import FiscalTransactionInformation
from protocols.ncip.models.lookups import RequestedItem
from protocols.ncip.models.requests import (
    CancelRequestItem,
    CancelRequestItemResponse,
    RequestItem,
    RequestItemResponse,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import barcode_of
from protocols.ncip.subjects.money import acknowledged, charged, required_fee
from protocols.ncip.subjects.named import desk_of, known_user, user_and
from protocols.ncip.subjects.pickup import pickup_branch, place_of
from protocols.ncip.subjects.request_ids import (
    hold_for_item,
    item_id_of_hold,
    meant_by,
    request_id_of,
)
from protocols.ncip.subjects.telling import hold_fields, user_fields
from protocols.ncip.subjects.titles import ids_of_records, number_of, record_meant
from protocols.ncip.subjects.users import NamedUser, folded, named_user, user_id

HOLD = Code("Hold")
#: RequestScopeType: this item, or any of the title.
ITEM, BIBLIOGRAPHIC_ITEM = Code("Item"), Code("Bibliographic Item")
#: Those for which any item of the title will do; Title is the word of FOLIO and ReShare.
_OF_TITLE = frozenset({"bibliographicitem", "title"})
_STATES = {
    HoldState.WAITING: "In Process",
    HoldState.ON_THE_WAY: "In Process",
    HoldState.READY: "Available For Pickup",
    HoldState.CLOSED: "Cannot Fulfill Request",
}
#: RequestTypes that ask for something other than a hold.
_NO_HOLDS = frozenset({"estimate", "nonreturnablecopy"})


def _is_there(request: RequestItem, caller: Partner, context: Context) -> bool:
    """Does the hold of the RequestId still stand, neither cancelled nor given up?"""
    name = request.request_id.request_identifier_value if request.request_id else None
    hold_id = hold_of_request(context.transaction, caller.agency, name) if name else None
    if hold_id is None:
        return brought_before(request, caller, context) is not None
    return _is_alive(hold_id, context) is not None


def _is_alive(hold_id: int, context: Context) -> tuple[QueuedHold, int] | None:
    """The hold and its patron, as long as it is open or was served."""
    found = find_hold(context.circulation, context.transaction, hold_id=hold_id, now=context.now)
    if found is None or found[0].hold.outcome not in (None, HoldOutcome.FULFILLED):
        return None
    return found


@once(RequestItemResponse, still=_is_there)
def request_item(request: RequestItem, caller: Partner, context: Context) -> Response:
    """Places a hold: on the item if the scope is Item, else on its title. `pickup_branch` reads the
    place of pickup; the default is the user's own branch. NeedBeforeDate ends the hold, and it is
    not served before EarliestDateNeeded. Every RequestType is a hold here, except those that ask
    for something else; `Partner.request_priority` decides its place in the queue. The RequestId is
    kept: the partner calls the hold by it from then on, and while the hold stands a repetition gets
    the same answer. What we do not lend is asked for at other libraries (`forwarding`), if that is
    agreed.
    """
    found = _wanted(request, context)
    lacking = title_wanted(request, caller) if isinstance(found, Problem) else None
    subject: Wanted | Wish | Problem = lacking or found
    named: tuple[NamedUser, Wanted | Wish] | Refusal = user_and(request, subject)
    if isinstance(named, Refusal):
        return named
    user, wanted = named
    kind = request.request_type
    if kind is not None and folded(kind.value) in _NO_HOLDS:
        rule, why = ProblemType.ELEMENT_RULE_VIOLATED, "every request is a hold here"
        return refusal(request, problem(rule, why, "RequestType", kind.value))
    if user.pin is not None:
        status = known_user(request, user, context.act(desk_of(caller, context)))
        if isinstance(status, Refusal):
            return status
    again = _placed_before(request, user.identifier, caller, context)
    again = again or forwarded_before(request, user.identifier, caller, context)
    if again is not None:
        return again
    if isinstance(wanted, Wish):
        answer = forwarded(request, user, wanted, caller, context)
        assert isinstance(found, Problem)
        return answer or refusal(request, found)
    return _placed(request, user, wanted, caller, context)


def _placed(
    request: RequestItem, user: NamedUser, wanted: Wanted, caller: Partner, context: Context
) -> Response:
    """Places the hold; what no copy can be kept of is asked for elsewhere."""
    pickup = pickup_branch(request, caller, context)
    if isinstance(pickup, Problem):
        return refusal(request, pickup)
    desk = desk_of(caller, context)
    branch = find_branch(context.transaction, isil=caller.branch)
    zone = ZoneInfo(branch.timezone if branch else "UTC")
    outcome = place_holds(
        context.act(desk),
        HoldWish(
            patron=user.identifier,
            pin=user.pin,
            wanted=[wanted],
            pickup_branch=pickup,
            activates=day_of(request.earliest_date_needed, zone),
            interest_until=day_of(request.need_before_date, zone),
            priority=caller.request_priority,
            fee_acknowledged=acknowledged(request.acknowledged_fee_amount),
        ),
    )
    if isinstance(outcome, Refused):
        if Reason.NOT_HOLDABLE in outcome.reasons and forwards(request, caller):
            answer = _elsewhere(request, user, wanted, caller, context)
            if answer is not None:
                return answer
        quotable = {**user.quotable, **_quotable(request)}
        refused = refusal(request, *problems("RequestItem", outcome.refusals, quotable))
        return replace(refused, required_fee_amount=required_fee(outcome))
    assert isinstance(outcome, HoldsPlaced)
    hold = outcome.holds[0].hold
    if request.request_id is not None and request.request_id.request_identifier_value:
        name = request.request_id.request_identifier_value
        note_request(context.transaction, caller.agency, name, hold.id)
    information = charged(outcome.charged, hold.pickup_branch.agency_isil)
    return _requested(request, hold, outcome.patron.identifier, caller, context, information)


def _elsewhere(
    request: RequestItem, user: NamedUser, wanted: Wanted, caller: Partner, context: Context
) -> RequestItemResponse | None:
    """Other libraries are asked for a title of ours of which no copy can be kept for the user; None
    where they are not, or this very item was wanted."""
    if wanted.record_id is None:
        return None
    answer = forwarded(request, user, Wish(wanted.record_id), caller, context)
    return answer if isinstance(answer, RequestItemResponse) else None


def _requested(
    request: RequestItem,
    hold: Hold,
    identifier: str,
    caller: Partner,
    context: Context,
    information: FiscalTransactionInformation | None = None,
) -> RequestItemResponse:
    return RequestItemResponse(
        request_id=request_id_of(hold, caller, context),
        item_id=item_id_of_hold(hold),
        user_id=user_id(identifier, hold.pickup_branch.agency_isil),
        request_type=request.request_type or HOLD,
        request_scope_type=scope_of(hold),
        fiscal_transaction_information=information,
        item_optional_fields=hold_fields(request, hold, caller, context),
        user_optional_fields=user_fields(request, identifier, caller, context),
    )


def _placed_before(
    request: RequestItem, identifier: str, caller: Partner, context: Context
) -> Response | None:
    """The answer to a request that has come before; None if it is new, or was cancelled."""
    given = request.request_id.request_identifier_value if request.request_id else None
    hold_id = given and hold_of_request(context.transaction, caller.agency, given)
    if not hold_id:
        return None
    found = _is_alive(hold_id, context)
    if found is None:
        return None
    key = IDENTIFIERS.of(context.circulation)
    if find_patron(context.transaction, identifier, key=key) != found[1]:
        return None
    return _requested(request, found[0].hold, identifier, caller, context)


def scope_of(hold: Hold) -> Code:
    return BIBLIOGRAPHIC_ITEM if hold.item is None else ITEM


def cancel_request_item(request: CancelRequestItem, caller: Partner, context: Context) -> Response:
    """Cancels a hold of the user's, by RequestId or by an item that would serve it."""
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    if request.request_id is not None:
        hold_id = meant_by(request.request_id, caller, context)
    else:
        hold_id = hold_for_item(request, user.identifier, context)
    if isinstance(hold_id, Problem):
        return refusal(request, hold_id)
    outcome = cancel_hold(
        context.act(desk_of(caller, context)), patron=user.identifier, pin=user.pin, hold_id=hold_id
    )
    if isinstance(outcome, Refused):
        found = problems("CancelRequestItem", outcome.refusals, user.quotable)
        return refusal(request, *found)
    hold = outcome.queued.hold
    return CancelRequestItemResponse(
        request_id=request_id_of(hold, caller, context),
        item_id=item_id_of_hold(hold),
        user_id=user_id(outcome.patron.identifier, hold.pickup_branch.agency_isil),
        item_optional_fields=hold_fields(request, hold, caller, context),
        user_optional_fields=user_fields(request, outcome.patron.identifier, caller, context),
    )


def requested_items(
    identifier: str, status: PatronStatus, caller: Partner, context: Context
) -> tuple[RequestedItem, ...]:
    """The user's open holds, and what other libraries are asked for, for a LookupUserResponse."""
    held = _held_items(identifier, caller, context) if status.holds else ()
    return held + wishes_of(status.patron.id, caller, context)


def _held_items(identifier: str, caller: Partner, context: Context) -> tuple[RequestedItem, ...]:
    found = patron_holds(
        context.circulation, context.transaction, patron=identifier, now=context.now
    )
    if isinstance(found, Refused):
        return ()
    listed = []
    bibliographic_ids = ids_of_records(
        context.transaction,
        {queued.hold.record_id: queued.hold.pickup_branch.agency_isil for queued in found.holds},
    )
    for queued in found.holds:
        hold = queued.hold
        zone = ZoneInfo(hold.pickup_branch.timezone)
        listed.append(
            RequestedItem(
                request_id=request_id_of(hold, caller, context),
                item_id=item_id_of_hold(hold),
                bibliographic_id=bibliographic_ids.get(hold.record_id, ()),
                request_type=HOLD,
                request_status_type=status_of(hold),
                date_placed=hold.placed.astimezone(zone),
                pickup_location=place_of(hold.pickup_branch, caller),
                pickup_expiry_date=hold.deadline.astimezone(zone) if hold.deadline else None,
                hold_queue_position=queued.number_in_queue,
                title=hold.title or None,
            )
        )
    return tuple(listed)


def _wanted(request: RequestItem, context: Context) -> Wanted | Problem:
    """What is asked for: an item, its title, or the record with a control number.

    Where any item of a title will do, a record that is named decides: brokers write a placeholder
    into ItemId then.
    """
    record: Wanted | Problem | None = None
    if _is_of_title(request) or not request.item_id:
        record = _record_wanted(request, context)
        if isinstance(record, Wanted):
            return record
    if request.item_id:
        barcode = barcode_of(request.item_id[0])
        if isinstance(barcode, Problem):
            return record or barcode
        item = find_item(context.transaction, barcode)
        if item is None:
            return record or Wanted(item=barcode)
        is_of_item = _scope(request) == folded(ITEM.value)
        return Wanted(item=barcode) if is_of_item else Wanted(item.record_id)
    return record or problem(
        ProblemType.NEEDED_DATA_MISSING, "no item and no record is given", "ItemId"
    )


def _scope(request: RequestItem) -> str:
    return folded(request.request_scope_type.value) if request.request_scope_type else ""


def _is_of_title(request: RequestItem) -> bool:
    """Return whether any item of the title will do."""
    return _scope(request) in _OF_TITLE


def _record_wanted(request: RequestItem, context: Context) -> Wanted | Problem | None:
    """Return the first record named that is known, else what is wrong with the first of them."""
    first: Problem | None = None
    for each in request.bibliographic_id:
        record_id = record_meant(context.transaction, each)
        if isinstance(record_id, int):
            return Wanted(record_id)
        first = first or record_id
    return first


def _quotable(request: RequestItem) -> dict[str, str | None]:
    """What a Problem may quote of the item or title, the date and the fee of a request."""
    fee, until = request.acknowledged_fee_amount, request.need_before_date
    found: dict[str, str | None] = {}
    if request.bibliographic_id and (not request.item_id or _is_of_title(request)):
        element, number = number_of(request.bibliographic_id[0])
        found[element] = number
    elif request.item_id:
        found["ItemIdentifierValue"] = request.item_id[0].item_identifier_value
    if until is not None:
        found["NeedBeforeDate"] = until.isoformat()
    if fee is not None and fee.monetary_value is not None:
        found["AcknowledgedFeeAmount"] = str(fee.monetary_value)
    return found


def status_of(hold: Hold) -> Code:
    """The state of the request, in the words of RequestStatusType."""
    if hold.outcome in (HoldOutcome.EXPIRED, HoldOutcome.NOT_COLLECTED):
        return Code("Expired")
    return Code(_STATES[hold.state])


def day_of(moment: datetime | None, zone: ZoneInfo) -> date | None:
    """The day of a moment on the branch's calendar."""
    return moment.astimezone(zone).date() if moment is not None else None
