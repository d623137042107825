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

from sqlalchemy import ColumnElement, Select, and_, delete, insert, select, update

from catalogue.database import Statement, Transaction, columns, lock, many, many_of, one, send
from catalogue.schema import items
from circulation.booking.schema import (
    booking_loans,
    bookings,
    stays,
    temporary_placements,
    temporary_stations,
)
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.items.removal import RemovalFeature
from circulation.items.schema import transits
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused, Stay, StayKind
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


@send
def _insert_stay(
    *,
    item_id: int,
    booking_id: int | None,
    placement_id: int | None,
    branch_id: int,
    seen_branch_id: int,
    loan_days: int | None,
    since: datetime,
    placed: datetime | None,
) -> Statement:
    return insert(stays).values(locals())


@send
def _forget_loans(*, item_id: int) -> Statement:
    its = select(loans.c.id).where(loans.c.item_id == item_id)
    return delete(booking_loans).where(booking_loans.c.loan_id.in_(its))


@send
def forget_stay(*, item_id: int) -> Statement:
    return delete(stays).where(stays.c.item_id == item_id)


@send
def _send_on(
    *, item_id: int, branch_id: int, loan_days: int | None, is_over: bool, since: datetime
) -> Statement:
    return (
        update(stays)
        .where(stays.c.item_id == item_id)
        .values(branch_id=branch_id, loan_days=loan_days, is_over=is_over, since=since, placed=None)
    )


@send
def _note_seen(*, item_id: int, branch_id: int, placed: datetime | None) -> Statement:
    return (
        update(stays)
        .where(stays.c.item_id == item_id)
        .values(seen_branch_id=branch_id, placed=placed)
    )


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    told = {
        "home_branch_id": items.c.branch_id,
        "loan_id": loans.c.id,
        "transit_to_id": transits.c.to_branch_id,
        "station": temporary_placements.c.station,
    }
    return (
        select(*columns(StayRow, stays, **told))
        .select_from(
            stays.join(items, items.c.id == stays.c.item_id)
            .outerjoin(temporary_placements, temporary_placements.c.id == stays.c.placement_id)
            .outerjoin(loans, (loans.c.item_id == stays.c.item_id) & loans.c.checked_in.is_(None))
            .outerjoin(transits, transits.c.item_id == stays.c.item_id)
        )
        .where(condition)
        .order_by(stays.c.item_id)
    )


@one(StayRow)
def stay_of_item(*, item_id: int) -> Statement:
    return _rows(stays.c.item_id == item_id)


@many(StayRow)
def stays_of_booking(*, booking_id: int) -> Statement:
    return _rows(stays.c.booking_id == booking_id)


@many(StayRow)
def stays_of_placement(*, placement_id: int) -> Statement:
    return _rows(stays.c.placement_id == placement_id)


_LOCKED = select(items.c.id).order_by(items.c.id).with_for_update(key_share=True)


@lock
def lock_items_of_placement(*, placement_id: int) -> Statement:
    return _LOCKED.where(
        items.c.id.in_(select(stays.c.item_id).where(stays.c.placement_id == placement_id))
    )


_STATION_IN_FORCE = and_(
    temporary_stations.c.placement_id == temporary_placements.c.id,
    temporary_stations.c.first_day == temporary_placements.c.station,
)
STAY_TABLES = (
    stays.outerjoin(temporary_placements, temporary_placements.c.id == stays.c.placement_id)
    .outerjoin(temporary_stations, _STATION_IN_FORCE)
    .outerjoin(bookings, bookings.c.id == stays.c.booking_id)
)


class _Shown(NamedTuple):
    item_id: int
    booking_id: int | None
    placement_id: int | None
    kind: str | None
    name: str | None
    branch_id: int
    place: str | None
    seen_branch_id: int
    ends: date | None
    last_day: date | None
    loan_days: int | None
    is_over: bool


@many_of(_Shown)
def _shown(*, item_ids: Sequence[int]) -> Statement:
    return (
        select(
            *columns(
                _Shown,
                stays,
                temporary_placements,
                temporary_stations,
                bookings,
                placement_id=stays.c.placement_id,
                branch_id=stays.c.branch_id,
                loan_days=stays.c.loan_days,
            )
        )
        .select_from(STAY_TABLES)
        .where(stays.c.item_id.in_(item_ids))
    )


