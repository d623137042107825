"""What partners are to be told: an outbox, written in the transaction that did it.

Whoever sends takes a notice with `claim_notice` and says afterwards what became of it. A claim
holds for a while only: a process that ends between sending and saying so leaves the notice to be
sent again, so a partner may hear the same twice, and never nothing. The notices of one loan go out
in their order; each partner's queue is its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Update, delete, exists, func, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    one,
    scalar,
    scalars,
    send,
)
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.schema import interlibrary_loans, partner_notices
from circulation.kernel.act import Act
from circulation.kernel.stored import stored_as

#: How long a notice that was taken is left to who took it.
LEASE = timedelta(minutes=2)
#: The first wait after a failure, which doubles until the longest; then the notice is given up.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
PATIENCE = timedelta(days=7)

#: `Desk.device` of all that partners do, by protocol.
PARTNER_DEVICES = {"ncip": "NCIP", "iso18626": "ISO 18626"}

_table = partner_notices


class PartnerNoticeKind(Enum):
    """What has happened. The value is what `partner_notices.kind` holds."""

    ASKED = "asked"  # would it lend us something? The answer decides
    SHIPPED = "shipped"  # our item was lent to the partner
    RECEIVED = "received"  # theirs is here
    CHECKED_OUT = "checked_out"  # theirs, to the patron
    CHECKED_IN = "checked_in"
    RENEWED = "renewed"
    RENEWAL_ASKED = "renewal_asked"  # of theirs: the answer decides
    RECALLED = "recalled"
    LOST = "lost"
    FOUND = "found"
    SENT_HOME = "sent_home"  # theirs is on the way back
    CANCELLED = "cancelled"

    # Where a message and its answer go apart.
    ANSWERED = "answered"  # what it asked for: will we lend it?
    CANCEL_ANSWERED = "cancel_answered"
    RENEWAL_ANSWERED = "renewal_answered"
    STATUS_ASKED = "status_asked"  # how far is it?
    STATUS_TOLD = "status_told"
    OVERDUE = "overdue"
    SUPPLIED = "supplied"  # a copy, which it keeps
    AGREED = "agreed"  # to the terms on which it has promised something
    NOTED = "noted"  # what somebody here writes


#: What is told only where a message and its answer go apart (ISO 18626).
ONLY_APART = frozenset(
    {
        PartnerNoticeKind.ANSWERED,
        PartnerNoticeKind.CANCEL_ANSWERED,
        PartnerNoticeKind.RENEWAL_ANSWERED,
        PartnerNoticeKind.STATUS_ASKED,
        PartnerNoticeKind.STATUS_TOLD,
        PartnerNoticeKind.OVERDUE,
        PartnerNoticeKind.SUPPLIED,
        PartnerNoticeKind.AGREED,
        PartnerNoticeKind.NOTED,
    }
)


class PartnerNotice(NamedTuple):
    """A notice to be sent, and the loan it is about."""

    id: int
    loan_id: int
    partner: str
    kind: PartnerNoticeKind
    facts_json: str
    written: datetime
    tries: int
    request_id: str
    role: str
    barcode: str
    title: str
    author: str
    document: bytes | None = None

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.facts_json)
        return found


class Told(NamedTuple):
    """A notice of a loan, and what became of it."""

    kind: str
    written: datetime
    tries: int
    sent: datetime | None
    given_up: datetime | None
    problem: str


class Waiting(NamedTuple):
    """How many notices wait for a partner, and how often one of them was tried."""

    partner: str
    notices: int
    tries: int


@send
def _insert(
    *, loan_id: int, partner: str, kind: str, facts: str, written: datetime, next_try: datetime
) -> Statement:
    return insert(_table).values(
        interlibrary_loan_id=loan_id,
        partner=partner,
        kind=kind,
        facts=facts,
        written=written,
        next_try=next_try,
        tries=0,
        problem="",
    )


_IS_WAITING = (_table.c.sent.is_(None), _table.c.given_up.is_(None))
_earlier = _table.alias("earlier")
#: The notices of a loan go out in their order.
_IS_FIRST = ~exists().where(
    _earlier.c.interlibrary_loan_id == _table.c.interlibrary_loan_id,
    _earlier.c.id < _table.c.id,
    _earlier.c.sent.is_(None),
    _earlier.c.given_up.is_(None),
)


@scalars(str)
def partners_to_tell(*, now: datetime) -> Statement:
    """The partners for whom something may be sent now."""
    is_due = (*_IS_WAITING, _table.c.next_try <= now, _IS_FIRST)
    return select(_table.c.partner).where(*is_due).distinct().order_by(_table.c.partner)


@scalar(int)
def _next_id(*, partner: str, now: datetime) -> Statement:
    is_due = (*_IS_WAITING, _table.c.partner == partner, _table.c.next_try <= now, _IS_FIRST)
    first = select(_table.c.id).where(*is_due).order_by(_table.c.next_try, _table.c.id).limit(1)
    return first.with_for_update(skip_locked=True)


def _update(notice_id: int) -> Update:
    return update(_table).where(_table.c.id == notice_id, *_IS_WAITING)


@change
def _take(*, notice_id: int, next_try: datetime) -> Statement:
    return _update(notice_id).values(next_try=next_try, tries=_table.c.tries + 1)


@one(PartnerNotice)
def _read(*, notice_id: int) -> Statement:
    told = {
        "document": _table.c.document,
        "id": _table.c.id,
        "loan_id": _table.c.interlibrary_loan_id,
        "partner": _table.c.partner,
        "kind": stored_as(_table.c.kind, PartnerNoticeKind),
        "facts_json": _table.c.facts,
    }
    return (
        select(*columns(PartnerNotice, _table, interlibrary_loans, **told))
        .join(interlibrary_loans, interlibrary_loans.c.id == _table.c.interlibrary_loan_id)
        .where(_table.c.id == notice_id)
    )


@send
def _set_sent(*, notice_id: int, sent: datetime, problem: str) -> Statement:
    return _update(notice_id).values(sent=sent, facts="{}", document=None, problem=problem)


@send
def _put_off(*, notice_id: int, next_try: datetime, problem: str) -> Statement:
    return _update(notice_id).values(next_try=next_try, problem=problem)


@send
def _give_up(*, notice_id: int, given_up: datetime, problem: str) -> Statement:
    return _update(notice_id).values(given_up=given_up, facts="{}", document=None, problem=problem)


@send
def _set_document(*, notice_id: int, document: bytes) -> Statement:
    return _update(notice_id).values(document=document)


@change
def _withdraw(*, loan_id: int, kind: str) -> Statement:
    its = _table.c.interlibrary_loan_id == loan_id, _table.c.kind == kind
    return delete(_table).where(*its, _table.c.tries == 0, *_IS_WAITING)


@change
def _readdress(*, loan_id: int, partner: str, next_try: datetime) -> Statement:
    its = _table.c.interlibrary_loan_id == loan_id, _table.c.tries == 0, *_IS_WAITING
    return update(_table).where(*its).values(partner=partner, next_try=next_try)


@many(Waiting)
def waiting_notices() -> Statement:
    """The queues of all partners that have one."""
    counted = {"notices": func.count(), "tries": func.max(_table.c.tries)}
    return (
        select(*columns(Waiting, _table, **counted))
        .where(*_IS_WAITING)
        .group_by(_table.c.partner)
        .order_by(_table.c.partner)
    )


@many(Told)
def notices_of(*, loan_id: int) -> Statement:
    """All notices of a loan, the oldest first."""
    its = _table.c.interlibrary_loan_id == loan_id
    return select(*columns(Told, _table)).where(its).order_by(_table.c.id)


def tell(
    act: Act,
    loan: InterlibraryLoan,
    kind: PartnerNoticeKind,
    *,
    due: datetime | None = None,
    about: Mapping[str, str] | None = None,
    wait: timedelta = timedelta(),
) -> None:
    """Has the partner told after `wait`, unless it was the partner who did it.

    `about` are further facts of the notice. Answers go to who has asked.
    """
    if is_partners(act, loan) and kind not in ONLY_APART:
        return
    facts: dict[str, Any] = dict(about or {})
    if loan.user:
        facts["user"] = loan.user
    if due is not None:
        facts["due"] = due.isoformat()
    if kind in ONLY_APART:
        facts["state"] = loan.state_name  # as it is now: an answer says what was so then
    _insert(
        act.transaction,
        loan_id=loan.id,
        partner=loan.partner,
        kind=kind.value,
        facts=json.dumps(facts),
        written=act.now,
        next_try=act.now + wait,
    )


def is_partners(act: Act, loan: InterlibraryLoan) -> bool:
    """Is it the partner of the loan who does this?"""
    return act.desk.device in PARTNER_DEVICES.values() and act.desk.actor == loan.actor


def withdraw(transaction: Transaction, loan_id: int, kind: PartnerNoticeKind) -> bool:
    """Takes back what was not sent yet; False where it was, or is under way."""
    return _withdraw(transaction, loan_id=loan_id, kind=kind.value) > 0


def readdress(transaction: Transaction, loan_id: int, partner: str, now: datetime) -> bool:
    """What was not tried yet goes to this partner, and at once; False where it is under way."""
    return _readdress(transaction, loan_id=loan_id, partner=partner, next_try=now) > 0


def claim_notice(transaction: Transaction, partner: str, now: datetime) -> PartnerNotice | None:
    """The partner's next notice, left to the caller for `LEASE`; None where there is none."""
    notice_id = _next_id(transaction, partner=partner, now=now)
    if notice_id is None or not _take(transaction, notice_id=notice_id, next_try=now + LEASE):
        return None
    return _read(transaction, notice_id=notice_id)


def keep_document(transaction: Transaction, notice: PartnerNotice, document: bytes) -> None:
    """The notice as it goes out now, and goes out again until it is taken."""
    _set_document(transaction, notice_id=notice.id, document=document)


def notice_sent(
    transaction: Transaction, notice: PartnerNotice, now: datetime, problem: str = ""
) -> None:
    """The partner has answered; `problem` is what it did not like. It is not sent again."""
    _set_sent(transaction, notice_id=notice.id, sent=now, problem=problem[:200])


def notice_failed(
    transaction: Transaction, notice: PartnerNotice, now: datetime, problem: str
) -> bool:
    """It did not get through: it is tried again later, or after `PATIENCE` no more; then False."""
    if now - notice.written >= PATIENCE:
        notice_dropped(transaction, notice, now, problem)
        return False
    wait = min(FIRST_WAIT * 2 ** min(notice.tries - 1, 20), LONGEST_WAIT)
    _put_off(transaction, notice_id=notice.id, next_try=now + wait, problem=problem[:200])
    return True


def notice_dropped(
    transaction: Transaction, notice: PartnerNotice, now: datetime, why: str
) -> None:
    """Nobody is to be told of it."""
    _give_up(transaction, notice_id=notice.id, given_up=now, problem=why[:200])
