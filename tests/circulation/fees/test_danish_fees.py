"""The Danish model: one fee for what was lent, due and handed in together (statement 11).

The worked examples are those of municipal libraries: ten books together, two days of return, two
dates of loan renewed to one due date, a return after the bill.
"""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date, timedelta

import pytest

from circulation.fees.late_fees import SESSION
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.results import CheckedIn, Desk, Refused
from circulation.ledger.money import ChargeKind
from circulation.loans.returns import check_in
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.fees import (
    amounts,
    charges_of,
    danish_fees,
    fee_rule,
    hand_in,
    late_by,
    lend,
    number_of,
    owed,
    paid,
    renewed,
    total,
)


def test_ten_books_together_are_one_fee(either_library: Library) -> None:
    library = either_library
    danish_fees(library)
    card = a_patron(library)
    books = lend(library, card, 10)
    late_by(library, 3)
    answers = hand_in(library, *books)
    assert [[fee.amount for fee in answer.charged] for answer in answers] == [[2_000]] + [[]] * 9
    [line] = charges_of(library, card)
    assert (line.charge.kind, line.charge.amount, line.charge.balance) == (
        ChargeKind.LATE_FEE,
        2_000,
        2_000,
    )
    assert [loan.barcode for loan in line.loans] == books
    assert owed(library, card) == (library.main.agency_id, "DKK", 2_000, 0)


def test_ten_desks_at_once_are_one_fee(either_library: Library) -> None:
    """Each hands in a book of the ten in the same moment."""
    library = either_library
    danish_fees(library)
    card = a_patron(library)
    books = lend(library, card, 10)
    late_by(library, 3)

    def take(barcode: str, machine: str) -> Future[CheckedIn | Refused]:
        desk = Desk("kiosk", machine, library.main.agency_id, library.main.id)
        return library.database.write(
            lambda transaction: check_in(
                Act(transaction, library.circulation, desk, library.now), item=barcode
            )
        )

    done = [take(book, f"10.0.0.{number}:1") for number, book in enumerate(books)]
    for each in done:
        assert isinstance(each.result(), CheckedIn)
    assert amounts(library, card) == [2_000]
    assert total(library, card) == 2_000


def test_two_days_of_return_are_two_fees(either_library: Library) -> None:
    library = either_library
    danish_fees(library)
    card = a_patron(library)
    first, second, third = lend(library, card, 3)
    late_by(library, 3)
    hand_in(library, first, second)
    library.pass_time(days=1)
    hand_in(library, third)
    assert amounts(library, card) == [2_000, 2_000]


@pytest.mark.parametrize(("group_date", "fees"), [("loan", 2), ("renewal", 1)])
def test_two_dates_of_loan_renewed_to_one_due_date(
    either_library: Library, group_date: str, fees: int
) -> None:
    library = either_library
    danish_fees(library, group_date=group_date)
    card = a_patron(library)
    [first] = lend(library, card)
    library.pass_time(days=2)
    [second] = lend(library, card)
    library.pass_time(days=5)
    renewed(library, card, first, second)
    late_by(library, 3)
    hand_in(library, first, second)
    assert amounts(library, card) == [2_000] * fees


def test_different_due_dates_handed_in_together_are_a_fee_each(library: Library) -> None:
    danish_fees(library)
    library.policy(material_group="dvd", loan_days=7)
    card = a_patron(library)
    both = [*lend(library, card), *lend(library, card, material_group="dvd")]
    late_by(library, 1)
    hand_in(library, *both)
    assert sorted(amounts(library, card)) == [2_000, 12_000]


@pytest.mark.parametrize(
    ("days", "adult", "child"),
    [
        (0, 0, 0),
        (1, 2_000, 1_000),
        (7, 2_000, 1_000),
        (8, 12_000, 5_500),
        (30, 12_000, 5_500),
        (31, 23_000, 12_000),
        (400, 23_000, 12_000),
    ],
)
def test_the_tariff_goes_by_days_and_by_age(
    library: Library, days: int, adult: int, child: int
) -> None:
    danish_fees(library)
    grown, young = a_patron(library), a_patron(library, birth_date=date(2016, 5, 1))
    books = lend(library, grown) + lend(library, young)
    late_by(library, days)
    hand_in(library, *books)
    assert (total(library, grown), total(library, young)) == (adult, child)


def test_the_age_is_that_on_the_due_date(library: Library) -> None:
    danish_fees(library)
    due = (library.now + timedelta(days=28)).date()
    birthday = due.replace(year=due.year - 14)
    turned, not_yet = (
        a_patron(library, birth_date=birthday),
        a_patron(library, birth_date=birthday + timedelta(days=1)),
    )
    books = lend(library, turned) + lend(library, not_yet)
    late_by(library, 5)
    hand_in(library, *books)
    assert (total(library, turned), total(library, not_yet)) == (2_000, 1_000)


