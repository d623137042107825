"""Forgetting what messages said: on the clock, and when a person is erased.

Rows stay, so that it can be counted what was sent; what stood in them, to which address and about
what, goes. Messages that tell of amounts are kept longer, as proof (`NoticeTerms.days_kept`).
When their person is erased all words and names go; the proof that is left says which type was sent
when and how, about which charges and loans (which name nobody either), and the amounts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, or_, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    scalars_of,
    send,
    send_many,
    taking,
)
from circulation.digital_post.receipts import forget_receipts
from circulation.digital_post.schema import post_receipts
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans
from circulation.notices.causes import Cause, cause_text, read_cause
from circulation.notices.kinds import TRAITS, NoticeKind, NoticeState
from circulation.notices.rows import Notice, is_of, notices_of_person
from circulation.notices.rules import NOTICES, notice_terms
from circulation.notices.schema import incoming_texts, notice_messages, notices, stored
from circulation.notices.silence import forget_silent_patron
from circulation.patrons.personal_data import PersonalData
from circulation.patrons.schema import patrons

#: So many in one transaction.
AT_MOST = 500
#: Incoming texts, and the other end of what was never sent.
INCOMING_DAYS = 28

_OPEN = stored((NoticeState.WAITING, NoticeState.SENDING, NoticeState.UNSURE))
_BLANK: dict[Table, dict[str, Any]] = {
    notices: {"once": None, "cause": "{}", "facts": "{}", "why": ""},
    notice_messages: {"address": "", "subject": "", "body": "", "reference": "", "error": ""},
}


def _withdrawing(table: Table) -> Callable[..., None]:
    @send
    def withdraw(*, patron_id: int) -> Statement:
        is_meant = is_of(table, patron_id) & table.c.state.in_(_OPEN)
        return update(table).where(is_meant).values(state=NoticeState.WITHDRAWN)

    return withdraw


def _erasing(table: Table) -> Callable[..., None]:
    @send
    def erase(*, patron_id: int, now: datetime) -> Statement:
        return update(table).where(is_of(table, patron_id)).values(anonymised=now, **_BLANK[table])

    return erase


def _blanking(table: Table) -> Callable[..., list[int]]:
    @scalars_of(int)
    def blank(*, ids: Sequence[int]) -> Statement:
        nobody = {"patron_id": None, "recipient_id": None}
        return (
            update(table)
            .where(table.c.id.in_(ids), table.c.anonymised.is_(None))
            .values(anonymised=table.c.created, **nobody, **_BLANK[table])
            .returning(table.c.id)
        )

    return blank


_WITHDRAW_AND_ERASE = [(_withdrawing(table), _erasing(table)) for table in _BLANK]
_blank_notices, _blank_messages = map(_blanking, _BLANK)


@send
def _forget_receipts_of(*, patron_id: int) -> Statement:
    its_messages = select(notice_messages.c.id).where(is_of(notice_messages, patron_id))
    return delete(post_receipts).where(post_receipts.c.message_id.in_(its_messages))


class _Old(NamedTuple):
    id: int
    kind: str
    branch_id: int
    created: datetime
    message_id: int | None
    cause: str
    category: str | None


@lru_cache(maxsize=64)
def _old(spans: tuple[frozenset[NoticeKind], ...]) -> Callable[..., list[_Old]]:
    """What is older than it is kept anywhere: a moment for each group of kinds, and `after`."""

    @many(_Old)
    @taking(*_moments(spans), "after")
    def old(*, after: int, **moments: datetime) -> Statement:
        return (
            select(*columns(_Old, notices, category=patrons.c.category))
            .select_from(notices.outerjoin(patrons, patrons.c.id == notices.c.patron_id))
            .where(
                notices.c.anonymised.is_(None),
                or_(
                    *(
                        notices.c.kind.in_(stored(sorted(kinds))) & (notices.c.created <= moment)
                        for kinds, moment in zip(spans, moments.values(), strict=True)
                    )
                ),
                notices.c.state.not_in(_OPEN),
                notices.c.id > after,
            )
            .order_by(notices.c.id)
            .limit(AT_MOST)
        )

    return old


def _moments(spans: Iterable[Any]) -> list[str]:
    return [f"before_{number}" for number, _ in enumerate(spans)]


@scalars_of(int)
def _open_loans(*, loan_ids: Sequence[int]) -> Statement:
    return select(loans.c.id).where(loans.c.id.in_(loan_ids), loans.c.checked_in.is_(None))


@change
def _forget_incoming(*, before: datetime) -> Statement:
    return delete(incoming_texts).where(incoming_texts.c.at < before)


#: What is left of the facts of a proof: neither names nor words.
_AMOUNTS = ("amount", "currency", "step_fee", "number")
_GIVEN = (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.READ)


class _Proof(NamedTuple):
    notice_id: int
    cause: str
    facts: str


@send_many
def _leave_proof(proof: _Proof) -> Statement:
    return (
        update(notices)
        .where(notices.c.id == proof.notice_id)
        .values(cause=proof.cause, facts=proof.facts)
    )


def _proof(notice: Notice) -> _Proof:
    cause = Cause(loans=notice.cause.loans, charges=notice.cause.charges)
    amounts = {name: notice.facts[name] for name in _AMOUNTS if name in notice.facts}
    return _Proof(notice.id, cause_text(cause), json.dumps(amounts))


def forget_notices_of(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """The patron is erased: nothing more is sent, and what was sent says nothing any more but
    what was charged."""
    proofs = [
        _proof(notice)
        for notice in notices_of_person(transaction, patron_id=patron_id)
        if TRAITS[notice.kind].is_proof and notice.state in _GIVEN
    ]
    for withdraw, erase in _WITHDRAW_AND_ERASE:
        withdraw(transaction, patron_id=patron_id)
        erase(transaction, patron_id=patron_id, now=now)
    _forget_receipts_of(transaction, patron_id=patron_id)
    _leave_proof(transaction, proofs)
    forget_silent_patron(transaction, patron_id=patron_id)


PERSONAL = PersonalData(forget=forget_notices_of)


def forget_old_notices(
    transaction: Transaction, set_up: SetUp, *, until: datetime, after: int = 0
) -> tuple[int, int | None]:
    """Anonymises what is older than the rules keep it; how much, and where to go on.

    What tells of a loan that is still open stays, so that nobody is told it again.
    """
    spans: dict[int, set[NoticeKind]] = defaultdict(set)
    for kind in NoticeKind:
        spans[NOTICES.of(set_up).shortest_kept(kind)].add(kind)
    before = dict(zip(_moments(spans), (until - timedelta(days) for days in spans), strict=True))
    page = _old(tuple(map(frozenset, spans.values())))(transaction, after=after, **before)
    causes = {each.id: read_cause(each.cause) for each in page}
    wanted = sorted({loan for cause in causes.values() for loan in cause.loans})
    still_open = set(_open_loans(transaction, loan_ids=wanted))
    over: list[_Old] = []
    for each in page:
        kind = NoticeKind(each.kind)
        terms = notice_terms(set_up, each.branch_id, each.category or "", kind)
        is_kept = each.created + timedelta(terms.days_kept(kind)) > until
        if not is_kept and still_open.isdisjoint(causes[each.id].loans):
            over.append(each)
    _blank_notices(transaction, ids=[each.id for each in over])
    messages = sorted({each.message_id for each in over if each.message_id is not None})
    _blank_messages(transaction, ids=messages)
    forget_receipts(transaction, message_ids=messages)
    return len(over), page[-1].id if len(page) == AT_MOST else None


def forget_incoming_texts(transaction: Transaction, until: datetime) -> int:
    """Deletes the texts that patrons sent some weeks ago; gives how many."""
    return _forget_incoming(transaction, before=until - timedelta(INCOMING_DAYS))
