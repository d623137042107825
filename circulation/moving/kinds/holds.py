"""Holds: who waits for what, in the order of the other system, and what lies ready for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, NamedTuple

from sqlalchemy import delete, func, insert, select, update

from catalogue.database import Statement, columns, many_of, scalar, scalars_of, send_many
from circulation.calendars.due_dates import end_of_day
from circulation.holds.changes import HoldOutcome
from circulation.holds.queues import ORDINARY
from circulation.holds.schema import captures, holds
from circulation.items.schema import transits
from circulation.items.transits import TransitReason
from circulation.loans.schema import loans
from circulation.moving.keys import Moved, stood_for
from circulation.moving.kinds.items import Transit, put_on_way
from circulation.moving.lookups import (
    FoundItem,
    FoundPatron,
    branches_of,
    items_of,
    patrons_of,
    records_of,
)
from circulation.moving.rows import OURS, Arrival, Batch, Kind, without
from circulation.moving.updates import update_planned
from circulation.moving.values import (
    BRANCH,
    DAY,
    LAST_MOMENT,
    MOMENT,
    SMALL,
    TEXT,
    TRUTH,
    coded,
)

#: Where the other system tells places in queues, its holds come in their order before all that are
#: placed here, whose priority is 0 unless somebody says otherwise.
_BEFORE_OURS: Final = 10_000


class HoldState(Enum):
    """How far a hold has come."""

    WAITING = "waiting"
    TRANSIT = "transit"  # its item is on its way to the pickup branch
    SHELF = "shelf"


class HoldRow(NamedTuple):
    """What a plan may say of a hold: on a `record`, or on the `item` alone. `ready` is the barcode
    of what is on its way or on the shelf, kept until `deadline`; `position` the place in the queue.
    Without `interest_until` the rules say how long from now. Where `paused` is yes, it is paused
    since it was placed, and waits again on the day `resumes`, or until further notice."""

    patron: Annotated[str, TEXT]
    pickup_branch: Annotated[int, BRANCH]
    placed: Annotated[datetime, MOMENT]
    record: Annotated[str, TEXT] = ""
    item: Annotated[str, TEXT] = ""
    part: Annotated[str, TEXT] = ""
    position: Annotated[int | None, SMALL] = None
    activates: Annotated[date | None, DAY] = None
    interest_until: Annotated[date | None, DAY] = None
    paused_from: Annotated[date | None, DAY] = None
    paused_until: Annotated[date | None, DAY] = None
    paused: Annotated[bool, TRUTH] = False
    resumes: Annotated[date | None, DAY] = None
    state: Annotated[HoldState, coded(HoldState)] = HoldState.WAITING
    ready: Annotated[str, TEXT] = ""
    shelved: Annotated[datetime | None, MOMENT] = None
    deadline: Annotated[datetime | None, LAST_MOMENT] = None
    shelf_number: Annotated[int | None, SMALL] = None


class _Stored(NamedTuple):
    id: int
    record_id: int
    item_id: int | None
    part: str
    patron_id: int
    pickup_branch_id: int
    queue_class: int
    priority: int
    placed: datetime
    activates: date | None
    interest_until: date
    paused_from: date | None
    paused_until: date | None


_PLANNED: Final = {
    "record_id": "",
    "item_id": "item",
    "part": "part",
    "patron_id": "",
    "pickup_branch_id": "",
    "priority": "position",
    "placed": "",
    "activates": "activates",
    "interest_until": "interest_until",
    "paused_from": "paused_from paused",
    "paused_until": "paused_from paused",
}


class _Capture(NamedTuple):
    hold_id: int
    item_id: int
    patron_id: int
    captured: datetime
    shelf_branch_id: int | None
    number: int | None
    shelved: datetime | None
    deadline: datetime | None


@send_many
def _insert(record: _Stored) -> Statement:
    return insert(holds).values(record._asdict())


@send_many
def _insert_capture(record: _Capture) -> Statement:
    return insert(captures).values(record._asdict())


class _Ended(NamedTuple):
    hold_id: int
    closed: datetime | None


@send_many
def _forget_transit(record: _Ended) -> Statement:
    item = select(captures.c.item_id).where(captures.c.hold_id == record.hold_id)
    return delete(transits).where(
        transits.c.item_id == item.scalar_subquery(), transits.c.reason == "pickup"
    )


@send_many
def _forget_capture(record: _Ended) -> Statement:
    return delete(captures).where(captures.c.hold_id == record.hold_id)


@send_many
def _close(record: _Ended) -> Statement:
    outcome = HoldOutcome.CANCELLED.value
    return (
        update(holds)
        .where(holds.c.id == record.hold_id, holds.c.closed.is_(None))
        .values(closed=record.closed, outcome=outcome)
    )


class _Bound(NamedTuple):
    item_id: int
    hold_id: int


@many_of(_Bound)
def _bound(*, item_ids: Sequence[int]) -> Statement:
    return select(*columns(_Bound, captures)).where(captures.c.item_id.in_(item_ids))


@scalars_of(int)
def _lent(*, item_ids: Sequence[int]) -> Statement:
    return select(loans.c.item_id).where(
        loans.c.item_id.in_(item_ids), loans.c.checked_in.is_(None)
    )


@scalar(int)
def _highest_number(*, branch_id: int) -> Statement:
    its = captures.c
    return select(func.max(its.number)).where(its.shelf_branch_id == branch_id)


def store_holds(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes holds, what is bound to them, and places on the shelf: the number that the file tells,
    else the next one there. Who waits here already, because what the other system does is followed,
    waits once."""
    transaction, moving = batch.transaction, batch.moving
    both = [*new, *changed]
    waiting, only = patrons_of(batch, both), items_of(batch, both)
    titles = records_of(batch, [each for each in both if not each.row.item])
    for each in both:
        if not (each.row.record or each.row.item):
            batch.set_aside(each, "nothing there", "record")
    ready = items_of(batch, batch.left(both), "ready")

    def record_of(each: Arrival) -> int:
        item = only.get(id(each))
        return titles[id(each)] if item is None else item.record_id

    wished = {id(each): (waiting[id(each)].id, record_of(each)) for each in batch.left(new)}
    here = _here(batch, batch.left(new), wished)
    new = without(batch.left(new), here)
    changed = [*batch.left(changed), *here]
    for each in new:
        each.row_id = moving.circulation.ids.next(moving.now)
    losing = _check_ready(batch, changed, new, ready)
    new, changed = batch.left(new), batch.left(changed)
    ended = [*losing, *(_Ended(each.number, None) for each in changed)]
    _forget_transit(transaction, ended)
    _forget_capture(transaction, ended)

    def stored(each: Arrival) -> _Stored:
        return _stored(batch, each, waiting[id(each)], record_of(each), only.get(id(each)))

    _insert(transaction, [stored(each) for each in new])
    those = [stored(each) for each in changed]
    update_planned(batch, holds, those, _PLANNED, open_while="closed")
    _bind(batch, [*new, *changed], waiting, ready)


