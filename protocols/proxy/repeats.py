"""Messages that come again byte for byte, and what they got the first time.

They are known by their terminal and by how they stand in the journal, so that this outlasts the
process: `State.recent` holds the last ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

#: Answers that are remembered.
MOST_REPEATS: Final = 10_000


class Repeat(NamedTuple):
    """A message that changed something: when it came, what its answer was if there is one yet, and
    who waits for that. `unknown` is its number where a process before this one has not heard.
    """

    at: float
    answer: list[bytes]
    waiting: list[Callable[[bytes], object]]
    unknown: int = 0


class Repeats:
    """What the same message of the same terminal got lately."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._known: OrderedDict[tuple[str, str], Repeat] = OrderedDict()

    def find(self, terminal: str, sent: str, now: float) -> Repeat | None:
        """What is known of the message, as it stands in the journal."""
        known = self._known.get((terminal, sent))
        return known if known is not None and now - known.at < self._within else None

    def begin(self, terminal: str, sent: str, now: float, unknown: int = 0) -> Repeat:
        begun = self._known[terminal, sent] = Repeat(now, [], [], unknown)
        self._known.move_to_end((terminal, sent))
        while (
            len(self._known) > MOST_REPEATS
            or now - next(iter(self._known.values())).at >= self._within
        ):
            self._known.popitem(last=False)
        return begun

    def forget(self, terminal: str, sent: str) -> None:
        """The outcome is no answer to be given again."""
        self._known.pop((terminal, sent), None)

    def forget_item(self, item: str, but: str) -> None:
        """Somebody has dealt with the item since: the same message would mean something new."""
        mark = f"|AB{item}|"
        for key in [key for key in self._known if mark in key[1] and key[1] != but]:
            if self._known[key].answer:
                del self._known[key]
