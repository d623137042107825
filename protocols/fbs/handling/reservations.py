"""Reservations: placed all or none, listed, changed and given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from circulation.holds.changing import cancel_hold, change_hold
from circulation.holds.copies import copies_of_record
from circulation.holds.judging import judge_hold
from circulation.holds.kinds import HoldKind
from circulation.holds.lists import patron_holds
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldState, QueuedHold, Wanted
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.staff.lookups import Seen
from protocols.fbs.calls import Request, Undone
from protocols.fbs.handling.loans import LOAN
from protocols.fbs.handling.looking import act_for, day_of, known_by, note_look, written
from protocols.fbs.handling.material import (
    part_meant,
    periodical,
    wire_number,
)
from protocols.fbs.messages import LARGEST, CreateReservation
from protocols.fbs.problems import Denied, Fault, malformed, no_patron
from protocols.fbs.refusals import SUCCESS, reservation_result
from protocols.hosting.answering import Context
from protocols.records.naming import record_ids, records_called

_STATES: Final = {
    HoldState.WAITING: "reserved",
    HoldState.ON_THE_WAY: "inTransit",
    HoldState.READY: "readyForPickup",
    HoldState.CLOSED: "other",
}
_TYPES: Final = {"": HoldKind.NORMAL, "normal": HoldKind.NORMAL, "parallel": HoldKind.PARALLEL}


def list_reservations(request: Request, context: Context) -> list[dict[str, Any]]:
    """The patron's open reservations, the oldest first."""
    note_look(request, context, Seen.HOLDS, request.place.id)
    return _told(_holds(request, context), context)


def _holds(request: Request, context: Context) -> Sequence[QueuedHold]:
    found = patron_holds(
        context.circulation, context.transaction, patron=known_by(request.place), now=context.now
    )
    if isinstance(found, Refused):
        raise no_patron()
    return found.holds


# Placing


class _Case(NamedTuple):
    """One reservation that is asked for: what it is in the catalogue, or why it cannot be."""

    wish: CreateReservation
    wanted: Wanted | None
    result: str = SUCCESS


def reserve(request: Request, context: Context) -> dict[str, Any]:
    """Places all reservations, or none where one cannot be."""
    results, placed = _placed(request, context)
    answer = _response(results, placed, context)
    if placed and not answer["success"]:
        raise Undone(_response(results, {}, context))
    return answer


def reserve_what_can_be(request: Request, context: Context) -> dict[str, Any]:
    """From version 3 on: of parallel reservations those that can be placed are."""
    if _kind(request) is HoldKind.NORMAL:
        return reserve(request, context)
    return _response(*_placed(request, context), context)


def reserve_or_fail(request: Request, context: Context) -> list[dict[str, Any]]:
    """The first version has no results: it gives the reservations, or fails."""
    results, placed = _placed(request, context)
    if failed := [f"{case.wish.record_id}: {case.result}" for case in results if _is_bad(case)]:
        raise Denied(Fault.RESERVATIONS_FAILED, "; ".join(failed))
    return _told([placed[place] for place in sorted(placed)], context)


def _is_bad(case: _Case) -> bool:
    return case.result != SUCCESS


def _kind(request: Request) -> HoldKind:
    kind = _TYPES.get((request.body.type or "").strip().lower())
    if kind is None:
        raise malformed("type", "must be normal or parallel")
    return kind


def _placed(request: Request, context: Context) -> tuple[list[_Case], dict[int, QueuedHold]]:
    """What became of each reservation, and by its place those that were placed."""
    kind = _kind(request)
    wishes = _without_doubles(request.body.reservations)
    for wish in wishes:
        _check_branch(request, wish.pickup_branch)
    cases = _located(wishes, context)
    act, patron = act_for(request, context), known_by(request.place)
    if kind is HoldKind.PARALLEL:
        return _placed_together(act, patron, cases)
    results, placed = list(cases), {}
    # The queues are locked in one order by all who place several.
    order = sorted(range(len(cases)), key=lambda place: _record(cases[place]))
    for place in order:
        case = cases[place]
        if case.wanted is None:
            continue
        answer = place_holds(act, _hold_wish(patron, [case], kind))
        if isinstance(answer, Refused):
            _check_dates(answer.refusals)
            results[place] = case._replace(result=reservation_result(answer.refusals))
        else:
            placed[place] = answer.holds[0]
    return results, placed


