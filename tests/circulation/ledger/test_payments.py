"""Payments: once for each order id, in part or too much by rule, to the oldest first."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from itertools import combinations

import pytest

from catalogue.database import Database, Transaction
from circulation.fees.giving_up import GivenUp, GivingUp, give_up
from circulation.fees.paying import PaymentWish, pay
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.events import EventKind
from circulation.kernel.organisation import add_agency, add_branch, add_consortium, desk_at
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    UNATTENDED,
    Branch,
    DebtElsewhere,
    Desk,
    Refusal,
    Refused,
)
from circulation.ledger.balances import debts_elsewhere
from circulation.ledger.changes import Changed, charge_patron
from circulation.ledger.charges import (
    NewCharge,
    open_charge,
    reduce_charge,
    reduce_write_off,
    set_amount,
    write_off,
)
from circulation.ledger.money import (
    Allocation,
    Charge,
    ChargeKind,
    Paid,
    PaymentResult,
    PostingKind,
    amount_text,
)
from circulation.ledger.postings import postings_of
from circulation.ledger.reversals import reimburse, reverse_payment
from tests.builders.agencies import a_further_agency, a_school, agree, charge_at
from tests.builders.circulation import Library, a_library, a_patron, events_of_patron
from tests.builders.fees import charge, charges_of, fee_rule, listed, number_of, owed, paid, total


@pytest.fixture
def library(sqlite_library: Library) -> Library:
    return sqlite_library


@pytest.fixture
def either_library(database: Database) -> Library:
    """A small library, on each kind of database in turn."""
    return a_library(database)


def taken(answer: PaymentResult) -> Paid:
    assert isinstance(answer, Paid), answer
    return answer


def refused(answer: PaymentResult) -> Reason:
    assert isinstance(answer, Refused), answer
    [refusal] = answer.refusals
    return refusal.reason


def changed(library: Library, charge_id: int, change: object, *arguments: object) -> Charge:
    def work(transaction: object) -> Charge:
        account, found = open_charge(library.act(transaction), charge_id=charge_id)
        return change(account, found, *arguments)  # type: ignore[operator,no-any-return]

    return library.write(work)  # type: ignore[arg-type]


def test_statement_13_an_order_id_pays_once_with_the_same_answer(either_library: Library) -> None:
    """13. Payment with same order id is a no-op with the same answer."""
    library = either_library
    card = a_patron(library)
    made = charge(library, card, 5_000)
    first = taken(paid(library, card, 3_000, order_id="A-1"))
    assert (first.allocations, first.was_repeated) == ((Allocation(made.id, 3_000),), False)
    library.pass_time(hours=1)
    again = taken(paid(library, card, 3_000, order_id="A-1"))
    assert again.was_repeated
    assert (again.payment_id, again.allocations, again.balances) == (
        first.payment_id,
        first.allocations,
        first.balances,
    )
    assert total(library, card) == 2_000
    for options in ({"amount": 2_000}, {"currency": "EUR"}, {"charge": made.id}):
        details = {"amount": 3_000, "order_id": "A-1"} | options
        assert refused(paid(library, card, **details)) is Reason.ORDER_ID_TAKEN
    other = a_patron(library)
    charge(library, other, 3_000)
    assert refused(paid(library, other, 3_000, order_id="A-1")) is Reason.ORDER_ID_TAKEN
    assert taken(paid(library, card, 2_000, order_id="A-2")).balances[0].total == 0


def test_an_order_names_its_charges_in_any_order_and_no_others(library: Library) -> None:
    card = a_patron(library)
    made = [charge(library, card, 1_000).id for _ in range(9)]
    # Of nine numbers two have the same rest, and a set holds those in the order that they came in.
    first, second = next(pair for pair in combinations(made, 2) if not (pair[1] - pair[0]) % 8)
    third = next(each for each in made if each not in (first, second))
    named = {"amount": 1_500, "order_id": "A"}
    done = taken(paid(library, card, charge=(second, first), **named))
    for again in ((first, second), (second, first, second)):
        assert taken(paid(library, card, charge=again, **named)).allocations == done.allocations
    for others in ((first,), (first, third), (first, second, third), ()):
        answer = paid(library, card, charge=others, **named)
        assert refused(answer) is Reason.ORDER_ID_TAKEN, others
    assert total(library, card) == 7_500


def test_without_an_order_id_every_call_pays(library: Library) -> None:
    card = a_patron(library)
    charge(library, card, 5_000)
    first, second = (taken(paid(library, card, 2_000)) for _ in range(2))
    assert first.payment_id != second.payment_id
    assert total(library, card) == 1_000


def test_the_oldest_is_paid_first_or_what_is_named(library: Library) -> None:
    card = a_patron(library)
    made = []
    for amount in (1_000, 2_000, 3_000):
        made.append(charge(library, card, amount))
        library.pass_time(days=1)
    assert taken(paid(library, card, 500, charge=made[2].id)).allocations == (
        Allocation(made[2].id, 500),
    )
    assert taken(paid(library, card, 2_500)).allocations == (
        Allocation(made[0].id, 1_000),
        Allocation(made[1].id, 1_500),
    )
    both = [made[1].id, made[2].id]
    assert len(taken(paid(library, card, 3_000, charge=both)).allocations) == 2
    assert refused(paid(library, card, 100, charge=made[0].id)) is Reason.CHARGE_SETTLED


def test_one_kind_can_be_paid(library: Library) -> None:
    card = a_patron(library)
    charge(library, card, 1_000)
    damage = charge(library, card, 2_000, ChargeKind.DAMAGE)
    answer = taken(paid(library, card, 2_000, kind=ChargeKind.DAMAGE))
    assert answer.allocations == (Allocation(damage.id, 2_000),)
    assert owed(library, card) == (library.main.agency_id, "DKK", 1_000, 0)


def test_what_is_refused(library: Library) -> None:
    card, other = a_patron(library), a_patron(library)
    assert refused(paid(library, card, 100)) is Reason.NOTHING_OWED
    charge(library, card, 1_000)
    theirs = charge(library, other, 1_000)
    assert refused(paid(library, "nobody", 100)) is Reason.PATRON_UNKNOWN
    assert refused(paid(library, card, 0)) is Reason.AMOUNT_WRONG
    assert refused(paid(library, card, -5)) is Reason.AMOUNT_WRONG
    assert refused(paid(library, card, 100, currency="EUR")) is Reason.CURRENCY_NOT_OWED
    assert refused(paid(library, card, 100, charge=theirs.id)) is Reason.CHARGE_UNKNOWN
    nowhere = Desk("kiosk", "machine", library.main.agency_id, 10**6)
    assert refused(paid(library, card, 100, desk=nowhere)) is Reason.BRANCH_UNKNOWN
    assert total(library, card) == 1_000


def test_too_much_is_refused_or_kept_by_rule(either_library: Library) -> None:
    library = either_library
    card = a_patron(library)
    charge(library, card, 1_000)
    answer = paid(library, card, 1_500)
    assert isinstance(answer, Refused)
    assert (answer.refusals[0].reason, answer.refusals[0].amount) == (
        Reason.PAYMENT_TOO_LARGE,
        1_000,
    )
    fee_rule(library, agency_id=library.main.agency_id, overpayment="credit")
    kept = taken(paid(library, card, 1_500, order_id="O"))
    assert (kept.credit, total(library, card)) == (500, -500)
    again = taken(paid(library, card, 1_500, order_id="O"))
    assert (again.credit, again.allocations) == (kept.credit, kept.allocations)
    made = charge(library, card, 700)
    assert (made.paid, made.balance) == (500, 200)
    assert total(library, card) == 200
    assert taken(paid(library, card, 200, charge=made.id)).balances[0].total == 0


def test_a_part_is_refused_by_rule(library: Library) -> None:
    fee_rule(library, partial_payment=False)
    card = a_patron(library)
    charge(library, card, 1_000)
    charge(library, card, 2_000)
    for amount, would_be_taken in ((500, 1_000), (1_500, 1_000)):
        answer = paid(library, card, amount)
        assert isinstance(answer, Refused)
        assert (answer.refusals[0].reason, answer.refusals[0].amount) == (
            Reason.PARTIAL_PAYMENT,
            would_be_taken,
        )
    taken(paid(library, card, 1_000))
    taken(paid(library, card, 2_000))
    assert total(library, card) == 0


def test_each_agency_takes_what_is_owed_to_it(library: Library) -> None:
    def found(transaction: object) -> Desk:
        consortium = add_consortium(transaction, name="Andetland")  # type: ignore[arg-type]
        agency = add_agency(transaction, consortium, "DK-900300", "Naboerne")  # type: ignore[arg-type]
        add_branch(transaction, agency, "DK-900301", "Nabobiblioteket")  # type: ignore[arg-type]
        desk = desk_at(transaction, "DK-900301", actor="kiosk", device="theirs")  # type: ignore[arg-type]
        assert desk is not None
        return desk

    desk = library.write(found)  # type: ignore[arg-type]
    card = a_patron(library)
    made = charge(library, card, 1_000)
    assert refused(paid(library, card, 1_000, desk=desk)) is Reason.OWED_ELSEWHERE
    assert refused(paid(library, card, 10, desk=desk, charge=made.id)) is Reason.OWED_ELSEWHERE
    assert len(charges_of(library, card, collected_at=desk.agency_id)) == 0
    assert listed(library, card, collected_at=desk.agency_id).balances == ()
    taken(paid(library, card, 1_000, order_id="1"))


def test_a_payment_that_failed_is_undone(either_library: Library) -> None:
    library = either_library
    card = a_patron(library)
    first, second = charge(library, card, 1_000), charge(library, card, 2_000)
    payment = taken(paid(library, card, 2_500, order_id="A"))
    library.pass_time(hours=1)

    def undo() -> bool:
        return library.write(
            lambda transaction: reverse_payment(
                library.act(transaction),
                payment_id=payment.payment_id,
                reason="the card was refused",
            )
        )

    assert undo()
    assert not undo()
    assert total(library, card) == 3_000
    for made in (first, second):
        made_, paid_, back = library.read(
            lambda transaction, made=made: postings_of(transaction, charge_id=made.id)  # type: ignore[misc]
        )
        assert (paid_.parent_id, back.parent_id) == (made_.id, paid_.id)
        assert (back.kind, back.amount) == (PostingKind.PAYMENT_REDUCTION, -paid_.amount)
    assert refused(paid(library, card, 1, order_id="A")) is Reason.ORDER_ID_TAKEN
    with pytest.raises(ValueError, match="no payment"):
        library.write(
            lambda transaction: reverse_payment(
                library.act(transaction, UNATTENDED), payment_id=1, reason=""
            )
        )


def test_only_what_the_failed_payment_paid_is_owed_again(library: Library) -> None:
    card = a_patron(library)
    made = [charge(library, card, amount) for amount in (1, 2, 1_000)]
    assert refused(paid(library, card, 2, refuse_overpayment=True, charge=made[0].id)) is (
        Reason.PAYMENT_TOO_LARGE
    )
    paid(library, card, 1, charge=made[0].id)
    paid(library, card, 1)
    payment = taken(paid(library, card, 501))
    paid(library, card, 100)
    library.write(
        lambda transaction: reverse_payment(
            library.act(transaction), payment_id=payment.payment_id, reason="the card was stolen"
        )
    )
    lines = charges_of(library, card, only_open=False)
    assert [line.charge.balance for line in lines] == [0, 1, 900]


def test_what_was_given_back_of_a_payment_that_failed_is_not_owed_again(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 1_000)
    payments = [taken(paid(library, card, 500)).payment_id for _ in range(2)]
    changed(library, made.id, reduce_charge, 700, "agreed with the patron")
    changed(library, made.id, reimburse, "cash")
    for payment_id in payments:
        assert library.write(
            lambda transaction, payment_id=payment_id: reverse_payment(  # type: ignore[misc]
                library.act(transaction), payment_id=payment_id, reason="the card was refused"
            )
        )
        [line] = charges_of(library, card)
        assert (line.charge.paid, line.charge.balance, total(library, card)) == (0, 300, 300)


def test_what_was_paid_too_much_is_given_back(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 3_000)
    taken(paid(library, card, 3_000))
    reduced = changed(library, made.id, reduce_charge, 1_000, "agreed with the patron")
    assert (reduced.balance, total(library, card)) == (-1_000, -1_000)
    back = changed(library, made.id, reimburse, "cash")
    assert (back.balance, back.paid, total(library, card)) == (0, 2_000, 0)
    with pytest.raises(ValueError, match="cannot be given back"):
        changed(library, made.id, reimburse, "cash")


def test_a_write_off_and_its_return(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 3_000)
    off = changed(library, made.id, write_off, "too old", 2_000)
    assert (off.amount, off.written_off, off.balance) == (3_000, 2_000, 1_000)
    on = changed(library, made.id, reduce_write_off, "found the patron", 500)
    assert (on.written_off, on.balance, total(library, card)) == (1_500, 1_500, 1_500)
    creation, first, second = library.read(
        lambda transaction: postings_of(transaction, charge_id=made.id)
    )
    assert (first.parent_id, second.parent_id) == (creation.id, first.id)
    for change in (write_off, reduce_write_off):
        with pytest.raises(ValueError, match=r"15\.01 DKK"):
            changed(library, made.id, change, "too much", 1_501)
    with pytest.raises(ValueError, match=r"30\.01 DKK"):
        changed(library, made.id, reduce_charge, 3_001, "too much")


def test_what_was_written_off_gives_way_before_what_was_paid(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 3_000)
    taken(paid(library, card, 1_000))
    changed(library, made.id, write_off, "too old")
    less = changed(library, made.id, reduce_charge, 500, "agreed with the patron")
    assert (less.paid, less.written_off, less.balance) == (1_000, 1_500, 0)
    least = changed(library, made.id, reduce_charge, 1_600, "agreed with the patron")
    assert (least.paid, least.written_off, least.balance) == (1_000, 0, -100)
    other = charge(library, card, 500)
    changed(library, other.id, write_off, "too old", 200)
    rest = changed(library, other.id, reduce_charge, 300, "agreed with the patron")
    assert (rest.written_off, rest.balance) == (200, 0)
    rest = changed(library, other.id, reduce_charge, 1, "agreed with the patron")
    assert (rest.written_off, rest.balance) == (199, 0)


def test_a_payment_is_an_event(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 3_000)
    answer = taken(paid(library, card, 3_000, order_id="A", method="VISA"))
    found = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
    )
    [event] = [each for each in found if each.kind is EventKind.PAYMENT_TAKEN]
    assert event.after == {
        "payment": answer.payment_id,
        "order": "A",
        "amount": 3_000,
        "currency": "DKK",
        "method": "VISA",
        "charges": {str(made.id): 3_000},
        "credit": 0,
    }
    assert (event.actor, event.device) == ("kiosk", library.desk().device)


def test_the_list_has_pages(library: Library) -> None:
    card = a_patron(library)
    made = []
    for number in range(1, 6):
        made.append(charge(library, card, number * 100).id)
        library.pass_time(minutes=1)
    taken(paid(library, card, 100))
    page = listed(library, card, only_open=False, start=2, limit=2)
    assert ([each.charge.id for each in page.charges], page.total) == (made[1:3], 5)
    still = listed(library, card, start=4, limit=9)
    assert ([each.charge.id for each in still.charges], still.total) == (made[4:], 4)
    assert page.balances[0].total == still.balances[0].total == 1_400


def test_many_desks_take_one_order_once(either_library: Library) -> None:
    """Sixteen callers at once with one order id: one payment, and the same answer for all."""
    library = either_library
    card = a_patron(library)
    charge(library, card, 1_600)
    done: list[Future[PaymentResult]] = []
    begin = threading.Barrier(4)

    def call() -> None:
        begin.wait()
        for _ in range(4):
            done.append(
                library.database.write(
                    lambda transaction: pay(
                        library.act(transaction),
                        PaymentWish(amount=100, currency="DKK", order_id="A"),
                        patron=card,
                    )
                )
            )

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [taken(each.result()) for each in done]
    assert len({each.payment_id for each in answers}) == 1
    assert sum(not each.was_repeated for each in answers) == 1
    assert total(library, card) == 1_500


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (2_000, "DKK", "20.00 DKK"),
        (5, "EUR", "0.05 EUR"),
        (-1_250, "DKK", "-12.50 DKK"),
        (500, "JPY", "500 JPY"),
        (1, "KWD", "0.001 KWD"),
    ],
)
def test_amounts_for_people(amount: int, currency: str, text: str) -> None:
    assert amount_text(amount, currency) == text


def test_a_credit_pays_what_is_owed_in_its_own_currency(library: Library) -> None:
    fee_rule(library, agency_id=library.main.agency_id, overpayment="credit")
    card = a_patron(library)
    taken(paid(library, card, 500, currency="EUR"))
    other = charge(library, card, 700, currency="DKK")
    assert (other.paid, other.balance) == (0, 700)
    same = charge(library, card, 700, currency="EUR")
    assert (same.paid, same.balance) == (500, 200)


def test_one_settled_charge_among_those_named_is_one_too_many(library: Library) -> None:
    card = a_patron(library)
    settled, open_one = charge(library, card, 1_000), charge(library, card, 2_000)
    taken(paid(library, card, 1_000, charge=settled.id))
    answer = paid(library, card, 2_000, charge=(settled.id, open_one.id))
    assert refused(answer) is Reason.CHARGE_SETTLED
    assert total(library, card) == 2_000


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_positive(library: Library, amount: int) -> None:
    card = a_patron(library)
    charge(library, card, 1_000)
    assert refused(paid(library, card, amount)) is Reason.AMOUNT_WRONG


@pytest.mark.parametrize("amount", [1, 1_000])
def test_what_can_be_written_off_and_taken_off(library: Library, amount: int) -> None:
    card = a_patron(library)
    for change in (write_off, reduce_charge):
        made = charge(library, card, 1_000)
        arguments = ("a reason", amount) if change is write_off else (amount, "a reason")
        assert changed(library, made.id, change, *arguments).balance == 1_000 - amount


@pytest.mark.parametrize("amount", [0, -1, 1_001])
def test_no_more_and_no_less_than_that(library: Library, amount: int) -> None:
    card = a_patron(library)
    made = charge(library, card, 1_000)
    with pytest.raises(ValueError, match="written off"):
        changed(library, made.id, write_off, "a reason", amount)
    with pytest.raises(ValueError, match="taken off"):
        changed(library, made.id, reduce_charge, amount, "a reason")
    changed(library, made.id, write_off, "a reason", 400)
    with pytest.raises(ValueError, match="written off"):
        changed(library, made.id, reduce_write_off, "a reason", amount if amount < 1 else 401)
    assert changed(library, made.id, reduce_write_off, "a reason", 400).balance == 1_000


def test_one_minor_unit_moves_like_any_other_amount(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 100)

    def done(change: object, *arguments: object) -> tuple[int, int, int, int]:
        found = changed(library, made.id, change, *arguments)
        return found.amount, found.paid, found.written_off, found.balance

    assert done(write_off, "a reason", 40) == (100, 0, 40, 60)
    assert done(set_amount, 39, "less than was given up") == (39, 0, 39, 0)
    assert done(reduce_write_off, "a reason", 1) == (39, 0, 38, 1)
    taken(paid(library, card, 1))
    assert done(set_amount, 38, "paid and given up") == (38, 1, 37, 0)
    assert done(set_amount, 0, "a mistake") == (0, 1, 0, -1)
    assert done(reimburse, "cash", 1) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="a posting of 0"):
        charge(library, card, 0)


def test_a_payment_that_failed_leaves_the_others_of_its_charge(library: Library) -> None:
    card = a_patron(library)
    made = charge(library, card, 10)
    first = taken(paid(library, card, 4)).payment_id
    taken(paid(library, card, 5))
    assert library.write(
        lambda transaction: reverse_payment(
            library.act(transaction), payment_id=first, reason="the card was refused"
        )
    )
    [line] = charges_of(library, card)
    assert (line.charge.id, line.charge.paid, line.charge.balance) == (made.id, 5, 5)


def test_debts_to_others_are_told_where_none_can_be_paid(library: Library) -> None:
    school, third = a_school(library), a_further_agency(library)
    card = a_patron(library)
    number = number_of(library, card)

    def elsewhere(branch: Branch) -> tuple[DebtElsewhere, ...]:
        return library.read(
            lambda transaction: debts_elsewhere(
                library.circulation, transaction, number, branch.agency_id
            )
        )

    assert elsewhere(library.main) == ()
    charge_at(library, school, card, 1)
    charge_at(library, school, card, 20, ChargeKind.DAMAGE)
    its = DebtElsewhere("DK-900200", "Prøveskolen", 21, "DKK")
    assert elsewhere(library.main) == (its,)
    assert elsewhere(school) == ()
    made = charge_at(library, third, card, 1)
    assert elsewhere(library.main) == (its, DebtElsewhere("DK-900300", "Nabobiblioteket", 1, "DKK"))
    changed(library, made.id, write_off, "a reason")
    assert elsewhere(library.main) == (its,)
    agree(library, library.main, school, payments=True)
    assert elsewhere(library.main) == ()
    assert elsewhere(third) == (its,)


def test_sums_are_larger_than_32_bits_hold(either_library: Library) -> None:
    library = either_library
    card = a_patron(library)
    made = [charge(library, card, MAX_AMOUNT_MINOR_UNITS) for _ in range(3)]
    assert total(library, card) == 3 * MAX_AMOUNT_MINOR_UNITS
    raised = library.write(
        lambda transaction: set_amount(
            *open_charge(library.act(transaction), charge_id=made[0].id), 2**40, "a mistake"
        )
    )
    assert (raised.amount, raised.balance) == (2**40, 2**40)
    changed(library, made[0].id, write_off, "a mistake", 2**40)
    for _ in range(2):
        taken(paid(library, card, MAX_AMOUNT_MINOR_UNITS))
    assert total(library, card) == 0


@pytest.mark.parametrize("beyond", [MAX_AMOUNT_MINOR_UNITS + 1, 2**31, 2**63, 10**30])
def test_no_amount_above_the_limit_moves(either_library: Library, beyond: int) -> None:
    """Nothing is written, even where more is owed."""
    library = either_library
    fee_rule(library, agency_id=library.main.agency_id, overpayment="credit")
    card = a_patron(library)
    for _ in range(3):
        charge(library, card, MAX_AMOUNT_MINOR_UNITS)
    limit = Refusal(Reason.AMOUNT_ABOVE_LIMIT, amount=MAX_AMOUNT_MINOR_UNITS, currency="DKK")

    def charged(transaction: Transaction) -> Changed | Refused:
        act = library.act(transaction)
        new = NewCharge(ChargeKind.OTHER, beyond, "DKK", library.main.id, "a key")
        return charge_patron(act, number_of(library, card), new, order_id="T 1")

    def given_up(transaction: Transaction) -> GivenUp | Refused:
        wish = GivingUp(beyond, "DKK", "goodwill", order_id="T 2")
        return give_up(library.act(transaction), wish, patron=card)

    answers = [paid(library, card, beyond, order_id="T 3"), library.write(charged)]
    for answer in (*answers, library.write(given_up)):
        assert isinstance(answer, Refused), answer
        assert answer.refusals == (limit,)
    assert total(library, card) == 3 * MAX_AMOUNT_MINOR_UNITS
