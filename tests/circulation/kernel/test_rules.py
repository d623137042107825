"""Rules as rows: one for each scope."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.fees.rules import FEE_RULES
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.rules import RuleRows
from circulation.kernel.schema import loan_policies
from tests.builders.circulation import Library


def days_by_category(transaction: Transaction) -> dict[str | None, Any]:
    rules = LOAN_POLICIES.read(transaction)
    return {rule.patron_category: rule.says.get("loan_days") for rule in rules}


def test_a_rule_takes_the_place_of_the_one_of_its_scope(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        for rule in LOAN_POLICIES.read(transaction):
            LOAN_POLICIES.forget(transaction, patron_category=rule.patron_category)
        first = LOAN_POLICIES.store(transaction, loan_days=28)
        child = LOAN_POLICIES.store(transaction, patron_category="child", loan_days=14)
        again = LOAN_POLICIES.store(transaction, loan_days=21)
        assert days_by_category(transaction) == {None: 21, "child": 14}
        assert first not in [rule.id for rule in LOAN_POLICIES.read(transaction)]
        of_children = LOAN_POLICIES.of(transaction, {"patron_category": "child"})
        assert [rule.id for rule in of_children] == [child]
        assert [rule.id for rule in LOAN_POLICIES.of(transaction, {})] == [again]
        LOAN_POLICIES.forget(transaction, patron_category="child")
        LOAN_POLICIES.forget(transaction, patron_category="child")
        assert days_by_category(transaction) == {None: 21}

    library.write(work)


def test_the_day_from_which_a_rule_holds_is_part_of_its_scope(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        before = len(FEE_RULES.read(transaction))
        FEE_RULES.store(transaction, valid_from=library.today)
        FEE_RULES.store(transaction, patron_category="scoped")
        FEE_RULES.store(transaction, patron_category="scoped", valid_from=library.today)
        assert len(FEE_RULES.read(transaction)) == before + 3

    library.write(work)


def test_what_is_said_comes_back(library: Library) -> None:
    said = {"tiers": [[1, 2_000], [8, 12_000]], "price_cap": False, "currency": "DKK"}

    def work(transaction: Transaction) -> None:
        FEE_RULES.store(transaction, patron_category="scoped", **said)
        (rule,) = FEE_RULES.of(transaction, {"patron_category": "scoped"})
        assert rule.says == said | {"tiers": ((1, 2_000), (8, 12_000))}

    library.write(work)


def test_all_that_is_wrong_comes_at_once() -> None:
    rows = RuleRows(loan_policies, {}, "flow")
    with pytest.raises(ValueError, match=r"^too long; a flow is for an agency or for a branch"):
        rows.check({"agency_id": 1, "branch_id": 2}, {"days": "too long"})
    rows.check({"agency_id": 1}, {})
    rows.check({"agency_id": None, "branch_id": 2}, {})
