"""Pages of charges, why a charge is, and what one agency has taken for another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalogue.database import Transaction
from circulation.explaining.charges import ChargeExplained, explain_charge
from circulation.fees.expected import ExpectedFees, expected_fees
from circulation.fees.loan_fees import ACTS
from circulation.fees.paying import account_currency
from circulation.fees.receipts import Receipt, ReturnedItem, return_receipt
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.ledger.changes import change_charge
from circulation.ledger.charge_lists import patron_charges
from circulation.ledger.charge_words import ChargeReason, charge_text, own_words
from circulation.ledger.charges import ChargeUnknown, open_charge
from circulation.ledger.collected import Collected, collected_for_others
from circulation.ledger.money import ChargeKind, Paid, PostingKind
from circulation.ledger.orders import MoneyAct
from circulation.ledger.reversals import reverse_payment
from tests.builders.agencies import a_school, agree, charge_at
from tests.builders.circulation import Library, a_patron, events_of_patron
from tests.builders.dunning import danish, run_days
from tests.builders.fees import (
    charge,
    charges_of,
    danish_fees,
    fee_rule,
    hand_in,
    late_by,
    lend,
    listed,
    number_of,
    paid,
)


@pytest.fixture
def library(sqlite_library: Library) -> Library:
    return sqlite_library


def explained(library: Library, charge_id: int) -> ChargeExplained:
    found = library.read(
        lambda transaction: explain_charge(library.circulation, transaction, charge_id)
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ({}, [0, 1, 2]),
        ({"start": 1}, [0, 1, 2]),
        ({"start": 0}, [0, 1, 2]),
        ({"start": -1}, [0, 1, 2]),
        ({"start": 2}, [1, 2]),
        ({"start": 4}, []),
        ({"limit": 0}, []),
        ({"limit": -1}, []),
        ({"limit": 1}, [0]),
        ({"start": 2, "limit": 1}, [1]),
        ({"start": 2**70}, []),
        ({"limit": 2**70}, [0, 1, 2]),
    ],
)
def test_a_page_of_charges(library: Library, page: dict[str, int], shown: list[int]) -> None:
    card, school = a_patron(library), a_school(library)
    made = []
    for _ in range(3):
        made.append(charge(library, card, 100).id)
        library.pass_time(minutes=1)
    charge_at(library, school, card, 700)
    for collected_at in (None, library.main.agency_id):
        every = [*made, *([None] if collected_at is None else [])]
        found = listed(library, card, collected_at=collected_at, **page)
        assert found.total == len(every)
        ours = [line.charge.id for line in found.charges if line.charge.id in made]
        assert ours == [made[place] for place in shown]
        assert [balance.total for balance in found.balances] == [300, 700][: 1 + len(every) - 3]


def test_a_list_says_whose_it_is_and_to_whom_it_is_owed(library: Library) -> None:
    card, school = a_patron(library), a_school(library)
    charge(library, card, 100)
    library.pass_time(minutes=1)
    charge_at(library, school, card, 700)
    found = listed(library, card)
    assert found.creditors == {library.main.agency_id: "DK-900100", school.agency_id: "DK-900200"}
    assert found.patron.id == number_of(library, card)
    there = listed(library, card, collected_at=school.agency_id)
    assert there.creditors == {school.agency_id: "DK-900200"}
    assert [line.charge.amount for line in there.charges] == [700]
    agree(library, library.main, school, payments=True)
    assert len(listed(library, card, collected_at=school.agency_id).charges) == 2


def test_nobody_has_no_list(library: Library) -> None:
    answer = library.read(
        lambda transaction: patron_charges(
            library.circulation, transaction, patron="nobody", now=library.now
        )
    )
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.PATRON_UNKNOWN,)


def test_all_there_is_is_written_off_where_no_amount_is_said(library: Library) -> None:
    made = charge(library, a_patron(library), 700)
    answer = library.write(
        lambda transaction: change_charge(
            library.act(transaction), change=MoneyAct.WRITE_OFF, charge_id=made.id, reason="agreed"
        )
    )
    assert not isinstance(answer, Refused)
    assert (answer.charge.written_off, answer.charge.balance) == (700, 0)


def test_why_a_charge_is(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 3)
    hand_in(library, first, second, at=library.other)
    [line] = charges_of(library, card)
    assert isinstance(paid(library, card, 2_000, desk=library.desk(library.other)), Paid)
    found = explained(library, line.charge.id)
    assert found.charge == line.charge._replace(paid=2_000, balance=0)
    assert found.branch == library.main
    assert found.places == {library.main.id: library.main, library.other.id: library.other} or (
        found.places == {library.other.id: library.other}
    )
    assert [each.kind for each in found.postings] == [PostingKind.CREATION, PostingKind.PAYMENT]
    assert [each.branch_id for each in found.postings] == [library.other.id] * 2
    assert [each.barcode for each in found.loans] == [first, second]
    assert [each.title for each in found.loans] == ["Peters jul"] * 2
    assert (found.undone, found.steps) == ((), ())


def test_the_steps_of_a_charge_are_told_as_they_were_done(library: Library) -> None:
    """Those of the loan come before the reminder of the bill that was made of it."""
    danish(library)
    card = a_patron(library, email="ida@example.dk")
    lend(library, card, price=20_000, currency="DKK")
    late_by(library, 0)
    run_days(library, 50, sends=True)
    made = [line.charge for line in charges_of(library, card)]
    told = [explained(library, each.id).steps for each in made]
    assert all([act.id for act in acts] == sorted(act.id for act in acts) for acts in told)
    assert any({act.loan_id is None for act in acts} == {True, False} for acts in told)
    assert any(len(acts) > 2 for acts in told)


def test_a_charge_that_nobody_can_change(library: Library) -> None:
    with pytest.raises(ChargeUnknown, match="there is no charge 7 that can be changed"):
        library.write(lambda transaction: open_charge(library.act(transaction), charge_id=7))


def test_what_was_taken_for_another_agency_in_a_time(library: Library) -> None:
    """From the first moment on, until the second and no longer; what was taken back is less."""
    card, school = a_patron(library), a_school(library)
    agree(library, library.main, school, payments=True)
    charge_at(library, school, card, 500)
    charge(library, card, 300)
    library.pass_time(minutes=1)
    taken = library.now
    payment = paid(library, card, 800)
    assert isinstance(payment, Paid)

    def collected(since: timedelta, before: timedelta) -> list[Collected]:
        return library.read(
            lambda transaction: collected_for_others(
                transaction, since=taken + since, before=taken + before
            )
        )

    second = timedelta(seconds=1)
    both = [Collected("DK-900100", "DK-900200", "DKK", 500)]
    assert collected(timedelta(0), second) == both
    assert collected(-second, timedelta(0)) == []
    assert collected(second, 2 * second) == []
    library.pass_time(minutes=1)
    library.write(
        lambda transaction: reverse_payment(
            library.act(transaction), payment_id=payment.payment_id, reason="refused"
        )
    )
    assert [each.amount for each in collected(second, timedelta(minutes=2))] == [-500]
    assert [each.amount for each in collected(timedelta(0), timedelta(minutes=2))] == [0]


@pytest.mark.parametrize(
    ("charge_named", "owes", "currency"),
    [(None, [], "SEK"), (None, [0, 1], "EUR"), (1, [0, 1], "DKK"), (7, [0, 1], "EUR")],
)
def test_the_currency_of_an_amount_that_was_said_without_one(
    library: Library, charge_named: int | None, owes: list[int], currency: str
) -> None:
    fee_rule(library, currency="SEK")
    card = a_patron(library)
    made = []
    for place in owes:
        made.append(charge(library, card, 100, currency=("EUR", "DKK")[place]).id)
        library.pass_time(minutes=1)

    def asked(transaction: Transaction) -> str:
        return account_currency(
            library.act(transaction),
            patron_id=number_of(library, card),
            category="adult",
            charge=made[charge_named] if charge_named == 1 else charge_named,
        )

    assert library.read(asked) == currency


def test_what_is_expected_of_each_loan(library: Library) -> None:
    fee_rule(library, late_fees="per_item", rate=100, currency="SEK")
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 3)
    found = library.read(
        lambda transaction: expected_fees(
            library.circulation, transaction, patron=card, now=library.now
        )
    )
    assert isinstance(found, ExpectedFees)
    assert found.patron.id == number_of(library, card)
    assert found.totals == {"SEK": 600}
    told = [(fee.agency_id, fee.amount, fee.currency) for fee in found.fees]
    assert told == [(library.main.agency_id, 300, "SEK")] * 2
    loans = [loan for fee in found.fees for loan in fee.loans]
    assert [(loan.item.barcode, loan.days, loan.amount) for loan in loans] == [
        (first, 3, 300),
        (second, 3, 300),
    ]
    assert all(loan.item.home_branch == library.main for loan in loans)
    due = {loan.loan.due for loan in loans}
    assert due == {library.now.replace(hour=22, minute=59, second=59) - timedelta(days=3)}


def test_what_stands_on_a_receipt(library: Library) -> None:
    card = a_patron(library)
    first, second = lend(library, card, 2)
    library.pass_time(days=1)
    hand_in(library, first)
    moment = library.now
    library.pass_time(minutes=5)

    def offered() -> Receipt | Refused:
        return library.write(
            lambda transaction: return_receipt(library.act(transaction), patron=card)
        )

    given = offered()
    assert isinstance(given, Receipt)
    [line] = given.items
    assert line == ReturnedItem(line.loan_id, first, "Peters jul", moment)
    assert (given.branch, given.day) == (library.main, library.now)
    assert given.patron.id == number_of(library, card)
    library.pass_time(minutes=5)
    hand_in(library, second)
    again = offered()
    assert isinstance(again, Receipt)
    kept = [
        event
        for event in library.read(
            lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
        )
        if event.kind is EventKind.RECEIPT_OFFERED
    ]
    assert [event.id for event in kept] == [given.number, again.number]
    assert [event.loan_id for event in kept] == [line.loan_id for line in again.items]
    [gone] = [offer for offer in [_at_no_branch(library, card)] if isinstance(offer, Refused)]
    assert gone.reasons == (Reason.BRANCH_UNKNOWN,)
    assert gone.patron is not None


def _at_no_branch(library: Library, card: str) -> Receipt | Refused:
    desk = library.desk()._replace(branch_id=99)
    return library.write(
        lambda transaction: return_receipt(
            Act(transaction, library.circulation, desk, library.now), patron=card
        )
    )


# Words


def test_the_reason_of_each_act_that_costs_something() -> None:
    assert ACTS == {
        "loan_fee": (ChargeKind.LOAN_FEE, ChargeReason.LENT),
        "renewal_fee": (ChargeKind.LOAN_FEE, ChargeReason.RENEWED),
        "hold_fee": (ChargeKind.HOLD_FEE, ChargeReason.KEPT_ASIDE),
    }


@pytest.mark.parametrize(
    ("kind", "reason", "language", "text"),
    [
        (ChargeKind.LATE_FEE, "returned late", "en", "Late fee"),
        (ChargeKind.LATE_FEE, "renewed late", "da", "Gebyr for sen fornyelse"),
        (ChargeKind.LATE_FEE, "renewed late", "sv", "Gebyr for sen fornyelse"),
        (ChargeKind.OTHER, "a key", "en", "a key"),
        (ChargeKind.OTHER, "", "en", "Other"),
        (ChargeKind.OTHER, "", "kl", "Andet"),
    ],
)
def test_what_a_person_is_told(kind: ChargeKind, reason: str, language: str, text: str) -> None:
    assert charge_text(kind, reason, language) == text


@pytest.mark.parametrize(("reason", "words"), [("lent", ""), ("a key", "a key"), ("", "")])
def test_the_words_of_whoever_charged(reason: str, words: str) -> None:
    assert own_words(reason) == words
