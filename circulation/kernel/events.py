"""Events: one append-only row for each change of state, written with the change itself.

Statistics and the audit trail are read from here. What somebody may have to be told of (a patron,
say) goes into the outbox besides: a feature that tells of events registers as a `Follower`, and
takes its rows out in the transaction that sees to it. So nothing is lost, and nothing is looked
for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Insert, Select, func, insert, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from catalogue.database import Long, Statement, columns, many, scalar_one, send
from catalogue.tracing import request_id
from circulation.kernel.elsewhere import DECIDED_ELSEWHERE
from circulation.kernel.parts import Registry
from circulation.kernel.schema import events, outbox

if TYPE_CHECKING:
    from circulation.kernel.act import Act
    from circulation.kernel.set_up import SetUp


def _json_writer() -> Callable[[Any], str]:
    """What `json.dumps` does with these settings, its encoder made once and not at each call."""
    encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    text = json.encoder.encode_basestring
    write = make(None, encoder.default, text, None, ":", ",", False, False, True)
    return lambda value: "".join(write(value, 0))


_write_json = _json_writer()


class EventKind(Enum):
    """What happened. The value is what `events.kind` holds."""

    __hash__ = object.__hash__  # each event looks up its followers; that of enumerations is slow

    CHECKED_OUT = "checked_out"
    CHECKED_IN = "checked_in"  # a loan ended
    ITEM_SEEN = "item_seen"  # handed in without a loan: it may have ended or begun a transit
    RENEWED = "renewed"
    HOLD_PLACED = "hold_placed"
    HOLD_CHANGED = "hold_changed"  # pickup branch, dates, pause, place in the queue
    HOLD_ACTIVATED = "hold_activated"  # the one before it in a serial set is finished
    HOLD_CAPTURED = "hold_captured"  # an item is bound to it
    HOLD_SHELVED = "hold_shelved"  # ready for pickup: now the patron is told
    HOLD_DELAYED = "hold_delayed"  # its copy was lent to another; `after` has the day expected now
    HOLD_RELEASED = "hold_released"  # the item is not bound to it any more
    HOLD_CLOSED = "hold_closed"  # `after` has the outcome
    HOLD_REOPENED = "hold_reopened"  # what had closed it was undone
    FETCH_BEGUN = "fetch_begun"
    FETCH_GIVEN_UP = "fetch_given_up"
    ABSENCE_CHANGED = "absence_changed"
    CHECK_OUT_CANCELLED = "check_out_cancelled"  # the loan never was
    CHECK_IN_CANCELLED = "check_in_cancelled"  # the loan goes on
    RENEWAL_CANCELLED = "renewal_cancelled"  # the loan had ended before, as is known now
    CLAIMED_RETURNED = "claimed_returned"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    DECLARED_LOST = "declared_lost"
    FOUND = "found"
    LOAN_SUSPENDED = "loan_suspended"
    LOAN_RESUMED = "loan_resumed"
    LENT_ONWARD = "lent_onward"
    ONWARD_LOAN_ENDED = "onward_loan_ended"
    CONFLICT_SETTLED = "conflict_settled"
    ITEM_PROPERTIES_SET = "item_properties_set"  # a machine has told them
    PATRON_REGISTERED = "patron_registered"
    PATRON_CHANGED = "patron_changed"
    CONTACT_ADDED = "contact_added"
    CONTACT_VERIFIED = "contact_verified"
    CONTACT_REMOVED = "contact_removed"
    GUARDIAN_ADDED = "guardian_added"
    GUARDIAN_REMOVED = "guardian_removed"
    GUARDIAN_CHANGED = "guardian_changed"  # whether they see the account
    JOINED_GROUP = "joined_group"
    LEFT_GROUP = "left_group"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    PIN_REFUSED = "pin_refused"  # a wrong one was typed
    PIN_UNLOCKED = "pin_unlocked"
    PATRON_ERASED = "patron_erased"
    IDENTIFIER_ADDED = "identifier_added"
    IDENTIFIER_BLOCKED = "identifier_blocked"
    IDENTIFIER_UNBLOCKED = "identifier_unblocked"
    PIN_CHANGED = "pin_changed"
    PATRON_BLOCKED = "patron_blocked"
    PATRON_UNBLOCKED = "patron_unblocked"
    CHARGE_CREATED = "charge_created"
    CHARGE_CHANGED = "charge_changed"  # raised, reduced, cancelled, written off
    PAYMENT_TAKEN = "payment_taken"
    PAYMENT_REVERSED = "payment_reversed"
    REIMBURSED = "reimbursed"
    RECEIPT_OFFERED = "receipt_offered"  # for what was returned on one occasion
    DEBT_WARNED = "debt_warned"
    SENT_TO_COLLECTION = "sent_to_collection"  # a debt: it is a claim from now on
    COLLECTION_WITHDRAWN = "collection_withdrawn"  # the claim was called back
    COLLECTION_EXPORTED = "collection_exported"  # a file for the debtor system
    BOOKING_PLACED = "booking_placed"  # of bookings, `after` and `before` have the number
    BOOKING_CHANGED = "booking_changed"
    BOOKING_CLOSED = "booking_closed"  # `after` has the outcome
    PLACEMENT_CREATED = "placement_created"  # a deposit or a theme
    PLACEMENT_CHANGED = "placement_changed"
    PLACEMENT_MOVED = "placement_moved"  # its next station has come
    PLACEMENT_ENDED = "placement_ended"
    STAY_BEGUN = "stay_begun"  # an item is to be elsewhere for a while
    STAY_MOVED = "stay_moved"
    STAY_ENDED = "stay_ended"  # it is to go home
    SET_UP_CHANGED = "set_up_changed"  # `after` tells the changes, a line for each
    BRANCH_CLOSED = "branch_closed"  # an emergency closure, announced or lifted
    LOAN_RECALLED = "loan_recalled"  # somebody waits: the due date was brought forward
    LOAN_RECALL_CANCELLED = "loan_recall_cancelled"  # the due date is as it was before
    ITEM_PLACED = "item_placed"  # another place within the branch, or another branch
    LOAN_REDATED = "loan_redated"  # its due date was moved without a renewal
    ITEM_ADDED = "item_added"  # by accession
    ITEM_CHANGED = "item_changed"  # call number, group, part, price
    ITEM_REMOVED = "item_removed"  # `before` tells what it was
    ITEM_RECEIVED = "item_received"  # the same, of what a supplier had announced
    DELIVERY_ANNOUNCED = "delivery_announced"
    DELIVERY_CLOSED = "delivery_closed"  # all of it has come, or nothing more is to
    STAFF_ADDED = "staff_added"  # of staff and programs, `after` has the name
    STAFF_CHANGED = "staff_changed"
    STAFF_SIGNED_IN = "staff_signed_in"
    STAFF_REFUSED = "staff_refused"  # a wrong password or code
    PROGRAM_CHANGED = "program_changed"
    APP_AGREED_TO = "app_agreed_to"  # somebody lets an app work in their name; `after` names it
    APP_CUT_OFF = "app_cut_off"  # it gets nothing more in their name; `after` says why
    WORKSTATION_CHANGED = "workstation_changed"
    RECORD_ADDED = "record_added"  # by hand or over the wire; a load of files writes none
    RECORD_REPLACED = "record_replaced"
    RECORD_DELETED = "record_deleted"  # `before` tells what it was
    HOLDINGS_MANAGED = "holdings_managed"  # all is told again, or nobody is; `after` says to whom
    RECORDS_MERGED = "records_merged"  # `before` is gone, `after` is the survivor
    RECORDS_HARVESTED = "records_harvested"  # a list of a source was read; `after` counts


class Event(NamedTuple):
    """An event as it is stored; JSON is None where nothing was told."""

    id: int
    code: str
    at: datetime
    recorded: datetime | None
    actor: str
    device: str
    branch_id: int | None
    item_id: int | None
    patron_id: int | None
    loan_id: int | None
    hold_id: int | None
    cause: int | None
    request_id: str | None
    before_json: str | None
    after_json: str | None
    traits_json: str | None

    @property
    def kind(self) -> EventKind:
        return EventKind(self.code)

    @property
    def before(self) -> dict[str, Any]:
        return _read_json(self.before_json)

    @property
    def after(self) -> dict[str, Any]:
        return _read_json(self.after_json)

    @property
    def traits(self) -> dict[str, Any]:
        return _read_json(self.traits_json)


def _read_json(told: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told) if told else {}
    return found


@send
def _insert_event(
    kind: str,
    at: datetime,
    recorded: datetime | None,
    actor: str,
    device: str,
    branch_id: int | None,
    item_id: int | None,
    patron_id: int | None,
    loan_id: int | None,
    hold_id: int | None,
    cause: int | None,
    request_id: str | None,
    before: str | None,
    after: str | None,
    traits: str | None,
) -> Statement:
    return insert(events).values(locals())


def select_events(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The events that meet the conditions, each an `Event`."""
    return select(
        *columns(
            Event,
            events,
            code=events.c.kind,
            before_json=events.c.before,
            after_json=events.c.after,
            traits_json=events.c.traits,
        )
    ).where(*conditions)


