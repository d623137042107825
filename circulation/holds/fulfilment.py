"""What lending means for holds: who may take the item, whose hold it fulfils, who wants it back."""

from __future__ import annotations

from dataclasses import dataclass

from circulation.holds.changes import HoldOutcome, close, forget_item, release
from circulation.holds.copies import copies_of_record
from circulation.holds.facts import (
    HoldFacts,
    hold_of_item,
    holds_of_record,
    lock_own_set,
    lock_queue,
)
from circulation.holds.keeping import KEEPING
from circulation.holds.part import WAITED_FOR
from circulation.holds.restoring import capture_image
from circulation.holds.targeting import is_wanted_by_others, suits, target_of
from circulation.holds.wanted_copies import WantedCopy, note_delays, wanted_copy
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.loans.features import LoanCase, LoanSight, Look, Written
from circulation.loans.states import LoanAction, LoanState, refusals_in
from circulation.loans.wishes import LoanWish

#: How a copy that another patron waits for is refused, by what the rules say of it.
_WAYS = {"refuse": Reason.COPY_KEPT_FOR_HOLD, "ask": Reason.COPY_WANTED}


@dataclass(frozen=True, slots=True)
class HoldsAtLoan(LoanSight):
    """`bound` is the hold that the item is bound to or lies on the shelf for, `own` the hold of
    the borrower that the loan fulfils, `wanted` whose holds lose the item by the loan."""

    bound: HoldFacts | None = None
    own: HoldFacts | None = None
    wanted: WantedCopy | None = None

    @property
    def is_for_another(self) -> bool:
        """Does the item wait for somebody who is not the borrower?"""
        bound, own = self.bound, self.own
        return bound is not None and bound.is_bound and (own is None or own.id != bound.id)

    def refusals(self, case: LoanCase) -> list[Refusal]:
        bound, own = LoanAction.CHECK_OUT, LoanAction.CHECK_OUT_TO_HOLDER
        found = refusals_in(LoanState.HELD, bound if self.is_for_another else own)
        if self.wanted is not None:
            way = case.terms.way_to_lend_wanted(case.act.desk.is_machine)
            found += [Refusal(_WAYS[way])] if way in _WAYS else []
        return found

    def _fulfil_then(self, case: LoanCase, written: Written) -> None:
        """Close the hold that a loan of the past fulfilled: one that waited then, and has no item
        now. One that has is left alone, for the patron may have been notified."""
        own = self.own
        if own is None or own.closed is not None or own.captured_item_id is not None:
            return
        if own.placed <= case.at:
            written.hold_id = own.id
            close(case.act, own, HoldOutcome.FULFILLED, item_id=case.item.id)

    def follow(self, case: LoanCase, written: Written) -> None:
        bound, own = self.bound, self.own
        if bound is not None:
            written.before["capture"] = capture_image(bound)
        if written.is_over:
            self._fulfil_then(case, written)
            return
        transaction = case.act.transaction
        item_id = case.item.id
        if self.wanted is not None:
            note_delays(case, self.wanted, written.loan)
        if own is not None:
            written.hold_id = own.id
            if own.closed is None:
                if own.captured_item_id not in (None, item_id):
                    release(case.act, own)
                close(case.act, own, HoldOutcome.FULFILLED, item_id=item_id)
        if bound is None:
            return
        if self.is_for_another:
            release(case.act, bound)  # taken over their heads: they wait again
        forget_item(transaction, bound)


def holds_at_loan(case: LoanCase) -> HoldsAtLoan:
    """The holds that matter when the locked item is lent to the borrower.

    Any hold of theirs that the item suits is fulfilled, also one that is paused or whose own item
    is on its way still: they have what they wanted. Where several suit, the one named in the wish
    comes first, then the one that the item is bound to, then holds on the item, then those on the
    title.
    """
    item, transaction = case.item, case.act.transaction
    for_hold = case.wish.for_hold if isinstance(case.wish, LoanWish) else None
    lock_queue(transaction, record_id=item.record_id)
    bound = lock_own_set(transaction, hold_of_item(transaction, item_id=item.id))
    target = target_of(item)
    queue = holds_of_record(transaction, record_id=item.record_id)
    own = [hold for hold in queue if hold.patron_id == case.borrower.id and suits(target, hold)]
    own.sort(
        key=lambda hold: (
            hold.id != for_hold,
            bound is None or hold.id != bound.id,
            hold.item_id is None,
        )
    )
    fulfilled = lock_own_set(transaction, own[0]) if own else None
    is_free = case.loan is None and (bound is None or not bound.is_bound)
    wanted = wanted_copy(case, queue, fulfilled) if is_free else None
    return HoldsAtLoan(bound, fulfilled, wanted)


@dataclass(frozen=True, slots=True)
class HoldsAtRenewal(LoanSight):
    """Does somebody else wait whom no copy but this one can serve?"""

    is_wanted: bool

    def refusals(self, case: LoanCase) -> list[Refusal]:
        reasons = []
        if case.loan is not None and case.loan.recalled is not None:
            reasons.append(Reason.LOAN_RECALLED)
        if self.is_wanted:
            reasons.append(Reason.WANTED_BY_ANOTHER)
        return [Refusal(reason) for reason in reasons]


def holds_at_renewal(case: LoanCase) -> HoldsAtRenewal:
    """What those who wait for the title have against a renewal."""
    item, transaction, now = case.item, case.act.transaction, case.act.now
    queue = holds_of_record(transaction, record_id=item.record_id)
    copies = copies_of_record(transaction, record_id=item.record_id)
    for feature in KEEPING.of(item):
        if feature.keeps_copies(item):
            copies = feature.left(transaction, case.set_up, item.record_id, copies, now)
    return HoldsAtRenewal(
        is_wanted_by_others(target_of(item), case.borrower.id, queue, copies, case.set_up, now)
    )


HOLDS_AT_LOAN = Look((WAITED_FOR,), holds_at_loan)
HOLDS_AT_RENEWAL = Look((WAITED_FOR,), holds_at_renewal)
