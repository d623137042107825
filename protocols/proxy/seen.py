"""What was last seen of items and patrons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocols.proxy.settings import System

#: For whom an item waits, where the system has not said it.
SOMEBODY: Final = "somebody"


@dataclass(slots=True)
class Item:
    """What was last seen of an item. `holder` is the system that made its open loan."""

    holder: System | None = None
    patron: str = ""
    due: str = ""
    #: It waits for somebody else than who has it now.
    waits_for: str = ""
    is_reference: bool = False
    #: For how many days either system has lent it, or would have; 0: nobody knows.
    old_days: int = 0
    new_days: int = 0
    #: What it is: media type or collection.
    kind: str = ""
    #: Who handed it in last, for whom it does not wait.
    returned_by: str = ""
    #: It was handed in, or is known to be on loan to nobody: there is no loan to be renewed.
    is_in: bool = False
    #: It was lent where the old system is told nothing any more.
    is_unknown_to_old: bool = False
    #: When the last act that concerned it was answered.
    acted: str = ""
    #: The terminal of that act, and the outcome of telling a system of it.
    terminal: str = ""
    outcome: str = ""
    #: Until when its last loan that ended was lent.
    ended_due: str = ""

    def waits_for_others(self, card: str) -> bool:
        """Is it known to wait for somebody else than the patron with this card?"""
        if self.waits_for == SOMEBODY:
            return card == self.returned_by
        return self.waits_for not in ("", card)

    def days(self, system: System) -> int:
        return self.old_days if system == "old" else self.new_days


@dataclass(slots=True)
class Patron:
    """What was last seen of a patron."""

    is_valid: bool = True
    is_blocked: bool = False
    #: The digest of the PIN that was right.
    pin: str = ""
    #: The category, where a system tells it.
    kind: str = ""
    #: The outcome of the last act of theirs that a system was told.
    outcome: str = ""