class _Waiting(NamedTuple):
    id: int
    patron_id: int
    record_id: int
    part: str
    pickup_branch_id: int


@many_of(_Waiting)
def _open_holds(*, patron_ids: Sequence[int]) -> Statement:
    its = holds.c
    return select(*columns(_Waiting, holds)).where(
        its.patron_id.in_(patron_ids), its.closed.is_(None)
    )


def _here(
    batch: Batch, new: Sequence[Arrival], wished: dict[int, tuple[int, int]]
) -> list[Arrival]:
    """New rows whose hold is here, and stands for no other row. What is new of a branch that we
    look after was placed here, and told to the other system, or people must see to it. `wished`:
    patron and record."""
    ids = [*{patron_id for patron_id, _ in wished.values()}]
    there = {each[1:4]: each for each in _open_holds(batch.transaction, patron_ids=ids)}
    open_ids = [each.id for each in there.values()]
    known = {*stood_for(batch.transaction, row_ids=open_ids, kind="holds")}
    here = []
    for each in new:
        its = there.get((*wished[id(each)], each.row.part))
        if its is not None and its.id in known and not batch.is_ours(its.pickup_branch_id):
            its = None  # it is that of another row
        if batch.is_ours(each.row.pickup_branch if its is None else its.pickup_branch_id):
            if its is None:
                batch.set_aside(each, OURS, "pickup_branch")
            else:
                batch.keep(each)
        elif its is not None:
            each.row_id = its.id
            known.add(its.id)
            here.append(each)
    return here


