"""What an owner does not lend, nobody lends for it; how long a loan is, the lender says.

A table of rules x rules x verbs: whatever the owner and the lender say, the stricter of both holds.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import Transaction
from catalogue.visibility import share_stock
from circulation.explaining.loans import LoanExplained, explain_loan
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.kernel.policy import WHETHER, LoanTerms, stricter
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    UNATTENDED,
    Branch,
    CheckedIn,
    CheckedOut,
    Destination,
    Refused,
    Renewed,
)
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import GROUPS
from circulation.loans.checks import terms_refusals
from circulation.loans.lending import check_out
from circulation.loans.renewals import renew
from circulation.loans.wishes import LoanWish, RenewalWish
from tests.builders.agencies import a_school, agree
from tests.builders.bookings import a_set, book
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import ask, costs

#: What a place may say of its loans, and why it then refuses a loan, and a hold; the weightiest
#: reason first.
RULES: dict[str, tuple[dict[str, Any], Reason | None, Reason | None]] = {
    "not loanable": (
        {"loan_days": 14, "loanable": False},
        Reason.ITEM_NOT_LOANABLE,
        Reason.NOT_HOLDABLE,
    ),
    "on site": ({"loan_days": 14, "on_site_only": True}, Reason.ON_SITE_ONLY, Reason.NOT_HOLDABLE),
    "no rule": ({"renewals": 3}, Reason.NO_LOAN_POLICY, Reason.NOT_HOLDABLE),
    "not holdable": ({"loan_days": 14, "holdable": False}, None, Reason.NOT_HOLDABLE),
    "lends": ({"loan_days": 14}, None, None),
}
ORDER = list(RULES)


def reason(answer: object) -> Reason | None:
    """The only reason why not; None where it was done."""
    if not isinstance(answer, Refused):
        return None
    [only] = answer.reasons
    return only


def two_agencies(library: Library, owner: str, lender: str) -> tuple[Branch, str]:
    """Makes the library lend by the one rule; gives a neighbour that lends by the other, and an
    item of the neighbour's."""
    library.policy(renewals=2)  # in place of the rule for all: nothing says how long
    neighbour = a_school(library, kind="public")
    costs(library, (neighbour, library.main, 1), (library.main, neighbour, 1))
    lends, owns = RULES[lender][0], RULES[owner][0]
    library.policy(agency_id=library.main.agency_id, **lends)
    days = {"loan_days": 99} if "loan_days" in owns else {}
    library.policy(agency_id=neighbour.agency_id, **(owns | days))
    return neighbour, an_item(library, home=neighbour)


@pytest.mark.parametrize("freely", [False, True], ids=["", "lender alone"])
@pytest.mark.parametrize("lender", RULES)
@pytest.mark.parametrize("owner", RULES)
def test_the_stricter_decides(
    sqlite_library: Library, owner: str, lender: str, freely: bool
) -> None:
    library = sqlite_library
    neighbour, barcode = two_agencies(library, owner, lender)
    if freely:
        agree(library, library.main, neighbour, lending=True)
    deciding = lender if freely else min(owner, lender, key=ORDER.index)
    _, no_loan, no_hold = RULES[deciding]
    card = a_patron(library)

    held = ask(library, card, Wanted(item=barcode), at=library.main)
    assert reason(held) is no_hold
    if isinstance(held, HoldsPlaced):
        answer = library.check_in(barcode, at=neighbour)
        assert isinstance(answer, CheckedIn)
        assert answer.destination is Destination.TRANSIT_TO_PICKUP
    answer_out = library.check_out(card, barcode)
    assert reason(answer_out) is no_loan
    if isinstance(answer_out, CheckedOut):
        assert answer_out.loan.due.date() == (library.now + timedelta(days=14)).date()
    else:
        forced = library.check_out(card, barcode, no_block=True)
        assert isinstance(forced, CheckedOut)
        assert [each.reason for each in forced.overridden] == [no_loan]

    library.policy(agency_id=library.main.agency_id, **(RULES[lender][0] | {"renewals": 2}))
    library.pass_time(days=1)
    renewed = library.renew(card, barcode, at=neighbour)
    if no_loan is None:
        assert isinstance(renewed, Renewed)
        assert renewed.loan.due.date() == (library.now + timedelta(days=14)).date()
    else:
        assert isinstance(renewed, Refused)
        assert no_loan in renewed.reasons


