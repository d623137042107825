"""What partners are to be told: an outbox, written in the transaction that did it.

Whoever sends takes a notice with `claim_notice` and says afterwards what became of it. A claim
holds for a while only: a process that ends between sending and saying so leaves the notice to be
sent again, so a partner may hear the same twice, and never nothing. The notices of one loan go out
in their order; each partner's queue is its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, func, insert, select, update

from catalogue.database import Moment, Transaction, change, many, one, scalar, send
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.schema import interlibrary_loans, partner_notices
from circulation.kernel.results import Desk

#: How long a notice that was taken is left to who took it.
LEASE = timedelta(minutes=2)
#: The first wait after a failure, which doubles until the longest; then the notice is given up.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
PATIENCE = timedelta(days=7)

#: `Desk.device` of all that partners do.
PARTNER_DEVICE = "NCIP"

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


class PartnerNotice(NamedTuple):
    """A notice to be sent, and the loan it is about. `facts` is a JSON object."""

    id: int
    loan_id: int
    partner: str
    kind: PartnerNoticeKind
    facts: dict[str, Any]
    written: datetime
    tries: int
    request_id: str
    role: str
    barcode: str
    title: str
    author: str


class Told(NamedTuple):
    """A notice of a loan, and what became of it."""

    kind: str
    written: datetime
    tries: int
    sent: datetime | None
    given_up: datetime | None
    problem: str


_insert = send(
    insert(_table).values(
        interlibrary_loan_id=bindparam("of_loan"),
        partner=bindparam("new_partner"),
        kind=bindparam("new_kind"),
        facts=bindparam("new_facts"),
        written=bindparam("new_written"),
        next_try=bindparam("new_written"),
        tries=0,
        problem="",
    ),
    "of_loan",
    "new_partner",
    "new_kind",
    "new_facts",
    "new_written",
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
_partners: Callable[..., list[tuple[str]]] = many(
    select(_table.c.partner)
    .where(*_IS_WAITING, _table.c.next_try <= bindparam("now", type_=Moment), _IS_FIRST)
    .distinct()
    .order_by(_table.c.partner),
    None,
    "now",
)
_next_id = scalar(
    select(_table.c.id)
    .where(
        *_IS_WAITING,
        _table.c.partner == bindparam("of_partner"),
        _table.c.next_try <= bindparam("now", type_=Moment),
        _IS_FIRST,
    )
    .order_by(_table.c.next_try, _table.c.id)
    .limit(1)
    .with_for_update(skip_locked=True),
    "of_partner",
    "now",
)
_take = change(
    update(_table)
    .where(_table.c.id == bindparam("of_id"), *_IS_WAITING)
    .values(next_try=bindparam("new_next_try"), tries=_table.c.tries + 1),
    "of_id",
    "new_next_try",
)


def _notice(*row: Any) -> PartnerNotice:
    found = PartnerNotice(*row)
    return found._replace(kind=PartnerNoticeKind(found.kind), facts=json.loads(row[4]))


_LOAN = ("request_id", "role", "barcode", "title", "author")
_read = one(
    select(
        _table.c.id,
        _table.c.interlibrary_loan_id,
        _table.c.partner,
        _table.c.kind,
        _table.c.facts,
        _table.c.written,
        _table.c.tries,
        *(interlibrary_loans.c[name] for name in _LOAN),
    )
    .join(interlibrary_loans, interlibrary_loans.c.id == _table.c.interlibrary_loan_id)
    .where(_table.c.id == bindparam("of_id")),
    _notice,
    "of_id",
)
_sent = change(
    update(_table)
    .where(_table.c.id == bindparam("of_id"), *_IS_WAITING)
    .values(sent=bindparam("new_sent"), facts="{}", problem=bindparam("new_problem")),
    "of_id",
    "new_sent",
    "new_problem",
)
_put_off = change(
    update(_table)
    .where(_table.c.id == bindparam("of_id"), *_IS_WAITING)
    .values(next_try=bindparam("new_next_try"), problem=bindparam("new_problem")),
    "of_id",
    "new_next_try",
    "new_problem",
)
_give_up = change(
    update(_table)
    .where(_table.c.id == bindparam("of_id"), *_IS_WAITING)
    .values(given_up=bindparam("new_given_up"), facts="{}", problem=bindparam("new_problem")),
    "of_id",
    "new_given_up",
    "new_problem",
)
_withdraw = change(
    delete(_table).where(
        _table.c.interlibrary_loan_id == bindparam("of_loan"),
        _table.c.kind == bindparam("of_kind"),
        _table.c.tries == 0,
        *_IS_WAITING,
    ),
    "of_loan",
    "of_kind",
)
_counts: Callable[..., list[tuple[str, int, int]]] = many(
    select(
        _table.c.partner,
        func.count(),
        func.max(_table.c.tries),
    )
    .where(*_IS_WAITING)
    .group_by(_table.c.partner)
    .order_by(_table.c.partner),
    None,
)
_of_loan: Callable[..., list[Told]] = many(
    select(
        _table.c.kind,
        _table.c.written,
        _table.c.tries,
        _table.c.sent,
        _table.c.given_up,
        _table.c.problem,
    )
    .where(_table.c.interlibrary_loan_id == bindparam("of_loan"))
    .order_by(_table.c.id),
    Told,
    "of_loan",
)


def tell(
    transaction: Transaction,
    desk: Desk | None,
    loan: InterlibraryLoan,
    kind: PartnerNoticeKind,
    now: datetime,
    *,
    due: datetime | None = None,
    about: Mapping[str, str] | None = None,
) -> None:
    """Has the partner told, unless it was the partner who did it; `desk` None is a job.

    `about` are further facts of the notice.
    """
    if desk is not None and desk.device == PARTNER_DEVICE and desk.actor == loan.actor:
        return
    facts: dict[str, Any] = dict(about or {})
    if loan.user:
        facts["user"] = loan.user
    if due is not None:
        facts["due"] = due.isoformat()
    _insert(transaction, loan.id, loan.partner, kind.value, json.dumps(facts), now)


def withdraw(transaction: Transaction, loan_id: int, kind: PartnerNoticeKind) -> bool:
    """Takes back what was not sent yet; False where it was, or is under way."""
    return _withdraw(transaction, loan_id, kind.value) > 0


def partners_to_tell(transaction: Transaction, now: datetime) -> list[str]:
    """The partners for whom something may be sent now."""
    return [partner for (partner,) in _partners(transaction, now)]


def claim_notice(transaction: Transaction, partner: str, now: datetime) -> PartnerNotice | None:
    """The partner's next notice, left to the caller for `LEASE`; None where there is none."""
    notice_id = _next_id(transaction, partner, now)
    if notice_id is None or not _take(transaction, notice_id, now + LEASE):
        return None
    return _read(transaction, notice_id)


