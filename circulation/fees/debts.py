"""Who may not borrow because of what they owe: warned in writing, blocked, and let off at once.

    at the threshold -> warned (`circulation.fees.warned`) -> it reaches somebody (`block_warned`)
    `block_days` after that still there -> blocked
    under the threshold, at any moment and by whatever posting -> warning and block are gone

Only fees count, unless the rules count compensations too (`FeeTerms.block_counts_compensation`):
bibliotekslov § 31, 2; less what the library owes the patron. An agency holds against its own rules
what is owed to it, and to those with whom it agreed that debts count
(`circulation.kernel.agreements`); its block is its own. Where agencies share debts, the first to
warn does so for all of them. A block that staff gave by hand is not lifted by payments. A patron
whom no warning reaches is not blocked (`circulation.dunning.unwarned` lists them), and a block
whose warning comes back later is taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import exists, or_, select

from catalogue.database import Statement, Transaction, columns, many, many_of, scalar
from catalogue.schema import agencies
from circulation.calendars.due_dates import local_date
from circulation.fees.rules import FEES, agency_fee_terms
from circulation.fees.schema import debt_warnings
from circulation.fees.terms import FeeTerms
from circulation.fees.warned import (
    WAS_TOLD,
    Debt,
    forget_warning,
    set_blocked,
    set_reached,
    told_by,
    warnings_of,
)
from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.schema import agency_settings
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import debt_blocks_of, lock_account
from circulation.ledger.money import amount_text
from circulation.ledger.postings import Account
from circulation.ledger.schema import patron_balances
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.schema import patrons

#: Balances or warnings looked at in one transaction.
BATCH = 500


class _Owing(NamedTuple):
    patron_id: int
    agency_id: int
    currency: str
    category: str


@many(_Owing)
def _owing(*, after: int, at_most: int) -> Statement:
    return (
        select(*columns(_Owing, patron_balances, patrons, agency_id=patron_balances.c.agency_id))
        .select_from(patron_balances.join(patrons, patrons.c.id == patron_balances.c.patron_id))
        .where(
            patron_balances.c.patron_id > after,
            or_(patron_balances.c.fees > 0, patron_balances.c.compensations > 0),
            ~exists(
                select(1).where(
                    debt_warnings.c.patron_id == patron_balances.c.patron_id,
                    debt_warnings.c.agency_id == patron_balances.c.agency_id,
                    WAS_TOLD,
                )
            ),
        )
        .order_by(patron_balances.c.patron_id, patron_balances.c.agency_id)
        .limit(at_most)
    )


class _Warned(NamedTuple):
    patron_id: int
    agency_id: int
    notice_id: int | None
    reached: datetime | None
    blocked: datetime | None
    category: str


@many(_Warned)
def _warned(*, after: int, at_most: int) -> Statement:
    return (
        select(*columns(_Warned, debt_warnings, patrons, agency_id=debt_warnings.c.agency_id))
        .select_from(debt_warnings.join(patrons, patrons.c.id == debt_warnings.c.patron_id))
        .where(debt_warnings.c.patron_id > after)
        .order_by(debt_warnings.c.patron_id, debt_warnings.c.agency_id)
        .limit(at_most)
    )


class _DebtsOfMany(NamedTuple):
    patron_id: int
    agency_id: int
    currency: str
    fees: int
    compensations: int


@many_of(_DebtsOfMany)
def _debts_of_many(*, patron_ids: Sequence[int]) -> Statement:
    return select(*columns(_DebtsOfMany, patron_balances)).where(
        patron_balances.c.patron_id.in_(patron_ids)
    )


@scalar(str)
def _category(*, patron_id: int) -> Statement:
    return select(patrons.c.category).where(patrons.c.id == patron_id)


@scalar(str)
def _timezone(*, agency_id: int) -> Statement:
    return (
        select(agency_settings.c.timezone)
        .select_from(agencies.join(agency_settings))
        .where(agencies.c.id == agency_id)
    )


class _Creditor(NamedTuple):
    patron_id: int
    agency_id: int


@many_of(_Creditor)
def _warned_of_many(*, patron_ids: Sequence[int]) -> Statement:
    return select(*columns(_Creditor, debt_warnings)).where(
        debt_warnings.c.patron_id.in_(patron_ids), WAS_TOLD
    )


class _Terms:
    """The rules that hold now, looked up once for each agency and category."""

    def __init__(self, transaction: Transaction, set_up: SetUp, now: datetime) -> None:
        self._transaction, self._set_up, self._now = transaction, set_up, now
        self._timezones: dict[int, str] = {}
        self._found: dict[tuple[int, str], FeeTerms] = {}

    def timezone(self, agency_id: int) -> str:
        if agency_id not in self._timezones:
            told = _timezone(self._transaction, agency_id=agency_id)
            self._timezones[agency_id] = told or DEFAULT_TIMEZONE
        return self._timezones[agency_id]

    def of(self, agency_id: int, category: str) -> FeeTerms:
        key = (agency_id, category)
        if key not in self._found:
            day = local_date(self._now, self.timezone(agency_id))
            self._found[key] = agency_fee_terms(self._set_up, *key, day)
        return self._found[key]


def _counted(terms: FeeTerms, owed: Sequence[tuple[int, int]]) -> int:
    """How much of the fees and compensations, in the currency of the threshold, counts towards a
    block.

    What the library owes the patron, for something that was paid for and then came back, is always
    deducted: nobody is excluded who has money with the library.
    """
    fees, compensations = (sum(each[place] for each in owed) for place in (0, 1))
    return fees + (compensations if terms.block_counts_compensation else min(compensations, 0))


def _debt(
    transaction: Transaction, set_up: SetUp, patron_id: int, agency_id: int, now: datetime
) -> Debt | None:
    """What the patron owes that counts at the agency, where it is at its threshold."""
    category = _category(transaction, patron_id=patron_id)
    if category is None:
        return None
    terms = _Terms(transaction, set_up, now).of(agency_id, category)
    if terms.block_threshold is None:
        return None
    owed = _owed_by(transaction, [patron_id])[patron_id]
    return _at_threshold(set_up, terms, patron_id, agency_id, owed)


def _owed_by(transaction: Transaction, patron_ids: Iterable[int]) -> dict[int, list[Sequence[Any]]]:
    """What each of the patrons owes: agency, currency, fees, compensations."""
    owed: dict[int, list[Sequence[Any]]] = defaultdict(list)
    keys = list(dict.fromkeys(patron_ids))
    for patron_id, *amounts in _debts_of_many(transaction, patron_ids=keys):
        owed[patron_id].append(amounts)
    return owed


def _at_threshold(
    set_up: SetUp, terms: FeeTerms, patron_id: int, agency_id: int, owed: Iterable[Sequence[Any]]
) -> Debt | None:
    """The debt, where what is owed (agency, currency, fees, compensations) to those whose debts
    count at the agency is at its threshold."""
    threshold, days = terms.block_threshold, terms.block_days
    if threshold is None:
        return None
    counted = set_up.agreements.counted_at(agency_id)
    amount = _counted(
        terms,
        [
            (fees, compensations)
            for creditor_id, currency, fees, compensations in owed
            if creditor_id in counted and currency == terms.currency
        ],
    )
    if amount < max(threshold, 1):
        return None
    counts = terms.block_counts_compensation
    return Debt(patron_id, agency_id, amount, terms.currency, threshold, days, counts)


def debts_to_warn(
    transaction: Transaction, set_up: SetUp, *, now: datetime, after: int = 0
) -> tuple[list[Debt], int | None]:
    """Debts at the threshold for which no warning was sent, and the patron after whom to go on.

    Looks at `BATCH` balances; the second value is None when all were looked at. Each debt is to
    be told to the patron, and then noted with `note_warning`.
    """
    if "block_threshold" not in FEES.of(set_up).says:
        return [], None
    found: list[Debt] = []
    known = _Terms(transaction, set_up, now)
    rows = _owing(transaction, after=after, at_most=BATCH)
    owed = _owed_by(transaction, (row.patron_id for row in rows))
    warned: dict[int, set[int]] = defaultdict(set)
    for patron_id, agency_id in _warned_of_many(transaction, patron_ids=list(owed)):
        warned[patron_id].add(agency_id)
    for patron_id, creditor_id, _, category in rows:
        # The creditor itself first, then those that count its debts as their own.
        for agency_id in sorted(
            set_up.agreements.counted_at(creditor_id), key=lambda each: (each != creditor_id, each)
        ):
            if warned[patron_id] & set_up.agreements.counted_at(agency_id):
                continue
            terms = known.of(agency_id, category)
            debt = _at_threshold(set_up, terms, patron_id, agency_id, owed[patron_id])
            if debt is not None:
                found.append(debt)
                warned[patron_id].add(agency_id)
    return found, _goes_on(rows)


def debt_to_warn(
    transaction: Transaction, set_up: SetUp, patron_id: int, agency_id: int, *, now: datetime
) -> Debt | None:
    """What the patron owes to the agency, where that is at the threshold and no warning was sent.

    To be told and noted as those of `debts_to_warn`.
    """
    if "block_threshold" not in FEES.of(set_up).says:
        return None
    counted = set_up.agreements.counted_at(agency_id)
    if counted & set(told_by(transaction, patron_id)):
        return None
    return _debt(transaction, set_up, patron_id, agency_id, now)


def _goes_on(rows: list[Any]) -> int | None:
    """The patron after whom to go on: the last one of a page may have more rows, so they come
    again."""
    return rows[-1][0] - 1 if len(rows) == BATCH else None


#: When each of these notices reached somebody (`circulation.notices.reach`).
Reached = Callable[[Transaction, Sequence[int]], Mapping[int, datetime]]


def block_warned(
    act: Act, set_up: SetUp, reached: Reached, *, after: int = 0
) -> tuple[list[Debt], int | None]:
    """Blocks the patrons whom a warning reached long enough ago and who still owe the money: their
    debts, and where to go on.

    It also lets go of those whom changed rules no longer hold, and of those whose warning has come
    back. Otherwise as `debts_to_warn`.
    """
    transaction, now = act.transaction, act.now
    new = []
    known = _Terms(transaction, set_up, now)
    rows = _warned(transaction, after=after, at_most=BATCH)
    came = reached(transaction, [row.notice_id for row in rows if row.notice_id is not None])
    owed = _owed_by(transaction, (row.patron_id for row in rows))
    for patron_id, agency_id, notice_id, was_reached, blocked, category in rows:
        at = was_reached
        if notice_id is not None:  # the first moment stands as long as it has not come back
            at = (was_reached or came[notice_id]) if notice_id in came else None
        terms = known.of(agency_id, category)
        seen = _at_threshold(set_up, terms, patron_id, agency_id, owed[patron_id])
        has_come_back = blocked is not None and notice_id is not None and at is None
        is_as_it_was = at == was_reached and not has_come_back
        is_too_early = seen is not None and not _is_over(known, seen, at, now)
        if is_as_it_was and (is_too_early or (seen is not None and blocked is not None)):
            continue
        # Only of these something may change: they are locked, and looked at once more.
        lock_account(transaction, patron_id=patron_id)
        set_reached(transaction, patron_id=patron_id, agency_id=agency_id, reached=at)
        debt = _debt(transaction, set_up, patron_id, agency_id, now)
        if debt is None:
            _lift_settled(act, set_up, patron_id)
        elif has_come_back:
            _take_back(act, patron_id, agency_id)
        elif _is_over(known, debt, at, now) and _block(act, debt):
            new.append(debt)
    return new, _goes_on(rows)


def _take_back(act: Act, patron_id: int, agency_id: int) -> None:
    """The warning has reached nobody after all: the block waits for one that does."""
    transaction = act.transaction
    set_blocked(transaction, patron_id=patron_id, agency_id=agency_id, blocked=None)
    unblock_patron(act, patron_id, BlockReason.DEBT, agency_id=agency_id)


def _is_over(known: _Terms, debt: Debt, reached: datetime | None, now: datetime) -> bool:
    """Have the days passed that the warning gave, since it reached somebody?"""
    if reached is None:
        return False
    timezone = known.timezone(debt.agency_id)
    first = local_date(reached, timezone) + timedelta(days=debt.block_days)
    return local_date(now, timezone) >= first


def _block(act: Act, debt: Debt) -> bool:
    """Blocks the patron at the agency, unless its staff have done so by hand; then their block
    stands alone."""
    transaction, now = act.transaction, act.now
    if debt_blocks_of(transaction, debt.patron_id) & {debt.agency_id, None}:
        return False
    set_blocked(transaction, patron_id=debt.patron_id, agency_id=debt.agency_id, blocked=now)
    block_patron(
        act,
        debt.patron_id,
        BlockReason.DEBT,
        message=f"owes {amount_text(debt.amount, debt.currency)} in fees",
        agency_id=debt.agency_id,
    )
    return True


def lift_settled_blocks(account: Account) -> None:
    """Forgets warnings of what is owed no more, and lifts their blocks."""
    _lift_settled(account.act, account.set_up, account.patron_id)


def _lift_settled(act: Act, set_up: SetUp, patron_id: int) -> None:
    transaction, now = act.transaction, act.now
    for row in warnings_of(transaction, patron_id=patron_id):
        if _debt(transaction, set_up, patron_id, row.agency_id, now) is not None:
            continue
        forget_warning(transaction, patron_id=patron_id, agency_id=row.agency_id)
        if row.blocked is not None:
            unblock_patron(act, patron_id, BlockReason.DEBT, agency_id=row.agency_id)
