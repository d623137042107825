"""What a sorting machine would do with an item, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass

from circulation.explaining.sorting import SortingExplained
from protocols.api.models.common import Barcode, Branch, Request, branch_shown


class SortingWish(Request):
    """Which item, at which machine of library.toml, by its login."""

    item: Barcode
    terminal: Barcode


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule that does not hold, and the first of its conditions that is not met."""

    rule: int
    bin: str
    hindrance: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """Where the item would go. `rule` decides; null: the machine decides by itself."""

    item: str
    title: str
    bin: str | None
    destination: str
    to: Branch
    is_held: bool
    scheme: str | None
    rule: int | None
    passed_over: tuple[PassedOver, ...]


def sorting_shown(found: SortingExplained) -> Sorting:
    returned, rule = found.returned, found.decided
    return Sorting(
        returned.item.barcode,
        returned.item.title,
        returned.sort_bin,
        returned.destination.name,
        branch_shown(returned.to_branch),
        returned.held_for is not None,
        found.scheme,
        None if rule is None else rule.number,
        tuple(
            PassedOver(each.rule.number, each.rule.bin, each.hindrance)
            for each in found.tried
            if each.hindrance is not None
        ),
    )
