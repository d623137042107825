"""Looking at holds: one with its prospects, a patron's, a record's queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.holds.closed_branches import next_pickup_day
from circulation.holds.copies import Copy, copies_of_record
from circulation.holds.facts import (
    HoldFacts,
    hold_facts,
    holds_of_patron,
    holds_of_patron_on,
    holds_of_record,
    open_holds_behind,
    other_holds,
    ready_holds,
    ready_holds_behind,
)
from circulation.holds.queues import (
    LONGEST_ESTIMATE,
    days_until_served,
    first_day_from,
    number_in_queue,
    number_to_serve,
)
from circulation.holds.results import Hold, HoldState, PatronHolds, QueuedHold, hold_of
from circulation.holds.targeting import can_serve
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.paging import ALL, START, Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.patrons.facts import patron_alone
from circulation.patrons.identifiers import IDENTIFIERS

#: For the estimate, where no rule gives a loan period.
USUAL_LOAN_DAYS = 28


def queued(
    transaction: Transaction,
    set_up: SetUp,
    facts: HoldFacts,
    now: datetime,
    queue: Sequence[HoldFacts] | None = None,
) -> QueuedHold:
    """The hold with its number in the queue and an estimate of the days it will take.

    `queue` are the open holds of its record, where they were read already.
    """
    hold = hold_of(facts, set_up)
    if hold.state is HoldState.CLOSED:
        return QueuedHold(hold, None, None)
    if hold.state in (HoldState.READY, HoldState.ON_THE_WAY):
        soonest = 0 if hold.state is HoldState.READY else 1
        return QueuedHold(hold, None, _days_if_closed(set_up, facts, soonest, now))
    if queue is None:
        queue = holds_of_record(transaction, record_id=facts.record_id)
    number = number_in_queue(queue, facts.id)
    copies = copies_of_record(transaction, record_id=facts.record_id)
    days = estimated_days(set_up, facts, queue, copies, now) if number else None
    return QueuedHold(hold, number, days)


def estimated_days(
    set_up: SetUp,
    facts: HoldFacts,
    queue: Sequence[HoldFacts],
    copies: Sequence[Copy],
    now: datetime,
) -> int | None:
    """An estimate: when a copy can be there, then the first day on which the pickup branch is open
    and the hold is not passed over. None where nobody knows."""
    copies = [copy for copy in copies if can_serve(copy, facts, set_up)]
    if not copies:
        return None
    terms = set_up.terms(facts.pickup_branch_id, facts.patron_category, copies[0].material_group)
    bound = sum(1 for other in queue if other.is_bound)
    today = local_date(now, set_up.branches[facts.pickup_branch_id].timezone)
    number = number_to_serve(queue, facts, today)
    days = days_until_served(number, copies, bound, terms.loan_days or USUAL_LOAN_DAYS, now)
    if days is None:
        return None
    day = first_day_from(facts, today + timedelta(days=days))
    if day is None:
        return None
    return min((next_pickup_day(facts, copies, set_up, day) - today).days, LONGEST_ESTIMATE)


def _days_if_closed(set_up: SetUp, facts: HoldFacts, days: int, now: datetime) -> int:
    """Return the days until the hold can be fetched: later where its branch is closed then."""
    calendar = set_up.calendars[facts.pickup_branch_id]
    today = local_date(now, calendar.timezone)
    day = today + timedelta(days=days)
    is_closed = bool(calendar.closures_on(day))
    return (calendar.next_open_day(day) - today).days if is_closed else days


def find_hold(
    circulation: Circulation, transaction: Transaction, *, hold_id: int, now: datetime
) -> tuple[QueuedHold, int] | None:
    """The hold with this number, open or closed, and whose it is; None where there is none."""
    facts = hold_facts(transaction, hold_id=hold_id)
    if facts is None:
        return None
    set_up = circulation.current_set_up(transaction)
    return queued(transaction, set_up, facts, now), facts.patron_id


def an_item_of(transaction: Transaction, record_id: int) -> str | None:
    """The barcode of an item of the title, for callers that name titles by an item; None where
    there is none."""
    copies = copies_of_record(transaction, record_id=record_id)
    return min((copy.barcode for copy in copies), default=None)


def listed_holds(
    act: Act, patron_id: int, *, are_ready: bool, start: int = 1, limit: int | None = None
) -> list[Hold]:
    """The patron's open holds that are ready, or the others, the oldest first and without
    prospects: from the `start`-th (1 is the first), `limit` at most.

    Call it after a verb that has read the patron.
    """
    transaction, circulation, _, _ = act
    set_up = circulation.set_up_at_hand(transaction)
    read = ready_holds if are_ready else other_holds
    found = read(
        transaction,
        patron_id=patron_id,
        at_most=ALL if limit is None else min(max(limit, 0), ALL),
        skipped=min(max(start - 1, 0), ALL),
    )
    return [hold_of(facts, set_up) for facts in found]


class HoldPage(NamedTuple):
    """Which holds are listed: `limit` at most, behind the place `after` (when it was placed, and
    the hold), which stays where it is whatever is fetched or cancelled. `only_ready` leaves out
    those for which no item lies ready. With `record_id` all on that title, and no others."""

    limit: int | None = None
    after: Place = START
    only_ready: bool = False
    record_id: int | None = None


_ALL_OF_THEM = HoldPage()


def patron_holds(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    with_prospects: bool = True,
    page: HoldPage = _ALL_OF_THEM,
) -> PatronHolds | Refused:
    """The patron's open holds, the oldest first (NCIP LookupUser): all, or a page of them.

    Without prospects numbers and days are left out, and the queues are not read.
    Asks for no PIN: call `patron_status` first where one is needed.
    """
    borrower = patron_alone(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    limit, (at, after_id), only_ready, record_id = page
    if page == _ALL_OF_THEM:
        found = holds_of_patron(transaction, patron_id=borrower.id)
    elif record_id is None:
        at_most = ALL if limit is None else min(max(limit, 0), ALL)
        read = ready_holds_behind if only_ready else open_holds_behind
        where: dict[str, Any] = {"at": at, "after_id": after_id, "at_most": at_most}
        found = read(transaction, patron_id=borrower.id, **where)
    else:
        found = holds_of_patron_on(transaction, patron_id=borrower.id, record_ids=[record_id])
    return PatronHolds(
        borrower.patron(),
        tuple(
            queued(transaction, set_up, facts, now)
            if with_prospects
            else QueuedHold(hold_of(facts, set_up), None, None)
            for facts in found
        ),
    )
