"""Looking over the library's shoulder: what must hold every night after its jobs, and of every
message in the evening.

What is cut from patrons after some weeks cannot be looked at in the end, so it is looked at now.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, select

from catalogue.database import Statement, Transaction, many, many_of
from circulation.dunning.acts import acts_of_loans
from circulation.dunning.schema import dunning_acts
from circulation.dunning.steps import Does
from circulation.fees.schema import debt_warnings
from circulation.kernel.reasons import BlockReason
from circulation.ledger.schema import charges, patron_balances
from circulation.loans.schema import loans
from circulation.notices.kinds import NoticeKind
from circulation.notices.schema import notices
from circulation.patrons.schema import patron_blocks

_IS_BLOCKED = exists().where(
    patron_blocks.c.patron_id == patron_balances.c.patron_id,
    patron_blocks.c.reason == BlockReason.DEBT.value,
)


@many(tuple[int, int, bool, int, int])
def _owing() -> Statement:
    return (
        select(
            patron_balances.c.patron_id,
            patron_balances.c.fees + patron_balances.c.compensations,
            _IS_BLOCKED,
            patron_balances.c.fees,
            patron_balances.c.compensations,
        )
        .where((patron_balances.c.fees > 0) | (patron_balances.c.compensations > 0))
        .order_by(patron_balances.c.patron_id)
    )


@many(tuple[int | None, int | None, date])
def _bills(*, on_day: date) -> Statement:
    return select(dunning_acts.c.loan_id, dunning_acts.c.round, dunning_acts.c.day).where(
        dunning_acts.c.day == on_day,
        dunning_acts.c.does == Does.BILL.value,
        dunning_acts.c.loan_id.is_not(None),
        dunning_acts.c.outcome == "done",
    )


@many(tuple[int | None, int, datetime, str])
def _told_today(*, on_day: date) -> Statement:
    return (
        select(
            dunning_acts.c.loan_id,
            func.count(),
            func.max(loans.c.checked_in),
            func.min(loans.c.mark),
        )
        .select_from(dunning_acts.join(loans, loans.c.id == dunning_acts.c.loan_id))
        .where(
            dunning_acts.c.day == on_day,
            dunning_acts.c.outcome == "done",
        )
        .group_by(dunning_acts.c.loan_id)
    )


@many(tuple[int, datetime, datetime | None])
def _blocked() -> Statement:
    return (
        select(patron_blocks.c.patron_id, debt_warnings.c.warned, debt_warnings.c.blocked)
        .select_from(
            patron_blocks.outerjoin(
                debt_warnings, debt_warnings.c.patron_id == patron_blocks.c.patron_id
            )
        )
        .where(patron_blocks.c.reason == BlockReason.DEBT.value)
    )


#: Of messages: whom each is about and who is told, what, and why.
@many_of(tuple[int, int | None, int | None, str, str])
def _sent(*, keys: Sequence[int]) -> Statement:
    return select(
        notices.c.id, notices.c.patron_id, notices.c.recipient_id, notices.c.kind, notices.c.cause
    ).where(notices.c.message_id.in_(keys))


@many_of(tuple[int, datetime | None])
def _loans(*, keys: Sequence[int]) -> Statement:
    return select(loans.c.id, loans.c.checked_in).where(loans.c.id.in_(keys))


@many_of(tuple[int, int])
def _charges(*, keys: Sequence[int]) -> Statement:
    return select(charges.c.id, charges.c.balance).where(charges.c.id.in_(keys))


#: As `protocols/demo/library.toml` has them.
THRESHOLD, BLOCK_DAYS = 20_000, 8
#: Messages that tell of loans, which must be on loan.
OF_LOANS = {NoticeKind.DUE_SOON.value, NoticeKind.OVERDUE.value, NoticeKind.RECALL.value}
#: Messages that ask for money, which must be owed.
OF_DEBTS = {NoticeKind.BILL.value, NoticeKind.REMINDER.value, NoticeKind.COLLECTION.value}


def debtors(transaction: Transaction, amounts: bool = False) -> list[tuple[int, int]]:
    """Who owes something: with whether they are blocked for it, or with how much it is."""
    return [(row[0], row[1] if amounts else row[2]) for row in _owing(transaction)]


@dataclass
class Watch:
    """All that should not have been: by night, messages sent twice, and of what was so no more."""

    nightly: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    died: dict[int, datetime] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def look(self, transaction: Transaction, day: date) -> None:
        """What the jobs of the day have done."""
        today = _told_today(transaction, on_day=day)
        for loan_id, number, checked_in, _ in today:
            if number > 1:
                self.nightly.append(f"{day}: loan {loan_id} was told of {number} times on one day")
            if checked_in is not None:
                self.nightly.append(f"{day}: loan {loan_id} was told of, and has ended")
        self._look_at_bills(transaction, day, {row[0] for row in today if row[3] == "lost"})
        fees = {row[0]: row[3] + min(row[4], 0) for row in _owing(transaction)}
        for patron_id, warned_at, blocked_at in _blocked(transaction):
            if fees.get(patron_id, 0) < THRESHOLD:
                self.nightly.append(f"{day}: patron {patron_id} is blocked and owes less")
            if warned_at is None:
                self.nightly.append(f"{day}: patron {patron_id} is blocked and was not warned")
            elif blocked_at and (blocked_at - warned_at).days < BLOCK_DAYS:
                self.nightly.append(f"{day}: patron {patron_id} was blocked too soon")

    def _look_at_bills(self, transaction: Transaction, day: date, lost: set[int]) -> None:
        billed = _bills(transaction, on_day=day)
        acts = acts_of_loans(transaction, [row[0] for row in billed])
        for loan_id, number, on in billed:
            warned = [
                act
                for act in acts[loan_id]
                if act.round == number
                and act.does in (Does.NOTICE, Does.RECALL)
                and not act.is_passed
                and act.day < on
                and act.facts["days"] > 0
            ]
            if not warned and loan_id not in lost:
                self.nightly.append(f"{day}: loan {loan_id} was billed and not warned")

    def read_post(self, transaction: Transaction, day: date, messages: list[int]) -> None:
        """Messages as they are given to their channel."""
        causes: list[tuple[str, dict[str, Any]]] = []
        for notice_id, patron_id, recipient_id, kind, cause in _sent(transaction, keys=messages):
            # Another notice of the same kind, person and cause; a number is enough of it.
            known = hash((patron_id, recipient_id, kind, cause))
            if known in self._seen:
                self.twice.append(f"{day}: notice {notice_id}, {kind} to patron {recipient_id}")
            self._seen.add(known)
            if {patron_id, recipient_id} & self.died.keys():
                self.stale.append(f"{day}: {kind} to patron {recipient_id}, who has died")
            causes.append((kind, json.loads(cause)))
        its_loans = [x for kind, cause in causes if kind in OF_LOANS for x in cause["loans"]]
        its_charges = [x for kind, cause in causes if kind in OF_DEBTS for x in cause["charges"]]
        ended = {row[0] for row in _loans(transaction, keys=its_loans) if row[1] is not None}
        owed = {row[0] for row in _charges(transaction, keys=its_charges) if row[1] > 0}
        for kind, cause in causes:
            if kind in OF_LOANS and ended.issuperset(cause["loans"]):
                self.stale.append(f"{day}: {kind} of loan {cause['loans']}, which has ended")
            if kind in OF_DEBTS and not owed.intersection(cause["charges"]):
                self.stale.append(f"{day}: {kind} of charges {cause['charges']}, which are settled")
