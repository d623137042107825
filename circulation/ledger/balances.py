"""What patrons owe: one row for each patron, agency and currency, kept with the postings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, insert, literal_column, select, update

from catalogue.database import Transaction, change, lock, many, send
from circulation.kernel.engine import Circulation
from circulation.kernel.parts import Part
from circulation.kernel.reasons import BlockReason
from circulation.kernel.set_up import VERSION
from circulation.ledger.money import Balance, ChargeKind
from circulation.ledger.schema import patron_balances
from circulation.patrons.schema import patron_blocks, patrons

#: Whatever moves a balance locks its patron first: after items, before queues of holds.
lock_account = lock(
    select(patrons.c.id)
    .where(patrons.c.id == bindparam("patron_id"))
    .with_for_update(key_share=True),
    "patron_id",
)

_COLUMNS = tuple(patron_balances.c[name] for name in Balance._fields)
_of_patron = many(
    select(*_COLUMNS)
    .where(patron_balances.c.patron_id == bindparam("of_patron"))
    .order_by(patron_balances.c.agency_id, patron_balances.c.currency),
    Balance,
    "of_patron",
)
#: The same, each row with the version of the set-up.
_with_version: Callable[..., list[Any]] = many(
    select(*_COLUMNS, VERSION)
    .where(patron_balances.c.patron_id == bindparam("of_patron"))
    .order_by(patron_balances.c.agency_id, patron_balances.c.currency),
    None,
    "of_patron",
)
_KEY = ("of_patron", "of_agency", "of_currency")
_add = change(
    update(patron_balances)
    .where(
        patron_balances.c.patron_id == bindparam("of_patron"),
        patron_balances.c.agency_id == bindparam("of_agency"),
        patron_balances.c.currency == bindparam("of_currency"),
    )
    .values(
        fees=patron_balances.c.fees + bindparam("more_fees"),
        compensations=patron_balances.c.compensations + bindparam("more_compensations"),
    ),
    *_KEY,
    "more_fees",
    "more_compensations",
)
_begin = send(
    insert(patron_balances).values(
        patron_id=bindparam("of_patron"),
        agency_id=bindparam("of_agency"),
        currency=bindparam("of_currency"),
        fees=bindparam("more_fees"),
        compensations=bindparam("more_compensations"),
    ),
    *_KEY,
    "more_fees",
    "more_compensations",
)


def balances_of(transaction: Transaction, patron_id: int) -> tuple[Balance, ...]:
    """What the patron owes, by agency and currency; empty for one who never owed anything."""
    return tuple(_of_patron(transaction, patron_id))


def balances_collected_at(
    circulation: Circulation, transaction: Transaction, patron_id: int, agency_id: int
) -> tuple[Balance, ...]:
    """What the patron owes that can be paid at the agency: to itself, and to those for which it
    takes payments by agreement."""
    rows = _with_version(transaction, patron_id)
    if not rows:
        return ()
    set_up = circulation.set_up(transaction, rows[0][-1])
    collected = set_up.agreements.collected_at(agency_id)
    return tuple(
        balance for *facts, _ in rows if (balance := Balance(*facts)).agency_id in collected
    )


def add_to_balance(
    transaction: Transaction,
    patron_id: int,
    agency_id: int,
    currency: str,
    kind: ChargeKind,
    amount: int,
) -> None:
    """Adds to what is owed (less, where negative). The patron must be locked."""
    more = (0, amount) if kind.is_compensation else (amount, 0)
    if not _add(transaction, patron_id, agency_id, currency, *more):
        _begin(transaction, patron_id, agency_id, currency, *more)


_debt_blocks: Callable[..., list[Any]] = many(
    select(patron_blocks.c.agency_id).where(
        patron_blocks.c.patron_id == bindparam("of_patron"),
        patron_blocks.c.reason == BlockReason.DEBT.value,
    ),
    None,
    "of_patron",
)


def debt_blocks_of(transaction: Transaction, patron_id: int) -> frozenset[int | None]:
    """The agencies that block the patron for debt, by the rules or by hand; None for all."""
    return frozenset(row[0] for row in _debt_blocks(transaction, patron_id))


class AccountOfPatron(NamedTuple):
    """The patron has owed something at some time. Not looked at for who borrows something."""

    is_there: bool


ACCOUNT_OF_PATRON = Part(
    AccountOfPatron,
    {"is_there": exists().where(patron_balances.c.patron_id == patrons.c.id).correlate(patrons)},
    keys=("is_there",),
    in_lists={"is_there": literal_column("0")},
)
