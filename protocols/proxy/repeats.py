"""Messages that come again byte for byte, and what they got the first time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

#: Answers that are remembered.
MOST_REPEATS: Final = 10_000


class Repeat(NamedTuple):
    """A message that changed something: when it came, what its answer was if there is one yet, and
    who waits for that.
    """

    at: float
    answer: list[bytes]
    waiting: list[Callable[[bytes], object]]


class Repeats:
    """What the same bytes of the same terminal got lately."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._known: OrderedDict[tuple[str, bytes], Repeat] = OrderedDict()

    def find(self, terminal: str, body: bytes, now: float) -> Repeat | None:
        known = self._known.get((terminal, body))
        return known if known is not None and now - known.at < self._within else None

    def begin(self, terminal: str, body: bytes, now: float) -> Repeat:
        begun = self._known[terminal, body] = Repeat(now, [], [])
        while self._known and (
            len(self._known) > MOST_REPEATS
            or now - next(iter(self._known.values())).at >= self._within
        ):
            self._known.popitem(last=False)
        return begun

    def forget(self, terminal: str, body: bytes) -> None:
        """The outcome is no answer to be given again."""
        self._known.pop((terminal, body), None)

    def forget_item(self, item: str, but: bytes) -> None:
        """Somebody has dealt with the item since: the same message would mean something new."""
        mark = b"|AB" + item.encode("utf-8", "surrogateescape") + b"|"
        for key in [key for key in self._known if mark in key[1] and key[1] != but]:
            if self._known[key].answer:
                del self._known[key]
