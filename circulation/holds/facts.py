"""The facts of holds: one joined statement for a hold, one for the copies that could serve it.

Everything about the holds of a record, and about items bound to them, changes only under the lock
of that record's queue (`lock_queue`), and is read after it; members of a set also under
`lock_hold_set`. Locks are taken in one order: items, patron, queues by rising record id, set,
shelf. What `ItemFacts` tells of holds was read before the lock of the queue: it says whether there
is anything to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from catalogue.database import (
    Statement,
    Transaction,
    columns,
    lock,
    many,
    many_of,
    one,
    scalars,
)
from catalogue.schema import branches, items, records
from circulation.holds.of_patron import IS_OPEN, IS_READY, ready_of
from circulation.holds.schema import captures, hold_sets, holds, patron_absences
from circulation.kernel.set_up import KEEPS_CALENDARS
from circulation.patrons.schema import patrons


class HoldFacts(NamedTuple):
    """A hold, its title, its patron, its set, and the item bound to it: one row."""

    id: int
    record_id: int
    title: str
    author: str
    item_id: int | None
    item_barcode: str | None
    part: str
    patron_id: int
    patron_name: str
    patron_category: str
    patron_agency_id: int
    set_id: int | None
    set_kind: str | None
    waits_for: int | None
    pickup_branch_id: int
    is_forced: bool
    queue_class: int
    priority: int
    placed: datetime
    queued: datetime | None
    activates: date | None
    interest_until: date
    paused_from: date | None
    paused_until: date | None
    closed: datetime | None
    outcome: str | None
    absent_from: date | None
    absent_until: date | None
    captured_item_id: int | None
    captured_barcode: str | None
    captured: datetime | None
    shelf_branch_id: int | None
    number: int | None
    shelved: datetime | None
    deadline: datetime | None
    released: datetime | None
    is_set_served: bool  # an item is bound to another hold of the parallel set

    @property
    def is_bound(self) -> bool:
        """Is an item on its way for this hold, or on the shelf?"""
        return self.captured_item_id is not None and self.released is None


_target = items.alias("target")
_captured = items.alias("captured")
_other = holds.alias("other")
_other_capture = captures.alias("other_capture")

#: A CASE, because SQLite evaluates both sides of an AND: for every hold that is in no set it would
#: look for other members, among all holds where it believes that they form one set.
_IS_SET_SERVED = case(
    (
        hold_sets.c.kind == "parallel",
        exists(
            select(1)
            .select_from(_other.join(_other_capture, _other_capture.c.hold_id == _other.c.id))
            .where(
                _other.c.set_id == holds.c.set_id,
                _other.c.id != holds.c.id,
                _other_capture.c.released.is_(None),
            )
            .correlate(holds)
        ),
    ),
    else_=false(),
).label("is_set_served")


_TOLD = {
    "id": holds.c.id,
    "record_id": holds.c.record_id,
    "item_id": holds.c.item_id,
    "item_barcode": _target.c.barcode,
    "part": holds.c.part,
    "patron_id": holds.c.patron_id,
    "patron_name": patrons.c.name,
    "patron_category": patrons.c.category,
    "patron_agency_id": patrons.c.agency_id,
    "set_kind": hold_sets.c.kind,
    "captured_item_id": captures.c.item_id,
    "captured_barcode": _captured.c.barcode,
    "is_set_served": _IS_SET_SERVED,
}


def _facts_of(some: FromClause) -> Select[Any]:
    """Of the holds in what is joined already."""
    told = columns(HoldFacts, holds, captures, patron_absences, records, **_TOLD)
    return select(*told).select_from(
        some.join(records, records.c.id == holds.c.record_id)
        .join(patrons, patrons.c.id == holds.c.patron_id)
        .outerjoin(patron_absences, patron_absences.c.patron_id == holds.c.patron_id)
        .outerjoin(hold_sets, hold_sets.c.id == holds.c.set_id)
        .outerjoin(_target, _target.c.id == holds.c.item_id)
        .outerjoin(captures, captures.c.hold_id == holds.c.id)
        .outerjoin(_captured, _captured.c.id == captures.c.item_id)
    )


_holds = _facts_of(holds)

_SINCE = func.coalesce(holds.c.queued, holds.c.placed)
_IN_ORDER = (holds.c.queue_class, holds.c.priority, _SINCE, holds.c.id)


@one(HoldFacts)
def hold_facts(*, hold_id: int) -> Statement:
    return _holds.where(holds.c.id == hold_id)


@one(HoldFacts)
def hold_of_item(*, item_id: int) -> Statement:
    """The hold that the item is bound to, or lies on the shelf for."""
    return _holds.where(captures.c.item_id == item_id)


@many(HoldFacts)
def holds_of_record(*, record_id: int) -> Statement:
    """The open holds of the record in the order of its queue."""
    return _holds.where(holds.c.record_id == record_id, IS_OPEN).order_by(*_IN_ORDER)


@many(HoldFacts)
def holds_of_patron(*, patron_id: int) -> Statement:
    """The open holds of the patron, the oldest first."""
    return _holds.where(holds.c.patron_id == patron_id, IS_OPEN).order_by(
        holds.c.placed, holds.c.id
    )


@many_of(HoldFacts)
def holds_of_patron_on(*, record_ids: Sequence[int], patron_id: int) -> Statement:
    """Those of them that are on these titles."""
    its = holds.c.patron_id == patron_id, holds.c.record_id.in_(record_ids), IS_OPEN
    return _holds.where(*its).order_by(holds.c.placed, holds.c.id)


def _page(ids: Select[Any], at_most: int, skipped: int) -> Select[Any]:
    """A page is chosen before anything is read of its titles and items, and stands before them:
    PostgreSQL would join all holds that there are first, as it orders no more than eight tables."""
    order = holds.c.placed, holds.c.id  # as in the index
    page = ids.order_by(*order).limit(at_most).offset(skipped).subquery("page")
    return _facts_of(page.join(holds, holds.c.id == page.c.id)).order_by(*order)


@many(HoldFacts)
def ready_holds(*, patron_id: int, at_most: int, skipped: int) -> Statement:
    """The patron's holds for which an item lies ready, the oldest first."""
    return _page(ready_of(holds.c.id, patron_id), at_most, skipped)


