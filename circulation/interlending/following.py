"""What an act at a desk, a machine or over the wire means for the interlibrary loan of the item.

The verbs of circulation call these when they have done their work, in the same transaction, for
items of which the facts say that they are in one. The loan goes on to its next state, and the
partner is told unless the act was its own.
"""

from __future__ import annotations

from datetime import datetime

from catalogue.database import Transaction
from circulation.interlending.notices import NoticeKind, tell, withdraw
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    last_loan_of_item,
    loan_of_hold,
    loan_of_item,
    store,
)
from circulation.interlending.states import (
    BorrowingAction,
    BorrowingState,
    LendingAction,
    LendingState,
    Obstacle,
    after,
)
from circulation.items.facts import ItemFacts
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk, Loan, Refusal

#: Why the patron cannot renew what is borrowed, by what hinders it there.
_RENEWAL_REASONS = {
    Obstacle.ASKED_ALREADY: Reason.RENEWAL_WINDOW_NOT_OPEN,
    Obstacle.RECALLED: Reason.LOAN_RECALLED,
    Obstacle.LOST: Reason.ITEM_LOST,
}


def bounded_by_owner(item: ItemFacts, due: datetime | None) -> datetime | None:
    """A due date no later than the owner's, for what is borrowed from another library."""
    if due is None or item.owner_due is None:
        return due
    return min(due, item.owner_due)


def follow_check_out(
    transaction: Transaction,
    desk: Desk,
    item: ItemFacts,
    hold_id: int | None,
    loan: Loan,
    now: datetime,
) -> None:
    """The item was lent; `hold_id` is the hold that this fulfils."""
    if item.interlibrary_id is not None:
        found = loan_of_item(transaction, item.id)
    elif hold_id is not None:
        found = loan_of_hold(transaction, hold_id)
    else:
        return
    if found is None:
        return
    if found.is_borrowed:
        new = advance(transaction, found, BorrowingAction.LEND, now, loan_id=loan.id)
        kind = NoticeKind.CHECKED_OUT
    else:
        new = advance(
            transaction,
            found,
            LendingAction.LEND,
            now,
            item_id=item.id,
            barcode=item.barcode,
            record_id=item.record_id,
            title=item.title,
            author=item.author,
            loan_id=loan.id,
            due=loan.due,
        )
        kind = NoticeKind.SHIPPED
    if isinstance(new, InterlibraryLoan):
        tell(transaction, desk, new, kind, now, due=loan.due)


def follow_check_in(
    transaction: Transaction, desk: Desk, item: ItemFacts, now: datetime
) -> InterlibraryLoan | None:
    """The item was handed in; gives the loan where the item belongs to another library."""
    found = loan_of_item(transaction, item.id)
    if found is None:
        return None
    action = BorrowingAction.COME_BACK if found.is_borrowed else LendingAction.COME_BACK
    new = advance(transaction, found, action, now, due_before=None)
    if isinstance(new, Obstacle):
        return None
    if new.state is not found.state:
        tell(transaction, desk, found, NoticeKind.CHECKED_IN, now)
    return new if new.is_borrowed else None


def renewal_refusals(transaction: Transaction, item: ItemFacts) -> list[Refusal]:
    """Why the owner need not be asked for a renewal of what is borrowed."""
    found = loan_of_item(transaction, item.id)
    if found is None or not found.is_borrowed:
        return []
    if not found.renewable:
        return [Refusal(Reason.MAX_RENEWALS_REACHED)]
    cell = after(found.state, BorrowingAction.ASK_RENEWAL)
    hindrance = _RENEWAL_REASONS.get(cell) if isinstance(cell, Obstacle) else None
    return [Refusal(hindrance)] if hindrance else []


