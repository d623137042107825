"""The supervisor's decisions: never fewer workers than wanted, back-off, and an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from protocols.process.supervision.fleet import (
    GRACE_SECONDS,
    LONGEST_WAIT,
    START_SECONDS,
    Action,
    Do,
    Fleet,
    State,
)
from tests.examples import examples


def started(actions: list[Action]) -> list[int]:
    return [each.number for each in actions if each.do is Do.START]


def a_fleet(size: int = 2) -> Fleet:
    """All ready at 0.0."""
    fleet = Fleet(size, drain=30.0, hung=60.0)
    for number in started(fleet.begin(0.0)):
        fleet.is_ready(number, 0.0)
    return fleet


def test_it_is_ready_when_all_are() -> None:
    fleet = Fleet(2, 30.0, 60.0)
    assert fleet.begin(0.0) == [Action(Do.START, 1), Action(Do.START, 2)]
    assert fleet.is_ready(1, 1.0) == []
    assert fleet.is_ready(2, 1.0) == [Action(Do.SAY_READY)]


def test_one_that_does_not_start_at_first_ends_it_with_an_error() -> None:
    fleet = Fleet(2, 30.0, 60.0)
    fleet.begin(0.0)
    fleet.is_ready(1, 1.0)
    assert fleet.has_ended(2, 2.0) == [Action(Do.TERMINATE, 1)]
    assert fleet.has_ended(1, 3.0) == [Action(Do.END, 1)]


def test_a_roll_starts_one_before_it_lets_one_leave() -> None:
    fleet = a_fleet()
    assert fleet.roll(10.0) == [Action(Do.START, 3)]
    assert fleet.is_ready(3, 11.0) == [Action(Do.LEAVE, 1), Action(Do.START, 4)]
    assert fleet.has_ended(1, 12.0) == []
    assert fleet.is_ready(4, 13.0) == [Action(Do.LEAVE, 2), Action(Do.SAY_ROLLED)]


def test_a_roll_may_change_their_number() -> None:
    fleet = a_fleet(3)
    assert fleet.roll(10.0, 1) == [Action(Do.START, 4)]
    assert [each.do for each in fleet.is_ready(4, 11.0)] == [Do.LEAVE] * 3 + [Do.SAY_ROLLED]
    fleet.roll(20.0, 3)
    assert started(fleet.is_ready(5, 21.0)) == [6]
    assert started(fleet.is_ready(6, 21.0)) == [7]


def test_a_roll_that_fails_leaves_the_old_ones() -> None:
    fleet = a_fleet()
    fleet.roll(10.0, 1)
    assert fleet.has_ended(3, 11.0) == [Action(Do.SAY_NOT_ROLLED)]
    assert [each.state for each in fleet.members.values()] == [State.READY, State.READY]


def test_the_first_that_fails_is_replaced_at_once_and_the_next_ever_later() -> None:
    fleet, now, waits = a_fleet(1), 1000.0, []
    number = 1
    for _ in range(9):
        actions = fleet.has_ended(number, now)
        wait = 0.0
        while not started(actions):
            wait = fleet.wake(now) - now
            now += wait
            actions = fleet.tick(now)
        waits.append(wait)
        [number] = started(actions)
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    now += 61.0
    assert started(fleet.has_ended(number, now))


def test_one_that_is_silent_is_killed_and_one_that_is_not_is_not() -> None:
    fleet = a_fleet()
    fleet.is_alive(1, 50.0)
    assert fleet.tick(60.0) == [Action(Do.KILL, 2)]
    assert fleet.tick(60.5) == []
    assert started(fleet.has_ended(2, 61.0)) == [3]


def test_one_that_does_not_leave_in_time_is_killed() -> None:
    fleet = a_fleet(1)
    fleet.roll(10.0)
    fleet.is_ready(2, 11.0)
    fleet.is_alive(2, 40.0)
    assert fleet.tick(11.0 + 30.0 + GRACE_SECONDS) == [Action(Do.KILL, 1)]


def test_the_end_is_within_the_grace_time() -> None:
    fleet = a_fleet()
    assert fleet.stop(5.0) == [Action(Do.TERMINATE, 1), Action(Do.TERMINATE, 2)]
    assert fleet.has_ended(1, 6.0) == []
    assert fleet.tick(5.0 + GRACE_SECONDS) == [Action(Do.KILL, 2)]
    assert fleet.has_ended(2, 11.0) == [Action(Do.END, 0)]


def test_those_of_the_supervisor_before_are_rolled() -> None:
    fleet = Fleet(2, 30.0, 60.0)
    fleet.adopt({5: State.READY, 6: State.READY, 4: State.LEAVING}, 0.0)
    assert fleet.roll(0.0, 2) == [Action(Do.START, 7)]
    assert fleet.is_ready(7, 1.0) == [Action(Do.LEAVE, 5), Action(Do.START, 8)]


@given(st.integers(1, 5), st.integers(1, 5))
def test_a_roll_ends_whatever_the_numbers(before: int, after: int) -> None:
    fleet = a_fleet(before)
    actions = fleet.roll(1.0, after)
    said = list(actions)
    while new := started(actions):
        actions = [each for number in new for each in fleet.is_ready(number, 2.0)]
        said += actions
    assert said[-1] == Action(Do.SAY_ROLLED)
    staying = [each for each in fleet.members.values() if each.state is State.READY]
    assert len(staying) == after
    assert all(each.generation == fleet.generation for each in staying)


class FleetMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.fleet = a_fleet(3)
        self.ended: int | None = None
        self.is_stopping = False

    def _note(self, actions: list[Action]) -> None:
        for do, number in actions:
            assert self.ended is None
            if do is Do.END:
                self.ended = number

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self._note(self.fleet.tick(self.now))

    @precondition(lambda self: self.fleet.members)
    @rule(data=st.data(), how=st.sampled_from(["ready", "alive", "ended"]))
    def a_worker_says_something(self, data: st.DataObject, how: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.fleet.members)))
        if how == "ready":
            self._note(self.fleet.is_ready(number, self.now))
        elif how == "alive":
            self.fleet.is_alive(number, self.now)
        else:
            self._note(self.fleet.has_ended(number, self.now))

    @rule(size=st.integers(1, 4))
    def roll(self, size: int) -> None:
        self._note(self.fleet.roll(self.now, size))

    @precondition(lambda self: not self.is_stopping)
    @rule(is_wanted=st.sampled_from([False, False, False, False, True]))
    def stop(self, is_wanted: bool) -> None:
        if is_wanted:
            self.is_stopping = True
            self._note(self.fleet.stop(self.now))

    @invariant()
    def it_wakes_in_time_to_replace_who_is_missing(self) -> None:
        assert self.fleet.wake(self.now) <= self.now + START_SECONDS
        staying = [e for e in self.fleet.members.values() if e.state is not State.LEAVING]
        if not self.is_stopping and not staying:
            assert self.fleet.wake(self.now) <= self.now + LONGEST_WAIT

    @invariant()
    def it_ends_when_nobody_is_left_and_not_before(self) -> None:
        assert (self.ended is not None) == (self.is_stopping and not self.fleet.members)
        assert self.ended in (None, 0)


def test_whatever_happens_to_a_fleet() -> None:
    run_state_machine_as_test(FleetMachine, settings=examples(60, stateful_step_count=40))
