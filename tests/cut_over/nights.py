"""In what the two systems differ after each night, read from their databases alone."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.cut_over.state import There, read_both

FILE: Final = "nights.jsonl"


class Difference(NamedTuple):
    """An item or a patron, which aspect, and what each says of it."""

    subject: str
    name: str
    aspect: str
    old: str
    new: str

    @property
    def cards(self) -> list[str]:
        """Who has the item in one of the systems."""
        return re.findall(r"\('(\w+)'", self.old + self.new)

    def text(self) -> str:
        return f"{self.subject} {self.name}, {self.aspect}: old {self.old}, new {self.new}"


def differences(old: There, new: There) -> Iterator[Difference]:
    """All in which they differ."""
    for item in sorted({*old.loans, *new.loans}):
        theirs, ours = old.loans.get(item), new.loans.get(item)
        if theirs != ours:
            yield Difference("item", item, "loan", str(theirs), str(ours))
    holds = [_by_card(each) for each in (old, new)]
    for card in sorted({*holds[0], *holds[1]}):
        if holds[0][card] != holds[1][card]:
            its = [", ".join(sorted(each[card])) for each in holds]
            yield Difference("patron", card, "holds", *its)
    for card in sorted({*old.debts, *new.debts}):
        theirs, ours = old.debts.get(card, 0), new.debts.get(card, 0)
        if theirs != ours:
            yield Difference("patron", card, "debt", str(theirs), str(ours))
    for card in sorted(old.blocked ^ new.blocked):
        sides = ["blocked" if card in each.blocked else "free" for each in (old, new)]
        yield Difference("patron", card, "block", *sides)


def _by_card(there: There) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for item, cards in there.holds.items():
        for card in cards:
            found[card].add(item)
    return found


def note_night(folder: Path, day: int, last_id: int, not_compared: list[str]) -> None:
    """Write down the differences, the last record that the journal has now, and what the status
    of the proxy says that nothing is compared of."""
    found = [list(each) for each in differences(*read_both(folder))]
    written = {
        "day": day,
        "last_id": last_id,
        "not_compared": not_compared,
        "differences": found,
    }
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(written) + "\n")


class Night(NamedTuple):
    """What was written down. The last one is the end."""

    day: int
    last_id: int
    not_compared: list[str]
    differences: list[Difference]


def read_nights(folder: Path) -> list[Night]:
    path = folder / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    tables: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [
        Night(
            each["day"],
            each["last_id"],
            each.get("not_compared", []),
            [Difference(*one) for one in each["differences"]],
        )
        for each in tables
    ]
