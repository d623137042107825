"""How many copies are free on which days: pure reckoning over days.

Copies are counted in pools: those of one title, branch and material group. A pool has its copies
and its uses, each some copies from one day through another; what is left is free. The sum of uses
changes only on days on which one begins or has ended, so only the days on which one begins are
looked at for the most that is in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

#: A copy is back at some time, and nobody knows when: it is overdue, or waits for a patron or is on
#: its way to one. It is taken to be free again after so many days.
UNSURE_DAYS = 14

ONE_DAY = timedelta(days=1)


class Use(NamedTuple):
    """So many copies are not free from the first day through the last."""

    first: date
    last: date
    copies: int = 1


class PoolKey(NamedTuple):
    """Which copies of a title are counted together."""

    branch_id: int
    material_group: str


class PoolCopy(NamedTuple):
    """A copy as the reckoning sees it. `due` None: it is not on loan.

    `loan_booking_id` is the booking that its loan was made for, `set_aside_for` the one that it
    waits for. `kept_until` is the last day of a deposit or theme that it belongs to, `date.max`
    where nobody knows.
    """

    id: int
    pool: PoolKey
    due: date | None = None
    loan_booking_id: int | None = None
    is_captured: bool = False
    kept_until: date | None = None
    set_aside_for: int | None = None


class Supply(NamedTuple):
    """What a booking that is open takes from a pool.

    `delivered` counts the loans that were made for it, `returned` those of them that have ended.
    """

    booking_id: int
    patron_id: int
    pool: PoolKey
    first: date
    last: date
    copies: int
    reserved_from: date
    reserved_until: date
    delivered: int
    returned: int

    @property
    def outstanding(self) -> int:
        """Copies that are promised but not yet lent."""
        return max(self.copies - self.delivered, 0)

    @property
    def held(self) -> int:
        """Copies that it keeps from others: what has come back is free for them."""
        return max(self.copies - self.returned, 0)


@dataclass(frozen=True, slots=True)
class Pool:
    """The copies of a pool and what they are used for."""

    copies: tuple[PoolCopy, ...]
    uses: tuple[Use, ...]

    def free(self, first: date, last: date) -> int:
        """How many copies are free on each day of the period; not below 0."""
        return max(len(self.copies) - peak(self.uses, first, last), 0)


def peak(uses: Sequence[Use], first: date, last: date) -> int:
    """The most copies in use on one day of the period."""
    days = {first} | {use.first for use in uses if first < use.first <= last}
    return max(_on(uses, day) for day in days)


def _on(uses: Iterable[Use], day: date) -> int:
    return sum(use.copies for use in uses if use.first <= day <= use.last)


def last_free_day(pool: Pool, today: date) -> date | None:
    """The last day through which one copy more can be out from today on; None: for ever.

    The day before today where none can be.
    """
    for day in sorted({today} | {use.first for use in pool.uses if use.first > today}):
        if _on(pool.uses, day) >= len(pool.copies):
            return day - ONE_DAY
    return None


def free_by_day(pool: Pool, first: date, last: date) -> Iterator[tuple[date, int]]:
    """Each day of the period with the copies that are free; below 0 where too much is promised."""
    changes: dict[date, int] = {}
    for use in pool.uses:
        if use.last >= first and use.first <= last:
            begins = max(use.first, first)
            changes[begins] = changes.get(begins, 0) - use.copies
            if use.last < last:
                ends = use.last + ONE_DAY
                changes[ends] = changes.get(ends, 0) + use.copies
    free, day = len(pool.copies), first
    while day <= last:
        free += changes.get(day, 0)
        yield day, free
        day += ONE_DAY


def pools_of(
    copies: Iterable[PoolCopy],
    supplies: Iterable[Supply],
    today: date,
    *,
    without_booking: int | None = None,
    without_item: int | None = None,
) -> dict[PoolKey, Pool]:
    """The pools of a title, with what they are used for from today on.

    `without_booking` is a booking that is to be changed: what it takes does not count.
    `without_item` is a copy that is to be lent (or lent for longer): what it is used for now does
    not count, and where it is on loan for a booking, neither does its part of that booking
    through the booking's last day.
    """
    supplies = [supply for supply in supplies if supply.booking_id != without_booking]
    of_booking = {(supply.booking_id, supply.pool): supply for supply in supplies}
    found: dict[PoolKey, tuple[list[PoolCopy], list[Use]]] = {}
    lent_for = None
    for copy in copies:
        in_pool, uses = found.setdefault(copy.pool, ([], []))
        in_pool.append(copy)
        booking_id = copy.loan_booking_id or copy.set_aside_for or 0
        supply = of_booking.get((booking_id, copy.pool))
        if copy.id == without_item:
            lent_for = supply
        else:
            uses += _uses_of(copy, supply, today)
    for supply in supplies:
        _, uses = found.setdefault(supply.pool, ([], []))
        if supply is lent_for:
            uses.append(Use(supply.reserved_from, supply.last, supply.held - 1))
            uses.append(Use(supply.last + ONE_DAY, supply.reserved_until, supply.held))
        else:
            uses.append(Use(supply.reserved_from, supply.reserved_until, supply.held))
    return {key: Pool(tuple(in_pool), tuple(uses)) for key, (in_pool, uses) in found.items()}


def _uses_of(copy: PoolCopy, supply: Supply | None, today: date) -> list[Use]:
    """What the copy is used for apart from bookings that are counted themselves."""
    first, last = today, today - ONE_DAY
    unsure = today + timedelta(days=UNSURE_DAYS)
    early: list[Use] = []
    if copy.due is not None:
        last = copy.due if copy.due >= today else unsure
        if supply is not None:
            # Lent for a booking it is that one's, but not before: it may have been lent early.
            early = [Use(today, min(last, supply.reserved_from - ONE_DAY))]
            first = max(today, supply.reserved_until + ONE_DAY)
    elif copy.set_aside_for is not None and supply is not None:
        last = supply.reserved_from - ONE_DAY  # set aside early
    if copy.is_captured:
        last = max(last, unsure)
    if copy.kept_until is not None:
        first, last, early = today, max(last, copy.kept_until), []
    return [use for use in (*early, Use(first, last)) if use.first <= use.last]
