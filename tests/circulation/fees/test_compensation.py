"""Bills for what is lost or does not come back (statement 12), and what undoes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from circulation.explaining.charges import explain_charge
from circulation.fees.compensation import Billed, bill_loan, compensation_of
from circulation.fees.terms import FeeTerms
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.loans import lost
from circulation.loans.undo import Cancelled, cancel_check_in
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import (
    amounts,
    charges_of,
    danish_fees,
    fee_rule,
    hand_in,
    late_by,
    lend,
    owed,
    paid,
    renewed,
    total,
)

PRICED = {"price": 20_000, "currency": "DKK"}


def bill(library: Library, barcode: str) -> Billed | Refused:
    return library.write(lambda transaction: bill_loan(library.act(transaction), item=barcode))


def mark(library: Library, verb: Any, barcode: str, **options: Any) -> lost.Marked:
    answer = library.write(
        lambda transaction: verb(library.act(transaction), item=barcode, **options)
    )
    assert isinstance(answer, lost.Marked), answer
    return answer


def billing(library: Library, **rule: Any) -> None:
    danish_fees(library, **({"compensation": "price", "handling": 8_000, "bill_fee": "top"} | rule))


@pytest.mark.parametrize(
    ("terms", "price", "currency", "found"),
    [
        ({"compensation": "price"}, 500, "DKK", (500, 500)),
        ({"compensation": "price"}, 700, None, (700, 500)),
        ({"compensation": "price"}, 700, "SEK", (900, 500)),
        ({"compensation": "price"}, None, "DKK", (900, 500)),
        ({"compensation": "fixed"}, 700, "DKK", (900, 500)),
        ({"compensation": "none"}, 700, "DKK", None),
        ({"compensation": "price", "handling": 0}, 0, "DKK", None),
        ({"compensation": "price", "handling": 0}, 1, "DKK", (1, 0)),
        ({"compensation": "price"}, 0, "DKK", (0, 500)),
    ],
)
def test_what_is_not_returned_costs(
    terms: dict[str, Any], price: int | None, currency: str | None, found: tuple[int, int] | None
) -> None:
    by_rules = FeeTerms(**({"replacement": 900, "handling": 500, "currency": "DKK"} | terms))
    assert compensation_of(by_rules, price, currency) == found


def test_statement_12_the_bill_is_compensation_and_the_top_fee(either_library: Library) -> None:
    """12. Bill day -> compensation + top fee; return -> compensation cancelled, fee stays; all
    postings append-only with parent."""
    library = either_library
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 20)
    answer = bill(library, book)
    assert isinstance(answer, Billed)
    assert [(fee.kind, fee.amount) for fee in answer.charged] == [
        ("compensation", 28_000),
        ("late_fee", 23_000),
    ]
    assert owed(library, card) == (library.main.agency_id, "DKK", 23_000, 28_000)

    library.pass_time(days=30)
    [answer_] = hand_in(library, book)
    assert answer_.charged == ()
    assert owed(library, card) == (library.main.agency_id, "DKK", 23_000, 0)
    compensation, fee = charges_of(library, card, only_open=False)
    explained = library.read(
        lambda transaction: explain_charge(library.circulation, transaction, compensation.charge.id)
    )
    assert explained is not None
    creation, cancellation = explained.postings
    assert (creation.kind, creation.amount, creation.parent_id) == (
        PostingKind.CREATION,
        28_000,
        None,
    )
    assert (cancellation.kind, cancellation.amount) == (PostingKind.CANCELLATION, -28_000)
    assert cancellation.parent_id == creation.id
    assert (explained.loans, len(explained.undone)) == ((), 1)
    assert explained.undone[0].facts["price"] == 20_000
    assert fee.charge.balance == 23_000


def test_ten_books_billed_together_are_one_fee(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    books = lend(library, card, 10, **PRICED)
    late_by(library, 35)
    for book in books:
        assert isinstance(bill(library, book), Billed)
    assert sorted(amounts(library, card)) == [23_000] + [28_000] * 10
    hand_in(library, *books)
    assert total(library, card) == 23_000


def test_a_fee_that_had_only_accrued_grows_until_the_return(library: Library) -> None:
    billing(library, bill_fee="accrued")
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 20)
    bill(library, book)
    assert amounts(library, card) == [28_000, 12_000]
    library.pass_time(days=20)
    [answer] = hand_in(library, book)
    assert [fee.amount for fee in answer.charged] == [11_000]
    assert amounts(library, card) == [23_000]


def test_without_a_fee_on_the_bill_it_comes_on_return(sqlite_library: Library) -> None:
    library = sqlite_library
    billing(library, bill_fee="none")
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 35)
    bill(library, book)
    assert amounts(library, card) == [28_000]
    hand_in(library, book)
    assert amounts(library, card) == [23_000]


def test_a_loan_is_billed_once(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 35)
    bill(library, book)
    again = bill(library, book)
    assert isinstance(again, Billed)
    assert again.charged == ()
    mark(library, lost.declare_lost, book)
    assert sorted(amounts(library, card)) == [23_000, 28_000]


def test_what_was_paid_for_is_owed_to_the_patron_on_return(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 35)
    bill(library, book)
    paid(library, card, 51_000)
    library.pass_time(days=10)
    hand_in(library, book)
    assert owed(library, card) == (library.main.agency_id, "DKK", 0, -28_000)


@pytest.mark.parametrize(("days", "left"), [(120, -28_000), (121, 0)])
def test_a_refund_has_its_term(library: Library, days: int, left: int) -> None:
    billing(library, refund_days=120)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 35)
    bill(library, book)
    paid(library, card, 51_000)
    library.pass_time(days=days)
    hand_in(library, book)
    assert total(library, card) == left


@pytest.mark.parametrize(
    ("rule", "item", "amount"),
    [
        ({}, PRICED, 28_000),
        ({"replacement": 15_000}, PRICED, 28_000),
        ({"replacement": 15_000}, {}, 23_000),
        ({"replacement": 15_000}, {"price": 20_000, "currency": "EUR"}, 23_000),
        ({"compensation": "fixed", "replacement": 15_000}, PRICED, 23_000),
        ({"compensation": "none"}, PRICED, 0),
    ],
)
def test_what_a_lost_item_costs(
    sqlite_library: Library, rule: dict[str, Any], item: dict[str, Any], amount: int
) -> None:
    library = sqlite_library
    billing(library, **rule)
    card = a_patron(library)
    [book] = lend(library, card, **item)
    marked = mark(library, lost.declare_lost, book)
    assert [fee.amount for fee in marked.charged] == [amount] * bool(amount)
    assert total(library, card) == amount


def test_lost_before_the_due_date_costs_no_fee_and_found_costs_nothing(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    mark(library, lost.declare_lost, book)
    assert amounts(library, card) == [28_000]
    library.pass_time(days=2)
    mark(library, lost.find, book)
    assert total(library, card) == 0
    library.pass_time(days=1)
    mark(library, lost.declare_lost, book)
    assert amounts(library, card) == [28_000]
    late_by(library, 40)
    hand_in(library, book)
    assert amounts(library, card) == []  # the clock stood still while it was lost


def test_a_lost_item_goes_on_being_late_where_the_rules_say_so(sqlite_library: Library) -> None:
    library = sqlite_library
    billing(library, accrues_while_marked=True)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    mark(library, lost.declare_lost, book)
    late_by(library, 40)
    hand_in(library, book)
    assert amounts(library, card) == [23_000]


@pytest.mark.parametrize(("accrues", "fee"), [(False, 2_000), (True, 12_000)])
def test_a_claim_that_was_right_is_late_until_it_was_made(
    library: Library, accrues: bool, fee: int
) -> None:
    billing(library, accrues_while_marked=accrues)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 3)
    mark(library, lost.claim_returned, book)
    refused = bill(library, book)
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.ITEM_CLAIMED_RETURNED,)
    library.pass_time(days=10)
    hand_in(library, book)
    assert amounts(library, card) == [fee]


def test_a_suspended_loan_keeps_the_days_that_had_accrued(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 9)
    until = (library.now + timedelta(days=30)).date()
    mark(library, lost.suspend, book, until=until)
    refused = bill(library, book)
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.LOAN_SUSPENDED,)
    library.pass_time(days=30)
    hand_in(library, book)
    assert amounts(library, card) == [12_000]


def test_what_is_not_billed(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book], shelf = lend(library, card), an_item(library)
    for barcode, reason in (
        (book, Reason.NOTHING_OWED),
        (shelf, Reason.ITEM_NOT_ON_LOAN),
        ("nothing", Reason.ITEM_UNKNOWN),
    ):
        answer = bill(library, barcode)
        assert isinstance(answer, Refused)
        assert answer.reasons == (reason,)


def test_a_renewal_of_what_was_billed_cancels_the_compensation(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 35)
    bill(library, book)
    [answer] = renewed(library, card, book)
    assert answer.charged == ()
    assert amounts(library, card) == [23_000]
    late_by(library, 35)
    bill(library, book)
    assert sorted(amounts(library, card)) == [23_000, 23_000, 28_000]


def test_a_return_that_is_taken_back_leaves_the_bill_as_it_was(either_library: Library) -> None:
    """Statement 7, as far as money goes."""
    library = either_library
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 35)
    bill(library, book)
    before = [each.charge for each in charges_of(library, card)]
    library.pass_time(days=1)
    hand_in(library, book)
    library.pass_time(minutes=1)
    answer = library.write(lambda transaction: cancel_check_in(library.act(transaction), item=book))
    assert isinstance(answer, Cancelled)
    assert [each.charge for each in charges_of(library, card)] == before
    library.pass_time(days=1)
    hand_in(library, book)
    assert amounts(library, card) == [23_000]


def test_no_compensation_where_no_rule_says_any(sqlite_library: Library) -> None:
    library = sqlite_library
    fee_rule(library, late_fees="per_item", rate=100)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    assert mark(library, lost.declare_lost, book).charged == ()
    assert [each.charge.kind for each in charges_of(library, card)] == []
    assert ChargeKind.COMPENSATION.is_compensation


def test_a_bill_names_the_charges_that_it_makes_and_what_it_refuses(library: Library) -> None:
    billing(library)
    card = a_patron(library)
    [book] = lend(library, card, **PRICED)
    late_by(library, 20)
    nowhere = library.desk()._replace(branch_id=99)
    refused = library.write(
        lambda transaction: bill_loan(
            Act(transaction, library.circulation, nowhere, library.now), item=book
        )
    )
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.BRANCH_UNKNOWN,)
    assert refused.item is not None
    answer = bill(library, book)
    assert isinstance(answer, Billed)
    assert (answer.item.barcode, answer.borrower.identifier) == (book, card)
    made = {line.charge.id: line.charge for line in charges_of(library, card)}
    assert [fee.charge_id for fee in answer.charged] == list(made)
    for fee in answer.charged:
        charge = made[fee.charge_id]
        told = (fee.kind, fee.amount, fee.currency)
        assert told == (charge.kind.value, charge.amount, charge.currency)
