"""The rules on money, in memory and as rows.

They fall through as all rules do (`circulation.kernel.rules`); besides, one may hold from a day on
(`valid_from`), so that next year's tariff can be written before the new year.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from circulation.fees.schema import fee_rules
from circulation.fees.terms import FEE_TERMS, FeeTerms
from circulation.kernel.rules import Case, Rule, RuleSet, lineage, scope_of
from circulation.kernel.set_up import SetUp, SetUpPart

FEE_RULES = RuleSet(FEE_TERMS, fee_rules)
_DEFAULTS = FeeTerms()


def resolve_fees(rules: Iterable[Rule], case: Case, day: date) -> FeeTerms:
    """What the rules say on that day."""
    return FeeTerms(**FEE_RULES.values(rules, case, day))


#: What rules on money are remembered for: branch x category x material group, so many at most.
_TERMS_KEPT = 20_000


class FeeRules:
    """All rules on money of one set-up. Never changed, but for what it remembers.

    `says` holds the fields that any row sets: a verb that costs nothing anywhere asks no further.
    """

    __slots__ = ("_starts", "_terms", "rules", "says")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.says = frozenset(name for rule in self.rules for name in rule.says)
        self._starts = sorted({rule.valid_from for rule in self.rules if rule.valid_from})
        self._terms: dict[tuple[int, str, str, int], FeeTerms] = {}

    def terms(
        self, case: Callable[[int, str, str], Case], key: tuple[int, str, str], day: date
    ) -> FeeTerms:
        """What the rules say of the branch, category and group of the key; `case` is asked of it
        where that is not known yet."""
        if not self.rules:
            return _DEFAULTS
        # Between two days on which rules come into force nothing changes.
        known = (*key, bisect_right(self._starts, day))
        terms = self._terms.get(known)
        if terms is None:
            if len(self._terms) >= _TERMS_KEPT:
                self._terms.clear()
            terms = self._terms[known] = resolve_fees(self.rules, case(*key), day)
        return terms


FEES = SetUpPart("fees", lambda transaction: FeeRules(FEE_RULES.read(transaction)))


def fee_terms(
    set_up: SetUp, branch_id: int, patron_category: str, material_group: str, day: date
) -> FeeTerms:
    """What the rules on money say on that day, remembered."""
    key = (branch_id, patron_category, material_group)
    return FEES.of(set_up).terms(set_up.case, key, day)


def agency_fee_terms(set_up: SetUp, agency_id: int, patron_category: str, day: date) -> FeeTerms:
    """What the rules on money say of the agency as a whole: payments, blocks for debt."""

    def case(key: int, patron_category: str, material_group: str) -> Case:
        return Case(-key, 0, lineage(set_up.categories, patron_category), (material_group,))

    # Its key is negative, so that it is not taken for a branch.
    return FEES.of(set_up).terms(case, (-agency_id, patron_category, ""), day)


def deciding_scopes(set_up: SetUp, branch_id: int, case: Case, day: date) -> dict[str, Any]:
    """The scope of the rule that decides, for each setting of which any rule says anything."""
    branch = set_up.branches[branch_id]
    return {
        each.field: scope_of(each.rule, branch)
        for each in FEE_RULES.explain(FEES.of(set_up).rules, case, day)
        if each.rule is not None
    }