def _check_ready(
    batch: Batch, changed: Sequence[Arrival], new: Sequence[Arrival], ready: dict[int, FoundItem]
) -> list[_Ended]:
    """Sets aside rows whose item cannot be kept for them: it is for one hold, before all for that
    which has it already and still names it. Gives the holds that lose their item to another."""
    ids = [*{each.id for each in ready.values()}]
    before = {each.item_id: each.hold_id for each in _bound(batch.transaction, item_ids=ids)}
    moving = {each.row_id for each in changed}
    bound = {item_id: hold_id for item_id, hold_id in before.items() if hold_id not in moving}
    lent = set(_lent(batch.transaction, item_ids=ids))

    def is_other(arrival: Arrival) -> bool:
        item = ready.get(id(arrival))
        return item is None or before.get(item.id) != arrival.row_id

    for each in sorted(batch.left([*changed, *new]), key=is_other):
        item = ready.get(id(each))
        if each.row.state is HoldState.WAITING:
            continue
        if item is None:
            batch.set_aside(each, "nothing there", "ready")
        elif item.id in lent:
            batch.set_aside(each, "the item is on loan already", "ready")
        elif bound.setdefault(item.id, each.number) != each.number:
            batch.set_aside(each, "the item is kept for somebody already", "ready")
    others = ((hold_id, bound.get(item_id, hold_id)) for item_id, hold_id in before.items())
    return [_Ended(hold_id, None) for hold_id, now in others if now != hold_id]


def _stored(
    batch: Batch, arrival: Arrival, patron: FoundPatron, record_id: int, item: FoundItem | None
) -> _Stored:
    row: HoldRow = arrival.row
    set_up = batch.moving.set_up
    terms = set_up.terms(row.pickup_branch, patron.category, "")
    by_rules = set_up.day(batch.moving.now, row.pickup_branch) + timedelta(terms.interest_days)
    return _Stored(
        arrival.number,
        record_id,
        None if item is None else item.id,
        row.part,
        patron.id,
        row.pickup_branch,
        ORDINARY,
        0 if row.position is None else row.position - _BEFORE_OURS,
        row.placed,
        row.activates,
        row.interest_until or by_rules,
        *_paused(batch, row),
    )


def _paused(batch: Batch, row: HoldRow) -> tuple[date | None, date | None]:
    """The first and the last day of the pause; a last day of None is none."""
    if not row.paused:
        return row.paused_from, row.paused_until
    first = batch.moving.set_up.day(row.placed, row.pickup_branch)
    last = None if row.resumes is None else row.resumes - timedelta(1)
    return (None, None) if last is not None and last < first else (first, last)


def _bind(
    batch: Batch,
    arrivals: Sequence[Arrival],
    waiting: dict[int, FoundPatron],
    ready: dict[int, FoundItem],
) -> None:
    transaction, now = batch.transaction, batch.moving.now

    @cache
    def numbers(branch_id: int) -> list[int]:
        return [_highest_number(transaction, branch_id=branch_id) or 0]

    bound, moving = [], []
    for each in arrivals:
        row: HoldRow = each.row
        if row.state is HoldState.WAITING:
            continue
        item, patron = ready[id(each)], waiting[id(each)]
        place: tuple[Any, ...] = (None, None, None, None)
        if row.state is HoldState.SHELF:
            last = numbers(row.pickup_branch)
            number = row.shelf_number or last[0] + 1
            last[0] = max(last[0], number)
            shelved = row.shelved or now
            place = (
                row.pickup_branch,
                number,
                shelved,
                row.deadline or _deadline(batch, each, patron),
            )
        else:
            reason = TransitReason.PICKUP.value
            moving.append(Transit(item.id, item.branch_id, row.pickup_branch, now, reason))
        captured = row.shelved or now
        bound.append(_Capture(each.number, item.id, patron.id, captured, *place))
    _insert_capture(transaction, bound)
    put_on_way(transaction, moving)


def _deadline(batch: Batch, arrival: Arrival, patron: FoundPatron) -> datetime:
    """Until when it would be kept if it had been shelved today."""
    set_up, row = batch.moving.set_up, arrival.row
    terms = set_up.terms(row.pickup_branch, patron.category, "")
    last = set_up.day(batch.moving.now, row.pickup_branch) + timedelta(terms.pickup_days)
    branch = set_up.branches[row.pickup_branch]
    return end_of_day(set_up.calendars[branch.id].next_open_day(last), branch.timezone)


def end_holds(batch: Batch, gone: Sequence[Moved]) -> None:
    """The other system has these holds no more: they were fetched or cancelled there."""
    ended = [_Ended(each.row_id, batch.moving.now) for each in gone]
    _forget_transit(batch.transaction, ended)
    _forget_capture(batch.transaction, ended)
    _close(batch.transaction, ended)


HOLDS = Kind("holds", HoldRow, store_holds, end_holds, branches_of(holds, "pickup_branch_id"))
