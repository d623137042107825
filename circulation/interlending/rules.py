"""The rules on borrowing from other libraries, in memory, as rows and in library.toml: they fall
through as all rules do (`circulation.kernel.rules`)."""

from __future__ import annotations

from collections.abc import Sequence

from circulation.interlending.schema import interlending_rules
from circulation.interlending.terms import INTERLENDING_TERMS, InterlendingTerms
from circulation.kernel.rules import Rule, RuleSet
from circulation.kernel.set_up import SetUp, SetUpPart
from circulation.sections.rules import RuleSection, scoped

INTERLENDING_RULES = RuleSet(INTERLENDING_TERMS, interlending_rules)
INTERLENDING: SetUpPart[Sequence[Rule]] = SetUpPart("interlending", INTERLENDING_RULES.read)


def interlending_terms(set_up: SetUp, branch_id: int, category: str) -> InterlendingTerms:
    """What holds for a wish of a patron of the category, to be fetched at the branch."""
    rules = INTERLENDING.of(set_up)
    if not rules:
        return InterlendingTerms()
    case = set_up.case(branch_id, category, "")
    return InterlendingTerms(**INTERLENDING_RULES.values(rules, case))


SECTION = RuleSection(
    "interlending", scoped("rule on interlending"), INTERLENDING_RULES, ("at", "category")
)
