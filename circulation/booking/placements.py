"""Deposits and themes: items that are together somewhere else for a while.

A deposit is lent by one branch to another, or to a nursery, a waiting room or a bus that a branch
looks after, and may go on from station to station by dates. A theme is put on a shelf or in an
exhibition of a branch. Both are the same to the engine: a name, stations, perhaps a last day, and
whether the items are lent meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    lock,
    many,
    one,
    scalar_one,
    send,
)
from circulation.booking.results import Placement, Station
from circulation.booking.schema import stays, temporary_placements, temporary_stations
from circulation.booking.stays import (
    end_stay,
    lock_items_of_placement,
    move_stay,
    stays_of_placement,
)
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import StayKind
from circulation.kernel.set_up import SetUp


class PlacementFacts(NamedTuple):
    """A deposit or theme: one row."""

    id: int
    kind: str
    name: str
    branch_id: int
    loan_days: int | None
    ends: date | None
    station: date | None
    closed: datetime | None


@one(PlacementFacts)
def _placement(*, placement_id: int) -> Statement:
    return select(*columns(PlacementFacts, temporary_placements)).where(
        temporary_placements.c.id == placement_id
    )


@many(PlacementFacts)
def _open_placements(*, after_id: int) -> Statement:
    return (
        select(*columns(PlacementFacts, temporary_placements))
        .where(temporary_placements.c.closed.is_(None), temporary_placements.c.id > after_id)
        .order_by(temporary_placements.c.id)
    )


@lock
def _lock_placement(*, placement_id: int) -> Statement:
    return (
        select(temporary_placements.c.id)
        .where(temporary_placements.c.id == placement_id)
        .with_for_update()
    )


class _Station(NamedTuple):
    first_day: date
    branch_id: int
    place: str


@many(_Station)
def _stations(*, placement_id: int) -> Statement:
    return (
        select(*columns(_Station, temporary_stations))
        .where(temporary_stations.c.placement_id == placement_id)
        .order_by(temporary_stations.c.first_day)
    )


@scalar_one(int)
def _count_items(*, placement_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(stays)
        .where(stays.c.placement_id == placement_id, stays.c.is_over.is_(False))
    )


@scalar_one(int)
def _insert_placement(
    *,
    kind: str,
    name: str,
    branch_id: int,
    loan_days: int | None,
    ends: date | None,
    created: datetime,
) -> Statement:
    return insert(temporary_placements).values(locals()).returning(temporary_placements.c.id)


@send
def _insert_station(*, placement_id: int, first_day: date, branch_id: int, place: str) -> Statement:
    return insert(temporary_stations).values(locals())


@send
def _delete_stations(*, placement_id: int) -> Statement:
    return delete(temporary_stations).where(temporary_stations.c.placement_id == placement_id)


@send
def _set_station(*, placement_id: int, station: date | None) -> Statement:
    return (
        update(temporary_placements)
        .where(temporary_placements.c.id == placement_id)
        .values(station=station)
    )


@send
def _set_end(*, placement_id: int, ends: date | None) -> Statement:
    return (
        update(temporary_placements)
        .where(temporary_placements.c.id == placement_id)
        .values(ends=ends)
    )


@change
def _close(*, placement_id: int, closed: datetime | None) -> Statement:
    return (
        update(temporary_placements)
        .where(temporary_placements.c.id == placement_id)
        .where(temporary_placements.c.closed.is_(None))
        .values(closed=closed)
    )


class NewPlacement(NamedTuple):
    """A deposit or theme that is to begin; `loan_days` is how long its items are lent meanwhile,
    None where the rules say so."""

    kind: StayKind
    name: str
    stations: Sequence[Station]
    ends: date | None = None
    loan_days: int | None = None


def create_placement(act: Act, set_up: SetUp, new: NewPlacement) -> Placement:
    """A new deposit or theme of the desk's branch, without items yet.

    Raises ValueError for an empty name, stations that are none or begin on one and the same day,
    and an end before the last of them begins.
    """
    transaction, _, desk, now = act
    kind, name, stations, ends, loan_days = new
    if kind is StayKind.BOOKING:
        raise ValueError("a booking is no deposit and no theme")
    if not name.strip():
        raise ValueError(f"a {kind.value} must have a name")
    if loan_days is not None and loan_days < 0:
        raise ValueError(f"days of a loan cannot be negative: {loan_days}")
    _check(stations, ends)
    placement_id = _insert_placement(
        transaction,
        kind=kind.value,
        name=name.strip(),
        branch_id=desk.branch_id,
        loan_days=loan_days,
        ends=ends,
        created=now,
    )
    _store_stations(transaction, placement_id, stations)
    made = find_placement(transaction, set_up, placement_id)
    assert made is not None
    _write(act, EventKind.PLACEMENT_CREATED, made)
    return made


def _check(stations: Sequence[Station], ends: date | None) -> None:
    if not stations:
        raise ValueError("a station is needed, where the items are to be")
    days = [station.first for station in stations]
    if len(set(days)) < len(days):
        raise ValueError("two stations begin on one and the same day")
    if ends is not None and ends < max(days):
        raise ValueError("it would end before its last station begins")


def _store_stations(
    transaction: Transaction, placement_id: int, stations: Sequence[Station]
) -> None:
    for station in stations:
        _insert_station(
            transaction,
            placement_id=placement_id,
            first_day=station.first,
            branch_id=station.branch.id,
            place=station.place,
        )


def change_placement(
    act: Act,
    set_up: SetUp,
    *,
    placement_id: int,
    stations: Sequence[Station],
    ends: date | None,
    today: date,
) -> Placement | None:
    """Gives a deposit or theme other stations and another end, and its items the way to them.

    None where there is no such, or it has ended. Raises ValueError as `create_placement`.
    """
    transaction = act.transaction
    facts = open_placement(transaction, placement_id)
    if facts is None:
        return None
    _check(stations, ends)
    _delete_stations(transaction, placement_id=placement_id)
    _store_stations(transaction, placement_id, stations)
    _set_end(transaction, placement_id=placement_id, ends=ends)
    changed = find_placement(transaction, set_up, placement_id)
    assert changed is not None
    _write(act, EventKind.PLACEMENT_CHANGED, changed)
    move_on(act, set_up, placement_id, day=today, is_changed=True)
    return find_placement(transaction, set_up, placement_id)


def find_placement(transaction: Transaction, set_up: SetUp, placement_id: int) -> Placement | None:
    """The deposit or theme, ended or not."""
    facts = _placement(transaction, placement_id=placement_id)
    if facts is None:
        return None
    return _shown(transaction, set_up, facts)


def placements(
    transaction: Transaction, set_up: SetUp, kind: StayKind | None = None
) -> list[Placement]:
    """All that have not ended, the oldest first."""
    return [
        _shown(transaction, set_up, facts)
        for facts in _open_placements(transaction, after_id=0)
        if kind is None or facts.kind == kind.value
    ]


def _shown(transaction: Transaction, set_up: SetUp, facts: PlacementFacts) -> Placement:
    stations = tuple(
        Station(row.first_day, set_up.branches[row.branch_id], row.place)
        for row in _stations(transaction, placement_id=facts.id)
    )
    in_force = next((each for each in stations if each.first == facts.station), None)
    return Placement(
        facts.id,
        StayKind(facts.kind),
        facts.name,
        set_up.branches[facts.branch_id],
        facts.loan_days,
        facts.ends,
        facts.closed,
        stations,
        None if facts.closed is not None else in_force,
        _count_items(transaction, placement_id=facts.id),
    )


def open_placement(transaction: Transaction, placement_id: int) -> PlacementFacts | None:
    """One that has not ended, locked together with its items."""
    lock_items_of_placement(transaction, placement_id=placement_id)
    _lock_placement(transaction, placement_id=placement_id)
    facts = _placement(transaction, placement_id=placement_id)
    return None if facts is None or facts.closed is not None else facts


def move_on(
    act: Act, set_up: SetUp, placement_id: int, *, day: date, is_changed: bool = False
) -> int:
    """Sends the items to the station that is in force on the day; gives how many.

    Done again, it finds nothing to do, unless stations were changed in between (`is_changed`).
    Where the last day was before `day`, the deposit or theme ends.
    """
    transaction = act.transaction
    facts = open_placement(transaction, placement_id)
    if facts is None:
        return 0
    if facts.ends is not None and facts.ends < day:
        return end_placement(act, set_up, placement_id)
    begun = [
        row for row in _stations(transaction, placement_id=placement_id) if row.first_day <= day
    ]
    first = begun[-1].first_day if begun else None
    # A job that is run for a day long past brings nothing back to an earlier station.
    is_no_news = first is None or (facts.station is not None and first <= facts.station)
    if is_no_news and not is_changed:
        return 0
    _set_station(transaction, placement_id=placement_id, station=first)
    moved = 0
    for row in stays_of_placement(transaction, placement_id=placement_id):
        if not row.is_over:
            branch_id = begun[-1].branch_id if begun else row.home_branch_id
            loan_days = facts.loan_days if begun else None
            move_stay(act, row, branch_id, loan_days)
            moved += 1
    placement = find_placement(transaction, set_up, placement_id)
    assert placement is not None
    _write(act, EventKind.PLACEMENT_MOVED, placement)
    return moved


def end_placement(act: Act, set_up: SetUp, placement_id: int) -> int:
    """Ends a deposit or theme: its items are to go home; gives how many. 0 where it had ended."""
    transaction, now = act.transaction, act.now
    facts = open_placement(transaction, placement_id)
    if facts is None or not _close(transaction, placement_id=placement_id, closed=now):
        return 0
    sent = 0
    for row in stays_of_placement(transaction, placement_id=placement_id):
        if not row.is_over:
            end_stay(act, row)
            sent += 1
    placement = find_placement(transaction, set_up, placement_id)
    assert placement is not None
    _write(act, EventKind.PLACEMENT_ENDED, placement)
    return sent


def move_placements(
    act: Act, set_up: SetUp, *, day: date, after: int = 0
) -> tuple[int, int | None]:
    """One deposit or theme after another: each to its station of the day, or to its end.

    How many items were sent on, and after which to go on; None: that was all.
    """
    found = _open_placements(act.transaction, after_id=after)
    if not found:
        return 0, None
    moved = move_on(act, set_up, found[0].id, day=day)
    return moved, found[0].id if len(found) > 1 else None


def _write(act: Act, kind: EventKind, placement: Placement) -> None:
    after: dict[str, Any] = {
        "placement": placement.id,
        "kind": placement.kind.value,
        "name": placement.name,
        "stations": {
            each.first.isoformat(): f"{each.branch.isil} {each.place}".strip()
            for each in placement.stations
        },
    }
    if placement.station is not None:
        after["station"] = placement.station.branch.isil
    if placement.ends is not None:
        after["ends"] = placement.ends.isoformat()
    append_event(act, NewEvent(kind, after=after))
