"""Forgetting what messages said: on the clock, and when a person is erased.

Rows stay, so that it can be counted what was sent; what stood in them, to which address and about
what, goes. Messages that tell of amounts are kept longer, as proof (`NoticeTerms.days_kept`).
When their person is erased all words and names go; the proof that is left says which type was sent
when and how, about which charges and loans (which name nobody either), and the amounts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from catalogue.database import (
    Moment,
    Transaction,
    change,
    key_parameters,
    many,
    many_of,
    send,
    send_many,
)
from circulation.digital_post.receipts import forget_receipts
from circulation.digital_post.schema import post_receipts
from circulation.kernel.set_up import SetUp
from circulation.loans.schema import loans
from circulation.notices.causes import Cause, cause_text, read_cause
from circulation.notices.kinds import TRAITS, NoticeKind, NoticeState
from circulation.notices.rows import Notice, notices_of_person
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
_BLANK_NOTICE = {"once": None, "cause": "{}", "facts": "{}", "why": ""}
_BLANK_MESSAGE = {"address": "", "subject": "", "body": "", "reference": "", "error": ""}

_of_person = or_(
    notices.c.patron_id == bindparam("of_patron"), notices.c.recipient_id == bindparam("of_patron")
)
_messages_of_person = or_(
    notice_messages.c.patron_id == bindparam("of_patron"),
    notice_messages.c.recipient_id == bindparam("of_patron"),
)
_blank_messages_of = send(
    update(notice_messages)
    .where(_messages_of_person)
    .values(anonymised=bindparam("new_anonymised"), **_BLANK_MESSAGE),
    "of_patron",
    "new_anonymised",
)
_forget_receipts_of = send(
    delete(post_receipts).where(
        post_receipts.c.message_id.in_(select(notice_messages.c.id).where(_messages_of_person))
    ),
    "of_patron",
)
_withdraw_messages_of = send(
    update(notice_messages)
    .where(_messages_of_person, notice_messages.c.state.in_(_OPEN))
    .values(state=NoticeState.WITHDRAWN.value),
    "of_patron",
)
_withdraw_of = send(
    update(notices)
    .where(_of_person, notices.c.state.in_(_OPEN))
    .values(state=NoticeState.WITHDRAWN.value),
    "of_patron",
)
_blank_of = send(
    update(notices)
    .where(_of_person)
    .values(anonymised=bindparam("new_anonymised"), **_BLANK_NOTICE),
    "of_patron",
    "new_anonymised",
)


@lru_cache(maxsize=64)
def _old(spans: tuple[frozenset[NoticeKind], ...]) -> Callable[..., list[Any]]:
    """What is older than it is kept anywhere: a moment for each group of kinds, then `after`."""
    return many(
        select(
            notices.c.id,
            notices.c.kind,
            notices.c.branch_id,
            notices.c.created,
            notices.c.message_id,
            notices.c.cause,
            patrons.c.category,
        )
        .select_from(notices.outerjoin(patrons, patrons.c.id == notices.c.patron_id))
        .where(
            notices.c.anonymised.is_(None),
            or_(
                *(
                    notices.c.kind.in_(stored(sorted(kinds, key=lambda kind: kind.value)))
                    & (notices.c.created <= bindparam(f"before_{number}", type_=Moment))
                    for number, kinds in enumerate(spans)
                )
            ),
            notices.c.state.not_in(_OPEN),
            notices.c.id > bindparam("after"),
        )
        .order_by(notices.c.id)
        .limit(AT_MOST),
        None,
        *(f"before_{number}" for number in range(len(spans))),
        "after",
    )


_open_loans: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: select(loans.c.id).where(
        loans.c.id.in_(key_parameters(size)), loans.c.checked_in.is_(None)
    ),
    None,
)


def _blanking(table: Any, blank: dict[str, Any]) -> Callable[[Transaction, list[int]], list[Any]]:
    return many_of(
        lambda size: (
            update(table)
            .where(table.c.id.in_(key_parameters(size)), table.c.anonymised.is_(None))
            .values(anonymised=table.c.created, **blank)
            .returning(table.c.id)
        ),
        None,
    )


_blank_notices = _blanking(notices, _BLANK_NOTICE | {"patron_id": None, "recipient_id": None})
_blank_messages = _blanking(
    notice_messages, _BLANK_MESSAGE | {"patron_id": None, "recipient_id": None}
)
_forget_incoming = change(
    delete(incoming_texts).where(incoming_texts.c.at < bindparam("before", type_=Moment)), "before"
)


#: What is left of the facts of a proof: neither names nor words.
_AMOUNTS = ("amount", "currency", "step_fee", "number")
_GIVEN = (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.READ)
#: (cause, facts, notice id)
_leave_proof = send_many(
    update(notices)
    .where(notices.c.id == bindparam("notice_id"))
    .values(cause=bindparam("new_cause"), facts=bindparam("new_facts")),
    "new_cause",
    "new_facts",
    "notice_id",
)


def _proof(notice: Notice) -> tuple[str, str, int]:
    cause = Cause(loans=notice.cause.loans, charges=notice.cause.charges)
    amounts = {name: notice.facts[name] for name in _AMOUNTS if name in notice.facts}
    return cause_text(cause), json.dumps(amounts), notice.id


def forget_notices_of(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """The patron is erased: nothing more is sent, and what was sent says nothing any more but
    what was charged."""
    proofs = [
        _proof(notice)
        for notice in notices_of_person(transaction, patron_id)
        if TRAITS[notice.kind].is_proof and notice.state in _GIVEN
    ]
    _withdraw_messages_of(transaction, patron_id)
    _blank_messages_of(transaction, patron_id, now)
    _forget_receipts_of(transaction, patron_id)
    _withdraw_of(transaction, patron_id)
    _blank_of(transaction, patron_id, now)
    _leave_proof(transaction, proofs)
    forget_silent_patron(transaction, patron_id)


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
    old = _old(tuple(frozenset(kinds) for kinds in spans.values()))
    page = old(transaction, *(until - timedelta(days=days) for days in spans), after)
    causes = {row[0]: read_cause(row[5]) for row in page}
    wanted = sorted({loan for cause in causes.values() for loan in cause.loans})
    still_open = {row[0] for row in _open_loans(transaction, wanted)}
    blank, messages = [], []
    for notice_id, kind, branch_id, created, message_id, _, category in page:
        terms = notice_terms(set_up, branch_id, category or "", NoticeKind(kind))
        kept = timedelta(days=terms.days_kept(NoticeKind(kind)))
        if created + kept > until or still_open.intersection(causes[notice_id].loans):
            continue
        blank.append(notice_id)
        if message_id is not None:
            messages.append(message_id)
    _blank_notices(transaction, blank)
    _blank_messages(transaction, sorted(set(messages)))
    forget_receipts(transaction, sorted(set(messages)))
    return len(blank), page[-1][0] if len(page) == AT_MOST else None


def forget_incoming_texts(transaction: Transaction, until: datetime) -> int:
    """Deletes the texts that patrons sent some weeks ago; gives how many."""
    return _forget_incoming(transaction, until - timedelta(days=INCOMING_DAYS))