def follow_renewal(
    transaction: Transaction,
    desk: Desk,
    item: ItemFacts,
    loan: Loan,
    previous_due: datetime,
    now: datetime,
) -> None:
    """The loan was renewed: for good where the item is ours, else until the owner answers."""
    found = loan_of_item(transaction, item.id)
    if found is None:
        return
    if found.is_borrowed:
        new = advance(transaction, found, BorrowingAction.ASK_RENEWAL, now, due_before=previous_due)
        kind = NoticeKind.RENEWAL_ASKED
    else:
        new = advance(transaction, found, LendingAction.RENEW, now, due=loan.due)
        kind = NoticeKind.RENEWED
    if isinstance(new, InterlibraryLoan):
        tell(transaction, desk, new, kind, now, due=loan.due)


def follow_recall(
    transaction: Transaction, desk: Desk, item_id: int, due: datetime, now: datetime
) -> None:
    """A loan was recalled. Of one of ours the borrower is told; the rest is no partner's matter."""
    found = loan_of_item(transaction, item_id)
    if found is None or found.is_borrowed:
        return
    new = advance(transaction, found, LendingAction.RECALL, now, due=due)
    if isinstance(new, InterlibraryLoan):
        tell(transaction, desk, new, NoticeKind.RECALLED, now, due=due)


def follow_loss(
    transaction: Transaction, desk: Desk, item: ItemFacts, is_lost: bool, now: datetime
) -> None:
    """The item was declared lost, or was found again with who has it."""
    found = loan_of_item(transaction, item.id)
    if found is None:
        return
    action: LendingAction | BorrowingAction
    if found.is_borrowed:
        action = BorrowingAction.LOSE if is_lost else BorrowingAction.FIND
    else:
        action = LendingAction.LOSE if is_lost else LendingAction.FIND
    new = advance(transaction, found, action, now)
    if isinstance(new, InterlibraryLoan) and new.state is not found.state:
        tell(transaction, desk, new, NoticeKind.LOST if is_lost else NoticeKind.FOUND, now)


def follow_end_of_hold(
    transaction: Transaction, desk: Desk | None, hold_id: int, now: datetime
) -> None:
    """A hold has ended without a loan: whoever it was for wants the item no more."""
    found = loan_of_hold(transaction, hold_id)
    if found is None:
        return
    action = BorrowingAction.CANCEL if found.is_borrowed else LendingAction.CANCEL
    new = advance(transaction, found, action, now)
    if isinstance(new, InterlibraryLoan) and new.state is not found.state:
        tell(transaction, desk, found, NoticeKind.CANCELLED, now)


def undo_check_out(transaction: Transaction, desk: Desk, item: ItemFacts, now: datetime) -> None:
    """The loan never was: the interlibrary loan is where it was before."""
    found = loan_of_item(transaction, item.id)
    if found is None:
        return
    if found.is_borrowed:
        back: BorrowingState | LendingState = BorrowingState.ARRIVED
        kind, undone = NoticeKind.CHECKED_OUT, found._replace(loan_id=None)
    else:
        back, kind = LendingState.REQUESTED, NoticeKind.SHIPPED
        undone = found._replace(loan_id=None, item_id=None, due=None)
    store(transaction, undone._replace(state_name=back.value, changed=now))
    if not withdraw(transaction, found.id, kind):
        tell(transaction, desk, found, NoticeKind.CHECKED_IN, now)


def undo_check_in(
    transaction: Transaction, desk: Desk, item: ItemFacts, loan_id: int, now: datetime
) -> None:
    """The loan goes on, and the interlibrary loan with it."""
    found = last_loan_of_item(transaction, item.id)
    if found is None or found.loan_id != loan_id:
        return
    back = BorrowingState.ON_LOAN if found.is_borrowed else LendingState.LENT
    if found.state not in (BorrowingState.RETURNED, LendingState.COMPLETED):
        return
    store(transaction, found._replace(state_name=back.value, closed=None, changed=now))
    if not withdraw(transaction, found.id, NoticeKind.CHECKED_IN):
        tell(transaction, desk, found, NoticeKind.CHECKED_OUT, now)