def _placed_together(
    act: Act, patron: str, cases: Sequence[_Case]
) -> tuple[list[_Case], dict[int, QueuedHold]]:
    """Editions of which any one will do: one set of holds."""
    results, places = list(cases), [i for i, each in enumerate(cases) if each.wanted is not None]
    if not places:
        return results, {}
    known = [cases[place] for place in places]
    answer = place_holds(act, _hold_wish(patron, known, HoldKind.PARALLEL))
    if isinstance(answer, Refused):
        _check_dates(answer.refusals)
        for place in places:
            results[place] = cases[place]._replace(
                result=_result_alone(act, patron, cases[place], answer)
            )
        return results, {}
    refused = dict(answer.refused)
    placed, holds = {}, iter(answer.holds)
    for place in places:
        case = cases[place]
        assert case.wanted is not None
        if case.wanted in refused:
            results[place] = case._replace(result=reservation_result(refused[case.wanted]))
        else:
            placed[place] = _as_wished(act, patron, case, known[0], next(holds))
    return results, placed


def _result_alone(act: Act, patron: str, case: _Case, together: Refused) -> str:
    """Why that one cannot be placed; where nothing is wrong with it alone, what is with all."""
    found = judge_hold(act, _hold_wish(patron, [case], HoldKind.NORMAL))
    return reservation_result(found.refusals or together.refusals)


def _as_wished(act: Act, patron: str, case: _Case, first: _Case, queued: QueuedHold) -> QueuedHold:
    """A set is placed for one branch and until one day: those of the first. Others follow."""
    wish, other = case.wish, first.wish
    branch = wish.pickup_branch if wish.pickup_branch != other.pickup_branch else None
    until = wish.expiry_date if wish.expiry_date != other.expiry_date else None
    activates = wish.activation_date if wish.activation_date != other.activation_date else None
    if (branch, until, activates) == (None, None, None):
        return queued
    change = HoldChange(patron, queued.hold.id, branch, activates, until)
    changed = change_hold(act, change)
    if isinstance(changed, Refused):
        _check_dates(changed.refusals)
        raise Denied(Fault.MALFORMED, "a reservation cannot be placed as it was asked for")
    return changed.queued


def _hold_wish(patron: str, cases: Sequence[_Case], kind: HoldKind) -> HoldWish:
    first = cases[0].wish
    return HoldWish(
        patron,
        [case.wanted for case in cases if case.wanted is not None],
        kind=kind,
        pickup_branch=first.pickup_branch,
        activates=first.activation_date,
        interest_until=first.expiry_date,
    )


def _check_dates(refusals: Sequence[Refusal]) -> None:
    """Raises Denied where a day has passed, or comes before another: FBS has no result for it."""
    if any(each.reason is Reason.HOLD_DATES_WRONG for each in refusals):
        raise malformed("expiryDate", "lies in the past, or before the reservation begins")


def _check_branch(request: Request, isil: str | None) -> None:
    if isil is not None and request.agency.branch(isil) is None:
        raise malformed("pickupBranch", "the library has no such branch")


def _record(case: _Case) -> int:
    return 0 if case.wanted is None else case.wanted.record_id or 0


def _without_doubles(wishes: Sequence[CreateReservation]) -> list[CreateReservation]:
    """Each title, or issue, once: the first that asks for it."""
    found: dict[tuple[Any, ...], CreateReservation] = {}
    for wish in wishes:
        issue = wish.periodical.told() if wish.periodical else {}
        found.setdefault((wish.record_id, *(each or None for each in issue.values())), wish)
    return list(found.values())


def _located(wishes: Sequence[CreateReservation], context: Context) -> list[_Case]:
    """What each wish means in the catalogue."""
    named = records_called(context.transaction, [each.record_id for each in wishes])
    return [_case(wish, named.get(wish.record_id, []), context) for wish in wishes]


