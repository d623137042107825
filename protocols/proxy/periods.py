"""For how long things are lent, as it was seen: what is promised while a system is down is what it
would most likely have said by its rules, which nobody can ask it then.

What the new system lends for is known before the flip, too: in shadow it says so of every loan.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from protocols.proxy.settings import System

#: Days of a loan where none was seen yet.
USUAL_DAYS: Final = 28
#: So many loans of a kind are remembered: older ones count half, and half again, so that other
#: rules are soon known.
_REMEMBERED: Final = 100

#: A system, the kind of an item (CK, CR), and that of a patron (PC); empty for any.
Kinds = tuple[System, str, str]


class Periods:
    """How often each length was seen, by kinds."""

    def __init__(self) -> None:
        self._seen: dict[Kinds, Counter[int]] = {}

    def learn(self, system: System, item: str, patron: str, days: int) -> None:
        for kinds in {(system, item, patron), (system, item, ""), (system, "", "")}:
            counter = self._seen.setdefault(kinds, Counter())
            counter[days] += 1
            if counter.total() > _REMEMBERED:
                halved = {each: count // 2 for each, count in counter.items() if count > 1}
                self._seen[kinds] = Counter(halved)

    def usual(self, system: System, item: str, patron: str) -> int:
        """The length that was seen most often for the nearest kinds."""
        for kinds in ((system, item, patron), (system, item, ""), (system, "", "")):
            counter = self._seen.get(kinds)
            if counter:
                return max(counter, key=lambda days: (counter[days], days))
        return USUAL_DAYS

    def dumped(self) -> list[Any]:
        return [[*kinds, sorted(counter.items())] for kinds, counter in self._seen.items()]

    @classmethod
    def loaded(cls, dumped: list[Any]) -> Periods:
        found = cls()
        for system, item, patron, counts in dumped:
            found._seen[system, item, patron] = Counter(dict(map(tuple, counts)))
        return found
