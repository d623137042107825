"""From events to notices: what has happened, and whom that concerns.

Events come through the outbox (`circulation.kernel.events`), in the order of their ids, and are
taken out of it in the transaction that makes the notices.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from catalogue.database import Transaction, key_parameters, many, many_of, send
from circulation.kernel.engine import Circulation
from circulation.kernel.events import Event, select_events
from circulation.kernel.schema import events, outbox
from circulation.notices.requests import Addressees, request_notice
from circulation.notices.rules import NOTICES
from circulation.notices.schema import notice_choices
from circulation.notices.triggers import FOLLOWER, Reading, triggered_by

#: So many events in one transaction.
AT_MOST = 500
#: The events of a page stay locked until it is done: several processes come one after another.
_page: Callable[..., list[Event]] = many(
    select_events(
        outbox.c.follower == FOLLOWER.name,
        outbox.c.event_id > bindparam("after"),
        events.c.id == outbox.c.event_id,
    )
    .order_by(outbox.c.event_id)
    .limit(bindparam("at_most"))
    .with_for_update(of=outbox),
    Event,
    "after",
    "at_most",
)
_take_out: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        delete(outbox)
        .where(outbox.c.follower == FOLLOWER.name, outbox.c.event_id.in_(key_parameters(size)))
        .returning(outbox.c.event_id)
    ),
    None,
)
_empty = send(delete(outbox).where(outbox.c.follower == FOLLOWER.name))
_wanting: Callable[..., list[Any]] = many_of(
    lambda size: select(notice_choices.c.patron_id, notice_choices.c.kind).where(
        notice_choices.c.wanted.is_(True), notice_choices.c.patron_id.in_(key_parameters(size))
    ),
    None,
)


def gather(
    circulation: Circulation, transaction: Transaction, *, now: datetime, after: int = 0
) -> tuple[int, int | None]:
    """Makes notices of the events in the outbox: how many, and after which event to go on."""
    set_up = circulation.current_set_up(transaction)
    page = _page(transaction, after, AT_MOST)
    if not page:
        return 0, None
    persons = {each.patron_id for each in page if each.patron_id}
    on_request = NOTICES.of(set_up).on_request
    # Of a page's own patrons it is known at once; of others, when they are asked for.
    asked_for = _wanting(transaction, sorted(persons)) if on_request else []
    wanting = {(row[0], row[1]) for row in asked_for}
    made = 0
    among = Addressees(transaction, persons)
    for event in page:
        told = triggered_by(Reading(transaction, set_up, event))
        if told is None or told.kind not in NOTICES.of(set_up).kinds:
            continue
        is_asked_for = (told.patron_id, told.kind.value) in wanting
        if told.kind in on_request and told.patron_id in persons and not is_asked_for:
            continue
        notice_id = request_notice(
            circulation,
            transaction,
            told,
            now=now,
            among=among if told.patron_id == event.patron_id else None,
        )
        made += notice_id is not None
    _take_out(transaction, [event.id for event in page])
    return made, page[-1].id if len(page) == AT_MOST else None


def begin_after_now(transaction: Transaction) -> None:
    """Nobody is told of what has happened up to now: a library was filled, not lent from."""
    _empty(transaction)
