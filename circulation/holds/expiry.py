"""Holds whose interest period has run out, and those of the dead. Idempotent: each is ended once,
whenever it is run."""

from __future__ import annotations

from circulation.holds.changes import HoldOutcome, close, release
from circulation.holds.facts import (
    hold_facts,
    holds_of_patron,
    holds_out_of_interest,
    lock_own_set,
    lock_queues,
)
from circulation.holds.results import Hold, hold_of
from circulation.kernel.act import Act
from circulation.kernel.set_up import read_set_up

#: So many in one transaction, that no desk waits long for a queue.
AT_MOST = 200


def expire_holds(act: Act, *, at_most: int = AT_MOST) -> list[Hold]:
    """Ends open holds that wait in vain beyond their interest date; gives them.

    Call it again until it gives none. What is on its way to a patron is not touched.
    """
    transaction, now = act.transaction, act.now
    set_up = read_set_up(transaction)
    today = set_up.day(now)
    found = holds_out_of_interest(transaction, today=today, at_most=at_most)
    lock_queues(transaction, (hold.record_id for hold in found))
    expired = []
    for each in found:
        hold = lock_own_set(transaction, hold_facts(transaction, hold_id=each.id))
        if hold is None or hold.closed is not None or hold.is_bound or hold.interest_until >= today:
            continue
        close(act, hold, HoldOutcome.EXPIRED)
        closed = hold_facts(transaction, hold_id=hold.id)
        assert closed is not None
        expired.append(hold_of(closed, set_up))
    return expired


def end_holds_of(act: Act, patron_id: int) -> int:
    """Ends all open holds of somebody who has died, and gives how many; an item on its way to them,
    or on a hold shelf, is the next one's."""
    transaction = act.transaction
    found = holds_of_patron(transaction, patron_id=patron_id)
    lock_queues(transaction, (hold.record_id for hold in found))
    ended = 0
    for each in found:
        hold = lock_own_set(transaction, hold_facts(transaction, hold_id=each.id))
        if hold is not None and hold.closed is None:
            release(act, hold)
            close(act, hold, HoldOutcome.CANCELLED)
            ended += 1
    return ended
