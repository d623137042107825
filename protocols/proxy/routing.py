"""Which system a message goes to, and which one has to be told of it afterwards.

A terminal's mode decides, but for a message about an item that is on loan: it goes where the loan
was made, so that a book lent by the old system and handed in at a branch that has moved ends the
old loan. What a system has done is told to the other one as the mode says.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from protocols.proxy.journal.records import Purpose
from protocols.proxy.kinds import OF_LOANS
from protocols.proxy.settings import Mode, System

#: The system that a terminal of this mode is in the care of.
SIDE: Final[dict[Mode, System]] = {
    "old": "old",
    "shadow": "old",
    "new with write-back": "new",
    "new": "new",
}
#: While a terminal is in one of these, the old system lends.
IN_CARE_OF_OLD: Final[frozenset[Mode]] = frozenset({"old", "shadow"})


def system_for(code: str, mode: Mode, holder: System | None) -> System:
    """The system that is asked. `holder`: which one made the open loan of the message's item."""
    if holder is not None and code in OF_LOANS:
        return holder
    return SIDE[mode]


def knows_all(system: System, modes: Collection[Mode]) -> bool:
    """Is the system told all that is done at terminals of these modes, by itself or the other?"""
    return ("new" if system == "old" else "old") not in modes


def are_mixed(modes: Collection[Mode]) -> bool:
    """Do both systems lend, and one of them without being told all that the other does?"""
    both = {SIDE[each] for each in modes} == {"old", "new"}
    return both and not (knows_all("old", modes) and knows_all("new", modes))


def tells(mode: Mode, by: str, asked: System) -> list[tuple[System, Purpose]]:
    """Who has to be told what `by` has done, and why. Where the proxy itself has answered, the
    system that it answered for is told first.
    """
    told: list[tuple[System, Purpose]] = []
    system: System = asked
    if by == "proxy":
        told.append((asked, "replay"))
    elif by == "new":
        system = "new"
    else:
        system = "old"
    if system == "old" and mode != "old":
        told.append(("new", "follow"))
    elif system == "new" and mode != "new":
        told.append(("old", "write-back"))
    return told


def is_judged(mode: Mode, asked: System) -> bool:
    """Is the new system asked what it would have said?"""
    return mode == "shadow" and asked == "old"
