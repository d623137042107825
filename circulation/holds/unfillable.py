"""Holds that wait in vain: no copy is left that could serve them, and none is on order.

A copy that is missing, lost or said to have been returned serves nobody, nor does one that the
rules do not let this patron hold at this branch. Such a hold stays open, in its place: a copy may
be found or bought, and whoever gives up ends it with `cancel_hold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from sqlalchemy import String, or_, select, type_coerce

from catalogue.database import Statement, Transaction, scalar, scalars
from catalogue.schema import items
from circulation.holds.copies import copies_of_record, copies_on_order
from circulation.holds.facts import HoldFacts, holds_of_record
from circulation.holds.results import Hold, hold_of
from circulation.holds.schema import captures, holds
from circulation.holds.targeting import can_serve, suits
from circulation.kernel.engine import Circulation
from circulation.kernel.paging import MOST, PAGE
from circulation.kernel.set_up import SetUp


class InVain(Enum):
    """Why nothing can fill a hold. The value is a plain English phrase for staff."""

    NO_COPY = "there is no copy any more"
    NOT_TO_BE_FOUND = "every copy is missing or lost"
    NOT_LENT = "no copy that is left is lent to this patron at that branch"


class Unfillable(NamedTuple):
    """A hold that nothing can fill, whose it is, and why."""

    hold: Hold
    patron_id: int
    patron_name: str
    why: InVain


class UnfillablePage(NamedTuple):
    """Some of them, by title, and after which record the next page begins; None: that was all."""

    holds: tuple[Unfillable, ...]
    next: int | None


@scalars(int)
def _waited_for(*, after: int, at_most: int) -> Statement:
    """Records that somebody waits for without an item bound to them, after the record `after`."""
    return (
        select(holds.c.record_id)
        .distinct()
        .select_from(holds.outerjoin(captures, captures.c.hold_id == holds.c.id))
        .where(
            holds.c.closed.is_(None),
            or_(captures.c.hold_id.is_(None), captures.c.released.is_not(None)),
            holds.c.record_id > after,
        )
        .order_by(holds.c.record_id)
        .limit(at_most)
    )


@scalar(int)
def _record_of(*, hold_id: int) -> Statement:
    return select(holds.c.record_id).where(holds.c.id == hold_id)


@scalar(int)
def _copies_that_suit(*, record_id: int, part: str) -> Statement:
    return (
        select(items.c.id)
        .where(
            items.c.record_id == record_id,
            or_(type_coerce(part, String) == "", items.c.part == part),
        )
        .limit(1)
    )


def unfillable_holds(
    circulation: Circulation,
    transaction: Transaction,
    *,
    pickup_branch_id: int | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> UnfillablePage:
    """The open holds that nothing can fill, of one pickup branch or of all.

    A page looks at `limit` titles, the first after the record `after`: it may be empty and not the
    last.
    """
    at_most = min(max(limit, 1), MOST)
    set_up = circulation.current_set_up(transaction)
    records = _waited_for(transaction, after=after, at_most=at_most)
    found = [
        each
        for record_id in records
        for each in _of_record(transaction, set_up, record_id)
        if pickup_branch_id in (None, each.hold.pickup_branch.id)
    ]
    return UnfillablePage(tuple(found), records[-1] if len(records) == at_most else None)


def which_are_unfillable(
    transaction: Transaction, set_up: SetUp, hold_ids: Sequence[int]
) -> set[int]:
    """Those of the holds that nothing can fill now."""
    found_records = (_record_of(transaction, hold_id=each) for each in hold_ids)
    records = {each for each in found_records if each is not None}
    found = {
        each.hold.id
        for record_id in records
        if record_id is not None
        for each in _of_record(transaction, set_up, record_id)
    }
    return found & set(hold_ids)


def _of_record(transaction: Transaction, set_up: SetUp, record_id: int) -> Iterator[Unfillable]:
    copies = copies_of_record(transaction, record_id=record_id)
    on_order = None
    for hold in holds_of_record(transaction, record_id=record_id):
        if hold.is_bound or any(can_serve(copy, hold, set_up) for copy in copies):
            continue
        if on_order is None:
            on_order = copies_on_order(transaction, record_id)
        if any(can_serve(copy, hold, set_up) for copy in on_order):
            continue
        why = _why(transaction, hold, any(suits(copy, hold) for copy in copies))
        yield Unfillable(hold_of(hold, set_up), hold.patron_id, hold.patron_name, why)


def _why(transaction: Transaction, hold: HoldFacts, is_any_left: bool) -> InVain:
    if is_any_left:
        return InVain.NOT_LENT
    known = hold.item_id or _copies_that_suit(transaction, record_id=hold.record_id, part=hold.part)
    return InVain.NO_COPY if known is None else InVain.NOT_TO_BE_FOUND
