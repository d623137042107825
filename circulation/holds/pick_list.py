"""The pick list: which items to fetch from the shelves of a branch, and for whom.

It is computed, never stored: what stands on shelves is shared out among those who wait, each of
whom gets the copy that is cheapest to send. An item that somebody has gone to fetch is marked, so
that two people do not look for the same book. One that was not found on its shelf is kept in mind
with who did not find it: for a while another copy is fetched wherever one would do.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert

from catalogue.database import Statement, Transaction, change, send
from catalogue.items import find_item
from circulation.holds.closed_branches import is_closed, redirect
from circulation.holds.copies import Copy, copies_of_record, records_to_fetch
from circulation.holds.facts import HoldFacts, holds_of_record, lock_queue
from circulation.holds.keeping import KEEPING, KeepingFeature
from circulation.holds.schema import fetches
from circulation.holds.targeting import Assignment, assign
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp, read_set_up

#: A mark that is older says nothing any more: the book was not found, or the mark forgotten.
MARK_LASTS = timedelta(hours=12)
#: So long after nobody has found it a copy is asked for last.
SOUGHT_LASTS = timedelta(days=7)


@send
def _insert_fetch(
    *,
    item_id: int,
    hold_id: int,
    actor: str,
    since: datetime,
    sought_by: str | None,
    sought: datetime | None,
) -> Statement:
    return insert(fetches).values(locals())


@change
def _delete_fetch(*, item_id: int) -> Statement:
    return delete(fetches).where(fetches.c.item_id == item_id)


class ToFetch(NamedTuple):
    """A line of the list. `fetched_by` is the login of who has gone for it, None for nobody;
    `sought_by` that of who did not find it lately, at `sought`."""

    item: str  # barcode
    title: str
    author: str
    location: str
    sublocation: str
    call_number: str
    hold_id: int
    pickup_branch: Branch
    fetched_by: str | None
    fetched_since: datetime | None
    sought_by: str | None
    sought: datetime | None


def pick_list(
    transaction: Transaction, *, branch_id: int, now: datetime, only_unmarked: bool = False
) -> list[ToFetch]:
    """What is to be fetched from the shelves of the branch, in the order of the shelves.

    Nothing while the branch, or the pickup branch of the hold, is closed in an emergency.
    """
    set_up = read_set_up(transaction)
    if is_closed(set_up, branch_id, now):
        return []
    found: list[ToFetch] = []
    served: set[int] = set()  # parallel sets: one of each is enough
    kept = [(feature, feature.records(transaction)) for feature in KEEPING]
    for record_id in records_to_fetch(transaction, branch_id=branch_id):
        keeping = [feature for feature, titles in kept if record_id in titles]
        for copy, hold in fetched_for(transaction, set_up, record_id, now, keeping, served):
            if hold.set_kind == "parallel" and hold.set_id is not None:
                served.add(hold.set_id)
            if copy.branch_id == branch_id and not is_closed(set_up, hold.pickup_branch_id, now):
                line = _line(copy, hold, set_up, now)
                if line.fetched_by is None or not only_unmarked:
                    found.append(line)
    found.sort(key=shelf_order)
    return found


def shelf_order(line: ToFetch) -> tuple[str, str, str, str]:
    """Where the item stands, as somebody walks along the shelves."""
    return line.location, line.sublocation, line.call_number, line.item


def fetched_for(
    transaction: Transaction,
    set_up: SetUp,
    record_id: int,
    now: datetime,
    keeping: Iterable[KeepingFeature],
    served: Container[int | None] = (),
) -> list[Assignment]:
    """What is to be fetched of the title, but for holds of the sets that are `served`."""
    queue = [
        hold
        for hold in holds_of_record(transaction, record_id=record_id)
        if hold.set_id not in served
    ]
    copies = copies_of_record(transaction, record_id=record_id)
    for feature in keeping:
        copies = feature.left(transaction, set_up, record_id, copies, now)
    return share_out(queue, copies, set_up, now)


def share_out(
    queue: Sequence[HoldFacts], copies: Sequence[Copy], set_up: SetUp, now: datetime
) -> list[Assignment]:
    """Assign copies on shelves to holds.

    Copies that were not found lately, and those of closed branches, come last.
    """
    queue = [redirect(hold, copies, set_up, now) for hold in queue]
    found = [
        copy
        for copy in copies
        if not (_is_sought(copy, now) or is_closed(set_up, copy.branch_id, now))
    ]
    if len(found) == len(copies):
        return assign(queue, copies, set_up, now)
    assigned = assign(queue, found, set_up, now)
    served_now = {hold.id for _, hold in assigned}
    rest = [hold for hold in queue if hold.id not in served_now]
    return assigned + assign(rest, [each for each in copies if each not in found], set_up, now)


def _line(copy: Copy, hold: HoldFacts, set_up: SetUp, now: datetime) -> ToFetch:
    is_marked, is_sought = _is_marked(copy, now), _is_sought(copy, now)
    return ToFetch(
        copy.barcode,
        hold.title,
        hold.author,
        copy.location,
        copy.sublocation,
        copy.call_number,
        hold.id,
        set_up.branches[hold.pickup_branch_id],
        copy.fetched_by if is_marked else None,
        copy.fetched_since if is_marked else None,
        copy.sought_by if is_sought else None,
        copy.sought if is_sought else None,
    )


def _is_marked(copy: Copy, now: datetime) -> bool:
    since = copy.fetched_since
    is_over = copy.sought is not None and since is not None and copy.sought >= since
    return since is not None and not is_over and now - since < MARK_LASTS


def _is_sought(copy: Copy, now: datetime) -> bool:
    return copy.sought is not None and now - copy.sought < SOUGHT_LASTS


def begin_fetching(act: Act, *, item: str) -> ToFetch | Refused:
    """Marks the item with this barcode: the desk's actor has gone to fetch it.

    Refused where it is not on the pick list (NOT_WANTED), or somebody else has gone
    (BEING_FETCHED). The mark ends when the item is bound to a hold, and after `MARK_LASTS`.
    """
    found = _on_the_list(act, item)
    if isinstance(found, Refused):
        return found
    (copy, hold), set_up = found
    if _is_marked(copy, act.now) and copy.fetched_by != act.desk.actor:
        return Refused((Refusal(Reason.BEING_FETCHED),))
    marked = copy._replace(fetched_by=act.desk.actor, fetched_since=act.now)
    _keep(act, marked, hold)
    append_event(act, NewEvent(EventKind.FETCH_BEGUN, item_id=copy.id, hold_id=hold.id))
    return _line(marked, hold, set_up, act.now)


def note_not_found(act: Act, *, item: str) -> ToFetch | Refused:
    """Keeps in mind that the desk's actor has not found the item on its shelf: for `SOUGHT_LASTS`
    another copy is fetched where one would do; else the line stays, and says who has looked.

    Refused where it is not on the pick list (NOT_WANTED).
    """
    found = _on_the_list(act, item)
    if isinstance(found, Refused):
        return found
    (copy, hold), set_up = found
    actor, now = act.desk.actor, act.now
    since = copy.fetched_since or now
    marked = copy._replace(fetched_by=actor, fetched_since=since, sought_by=actor, sought=now)
    _keep(act, marked, hold)
    told = {"not_found": True}
    append_event(
        act,
        NewEvent(EventKind.FETCH_GIVEN_UP, item_id=copy.id, hold_id=hold.id, after=told),
    )
    return _line(marked, hold, set_up, now)


def _on_the_list(act: Act, barcode: str) -> tuple[Assignment, SetUp] | Refused:
    """The item with the hold that it would be fetched for, both locked."""
    transaction, circulation, _, now = act
    lock_item(transaction, barcode=barcode)
    facts = item_facts(transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    lock_queue(transaction, record_id=facts.record_id)
    keeping = [feature for feature in KEEPING.of(facts) if feature.keeps_copies(facts)]
    for assignment in fetched_for(transaction, set_up, facts.record_id, now, keeping):
        places = assignment.copy.branch_id, assignment.hold.pickup_branch_id
        is_waiting = any(is_closed(set_up, place, now) for place in places)
        if assignment.copy.id == facts.id and not is_waiting:
            return assignment, set_up
    return Refused((Refusal(Reason.NOT_WANTED),), facts.item(set_up.branches[facts.home_branch_id]))


def _keep(act: Act, copy: Copy, hold: HoldFacts) -> None:
    """In place of what was noted of the item before."""
    assert copy.fetched_by is not None
    assert copy.fetched_since is not None
    _delete_fetch(act.transaction, item_id=copy.id)
    _insert_fetch(
        act.transaction,
        item_id=copy.id,
        hold_id=hold.id,
        actor=copy.fetched_by,
        since=copy.fetched_since,
        sought_by=copy.sought_by,
        sought=copy.sought,
    )


def give_up_fetching(act: Act, *, item: str) -> bool:
    """Takes the mark off the item; False where there was none."""
    transaction = act.transaction
    found = find_item(transaction, item)
    if found is None or not _delete_fetch(transaction, item_id=found.id):
        return False
    append_event(act, NewEvent(EventKind.FETCH_GIVEN_UP, item_id=found.id))
    return True
