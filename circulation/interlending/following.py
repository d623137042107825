"""What an act at a desk, a machine or over the wire means for the interlibrary loan of the item.

The verbs of circulation call these when they have done their work, in the same transaction, for
items of which the facts say that they are in one. The loan goes on to its next state, and the
partner is told unless the act was its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from circulation.holds.facts import hold_facts
from circulation.holds.part import WAITED_FOR
from circulation.interlending.notices import PartnerNoticeKind, is_partners, tell, withdraw
from circulation.interlending.part import WITH_PARTNER
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
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import ChargedFee, Destination, Refusal
from circulation.loans.features import LoanCase, LoanSight, Look, ReturnCase, ReturnFeature, Written
from circulation.loans.lost import LossCase, LossFeature
from circulation.loans.undo import UndoCase, UndoFeature

#: Why the patron cannot renew what is borrowed, by what hinders it there.
_RENEWAL_REASONS = {
    Obstacle.ASKED_ALREADY: Reason.RENEWAL_WINDOW_NOT_OPEN,
    Obstacle.RECALLED: Reason.LOAN_RECALLED,
    Obstacle.LOST: Reason.ITEM_LOST,
}


class PartnerAtLoan(LoanSight):
    """An item that is in an interlibrary loan, or may be for the hold that the loan fulfils."""

    def bounded(self, case: LoanCase, due: datetime | None) -> datetime | None:
        """No later than the owner's date, for what is borrowed from another library."""
        partner = WITH_PARTNER.of(case.item)
        if due is None or partner is None or partner.owner_due is None:
            return due
        return min(due, partner.owner_due)

    def follow(self, case: LoanCase, written: Written) -> None:
        transaction, item, loan = case.act.transaction, case.item, written.loan
        if written.is_over:
            return
        if WITH_PARTNER.of(item) is not None:
            found = loan_of_item(transaction, item_id=item.id)
        elif written.hold_id is not None:
            found = loan_of_hold(transaction, hold_id=written.hold_id)
        else:
            return
        if found is None:
            return
        if found.is_borrowed:
            new = advance(case.act, found, BorrowingAction.LEND, loan_id=loan.id)
            kind = PartnerNoticeKind.CHECKED_OUT
        else:
            new = advance(
                case.act,
                found,
                LendingAction.LEND,
                item_id=item.id,
                barcode=item.barcode,
                record_id=item.record_id,
                title=item.title,
                author=item.author,
                loan_id=loan.id,
                due=loan.due,
            )
            kind = PartnerNoticeKind.SHIPPED
        if isinstance(new, InterlibraryLoan):
            tell(case.act, new, kind, due=loan.due)


@dataclass(frozen=True, slots=True)
class PartnerAtRenewal(LoanSight):
    """The interlibrary loan of an item whose loan is to be renewed."""

    found: InterlibraryLoan

    def refusals(self, case: LoanCase) -> list[Refusal]:
        """Why the owner need not be asked for a renewal of what is borrowed."""
        if not self.found.is_borrowed:
            return []
        if not self.found.renewable:
            return [Refusal(Reason.MAX_RENEWALS_REACHED)]
        cell = after(self.found.state, BorrowingAction.ASK_RENEWAL)
        hindrance = _RENEWAL_REASONS.get(cell) if isinstance(cell, Obstacle) else None
        return [Refusal(hindrance)] if hindrance else []

    def follow(self, case: LoanCase, written: Written) -> None:
        """For good where the item is ours, else until the owner answers."""
        due = written.loan.due
        if self.found.is_borrowed:
            before = None if case.loan is None else case.loan.due
            action = BorrowingAction.ASK_RENEWAL
            new = advance(case.act, self.found, action, due_before=before)
            kind = PartnerNoticeKind.RENEWAL_ASKED
        else:
            new = advance(case.act, self.found, LendingAction.RENEW, due=due)
            kind = PartnerNoticeKind.RENEWED
        if isinstance(new, InterlibraryLoan):
            tell(case.act, new, kind, due=due)


def _at_renewal(case: LoanCase) -> PartnerAtRenewal | None:
    found = loan_of_item(case.act.transaction, item_id=case.item.id)
    return None if found is None else PartnerAtRenewal(found)


_AT_LOAN = PartnerAtLoan()
PARTNER_AT_LOAN = Look((WITH_PARTNER, WAITED_FOR), lambda case: _AT_LOAN)
PARTNER_AT_RENEWAL = Look((WITH_PARTNER,), _at_renewal)