def notice_sent(
    transaction: Transaction, notice: PartnerNotice, now: datetime, problem: str = ""
) -> None:
    """The partner has answered; `problem` is what it did not like. It is not sent again."""
    _sent(transaction, notice.id, now, problem[:200])


def notice_failed(
    transaction: Transaction, notice: PartnerNotice, now: datetime, problem: str
) -> bool:
    """It did not get through: it is tried again later, or after `PATIENCE` no more; then False."""
    if now - notice.written >= PATIENCE:
        _give_up(transaction, notice.id, now, problem[:200])
        return False
    wait = min(FIRST_WAIT * 2 ** min(notice.tries - 1, 20), LONGEST_WAIT)
    _put_off(transaction, notice.id, now + wait, problem[:200])
    return True


def notice_dropped(
    transaction: Transaction, notice: PartnerNotice, now: datetime, why: str
) -> None:
    """Nobody is to be told of it."""
    _give_up(transaction, notice.id, now, why[:200])


class Waiting(NamedTuple):
    """How many notices wait for a partner, and how often one of them was tried."""

    partner: str
    notices: int
    tries: int


def waiting_notices(transaction: Transaction) -> list[Waiting]:
    """The queues of all partners that have one."""
    return [Waiting(*row) for row in _counts(transaction)]


def notices_of(transaction: Transaction, loan_id: int) -> list[Told]:
    """All notices of a loan, the oldest first."""
    return _of_loan(transaction, loan_id)
