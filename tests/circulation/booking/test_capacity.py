"""Counting copies over days, held against counting every day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from circulation.booking.capacity import (
    UNSURE_DAYS,
    Pool,
    PoolCopy,
    PoolKey,
    Supply,
    Use,
    free_by_day,
    last_free_day,
    peak,
    pools_of,
)

TODAY = date(2027, 3, 1)
POOL = PoolKey(1, "class-set")
FAR = 40

days = st.integers(0, FAR).map(lambda number: TODAY + timedelta(days=number))
uses = st.lists(
    st.tuples(days, days, st.integers(0, 3)).map(
        lambda drawn: Use(min(drawn[:2]), max(drawn[:2]), drawn[2])
    ),
    max_size=8,
)


def on(found: list[Use] | tuple[Use, ...], day: date) -> int:
    return sum(use.copies for use in found if use.first <= day <= use.last)


def a_pool(copies: int, found: list[Use]) -> Pool:
    return Pool(tuple(PoolCopy(number, POOL) for number in range(copies)), tuple(found))


@given(uses, days, st.integers(0, FAR))
def test_the_peak_is_that_of_the_busiest_day(found: list[Use], first: date, length: int) -> None:
    period = [first + timedelta(days=number) for number in range(length + 1)]
    assert peak(found, first, period[-1]) == max(on(found, day) for day in period)


@given(uses, st.integers(0, 8), days, st.integers(0, FAR))
def test_the_calendar_says_the_same_day_by_day(
    found: list[Use], copies: int, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    shown = list(free_by_day(a_pool(copies, found), first, last))
    assert [day for day, _ in shown] == [first + timedelta(days=n) for n in range(length + 1)]
    assert all(free == copies - on(found, day) for day, free in shown)


@given(uses, st.integers(0, 8))
def test_a_copy_can_be_out_through_the_last_free_day(found: list[Use], copies: int) -> None:
    pool = a_pool(copies, found)
    until = last_free_day(pool, TODAY)
    horizon = [TODAY + timedelta(days=number) for number in range(FAR + 2)]
    full = [day for day in horizon if on(found, day) + 1 > copies]
    assert until == (min(full) - timedelta(days=1) if full else None)


def a_supply(copies: int = 3, *, first: int = 10, last: int = 20, **counts: int) -> Supply:
    begins, ends = TODAY + timedelta(days=first), TODAY + timedelta(days=last)
    return Supply(
        7,
        1,
        POOL,
        begins,
        ends,
        copies,
        begins - timedelta(days=2),
        ends + timedelta(days=1),
        counts.get("delivered", 0),
        counts.get("returned", 0),
    )


def free_on(copy: PoolCopy, supplies: list[Supply], day: int, **options: int) -> int:
    pool = pools_of([copy, PoolCopy(99, POOL)], supplies, TODAY, **options)[POOL]
    when = TODAY + timedelta(days=day)
    return len(pool.copies) - on(pool.uses, when)


def test_a_loan_uses_its_copy_until_it_is_due() -> None:
    copy = PoolCopy(1, POOL, due=TODAY + timedelta(days=5))
    assert [free_on(copy, [], day) for day in (0, 5, 6)] == [1, 1, 2]
    assert free_on(copy, [], 3, without_item=1) == 2


def test_nobody_knows_when_what_is_overdue_comes_back() -> None:
    copy = PoolCopy(1, POOL, due=TODAY - timedelta(days=1))
    assert [free_on(copy, [], day) for day in (0, UNSURE_DAYS, UNSURE_DAYS + 1)] == [1, 1, 2]
    captured = PoolCopy(1, POOL, is_captured=True)
    assert [free_on(captured, [], day) for day in (UNSURE_DAYS, UNSURE_DAYS + 1)] == [1, 2]


def test_a_loan_for_a_booking_is_not_counted_twice() -> None:
    supply = a_supply(1, first=0, last=5, delivered=1)
    copy = PoolCopy(1, POOL, due=supply.last, loan_booking_id=7)
    assert [free_on(copy, [supply], day) for day in (0, 5, 6, 7)] == [1, 1, 1, 2]
    late = copy._replace(due=TODAY + timedelta(days=9))
    assert [free_on(late, [supply], day) for day in (6, 7, 9, 10)] == [1, 1, 1, 2]


def test_a_loan_for_a_booking_keeps_its_own_place_when_it_is_renewed() -> None:
    supply = a_supply(2, first=0, last=5, delivered=1)
    copy = PoolCopy(1, POOL, due=supply.last, loan_booking_id=7)
    pool = pools_of([copy, PoolCopy(99, POOL)], [supply], TODAY, without_item=1)[POOL]
    # Beyond the last day its place is taken by the day after, which is for tidying.
    assert last_free_day(pool, TODAY) == supply.last


def test_what_has_come_back_is_free() -> None:
    supply = a_supply(2, first=0, last=5, delivered=2, returned=1)
    assert supply.held == 1
    assert supply.outstanding == 0


def test_what_is_set_aside_early_is_out_of_the_way_until_it_is_counted() -> None:
    copy = PoolCopy(1, POOL, set_aside_for=7)
    supply = a_supply(1)  # reserved from day 8
    assert [free_on(copy, [supply], day) for day in (0, 7, 8, 21, 22)] == [1, 1, 1, 1, 2]


def test_what_is_lent_early_for_a_booking_is_out_of_the_way_until_it_is_counted() -> None:
    supply = a_supply(1, delivered=1)  # reserved from day 8
    copy = PoolCopy(1, POOL, due=supply.last, loan_booking_id=7, set_aside_for=7)
    assert [free_on(copy, [supply], day) for day in (0, 7, 8, 21, 22)] == [1, 1, 1, 1, 2]
    kept = copy._replace(kept_until=TODAY + timedelta(days=3))
    assert [free_on(kept, [supply], day) for day in (0, 3, 7)] == [1, 1, 1]


def test_a_deposit_uses_its_copy_until_it_ends() -> None:
    copy = PoolCopy(1, POOL, kept_until=TODAY + timedelta(days=3))
    assert [free_on(copy, [], day) for day in (3, 4)] == [1, 2]
    assert free_on(copy._replace(kept_until=date.max), [], FAR) == 1