def _case(wish: CreateReservation, records: Sequence[int], context: Context) -> _Case:
    """Of several records with one number the first that has copies is meant."""
    if not records:
        return _Case(wish, None, "material_not_found")
    copies = {each: copies_of_record(context.transaction, record_id=each) for each in records}
    record_id = next((each for each in records if copies[each]), records[0])
    parts = [copy.part for copy in copies[record_id]]
    if wish.periodical is None or not any(wish.periodical.told().values()):
        if parts and all(parts):  # which issue is wanted, was not said
            return _Case(wish, None, "material_not_reservable")
        return _Case(wish, Wanted(record_id))
    part = part_meant(parts, wish.periodical.told())
    if part is None:
        return _Case(wish, None, "material_not_found")
    return _Case(wish, Wanted(record_id, part=part))


def _response(
    cases: Sequence[_Case], placed: Mapping[int, QueuedHold], context: Context
) -> dict[str, Any]:
    places = sorted(placed)
    details = dict(zip(places, _told([placed[each] for each in places], context), strict=True))
    return {
        "success": not any(_is_bad(case) for case in cases),
        "reservationResults": [
            {
                "recordId": case.wish.record_id,
                "result": case.result,
                "periodical": case.wish.periodical and case.wish.periodical.told(),
                "reservationDetails": details.get(place),
            }
            for place, case in enumerate(cases)
        ],
    }


# Changing


def change_reservations(request: Request, context: Context) -> list[dict[str, Any]]:
    """Changes pickup branch and days; ids that are none of the patron's are passed over."""
    its = {wire_number(each.hold.id): each.hold.id for each in _holds(request, context)}
    act, patron = act_for(request, context), known_by(request.place)
    changed: dict[int, QueuedHold] = {}
    for wish in request.body.reservations:
        _check_branch(request, wish.pickup_branch)
        if wish.reservation_id not in its:
            continue
        hold_id = its[wish.reservation_id]
        answer = change_hold(
            act,
            HoldChange(patron, hold_id, wish.pickup_branch, wish.activation_date, wish.expiry_date),
        )
        if isinstance(answer, Refused):
            _check_dates(answer.refusals)
            continue  # it was fetched, or ended, meanwhile
        changed[hold_id] = answer.queued
    return _told(list(changed.values()), context)


def drop_reservations(request: Request, context: Context) -> None:
    """Gives reservations up; ids that are none of the patron's are passed over."""
    wanted = {_number(each) for each in request.query["reservationid"] if each.strip()}
    act, patron = act_for(request, context), known_by(request.place)
    for each in _holds(request, context):
        if wire_number(each.hold.id) in wanted:
            cancel_hold(act, patron=patron, hold_id=each.hold.id)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16) or int(text) > LARGEST:
        raise malformed("reservationid", "must be a number")
    return int(text)


# Telling


def _told(found: Sequence[QueuedHold], context: Context) -> list[dict[str, Any]]:
    """What FBS tells of reservations. All of a set show the smallest number of its queues."""
    records = record_ids(context.transaction, [each.hold.record_id for each in found])
    smallest: dict[int, int] = {}
    for each in found:
        if each.hold.set_id is not None and each.number_in_queue is not None:
            known = smallest.get(each.hold.set_id, each.number_in_queue)
            smallest[each.hold.set_id] = min(known, each.number_in_queue)
    return [_details(each, records, smallest) for each in found]


def _details(
    queued: QueuedHold, records: Mapping[int, str], smallest: Mapping[int, int]
) -> dict[str, Any]:
    hold = queued.hold
    zone = hold.pickup_branch.timezone
    number = queued.number_in_queue
    if number is not None and hold.kind is HoldKind.PARALLEL and hold.set_id is not None:
        number = smallest.get(hold.set_id, number)
    return {
        "reservationId": wire_number(hold.id),
        "recordId": records[hold.record_id],
        "pickupBranch": hold.pickup_branch.isil,
        "expiryDate": hold.interest_until.isoformat(),
        "dateOfReservation": day_of(hold.placed, zone),
        "state": _STATES[hold.state],
        "numberInQueue": number,
        "pickupDeadline": day_of(hold.deadline, zone) if hold.deadline else None,
        "pickupNumber": None if hold.number is None else str(hold.number),
        "transactionId": str(hold.id if hold.set_id is None else hold.set_id),
        "reservationType": hold.kind.value,
        "loanType": LOAN,
        "activationDate": written(hold.activates),
        "estimatedDaysUntilReservation": queued.days,
        "periodical": periodical(hold.part),
    }
