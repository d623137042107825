"""Debts and blocks are an agency's own, unless agencies agree that they share."""

from __future__ import annotations

import pytest

from catalogue.database import Transaction
from circulation.accounts.status import patron_status
from circulation.explaining.charges import explain_charge
from circulation.fees.compensation import bill_loan
from circulation.fees.debts import debts_to_warn
from circulation.fees.giving_up import GivingUp, give_up
from circulation.fees.warned import Debt, note_warning
from circulation.holds.results import Wanted
from circulation.jobs.running import run_job
from circulation.kernel.agreements import Agreement, Agreements
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import DENIED, EVERYWHERE, Action, BlockReason, Reason
from circulation.kernel.results import (
    UNATTENDED,
    Branch,
    CheckedOut,
    DebtElsewhere,
    PatronStatus,
    Refusal,
    Refused,
    Renewed,
)
from circulation.ledger.money import Charge, ChargeKind, Paid, PostingKind
from circulation.patrons.blocks import block_patron, blocks_of, unblock_patron
from tests.builders.agencies import a_school, agree, charge_at
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.fees import fee_rule, listed, number_of, paid
from tests.builders.holds import ask

#: What an adult owes who is late by a month.
OWED = 23_000


def to_warn(library: Library) -> list[Debt]:
    def work(transaction: Transaction) -> list[Debt]:
        set_up = library.circulation.current_set_up(transaction)
        return debts_to_warn(transaction, set_up, now=library.now)[0]

    return library.read(work)


def warned_and_blocked(library: Library) -> list[Debt]:
    """Everybody at a threshold is warned, and the days pass; gives the debts."""
    found = to_warn(library)
    for debt in found:
        library.write(
            lambda transaction, debt=debt: note_warning(library.act(transaction, UNATTENDED), debt)  # type: ignore[misc]
        )
    library.pass_time(days=8)
    run_job(library.circulation, library.database, "debts", day=library.today, now=library.now)
    return found


def status(library: Library, card: str, at: Branch | None) -> PatronStatus:
    desk = None if at is None else library.desk(at)
    found = library.read(
        lambda transaction: patron_status(library.act(transaction, desk), patron=card)
    )
    assert isinstance(found, PatronStatus)
    return found


def refusal(answer: object) -> BlockReason | None:
    """The block that it was refused for; None where it was not."""
    if not isinstance(answer, Refused):
        return None
    [only] = answer.refusals
    assert only.reason is Reason.PATRON_BLOCKED
    return only.block