def stays_of(transaction: Transaction, set_up: SetUp, item_ids: Sequence[int]) -> dict[int, Stay]:
    """The stays of those of the items that have one, by item id, as they are shown."""
    found = {}
    for row in _shown(transaction, item_ids=item_ids) if item_ids else ():
        found[row.item_id] = Stay(
            StayKind.BOOKING if row.kind is None else StayKind(row.kind),
            row.booking_id or row.placement_id or 0,
            row.name or "",
            set_up.branches[row.branch_id],
            "" if row.is_over else row.place or "",
            set_up.branches[row.seen_branch_id],
            row.ends or row.last_day,
            row.loan_days,
            row.is_over,
        )
    return found


class NewStay(NamedTuple):
    """A stay that begins, for a booking or in a deposit or theme; `is_placed` says that the item is
    there already."""

    item_id: int
    branch_id: int
    seen_branch_id: int
    loan_days: int | None
    is_placed: bool
    booking_id: int | None = None
    placement_id: int | None = None


def begin_stay(act: Act, new: NewStay) -> None:
    """The item is to be there from now on."""
    _insert_stay(
        act.transaction,
        item_id=new.item_id,
        booking_id=new.booking_id,
        placement_id=new.placement_id,
        branch_id=new.branch_id,
        seen_branch_id=new.seen_branch_id,
        loan_days=new.loan_days,
        since=act.now,
        placed=act.now if new.is_placed else None,
    )
    _write(act, EventKind.STAY_BEGUN, new, new.branch_id)


def move_stay(act: Act, row: StayRow, branch_id: int, loan_days: int | None) -> None:
    """The item is to be elsewhere from now on, or on another shelf of the same branch."""
    _send_on(
        act.transaction,
        item_id=row.item_id,
        branch_id=branch_id,
        loan_days=loan_days,
        is_over=False,
        since=act.now,
    )
    _write(act, EventKind.STAY_MOVED, row, branch_id)


def end_stay(act: Act, row: StayRow) -> None:
    """The item is to be at home again. Where it has never left, or is on loan, that is all."""
    transaction, now = act.transaction, act.now
    if row.is_over:
        return
    if row.loan_id is not None or not row.has_left:
        forget_stay(transaction, item_id=row.item_id)
    else:
        _send_on(
            transaction,
            item_id=row.item_id,
            branch_id=row.home_branch_id,
            loan_days=None,
            is_over=True,
            since=now,
        )
    _write(act, EventKind.STAY_ENDED, row, row.home_branch_id)


def send_home(act: Act, barcode: str, suits: Callable[[StayRow], bool]) -> bool | Refused:
    """Ends the stay of the item; False where it has none that suits."""
    lock_item(act.transaction, barcode=barcode)
    facts = item_facts(act.transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    row = stay_of_item(act.transaction, item_id=facts.id)
    if row is None or row.is_over or not suits(row):
        return False
    end_stay(act, row)
    return True


def _write(act: Act, kind: EventKind, stay: NewStay | StayRow, branch_id: int) -> None:
    of_booking = stay.booking_id is not None
    why = {"booking": stay.booking_id} if of_booking else {"placement": stay.placement_id}
    append_event(act, NewEvent(kind, item_id=stay.item_id, after=why | {"branch": branch_id}))


def seen(
    transaction: Transaction, set_up: SetUp, item: ItemFacts, here: Branch, now: datetime
) -> Stay | None:
    """The item was handed in here: notes where it is. Gives its stay, None where that is over."""
    stay = stays_of(transaction, set_up, (item.id,)).get(item.id)
    if stay is None:
        return None
    is_there = stay.branch.id == here.id
    if is_there and stay.is_over:
        forget_stay(transaction, item_id=item.id)
        return None
    _note_seen(transaction, item_id=item.id, branch_id=here.id, placed=now if is_there else None)
    return stay._replace(seen_branch=here)


class StaysAtRemoval(RemovalFeature):
    def let_go(self, act: Act, item: ItemFacts) -> None:
        """A booking, deposit or theme goes on without it."""
        transaction = act.transaction
        stay = stay_of_item(transaction, item_id=item.id)
        if stay is not None:
            end_stay(act, stay)
        _forget_loans(transaction, item_id=item.id)
