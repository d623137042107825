"""Holds whose copy was sent to the alternative of a closure that has been withdrawn since."""

from __future__ import annotations

from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.calendars.due_dates import local_date
from circulation.holds.changes import CLOSED_BRANCH, write_changes
from circulation.holds.closed_branches import alternative_of
from circulation.holds.facts import hold_facts, lock_queue
from circulation.holds.schema import captures, holds
from circulation.kernel.act import Act
from circulation.kernel.events import Event, EventKind, select_events
from circulation.kernel.results import Branch
from circulation.kernel.schema import events
from circulation.kernel.set_up import read_set_up


@many(Event)
def _changes_on_the_way(*, branch_id: int) -> Statement:
    """Return the changes of open holds whose copy is on the way to another branch than this."""
    on_the_way = (
        select(holds.c.id)
        .join(captures, captures.c.hold_id == holds.c.id)
        .where(
            holds.c.closed.is_(None),
            holds.c.pickup_branch_id != branch_id,
            captures.c.shelved.is_(None),
            captures.c.released.is_(None),
        )
    )
    is_change = events.c.kind == EventKind.HOLD_CHANGED.value
    return select_events(is_change, events.c.hold_id.in_(on_the_way)).order_by(events.c.id)


def restore_pickup_branches(act: Act, branch: Branch) -> None:
    """Give the branch back to holds that its closure has sent to the alternative.

    Copies on a hold shelf stay there, as the patron was sent a message that names it. Nothing is
    changed while another closure of the branch names an alternative for today.
    """
    transaction = act.transaction
    today = local_date(act.now, branch.timezone)
    if alternative_of(read_set_up(transaction), branch.id, today) is not None:
        return
    last: dict[int, Event] = {}
    for event in _changes_on_the_way(transaction, branch_id=branch.id):
        if event.hold_id is not None and "pickup_branch_id" in event.after:
            last[event.hold_id] = event
    redirected = [
        (hold.record_id, hold.id, hold.pickup_branch_id)
        for hold_id, event in last.items()
        if event.after.get(CLOSED_BRANCH) == branch.id
        and (hold := hold_facts(transaction, hold_id=hold_id)) is not None
    ]
    for record_id, hold_id, pickup_branch_id in sorted(redirected):
        lock_queue(transaction, record_id=record_id)
        hold = hold_facts(transaction, hold_id=hold_id)
        is_on_the_way = hold is not None and hold.is_bound and hold.shelved is None
        if hold is not None and is_on_the_way and hold.pickup_branch_id == pickup_branch_id:
            write_changes(act, hold, hold._replace(pickup_branch_id=branch.id))
