"""Items that are to be elsewhere than at home for a while: their rows, and what moves them.

An item has one stay at most: for a booking, or in a deposit or theme. It goes to where its stay
wants it whenever it is handed in, and a stay that is over goes when the item is seen at home. So
nothing has to be scanned on the day on which a stay begins, moves on or ends: what stands in the
wrong place then is on the list of what is to be moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, insert, or_, select, update

from catalogue.database import Transaction, key_parameters, lock, many, many_of, one, send
from catalogue.schema import items, records
from circulation.booking.results import ToMove
from circulation.booking.schema import (
    booking_loans,
    bookings,
    stays,
    temporary_placements,
    temporary_stations,
)
from circulation.items.facts import ItemFacts
from circulation.items.removal import RemovalFeature
from circulation.items.schema import transits
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Branch, Desk, Stay, StayKind
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans

#: Lines of a page of the list of what is to be moved.
PAGE = 200


class StayRow(NamedTuple):
    """A stay, and what its item is doing."""

    item_id: int
    booking_id: int | None
    placement_id: int | None
    branch_id: int
    seen_branch_id: int
    is_over: bool
    placed: datetime | None
    home_branch_id: int
    loan_id: int | None
    transit_to_id: int | None
    station: date | None  # of its deposit or theme; None: that has not begun

    @property
    def has_left(self) -> bool:
        """Was it taken from its place at home, for all that is known?"""
        if self.booking_id is None and self.station is None:
            return False
        has_moved = self.seen_branch_id != self.home_branch_id or self.transit_to_id is not None
        return has_moved or self.placed is not None


_NEW = (
    "item_id",
    "booking_id",
    "placement_id",
    "branch_id",
    "seen_branch_id",
    "loan_days",
    "since",
    "placed",
)
_insert_stay = send(
    insert(stays).values(
        {stays.c[name]: bindparam(f"new_{name}", type_=stays.c[name].type) for name in _NEW}
    ),
    *(f"new_{name}" for name in _NEW),
)
_its_loans = select(loans.c.id).where(loans.c.item_id == bindparam("of_item"))
_forget_loans = send(
    delete(booking_loans).where(booking_loans.c.loan_id.in_(_its_loans)), "of_item"
)
forget_stay = send(delete(stays).where(stays.c.item_id == bindparam("item_id")), "item_id")
_send_on = send(
    update(stays)
    .where(stays.c.item_id == bindparam("of_item"))
    .values(
        branch_id=bindparam("new_branch_id"),
        loan_days=bindparam("new_loan_days", type_=stays.c.loan_days.type),
        is_over=bindparam("new_is_over"),
        since=bindparam("new_since"),
        placed=None,
    ),
    "of_item",
    "new_branch_id",
    "new_loan_days",
    "new_is_over",
    "new_since",
)
_note_seen = send(
    update(stays)
    .where(stays.c.item_id == bindparam("of_item"))
    .values(
        seen_branch_id=bindparam("new_branch_id"),
        placed=bindparam("new_placed", type_=stays.c.placed.type),
    ),
    "of_item",
    "new_branch_id",
    "new_placed",
)


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            stays.c.item_id,
            stays.c.booking_id,
            stays.c.placement_id,
            stays.c.branch_id,
            stays.c.seen_branch_id,
            stays.c.is_over,
            stays.c.placed,
            items.c.branch_id,
            loans.c.id,
            transits.c.to_branch_id,
            temporary_placements.c.station,
        )
        .select_from(
            stays.join(items, items.c.id == stays.c.item_id)
            .outerjoin(temporary_placements, temporary_placements.c.id == stays.c.placement_id)
            .outerjoin(loans, (loans.c.item_id == stays.c.item_id) & loans.c.checked_in.is_(None))
            .outerjoin(transits, transits.c.item_id == stays.c.item_id)
        )
        .where(condition)
        .order_by(stays.c.item_id)
    )


stay_of_item = one(_rows(stays.c.item_id == bindparam("item_id")), StayRow, "item_id")
stays_of_booking = many(_rows(stays.c.booking_id == bindparam("booking_id")), StayRow, "booking_id")
stays_of_placement = many(
    _rows(stays.c.placement_id == bindparam("placement_id")), StayRow, "placement_id"
)
_LOCKED = select(items.c.id).order_by(items.c.id).with_for_update(key_share=True)
lock_items_of_placement = lock(
    _LOCKED.where(
        items.c.id.in_(
            select(stays.c.item_id).where(stays.c.placement_id == bindparam("placement_id"))
        )
    ),
    "placement_id",
)

_STATION_IN_FORCE = and_(
    temporary_stations.c.placement_id == temporary_placements.c.id,
    temporary_stations.c.first_day == temporary_placements.c.station,
)
_tables = (
    stays.outerjoin(temporary_placements, temporary_placements.c.id == stays.c.placement_id)
    .outerjoin(temporary_stations, _STATION_IN_FORCE)
    .outerjoin(bookings, bookings.c.id == stays.c.booking_id)
)
_shown: Callable[[Transaction, Sequence[int]], list[Any]] = many_of(
    lambda size: (
        select(
            stays.c.item_id,
            stays.c.booking_id,
            stays.c.placement_id,
            temporary_placements.c.kind,
            temporary_placements.c.name,
            stays.c.branch_id,
            temporary_stations.c.place,
            stays.c.seen_branch_id,
            temporary_placements.c.ends,
            bookings.c.last_day,
            stays.c.loan_days,
            stays.c.is_over,
        )
        .select_from(_tables)
        .where(stays.c.item_id.in_(key_parameters(size)))
    ),
    None,
)


def stays_of(transaction: Transaction, set_up: SetUp, item_ids: Sequence[int]) -> dict[int, Stay]:
    """The stays of those of the items that have one, by item id, as they are shown."""
    found = {}
    for row in _shown(transaction, item_ids) if item_ids else ():
        (item_id, booking_id, placement_id, kind, name, branch_id, place, seen_id) = row[:8]
        ends, last, loan_days, is_over = row[8:]
        found[item_id] = Stay(
            StayKind.BOOKING if kind is None else StayKind(kind),
            booking_id or placement_id,
            name or "",
            set_up.branches[branch_id],
            "" if is_over else place or "",
            set_up.branches[seen_id],
            ends or last,
            loan_days,
            bool(is_over),
        )
    return found


def begin_stay(
    transaction: Transaction,
    desk: Desk | None,
    item: ItemFacts,
    *,
    booking_id: int | None = None,
    placement_id: int | None = None,
    branch_id: int,
    seen_branch_id: int,
    loan_days: int | None,
    now: datetime,
    is_placed: bool,
) -> None:
    """The item is to be at `branch_id` from now on; `is_placed`: there it is."""
    _insert_stay(
        transaction,
        item.id,
        booking_id,
        placement_id,
        branch_id,
        seen_branch_id,
        loan_days,
        now,
        now if is_placed else None,
    )
    _write(
        transaction, EventKind.STAY_BEGUN, desk, item.id, booking_id, placement_id, branch_id, now
    )


def move_stay(
    transaction: Transaction,
    desk: Desk | None,
    row: StayRow,
    branch_id: int,
    loan_days: int | None,
    now: datetime,
) -> None:
    """The item is to be elsewhere from now on, or on another shelf of the same branch."""
    _send_on(transaction, row.item_id, branch_id, loan_days, False, now)
    _write(
        transaction,
        EventKind.STAY_MOVED,
        desk,
        row.item_id,
        row.booking_id,
        row.placement_id,
        branch_id,
        now,
    )


def end_stay(transaction: Transaction, desk: Desk | None, row: StayRow, now: datetime) -> None:
    """The item is to be at home again. Where it has never left, or is on loan, that is all."""
    if row.is_over:
        return
    if row.loan_id is not None or not row.has_left:
        forget_stay(transaction, row.item_id)
    else:
        _send_on(transaction, row.item_id, row.home_branch_id, None, True, now)
    _write(
        transaction,
        EventKind.STAY_ENDED,
        desk,
        row.item_id,
        row.booking_id,
        row.placement_id,
        row.home_branch_id,
        now,
    )


def _write(
    transaction: Transaction,
    kind: EventKind,
    desk: Desk | None,
    item_id: int,
    booking_id: int | None,
    placement_id: int | None,
    branch_id: int,
    now: datetime,
) -> None:
    why = {"placement": placement_id} if booking_id is None else {"booking": booking_id}
    write_event(transaction, kind, desk, now, item_id=item_id, after=why | {"branch": branch_id})


def seen(
    transaction: Transaction, set_up: SetUp, item: ItemFacts, here: Branch, now: datetime
) -> Stay | None:
    """The item was handed in here: notes where it is. Gives its stay, None where that is over."""
    stay = stays_of(transaction, set_up, (item.id,)).get(item.id)
    if stay is None:
        return None
    is_there = stay.branch.id == here.id
    if is_there and stay.is_over:
        forget_stay(transaction, item.id)
        return None
    _note_seen(transaction, item.id, here.id, now if is_there else None)
    return stay._replace(seen_branch=here)


class StaysAtRemoval(RemovalFeature):
    def let_go(
        self, transaction: Transaction, desk: Desk | None, item: ItemFacts, now: datetime
    ) -> None:
        """A booking, deposit or theme goes on without it."""
        stay = stay_of_item(transaction, item.id)
        if stay is not None:
            end_stay(transaction, desk, stay, now)
        _forget_loans(transaction, item.id)


_to_move = (
    select(
        items.c.id,
        items.c.barcode,
        records.c.title,
        items.c.call_number,
        temporary_placements.c.kind,
        temporary_placements.c.name,
        temporary_stations.c.place,
        stays.c.seen_branch_id,
        stays.c.branch_id,
        stays.c.is_over,
        stays.c.since,
    )
    .select_from(
        _tables.join(items, items.c.id == stays.c.item_id)
        .join(records, records.c.id == items.c.record_id)
        .outerjoin(loans, (loans.c.item_id == stays.c.item_id) & loans.c.checked_in.is_(None))
        .outerjoin(transits, transits.c.item_id == stays.c.item_id)
    )
    .where(
        stays.c.placed.is_(None),
        loans.c.id.is_(None),
        transits.c.item_id.is_(None),
        stays.c.item_id > bindparam("after_id"),
        or_(bindparam("branch_id") == 0, stays.c.seen_branch_id == bindparam("branch_id")),
    )
    .order_by(stays.c.item_id)
    .limit(bindparam("at_most"))
)
_all_to_move: Callable[..., list[Any]] = many(_to_move, None, "after_id", "branch_id", "at_most")


def items_to_move(
    transaction: Transaction,
    set_up: SetUp,
    *,
    branch_id: int | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[ToMove]:
    """What stands in the wrong place: to be brought to its station or shelf, or back home.

    By item id; a page of `limit` lines, the next of which begins after the last `item_id`. Of one
    branch where the items stand, or of all. Checking an item in, at whichever end, takes it off.
    """
    found = []
    for row in _all_to_move(transaction, after, branch_id or 0, limit):
        (item_id, barcode, title, call_number, kind, name, place, seen_id, to_id, is_over) = row[
            :10
        ]
        since = row[10]
        found.append(
            ToMove(
                item_id,
                barcode,
                title,
                call_number,
                StayKind.BOOKING if kind is None else StayKind(kind),
                name or "",
                "" if is_over else place or "",
                set_up.branches[seen_id],
                set_up.branches[to_id],
                bool(is_over),
                since,
            )
        )
    return found