@given(st.builds(LoanTerms, **{name: st.booleans() for name in WHETHER[:3]}))
def test_nothing_is_lent_that_one_of_them_refuses(terms: LoanTerms) -> None:
    for other in (LoanTerms(loan_days=1), LoanTerms(loan_days=2, loanable=False), LoanTerms()):
        for lender, owner in ((terms, other), (other, terms)):
            both = stricter(lender, owner)
            assert bool(terms_refusals(both)) == bool(
                terms_refusals(lender) or terms_refusals(owner)
            )
            assert both.holdable == (lender.holdable and owner.holdable)
            assert (both.loan_days, both.renewals) == (lender.loan_days, lender.renewals)


def test_a_class_set_that_the_school_does_not_lend_to_pupils(library: Library) -> None:
    school = a_school(library)
    library.policy(
        agency_id=school.agency_id,
        patron_category="pupil",
        material_group="class-set",
        loanable=False,
    )
    pupil = a_patron(library, home_branch=school.id, category="pupil")
    teacher = a_patron(library, home_branch=school.id, category="teacher")
    barcode = an_item(library, home=school, material_group="class-set")
    for branch in (school, library.main):
        answer = library.check_out(pupil, barcode, at=branch)
        assert reason(answer) is Reason.ITEM_NOT_LOANABLE
    assert isinstance(library.check_out(teacher, barcode), CheckedOut)


def test_what_a_school_keeps_to_itself(library: Library) -> None:
    school = a_school(library)
    adult, pupil = a_patron(library), a_patron(library, home_branch=school.id)

    def lent_to(card: str, at: Branch) -> Reason | None:
        return reason(library.check_out(card, an_item(library, home=school), at=at))

    assert lent_to(adult, library.main) is Reason.ITEM_NOT_LOANABLE
    assert lent_to(adult, school) is None  # at its own desk the school's rules decide
    assert lent_to(pupil, library.main) is None
    agree(library, library.main, school, lending=True)
    assert lent_to(adult, library.main) is None
    agree(library, library.main, school, payments=True)
    assert lent_to(adult, library.main) is Reason.ITEM_NOT_LOANABLE

    def share(transaction: Transaction) -> None:
        share_stock(transaction, "DK-900200", True)
        set_up_changed(transaction)

    library.write(share)
    assert lent_to(adult, library.main) is None


def test_a_loan_of_hidden_stock_is_not_renewed_for_an_outsider(library: Library) -> None:
    school, adult = a_school(library), a_patron(library)
    barcode = an_item(library, home=school)
    assert isinstance(library.check_out(adult, barcode, no_block=True), CheckedOut)
    library.pass_time(days=1)
    assert reason(library.renew(adult, barcode)) is Reason.ITEM_NOT_LOANABLE


def test_a_branch_has_a_say_of_what_is_its_own(library: Library) -> None:
    library.policy(branch_id=library.other.id, material_group="local", on_site_only=True)
    barcode = an_item(library, home=library.other, material_group="local")
    assert reason(library.check_out(a_patron(library), barcode)) is Reason.ON_SITE_ONLY


def test_limits_are_the_smaller_of_both(library: Library) -> None:
    school, card = a_school(library, kind="public"), a_patron(library)
    library.policy(agency_id=school.agency_id, max_loans=2)
    for _ in range(2):
        assert isinstance(library.check_out(card, an_item(library)), CheckedOut)
    assert isinstance(library.check_out(card, an_item(library)), CheckedOut)  # not the school's
    answer = library.check_out(card, an_item(library, home=school))
    assert isinstance(answer, Refused)
    [only] = answer.refusals
    assert (only.reason, only.limit) == (Reason.TOO_MANY_LOANS, 2)


