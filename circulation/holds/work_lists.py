"""The work lists of holds, by pages: what to fetch, what stands on the hold shelf, a queue.

They are computed and not stored, so a page is a slice: it begins after a place in the order of the
shelves, which stays right whatever was fetched or collected between two pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.holds.facts import HoldFacts, holds_of_record
from circulation.holds.lists import queued
from circulation.holds.pick_list import ToFetch, pick_list, shelf_order
from circulation.holds.queues import PassedOver, passed_over
from circulation.holds.results import QueuedHold
from circulation.holds.shelf import OnShelf, hold_shelf
from circulation.kernel.engine import Circulation
from circulation.kernel.paging import MOST, PAGE
from circulation.kernel.set_up import SetUp

Line = TypeVar("Line")
#: A place in the order of the list.
Spot = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slice(Generic[Line]):
    """Some lines, and after which place the next page begins; `next` None: that was all."""

    lines: tuple[Line, ...]
    next: Spot | None


def _slice(
    found: Sequence[Line], spot_of: Callable[[Line], Spot], after: Spot | None, limit: int
) -> Slice[Line]:
    rest = [line for line in found if after is None or spot_of(line) > after]
    lines = tuple(rest[: min(max(limit, 1), MOST)])
    return Slice(lines, spot_of(lines[-1]) if len(lines) < len(rest) else None)


def fetch_page(
    transaction: Transaction,
    *,
    branch_id: int,
    now: datetime,
    only_unmarked: bool = False,
    after: Spot | None = None,
    limit: int = PAGE,
) -> Slice[ToFetch]:
    """What is to be fetched from the shelves of the branch, in the order of the shelves."""
    found = pick_list(transaction, branch_id=branch_id, now=now, only_unmarked=only_unmarked)
    return _slice(found, shelf_order, after, limit)


def shelf_page(
    transaction: Transaction,
    *,
    branch_id: int,
    now: datetime,
    only_to_go: bool = True,
    after: Spot | None = None,
    limit: int = PAGE,
) -> Slice[OnShelf]:
    """What stands on the hold shelf of the branch, by number; `only_to_go`: what is to go."""
    found = hold_shelf(transaction, branch_id=branch_id, now=now, only_to_go=only_to_go)
    return _slice(found, lambda line: (f"{line.number:010}",), after, limit)


class InQueue(NamedTuple):
    """A hold in the queue of its title. `passed_over` says why it is not served today."""

    queued: QueuedHold
    patron_id: int
    patron_name: str
    passed_over: PassedOver | None


def record_queue(
    circulation: Circulation, transaction: Transaction, *, record_id: int, now: datetime
) -> list[InQueue]:
    """The open holds of the title in the order in which they are served."""
    set_up = circulation.current_set_up(transaction)
    return [
        InQueue(
            queued(transaction, set_up, facts, now),
            facts.patron_id,
            facts.patron_name,
            None if facts.is_bound else passed_over(facts, _today(facts, set_up, now)),
        )
        for facts in holds_of_record(transaction, record_id=record_id)
    ]


def _today(facts: HoldFacts, set_up: SetUp, now: datetime) -> date:
    return local_date(now, set_up.branches[facts.pickup_branch_id].timezone)
