"""From events to notices: what has happened, and whom that concerns.

Events come through the outbox (`circulation.kernel.events`), in the order of their ids, and are
taken out of it in the transaction that makes the notices.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from catalogue.database import (
    Statement,
    many,
    many_of,
    scalars_of,
    send,
)
from circulation.kernel.act import Act
from circulation.kernel.elsewhere import DECIDED_ELSEWHERE
from circulation.kernel.events import Event, select_events
from circulation.kernel.schema import events, outbox
from circulation.kernel.set_up import SetUp
from circulation.notices.requests import Addressees, NoticeRequest, request_notice
from circulation.notices.rules import NOTICES
from circulation.notices.schema import notice_choices
from circulation.notices.triggers import FOLLOWER, Reading, triggered_by

#: So many events in one transaction, and so many notices made of them: everybody who lends waits
#: for its end.
AT_MOST, MADE_AT_MOST = 100, 10


@many(Event)
def _page(*, after: int, at_most: int) -> Statement:
    """Events of the outbox, locked until the page is done: processes come one after another."""
    return (
        select_events(
            outbox.c.follower == FOLLOWER.name,
            outbox.c.event_id > after,
            events.c.id == outbox.c.event_id,
        )
        .order_by(outbox.c.event_id)
        .limit(at_most)
        .with_for_update(of=outbox)
    )


@scalars_of(int)
def _take_out(*, event_ids: Sequence[int]) -> Statement:
    return (
        delete(outbox)
        .where(outbox.c.follower == FOLLOWER.name, outbox.c.event_id.in_(event_ids))
        .returning(outbox.c.event_id)
    )


@send
def begin_after_now() -> Statement:
    """Nobody is told of what has happened up to now: a library was filled, not lent from."""
    return delete(outbox).where(outbox.c.follower == FOLLOWER.name)


@many_of(tuple[int, str])
def _wanting(*, patron_ids: Sequence[int]) -> Statement:
    return select(notice_choices.c.patron_id, notice_choices.c.kind).where(
        notice_choices.c.wanted.is_(True), notice_choices.c.patron_id.in_(patron_ids)
    )


def _is_for_the_other_system(
    set_up: SetUp, event: Event, told: NoticeRequest, among: Addressees
) -> bool:
    """Has another system decided it, which tells people of what it does? It does not any more where
    the branch has come over from it."""
    if not event.after.get(DECIDED_ELSEWHERE):
        return False
    person = among.person(told.patron_id)
    home = None if person is None else person.home_branch_id
    branch_id = home if told.branch_id is None else told.branch_id
    return branch_id is None or not set_up.elsewhere.was_taken_over(branch_id, event.at)


def gather(act: Act, *, after: int = 0) -> tuple[int, int | None]:
    """Makes notices of the events in the outbox: how many, and after which event to go on."""
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.current_set_up(transaction)
    page = _page(transaction, after=after, at_most=AT_MOST)
    if not page:
        return 0, None
    persons = {each.patron_id for each in page if each.patron_id}
    on_request = NOTICES.of(set_up).on_request
    # Of a page's own patrons it is known at once; of others, when they are asked for.
    wanting = set(_wanting(transaction, patron_ids=sorted(persons) if on_request else []))
    made = done = 0
    among = Addressees(transaction, persons)
    for event in page:
        if made == MADE_AT_MOST:
            break
        done += 1
        told = triggered_by(Reading(transaction, set_up, event))
        if told is None or told.kind not in NOTICES.of(set_up).kinds:
            continue
        if _is_for_the_other_system(set_up, event, told, among):
            continue
        is_asked_for = (told.patron_id, told.kind.value) in wanting
        if told.kind in on_request and told.patron_id in persons and not is_asked_for:
            continue
        notice_id = request_notice(
            act, told, among=among if told.patron_id == event.patron_id else None
        )
        made += notice_id is not None
    is_more = done < len(page) or done == AT_MOST
    _take_out(transaction, event_ids=[event.id for event in page[:done]])
    return made, page[done - 1].id if is_more else None
