"""From events to notices: what has happened, and whom that concerns.

Events are looked at in the order of their ids. A transaction may commit after another that took
its ids later, so the last minute is looked at again each time; no notice comes of it twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update

from catalogue.database import (
    Transaction,
    change,
    key_parameters,
    many,
    many_of,
    one,
    scalar,
    send,
)
from circulation.kernel.engine import Circulation
from circulation.kernel.events import Event, EventKind, read_event, select_events
from circulation.kernel.schema import events
from circulation.notices.requests import Addressees, request_notice
from circulation.notices.rules import NOTICES
from circulation.notices.schema import notice_choices, notice_progress, stored
from circulation.notices.tellings import MAY_TELL, TELLS, Reading

#: So many events in one transaction.
AT_MOST = 500
#: No transaction is open for longer.
_SETTLED_AFTER = timedelta(minutes=1)


class _Progress(NamedTuple):
    seen: int
    seen_at: datetime
    safe: int


_progress = one(
    select(
        notice_progress.c.seen, notice_progress.c.seen_at, notice_progress.c.safe
    ).with_for_update(),
    _Progress,
)
_begin = send(
    insert(notice_progress).values(
        id=1, seen=bindparam("new_seen"), seen_at=bindparam("new_seen_at"), safe=0
    ),
    "new_seen",
    "new_seen_at",
)
_go_on = change(
    update(notice_progress).values(
        seen=bindparam("new_seen"),
        seen_at=bindparam("new_seen_at"),
        safe=bindparam("new_safe"),
    ),
    "new_seen",
    "new_seen_at",
    "new_safe",
)
_last_event = scalar(select(func.coalesce(func.max(events.c.id), 0)))


@lru_cache(maxsize=64)
def _page(kinds: frozenset[EventKind]) -> Callable[..., list[Event]]:
    """The events of these kinds after one, at most so many."""
    return many(
        select_events(
            events.c.id > bindparam("after"),
            events.c.kind.in_(stored(sorted(kinds, key=lambda kind: kind.value))),
        )
        .order_by(events.c.id)
        .limit(bindparam("at_most")),
        read_event,
        "after",
        "at_most",
    )


_wanting: Callable[..., list[Any]] = many_of(
    lambda size: select(notice_choices.c.patron_id, notice_choices.c.kind).where(
        notice_choices.c.wanted.is_(True), notice_choices.c.patron_id.in_(key_parameters(size))
    ),
    None,
)


def gather(
    circulation: Circulation, transaction: Transaction, *, now: datetime, after: int = 0
) -> tuple[int, int | None]:
    """Makes notices of what has happened since the last time: how many, and where to go on."""
    set_up = circulation.current_set_up(transaction)
    progress = _progress(transaction)
    start = max(after, progress.safe if progress else 0)
    kinds = frozenset(event for event, may in MAY_TELL.items() if may & NOTICES.of(set_up).kinds)
    page = _page(kinds)(transaction, start, AT_MOST) if kinds else []
    persons = {each.patron_id for each in page if each.patron_id}
    on_request = NOTICES.of(set_up).on_request
    # Of a page's own patrons it is known at once; of others, when they are asked for.
    asked_for = _wanting(transaction, sorted(persons)) if on_request else []
    wanting = {(row[0], row[1]) for row in asked_for}
    made = 0
    among = Addressees(transaction, persons)
    for event in page:
        telling = TELLS[event.kind](Reading(transaction, set_up, event))
        if telling is None or telling.kind not in NOTICES.of(set_up).kinds:
            continue
        is_asked_for = (telling.patron_id, telling.kind.value) in wanting
        if telling.kind in on_request and telling.patron_id in persons and not is_asked_for:
            continue
        notice_id = request_notice(
            circulation,
            transaction,
            patron_id=telling.patron_id,
            kind=telling.kind,
            cause=telling.cause,
            facts=telling.facts,
            branch_id=telling.branch_id,
            now=now,
            among=among if telling.patron_id == event.patron_id else None,
        )
        made += notice_id is not None
    if len(page) == AT_MOST:
        return made, page[-1].id
    if progress is None:
        _begin(transaction, _last_event(transaction), now)
    elif abs(now - progress.seen_at) >= _SETTLED_AFTER:
        _go_on(transaction, _last_event(transaction), now, progress.seen)
    return made, None


def begin_after_now(transaction: Transaction, now: datetime) -> None:
    """Nobody is told of what has happened up to now: a library was filled, not lent from."""
    last = _last_event(transaction)
    if _progress(transaction) is None:
        _begin(transaction, last, now)
    _go_on(transaction, last, now, last)
