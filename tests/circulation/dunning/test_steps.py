"""On which day each step is due, which is done, and what a flow may not be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.calendars.opening_hours import ROUND_THE_CLOCK, Calendar, Week
from circulation.dunning.steps import (
    NEEDS_WARNING,
    STEP,
    Does,
    Done,
    Planned,
    Step,
    due_step,
    flow_problems,
    is_before_due,
    plan,
    said_of,
    step_of,
)
from circulation.notices.kinds import NoticeKind
from tests.builders.dunning import DANISH, changed, without

DUE = date(2027, 2, 1)  # a Monday
ALWAYS = Calendar("Europe/Copenhagen")
OF_LOANS = tuple(step for step in DANISH if step.does in (Does.NOTICE, Does.RECALL, Does.BILL))


def weekdays(*open_days: int) -> Calendar:
    """Open on these days of the week alone, Monday being 0."""
    hours = [ROUND_THE_CLOCK if day in open_days else () for day in range(7)]
    return Calendar("Europe/Copenhagen", week=cast(Week, tuple(hours)))


def planned(
    steps: tuple[Step, ...], done: dict[str, Done] | None = None, calendar: Calendar = ALWAYS
) -> list[Planned]:
    return plan(steps, DUE, done or {}, {"lending": calendar, "home": ALWAYS})


def offsets(steps: tuple[Step, ...], **options: Any) -> list[int]:
    return [(each.day - DUE).days for each in planned(steps, **options)]


def test_days_are_counted_from_the_due_date_or_the_step_before() -> None:
    assert offsets(OF_LOANS) == [-3, 1, 8, 15, 31]
    after = (Step("a", Does.NOTICE, 2), Step("b", Does.RECALL, 7, "previous"))
    assert offsets(after) == [2, 9]


def test_nothing_follows_collection() -> None:
    steps = (*DANISH, Step("late", Does.REMIND, 10, "previous"))
    assert flow_problems(steps) == {"late": "nothing follows what was handed over"}


@given(
    # Each day of the run is seen, or missed.
    seen=st.sets(st.integers(-10, 120)),
    gaps=st.lists(st.integers(1, 20), min_size=4, max_size=4),
)
def test_nobody_is_told_twice_on_a_day_nor_billed_unwarned(seen: set[int], gaps: list[int]) -> None:
    days = [-gaps[0], gaps[1], gaps[1] + gaps[2], gaps[1] + gaps[2] + gaps[3]]
    steps = (
        Step("soon", Does.NOTICE, days[0]),
        Step("one", Does.NOTICE, days[1]),
        Step("two", Does.RECALL, days[2]),
        Step("bill", Does.BILL, days[3]),
    )
    assert flow_problems(steps) == {}
    done: dict[str, Done] = {}
    told: list[tuple[date, str]] = []
    for offset in sorted(seen):
        day = DUE + timedelta(offset)
        step, passed = due_step(planned(steps, done), done, day, last_day=DUE)
        for each in passed:
            assert each.step.code not in done
            done[each.step.code] = Done(day, True)
        if step is None:
            continue
        assert step.day <= day
        assert step.step.code not in done
        if step.step.does in NEEDS_WARNING:
            warned = [when for when, code in told if code in ("one", "two")]
            assert warned
            # As long after the last warning as the flow has it, at the least.
            assert day - warned[-1] >= timedelta(gaps[3])
        if is_before_due(step.step):
            assert day <= DUE
        done[step.step.code] = Done(day, False)
        told.append((day, step.step.code))
    order = [step.code for step in steps]
    assert [code for _, code in told] == sorted((code for _, code in told), key=order.index)
    assert len({day for day, _ in told}) == len(told)


def test_a_step_that_was_put_in_later_is_not_needed_by_those_who_were_warned() -> None:
    steps = (Step("one", Does.NOTICE, 1), Step("new", Does.RECALL, 5), Step("bill", Does.BILL, 30))
    done = {"one": Done(DUE + timedelta(1), False), "new": Done(DUE + timedelta(29), True)}
    step, _ = due_step(planned(steps, done), done, DUE + timedelta(60))
    assert step is not None
    assert step.step.code == "bill"


@pytest.mark.parametrize(
    ("closed_days", "offset"),
    [
        ("keep", 4),
        ("push", 7),
        ("skip", 7),  # Tuesday, Wednesday, Thursday, Monday
    ],
)
def test_closed_days(closed_days: str, offset: int) -> None:
    """Open from Monday to Thursday: four days after a Monday is a Friday."""
    steps = (Step("one", Does.NOTICE, 4, closed_days=closed_days),)
    assert offsets(steps, calendar=weekdays(0, 1, 2, 3)) == [offset]


def test_whose_calendar_counts() -> None:
    of_home = Step("one", Does.NOTICE, 4, closed_days="push", calendar="home")
    assert offsets((of_home,), calendar=weekdays(0)) == [4]


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Step("a", Does.NOTICE, -3), NoticeKind.DUE_SOON),
        (Step("a", Does.NOTICE, 1), NoticeKind.OVERDUE),
        (Step("a", Does.RECALL, 1), NoticeKind.RECALL),
        (Step("a", Does.BILL, 1), NoticeKind.BILL),
        (Step("a", Does.REMIND, 1, "previous"), NoticeKind.REMINDER),
        (Step("a", Does.COLLECT, 1, "previous"), NoticeKind.COLLECTION),
        (Step("a", Does.REMIND, 1, "previous", message="balance"), NoticeKind.BALANCE),
    ],
)
def test_the_type_of_the_message(step: Step, kind: NoticeKind) -> None:
    assert step.kind is kind


@pytest.mark.parametrize("step", DANISH, ids=lambda step: step.code)
def test_a_step_says_only_what_is_its_own(step: Step) -> None:
    said = said_of(step)
    assert STEP.problems(said) == {}
    assert step_of(said) == step
    assert {"code", "does", "days"} <= said.keys()


@pytest.mark.parametrize(
    ("fields", "key", "told"),
    [
        ({"day": 1}, "day", "no such key"),
        ({"does": "shout"}, "does", "does is notice or recall or bill or remind or collect"),
        ({"days": "3"}, "days", "days is a whole number"),
        ({"days": True}, "days", "days is a whole number"),
        ({"days": 1_001}, "days", "from -1000 to 1000"),
        ({"fee": -1}, "fee", "from 0 to"),
        ({"warns": 1}, "warns", "warns must be true or false"),
        ({"message": "hello"}, "message", "there is no type of message 'hello'"),
        ({"code": " "}, "code", "code is a word"),
        ({"closed_days": "ignore"}, "closed_days", "keep or push or skip"),
        ({"children": "always"}, "children", "never or guardian"),
    ],
)
def test_what_is_no_step(fields: dict[str, Any], key: str, told: str) -> None:
    sound = {"code": "a", "does": "notice", "days": 1}
    assert told in STEP.problems(sound | fields)[key]


def test_what_a_step_must_say() -> None:
    assert set(STEP.problems({})) == {"code", "does", "days"}


@pytest.mark.parametrize(
    ("steps", "at_fault"),
    [
        (without("overdue-1", "overdue-2", "recall"), "bill"),  # due-soon warns of nothing
        (without("due-soon", "overdue-1", "overdue-2", "recall"), "bill"),
        (without("reminder"), "collection"),
        (changed("overdue-2", days=1), "overdue-2"),
        (changed("overdue-2", code="overdue-1"), "overdue-1"),
        (changed("reminder", counted_from="due"), "reminder"),
        (changed("collection", days=0), "collection"),
        ((*DANISH, Step("late", Does.NOTICE, 90)), "late"),
        ((Step("first", Does.NOTICE, 1, "previous"),), "first"),
    ],
)
def test_what_is_no_flow(steps: tuple[Step, ...], at_fault: str) -> None:
    assert list(flow_problems(steps)) == [at_fault]