@many(Event)
def events_of_item(*, item_id: int) -> Statement:
    """All events of the item in the order in which they took effect."""
    return select_events(events.c.item_id == item_id).order_by(events.c.id)


@many(Event)
def events_of_hold(*, hold_id: int) -> Statement:
    """All events of the hold in the order in which they took effect."""
    return select_events(events.c.hold_id == hold_id).order_by(events.c.id)


#: May somebody have to be told of an event, by its actor and what it tells?
Tells = Callable[[str, Mapping[str, Any]], bool]
#: Puts the event that was just written into the outbox.
Put = Callable[["Act", "SetUp | None", "NewEvent"], None]


class Follows(NamedTuple):
    """Of which events of a kind somebody may have to be told. `put` is given where not all that
    `tells` says so of need go into the outbox, and asks the database."""

    tells: Tells
    put: Put | None = None


class Follower(NamedTuple):
    """Somebody who has others told of events. `name` is what the outbox holds.

    `follows` says, once for each set-up, of which events of a kind that may be; None for those of
    which it never is. Without a set-up it answers for whatever the rules may say.
    """

    name: str
    follows: Callable[[EventKind, SetUp | None], Follows | None]


FOLLOWERS: Registry[Follower] = Registry("kernel.events:FOLLOWERS")


class _LastId(FunctionElement[int]):
    """The number that the database gave to the row that this transaction wrote last."""

    type = Long
    inherit_cache = True


