"""The rules: field by field from the narrowest row, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import Transaction
from circulation.kernel.engine import Circulation
from circulation.kernel.loan_rules import LOAN_POLICIES, resolve
from circulation.kernel.policy import LENGTHS, LOAN_POLICY, LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refusal, Refused
from circulation.kernel.rules import Case, Rule, Tree, descent, lineage, narrowness
from circulation.kernel.set_up import read_set_up, set_up_changed
from circulation.kernel.trees import CATEGORIES as CATEGORY_ROWS
from circulation.kernel.trees import GROUPS as GROUP_ROWS
from tests.builders.circulation import Library, a_patron, an_item

CATEGORIES: Tree = {"resident": None, "child": "resident", "adult": "resident"}
GROUPS: Tree = {"av": None, "dvd": "av", "cd": "av", "book": None}
HERE = Case(1, 10, ("child", "resident"), ("dvd", "av"))


def row(number: int, **given: Any) -> Rule:
    scope = {name: given.pop(name) for name in Rule._fields[1:-1] if name in given}
    return Rule(
        number, **scope, says={name: each for name, each in given.items() if each is not None}
    )


def test_without_rules_nothing_is_lent() -> None:
    assert resolve([], HERE, {})


def test_each_field_comes_from_the_narrowest_row_that_sets_it() -> None:
    rows = [
        row(1, loan_days=28, renewals=2, max_loans=50),
        row(2, agency_id=1, loan_days=31),
        row(3, agency_id=1, patron_category="child", max_loans=10),
        row(4, branch_id=10, material_group="dvd", loan_days=7, renewals=0),
        row(5, branch_id=11, loan_days=1),
        row(6, agency_id=2, renewals=9),
    ]
    assert resolve(rows, HERE, {}) == LoanTerms(
        loan_days=7, renewals=0, max_loans=10, counted_groups=("dvd",)
    )
    deciding = {
        part.field: part.rule.id if part.rule else None
        for part in LOAN_POLICIES.explain(rows, HERE)
    }
    told = {field: row_id for field, row_id in deciding.items() if row_id is not None}
    assert told == dict.fromkeys(LENGTHS, 4) | {"renewals": 4, "max_loans": 3}


def test_place_weighs_more_than_category_and_a_narrow_category_more_than_a_wide_one() -> None:
    scopes: list[dict[str, Any]] = [
        {**place, **category, **group}
        for place in ({}, {"agency_id": 1}, {"branch_id": 10})
        for category in ({}, {"patron_category": "resident"}, {"patron_category": "child"})
        for group in ({}, {"material_group": "av"}, {"material_group": "dvd"})
    ]
    rows = [row(days, loan_days=days, **scope) for days, scope in enumerate(scopes)]
    for wider_than in range(len(rows)):
        assert resolve(rows[: wider_than + 1], HERE, {}).loan_days == wider_than
        assert resolve(rows[wider_than::-1], HERE, {}).loan_days == wider_than


def test_zero_and_no_are_answers() -> None:
    rows = [row(1, loan_days=28, renewals=2), row(2, agency_id=1, renewals=0, loanable=False)]
    terms = resolve(rows, HERE, {})
    assert (terms.renewals, terms.loanable, terms.loan_days) == (0, False, 28)


def test_the_length_of_a_loan_is_one_field() -> None:
    """A narrow rule for hours is not joined with a wide one for days."""
    rows = [row(1, loan_days=28), row(2, material_group="dvd", loan_hours=3)]
    terms = resolve(rows, HERE, {})
    assert (terms.loan_days, terms.loan_hours, terms.loan_until) == (None, 3, None)
    rows.append(row(3, branch_id=10, loan_until="06-25"))
    terms = resolve(rows, HERE, {})
    assert (terms.loan_days, terms.loan_hours, terms.loan_until) == (None, None, "06-25")


def test_a_limit_counts_the_groups_of_the_rule_that_set_it() -> None:
    wide = row(1, material_group="av", max_loans_in_group=5)
    narrow = row(2, material_group="dvd", max_loans_in_group=2)
    anywhere = row(3, max_loans_in_group=9)
    assert resolve([wide, anywhere], HERE, GROUPS).counted_groups == ("av", "cd", "dvd")
    assert resolve([wide, narrow], HERE, GROUPS).counted_groups == ("dvd",)
    assert resolve([anywhere], HERE, GROUPS).counted_groups == ("dvd",)


@pytest.mark.parametrize(
    ("ways", "is_sound"),
    [
        ({"machines": "refuse", "desk": "ask"}, True),
        ({"desk": "allow"}, True),
        ({}, False),
        ({"kiosk": "refuse"}, False),
        ({"desk": "forbid"}, False),
        ({"desk": "ask", "machines": "forbid"}, False),
        ("desk=ask", False),
    ],
)
def test_ways_to_lend_wanted_copies(ways: object, is_sound: bool) -> None:
    assert (LOAN_POLICY.problems({"lend_wanted_copies": ways}) == {}) is is_sound


def test_lines_of_parents_end_even_in_a_circle() -> None:
    circle: Tree = {"a": "b", "b": "a"}
    assert lineage(circle, "a") == ("a", "b")
    assert lineage({}, "unheard of") == ("unheard of",)
    assert descent(CATEGORIES, "resident") == ("resident", "adult", "child")


PLACES = st.sampled_from(
    [{}, {"agency_id": 1}, {"agency_id": 2}, {"branch_id": 10}, {"branch_id": 20}]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "place": PLACES,
            "patron_category": st.sampled_from([None, *CATEGORIES]),
            "material_group": st.sampled_from([None, *GROUPS]),
            "length": st.sampled_from(
                [{}, {"loan_days": 3}, {"loan_hours": 4}, {"loan_until": "06-25"}]
            ),
            "renewals": st.none() | st.integers(0, 3),
            "loanable": st.none() | st.booleans(),
            "closed_days": st.sampled_from([None, "push", "keep"]),
        }
    ),
    max_size=12,
).map(
    lambda all_given: [
        row(number, **given.pop("place"), **given.pop("length"), **given)
        for number, given in enumerate([dict(given) for given in all_given])
    ]
)


@given(ROWS, st.sampled_from([*CATEGORIES, "guest"]), st.sampled_from([*GROUPS, ""]), st.randoms())
def test_explain_agrees_with_resolve_and_no_narrower_row_was_passed_over(
    rows: list[Rule], category: str, group: str, random: Any
) -> None:
    case = Case(1, 10, lineage(CATEGORIES, category), lineage(GROUPS, group))
    explained = LOAN_POLICIES.explain(rows, case)
    terms = resolve(rows, case, {})
    assert tuple(part.field for part in explained) == LOAN_POLICY.names
    for part in explained:
        assert part.value == getattr(terms, part.field)
        names = LENGTHS if part.field in LENGTHS else (part.field,)
        for other in rows:
            fit = narrowness(other, case)
            if fit is not None and any(name in other.says for name in names):
                assert part.rule is not None
                found = narrowness(part.rule, case)
                assert found is not None
                assert found > fit or (found == fit and part.rule.id <= other.id)
        if part.rule is not None:
            assert part.value == part.rule.says.get(part.field)
    assert sum(getattr(terms, name) is not None for name in LENGTHS) <= 1
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert LOAN_POLICIES.explain(shuffled, case) == explained


@given(ROWS)
def test_a_row_fits_by_its_scope_alone(rows: list[Rule]) -> None:
    for each in rows:
        fits = (
            each.agency_id in (None, HERE.agency_id)
            and each.branch_id in (None, HERE.branch_id)
            and each.patron_category in (None, *HERE.categories)
            and each.material_group in (None, *HERE.groups)
        )
        assert (narrowness(each, HERE) is not None) is fits


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"loan_day": 1}, "no such field"),
        ({"loan_days": True}, "a whole number"),
        ({"loan_days": "28"}, "a whole number"),
        ({"loanable": 1}, "true or false"),
        ({"renewals": -1}, "cannot be negative"),
        ({"loan_days": 10**6}, "at most"),
        ({"closed_days": "pull"}, "push or keep"),
        ({"loan_until": "25/6"}, "a date"),
        ({"loan_until": "easter"}, "a date"),
        ({"loan_days": 1, "loan_hours": 1}, "one length"),
    ],
)
def test_what_a_rule_cannot_say(terms: dict[str, Any], said: str) -> None:
    [problem] = LOAN_POLICY.problems(terms).values()
    assert said in problem


@pytest.mark.parametrize(
    ("name", "most"),
    [("loan_days", 36_500), ("loan_hours", 24 * 366), ("renewals", 1_000_000)],
)
def test_the_least_and_the_most_that_a_number_may_be(name: str, most: int) -> None:
    assert LOAN_POLICY.problems({name: 0}) == {}
    assert LOAN_POLICY.problems({name: most}) == {}
    assert LOAN_POLICY.problems({name: most + 1}) == {name: f"{name} is {most} at most: {most + 1}"}
    assert LOAN_POLICY.problems({name: -1}) == {name: f"{name} cannot be negative: -1"}


def test_each_field_at_fault_is_named_with_what_is_wrong() -> None:
    assert LOAN_POLICY.problems(
        {
            "loan_day": 1,
            "renewals": "two",
            "loanable": None,
            "closed_days": "pull",
            "holdable": "yes",
            "renewal_from": 5,
            "loan_days": 7,
            "loan_hours": -1,
            "loan_until": "2027-06-25",
            "max_loans": None,
        }
    ) == {
        "loan_day": "loan_day: rules have no such field",
        "renewals": "renewals must be a whole number, not 'two'",
        "closed_days": "closed_days is push or keep, not 'pull'",
        "holdable": "holdable must be true or false, not 'yes'",
        "renewal_from": "renewal_from must be a text, not 5",
        "loan_hours": "loan_hours cannot be negative: -1",
        "loan_until": "loan_until and loan_days: a loan has one length",
    }
    assert LOAN_POLICY.problems({"loan_until": "25/6"}) == {
        "loan_until": "loan_until is a date, 2027-06-25 or 06-25, not '25/6'"
    }


# Rules in the database


def test_a_rule_replaces_that_of_its_scope(library: Library) -> None:
    library.policy(patron_category="child", loan_days=14, renew_overdue=False)
    library.policy(patron_category="child", loan_days=21, loanable=True)
    rows = library.read(LOAN_POLICIES.read)
    assert [(each.patron_category, each.says) for each in rows] == [
        (None, {"loan_days": 28, "renewals": 2}),
        ("child", {"loan_days": 21, "loanable": True}),
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
        LOAN_POLICIES.store(transaction, loan_days=1)
        set_up_changed(transaction)
        version = read_set_up(transaction).version
        assert library.circulation.set_up(transaction, version).policies[0].says["loan_days"] == 1
        raise Undone

    with pytest.raises(Undone):
        library.write(change_and_fail)
    library.policy(loan_days=9)
    answer = library.check_out(card, barcode)
    assert answer.loan is not None
    assert (answer.loan.due - library.now).days == 9


# Lending by them


def test_statement_1_without_a_loan_profile_nothing_is_lent(library: Library) -> None:
    """An item without a loan profile for the borrower's category is refused, and why is said."""
    library.policy(loan_days=None, loanable=True)
    library.policy(patron_category="child", loan_days=14)
    adult, child = a_patron(library), a_patron(library, category="child")
    barcode = an_item(library)
    refused = library.check_out(adult, barcode)
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.NO_LOAN_POLICY,)
    assert isinstance(library.check_out(child, barcode), CheckedOut)


