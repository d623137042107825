"""Messages that come again byte for byte, and what they got the first time.

They are known by their terminal and by how they stand in the journal, so that this outlasts the
process: `State.recent` holds the last ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from protocols.proxy.journal.records import bytes_of
from protocols.proxy.kinds import text_field

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
        self._by_item: dict[str, set[tuple[str, str]]] = {}

    def find(self, terminal: str, sent: str, now: float) -> Repeat | None:
        """What is known of the message, as it stands in the journal."""
        known = self._known.get((terminal, sent))
        return known if known is not None and now - known.at < self._within else None

    def begin(self, terminal: str, sent: str, now: float, unknown: int = 0) -> Repeat:
        key = (terminal, sent)
        begun = self._known[key] = Repeat(now, [], [], unknown)
        self._known.move_to_end(key)
        self._by_item.setdefault(_item(sent), set()).add(key)
        while (
            len(self._known) > MOST_REPEATS
            or now - next(iter(self._known.values())).at >= self._within
        ):
            self.forget(*next(iter(self._known)))
        return begun

    def forget(self, terminal: str, sent: str) -> None:
        """The outcome is no answer to be given again."""
        key, item = (terminal, sent), _item(sent)
        if self._known.pop(key, None) is not None:
            self._by_item[item].discard(key)
            if not self._by_item[item]:
                del self._by_item[item]

    def forget_item(self, sent: str) -> None:
        """Somebody has dealt with the item of this message: earlier ones would mean more."""
        item = _item(sent)
        for key in list(self._by_item.get(item, ())) if item else ():
            if key[1] != sent and self._known[key].answer:
                self.forget(*key)


def _item(sent: str) -> str:
    return text_field(bytes_of(sent), "AB")
