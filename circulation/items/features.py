"""What features know of an item that lending asks without knowing them: pure, from the facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from catalogue.database import Transaction
from circulation.items.facts import ItemFacts
from circulation.kernel.parts import Features, Part
from circulation.kernel.results import CirculationStatus, Stay
from circulation.kernel.set_up import SetUp


class ItemFeature:
    """Asked about the items that have one of `parts`."""

    parts: tuple[Part[Any], ...] = ()

    def belongs_at(self, item: ItemFacts) -> int | None:
        """The branch where the item is to be for a while, other than its home."""
        return None

    def is_held(self, item: ItemFacts) -> bool:
        """Is the item, where it is not on loan, bound to somebody who waits?"""
        return False

    def shown(self, item: ItemFacts, status: CirculationStatus, now: datetime) -> CirculationStatus:
        """The status as this feature knows it, from what those before it have made of it."""
        return status

    def stays(
        self, transaction: Transaction, set_up: SetUp, found: Sequence[ItemFacts]
    ) -> dict[int, Stay]:
        """Where those of the items are to be that are to be elsewhere for a while."""
        return {}


ITEM_FEATURES: Features[ItemFeature] = Features("items.features:ITEM_FEATURES")


def branch_of(item: ItemFacts) -> int:
    """The branch to which the item belongs, for now at least."""
    for feature in ITEM_FEATURES.of(item):
        found = feature.belongs_at(item)
        if found is not None:
            return found
    return item.home_branch_id


def is_held(item: ItemFacts) -> bool:
    """Is the item, where it is not on loan, bound to somebody who waits?"""
    concerned = ITEM_FEATURES.of(item)
    return bool(concerned) and any(feature.is_held(item) for feature in concerned)
