"""What library.toml says of money: rules on fees, compensation, payments and blocks for debt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from circulation.fees.lateness import tariff
from circulation.fees.payment_ways import PAYMENT_SETTINGS
from circulation.fees.rules import FEE_RULES, resolve_fees
from circulation.fees.terms import TARIFFS
from circulation.fees.tiers import exceeding
from circulation.kernel.rules import Case, Rule, lineage
from circulation.sections.parts import (
    AGENCY,
    BRANCH,
    CATEGORY,
    GROUP,
    Key,
    Lines,
    Noun,
    Parts,
    of_part,
)
from circulation.sections.rules import AgencyRowsSection, RuleSection, scoped
from circulation.sections.source import Problem


class FeeSection(RuleSection):
    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        """Besides: every tariff that goes above the ceilings that hold."""
        return super().check(parts, line) or [*self._above_ceilings(parts, line)]

    def _above_ceilings(self, parts: Parts, line: Lines) -> Iterator[Problem]:
        """For the scope of each rule that has to do with tariffs: what holds there together."""
        cases = _Cases(parts)
        rules = [cases.rule(key) for key in parts.of[self.noun]]
        for key, rule in zip(parts.of[self.noun], rules, strict=True):
            if not rule.says.keys() & set(TARIFFS):
                continue
            terms = resolve_fees(rules, cases.case(key, rule), rule.valid_from or date.max)
            for is_child in (False, True):
                tiers, ceilings = tariff(terms, is_child=is_child)
                above = None if ceilings is None else exceeding(tiers, ceilings)
                if above is not None:
                    name = "CHILD_TARIFF_ABOVE" if is_child else "TARIFF_ABOVE"
                    facts = {"amount": above.amount, "day": above.day}
                    yield Problem(
                        line(self.noun, key, "child_tiers" if is_child else "tiers"),
                        of_part(self.noun.title(key), name, **facts),
                    )
                    break


class _Cases:
    """Rules of a text as if they were stored: places have numbers instead of ids."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        places = [*parts.of[AGENCY], *parts.of[BRANCH]]
        self._numbers = {key[0]: number for number, key in enumerate(places, 1)}

    def rule(self, key: Key) -> Rule:
        place, category, group, begins = key
        is_branch = (place,) in self._parts.of[BRANCH]
        number = self._numbers[place] if place else None
        fields = self._parts.of[FEES.noun][key]
        loaded = FEE_RULES.model.settings
        return Rule(
            list(self._parts.of[FEES.noun]).index(key) + 1,
            None if is_branch else number,
            number if is_branch else None,
            category or None,
            group or None,
            valid_from=date.fromisoformat(begins) if begins else None,
            says={name: loaded[name].loaded(loaded[name].stored(fields[name])) for name in fields},
        )

    def case(self, key: Key, rule: Rule) -> Case:
        agency = rule.agency_id or 0
        if rule.branch_id is not None:
            agency = self._numbers.get(self._parts.of[BRANCH][key[:1]]["agency"], 0)
        return Case(
            agency,
            rule.branch_id or 0,
            lineage(self._parts.tree(CATEGORY), key[1]),
            lineage(self._parts.tree(GROUP), key[2]),
        )


FEES = FeeSection("fees", scoped("fee rule"), FEE_RULES, ("at", "category", "group", "from"))
PAYMENT = AgencyRowsSection("payment", Noun("ways to pay"), PAYMENT_SETTINGS)
