"""What a check-out means for holds: who may take the item, and whose hold it fulfils."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from catalogue.database import Transaction
from circulation.holds.changes import HoldOutcome, close, forget_item, release
from circulation.holds.facts import (
    HoldFacts,
    hold_facts,
    hold_of_item,
    holds_of_record,
    lock_hold_set,
    lock_queue,
)
from circulation.holds.targeting import suits, target_of
from circulation.items.facts import ItemFacts
from circulation.kernel.results import Desk


class HoldsAtLoan(NamedTuple):
    """`bound` is the hold that the item is bound to or lies on the shelf for, `own` the hold of
    the borrower that the loan fulfils."""

    bound: HoldFacts | None = None
    own: HoldFacts | None = None

    @property
    def is_for_another(self) -> bool:
        """Does the item wait for somebody who is not the borrower?"""
        bound, own = self.bound, self.own
        return bound is not None and bound.is_bound and (own is None or own.id != bound.id)


def holds_at_loan(
    transaction: Transaction, item: ItemFacts, patron_id: int, for_hold: int | None = None
) -> HoldsAtLoan:
    """The holds that matter when the locked item is lent to the patron.

    Any hold of theirs that the item suits is fulfilled, also one that is paused or whose own item
    is on its way still: they have what they wanted. `for_hold`, where it is one of them, goes
    before bound to the item goes before on the item goes before on the title.
    """
    if not item.has_to_do_with_holds:
        return HoldsAtLoan()
    lock_queue(transaction, item.record_id)
    bound = _settled(transaction, hold_of_item(transaction, item.id))
    target = target_of(item)
    own = [
        hold
        for hold in holds_of_record(transaction, item.record_id)
        if hold.patron_id == patron_id and suits(target, hold)
    ]
    own.sort(
        key=lambda hold: (
            hold.id != for_hold,
            bound is None or hold.id != bound.id,
            hold.item_id is None,
        )
    )
    return HoldsAtLoan(bound, _settled(transaction, own[0]) if own else None)


def _settled(transaction: Transaction, hold: HoldFacts | None) -> HoldFacts | None:
    """The hold under the lock of its set, where it has one."""
    if hold is None or hold.set_id is None:
        return hold
    lock_hold_set(transaction, hold.set_id)
    return hold_facts(transaction, hold.id)


def settle_holds(
    transaction: Transaction, desk: Desk, item_id: int, holds: HoldsAtLoan, now: datetime
) -> None:
    """Writes what the loan of the item does to the holds."""
    bound, own = holds.bound, holds.own
    if own is not None and own.closed is None:
        if own.captured_item_id not in (None, item_id):
            release(transaction, desk, own, now)
        close(transaction, desk, own, HoldOutcome.FULFILLED, now, item_id=item_id)
    if bound is None:
        return
    if bound.is_bound and (own is None or own.id != bound.id):
        release(transaction, desk, bound, now)  # taken over their heads: they wait again
    forget_item(transaction, bound)
