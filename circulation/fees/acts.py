"""What lending, renewing and returning mean for money, and what taking them back does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from circulation.fees.charged_loans import undo_at
from circulation.fees.compensation import cancel_compensation, charge_compensation, set_billed
from circulation.fees.late_fees import End, charge_lateness
from circulation.fees.loan_fees import PricedAct, charge_act, fee_refusals, price_of
from circulation.fees.rules import FEES
from circulation.kernel.act import Act
from circulation.kernel.events import Event
from circulation.kernel.results import ChargedFee, Loan, Refusal
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import lock_account
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import open_account
from circulation.loans.ending import Ending, EndingFeature
from circulation.loans.features import LoanCase, LoanSight, Look
from circulation.loans.lost import LossCase, LossFeature
from circulation.loans.undo import UndoCase, UndoFeature

_OF_RETURN = frozenset({ChargeKind.LATE_FEE, ChargeKind.COMPENSATION})
_OF_LOAN = frozenset({ChargeKind.LOAN_FEE})
_OF_RENEWAL = _OF_RETURN | _OF_LOAN


def _owes_nothing(ending: Ending) -> bool:
    """Does the loan cost nothing when it ends like that?"""
    return ending.came <= ending.loan.due and ending.loan.billed is None


class FeesAtEnd(EndingFeature):
    def lock(self, ending: Ending) -> None:
        if not _owes_nothing(ending):
            lock_account(ending.act.transaction, patron_id=ending.loan.patron_id)

    def charge(self, ending: Ending) -> tuple[ChargedFee, ...]:
        """Charges for being late, and cancels the compensation of a loan that was billed."""
        if _owes_nothing(ending):
            return ()
        act, set_up, loan = ending.act, ending.set_up, ending.loan
        end = End(ending.came, returned_at=ending.here)
        late = charge_lateness(act, set_up, ending.item, loan, end)
        cancel_compensation(act, set_up, loan, "the item was returned")
        return (late,) if late else ()

    def uncharge(self, act: Act, set_up: SetUp, ended: Event) -> None:
        """What the end cancelled is charged again."""
        _undo(act, set_up, ended, _OF_RETURN, "not returned")

    def uncharge_renewal(self, act: Act, set_up: SetUp, renewed: Event) -> None:
        """Neither lateness until then nor the renewal itself is charged."""
        _undo(act, set_up, renewed, _OF_RENEWAL, "not renewed")


@dataclass(frozen=True, slots=True)
class FeeAtLoan(LoanSight):
    """What it costs to borrow the item."""

    amount: int
    currency: str

    @property
    def price(self) -> tuple[int, str] | None:
        return (self.amount, self.currency) if self.amount else None

    def refusals(self, case: LoanCase) -> list[Refusal]:
        return fee_refusals(self.amount, self.currency, case.wish.fee_acknowledged)

    def charge(self, case: LoanCase, loan: Loan) -> tuple[ChargedFee, ...]:
        """The borrower is locked."""
        return self._charge(case, loan, "loan_fee") if self.amount else ()

    def _charge(self, case: LoanCase, loan: Loan, field: str) -> tuple[ChargedFee, ...]:
        what = _priced(case, field)
        fee = charge_act(case.act, case.set_up, what, case.borrower.id, (loan.id, case.item.id))
        return (fee,) if fee else ()


class FeeAtRenewal(FeeAtLoan):
    """What it costs to renew, and to have been late."""

    def charge(self, case: LoanCase, loan: Loan) -> tuple[ChargedFee, ...]:
        """Charges for being late until now and for the renewal; a compensation is cancelled."""
        act, set_up, before = case.act, case.set_up, case.loan
        assert before is not None
        late = charge_lateness(act, set_up, case.item, before, End(case.at, "renewal"))
        charged: tuple[ChargedFee, ...] = (late,) if late else ()
        if before.billed is not None:
            cancel_compensation(act, set_up, before, "the loan was renewed")
            set_billed(act.transaction, loan_id=before.id, billed=None)
        if "renewal_fee" in FEES.of(set_up).says:
            lock_account(act.transaction, patron_id=case.borrower.id)
            charged += self._charge(case, loan, "renewal_fee")
        return charged


def _look(case: LoanCase) -> FeeAtLoan:
    return FeeAtLoan(*_price(case, "loan_fee"))


def _look_at_renewal(case: LoanCase) -> FeeAtLoan:
    return FeeAtRenewal(*_price(case, "renewal_fee"))


def _price(case: LoanCase, field: str) -> tuple[int, str]:
    return price_of(case.set_up, _priced(case, field), case.at)


def _priced(case: LoanCase, field: str) -> PricedAct:
    return PricedAct(field, case.branch.id, case.borrower.category, case.item.material_group)


FEES_AT_LOAN = Look((), _look)
FEES_AT_RENEWAL = Look((), _look_at_renewal)


class FeesAtUndo(UndoFeature):
    def undo_loan(self, case: UndoCase) -> None:
        """It never was: nor was what it cost."""
        _undo(case.act, case.set_up, case.undone, _OF_LOAN, "never lent")


def _undo(
    act: Act, set_up: SetUp, undone: Event, kinds: frozenset[ChargeKind], reason: str
) -> None:
    if undone.patron_id is None or undone.loan_id is None or not FEES.of(set_up).rules:
        return
    account = open_account(act, set_up, undone.patron_id)
    undo_at(account, undone.loan_id, undone.recorded or undone.at, kinds, reason)


class FeesAtLoss(LossFeature):
    def follow(self, case: LossCase, *, is_lost: bool) -> Sequence[ChargedFee]:
        """Compensation for a loan that is lost, nothing any more for one that is found."""
        act, set_up, loan = case.act, case.set_up, case.loan
        if loan is None:
            return ()
        if is_lost:
            return charge_compensation(act, set_up, case.item, loan)
        if loan.billed is not None:
            cancel_compensation(act, set_up, loan, "the item was found")
            set_billed(act.transaction, loan_id=loan.id, billed=None)
        return ()
