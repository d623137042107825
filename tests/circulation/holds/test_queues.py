"""The order of a queue and how long it may take, at the limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from circulation.holds.copies import Copy
from circulation.holds.facts import HoldFacts
from circulation.holds.queues import (
    HANDOVER_DAYS,
    LONGEST_ESTIMATE,
    OVERDUE_DAYS,
    PassedOver,
    days_until_served,
    first_day_from,
    is_within,
    may_be_served,
    number_in_queue,
    number_to_serve,
    passed_over,
    waiting,
)

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
DAY = timedelta(days=1)


def a_hold(number: int = 1, **facts: Any) -> HoldFacts:
    nothing = dict.fromkeys(HoldFacts._fields)
    usual = {
        "id": number,
        "queue_class": 100,
        "priority": 0,
        "placed": NOON,
        "interest_until": TODAY + 180 * DAY,
        "is_set_served": False,
    }
    return HoldFacts(**(nothing | usual | facts))  # type: ignore[arg-type]


def a_copy(number: int = 1, **facts: Any) -> Copy:
    nothing = dict.fromkeys(Copy._fields)
    return Copy(**(nothing | {"id": number, "is_foreign": False} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, False),
        (None, TODAY, False),
        (TODAY, None, True),
        (TODAY, TODAY, True),
        (TODAY + DAY, None, False),
        (TODAY - DAY, TODAY, True),
        (TODAY - DAY, TODAY - DAY, False),
        (TODAY - DAY, TODAY + DAY, True),
    ],
)
def test_days_of_a_pause(first: date | None, last: date | None, found: bool) -> None:
    assert is_within(TODAY, first, last) is found


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, None),
        ({"waits_for": 9}, PassedOver.NOT_ITS_TURN),
        ({"is_set_served": True}, PassedOver.SET_IS_SERVED),
        ({"activates": TODAY}, None),
        ({"activates": TODAY + DAY}, PassedOver.NOT_ACTIVE),
        ({"interest_until": TODAY}, None),
        ({"interest_until": TODAY - DAY}, PassedOver.OUT_OF_INTEREST),
        ({"paused_from": TODAY}, PassedOver.PAUSED),
        ({"paused_from": TODAY - 2 * DAY, "paused_until": TODAY - DAY}, None),
        ({"absent_from": TODAY, "absent_until": TODAY}, PassedOver.PATRON_AWAY),
        ({"absent_from": TODAY + DAY}, None),
    ],
)
def test_why_a_hold_is_passed_over(facts: dict[str, Any], why: PassedOver | None) -> None:
    hold = a_hold(**facts)
    assert passed_over(hold, TODAY) is why
    assert may_be_served(hold, TODAY) is (why is None)


def test_what_is_closed_or_has_an_item_is_not_served_and_does_not_wait() -> None:
    closed = a_hold(2, closed=NOON)
    bound = a_hold(3, captured_item_id=7)
    released = a_hold(4, captured_item_id=7, released=NOON)
    queue = [released, bound, closed, a_hold(1, paused_from=TODAY)]
    assert [hold.id for hold in waiting(queue)] == [1, 4]
    assert [may_be_served(hold, TODAY) for hold in queue] == [True, False, False, False]
    assert [number_in_queue(queue, number) for number in (1, 2, 3, 4)] == [1, None, None, 2]


def test_the_order_is_class_priority_time_and_number() -> None:
    ordered = [
        a_hold(9, queue_class=50, priority=9, placed=NOON + DAY),
        a_hold(8, priority=-1, placed=NOON + DAY),
        a_hold(7, placed=NOON - DAY),
        a_hold(5),
        a_hold(6),
    ]
    assert waiting(reversed(ordered)) == ordered


def test_who_can_be_served_before() -> None:
    first, paused, own = a_hold(1), a_hold(2, paused_from=TODAY), a_hold(3)
    queue = [own, paused, first, a_hold(4)]
    assert number_to_serve(queue, first, TODAY) == 1
    assert number_to_serve(queue, own, TODAY) == 2  # nobody waits for the one that is paused
    assert number_to_serve(queue, own, TODAY - DAY) == 3


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, TODAY),
        ({"activates": TODAY - DAY}, TODAY),
        ({"activates": TODAY + DAY}, TODAY + DAY),
        ({"paused_from": TODAY}, None),
        ({"paused_from": TODAY + DAY}, TODAY),
        ({"paused_from": TODAY, "paused_until": TODAY}, TODAY + DAY),
        (
            {  # one follows the other, whichever is asked first
                "paused_from": TODAY + 2 * DAY,
                "paused_until": TODAY + 4 * DAY,
                "absent_from": TODAY,
                "absent_until": TODAY + DAY,
            },
            TODAY + 5 * DAY,
        ),
        ({"absent_from": TODAY - DAY, "absent_until": TODAY - DAY}, TODAY),
        ({"absent_from": TODAY, "absent_until": date.max}, None),
    ],
)
def test_the_first_day_on_which_a_hold_may_be_served(
    facts: dict[str, Any], found: date | None
) -> None:
    assert first_day_from(a_hold(**facts), TODAY) == found


TURN = 28 + HANDOVER_DAYS
OUT = {"due": NOON + 10 * DAY}


@pytest.mark.parametrize(
    ("number", "copies", "bound", "found"),
    [
        (1, [], 0, None),
        (1, [{"stay_loan_days": 0}], 0, None),
        (1, [{"stay_loan_days": 0}, OUT], 0, 11 + HANDOVER_DAYS),
        (1, [{"stay_loan_days": 1}], 0, 1),
        (1, [{}], 0, 1),  # on its shelf: tomorrow
        (2, [{}], 0, TURN + HANDOVER_DAYS),
        (3, [{}], 0, 2 * TURN + HANDOVER_DAYS),
        (2, [{}, {}], 0, 1),
        (1, [OUT], 0, 11 + HANDOVER_DAYS),
        (1, [{"due": NOON}], 0, 1 + HANDOVER_DAYS),
        (1, [{"due": NOON - timedelta(seconds=1)}], 0, OVERDUE_DAYS + HANDOVER_DAYS),
        (2, [OUT, {}], 0, 11 + HANDOVER_DAYS),
        (1, [{"transit_to_id": 2}], 0, 2 * HANDOVER_DAYS),
        (1, [{"hold_id": 5}], 1, TURN + HANDOVER_DAYS),
        (1, [{"hold_id": 5}], 0, 1),  # it lies there for nobody any more
        (1, [{"hold_id": 5}, {"hold_id": 6}], 1, 1),
        (1, [{"hold_id": 5}, {"hold_id": 6}], 2, TURN + HANDOVER_DAYS),
        (10_000, [{}], 0, LONGEST_ESTIMATE),
        (1, [{"due": NOON + 5_000 * DAY}], 0, LONGEST_ESTIMATE),
    ],
)
def test_days_until_somebody_is_served(
    number: int, copies: list[dict[str, Any]], bound: int, found: int | None
) -> None:
    copied = [a_copy(which, **facts) for which, facts in enumerate(copies)]
    assert days_until_served(number, copied, bound, 28, NOON) == found
