"""From events to changes of records: which records have items that something happened to.

Events come through the outbox (`circulation.kernel.events`). Their records are noted as changed and
numbered in the same transaction (`catalogue.changes.numbering`), so nothing is lost between them.
Items that are added, moved or removed note that themselves (`catalogue.holders`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select

from catalogue.change_notes import Aspect, note_changes
from catalogue.changes.numbering import Numbered, is_unnumbered, number_changes
from catalogue.database import Statement, Transaction, many, many_of, scalar, scalars, scalars_of
from catalogue.schema import items
from circulation.holdings.schema import holdings_sinks
from circulation.kernel.events import EventKind, Follower, Follows
from circulation.kernel.schema import events, outbox
from circulation.kernel.set_up import SetUp, SetUpPart

#: Events after which an item may be somewhere else, or free, or expected on another day.
FOLLOWED: Final = frozenset(
    {
        EventKind.CHECKED_OUT,
        EventKind.CHECKED_IN,
        EventKind.ITEM_SEEN,
        EventKind.RENEWED,
        EventKind.HOLD_CAPTURED,
        EventKind.HOLD_SHELVED,
        EventKind.HOLD_RELEASED,
        EventKind.HOLD_CLOSED,
        EventKind.HOLD_REOPENED,
        EventKind.FETCH_BEGUN,
        EventKind.FETCH_GIVEN_UP,
        EventKind.CHECK_OUT_CANCELLED,
        EventKind.CHECK_IN_CANCELLED,
        EventKind.CLAIMED_RETURNED,
        EventKind.CLAIM_WITHDRAWN,
        EventKind.DECLARED_LOST,
        EventKind.FOUND,
        EventKind.LOAN_SUSPENDED,
        EventKind.LOAN_RESUMED,
        EventKind.LENT_ONWARD,
        EventKind.ONWARD_LOAN_ENDED,
        EventKind.CONFLICT_SETTLED,
        EventKind.BOOKING_CHANGED,
        EventKind.BOOKING_CLOSED,
        EventKind.STAY_BEGUN,
        EventKind.STAY_MOVED,
        EventKind.STAY_ENDED,
        EventKind.LOAN_RECALLED,
        EventKind.LOAN_RECALL_CANCELLED,
        EventKind.LOAN_REDATED,
        EventKind.ITEM_PLACED,
        EventKind.ITEM_ADDED,
        EventKind.ITEM_CHANGED,
        EventKind.ITEM_RECEIVED,
    }
)
#: Events of one transaction, in which nobody lends on SQLite.
AT_MOST: Final = 100


@scalars(str)
def sink_names() -> Statement:
    """Those who are told, by name."""
    return select(holdings_sinks.c.name).order_by(holdings_sinks.c.name)


#: Those who are told, as a set-up has them: where there is nobody, no event is followed.
SINKS: Final = SetUpPart("holdings_sinks", lambda transaction: tuple(sink_names(transaction)))


def _any(actor: str, after: Any) -> bool:
    return True


def _follows(kind: EventKind, set_up: SetUp | None) -> Follows | None:
    if kind not in FOLLOWED or (set_up is not None and not SINKS.of(set_up)):
        return None
    return Follows(_any)


FOLLOWER: Final = Follower("holdings", _follows)


@scalar(int)
def _any_event() -> Statement:
    return select(outbox.c.event_id).where(outbox.c.follower == FOLLOWER.name).limit(1)


@many(tuple[int, int])
def _page() -> Statement:
    """Events of the outbox and their items, locked until the page is done."""
    return (
        select(outbox.c.event_id, events.c.item_id)
        .where(outbox.c.follower == FOLLOWER.name, events.c.id == outbox.c.event_id)
        .order_by(outbox.c.event_id)
        .limit(AT_MOST)
        .with_for_update(of=outbox)
    )


@scalars_of(int)
def _take_out(*, event_ids: Sequence[int]) -> Statement:
    return (
        delete(outbox)
        .where(outbox.c.follower == FOLLOWER.name, outbox.c.event_id.in_(event_ids))
        .returning(outbox.c.event_id)
    )


@many_of(tuple[int, int])
def _records(*, item_ids: Sequence[int]) -> Statement:
    return select(items.c.id, items.c.record_id).where(items.c.id.in_(item_ids))


def is_waiting(transaction: Transaction) -> bool:
    """Are there changes that have no number yet?"""
    return is_unnumbered(transaction) or _any_event(transaction) is not None


def gather(transaction: Transaction, clock: Callable[[], datetime]) -> Numbered:
    """Numbers what has changed: a page of events, and notes."""
    page = _page(transaction)
    if page:
        wanted = sorted({item_id for _, item_id in page if item_id is not None})
        found = {record_id for _, record_id in _records(transaction, item_ids=wanted)}
        note_changes(transaction, found, Aspect.HOLDINGS)
        _take_out(transaction, event_ids=[event_id for event_id, _ in page])
    numbered = number_changes(transaction, clock)
    return Numbered(numbered.records, numbered.is_more or len(page) == AT_MOST)