@compiles(_LastId, "sqlite")
def _of_sqlite(*_: Any, **__: Any) -> str:
    return "last_insert_rowid()"


@compiles(_LastId, "postgresql")
def _of_postgresql(*_: Any, **__: Any) -> str:
    return "lastval()"


def put_where(follower: str, condition: ColumnElement[bool]) -> Insert:
    """Puts the event that was just written into the outbox where the condition holds."""
    row = select(literal(follower), _LastId()).where(condition)
    return insert(outbox).from_select(["follower", "event_id"], row)


@send
def put(*, follower: str) -> Statement:
    """Puts the event that was just written into the outbox."""
    return insert(outbox).values(follower=follower, event_id=_LastId())


def _always(follower: str) -> Put:
    return lambda act, set_up, new: put(act.transaction, follower=follower)


_whatever_the_rules: dict[Enum, tuple[tuple[Tells, Put], ...]] = {}


def _following(kind: EventKind, set_up: SetUp | None) -> tuple[tuple[Tells, Put], ...]:
    known = _whatever_the_rules if set_up is None else set_up.followers
    found = known.get(kind)
    if found is None:
        asked = ((each.name, each.follows(kind, set_up)) for each in FOLLOWERS)
        found = known[kind] = tuple(
            (follows.tells, follows.put or _always(name))
            for name, follows in asked
            if follows is not None
        )
    return found


@dataclass(slots=True)  # with keywords, cheaper to make than a tuple
class NewEvent:
    """An event to be written: what happened, to whom and what, and what it changed.

    `at` is given where it happened at another moment than that of the act: off line, say.
    `traits`, a JSON object, are what statistics count by; they must tell nobody who it was.
    `is_silent`: nothing is sent because of it, for it belongs to a past that was not known.
    """

    kind: EventKind
    item_id: int | None = None
    patron_id: int | None = None
    loan_id: int | None = None
    hold_id: int | None = None
    cause: int | None = None  # the event that it undoes or belongs to
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    traits: str | None = None
    at: datetime | None = None
    is_silent: bool = False


def append_event(act: Act, new: NewEvent, set_up: SetUp | None = None) -> None:
    """Writes an event, and puts it into the outbox where somebody may have to be told of it.

    Where the `set_up` is given, only what its rules have somebody told goes into the outbox. The
    request that this thread works on is written with it (`catalogue.tracing`). What was scanned by
    another than the actor says so in `after`, and so does what another system has decided: of that
    somebody has to be told only where branches have come over from there.
    """
    transaction, _, desk, now = act
    at = new.at or now
    is_told = not desk.follows or set_up is None or set_up.elsewhere.is_any_taken_over
    if desk.follows and is_told:
        new.after = {**(new.after or {}), DECIDED_ELSEWHERE: True}
    if desk.scanned_by:
        new.after = {**(new.after or {}), "scanned_by": desk.scanned_by}
    # By position: that many keywords would cost as much as making the event.
    _insert_event(
        transaction,
        new.kind._value_,  # what `value` comes down to, without two calls
        at,
        None if at == now else now,
        desk.actor,
        desk.device,
        desk.branch_id or None,
        new.item_id,
        new.patron_id,
        new.loan_id,
        new.hold_id,
        new.cause,
        request_id(),
        _write_json(new.before) if new.before else None,
        _write_json(new.after) if new.after else None,
        new.traits,
    )
    if not is_told or new.is_silent:
        return
    for tells, put_out in _following(new.kind, set_up):
        if tells(desk.actor, new.after or {}):
            put_out(act, set_up, new)


class EventTold(NamedTuple):
    """That something happened, and where: nothing of whom it concerns."""

    id: int
    code: str
    at: datetime
    recorded: datetime | None
    branch_id: int | None

    @property
    def written(self) -> datetime:
        """When it was written down."""
        return self.recorded or self.at


@many(EventTold)
def events_after(*, after: int, at_most: int) -> Statement:
    """The events that come after the one with that id."""
    told = columns(EventTold, events, code=events.c.kind)
    return select(*told).where(events.c.id > after).order_by(events.c.id).limit(at_most)


@scalar_one(int)
def last_event_id() -> Statement:
    """The id of the newest event; 0 where there is none."""
    return select(func.coalesce(func.max(events.c.id), 0))