def test_statement_11_one_fee_by_tier_age_and_occasion(either_library: Library) -> None:
    """11. Fee = tier(days late after grace, category, age at due date) per (agency, borrower,
    group date, due date, return occasion); never exceeds the legal cap; library and school
    institutions exempt."""
    library = either_library
    danish_fees(library, tiers=[[1, 2_000], [8, 99_000]], grace_days=1)
    fee_rule(library, patron_category="institution", late_fees="none")
    grown, young = a_patron(library), a_patron(library, birth_date=date(2016, 5, 1))
    institution = a_patron(library, category="institution")
    books = [lend(library, each, 3) for each in (grown, young, institution)]
    late_by(library, 9)
    hand_in(library, *(pair[0] for pair in books), *(pair[1] for pair in books))
    assert [amounts(library, each) for each in (grown, young, institution)] == [
        [12_000],
        [5_500],
        [],
    ]
    library.pass_time(days=1)
    hand_in(library, *(pair[2] for pair in books))
    assert amounts(library, grown) == [12_000, 12_000]


def test_no_tariff_goes_above_its_ceiling(library: Library) -> None:
    danish_fees(library, tiers=[[1, 5_000], [2, 50_000]], child_tiers=[[1, 50_000]])
    grown, young = a_patron(library), a_patron(library, birth_date=date(2016, 5, 1))
    books = lend(library, grown) + lend(library, young)
    late_by(library, 9)
    hand_in(library, *books)
    assert (total(library, grown), total(library, young)) == (12_000, 5_500)


def test_institutions_schools_and_days_of_grace_cost_nothing(library: Library) -> None:
    danish_fees(library, grace_days=2)
    fee_rule(library, patron_category="institution", late_fees="none")
    fee_rule(library, branch_id=library.other.id, late_fees="none")
    card, kindergarten = a_patron(library), a_patron(library, category="institution")
    [book], [theirs] = lend(library, card), lend(library, kindergarten)
    at_school = an_item(library, home=library.other)
    library.check_out(card, at_school, at=library.other)
    late_by(library, 2)
    hand_in(library, book, theirs, at_school)
    assert (amounts(library, card), amounts(library, kindergarten)) == ([], [])
    [book], [theirs] = lend(library, card), lend(library, kindergarten)
    late_by(library, 40)
    hand_in(library, book, theirs)
    assert (amounts(library, card), amounts(library, kindergarten)) == ([23_000], [])


def test_a_late_renewal_never_wipes_out_a_fee(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 9)
    one, other = renewed(library, card, first, second)
    assert ([fee.amount for fee in one.charged], other.charged) == ([12_000], ())
    hand_in(library, first, second)
    assert amounts(library, card) == [12_000]


def test_a_renewal_and_a_return_late_again_are_two_fees(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 9)
    renewed(library, card, book)
    late_by(library, 1)
    hand_in(library, book)
    assert amounts(library, card) == [12_000, 2_000]


def test_one_session_at_one_machine(either_library: Library) -> None:
    """Where the rules say so, an occasion is a session: returns at one machine that follow."""
    library = either_library
    danish_fees(library, occasion="session")
    card = a_patron(library)
    books = lend(library, card, 5)
    late_by(library, 3)

    def at_machine(barcode: str, name: str) -> None:
        desk = Desk("kiosk", name, library.main.agency_id, library.main.id)
        answer = library.write(
            lambda transaction: check_in(
                Act(transaction, library.circulation, desk, library.now), item=barcode
            )
        )
        assert isinstance(answer, CheckedIn)

    at_machine(books[0], "10.0.0.1:4001")
    library.pass_time(seconds=SESSION.total_seconds() - 1)
    at_machine(books[1], "10.0.0.1:4002")
    library.pass_time(seconds=SESSION.total_seconds() - 1)
    at_machine(books[2], "10.0.0.1:4002")
    assert amounts(library, card) == [2_000]
    at_machine(books[3], "10.0.0.2:4001")
    assert amounts(library, card) == [2_000, 2_000]
    library.pass_time(seconds=SESSION.total_seconds() + 1)
    at_machine(books[4], "10.0.0.1:4002")
    assert amounts(library, card) == [2_000, 2_000, 2_000]


def test_a_backdated_return_is_late_until_it_came(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    in_time, late = lend(library, card, 2)
    due = library.now + timedelta(days=28)
    late_by(library, 10)
    hand_in(library, in_time, returned=due)
    assert amounts(library, card) == []
    hand_in(library, late, returned=due + timedelta(days=3))
    assert amounts(library, card) == [2_000]


def test_what_staff_have_taken_off_stays_off(library: Library) -> None:
    from circulation.ledger.charges import reduce_charge
    from tests.builders.fees import account

    danish_fees(library)
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 3)
    hand_in(library, first)
    [line] = charges_of(library, card)
    library.write(
        lambda transaction: reduce_charge(
            account(library, transaction, card), line.charge, 2_000, "the machine was out of order"
        )
    )
    hand_in(library, second)
    assert total(library, card) == 0


def test_a_fee_that_was_paid_is_paid_for_all_of_its_loans(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 3)
    hand_in(library, first)
    paid(library, card, 2_000)
    hand_in(library, second)
    assert total(library, card) == 0


def test_a_charge_is_an_event_with_who_did_what(library: Library) -> None:
    """Statement 17: actor, device, branch, time, what it is now."""
    danish_fees(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 3)
    hand_in(library, book)
    found = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
    )
    [event] = [each for each in found if each.kind is EventKind.CHARGE_CREATED]
    [line] = charges_of(library, card)
    assert (event.actor, event.branch_id, event.at) == ("kiosk", library.main.id, library.now)
    assert event.after["charge"] == line.charge.id
    assert (event.after["amount"], event.after["currency"]) == (2_000, "DKK")