class PartnerAtReturn(ReturnFeature):
    parts = (WITH_PARTNER,)

    def settle(self, case: ReturnCase) -> None:
        transaction = case.act.transaction
        found = loan_of_item(transaction, item_id=case.item.id)
        if found is None:
            return
        action = BorrowingAction.COME_BACK if found.is_borrowed else LendingAction.COME_BACK
        new = advance(case.act, found, action, due_before=None)
        if isinstance(new, Obstacle):
            return
        if new.state is not found.state:
            tell(case.act, found, PartnerNoticeKind.CHECKED_IN)
        if new.is_borrowed:
            # It belongs on no shelf of ours: once it is at the branch that borrowed it, or where
            # nothing goes there from here, staff send it back.
            case.shelf, case.floats = Destination.PROBLEM_BIN, False


def follow_recall(act: Act, item_id: int, due: datetime) -> None:
    """A loan was recalled. Of one of ours the borrower is told; the rest is no partner's matter."""
    transaction = act.transaction
    found = loan_of_item(transaction, item_id=item_id)
    if found is None or found.is_borrowed:
        return
    new = advance(act, found, LendingAction.RECALL, due=due)
    if isinstance(new, InterlibraryLoan):
        tell(act, new, PartnerNoticeKind.RECALLED, due=due)


class PartnerAtLoss(LossFeature):
    def follow(self, case: LossCase, *, is_lost: bool) -> Sequence[ChargedFee]:
        """The item was declared lost, or was found again with who has it."""
        transaction = case.act.transaction
        if WITH_PARTNER.of(case.item) is None:
            return ()
        found = loan_of_item(transaction, item_id=case.item.id)
        if found is None:
            return ()
        action: LendingAction | BorrowingAction
        if found.is_borrowed:
            action = BorrowingAction.LOSE if is_lost else BorrowingAction.FIND
        else:
            action = LendingAction.LOSE if is_lost else LendingAction.FIND
        new = advance(case.act, found, action)
        if isinstance(new, InterlibraryLoan) and new.state is not found.state:
            tell(case.act, new, PartnerNoticeKind.LOST if is_lost else PartnerNoticeKind.FOUND)
        return ()


def follow_end_of_hold(act: Act, hold_id: int) -> None:
    """A hold has ended without a loan: its patron wants the item no more, or the library that asked
    us for it does not; or we do not lend it after all."""
    transaction = act.transaction
    found = loan_of_hold(transaction, hold_id=hold_id)
    if found is None:
        return
    action: LendingAction | BorrowingAction
    if found.is_borrowed:
        action = BorrowingAction.CANCEL
    else:
        action = LendingAction.CANCEL if is_partners(act, found) else LendingAction.REFUSE
    new = advance(act, found, action)
    if isinstance(new, InterlibraryLoan) and new.state is not found.state:
        hold = hold_facts(transaction, hold_id=hold_id)
        outcome = (hold.outcome if hold else None) or ""
        tell(act, found, PartnerNoticeKind.CANCELLED, about={"outcome": outcome})


class PartnerAtUndo(UndoFeature):
    def undo_loan(self, case: UndoCase) -> None:
        """The interlibrary loan is where it was before."""
        transaction, now = case.act.transaction, case.act.now
        if WITH_PARTNER.of(case.item) is None:
            return
        found = loan_of_item(transaction, item_id=case.item.id)
        if found is None:
            return
        if found.is_borrowed:
            back: BorrowingState | LendingState = BorrowingState.ARRIVED
            kind, undone = PartnerNoticeKind.CHECKED_OUT, found._replace(loan_id=None)
        else:
            back, kind = LendingState.REQUESTED, PartnerNoticeKind.SHIPPED
            undone = found._replace(loan_id=None, item_id=None, due=None)
        store(transaction, undone._replace(state_name=back.value, changed=now))
        if not withdraw(transaction, found.id, kind):
            tell(case.act, found, PartnerNoticeKind.CHECKED_IN, about={"undone": "loan"})

    def undo_return(self, case: UndoCase) -> None:
        """The interlibrary loan goes on, too."""
        transaction, now = case.act.transaction, case.act.now
        found = last_loan_of_item(transaction, item_id=case.item.id)
        if found is None or found.loan_id != case.undone.loan_id:
            return
        back = BorrowingState.ON_LOAN if found.is_borrowed else LendingState.LENT
        if found.state not in (BorrowingState.RETURNED, LendingState.COMPLETED):
            return
        store(transaction, found._replace(state_name=back.value, closed=None, changed=now))
        if not withdraw(transaction, found.id, PartnerNoticeKind.CHECKED_IN):
            tell(case.act, found, PartnerNoticeKind.CHECKED_OUT)
