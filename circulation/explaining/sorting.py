"""What a sorting machine would do with an item, and which rule decides: nothing is changed.

The item is handed in as it would be, in a transaction that is then taken back, so what is told here
and what will be done cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Database, Transaction
from circulation.callers.sorting import SortRule, hindrance, sort_rules_at
from circulation.callers.terminals import TERMINALS
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import CheckedIn, Desk, Refused
from circulation.loans.features import HoldHandling
from circulation.loans.judging import tried
from circulation.loans.returns import check_in


@dataclass(frozen=True, slots=True)
class RuleTried:
    """A rule and the first of its conditions that does not hold; None where all do."""

    rule: SortRule
    hindrance: str | None


@dataclass(frozen=True, slots=True)
class SortingExplained:
    """What the check-in would answer, and the rules up to the one that decides.

    `scheme` is None for a terminal that sorts by no rules.
    """

    returned: CheckedIn
    scheme: str | None
    tried: tuple[RuleTried, ...]

    @property
    def decided(self) -> SortRule | None:
        """The rule that names the bin; None where none does."""
        return next((each.rule for each in self.tried if each.hindrance is None), None)


def explain_sorting(
    circulation: Circulation,
    database: Database,
    *,
    desk: Desk,
    item: str,
    holds: HoldHandling,
    now: datetime,
    sorting: str | None = None,
) -> SortingExplained | Refused:
    """What becomes of the item at this machine. Refused as `check_in` is."""

    def work(transaction: Transaction) -> SortingExplained | Refused:
        act = Act(transaction, circulation, desk, now)
        answer = check_in(act, item=item, holds=holds, sorting=sorting)
        if isinstance(answer, Refused):
            return answer
        set_up = circulation.current_set_up(transaction)
        terminal = TERMINALS.of(set_up).get(desk.actor)
        tries = []
        for rule in sort_rules_at(set_up, desk.actor, sorting):
            found = hindrance(
                rule, answer.item, answer.destination, answer.to_branch, set_up.groups
            )
            tries.append(RuleTried(rule, found))
            if found is None:
                break
        scheme = sorting or (terminal.sorting if terminal is not None else None)
        return SortingExplained(answer, scheme, tuple(tries))

    return tried(database, work)
