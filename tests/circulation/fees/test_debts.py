"""Blocks for debt: warned, then blocked, and lifted in the transaction that pays (statement 14)."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.accounts.status import patron_status
from circulation.fees.debts import block_warned, debts_to_warn
from circulation.fees.warned import Debt, note_warning
from circulation.jobs.running import run_job
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, PatronStatus, Refused
from circulation.ledger.charges import open_charge, reduce_charge
from circulation.ledger.money import ChargeKind, Paid
from circulation.ledger.reversals import reverse_payment
from circulation.notices.reach import reached_at
from circulation.patrons.blocks import block_patron
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.fees import charge, fee_rule, number_of, paid


@pytest.fixture
def ruled(library: Library) -> Library:
    fee_rule(library, block_threshold=20_000, block_days=8)
    return library


def to_warn(library: Library) -> list[Debt]:
    def work(transaction: Transaction) -> list[Debt]:
        set_up = library.circulation.current_set_up(transaction)
        found, goes_on = debts_to_warn(transaction, set_up, now=library.now)
        assert goes_on is None
        return found

    return library.read(work)


def warn(library: Library) -> None:
    for debt in to_warn(library):
        library.write(
            lambda transaction, debt=debt: note_warning(library.act(transaction, UNATTENDED), debt)  # type: ignore[misc]
        )


def run(library: Library) -> int:
    done = run_job(
        library.circulation,
        library.database,
        "debts",
        day=library.today,
        now=library.now,
    )
    return done.counts["patrons blocked"]


def blocks(library: Library, card: str) -> set[BlockReason]:
    status = library.read(
        lambda transaction: patron_status(library.act(transaction, UNATTENDED), patron=card)
    )
    assert isinstance(status, PatronStatus)
    return {block.reason for block in status.blocks}


def test_statement_14_warned_then_blocked_then_lifted_at_once(either_library: Library) -> None:
    """14. Debt >= threshold -> warning -> after N days block `E`; payment lifts at once."""
    library, card = either_library, a_patron(either_library)
    fee_rule(library, block_threshold=20_000, block_days=8)
    charge(library, card, 19_999)
    assert to_warn(library) == []
    charge(library, card, 1)
    [debt] = to_warn(library)
    assert (debt.amount, debt.threshold, debt.block_days) == (20_000, 20_000, 8)
    assert run(library) == 0  # nobody is blocked without a warning
    warn(library)
    assert to_warn(library) == []
    library.pass_time(days=7)
    assert run(library) == 0
    library.pass_time(days=1)
    assert (run(library), run(library)) == (1, 0)
    assert blocks(library, card) == {BlockReason.DEBT}
    answer = library.check_out(card, an_item(library))
    assert isinstance(answer, Refused)
    assert [(each.reason, each.block) for each in answer.refusals] == [
        (Reason.PATRON_BLOCKED, BlockReason.DEBT)
    ]
    payment = paid(library, card, 1)
    assert isinstance(payment, Paid)
    assert payment.lifted_block
    assert blocks(library, card) == set()
    assert isinstance(library.check_out(card, an_item(library)), CheckedOut)
    kinds = [
        event.kind
        for event in library.read(
            lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
        )
    ]
    for kind in (EventKind.DEBT_WARNED, EventKind.PATRON_BLOCKED, EventKind.PATRON_UNBLOCKED):
        assert kinds.count(kind) == 1


def test_a_debt_that_was_paid_needs_a_new_warning(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    charge(library, card, 20_000)
    warn(library)
    library.pass_time(days=5)
    paid(library, card, 5_000)
    charge(library, card, 5_000)
    library.pass_time(days=20)
    assert run(library) == 0
    assert len(to_warn(library)) == 1


@pytest.mark.parametrize("counts", [False, True])
def test_compensations_never_exclude_by_themselves(library: Library, counts: bool) -> None:
    fee_rule(library, block_threshold=20_000, block_counts_compensation=counts)
    card = a_patron(library)
    charge(library, card, 50_000, ChargeKind.COMPENSATION)
    charge(library, card, 50_000, ChargeKind.DAMAGE)
    assert len(to_warn(library)) == counts
    warn(library)
    library.pass_time(days=30)
    assert run(library) == counts


def test_whatever_brings_the_debt_down_lifts_the_block(ruled: Library) -> None:
    library = ruled
    cards = [a_patron(library) for _ in range(2)]
    made = [charge(library, card, 20_000) for card in cards]
    warn(library)
    library.pass_time(days=8)
    assert run(library) == 2
    library.write(
        lambda transaction: reduce_charge(
            *open_charge(library.act(transaction), charge_id=made[0].id),
            1,
            "agreed",
        )
    )
    assert [blocks(library, card) for card in cards] == [set(), {BlockReason.DEBT}]


def test_a_payment_that_fails_does_not_block_without_a_warning(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    charge(library, card, 20_000)
    warn(library)
    library.pass_time(days=8)
    run(library)
    payment = paid(library, card, 20_000)
    assert isinstance(payment, Paid)
    library.write(
        lambda transaction: reverse_payment(
            library.act(transaction, UNATTENDED), payment_id=payment.payment_id, reason="refused"
        )
    )
    assert (run(library), blocks(library, card)) == (0, set())
    assert len(to_warn(library)) == 1


def test_a_block_given_by_hand_is_not_lifted_by_payments(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    charge(library, card, 20_000)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number_of(library, card), BlockReason.DEBT
        )
    )
    warn(library)
    library.pass_time(days=8)
    assert run(library) == 0
    payment = paid(library, card, 20_000)
    assert isinstance(payment, Paid)
    assert not payment.lifted_block
    assert blocks(library, card) == {BlockReason.DEBT}


def test_rules_that_change_let_go(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    charge(library, card, 20_000)
    warn(library)
    library.pass_time(days=8)
    run(library)
    fee_rule(library, block_threshold=30_000, block_days=8)
    run(library)
    assert blocks(library, card) == set()


def test_debts_to_warn_come_page_by_page(ruled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library = ruled
    cards = [a_patron(library) for _ in range(4)]
    for card, amount in zip(cards, (20_000, 19_999, 20_000, 20_000), strict=True):
        charge(library, card, amount)
    numbers = [number_of(library, card) for card in cards]
    monkeypatch.setattr("circulation.fees.debts.BATCH", 3)

    def page(after: int) -> tuple[list[int], int | None]:
        def work(transaction: Transaction) -> tuple[list[Debt], int | None]:
            set_up = library.circulation.current_set_up(transaction)
            return debts_to_warn(transaction, set_up, now=library.now, after=after)

        found, goes_on = library.read(work)
        return [debt.patron_id for debt in found], goes_on

    assert page(0) == ([numbers[0], numbers[2]], numbers[2] - 1)
    assert page(numbers[0]) == (numbers[2:], numbers[3] - 1)
    assert page(numbers[1]) == (numbers[2:], None)


def test_the_job_goes_on_page_by_page(ruled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library = ruled
    for _ in range(5):
        charge(library, a_patron(library), 20_000)
    warn(library)
    library.pass_time(days=8)
    monkeypatch.setattr("circulation.fees.debts.BATCH", 2)
    assert run(library) == 5

    def page(transaction: Transaction, after: int) -> tuple[list[Debt], int | None]:
        set_up = library.circulation.current_set_up(transaction)
        return block_warned(library.act(transaction, UNATTENDED), set_up, reached_at, after=after)

    seen: list[Any] = [0]
    while seen[-1] is not None:
        seen.append(library.write(lambda transaction: page(transaction, seen[-1]))[1])
    assert len(seen) <= 7