@pytest.mark.parametrize(("games", "media", "limit"), [(1, 9, 1), (9, 2, 2), (2, 2, 2)])
def test_limits_on_several_groups_both_hold(
    library: Library, games: int, media: int, limit: int
) -> None:
    """The lender's limit is on games, the owner's on all media, or it is the other that is met."""
    library.write(
        lambda transaction: GROUPS.store(
            transaction, {"av": ("Medier", None), "game": ("Spil", "av")}
        )
    )
    school, card = a_school(library, kind="public"), a_patron(library)
    library.policy(
        agency_id=library.main.agency_id, material_group="game", max_loans_in_group=games
    )
    library.policy(agency_id=school.agency_id, material_group="av", max_loans_in_group=media)
    for group in ("game", "av"):
        lent = library.check_out(card, an_item(library, material_group=group))
        assert isinstance(lent, CheckedOut)
    answer = library.check_out(card, an_item(library, home=school, material_group="game"))
    assert isinstance(answer, Refused)
    [only] = answer.refusals
    assert (only.reason, only.limit) == (Reason.TOO_MANY_LOANS_IN_GROUP, limit)


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ({}, None),
        ({"loanable": False}, Reason.NOT_BOOKABLE),
        ({"on_site_only": True}, Reason.NOT_BOOKABLE),
        ({"loanable": False, "bookable": True}, None),
    ],
)
def test_copies_are_booked_where_they_can_be_lent(
    library: Library, rule: dict[str, Any], refused: Reason | None
) -> None:
    """The owner says whether its copies may be booked, the branch that lends whether it lends."""
    neighbour = a_school(library, kind="public")
    costs(library, (library.main, neighbour, 1))
    first, *_ = a_set(library, 2)
    library.policy(agency_id=neighbour.agency_id, material_group="class-set", bookable=False)
    if rule:
        there = {"bookable": False} | rule
        library.policy(agency_id=neighbour.agency_id, material_group="class-set", **there)
    teacher = a_patron(library, home_branch=neighbour.id)
    assert reason(book(library, teacher, first, 5, 9)) is refused


def test_both_rules_are_explained(library: Library) -> None:
    school = a_school(library)
    library.policy(agency_id=school.agency_id, patron_category="adult", loanable=False)
    card, barcode = a_patron(library), an_item(library, home=school)

    def explained(at: Branch) -> LoanExplained:
        found = library.read(
            lambda transaction: explain_loan(
                library.act(transaction, UNATTENDED), patron=card, item=barcode, branch=at.isil
            )
        )
        assert isinstance(found, LoanExplained)
        return found

    found = explained(library.main)
    assert (found.branch, found.owner) == (library.main, school)
    [lenders] = [each for each in found.fields if each.field == "loanable"]
    [owners] = [each for each in found.owner_fields if each.field == "loanable"]
    assert (lenders.value, lenders.rule) == (True, None)
    assert owners.value is False
    assert owners.rule is not None
    assert owners.rule.agency_id == school.agency_id
    assert {each.field for each in found.owner_fields} > set(WHETHER)
    assert [each.reason for each in found.refusals] == [Reason.ITEM_NOT_LOANABLE]
    assert (found.lends_freely, found.keeps_to_itself) == (False, True)
    agree(library, library.main, school, lending=True)
    free = explained(library.main)
    assert (free.lends_freely, free.keeps_to_itself, free.refusals) == (True, False, ())
    at_home = explained(school)
    assert at_home.owner_fields == ()
    assert [each.reason for each in at_home.refusals] == [Reason.ITEM_NOT_LOANABLE]


def test_the_owners_say_costs_no_statement(library: Library) -> None:
    """The same number for an item of the branch's own and for one of another agency."""
    school = a_school(library, kind="public")
    library.policy(agency_id=school.agency_id, renewals=1, max_loans=10)
    card = a_patron(library)
    sent: list[Counter[str]] = []
    for home in (library.main, library.main, school):  # the first reads the set-up
        barcode = an_item(library, home=home)
        counted: Counter[str] = Counter()
        verbs = (("check-out", check_out, LoanWish), ("renewal", renew, RenewalWish))
        for name, verb, wish in verbs:
            library.write(
                lambda transaction, name=name, verb=verb, wish=wish: verb(  # type: ignore[misc]
                    library.act(counting(transaction, counted, name)),  # noqa: B023
                    wish(card, barcode),  # noqa: B023
                )
            )
            library.pass_time(days=1)
        sent.append(counted)
    locks = {"sqlite": (0, 0), "postgresql": (2, 2)}[library.write(lambda each: each.dialect)]
    assert sent[1] == sent[2] == {"check-out": 4 + locks[0], "renewal": 5 + locks[1]}


def counting(transaction: Transaction, counted: Counter[str], name: str) -> Transaction:
    """The same transaction, its statements counted."""

    def execute(*arguments: Any) -> Any:
        counted[name] += 1
        return transaction.execute(*arguments)

    return Transaction(transaction.dialect, execute, transaction.execute_many)
