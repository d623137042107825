"""The warning that a debt will exclude, the block with its message, and what lifts it."""

from __future__ import annotations

from circulation.accounts.status import patron_status
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, PatronStatus
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import danish, flow, kinds, run_day, run_days, told
from tests.builders.fees import charge, fee_rule, hand_in, lend, owed, paid
from tests.builders.notices import sent


def is_blocked(library: Library, card: str) -> bool:
    status = library.read(
        lambda transaction: patron_status(library.act(transaction, UNATTENDED), patron=card)
    )
    assert isinstance(status, PatronStatus)
    return BlockReason.DEBT in {block.reason for block in status.blocks}


def test_a_debt_at_the_threshold_is_warned_of_and_blocks_days_later(
    either_library: Library,
) -> None:
    library = either_library
    danish(library)
    flow(library)
    card = a_patron(library, email="ida@example.org")
    charge(library, card, 20_000)
    assert run_day(library)["patrons warned"] == 1
    sent(library)
    [warning] = told(library, card)
    assert warning.kind == "block_warning"
    said = {name: warning.facts[name] for name in ("amount", "currency", "days")}
    assert said == {"amount": 20_000, "currency": "DKK", "days": 8}
    run_days(library, 7)
    assert not is_blocked(library, card)
    run_days(library, 1)
    assert is_blocked(library, card)
    assert kinds(library, card) == ["block_warning"]
    paid(library, card, 1)
    assert not is_blocked(library, card)  # in the same transaction


def test_a_bill_that_warns_is_the_warning(library: Library) -> None:
    danish(library)
    card = a_patron(library, email="ida@example.org")
    lend(library, card)
    run_days(library, 28 + 31 + 7, sends=True)
    assert "block_warning" not in kinds(library, card)
    assert not is_blocked(library, card)
    run_days(library, 1)
    assert is_blocked(library, card)


def test_who_cannot_be_told_is_not_blocked(library: Library) -> None:
    """There is no rule on messages, so nobody is told anything."""
    fee_rule(library, block_threshold=20_000, block_days=8)
    card = a_patron(library)
    charge(library, card, 50_000)
    assert run_day(library) == {"could not be warned": 1}
    run_days(library, 30)
    assert not is_blocked(library, card)


def test_who_has_money_with_the_library_is_not_excluded(library: Library) -> None:
    """What was paid for and came back is owed to the patron, and counts against the fees."""
    danish(library)
    card = a_patron(library, email="ida@example.org")
    [book] = lend(library, card, price=12_000, currency="DKK")
    run_days(library, 28 + 31)
    paid(library, card, 20_000 + 23_000)
    hand_in(library, book)
    balance = owed(library, card)
    assert balance is not None
    assert (balance.fees, balance.compensations) == (0, -20_000)
    charge(library, card, 39_999)
    run_days(library, 20)
    assert not is_blocked(library, card)
    assert "block_warning" not in kinds(library, card)
    charge(library, card, 1)
    run_days(library, 8, sends=True)
    assert not is_blocked(library, card)
    run_days(library, 1)
    assert is_blocked(library, card)


def test_nobody_is_reminded_of_what_the_library_owes_them_more(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    [book] = lend(library, card, price=12_000, currency="DKK")
    run_days(library, 28 + 31)
    paid(library, card, 20_000 + 23_000)
    hand_in(library, book)
    before = kinds(library, card)
    charge(library, card, 15_000)
    run_days(library, 60)
    assert kinds(library, card) == before
    charge(library, card, 6_000)  # and now there is something owed
    run_days(library, 1)
    assert kinds(library, card)[len(before) :] == ["reminder"]  # of the older charge
