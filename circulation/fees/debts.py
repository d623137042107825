"""Who may not borrow because of what they owe: warned in writing, blocked, and let off at once.

    at the threshold -> warned (`note_warning`) -> `block_days` later still there -> blocked
    under the threshold, at any moment and by whatever posting -> warning and block are gone

Only fees count, unless the rules count compensations too (`FeeTerms.block_counts_compensation`):
bibliotekslov § 31, 2; less what the library owes the patron. Each agency's debts are held against
its own rules. A block that staff gave by hand is not lifted by payments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, exists, insert, or_, select, update

from catalogue.schema import agencies
from catalogue.statements import Transaction, key_parameters, many, many_of, one, scalar, send
from circulation.calendars.due_dates import local_date
from circulation.events import EventKind, write_event
from circulation.fees.rules import FeeTerms
from circulation.fees.schema import debt_warnings
from circulation.ledger.balances import lock_account
from circulation.ledger.money import amount_text
from circulation.ledger.schema import patron_balances
from circulation.patrons.registering import block_patron, unblock_patron
from circulation.patrons.schema import patron_blocks, patrons
from circulation.reasons import BlockReason
from circulation.results import Desk
from circulation.schema import agency_settings
from circulation.set_up import DEFAULT_TIMEZONE, SetUp

#: Balances or warnings looked at in one transaction.
BATCH = 500


class Debt(NamedTuple):
    """What a patron owes to an agency that counts towards a block: it is at the threshold."""

    patron_id: int
    agency_id: int
    amount: int
    currency: str
    threshold: int
    block_days: int


_owing: Callable[..., list[Any]] = many(
    select(
        patron_balances.c.patron_id,
        patron_balances.c.agency_id,
        patron_balances.c.currency,
        patron_balances.c.fees,
        patron_balances.c.compensations,
        patrons.c.category,
    )
    .select_from(patron_balances.join(patrons, patrons.c.id == patron_balances.c.patron_id))
    .where(
        patron_balances.c.patron_id > bindparam("after"),
        or_(patron_balances.c.fees > 0, patron_balances.c.compensations > 0),
        ~exists(
            select(1).where(
                debt_warnings.c.patron_id == patron_balances.c.patron_id,
                debt_warnings.c.agency_id == patron_balances.c.agency_id,
            )
        ),
    )
    .order_by(patron_balances.c.patron_id, patron_balances.c.agency_id)
    .limit(bindparam("at_most")),
    None,
    "after",
    "at_most",
)
_warned: Callable[..., list[Any]] = many(
    select(
        debt_warnings.c.patron_id,
        debt_warnings.c.agency_id,
        debt_warnings.c.warned,
        debt_warnings.c.blocked,
        patrons.c.category,
    )
    .select_from(debt_warnings.join(patrons, patrons.c.id == debt_warnings.c.patron_id))
    .where(debt_warnings.c.patron_id > bindparam("after"))
    .order_by(debt_warnings.c.patron_id, debt_warnings.c.agency_id)
    .limit(bindparam("at_most")),
    None,
    "after",
    "at_most",
)
_warnings_of: Callable[..., list[Any]] = many(
    select(debt_warnings.c.agency_id, debt_warnings.c.blocked).where(
        debt_warnings.c.patron_id == bindparam("of_patron")
    ),
    None,
    "of_patron",
)
_forget_warning = send(
    delete(debt_warnings).where(
        debt_warnings.c.patron_id == bindparam("of_patron"),
        debt_warnings.c.agency_id == bindparam("of_agency"),
    ),
    "of_patron",
    "of_agency",
)
_NOTED = ("patron_id", "agency_id", "warned", "amount", "currency")
_note_warning = send(
    insert(debt_warnings).values(
        {
            debt_warnings.c[name]: bindparam(f"new_{name}", type_=debt_warnings.c[name].type)
            for name in _NOTED
        }
    ),
    *(f"new_{name}" for name in _NOTED),
)
_set_blocked = send(
    update(debt_warnings)
    .where(
        debt_warnings.c.patron_id == bindparam("of_patron"),
        debt_warnings.c.agency_id == bindparam("of_agency"),
        debt_warnings.c.blocked.is_(None),
    )
    .values(blocked=bindparam("new_blocked", type_=debt_warnings.c.blocked.type)),
    "of_patron",
    "of_agency",
    "new_blocked",
)
_debt_of: Callable[..., list[Any]] = many(
    select(patron_balances.c.currency, patron_balances.c.fees, patron_balances.c.compensations)
    .where(
        patron_balances.c.patron_id == bindparam("of_patron"),
        patron_balances.c.agency_id == bindparam("of_agency"),
    )
    .order_by(patron_balances.c.currency),
    None,
    "of_patron",
    "of_agency",
)
_debts_of_many: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        select(
            patron_balances.c.patron_id,
            patron_balances.c.agency_id,
            patron_balances.c.currency,
            patron_balances.c.fees,
            patron_balances.c.compensations,
        )
        .where(patron_balances.c.patron_id.in_(key_parameters(size)))
        .order_by(patron_balances.c.patron_id, patron_balances.c.currency)
    ),
    None,
)
_who: Callable[..., Any] = one(
    select(patrons.c.category).where(patrons.c.id == bindparam("of_patron")), None, "of_patron"
)
_timezone = scalar(
    select(agency_settings.c.timezone)
    .select_from(agencies.join(agency_settings))
    .where(agencies.c.id == bindparam("of_agency")),
    "of_agency",
)
_has_block = scalar(
    select(patron_blocks.c.since).where(
        patron_blocks.c.patron_id == bindparam("of_patron"),
        patron_blocks.c.reason == BlockReason.DEBT.value,
    ),
    "of_patron",
)


class _Terms:
    """The rules that hold now, looked up once for each agency and category."""

    def __init__(self, transaction: Transaction, set_up: SetUp, now: datetime) -> None:
        self._transaction, self._set_up, self._now = transaction, set_up, now
        self._timezones: dict[int, str] = {}
        self._found: dict[tuple[int, str], FeeTerms] = {}

    def timezone(self, agency_id: int) -> str:
        if agency_id not in self._timezones:
            told = _timezone(self._transaction, agency_id)
            self._timezones[agency_id] = told or DEFAULT_TIMEZONE
        return self._timezones[agency_id]

    def of(self, agency_id: int, category: str) -> FeeTerms:
        key = (agency_id, category)
        if key not in self._found:
            day = local_date(self._now, self.timezone(agency_id))
            self._found[key] = self._set_up.agency_fee_terms(*key, day)
        return self._found[key]


def _counted(terms: FeeTerms, currency: str, fees: int, compensations: int) -> int:
    """What counts towards a block: nothing of another currency than that of the threshold.

    What the library owes the patron, for something that was paid and then came back, counts
    against it always: nobody is excluded who has money with the library.
    """
    if currency != terms.currency:
        return 0
    return fees + (compensations if terms.block_counts_compensation else min(compensations, 0))


def _debt(
    transaction: Transaction, set_up: SetUp, patron_id: int, agency_id: int, now: datetime
) -> Debt | None:
    """What is owed to the agency, where it is at its threshold."""
    who = _who(transaction, patron_id)
    if who is None:
        return None
    terms = _Terms(transaction, set_up, now).of(agency_id, who[0])
    owed = _debt_of(transaction, patron_id, agency_id) if terms.block_threshold is not None else ()
    return _at_threshold(terms, patron_id, agency_id, owed)


def _at_threshold(
    terms: FeeTerms, patron_id: int, agency_id: int, owed: Iterable[Sequence[Any]]
) -> Debt | None:
    """The debt, where one of what is owed (currency, fees, compensations) is at the threshold."""
    threshold, days = terms.block_threshold, terms.block_days
    if threshold is None:
        return None
    for currency, fees, compensations in owed:
        amount = _counted(terms, currency, fees, compensations)
        if amount >= max(threshold, 1):
            return Debt(patron_id, agency_id, amount, currency, threshold, days)
    return None


def is_blocked_for_debt(transaction: Transaction, patron_id: int) -> bool:
    """By the rules or by hand."""
    return _has_block(transaction, patron_id) is not None


def debts_to_warn(
    transaction: Transaction, set_up: SetUp, *, now: datetime, after: int = 0
) -> tuple[list[Debt], int | None]:
    """Debts at the threshold of which no warning was sent, and the patron to go on after.

    Looks at `BATCH` balances; the second value is None when all were looked at. Each debt is to
    be told to the patron, and then noted with `note_warning`.
    """
    if "block_threshold" not in set_up.fees.says:
        return [], None
    found = []
    known = _Terms(transaction, set_up, now)
    rows = _owing(transaction, after, BATCH)
    for patron_id, agency_id, currency, fees, compensations, category in rows:
        owed = [(currency, fees, compensations)]
        debt = _at_threshold(known.of(agency_id, category), patron_id, agency_id, owed)
        if debt is not None:
            found.append(debt)
    return found, _goes_on(rows)


def debt_to_warn(
    transaction: Transaction, set_up: SetUp, patron_id: int, agency_id: int, *, now: datetime
) -> Debt | None:
    """What the patron owes to the agency, where that is at the threshold and no warning was sent.

    To be told and noted as those of `debts_to_warn`.
    """
    if "block_threshold" not in set_up.fees.says:
        return None
    if agency_id in {row[0] for row in _warnings_of(transaction, patron_id)}:
        return None
    return _debt(transaction, set_up, patron_id, agency_id, now)


def _goes_on(rows: list[Any]) -> int | None:
    """After whom to go on: a patron at the end of a page may have more rows, so they come again."""
    return rows[-1][0] - 1 if len(rows) == BATCH else None


def note_warning(
    transaction: Transaction, debt: Debt, *, now: datetime, desk: Desk | None = None
) -> None:
    """The patron was told in writing that the debt will exclude them: the days begin to run.

    A warning that holds already stays as it was.
    """
    if debt.agency_id in {row[0] for row in _warnings_of(transaction, debt.patron_id)}:
        return
    _note_warning(transaction, debt.patron_id, debt.agency_id, now, debt.amount, debt.currency)
    write_event(
        transaction,
        EventKind.DEBT_WARNED,
        desk,
        now,
        patron_id=debt.patron_id,
        after={
            "agency": debt.agency_id,
            "amount": debt.amount,
            "currency": debt.currency,
            "block_days": debt.block_days,
        },
    )


def block_warned(
    transaction: Transaction, set_up: SetUp, *, now: datetime, after: int = 0
) -> tuple[list[Debt], int | None]:
    """Blocks who was warned long enough ago and owes it still; whom, and where to go on.

    Lets go, too, whom rules that were changed hold no longer. Otherwise as `debts_to_warn`.
    """
    new = []
    known = _Terms(transaction, set_up, now)
    rows = _warned(transaction, after, BATCH)
    owed: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for patron_id, agency_id, *amounts in _debts_of_many(
        transaction, list(dict.fromkeys(row[0] for row in rows))
    ):
        owed[patron_id, agency_id].append(amounts)
    for patron_id, agency_id, warned, blocked, category in rows:
        terms = known.of(agency_id, category)
        seen = _at_threshold(terms, patron_id, agency_id, owed[patron_id, agency_id])
        if seen is not None and (blocked is not None or not _is_over(known, seen, warned, now)):
            continue
        # Only of these something may change: they are locked, and looked at once more.
        lock_account(transaction, patron_id)
        debt = _debt(transaction, set_up, patron_id, agency_id, now)
        if debt is None:
            lift_settled_blocks(transaction, set_up, None, patron_id, now)
        elif (
            blocked is None
            and _is_over(known, debt, warned, now)
            and _block(transaction, debt, now)
        ):
            new.append(debt)
    return new, _goes_on(rows)


def _is_over(known: _Terms, debt: Debt, warned: datetime, now: datetime) -> bool:
    """Have the days passed that the warning gave?"""
    timezone = known.timezone(debt.agency_id)
    first = local_date(warned, timezone) + timedelta(days=debt.block_days)
    return local_date(now, timezone) >= first


def _block(transaction: Transaction, debt: Debt, now: datetime) -> bool:
    """Blocks the patron, unless the staff have done so by hand; then their block stands alone."""
    is_blocked = is_blocked_for_debt(transaction, debt.patron_id)
    is_ours = any(row[1] is not None for row in _warnings_of(transaction, debt.patron_id))
    if is_blocked and not is_ours:
        return False
    _set_blocked(transaction, debt.patron_id, debt.agency_id, now)
    if not is_blocked:
        block_patron(
            transaction,
            debt.patron_id,
            BlockReason.DEBT,
            now=now,
            message=f"owes {amount_text(debt.amount, debt.currency)} in fees",
        )
    return True


def lift_settled_blocks(
    transaction: Transaction, set_up: SetUp, desk: Desk | None, patron_id: int, now: datetime
) -> bool:
    """Forgets warnings of what is owed no more, and lifts the block; was one lifted?"""
    warnings = _warnings_of(transaction, patron_id)
    settled = [
        (agency_id, blocked)
        for agency_id, blocked in warnings
        if _debt(transaction, set_up, patron_id, agency_id, now) is None
    ]
    for agency_id, _ in settled:
        _forget_warning(transaction, patron_id, agency_id)
    was_blocked = any(blocked is not None for _, blocked in settled)
    still = [agency_id for agency_id, blocked in warnings if blocked is not None]
    if not was_blocked or len(still) > sum(blocked is not None for _, blocked in settled):
        return False
    return unblock_patron(transaction, patron_id, BlockReason.DEBT, now=now, desk=desk)
