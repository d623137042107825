"""What lending, renewing and returning mean for money, and what taking them back does."""

from __future__ import annotations

from datetime import datetime

from catalogue.database import Transaction
from circulation.fees.charged_loans import undo_at
from circulation.fees.compensation import cancel_compensation, set_billed
from circulation.fees.late_fees import charge_lateness
from circulation.fees.loan_fees import charge_act
from circulation.fees.rules import FEES
from circulation.items.facts import ItemFacts
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Branch, ChargedFee, Desk
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import lock_account
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import open_account
from circulation.patrons.facts import PatronFacts

_OF_RETURN = frozenset({ChargeKind.LATE_FEE, ChargeKind.COMPENSATION})
_OF_LOAN = frozenset({ChargeKind.LOAN_FEE})


def _owes_nothing(item: ItemFacts, came: datetime) -> bool:
    """Does the open loan cost nothing when it ends at that moment?"""
    return item.loan_due is None or (came <= item.loan_due and item.loan_billed is None)


def lock_who_owes(transaction: Transaction, item: ItemFacts, came: datetime) -> None:
    """Locks the borrower of the item, locked, where `charge_return` will charge them.

    For verbs that look at queues of holds before they end the loan: patrons are locked before
    queues.
    """
    if item.borrower_id is not None and not _owes_nothing(item, came):
        lock_account(transaction, item.borrower_id)


def charge_return(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    came: datetime,
    here: Branch,
    now: datetime,
) -> tuple[ChargedFee, ...]:
    """The open loan of the item, locked, ends: `came` is when the item was handed in, `here`.

    Charges for being late, and cancels the compensation of a loan that was billed. To be called
    before queues of holds are locked.
    """
    if _owes_nothing(item, came):
        return ()
    late = charge_lateness(
        circulation, transaction, set_up, desk, item, at=came, now=now, returned_at=here
    )
    cancel_compensation(transaction, set_up, desk, item, now, "the item was returned")
    return (late,) if late else ()


def charge_renewal(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    borrower: PatronFacts,
    *,
    at: datetime,
    now: datetime,
) -> tuple[ChargedFee, ...]:
    """The open loan of the item, locked, is renewed at `at`.

    Charges for being late until now and for the renewal; a compensation is cancelled. To be
    called while the facts and events show the loan as it was.
    """
    late = charge_lateness(
        circulation, transaction, set_up, desk, item, at=at, now=now, act="renewal"
    )
    if item.loan_billed is not None and item.loan_id is not None:
        cancel_compensation(transaction, set_up, desk, item, now, "the loan was renewed")
        set_billed(transaction, item.loan_id, None)
    fee = None
    if "renewal_fee" in FEES.of(set_up).says:
        assert item.loan_branch_id is not None
        lock_account(transaction, borrower.id)
        fee = charge_act(
            circulation,
            transaction,
            set_up,
            desk,
            "renewal_fee",
            patron_id=borrower.id,
            branch_id=item.loan_branch_id,
            category=borrower.category,
            material_group=item.material_group,
            loan_id=item.loan_id,
            item_id=item.id,
            now=now,
        )
    return tuple(each for each in (late, fee) if each)


def charge_loan(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    borrower: PatronFacts,
    loan_id: int,
    now: datetime,
) -> tuple[ChargedFee, ...]:
    """The item is lent to the borrower, who is locked, where that costs something."""
    fee = charge_act(
        circulation,
        transaction,
        set_up,
        desk,
        "loan_fee",
        patron_id=borrower.id,
        branch_id=desk.branch_id,
        category=borrower.category,
        material_group=item.material_group,
        loan_id=loan_id,
        item_id=item.id,
        now=now,
    )
    return (fee,) if fee else ()


def undo_return(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    *,
    patron_id: int | None,
    loan_id: int | None,
    recorded: datetime,
    now: datetime,
) -> None:
    """The loan goes on: what its end at that moment charged is taken back, and what it cancelled
    is charged again."""
    _undo(transaction, set_up, desk, patron_id, loan_id, recorded, now, _OF_RETURN, "not returned")


def undo_loan(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    *,
    patron_id: int | None,
    loan_id: int | None,
    recorded: datetime,
    now: datetime,
) -> None:
    """The loan made at that moment never was: nor was what it cost."""
    _undo(transaction, set_up, desk, patron_id, loan_id, recorded, now, _OF_LOAN, "never lent")


def _undo(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    patron_id: int | None,
    loan_id: int | None,
    recorded: datetime,
    now: datetime,
    kinds: frozenset[ChargeKind],
    reason: str,
) -> None:
    if patron_id is None or loan_id is None or not FEES.of(set_up).rows:
        return
    account = open_account(transaction, set_up, desk, patron_id, now)
    undo_at(account, loan_id, recorded, kinds, reason)