def test_a_debt_to_the_library_shuts_the_library_and_not_the_school(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    fee_rule(library, block_threshold=20_000, block_days=8)
    charge_at(library, library.main, card, OWED)
    [debt] = warned_and_blocked(library)
    assert debt.agency_id == library.main.agency_id
    assert refusal(library.check_out(card, an_item(library))) is BlockReason.DEBT
    assert refusal(library.check_out(card, an_item(library), at=library.other)) is BlockReason.DEBT
    assert isinstance(library.check_out(card, an_item(library), at=school), CheckedOut)
    assert status(library, card, library.main).denied == DENIED[BlockReason.DEBT]
    at_school = status(library, card, school)
    assert (at_school.denied, at_school.blocks) == (frozenset(), ())
    [block] = status(library, card, None).blocks
    assert (block.reason, block.agency_isil) == (BlockReason.DEBT, "DK-900100")


def test_debts_to_two_agencies_are_two_debts(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    fee_rule(library, block_threshold=20_000, block_days=8)
    charge_at(library, library.main, card, 15_000)
    charge_at(library, school, card, 15_000)
    assert to_warn(library) == []
    agree(library, library.main, school, debts=True)
    [debt] = warned_and_blocked(library)
    assert debt.amount == 30_000
    for branch in (library.main, school):
        assert refusal(library.check_out(card, an_item(library), at=branch)) is BlockReason.DEBT
    payment = paid(library, card, 15_000, desk=library.desk(school))
    assert isinstance(payment, Paid)
    assert payment.lifted_block
    for branch in (library.main, school):
        assert isinstance(library.check_out(card, an_item(library), at=branch), CheckedOut)


def test_one_who_counts_anothers_debts_blocks_by_its_own_rules(library: Library) -> None:
    """The library has a threshold, the school to which everything is owed has none."""
    school, card = a_school(library), a_patron(library)
    fee_rule(library, agency_id=library.main.agency_id, block_threshold=20_000, block_days=8)
    charge_at(library, school, card, OWED)
    assert to_warn(library) == []
    agree(library, library.main, school, debts=True)
    [debt] = warned_and_blocked(library)
    assert (debt.agency_id, debt.amount) == (library.main.agency_id, OWED)
    assert to_warn(library) == []


def test_each_agency_takes_its_own_money_unless_they_agreed(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    made = charge_at(library, library.main, card, OWED)
    refused = paid(library, card, OWED, desk=library.desk(school))
    assert isinstance(refused, Refused)
    at_main = (DebtElsewhere("DK-900100", library.main.agency_name, OWED, "DKK"),)
    elsewhere = Refusal(Reason.OWED_ELSEWHERE, debts=at_main)
    assert refused.refusals == (elsewhere,)
    for wish in ({"charge": made.id}, {"currency": "SEK"}):
        refused = paid(library, card, OWED, desk=library.desk(school), **wish)
        assert isinstance(refused, Refused)
        assert refused.refusals == (elsewhere,)
    assert listed(library, card, collected_at=school.agency_id).charges == ()

    agree(library, library.main, school, payments=True)
    [line] = listed(library, card, collected_at=school.agency_id).charges
    assert line.charge == made
    payment = paid(library, card, OWED, desk=library.desk(school), order_id="A")
    assert isinstance(payment, Paid)
    again = paid(library, card, OWED, desk=library.desk(school), order_id="A")
    assert isinstance(again, Paid)
    assert (again.payment_id, again.was_repeated) == (payment.payment_id, True)

    found = library.read(
        lambda transaction: explain_charge(library.circulation, transaction, made.id)
    )
    assert found is not None
    [posting] = [each for each in found.postings if each.kind is PostingKind.PAYMENT]
    assert posting.branch_id is not None
    assert found.places[posting.branch_id].agency_isil == "DK-900200"
    assert found.branch.agency_isil == "DK-900100"
    events = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
    )
    [taken] = [each for each in events if each.kind is EventKind.PAYMENT_TAKEN]
    assert taken.after["collected_for"] == {str(library.main.agency_id): OWED}


def test_an_amount_for_two_agencies_is_divided_by_the_payer(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    charge_at(library, library.main, card, OWED)
    charge_at(library, school, card, 1_000)
    refused = paid(library, card, OWED, desk=library.desk(school))
    assert isinstance(refused, Refused)
    assert refused.refusals == (
        Refusal(Reason.PAYMENT_TOO_LARGE, amount=1_000, currency="DKK"),
        Refusal(
            Reason.OWED_ELSEWHERE,
            debts=(DebtElsewhere("DK-900100", library.main.agency_name, OWED, "DKK"),),
        ),
    )
    assert isinstance(paid(library, card, 1_000, desk=library.desk(school)), Paid)


def test_who_collects_may_not_give_up(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    made = charge_at(library, library.main, card, OWED)
    agree(library, library.main, school, payments=True, debts=True)
    answer = library.write(
        lambda transaction: give_up(
            library.act(transaction, school),
            GivingUp(amount=OWED, currency="DKK", reason="kindness", charge=made.id),
            patron=card,
        )
    )
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.CHARGE_UNKNOWN,)


def test_compensation_is_owed_to_who_lent(library: Library) -> None:
    """The borrower has borrowed of the library that lent; it answers to the owner for the item."""
    school, card = a_school(library, kind="public"), a_patron(library)
    fee_rule(library, compensation="price", replacement=25_000)
    barcode = an_item(library, home=school)
    assert isinstance(library.check_out(card, barcode), CheckedOut)
    library.pass_time(days=40)
    library.write(lambda transaction: bill_loan(library.act(transaction), item=barcode))
    [line] = listed(library, card).charges
    assert line.charge.kind is ChargeKind.COMPENSATION
    assert line.charge.agency_id == library.main.agency_id


@pytest.mark.parametrize("reason", BlockReason)
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_where_each_block_counts(
    sqlite_library: Library, reason: BlockReason, everywhere: bool, shared: bool
) -> None:
    """Reason x what staff chose x agreement x verb: at the agency whose it is, and where they say
    so, or the agreement does, at the other."""
    library = sqlite_library
    school, card = a_school(library), a_patron(library)
    lent = {branch.id: an_item(library, home=branch) for branch in (library.main, school)}
    for branch in (library.main, school):
        assert isinstance(library.check_out(card, lent[branch.id], at=branch), CheckedOut)
    agree(library, library.main, school, debts=shared)
    library.pass_time(days=1)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, library.main),
            number_of(library, card),
            reason,
            everywhere=everywhere,
        )
    )
    at_both = everywhere or shared or reason in EVERYWHERE
    for branch, counts in ((library.main, True), (school, at_both)):
        denied = DENIED[reason] if counts else frozenset()
        assert status(library, card, branch).denied == denied
        expected = {action: reason if action in denied else None for action in Action}
        here = an_item(library, home=branch)
        assert refusal(library.check_out(card, here, at=branch)) is expected[Action.CHECK_OUT]
        renewal = library.renew(card, lent[branch.id], at=library.main)  # the lender's rules hold
        assert refusal(renewal) is expected[Action.RENEW]
        wanted = an_item(library, home=branch)
        held = ask(library, card, Wanted(item=wanted), at=branch)
        assert refusal(held) is expected[Action.HOLD]


