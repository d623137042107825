"""The hold shelf: what stands on it, what is to be taken away, and taking it away."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from catalogue.database import Transaction
from circulation.holds.facts import (
    HoldFacts,
    holds_on_shelf,
    items_to_clear,
    lock_items_to_clear,
    lock_queues_to_clear,
)
from circulation.holds.results import Hold, hold_of
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn
from circulation.kernel.set_up import SetUp, read_set_up
from circulation.loans.features import HoldHandling
from circulation.loans.returns import check_in


class OnShelf(NamedTuple):
    """An item on a hold shelf. `is_to_go`: its patron did not come, or wants it no more, or
    wants it at another branch."""

    number: int
    item: str  # barcode
    hold: Hold
    deadline: datetime | None
    is_to_go: bool


def hold_shelf(
    transaction: Transaction, *, branch_id: int, now: datetime, only_to_go: bool = False
) -> list[OnShelf]:
    """What stands on the hold shelf of the branch, by number."""
    set_up = read_set_up(transaction)
    found = (
        _on_shelf(each, set_up, now) for each in holds_on_shelf(transaction, branch_id=branch_id)
    )
    return [each for each in found if each.is_to_go or not only_to_go]


def _on_shelf(facts: HoldFacts, set_up: SetUp, now: datetime) -> OnShelf:
    assert facts.number is not None
    assert facts.captured_barcode is not None
    is_late = facts.deadline is not None and facts.deadline < now
    is_to_go = (
        facts.released is not None or is_late or facts.shelf_branch_id != facts.pickup_branch_id
    )
    return OnShelf(
        facts.number, facts.captured_barcode, hold_of(facts, set_up), facts.deadline, is_to_go
    )


def clear_shelf(act: Act, *, holds: HoldHandling = HoldHandling.SHELVE) -> list[CheckedIn]:
    """Takes everything that is to go off the hold shelf of the desk's branch.

    The same as checking in each item: it passes to the next who waits, or goes home; each answer
    says where. Holds that were not collected end. Repeated, it finds nothing to do.
    """
    transaction, circulation, desk, now = act
    lock_items_to_clear(transaction, branch_id=desk.branch_id, now=now)
    lock_queues_to_clear(transaction, branch_id=desk.branch_id, now=now)
    cleared = []
    for barcode in items_to_clear(transaction, branch_id=desk.branch_id, now=now):
        answer = check_in(Act(transaction, circulation, desk, now), item=barcode, holds=holds)
        assert isinstance(answer, CheckedIn)
        cleared.append(answer)
    return cleared
