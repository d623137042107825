"""Rules as rows: one for each scope."""

from __future__ import annotations

import pytest

from catalogue.database import Transaction
from circulation.fees.rules import SCOPE, FeeRow
from circulation.fees.schema import fee_rules
from circulation.kernel.policy import SCOPE as POLICY_SCOPE
from circulation.kernel.policy import PolicyRow
from circulation.kernel.schema import loan_policies
from circulation.kernel.scoped_rows import ScopedRows, check_rule
from tests.builders.circulation import Library

ROWS = ScopedRows(loan_policies, PolicyRow, POLICY_SCOPE)
FIELDS = PolicyRow._fields[5:]
EVERYWHERE = (None, None, None, None)
CHILDREN = (None, None, "child", None)


def values(days: int) -> list[int | None]:
    return [days if name == "loan_days" else None for name in FIELDS]


def days_by_scope(transaction: Transaction) -> dict[tuple[object, ...], int | None]:
    return {tuple(row[1:5]): row.loan_days for row in ROWS.read(transaction)}


def test_a_row_takes_the_place_of_the_one_of_its_scope(library: Library) -> None:
    def work(transaction: Transaction) -> None:
        for row in ROWS.read(transaction):
            ROWS.forget(transaction, tuple(row[1:5]))
        first = ROWS.store(transaction, EVERYWHERE, values(28))
        child = ROWS.store(transaction, CHILDREN, values(14))
        again = ROWS.store(transaction, EVERYWHERE, values(21))
        assert days_by_scope(transaction) == {EVERYWHERE: 21, CHILDREN: 14}
        assert first not in [row.id for row in ROWS.read(transaction)]
        assert [row.id for row in ROWS.of(transaction, CHILDREN)] == [child]
        assert [row.id for row in ROWS.of(transaction, EVERYWHERE)] == [again]
        ROWS.forget(transaction, CHILDREN)
        ROWS.forget(transaction, CHILDREN)
        assert days_by_scope(transaction) == {EVERYWHERE: 21}

    library.write(work)


def test_the_day_from_which_a_rule_holds_is_part_of_its_scope(library: Library) -> None:
    rows = ScopedRows(fee_rules, FeeRow, SCOPE)
    unset = [None] * (len(FeeRow._fields) - 1 - len(SCOPE))

    def work(transaction: Transaction) -> None:
        before = len(rows.read(transaction))
        rows.store(transaction, (None, None, None, None, library.today), unset)
        rows.store(transaction, (None, None, "scoped", None, None), unset)
        rows.store(transaction, (None, None, "scoped", None, library.today), unset)
        assert len(rows.read(transaction)) == before + 3

    library.write(work)


def test_all_that_is_wrong_comes_at_once() -> None:
    with pytest.raises(ValueError, match=r"^too long; a flow is for an agency or for a branch"):
        check_rule({"days": "too long"}, 1, 2, "flow")
    check_rule({}, 1, None)
    check_rule({}, None, 2)
