"""Why a message was made, or was not: what happened, what it is about, and which rules decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalogue.database import Statement, Transaction, one
from circulation.kernel.act import Act
from circulation.kernel.events import Event, select_events
from circulation.kernel.results import Branch
from circulation.kernel.rules import Explained
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.notices.addresses import address_of
from circulation.notices.channels import AddressKind
from circulation.notices.contents import Contents, read_contents
from circulation.notices.kinds import NoticeState
from circulation.notices.log import Logged, find_entry
from circulation.notices.persons import Person, read_persons
from circulation.notices.planning import Planned, Planner
from circulation.notices.post import Post
from circulation.notices.rows import Notice, find_notice, tried_as
from circulation.notices.rules import NOTICE_RULES, NOTICES, notice_case


@one(Event)
def _event(*, event_id: int) -> Statement:
    return select_events(events.c.id == event_id)


@dataclass(frozen=True, slots=True)
class WayOpen:
    """A channel of the rule, in its order: whom it reaches and where, and whether it has failed.

    After the channels of who is to be told come those of the guardians who would be told instead.
    """

    recipient: str
    channel: str
    is_configured: bool
    address: str | None
    has_failed: bool


@dataclass(frozen=True, slots=True)
class ExplainedCause:
    """One thing that the message tells.

    `facts` are what it was asked for with: of a step of dunning its dates, calendar and flow.
    `about` is what it is about, as that stands now; `event` what happened, where one event did.
    """

    notice: Notice
    event: Event | None
    about: Contents
    branch: Branch
    fields: list[Explained]
    ways: list[WayOpen]
    #: What becomes of it if it is looked at now; None where it is settled.
    next: Planned | None


@dataclass(frozen=True, slots=True)
class ExplainedMessage:
    """An entry of the log, and all that it tells."""

    entry: Logged
    causes: list[ExplainedCause]


def explain_message(act: Act, post: Post, entry_id: int) -> ExplainedMessage | None:
    """The entry of the log with what has made it; None where there is no such entry."""
    transaction, circulation, _, now = act
    entry = find_entry(transaction, entry_id)
    if entry is None:
        return None
    set_up = circulation.current_set_up(transaction)
    found = [find_notice(transaction, notice_id=each) for each in entry.notices]
    told = [each for each in found if each is not None]
    return ExplainedMessage(
        entry, [_cause(transaction, set_up, post, notice, now) for notice in told]
    )


def _cause(
    transaction: Transaction, set_up: SetUp, post: Post, notice: Notice, now: datetime
) -> ExplainedCause:
    ids = [each for each in (notice.patron_id, notice.recipient_id) if each is not None]
    persons = read_persons(transaction, ids)
    about = persons.get(notice.patron_id or 0)
    case = notice_case(set_up.case, notice.branch_id, about.category if about else "", notice.kind)
    fields = NOTICE_RULES.explain(NOTICES.of(set_up).rules, case)
    said: dict[str, Any] = {part.field: part.value for part in fields}
    order = said["channels"] if notice.channels is None else notice.channels
    planner = Planner(transaction, set_up, post, [notice], now)
    recipient = persons.get(notice.recipient_id or 0)
    told = [] if recipient is None else [recipient]
    if about is not None:
        told += planner.guardians(notice, about, planner.terms(notice))
    ways = [
        _way(post, notice, each, channel, day=now.date(), verified=said["verified"])
        for each in told
        for channel in order
    ]
    planned = None
    if notice.state is NoticeState.WAITING:
        planned = planner.plan([notice])[0]
    event = None if notice.cause.event is None else _event(transaction, event_id=notice.cause.event)
    contents = read_contents(transaction, [notice.cause])
    branch = set_up.branches[notice.branch_id]
    return ExplainedCause(notice, event, contents, branch, fields, ways, planned)


def _way(
    post: Post, notice: Notice, told: Person, channel: str, *, day: date, verified: bool
) -> WayOpen:
    traits = post.channels.get(channel)
    address = None
    if traits is not None:
        address = address_of(
            told,
            traits.address,
            day=day,
            verified=verified,
            region=post.region,
            card="(the card)" if traits.address is AddressKind.CARD else None,
        )
    has_failed = tried_as(notice, told.id, channel) in notice.failed.split()
    return WayOpen(told.name, channel, traits is not None, address, has_failed)
