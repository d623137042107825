"""Which workers there should be: the supervisor's decisions, without processes, signals or clocks.

    STARTING --ready--> READY --leave--> LEAVING --ended--> gone
        +------ended or killed-----+         replaced, but for one that was to leave

Every method is told what has happened and when (monotonic seconds), and gives what is to be done
about it, in order. A roll starts one worker of the new generation at a time and lets an old one
leave when that is ready, so that there are never fewer than wanted; if a new one does not get
ready, the roll ends there and the old ones stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

#: Seconds that a worker may take to get ready: it may have tables to bring to its version.
START_SECONDS: Final = 600.0
#: Seconds that a worker gets after its time to leave or to stop, before it is killed.
GRACE_SECONDS: Final = 5.0
#: Seconds without a failure after which the next one is the first again.
STEADY_SECONDS: Final = 60.0
#: The longest wait before a worker is replaced; the first is replaced at once, the next after
#: one second, two, four and so on.
LONGEST_WAIT: Final = 30.0


class State(Enum):
    STARTING = "starting"
    READY = "ready"
    LEAVING = "leaving"


@dataclass(slots=True)
class Member:
    """A worker. `until` is when it is killed if it is still in its state, or has not shown life."""

    number: int
    generation: int
    state: State
    until: float


class Do(Enum):
    START = "start a worker"
    LEAVE = "let it end its conversations, then end"
    TERMINATE = "end it now"
    KILL = "kill it"
    SAY_READY = "all are ready for the first time"
    SAY_ROLLED = "the roll is over, and all are of the new generation"
    SAY_NOT_ROLLED = "the roll has failed, and old ones go on"
    END = "nobody is left: end with the status that is in the place of a number"


class Action(NamedTuple):
    """What is to be done, and with which worker."""

    do: Do
    number: int = 0


class Fleet:
    """`size` workers.

    `drain` is how many seconds one may take to leave, `hung` how many one may be silent.
    """

    def __init__(self, size: int, drain: float, hung: float) -> None:
        self.size = size
        self.drain = drain
        self.hung = hung
        self.generation = 1
        self.members: dict[int, Member] = {}
        self._last_number = 0
        self._is_rolling = False
        self._size_before = size
        self._is_stopping = False
        self._is_over = False
        self._was_ready = False
        self._status = 0
        self._failures = 0
        self._failed_at = float("-inf")
        self._not_before = float("-inf")

    # What has happened

    def begin(self, now: float) -> list[Action]:
        """The first ones are wanted."""
        return list(self._go_on(now))

    def adopt(self, numbers: dict[int, State], now: float) -> None:
        """Workers that another supervisor has started are ours now, as an old generation."""
        for number, state in numbers.items():
            wait = {State.STARTING: START_SECONDS, State.READY: self.hung}.get(state, self.drain)
            self.members[number] = Member(number, self.generation, state, now + wait)
        self._last_number = max(numbers, default=0)
        self._was_ready = True

    def is_ready(self, number: int, now: float) -> list[Action]:
        member = self.members.get(number)
        if member is None or member.state is not State.STARTING:
            return []
        member.state, member.until = State.READY, now + self.hung
        return list(self._go_on(now))

    def is_alive(self, number: int, now: float) -> None:
        member = self.members.get(number)
        if member is not None and member.state is State.READY:
            member.until = now + self.hung

    def has_ended(self, number: int, now: float) -> list[Action]:
        member = self.members.pop(number, None)
        if member is None:
            return []
        if self._is_stopping or member.state is State.LEAVING:
            return list(self._go_on(now))
        if not self._was_ready:  # it would not get ready a second time either
            self._status = 1
            return self.stop(now)
        if now - self._failed_at > STEADY_SECONDS:
            self._failures = 0
        self._failed_at = now
        self._failures += 1
        if self._failures > 1:
            self._not_before = now + min(2.0 ** (self._failures - 2), LONGEST_WAIT)
        actions = []
        is_new = member.generation == self.generation
        if self._is_rolling and is_new and member.state is State.STARTING:
            self._is_rolling = False
            self.size = self._size_before
            actions.append(Action(Do.SAY_NOT_ROLLED))
        return [*actions, *self._go_on(now)]

    def roll(self, now: float, size: int | None = None) -> list[Action]:
        """All are to be replaced by new ones, `size` of them."""
        if self._is_stopping or not self._was_ready:
            return []
        if not self._is_rolling:
            self._size_before = self.size
        if size is not None:
            self.size = size
        self.generation += 1
        self._is_rolling = True
        return list(self._go_on(now))

    def stop(self, now: float) -> list[Action]:
        """All are to end."""
        self._is_stopping = True
        actions = []
        for member in self.members.values():
            member.until = now + GRACE_SECONDS
            actions.append(Action(Do.TERMINATE, member.number))
        return actions or list(self._go_on(now))

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        late = [each for each in self.members.values() if each.until <= now]
        for member in late:
            member.until = now + GRACE_SECONDS  # its end will be told; until then once is enough
        return [Action(Do.KILL, each.number) for each in late] + list(self._go_on(now))

    def wake(self, now: float) -> float:
        """When `tick` wants to be called next, at the latest."""
        moments = [each.until for each in self.members.values()]
        if self._not_before > now:
            moments.append(self._not_before)
        return min(moments, default=now + 60.0)

    # What follows from it

    def _staying(self) -> list[Member]:
        return [each for each in self.members.values() if each.state is not State.LEAVING]

    def _go_on(self, now: float) -> Iterator[Action]:
        if self._is_stopping:
            if not self.members and not self._is_over:
                self._is_over = True
                yield Action(Do.END, self._status)
            return
        staying = self._staying()
        if not self._was_ready:
            yield from self._fill(now)
            if all(each.state is State.READY for each in staying) and len(staying) == self.size:
                self._was_ready = True
                yield Action(Do.SAY_READY)
        elif self._is_rolling:
            yield from self._roll_on(now)
        else:
            yield from self._fill(now)

    def _fill(self, now: float) -> Iterator[Action]:
        if now >= self._not_before:
            for _ in range(self.size - len(self._staying())):
                yield self._start(now)

    def _roll_on(self, now: float) -> Iterator[Action]:
        new = [each for each in self._staying() if each.generation == self.generation]
        old = [each for each in self._staying() if each.generation != self.generation]
        ready = [each for each in new if each.state is State.READY]
        is_over = len(ready) >= self.size
        # As many old ones stay as are needed beside the new; all, until the first new one has shown
        # that the new can do it at all.
        too_many = max(0, len(old) + len(ready) - self.size) if ready else 0
        for member in old if is_over else old[:too_many]:
            member.state, member.until = State.LEAVING, now + self.drain + GRACE_SECONDS
            yield Action(Do.LEAVE, member.number)
        if is_over:
            self._is_rolling = False
            yield Action(Do.SAY_ROLLED)
        elif len(ready) == len(new) and now >= self._not_before:
            yield self._start(now)

    def _start(self, now: float) -> Action:
        self._last_number += 1
        number = self._last_number
        self.members[number] = Member(number, self.generation, State.STARTING, now + START_SECONDS)
        return Action(Do.START, number)
