"""What the rules of one set-up say of lending at a branch, and what is remembered of it."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.kernel import loan_rules
from circulation.kernel.agreements import Agreements
from circulation.kernel.loan_rules import LoanRules
from circulation.kernel.policy import GroupLimit, LoanTerms, stricter
from circulation.kernel.results import Branch
from circulation.kernel.rules import Rule

#: Two branches of agency 1, one of agency 2.
BRANCHES = {
    number: Branch(number, f"DK-{number}", f"Branch {number}", agency, f"DK-{agency}", "", "UTC")
    for number, agency in ((10, 1), (11, 1), (20, 2))
}
GROUPS = {"film": None, "dvd": "film", "book": None}


def a_row(number: int, **fields: Any) -> Rule:
    scope = {name: fields.pop(name) for name in Rule._fields[1:-1] if name in fields}
    return Rule(number, **scope, says=fields)


def rules(*rows: dict[str, Any], schools: frozenset[int] = frozenset()) -> LoanRules:
    policies = tuple(a_row(number, **row) for number, row in enumerate(rows, start=1))
    return LoanRules(
        branches=BRANCHES,
        policies=policies,
        categories={"adult": None},
        groups=GROUPS,
        hidden_schools=schools,
        agreements=Agreements(),
    )


MOST = (
    {"max_loans": 10},
    {"max_loans": 20, "agency_id": 1},
    {"max_loans": 30, "branch_id": 11},
    {"max_loans": 40, "agency_id": 2},
    {"max_loans_in_group": 3, "material_group": "film"},
    {"max_loans_in_group": 5, "material_group": "dvd", "branch_id": 10},
    {"max_loans_in_group": 7, "material_group": "book", "agency_id": 2},
)


@pytest.mark.parametrize(
    ("here", "owner", "group", "most"),
    [
        (10, 10, "dvd", (20, 5)),
        (10, 10, "film", (20, 3)),
        (10, 10, "book", (20, 0)),
        (11, 11, "dvd", (30, 3)),
        (20, 20, "book", (40, 7)),
        (10, 20, "book", (40, 7)),  # the larger of both, whichever it is
        (20, 10, "dvd", (40, 5)),
        (99, 99, "dvd", (0, 0)),  # no such branch
        (99, 10, "dvd", (20, 5)),
    ],
)
def test_nobody_needs_to_count_beyond_the_largest_limit(
    here: int, owner: int, group: str, most: tuple[int, int]
) -> None:
    known = rules(*MOST)
    assert known.most_loans(here, owner, group) == most
    assert known.most_loans(here, owner, group) == most  # remembered
    assert known.most_loans_of_anybody == 40


def test_without_a_limit_nothing_is_counted() -> None:
    assert rules().most_loans(10, 20, "dvd") == (0, 0)
    assert rules().most_loans_of_anybody == 0
    assert rules({"loan_days": 1}).most_loans(10, 10, "dvd") == (0, 0)


def test_terms_are_remembered_apart_and_for_as_many_cases_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loan_rules, "_TERMS_KEPT", 1)
    known = rules(
        {"loan_days": 28},
        {"loan_days": 7, "material_group": "film"},
        {"loan_days": 14, "branch_id": 11},
        {"loanable": False, "agency_id": 2},
    )
    for _ in range(2):
        assert known.terms(10, "adult", "book").loan_days == 28
        assert known.terms(10, "adult", "dvd").loan_days == 7
        assert known.terms(11, "adult", "book").loan_days == 14
        assert known.lending_terms(10, 20, "adult", "book").loanable is False
        assert known.lending_terms(10, 11, "adult", "book").loanable is True
        assert known.lending_terms(11, 10, "adult", "dvd").loan_days == 14
        assert known.most_loans(10, 11, "dvd") == (0, 0)
    assert known.terms(10, "adult", "dvd") is known.terms(10, "adult", "dvd")


def test_a_school_keeps_its_items_to_its_own_patrons_wherever_they_borrow() -> None:
    known = rules({"loan_days": 28}, schools=frozenset({2}))
    for branch, owner, patron_agency, is_hidden in (
        (10, 20, 1, True),
        (10, 20, 2, False),  # a patron of the school's
        (20, 20, 1, False),  # at the school itself
        (10, 11, 2, False),  # not the school's item
        (10, 20, None, False),  # no patron in particular
    ):
        terms = known.lending_terms(branch, owner, "adult", "book", patron_agency)
        assert terms.loanable is not is_hidden
        if patron_agency is not None and branch != owner:
            assert known.is_hidden_from(owner, branch, patron_agency) is is_hidden


def limited(most: int | None, *groups: str, **terms: Any) -> LoanTerms:
    return LoanTerms(loan_days=7, max_loans_in_group=most, counted_groups=groups, **terms)


@pytest.mark.parametrize(
    ("lender", "owner", "most", "groups", "other"),
    [
        (limited(None, "dvd"), limited(None, "film"), None, ("dvd",), None),
        (limited(3, "dvd"), limited(None, "film"), 3, ("dvd",), None),
        (limited(None, "dvd"), limited(4, "film", "dvd"), 4, ("film", "dvd"), None),
        (limited(3, "dvd"), limited(2, "dvd"), 2, ("dvd",), None),
        (limited(2, "dvd"), limited(3, "dvd"), 2, ("dvd",), None),
        (limited(0, "dvd"), limited(0, "film"), 0, ("dvd",), GroupLimit(0, ("film",))),
        (limited(5, "dvd"), limited(2, "film"), 5, ("dvd",), GroupLimit(2, ("film",))),
    ],
)
def test_limits_in_groups_of_owner_and_lender(
    lender: LoanTerms,
    owner: LoanTerms,
    most: int | None,
    groups: tuple[str, ...],
    other: GroupLimit | None,
) -> None:
    both = stricter(lender, owner)
    assert (both.max_loans_in_group, both.counted_groups) == (most, groups)
    assert both.owner_limit == other


@pytest.mark.parametrize(
    ("lender", "owner", "both"),
    [(None, None, None), (3, None, 3), (None, 3, 3), (3, 2, 2), (2, 3, 2), (0, 3, 0)],
)
def test_the_smaller_limit_of_loans_holds(
    lender: int | None, owner: int | None, both: int | None
) -> None:
    found = stricter(LoanTerms(loan_days=1, max_loans=lender), LoanTerms(max_loans=owner))
    assert found.max_loans == both
    assert found.loan_days == 1
    assert not found.owner_lends
    assert stricter(LoanTerms(), LoanTerms(loan_hours=1)).owner_lends
