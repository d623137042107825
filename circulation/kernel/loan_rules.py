"""What the rules say of lending at a branch: in memory, and remembered for as long as they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from circulation.kernel.agreements import Agreements
from circulation.kernel.policy import LENGTHS, LOAN_POLICY, LoanTerms, stricter
from circulation.kernel.results import Branch
from circulation.kernel.rules import Case, Rule, RuleSet, Tree, descent, lineage
from circulation.kernel.schema import loan_policies

LOAN_POLICIES = RuleSet(LOAN_POLICY, loan_policies, together=LENGTHS)


def resolve(rules: Iterable[Rule], case: Case, groups: Tree) -> LoanTerms:
    """What the rules say. `groups` is the tree of material groups."""
    explained = LOAN_POLICIES.explain(rules, case)
    (limit,) = (each.rule for each in explained if each.field == "max_loans_in_group")
    counted = case.groups[0] if limit is None else limit.material_group or case.groups[0]
    return LoanTerms(
        **{each.field: each.value for each in explained},
        counted_groups=descent(groups, counted),
    )


#: Terms are kept for each branch x category x material group asked for, this many at most.
_TERMS_KEPT = 20_000


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class LoanRules:
    """The loan rules of one set-up, with all that says whom and what they are for.

    `branches` go by their ids; `categories` and `groups` are the trees of patron categories and
    material groups; `hidden_schools` are the ids of agencies that keep their stock to themselves;
    `agreements` are what agencies do for each other.
    """

    branches: dict[int, Branch]
    policies: tuple[Rule, ...]
    categories: Tree
    groups: Tree
    hidden_schools: frozenset[int]
    agreements: Agreements
    _terms: dict[tuple[int, str, str], LoanTerms] = field(default_factory=dict, init=False)
    _lending_terms: dict[tuple[int, int, str, str, bool], LoanTerms] = field(
        default_factory=dict, init=False
    )
    _most: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict, init=False)
    _most_of_anybody: int | None = field(default=None, init=False)

    def case(self, branch_id: int, patron_category: str, material_group: str) -> Case:
        """What the rules are asked about a loan at the branch."""
        return Case(
            self.branches[branch_id].agency_id,
            branch_id,
            lineage(self.categories, patron_category),
            lineage(self.groups, material_group),
        )

    def terms(self, branch_id: int, patron_category: str, material_group: str) -> LoanTerms:
        """What the rules say, remembered."""
        key = (branch_id, patron_category, material_group)
        terms = self._terms.get(key)
        if terms is None:
            if len(self._terms) >= _TERMS_KEPT:
                self._terms.clear()
            terms = self._terms[key] = resolve(self.policies, self.case(*key), self.groups)
        return terms

    def lending_terms(
        self,
        branch_id: int,
        owner_branch_id: int,
        patron_category: str,
        material_group: str,
        patron_agency_id: int | None = None,
    ) -> LoanTerms:
        """What the rules of a branch say of lending an item of another, remembered.

        How long is for the branch to say; whether at all, for the stricter of both
        (`circulation.kernel.policy.stricter`), unless their agencies agreed that the lender decides
        alone. What a school keeps to itself is lent by other agencies to its own patrons only;
        `patron_agency_id` None asks for no patron in particular, and leaves that out.
        """
        if branch_id == owner_branch_id:
            return self.terms(branch_id, patron_category, material_group)
        is_hidden = patron_agency_id is not None and self.is_hidden_from(
            owner_branch_id, branch_id, patron_agency_id
        )
        key = (branch_id, owner_branch_id, patron_category, material_group, is_hidden)
        terms = self._lending_terms.get(key)
        if terms is None:
            if len(self._lending_terms) >= _TERMS_KEPT:
                self._lending_terms.clear()
            terms = self.terms(branch_id, patron_category, material_group)
            if not self.lends_freely(branch_id, owner_branch_id):
                owner = self.terms(owner_branch_id, patron_category, material_group)
                terms = stricter(terms, owner)
            if is_hidden:
                terms = replace(terms, loanable=False)
            self._lending_terms[key] = terms
        return terms

    def lends_freely(self, branch_id: int, owner_branch_id: int) -> bool:
        """Have the agencies of the two branches agreed that the lender decides alone?"""
        lender, owner = self.branches[branch_id], self.branches[owner_branch_id]
        return self.agreements.lends_freely(lender.agency_id, owner.agency_id)

    def is_hidden_from(self, owner_branch_id: int, branch_id: int, patron_agency_id: int) -> bool:
        """Does a school keep the item to its own patrons, where others would lend it?"""
        owner_id = self.branches[owner_branch_id].agency_id
        return (
            owner_id in self.hidden_schools
            and owner_id not in (self.branches[branch_id].agency_id, patron_agency_id)
            and not self.lends_freely(branch_id, owner_branch_id)
        )

    def counted_at(self, branch_id: int) -> frozenset[int]:
        """The agencies whose debts and blocks count at the branch."""
        return self.agreements.counted_at(self.branches[branch_id].agency_id)

    def most_loans(
        self, branch_id: int, owner_branch_id: int, material_group: str
    ) -> tuple[int, int]:
        """The largest limits that any rule of the branch, or of the owner's, sets to a patron's
        loans, in all and in the group: nobody needs to count further. 0 where there is no limit."""
        here = self._most_loans(branch_id, material_group)
        if branch_id == owner_branch_id:
            return here
        there = self._most_loans(owner_branch_id, material_group)
        return max(here[0], there[0]), max(here[1], there[1])

    @property
    def most_loans_of_anybody(self) -> int:
        """The largest limit that any rule sets to all loans of a patron; 0 where there is none."""
        if self._most_of_anybody is None:
            limits = (rule.says.get("max_loans", 0) for rule in self.policies)
            self._most_of_anybody = max(limits, default=0)
        return self._most_of_anybody

    def _most_loans(self, branch_id: int, material_group: str) -> tuple[int, int]:
        key = (branch_id, material_group)
        most = self._most.get(key)
        if most is None:
            if len(self._most) >= _TERMS_KEPT:
                self._most.clear()
            most = self._most[key] = self._largest_limits(branch_id, material_group)
        return most

    def _largest_limits(self, branch_id: int, material_group: str) -> tuple[int, int]:
        branch = self.branches.get(branch_id)
        if branch is None:
            return 0, 0
        groups = lineage(self.groups, material_group)
        rules = [
            rule
            for rule in self.policies
            if rule.branch_id in (None, branch.id)
            and rule.agency_id in (None, branch.agency_id)
            and (rule.material_group is None or rule.material_group in groups)
        ]
        return (
            max((rule.says.get("max_loans", 0) for rule in rules), default=0),
            max((rule.says.get("max_loans_in_group", 0) for rule in rules), default=0),
        )
