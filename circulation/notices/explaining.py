"""Why a message was made, or not: what happened, what it is about, and which rules decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam

from catalogue.statements import Transaction, one
from circulation.engine import Circulation
from circulation.events import Event, read_event, select_events
from circulation.notices.addresses import address_of
from circulation.notices.channels import AddressKind
from circulation.notices.composing import Post
from circulation.notices.contents import Contents, read_contents
from circulation.notices.kinds import NoticeState
from circulation.notices.log import Logged, find_entry
from circulation.notices.persons import read_persons
from circulation.notices.planning import Planned, Planner
from circulation.notices.rows import Notice, find_notice
from circulation.notices.rules import ExplainedNotice, explain_notices, notice_case
from circulation.results import Branch
from circulation.schema import events
from circulation.set_up import SetUp

_event = one(select_events(events.c.id == bindparam("event_id")), read_event, "event_id")


@dataclass(frozen=True, slots=True)
class WayOpen:
    """A channel of the rule, in its order: the address there, and whether it has failed."""

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
    fields: list[ExplainedNotice]
    ways: list[WayOpen]
    #: What becomes of it if it is looked at now; None where it is settled.
    next: Planned | None


@dataclass(frozen=True, slots=True)
class ExplainedMessage:
    """An entry of the log, and all that it tells."""

    entry: Logged
    causes: list[ExplainedCause]


def explain_message(
    circulation: Circulation, transaction: Transaction, post: Post, entry_id: int, *, now: datetime
) -> ExplainedMessage | None:
    """The entry of the log with what has made it; None where there is no such entry."""
    entry = find_entry(transaction, entry_id)
    if entry is None:
        return None
    set_up = circulation.current_set_up(transaction)
    found = [find_notice(transaction, each) for each in entry.notices]
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
    fields = explain_notices(set_up.notices.rows, case)
    said: dict[str, Any] = {part.field: part.value for part in fields}
    order = said["channels"] if notice.channels is None else notice.channels
    recipient = persons.get(notice.recipient_id or 0)
    ways = []
    for channel in order:
        traits = post.channels.get(channel)
        address = None
        if traits is not None and recipient is not None:
            address = address_of(
                recipient,
                traits.address,
                verified=said["verified"],
                region=post.region,
                card="(the card)" if traits.address is AddressKind.CARD else None,
            )
        ways.append(WayOpen(channel, traits is not None, address, channel in notice.failed))
    planned = None
    if notice.state is NoticeState.WAITING:
        planned = Planner(transaction, set_up, post, [notice], now).plan([notice])[0]
    event = None if notice.cause.event is None else _event(transaction, notice.cause.event)
    contents = read_contents(transaction, [notice.cause])
    branch = set_up.branches[notice.branch_id]
    return ExplainedCause(notice, event, contents, branch, fields, ways, planned)
