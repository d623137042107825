"""The rules: field by field from the narrowest row, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.policy import FIELDS, LoanTerms, PolicyRow, explain, resolve, specificity
from circulation.set_up import loan_policies_of, read_set_up, set_loan_policy
from tests.builders.circulation import Library, a_patron, an_item

HERE = {"agency_id": 1, "branch_id": 10, "patron_category": "child", "material_group": "dvd"}


def row(number: int, **given: Any) -> PolicyRow:
    return PolicyRow._make(
        number if name == "id" else given.get(name) for name in PolicyRow._fields
    )


def test_without_rules_nothing_is_lent() -> None:
    assert resolve([], **HERE) == LoanTerms(loan_days=None)  # type: ignore[arg-type]


def test_each_field_comes_from_the_narrowest_row_that_sets_it() -> None:
    rows = [
        row(1, loan_days=28, renewals=2, max_loans=50),
        row(2, agency_id=1, loan_days=31),
        row(3, agency_id=1, patron_category="child", max_loans=10),
        row(4, branch_id=10, material_group="dvd", loan_days=7, renewals=0),
        row(5, branch_id=11, loan_days=1),
        row(6, agency_id=2, renewals=9),
    ]
    assert resolve(rows, **HERE) == LoanTerms(  # type: ignore[arg-type]
        loan_days=7, renewals=0, max_loans=10
    )
    deciding = {part.field: part.row.id if part.row else None for part in explain(rows, **HERE)}  # type: ignore[arg-type]
    assert deciding == {
        "loanable": None,
        "loan_days": 4,
        "renewals": 4,
        "renewal_days": None,
        "renewal_window_days": None,
        "renew_overdue": None,
        "max_loans": 3,
        "max_loans_in_group": None,
    }


def test_place_weighs_more_than_category_and_category_more_than_group() -> None:
    scopes: list[dict[str, Any]] = [
        {},
        {"material_group": "dvd"},
        {"patron_category": "child"},
        {"patron_category": "child", "material_group": "dvd"},
        {"agency_id": 1},
        {"agency_id": 1, "material_group": "dvd"},
        {"agency_id": 1, "patron_category": "child"},
        {"agency_id": 1, "patron_category": "child", "material_group": "dvd"},
        {"branch_id": 10},
        {"branch_id": 10, "material_group": "dvd"},
        {"branch_id": 10, "patron_category": "child"},
        {"branch_id": 10, "patron_category": "child", "material_group": "dvd"},
    ]
    rows = [row(days, loan_days=days, **scope) for days, scope in enumerate(scopes)]
    for wider_than in range(len(rows)):
        assert resolve(rows[: wider_than + 1], **HERE).loan_days == wider_than  # type: ignore[arg-type]
        assert resolve(rows[wider_than::-1], **HERE).loan_days == wider_than  # type: ignore[arg-type]


def test_zero_and_no_are_answers() -> None:
    rows = [row(1, loan_days=28, renewals=2), row(2, agency_id=1, renewals=0, loanable=False)]
    terms = resolve(rows, **HERE)  # type: ignore[arg-type]
    assert (terms.renewals, terms.loanable, terms.loan_days) == (0, False, 28)


ROWS = st.lists(
    st.builds(
        lambda place, category, group, days, renewals, loanable: {
            "agency_id": {1: 1, 3: 2}.get(place),
            "branch_id": {2: 10, 4: 20}.get(place),
            "patron_category": category,
            "material_group": group,
            "loan_days": days,
            "renewals": renewals,
            "loanable": loanable,
        },
        st.integers(0, 4),
        st.sampled_from([None, "child", "adult"]),
        st.sampled_from([None, "dvd", "book"]),
        st.none() | st.integers(0, 99),
        st.none() | st.integers(0, 3),
        st.none() | st.booleans(),
    ),
    max_size=12,
).map(lambda all_given: [row(number, **given) for number, given in enumerate(all_given)])


@given(ROWS, st.randoms())
def test_no_row_that_holds_is_narrower_than_the_one_that_decides(
    rows: list[PolicyRow], random: Any
) -> None:
    explained = explain(rows, **HERE)  # type: ignore[arg-type]
    assert tuple(part.field for part in explained) == FIELDS
    for part in explained:
        for other in rows:
            holds = all(getattr(other, name) in (None, value) for name, value in HERE.items())
            if holds and getattr(other, part.field) is not None:
                assert part.row is not None
                assert (-specificity(part.row), part.row.id) <= (-specificity(other), other.id)
        if part.row is not None:
            assert part.value == getattr(part.row, part.field) is not None
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert explain(shuffled, **HERE) == explained  # type: ignore[arg-type]


# Rules in the database


def test_a_rule_replaces_that_of_its_scope(library: Library) -> None:
    library.policy(patron_category="child", loan_days=14, renew_overdue=False)
    library.policy(patron_category="child", loan_days=21, loanable=True)
    rows = library.read(loan_policies_of)
    assert [(r.patron_category, r.loan_days, r.loanable, r.renew_overdue) for r in rows] == [
        (None, 28, None, None),
        ("child", 21, True, None),
    ]


def test_impossible_rules_are_refused(sqlite_library: Library) -> None:
    library = sqlite_library
    with pytest.raises(ValueError, match="not for both"):
        library.policy(agency_id=1, branch_id=1)
    with pytest.raises(ValueError, match="loan_days cannot be negative"):
        library.policy(loan_days=-1)


def test_another_process_sees_a_changed_rule_at_once(library: Library) -> None:
    card = a_patron(library)
    here, there = Circulation(), library.circulation
    for days in (5, 6):
        library.policy(loan_days=days)
        for library.circulation in (here, there):
            answer = library.check_out(card, an_item(library))
            due = answer.loan.due if answer.loan else None
            assert due is not None
            assert (due - library.now).days == days


def test_a_change_that_was_undone_is_not_remembered(library: Library) -> None:
    class Undone(Exception):
        pass

    card, barcode = a_patron(library), an_item(library)

    def change_and_fail(transaction: Transaction) -> None:
        set_loan_policy(transaction, loan_days=1)
        version = read_set_up(transaction).version
        assert library.circulation.set_up(transaction, version).policies[0].loan_days == 1
        raise Undone

    with pytest.raises(Undone):
        library.write(change_and_fail)
    library.policy(loan_days=9)
    answer = library.check_out(card, barcode)
    assert answer.loan is not None
    assert (answer.loan.due - library.now).days == 9
