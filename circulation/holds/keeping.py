"""What keeps copies from those who wait for the title: bookings, as soon as they join."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from catalogue.database import Transaction
from circulation.holds.copies import Copy
from circulation.items.facts import ItemFacts
from circulation.kernel.parts import Features, Part
from circulation.kernel.set_up import SetUp


class KeepingFeature(Protocol):
    """Asked about the items that have one of `parts`, under the lock of the title's queue."""

    parts: tuple[Part[Any], ...]

    def may_serve(
        self, transaction: Transaction, set_up: SetUp, item: ItemFacts, now: datetime
    ) -> bool:
        """May the item go to somebody who waits for the title?"""
        ...

    def keeps_copies(self, item: ItemFacts) -> bool:
        """Is `left` to be asked about the title of the item?"""
        ...

    def records(self, transaction: Transaction) -> set[int]:
        """All titles about which `left` is to be asked."""
        ...

    def left(
        self,
        transaction: Transaction,
        set_up: SetUp,
        record_id: int,
        copies: list[Copy],
        now: datetime,
    ) -> list[Copy]:
        """The copies of the title that are left for those who wait."""
        ...


KEEPING: Features[KeepingFeature] = Features("holds.keeping:KEEPING")