def test_a_rule_holds_below_its_category_and_group(library: Library) -> None:
    library.write(store_trees)
    library.policy(patron_category="resident", material_group="av", loan_days=3)
    card, guest = a_patron(library, category="child"), a_patron(library, category="guest")
    answer = library.check_out(card, an_item(library, material_group="dvd"))
    assert isinstance(answer, CheckedOut)
    assert (answer.loan.due - library.now).days == 3
    answer = library.check_out(guest, an_item(library, material_group="dvd"))
    assert isinstance(answer, CheckedOut)
    assert (answer.loan.due - library.now).days == 28


def store_trees(transaction: Transaction) -> None:
    categories = {**CATEGORIES, "guest": None}
    CATEGORY_ROWS.store(transaction, {code: (code, up) for code, up in categories.items()})
    GROUP_ROWS.store(transaction, {code: (code, up) for code, up in GROUPS.items()})
    set_up_changed(transaction)


def test_a_limit_of_a_wide_group_counts_those_below_it(library: Library) -> None:
    library.write(store_trees)
    library.policy(material_group="av", max_loans_in_group=2)
    card = a_patron(library)
    for group in ("dvd", "cd"):
        lent = library.check_out(card, an_item(library, material_group=group))
        assert isinstance(lent, CheckedOut)
    refused = library.check_out(card, an_item(library, material_group="dvd"))
    assert isinstance(refused, Refused)
    assert refused.refusals == (Refusal(Reason.TOO_MANY_LOANS_IN_GROUP, limit=2),)
    assert isinstance(library.check_out(card, an_item(library, material_group="book")), CheckedOut)


def test_material_for_use_on_the_spot_is_not_lent(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(material_group="reference", on_site_only=True)
    refused = library.check_out(a_patron(library), an_item(library, material_group="reference"))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.ON_SITE_ONLY,)
