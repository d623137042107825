"""What a sorting machine would do with an item, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from circulation.callers.sorting import PLACES, SortRule
from circulation.explaining.sorting import SortingExplained
from circulation.kernel.set_up import SetUp
from protocols.api.models.answers import Branch, branch_shown
from protocols.api.models.common import Barcode, Isil, Request
from protocols.api.problems import ProblemReason


class SortingWish(Request):
    """Which item, at which machine, by its login; `at` another branch than its own."""

    item: Barcode
    terminal: Barcode
    at: Isil | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule that does not hold, and the first of its conditions that is not met."""

    rule: int
    bin: str
    hindrance: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """Where the item would go. `rule` decides, whose `conditions` are met; null: the machine
    decides by itself. `alert` is what the machine is told beside the bin, in its own protocol. An
    item that is not taken back goes to the `bin` for problems: `reasons` say why."""

    item: str
    bin: str | None
    reasons: tuple[ProblemReason, ...] = ()
    title: str | None = None
    destination: str | None = None
    to: Branch | None = None
    is_held: bool = False
    alert: str | None = None
    scheme: str | None = None
    rule: int | None = None
    conditions: dict[str, str | bool] = field(default_factory=dict)
    passed_over: tuple[PassedOver, ...] = ()


def sorting_shown(found: SortingExplained, alert: str | None, set_up: SetUp) -> Sorting:
    returned, rule = found.returned, found.decided
    return Sorting(
        returned.item.barcode,
        returned.sort_bin,
        title=returned.item.title,
        destination=returned.destination.name,
        to=branch_shown(returned.to_branch),
        is_held=returned.held_for is not None,
        alert=alert,
        scheme=found.scheme,
        rule=None if rule is None else rule.number,
        conditions={} if rule is None else _conditions(rule, set_up),
        passed_over=tuple(
            PassedOver(each.rule.number, each.rule.bin, each.hindrance)
            for each in found.tried
            if each.hindrance is not None
        ),
    )


def _conditions(rule: SortRule, set_up: SetUp) -> dict[str, str | bool]:
    def isil(branch_id: int | None) -> str | None:
        return None if branch_id is None else set_up.branches[branch_id].isil

    said = {
        "destination": rule.destination,
        "to": isil(rule.to_branch_id),
        "home": isil(rule.home_branch_id),
        "hold": None if rule.held is None else bool(rule.held),
        "group": rule.material_group,
        **{name: getattr(rule, name) for name in PLACES},
        "call_number_from": rule.call_number_from,
        "call_number_to": rule.call_number_to,
    }
    return {name: value for name, value in said.items() if value is not None}
