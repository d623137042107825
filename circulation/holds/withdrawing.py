"""What becomes of holds when an item leaves the stock: nobody loses their place in a queue.

Whoever waited for just this item waits for any copy of its title (of the same part, where it has
one) from then on. Whether another copy can serve them is told by `circulation.holds.unfillable`.
"""

from __future__ import annotations

from catalogue.database import Transaction
from circulation.holds.changes import HoldOutcome, ask_for_title, close, release
from circulation.holds.facts import (
    HoldFacts,
    hold_facts,
    holds_of_patron_on,
    holds_of_record,
    lock_queue,
)
from circulation.holds.part import WAITED_FOR
from circulation.items.facts import ItemFacts
from circulation.items.removal import ItemNeed, RemovalFeature
from circulation.kernel.act import Act


class HoldsAtRemoval(RemovalFeature):
    def lock(self, transaction: Transaction, item: ItemFacts) -> None:
        lock_queue(transaction, record_id=item.record_id)

    def need(self, transaction: Transaction, item: ItemFacts) -> ItemNeed | None:
        """Does it lie on a hold shelf for somebody who has been told to fetch it?"""
        waited_for = WAITED_FOR.of(item)
        if waited_for is None or waited_for.hold_id is None:
            return None
        hold = hold_facts(transaction, hold_id=waited_for.hold_id)
        is_ready = hold is not None and hold.is_bound and hold.shelved is not None
        return ItemNeed.KEPT if is_ready else None

    def let_go(self, act: Act, item: ItemFacts) -> None:
        let_go_of_item(act, item)


def let_go_of_item(act: Act, item: ItemFacts) -> None:
    """The item is bound to no hold any more, and no hold asks for it alone.

    Call it under the lock of the item and of its title's queue.
    """
    transaction = act.transaction
    for hold in holds_of_record(transaction, record_id=item.record_id):
        if hold.captured_item_id == item.id:
            release(act, hold)
        if hold.item_id != item.id:
            continue
        part = hold.part or item.part
        if part != hold.part and _has_asked_for(transaction, hold, part):
            close(act, hold, HoldOutcome.MERGED)
        else:
            ask_for_title(act, hold, part)


def _has_asked_for(transaction: Transaction, hold: HoldFacts, part: str) -> bool:
    on_it = holds_of_patron_on(transaction, patron_id=hold.patron_id, record_ids=[hold.record_id])
    return any(other.part == part and other.id != hold.id for other in on_it)
