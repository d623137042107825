"""Deposits and themes: items that are together somewhere else for a while.

A deposit is lent by one branch to another, or to a nursery, a waiting room or a bus that a branch
looks after, and may go on from station to station by dates. A theme is put on a shelf or in an
exhibition of a branch. Both are the same to the engine: a name, stations, perhaps a last day, and
whether the items are lent meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from catalogue.database import Transaction, change, lock, many, one, scalar, send
from circulation.booking.results import Placement, Station
from circulation.booking.schema import stays, temporary_placements, temporary_stations
from circulation.booking.stays import (
    end_stay,
    lock_items_of_placement,
    move_stay,
    stays_of_placement,
)
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk, StayKind
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


_COLUMNS = tuple(temporary_placements.c[name] for name in PlacementFacts._fields)
_placement = one(
    select(*_COLUMNS).where(temporary_placements.c.id == bindparam("placement_id")),
    PlacementFacts,
    "placement_id",
)
_open_placements = many(
    select(*_COLUMNS)
    .where(
        temporary_placements.c.closed.is_(None),
        temporary_placements.c.id > bindparam("after_id"),
    )
    .order_by(temporary_placements.c.id),
    PlacementFacts,
    "after_id",
)
_lock_placement = lock(
    select(temporary_placements.c.id)
    .where(temporary_placements.c.id == bindparam("placement_id"))
    .with_for_update(),
    "placement_id",
)
_stations: Callable[..., list[Any]] = many(
    select(
        temporary_stations.c.first_day, temporary_stations.c.branch_id, temporary_stations.c.place
    )
    .where(temporary_stations.c.placement_id == bindparam("placement_id"))
    .order_by(temporary_stations.c.first_day),
    None,
    "placement_id",
)
_count_items = scalar(
    select(func.count())
    .select_from(stays)
    .where(stays.c.placement_id == bindparam("placement_id"), stays.c.is_over.is_(False)),
    "placement_id",
)
_NEW = ("kind", "name", "branch_id", "loan_days", "ends", "created")
_insert_placement = scalar(
    insert(temporary_placements)
    .values(
        {
            temporary_placements.c[name]: bindparam(
                f"new_{name}", type_=temporary_placements.c[name].type
            )
            for name in _NEW
        }
    )
    .returning(temporary_placements.c.id),
    *(f"new_{name}" for name in _NEW),
)
_insert_station = send(
    insert(temporary_stations).values(
        placement_id=bindparam("new_placement_id"),
        first_day=bindparam("new_first_day"),
        branch_id=bindparam("new_branch_id"),
        place=bindparam("new_place"),
    ),
    "new_placement_id",
    "new_first_day",
    "new_branch_id",
    "new_place",
)
_delete_stations = send(
    delete(temporary_stations).where(
        temporary_stations.c.placement_id == bindparam("placement_id")
    ),
    "placement_id",
)
_set_station = send(
    update(temporary_placements)
    .where(temporary_placements.c.id == bindparam("placement_id"))
    .values(station=bindparam("new_station", type_=temporary_placements.c.station.type)),
    "placement_id",
    "new_station",
)
_set_end = send(
    update(temporary_placements)
    .where(temporary_placements.c.id == bindparam("placement_id"))
    .values(ends=bindparam("new_ends", type_=temporary_placements.c.ends.type)),
    "placement_id",
    "new_ends",
)
_close = change(
    update(temporary_placements)
    .where(temporary_placements.c.id == bindparam("placement_id"))
    .where(temporary_placements.c.closed.is_(None))
    .values(closed=bindparam("new_closed")),
    "placement_id",
    "new_closed",
)


def create_placement(
    transaction: Transaction,
    set_up: SetUp,
    *,
    desk: Desk,
    kind: StayKind,
    name: str,
    stations: Sequence[Station],
    ends: date | None = None,
    loan_days: int | None = None,
    now: datetime,
) -> Placement:
    """A new deposit or theme of the desk's branch, without items yet.

    Raises ValueError for an empty name, stations that are none or begin on one and the same day,
    and an end before the last of them begins.
    """
    if kind is StayKind.BOOKING:
        raise ValueError("a booking is no deposit and no theme")
    if not name.strip():
        raise ValueError(f"a {kind.value} must have a name")
    if loan_days is not None and loan_days < 0:
        raise ValueError(f"days of a loan cannot be negative: {loan_days}")
    _check(stations, ends)
    placement_id: int = _insert_placement(
        transaction, kind.value, name.strip(), desk.branch_id, loan_days, ends, now
    )
    _store_stations(transaction, placement_id, stations)
    made = find_placement(transaction, set_up, placement_id)
    assert made is not None
    _write(transaction, EventKind.PLACEMENT_CREATED, desk, made, now)
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
        _insert_station(transaction, placement_id, station.first, station.branch.id, station.place)


def change_placement(
    transaction: Transaction,
    set_up: SetUp,
    *,
    desk: Desk,
    placement_id: int,
    stations: Sequence[Station],
    ends: date | None,
    today: date,
    now: datetime,
) -> Placement | None:
    """Gives a deposit or theme other stations and another end, and its items the way to them.

    None where there is no such, or it has ended. Raises ValueError as `create_placement`.
    """
    facts = open_placement(transaction, placement_id)
    if facts is None:
        return None
    _check(stations, ends)
    _delete_stations(transaction, placement_id)
    _store_stations(transaction, placement_id, stations)
    _set_end(transaction, placement_id, ends)
    changed = find_placement(transaction, set_up, placement_id)
    assert changed is not None
    _write(transaction, EventKind.PLACEMENT_CHANGED, desk, changed, now)
    move_on(transaction, set_up, placement_id, day=today, now=now, desk=desk, is_changed=True)
    return find_placement(transaction, set_up, placement_id)


def find_placement(transaction: Transaction, set_up: SetUp, placement_id: int) -> Placement | None:
    """The deposit or theme, ended or not."""
    facts = _placement(transaction, placement_id)
    if facts is None:
        return None
    return _shown(transaction, set_up, facts)


def placements(
    transaction: Transaction, set_up: SetUp, kind: StayKind | None = None
) -> list[Placement]:
    """All that have not ended, the oldest first."""
    return [
        _shown(transaction, set_up, facts)
        for facts in _open_placements(transaction, 0)
        if kind is None or facts.kind == kind.value
    ]


def _shown(transaction: Transaction, set_up: SetUp, facts: PlacementFacts) -> Placement:
    stations = tuple(
        Station(first, set_up.branches[branch_id], place)
        for first, branch_id, place in _stations(transaction, facts.id)
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
        _count_items(transaction, facts.id),
    )


def open_placement(transaction: Transaction, placement_id: int) -> PlacementFacts | None:
    """One that has not ended, locked together with its items."""
    lock_items_of_placement(transaction, placement_id)
    _lock_placement(transaction, placement_id)
    facts = _placement(transaction, placement_id)
    return None if facts is None or facts.closed is not None else facts


def move_on(
    transaction: Transaction,
    set_up: SetUp,
    placement_id: int,
    *,
    day: date,
    now: datetime,
    desk: Desk | None = None,
    is_changed: bool = False,
) -> int:
    """Sends the items to the station that is in force on the day; gives how many.

    Done again, it finds nothing to do, unless stations were changed in between (`is_changed`).
    Where the last day was before `day`, the deposit or theme ends.
    """
    facts = open_placement(transaction, placement_id)
    if facts is None:
        return 0
    if facts.ends is not None and facts.ends < day:
        return end_placement(transaction, set_up, placement_id, now=now, desk=desk)
    begun = [row for row in _stations(transaction, placement_id) if row[0] <= day]
    first = begun[-1][0] if begun else None
    # A job that is run for a day long past brings nothing back to an earlier station.
    is_no_news = first is None or (facts.station is not None and first <= facts.station)
    if is_no_news and not is_changed:
        return 0
    _set_station(transaction, placement_id, first)
    moved = 0
    for row in stays_of_placement(transaction, placement_id):
        if not row.is_over:
            branch_id = begun[-1][1] if begun else row.home_branch_id
            loan_days = facts.loan_days if begun else None
            move_stay(transaction, desk, row, branch_id, loan_days, now)
            moved += 1
    placement = find_placement(transaction, set_up, placement_id)
    assert placement is not None
    _write(transaction, EventKind.PLACEMENT_MOVED, desk, placement, now)
    return moved


def end_placement(
    transaction: Transaction,
    set_up: SetUp,
    placement_id: int,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> int:
    """Ends a deposit or theme: its items are to go home; gives how many. 0 where it had ended."""
    facts = open_placement(transaction, placement_id)
    if facts is None or not _close(transaction, placement_id, now):
        return 0
    sent = 0
    for row in stays_of_placement(transaction, placement_id):
        if not row.is_over:
            end_stay(transaction, desk, row, now)
            sent += 1
    placement = find_placement(transaction, set_up, placement_id)
    assert placement is not None
    _write(transaction, EventKind.PLACEMENT_ENDED, desk, placement, now)
    return sent


def move_placements(
    transaction: Transaction, set_up: SetUp, *, day: date, now: datetime, after: int = 0
) -> tuple[int, int | None]:
    """One deposit or theme after another: each to its station of the day, or to its end.

    How many items were sent on, and after which to go on; None: that was all.
    """
    found = _open_placements(transaction, after)
    if not found:
        return 0, None
    moved = move_on(transaction, set_up, found[0].id, day=day, now=now)
    return moved, found[0].id if len(found) > 1 else None


def _write(
    transaction: Transaction,
    kind: EventKind,
    desk: Desk | None,
    placement: Placement,
    now: datetime,
) -> None:
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
    write_event(transaction, kind, desk, now, after=after)
