"""What has happened, for bots; and that lists have changed, for pages that show them."""

from __future__ import annotations

from typing import Final

from circulation.kernel.events import events_after, last_event_id
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import must_have_here
from protocols.api.list_changes import LISTS, changed, settled
from protocols.api.messages import EVENT_STREAM, Answer, Stream
from protocols.api.models.events import Event, EventPaging, Events, StreamAsked
from protocols.api.operation import Operation, Request, get
from protocols.hosting.answering import Context, Lane

#: After more events than this a page that was away reads all lists anew.
_MANY: Final = 1_000


def list_events(
    request: Request[None, EventPaging], principal: Principal, context: Context
) -> Events:
    """Events after the one with a number, as far as none with a smaller number can appear any
    more. Those of branches that the caller does not reach are left out."""
    query, transaction = request.query, context.transaction
    found = settled(
        events_after(transaction, after=query.after, at_most=query.limit),
        context.now,
        transaction.dialect,
    )
    branches = context.circulation.current_set_up(transaction).branches
    told = []
    for each in found:
        branch = branches.get(each.branch_id or 0)
        agency_id = None if branch is None else branch.agency_id
        if branch is None or principal.may(Right.OPERATE, agency_id, branch.id):
            isil = None if branch is None else branch.isil
            told.append(Event(str(each.id), each.code, each.at, isil))
    return Events(found[-1].id if found else query.after, tuple(told))


def follow_lists(
    request: Request[None, StreamAsked], principal: Principal, context: Context
) -> Answer:
    """Server-sent events: each says which lists of the caller's branch may have changed, and holds
    nothing of patrons. Last-Event-ID goes on where the connection broke. The stream ends after
    some minutes, and browsers ask again."""
    must_have_here(principal, Right.USE_LISTS)
    last = last_event_id(context.transaction)
    after = request.query.after
    told = request.asked.header("last-event-id") or ""
    if told.isascii() and told.isdigit() and len(told) < 19:
        after = int(told)
    missed: list[str] = []
    if after is not None and after < last:
        found = events_after(context.transaction, after=after, at_most=_MANY)
        missed = list(LISTS) if len(found) == _MANY else changed(found, principal.branch_id)
    who = f"{principal.kind.value} {principal.id}"
    stream = Stream(principal.branch_id, last, missed, who)
    return Answer(200, media_type=EVENT_STREAM, stream=stream)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/events",
        "What has happened",
        list_events,
        Events,
        query=EventPaging,
        tag="events",
        right=Right.OPERATE,
    ),
    get(
        "/events/stream",
        "That lists have changed",
        follow_lists,
        str,
        query=StreamAsked,
        answer_type=EVENT_STREAM,
        tag="events",
        right=Right.USE_LISTS,
        lane=Lane.READ,
    ),
)