@many(HoldFacts)
def other_holds(*, patron_id: int, at_most: int, skipped: int) -> Statement:
    """The patron's other open holds, the oldest first."""
    is_ready = exists(select(1).where(captures.c.hold_id == holds.c.id, IS_READY).correlate(holds))
    ids = select(holds.c.id).where(holds.c.patron_id == patron_id, IS_OPEN, ~is_ready)
    return _page(ids, at_most, skipped)


def _behind(at: datetime, after_id: int) -> tuple[ColumnElement[bool], ...]:
    its = holds.c
    # Said twice: the first condition is what the index can be walked by.
    return its.placed >= at, or_(its.placed > at, its.id > after_id)


@many(HoldFacts)
def open_holds_behind(*, patron_id: int, at: datetime, after_id: int, at_most: int) -> Statement:
    """The patron's open holds behind the hold `after_id` that was placed `at`, the oldest first."""
    its = holds.c.patron_id == patron_id, IS_OPEN, *_behind(at, after_id)
    return _page(select(holds.c.id).where(*its), at_most, 0)


@many(HoldFacts)
def ready_holds_behind(*, patron_id: int, at: datetime, after_id: int, at_most: int) -> Statement:
    """Those of them for which an item lies ready."""
    return _page(ready_of(holds.c.id, patron_id).where(*_behind(at, after_id)), at_most, 0)


@many(HoldFacts)
def holds_of_set(*, set_id: int) -> Statement:
    """The open holds of the set, in the order in which they were placed."""
    return _holds.where(holds.c.set_id == set_id, IS_OPEN).order_by(holds.c.id)


@many(HoldFacts)
def holds_on_shelf(*, branch_id: int) -> Statement:
    """The holds whose item lies on the shelf of the branch, by number."""
    return _holds.where(captures.c.shelf_branch_id == branch_id).order_by(captures.c.number)


