"""Which events have somebody told what: triggers, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import exists, select

from catalogue.database import Statement, Transaction, one, scalar, send
from catalogue.schema import items
from circulation.holds.changes import HoldOutcome
from circulation.holds.closed_branches import opening_after_closure
from circulation.holds.schema import holds
from circulation.interlending.owners import NOT_RENEWED
from circulation.items.schema import missing_items
from circulation.kernel.act import Act
from circulation.kernel.events import (
    Event,
    EventKind,
    Follower,
    Follows,
    NewEvent,
    Put,
    Tells,
    put,
    put_where,
)
from circulation.kernel.parts import Registry
from circulation.kernel.results import LoanMark
from circulation.kernel.rules import lineage
from circulation.kernel.set_up import SetUp
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.ledger.schema import charge_loans, charges
from circulation.loans.auto_renewals import ACTOR as AUTO_RENEWAL
from circulation.loans.schema import loans
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeRequest
from circulation.notices.rules import NOTICES, notice_terms
from circulation.notices.schema import notice_choices
from circulation.patrons.registering import home_branch_of


class Reading(NamedTuple):
    transaction: Transaction
    set_up: SetUp
    event: Event


@one(tuple[int, int])
def _hold_branch(*, hold_id: int) -> Statement:
    return select(holds.c.pickup_branch_id, holds.c.record_id).where(holds.c.id == hold_id)


@scalar(str)
def _item_group(*, item_id: int) -> Statement:
    return select(items.c.material_group).where(items.c.id == item_id)


_is_lost = exists().where(
    loans.c.item_id == items.c.id,
    loans.c.checked_in.is_(None),
    loans.c.mark == LoanMark.LOST.value,
)
_is_missing = exists().where(missing_items.c.item_id == items.c.id)


@scalar(int)
def _copies_left(*, record_id: int) -> Statement:
    return (
        select(items.c.id).where(items.c.record_id == record_id, ~_is_lost, ~_is_missing).limit(1)
    )


_its_loan, _of_loan_too = charge_loans.alias(), charge_loans.alias()


@scalar(int)
def _late_fee_owed(*, charge_id: int) -> Statement:
    """A late fee, still owed, for a loan that the compensation is for."""
    return (
        select(charges.c.id)
        .select_from(
            _its_loan.join(_of_loan_too, _of_loan_too.c.loan_id == _its_loan.c.loan_id).join(
                charges, charges.c.id == _of_loan_too.c.charge_id
            )
        )
        .where(
            _its_loan.c.charge_id == charge_id,
            _of_loan_too.c.undone.is_(None),
            charges.c.kind == ChargeKind.LATE_FEE.value,
            charges.c.balance > 0,
        )
        .limit(1)
    )


def _hold_shelved(reading: Reading) -> NoticeRequest | None:
    event, hold_id = reading.event, reading.event.hold_id
    if event.patron_id is None or hold_id is None:
        return None
    branch_id = event.after.get("branch")
    item_id = event.item_id
    group = None if item_id is None else _item_group(reading.transaction, item_id=item_id)
    kind = _ready(reading.set_up, branch_id, group or "")
    cause = Cause(event=event.id, holds=(hold_id,))
    return NoticeRequest(
        event.patron_id,
        kind,
        cause,
        branch_id=branch_id,
        due=opening_after_closure(reading.set_up, branch_id, event.at),
    )


def _ready(set_up: SetUp, branch_id: int | None, group: str) -> NoticeKind:
    """The kind of message for where it is ready; where no rule sends the special one, the usual
    one."""
    kind = NoticeKind.HOLD_READY
    if branch_id is None:
        return kind
    terms = notice_terms(set_up, branch_id, "", kind)
    groups = set(lineage(set_up.groups, group))
    if groups.intersection(terms.in_reading_room):
        kind = NoticeKind.READY_IN_READING_ROOM
    elif groups.intersection(terms.at_desk):
        kind = NoticeKind.READY_AT_DESK
    return kind if kind in NOTICES.of(set_up).kinds else NoticeKind.HOLD_READY


_ENDED = {
    HoldOutcome.CANCELLED.name: NoticeKind.HOLD_DELETED,
    HoldOutcome.EXPIRED.name: NoticeKind.HOLD_EXPIRED,
    HoldOutcome.NOT_COLLECTED.name: NoticeKind.HOLD_EXPIRED,
    HoldOutcome.UNOBTAINABLE.name: NoticeKind.CANNOT_BE_OBTAINED,
}


def _hold_closed(reading: Reading) -> NoticeRequest | None:
    """Somebody who cancels a hold at a machine knows it, but gets a receipt all the same."""
    event = reading.event
    if event.patron_id is None or event.hold_id is None:
        return None
    kind = _ENDED[event.after["outcome"]]
    found = _hold_branch(reading.transaction, hold_id=event.hold_id)
    branch_id = None
    if found is not None:
        branch_id, record_id = found
        is_deleted = kind is NoticeKind.HOLD_DELETED
        if is_deleted and _copies_left(reading.transaction, record_id=record_id) is None:
            kind = NoticeKind.HOLD_LAST_COPY_LOST
    cause = Cause(event=event.id, holds=(event.hold_id,))
    return NoticeRequest(event.patron_id, kind, cause, branch_id=branch_id)


def _hold_delayed(reading: Reading) -> NoticeRequest | None:
    event = reading.event
    if event.patron_id is None or event.hold_id is None:
        return None
    found = _hold_branch(reading.transaction, hold_id=event.hold_id)
    told = {"hold": event.hold_id, "was": event.before["expected"], "day": event.after["expected"]}
    cause = Cause(event=event.id, holds=(event.hold_id,))
    facts = {"delays": [told]}
    branch_id = found[0] if found is not None else None
    return NoticeRequest(event.patron_id, NoticeKind.HOLD_DELAYED, cause, facts, branch_id)


def _of_loan(kind: NoticeKind, *facts: str) -> Callable[[Reading], NoticeRequest | None]:
    """An event of a loan; `facts` names what is taken from `Event.after`."""

    def tell(reading: Reading) -> NoticeRequest | None:
        event = reading.event
        if event.patron_id is None or event.loan_id is None:
            return None
        told = {name: event.after[name] for name in facts if name in event.after}
        cause = Cause(event=event.id, loans=(event.loan_id,))
        return NoticeRequest(event.patron_id, kind, cause, told, event.branch_id)

    return tell


def _of_patron(kind: NoticeKind) -> Callable[[Reading], NoticeRequest | None]:
    """An event of the patron alone."""

    def tell(reading: Reading) -> NoticeRequest | None:
        event = reading.event
        if event.patron_id is None:
            return None
        return NoticeRequest(event.patron_id, kind, Cause(event=event.id))

    return tell


def _paid(event: Event) -> Mapping[str, Any]:
    after = event.after
    return {
        "amount": after["amount"],
        "currency": after["currency"],
        "order": after.get("order", ""),
    }


def _payment(reading: Reading) -> NoticeRequest | None:
    event = reading.event
    if event.patron_id is None:
        return None
    charges = tuple(int(each) for each in event.after.get("charges", {}))
    cause = Cause(event=event.id, charges=charges)
    return NoticeRequest(
        event.patron_id, NoticeKind.PAYMENT_RECEIVED, cause, _paid(event), event.branch_id
    )


def _charge_changed(reading: Reading) -> NoticeRequest | None:
    """Compensation that need not be paid, or not all of it, because the item is back."""
    event, after = reading.event, reading.event.after
    if event.patron_id is None:
        return None
    reduced = {
        "charge": after["charge"],
        "amount": event.before["amount"] - after["amount"],
        "left": after["amount"],
        "currency": after["currency"],
        "owed_to_patron": max(0, -after["balance"]),
    }
    cause = Cause(event=event.id, charges=(after["charge"],))
    told = {
        "cancelled": [reduced],
        "why": after.get("why", ""),
        "late_fee": _late_fee_owed(reading.transaction, charge_id=after["charge"]) is not None,
    }
    kind = NoticeKind.COMPENSATION_CANCELLED
    return NoticeRequest(event.patron_id, kind, cause, told, event.branch_id)


def _of_block(kind: NoticeKind) -> Callable[[Reading], NoticeRequest | None]:
    """Told in the name of the agency whose block it is. A block that concerns all is told of like
    anything else that is about the patron."""

    def tell(reading: Reading) -> NoticeRequest | None:
        event, block = reading.event, reading.event.after or reading.event.before
        if event.patron_id is None:
            return None
        agency_id, branch_id = block.get("agency"), None
        if agency_id is not None:
            home = home_branch_of(reading.transaction, patron_id=event.patron_id)
            branch_id = reading.set_up.speaker(agency_id, home)
        told = {"reason": block.get("reason", ""), "agency": agency_id}
        return NoticeRequest(event.patron_id, kind, Cause(event=event.id), told, branch_id)

    return tell


# When, by the actor and by what the event tells: without a look into the database.


def _always(actor: str, after: Mapping[str, Any]) -> bool:
    return True


def _is_by_itself(actor: str, after: Mapping[str, Any]) -> bool:
    """Who renews is told by the machine or the person there."""
    return actor == AUTO_RENEWAL


def _is_refused_by_owner(actor: str, after: Mapping[str, Any]) -> bool:
    """What its owner did not renew falls due as before; other dates are moved with an
    announcement of their own."""
    return after.get("reason") == NOT_RENEWED


def _has_ended(actor: str, after: Mapping[str, Any]) -> bool:
    return after.get("outcome") in _ENDED


def _is_compensation_reduced(actor: str, after: Mapping[str, Any]) -> bool:
    return after.get("kind") == ChargeKind.COMPENSATION.value and after.get("by") in _REDUCED


_REDUCED = frozenset({PostingKind.CANCELLATION.value, PostingKind.REDUCTION.value})


class Trigger(NamedTuple):
    """What may come of an event of a kind: notices of `kinds`.

    `read` gives the one that does, None where it concerns nobody; `when` tells beforehand of which
    events nothing can come. `is_own`: they are for the patron of the event, in the name of its
    branch if it has one.
    """

    event: EventKind
    kinds: frozenset[NoticeKind]
    read: Callable[[Reading], NoticeRequest | None]
    when: Tells = _always
    is_own: bool = False


def _loan(event: EventKind, kind: NoticeKind, *facts: str) -> Trigger:
    return Trigger(event, frozenset({kind}), _of_loan(kind, *facts), is_own=True)


def _patron(event: EventKind, kind: NoticeKind) -> Trigger:
    return Trigger(event, frozenset({kind}), _of_patron(kind))


OWN_TRIGGERS = (
    Trigger(
        EventKind.HOLD_SHELVED,
        frozenset(
            {NoticeKind.HOLD_READY, NoticeKind.READY_AT_DESK, NoticeKind.READY_IN_READING_ROOM}
        ),
        _hold_shelved,
    ),
    Trigger(
        EventKind.HOLD_CLOSED,
        frozenset({*_ENDED.values(), NoticeKind.HOLD_LAST_COPY_LOST}),
        _hold_closed,
        _has_ended,
    ),
    Trigger(EventKind.HOLD_DELAYED, frozenset({NoticeKind.HOLD_DELAYED}), _hold_delayed),
    _loan(EventKind.CHECKED_OUT, NoticeKind.LOAN_MADE),
    _loan(EventKind.CHECKED_IN, NoticeKind.ITEM_RETURNED),
    _loan(EventKind.RENEWED, NoticeKind.RENEWED)._replace(when=_is_by_itself),
    _loan(EventKind.LOAN_RECALLED, NoticeKind.RECALLED),
    _loan(EventKind.LOAN_REDATED, NoticeKind.NOT_RENEWABLE, "due")._replace(
        when=_is_refused_by_owner
    ),
    _patron(EventKind.PATRON_REGISTERED, NoticeKind.WELCOME),
    _patron(EventKind.PIN_CHANGED, NoticeKind.PIN_CHANGED),
    Trigger(
        EventKind.PATRON_BLOCKED, frozenset({NoticeKind.BLOCKED}), _of_block(NoticeKind.BLOCKED)
    ),
    Trigger(
        EventKind.PATRON_UNBLOCKED,
        frozenset({NoticeKind.UNBLOCKED}),
        _of_block(NoticeKind.UNBLOCKED),
    ),
    Trigger(EventKind.PAYMENT_TAKEN, frozenset({NoticeKind.PAYMENT_RECEIVED}), _payment),
    Trigger(
        EventKind.CHARGE_CHANGED,
        frozenset({NoticeKind.COMPENSATION_CANCELLED}),
        _charge_changed,
        _is_compensation_reduced,
    ),
)
#: Of each kind of event, one at most.
TRIGGERS: Registry[Trigger] = Registry("notices.triggers:TRIGGERS")


@cache
def _by_event() -> dict[EventKind, Trigger]:
    return {trigger.event: trigger for trigger in TRIGGERS}


def triggered_by(reading: Reading) -> NoticeRequest | None:
    """What the event has told, and to whom: nothing, where it concerns nobody."""
    event = reading.event
    trigger = _by_event().get(event.kind)
    if trigger is None or not trigger.when(event.actor, event.after):
        return None
    return trigger.read(reading)


@send
def _put_if_wanted(*, patron_id: int | None, kind: str) -> Statement:
    wanted = (
        notice_choices.c.patron_id == patron_id,
        notice_choices.c.kind == kind,
        notice_choices.c.wanted,
    )
    return put_where(FOLLOWER.name, exists().where(*wanted))


def _put_for(kind: NoticeKind) -> Put:
    """What nobody is told who has not asked for it goes out for those who have."""
    code = kind.value

    def put_out(act: Act, set_up: SetUp | None, new: NewEvent) -> None:
        branch = None if set_up is None else set_up.branches.get(act.desk.branch_id)
        if set_up and branch and NOTICES.of(set_up).is_on_request(branch, kind):
            _put_if_wanted(act.transaction, patron_id=new.patron_id, kind=code)
        else:
            put(act.transaction, follower=FOLLOWER.name)

    return put_out


def _follows(kind: EventKind, set_up: SetUp | None) -> Follows | None:
    trigger = _by_event().get(kind)
    if trigger is None or (set_up and trigger.kinds.isdisjoint(NOTICES.of(set_up).kinds)):
        return None
    is_one = trigger.is_own and len(trigger.kinds) == 1
    return Follows(trigger.when, _put_for(*trigger.kinds) if is_one else None)


#: Notices follow events: what patrons are told goes through the outbox.
FOLLOWER = Follower("notices", _follows)
