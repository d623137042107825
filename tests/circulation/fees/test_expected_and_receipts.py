"""Fees if everything came back today, why a fee is what it is, and receipts for returns."""

from __future__ import annotations

from datetime import timedelta

from circulation.explaining.charges import explain_charge
from circulation.fees.expected import ExpectedFees, expected_fees
from circulation.fees.receipts import Receipt, return_receipt
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, events_of_item
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refused
from circulation.loans.lost import claim_returned
from circulation.loans.returns import check_in
from circulation.loans.undo import cancel_check_in
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charges_of, danish_fees, fee_rule, hand_in, late_by, lend, total


def expected(library: Library, card: str) -> ExpectedFees:
    found = library.read(
        lambda transaction: expected_fees(
            library.circulation, transaction, patron=card, now=library.now
        )
    )
    assert isinstance(found, ExpectedFees)
    return found


def receipt(library: Library, card: str, at: Branch | None = None) -> Receipt:
    found = library.write(
        lambda transaction: return_receipt(library.act(transaction, at), patron=card)
    )
    assert isinstance(found, Receipt)
    return found


def test_expected_fees_are_those_that_a_return_charges(either_library: Library) -> None:
    library = either_library
    danish_fees(library)
    library.policy(material_group="dvd", loan_days=7)
    card = a_patron(library)
    books = lend(library, card, 3)
    films = lend(library, card, 2, material_group="dvd")
    claimed = lend(library, card)
    library.pass_time(days=1)
    in_time = lend(library, card)
    late_by(library, 0)
    library.write(lambda transaction: claim_returned(library.act(transaction), item=claimed[0]))
    found = expected(library, card)
    assert [(fee.amount, len(fee.loans)) for fee in found.fees] == [(12_000, 2), (2_000, 3)]
    assert found.totals == {"DKK": 14_000}
    assert [each.days for fee in found.fees for each in fee.loans] == [22, 22, 1, 1, 1]
    hand_in(library, *books, *films, *in_time)
    assert total(library, card) == 14_000
    assert expected(library, card).fees == ()


def test_nothing_is_expected_where_nothing_is_late_or_nothing_costs(library: Library) -> None:
    card = a_patron(library)
    lend(library, card)
    late_by(library, 5)
    assert expected(library, card) == ExpectedFees(expected(library, card).patron, (), {})
    answer = library.read(
        lambda transaction: expected_fees(
            library.circulation, transaction, patron="nobody", now=library.now
        )
    )
    assert isinstance(answer, Refused)


def test_explain_tells_loan_rules_dates_and_calendar(library: Library) -> None:
    danish_fees(library)
    fee_rule(library, agency_id=library.main.agency_id, grace_days=1)
    card = a_patron(library)
    [book] = lend(library, card)
    lent, due = library.now, library.now + timedelta(days=28)
    late_by(library, 9)
    hand_in(library, book)
    [line] = charges_of(library, card)
    fee_rule(library, agency_id=library.main.agency_id, grace_days=5)  # makes no difference now
    found = library.read(
        lambda transaction: explain_charge(library.circulation, transaction, line.charge.id)
    )
    assert found is not None
    [loan] = found.loans
    assert (loan.barcode, loan.amount) == (book, 12_000)
    facts = loan.facts
    assert facts["loan_date"] == facts["group_date"] == lent.date().isoformat()
    assert facts["due_date"] == due.date().isoformat()
    assert facts["came_date"] == facts["occasion"] == library.today.isoformat()
    assert (facts["days_late"], facts["grace_days"]) == (8, 1)
    assert facts["calendar"] == facts["branch"] == "DK-900101"
    assert facts["rules"]["grace_days"] == {"at": "DK-900100"}
    assert facts["rules"]["tiers"] == {}
    assert (facts["category"], facts["child"]) == ("adult", False)
    assert (
        library.read(lambda transaction: explain_charge(library.circulation, transaction, 1))
        is None
    )


def test_a_return_offers_a_receipt_and_keeps_that_it_did(either_library: Library) -> None:
    library = either_library
    card, other = a_patron(library), a_patron(library)
    first, second, third = lend(library, card, 3)
    theirs = an_item(library, on_loan_to=other)
    library.pass_time(days=3)
    hand_in(library, first, theirs)
    library.pass_time(minutes=1)
    hand_in(library, second, returned=library.now - timedelta(days=1))
    given = receipt(library, card)
    assert [line.barcode for line in given.items] == [first, second]
    assert given.number is not None
    assert receipt(library, card).number == given.number
    library.pass_time(minutes=1)
    library.write(lambda transaction: cancel_check_in(library.act(transaction), item=second))
    assert [line.barcode for line in receipt(library, card).items] == [first]
    assert receipt(library, card, library.other).items == ()
    assert receipt(library, a_patron(library)).number is None
    library.pass_time(days=1)
    hand_in(library, third)
    assert [line.barcode for line in receipt(library, card).items] == [third]
    kept = [event for event in library.events_of(first) if event.kind is EventKind.RECEIPT_OFFERED]
    assert len(kept) == 1
    assert kept[0].loan_id == given.items[0].loan_id


def test_what_a_kiosk_took_is_on_the_receipt_of_the_desk(either_library: Library) -> None:
    library = either_library
    card = a_patron(library)
    books = lend(library, card, 2)
    library.pass_time(days=3)
    hand_in(library, books[0])
    kiosk = library.desk()._replace(actor="self-service", device="kiosk 2")
    library.write(
        lambda transaction: check_in(
            Act(transaction, library.circulation, kiosk, library.now), item=books[1]
        )
    )
    given = receipt(library, card)
    assert [line.barcode for line in given.items] == books
    assert receipt(library, card, library.other).items == ()


def test_no_receipt_for_nobody(library: Library) -> None:
    answer = library.write(
        lambda transaction: return_receipt(library.act(transaction), patron="nobody")
    )
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.PATRON_UNKNOWN,)
    assert library.read(lambda transaction: events_of_item(transaction, item_id=1)) == []
