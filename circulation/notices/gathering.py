"""From events to notices: what has happened, and whom that concerns.

Events come through the outbox (`circulation.kernel.events`), in the order of their ids, and are
taken out of it in the transaction that makes the notices. Everybody who lends waits for the end of
that on SQLite, so whom they concern is found out before, by reading alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete

from catalogue.database import (
    Statement,
    many,
    scalars_of,
    send,
)
from circulation.kernel.act import Act
from circulation.kernel.elsewhere import DECIDED_ELSEWHERE
from circulation.kernel.events import Event, select_events
from circulation.kernel.schema import events, outbox
from circulation.kernel.set_up import SetUp
from circulation.notices.requests import (
    Addressees,
    NewNotice,
    NoticeRequest,
    planned_notices,
    write_notices,
)
from circulation.notices.rules import NOTICES
from circulation.notices.triggers import FOLLOWER, Reading, triggered_by

#: So many events are taken out in one transaction, and so many of them told of.
AT_MOST, MADE_AT_MOST = 100, 10


@many(Event)
def _page(*, after: int, at_most: int) -> Statement:
    return (
        select_events(
            outbox.c.follower == FOLLOWER.name,
            outbox.c.event_id > after,
            events.c.id == outbox.c.event_id,
        )
        .order_by(outbox.c.event_id)
        .limit(at_most)
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


class Page(NamedTuple):
    """What a look into the outbox has found: the notices to be made of each event, by its id, and
    after which event to go on, None where there is none."""

    notices: Mapping[int, Sequence[NewNotice]] = {}
    goes_on: int | None = None


def look(act: Act, *, after: int = 0) -> Page:
    """What is to be made of the events in the outbox, found out by reading alone.

    The set-up and what people have chosen are read after the events: none of it is older than they.
    """
    transaction = act.transaction
    page = _page(transaction, after=after, at_most=AT_MOST)
    if not page:
        return Page()
    set_up = act.circulation.current_set_up(transaction)
    kinds = NOTICES.of(set_up).kinds
    persons = {each.patron_id for each in page if each.patron_id}
    among = Addressees(transaction, persons)
    found: dict[int, Sequence[NewNotice]] = {}
    told_of = 0
    for event in page:
        if told_of == MADE_AT_MOST:
            break
        found[event.id] = ()
        told = triggered_by(Reading(transaction, set_up, event))
        if told is None or told.kind not in kinds:
            continue
        if _is_for_the_other_system(set_up, event, told, among):
            continue
        found[event.id] = planned_notices(
            act, told, among=among if told.patron_id == event.patron_id else None
        )
        told_of += bool(found[event.id])
    is_more = len(found) < len(page) or len(page) == AT_MOST
    return Page(found, max(found) if is_more else None)


def tell(act: Act, page: Page) -> int:
    """Takes the events of a page out of the outbox and makes their notices: how many events
    somebody is told of.

    What another process has taken out meanwhile is left to it. Where somebody has gone, the event
    stays, and is looked at again.
    """
    transaction = act.transaction
    planned = page.notices
    named = {each for news in planned.values() for new in news for each in new[:2]}
    there = Addressees(transaction, named) if named else None
    done = [
        event_id
        for event_id, news in planned.items()
        if there is None or all(there.person(each) for new in news for each in new[:2])
    ]
    taken = _take_out(transaction, event_ids=done)
    return sum(write_notices(act, planned[each]) is not None for each in sorted(taken))


def gather(act: Act, *, after: int = 0) -> tuple[int, int | None]:
    """Both in one transaction: how many events somebody is told of, and after which to go on."""
    page = look(act, after=after)
    return (tell(act, page) if page.notices else 0), page.goes_on
