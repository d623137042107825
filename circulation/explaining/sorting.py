"""What a sorting machine would do with an item, and which rule decides. Nothing is changed.

The item is checked in as usual, in a transaction that is then rolled back, so what is reported
here cannot differ from what will be done.
"""

from __future__ import annotations

from dataclasses import dataclass

from circulation.callers.sorting import SortRule, hindrance, sort_rules_at
from circulation.callers.terminals import TERMINALS
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn, Refused
from circulation.loans.features import HoldHandling
from circulation.loans.returns import check_in


@dataclass(frozen=True, slots=True)
class RuleTried:
    """A rule and the first of its conditions that is not met; None if all are."""

    rule: SortRule
    hindrance: str | None


@dataclass(frozen=True, slots=True)
class SortingExplained:
    """What the check-in would answer, and the rules up to the one that decides.

    `scheme` is None for a terminal that does not sort by rules.
    """

    returned: CheckedIn
    scheme: str | None
    tried: tuple[RuleTried, ...]

    @property
    def decided(self) -> SortRule | None:
        """The rule that names the bin, if any does."""
        return next((each.rule for each in self.tried if each.hindrance is None), None)


def explain_sorting(
    act: Act, *, item: str, holds: HoldHandling, sorting: str | None = None
) -> SortingExplained | Refused:
    """What becomes of the item at this machine, by handing it in: to be called within `tried`.

    Refused as `check_in` is.
    """
    answer = check_in(act, item=item, holds=holds, sorting=sorting)
    if isinstance(answer, Refused):
        return answer
    set_up = act.circulation.current_set_up(act.transaction)
    terminal = TERMINALS.of(set_up).get(act.desk.actor)
    tries = []
    for rule in sort_rules_at(set_up, act.desk.actor, sorting):
        found = hindrance(rule, answer.item, answer.destination, answer.to_branch, set_up.groups)
        tries.append(RuleTried(rule, found))
        if found is None:
            break
    scheme = sorting or (terminal.sorting if terminal is not None else None)
    return SortingExplained(answer, scheme, tuple(tries))
