"""What the supervisor keeps of counts: no sum falls, whoever goes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from protocols.process.supervision.counts import Answered, Census


def counts(number: int) -> dict[str, dict[str, int]]:
    return {"added": {"requests": number}, "open": {"connections": 1}}


def total(census: Census) -> float:
    return census.gone["requests"] + sum(each["added"]["requests"] for each in census.told.values())


def test_a_question_is_answered_when_all_have_told() -> None:
    census = Census()
    census.ask(1, 7, counts(5), [2, 3], until=10.0)
    census.tell(2, counts(1))
    assert not list(census.answered(9.0))
    census.tell(3, counts(2))
    assert list(census.answered(9.0)) == [Answered(1, 7, set())]
    assert not list(census.answered(9.0))
    assert total(census) == 8


def test_who_is_late_is_named_and_who_ends_is_not_waited_for() -> None:
    census = Census()
    census.ask(1, 7, counts(5), [2, 3], until=10.0)
    assert census.wake(0.0) == 10.0
    census.has_ended(2)
    assert list(census.answered(10.0)) == [Answered(1, 7, {3})]
    census.ask(1, 8, counts(5), [], until=20.0)
    assert list(census.answered(11.0)) == [Answered(1, 8, set())]


def test_nobody_answers_who_has_ended() -> None:
    census = Census()
    census.ask(1, 7, counts(5), [2], until=10.0)
    census.has_ended(1)
    assert not list(census.answered(20.0))
    assert census.gone == {"requests": 5}


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 9), st.booleans(), st.booleans())))
def test_no_sum_falls(happenings: list[tuple[int, int, bool, bool]]) -> None:
    """Workers count on, tell it, end and are replaced; the supervisor is replaced as well."""
    census, counted, number_of, last = Census(), {}, {n: n for n in range(1, 5)}, 0.0
    newest = 4
    for place, more, ends, is_replaced in happenings:
        number = number_of[place]
        counted[number] = counted.get(number, 0) + more
        census.tell(number, counts(counted[number]))
        if ends:
            census.has_ended(number)
            newest += 1
            number_of[place] = newest
        if is_replaced:
            another = Census()
            another.take_over(json.loads(json.dumps(census.handed_on())))
            census = another
        assert total(census) == last + more
        last = total(census)