def test_lifting_a_block_leaves_those_of_others(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    number = number_of(library, card)

    def block(at: Branch, *, everywhere: bool = False) -> None:
        library.write(
            lambda transaction: block_patron(
                library.act(transaction, at), number, BlockReason.EXCLUDED, everywhere=everywhere
            )
        )

    def lift(at: Branch, *, everywhere: bool = False) -> bool:
        return library.write(
            lambda transaction: unblock_patron(
                library.act(transaction, at), number, BlockReason.EXCLUDED, everywhere=everywhere
            )
        )

    def whose() -> list[str | None]:
        found = library.read(lambda transaction: blocks_of(transaction, patron_id=number))
        return sorted((each.agency_isil for each in found), key=str)

    block(library.main)
    block(library.main)  # the same once more
    block(school)
    block(school, everywhere=True)
    block(library.main, everywhere=True)
    assert whose() == ["DK-900100", "DK-900200", None]
    assert lift(school)
    assert not lift(school)
    assert whose() == ["DK-900100", None]
    assert lift(school, everywhere=True)
    assert whose() == ["DK-900100"]
    assert isinstance(library.check_out(card, an_item(library), at=school), CheckedOut)
    assert refusal(library.check_out(card, an_item(library))) is BlockReason.EXCLUDED


def test_agreements_are_between_those_they_name() -> None:
    """Two agreements do not make a third, and no matter implies another."""
    agreements = Agreements(
        [
            Agreement("a", frozenset({1, 2}), debts=True, payments=False, lending=False),
            Agreement("b", frozenset({2, 3}), debts=True, payments=True, lending=True),
            Agreement("c", frozenset({3, 4}), False, False, False, patrons=True),
        ]
    )
    assert agreements.counted_at(1) == {1, 2}
    assert agreements.counted_at(2) == {1, 2, 3}
    assert agreements.counted_at(3) == {2, 3}
    assert agreements.counted_at(4) == {4}
    assert agreements.collected_at(1) == {1}
    assert agreements.collected_at(2) == {2, 3}
    assert [agreements.served_at(each) for each in (1, 2, 3, 4)] == [{1}, {2}, {3, 4}, {3, 4}]
    assert agreements.collected_at(4) == {4}
    assert agreements.lends_freely(2, 3)
    assert agreements.lends_freely(3, 2)
    assert not agreements.lends_freely(1, 2)
    assert not agreements.lends_freely(2, 2)


def test_a_charge_says_to_whom_it_is_owed(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    made: list[Charge] = [
        charge_at(library, branch, card, 1_000) for branch in (library.main, school)
    ]
    found = listed(library, card)
    assert [found.creditors[each.agency_id] for each in made] == ["DK-900100", "DK-900200"]


def test_a_renewal_where_nothing_is_blocked(library: Library) -> None:
    school, card = a_school(library), a_patron(library)
    barcode = an_item(library, home=school)
    assert isinstance(library.check_out(card, barcode, at=school), CheckedOut)
    library.pass_time(days=1)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number_of(library, card), BlockReason.EXCLUDED
        )
    )
    assert isinstance(library.renew(card, barcode, at=school), Renewed)