@many(HoldFacts)
def holds_out_of_interest(*, today: date, at_most: int) -> Statement:
    """Open holds that wait, and have done so beyond their interest date."""
    return (
        _holds.where(
            holds.c.interest_until < today,
            IS_OPEN,
            or_(captures.c.hold_id.is_(None), captures.c.released.is_not(None)),
        )
        .order_by(holds.c.record_id, holds.c.id)
        .limit(at_most)
    )


#: Open holds that may be served from today on and could not be yesterday, and those of a series
#: whose predecessor has ended; after the hold `after`.
@many(HoldFacts)
def holds_that_begin(*, today: date, yesterday: date, after: int, at_most: int) -> Statement:
    return (
        _holds.where(
            IS_OPEN,
            holds.c.id > after,
            or_(
                holds.c.activates == today,
                holds.c.paused_until == yesterday,
                patron_absences.c.absent_until == yesterday,
                and_(hold_sets.c.kind == "serial", holds.c.waits_for.is_(None)),
            ),
        )
        .order_by(holds.c.id)
        .limit(at_most)
    )


@lock
def lock_queue(*, record_id: int) -> Statement:
    its = select(records.c.id, KEEPS_CALENDARS).where(records.c.id == record_id)
    return its.with_for_update(key_share=True)


def lock_queues(transaction: Transaction, record_ids: Iterable[int]) -> None:
    """Lock the queues of these records by rising id."""
    for record_id in sorted(set(record_ids)):
        lock_queue(transaction, record_id=record_id)


@lock
def lock_hold_set(*, set_id: int) -> Statement:
    return select(hold_sets.c.id).where(hold_sets.c.id == set_id).with_for_update(key_share=True)


def lock_own_set(transaction: Transaction, hold: HoldFacts | None) -> HoldFacts | None:
    """Lock the set of the hold, where it is in one; return the hold as it is under that lock."""
    if hold is None or hold.set_id is None:
        return hold
    lock_hold_set(transaction, set_id=hold.set_id)
    return hold_facts(transaction, hold_id=hold.id)


@lock
def lock_shelf(*, branch_id: int) -> Statement:
    """Taken before a number of the branch's hold shelf is given out."""
    return select(branches.c.id).where(branches.c.id == branch_id).with_for_update(key_share=True)


def _shelved_items(branch_id: int, now: datetime) -> Select[Any]:
    return select(captures.c.item_id).where(
        captures.c.shelf_branch_id == branch_id,
        or_(
            captures.c.released.is_not(None),
            captures.c.deadline < now,
            exists(
                select(1)
                .where(
                    holds.c.id == captures.c.hold_id,
                    holds.c.pickup_branch_id != captures.c.shelf_branch_id,
                )
                .correlate(captures)
            ),
        ),
    )


#: The items on the shelf of the branch that do not belong there any more, and their records.
@scalars(str)
def items_to_clear(*, branch_id: int, now: datetime) -> Statement:
    return (
        select(items.c.barcode)
        .where(items.c.id.in_(_shelved_items(branch_id, now)))
        .order_by(items.c.record_id, items.c.id)
    )


@lock
def lock_items_to_clear(*, branch_id: int, now: datetime) -> Statement:
    return (
        select(items.c.id)
        .where(items.c.id.in_(_shelved_items(branch_id, now)))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


@lock
def lock_queues_to_clear(*, branch_id: int, now: datetime) -> Statement:
    return (
        select(records.c.id)
        .where(
            records.c.id.in_(
                select(items.c.record_id).where(items.c.id.in_(_shelved_items(branch_id, now)))
            )
        )
        .order_by(records.c.id)
        .with_for_update(key_share=True)
    )


def known_hold(transaction: Transaction, hold_id: int) -> HoldFacts:
    """The facts of a hold that is there: under the locks of its queue."""
    hold = hold_facts(transaction, hold_id=hold_id)
    assert hold is not None
    return hold
