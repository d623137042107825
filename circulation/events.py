"""Events: one append-only row for each change of state, written with the change itself.

Messages, statistics, notifications of other systems and the audit trail are read from here.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select

from catalogue.statements import Transaction, many, send
from circulation.results import Desk
from circulation.schema import events

_write_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class EventKind(Enum):
    """What happened. The value is what `events.kind` holds."""

    CHECKED_OUT = "checked_out"
    CHECKED_IN = "checked_in"  # a loan ended
    ITEM_SEEN = "item_seen"  # handed in without a loan: it may have ended or begun a transit
    RENEWED = "renewed"
    PATRON_REGISTERED = "patron_registered"
    IDENTIFIER_ADDED = "identifier_added"
    IDENTIFIER_BLOCKED = "identifier_blocked"
    IDENTIFIER_UNBLOCKED = "identifier_unblocked"
    PIN_CHANGED = "pin_changed"
    PATRON_BLOCKED = "patron_blocked"
    PATRON_UNBLOCKED = "patron_unblocked"


class Event(NamedTuple):
    """An event as it is read back. `before` and `after` are JSON objects, empty where not given."""

    id: int
    kind: EventKind
    at: datetime
    recorded: datetime | None
    actor: str
    device: str
    branch_id: int | None
    item_id: int | None
    patron_id: int | None
    loan_id: int | None
    cause: int | None
    before: dict[str, Any]
    after: dict[str, Any]


_WRITTEN = Event._fields[1:]
_insert_event = send(
    insert(events).values(
        {events.c[name]: bindparam(f"new_{name}", type_=events.c[name].type) for name in _WRITTEN}
    ),
    *(f"new_{name}" for name in _WRITTEN),
)

_COLUMNS = tuple(events.c[name] for name in Event._fields)


def _event(*row: Any) -> Event:
    event = Event(*row)
    return event._replace(
        kind=EventKind(event.kind),
        before=json.loads(row[-2]) if row[-2] else {},
        after=json.loads(row[-1]) if row[-1] else {},
    )


_of_item = many(
    select(*_COLUMNS).where(events.c.item_id == bindparam("item_id")).order_by(events.c.id),
    _event,
    "item_id",
)
_of_patron = many(
    select(*_COLUMNS).where(events.c.patron_id == bindparam("patron_id")).order_by(events.c.id),
    _event,
    "patron_id",
)


def write_event(
    transaction: Transaction,
    kind: EventKind,
    desk: Desk | None,
    at: datetime,
    *,
    recorded: datetime | None = None,
    item_id: int | None = None,
    patron_id: int | None = None,
    loan_id: int | None = None,
    cause: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Appends an event; `desk` None stands for the command line.

    `recorded` is given only where the event is written down later than `at`, when it happened.
    """
    _insert_event(
        transaction,
        kind.value,
        at,
        recorded,
        desk.actor if desk else "",
        desk.device if desk else "",
        desk.branch_id if desk else None,
        item_id,
        patron_id,
        loan_id,
        cause,
        _write_json(before) if before else None,
        _write_json(after) if after else None,
    )


def events_of_item(transaction: Transaction, item_id: int) -> list[Event]:
    """All events of the item in the order in which they took effect."""
    return _of_item(transaction, item_id)


def events_of_patron(transaction: Transaction, patron_id: int) -> list[Event]:
    """All events of the patron, by id."""
    return _of_patron(transaction, patron_id)
