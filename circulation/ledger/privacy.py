"""Cutting what was charged from loans and from persons: the amounts stay, for the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import exists, func, or_, select, update

from catalogue.database import Statement, Transaction, scalar_one, scalars_of, send
from circulation.kernel.reasons import BlockReason
from circulation.ledger.money import decimal_text
from circulation.ledger.schema import charge_loans, charges, patron_balances
from circulation.loans.privacy import LoanHistory
from circulation.loans.schema import loans
from circulation.patrons.personal_data import Export, Hindrance, PersonalData
from circulation.patrons.personal_export import personal_tables
from circulation.patrons.schema import patron_blocks

_NOTHING = {"loan_id": None, "item_id": None, "facts": "{}"}


@send
def _forget_loans_of(*, patron_id: int) -> Statement:
    theirs = select(charges.c.id).where(charges.c.patron_id == patron_id)
    return update(charge_loans).where(charge_loans.c.charge_id.in_(theirs)).values(_NOTHING)


@send
def _forget_names_of(*, patron_id: int) -> Statement:
    """What names a charge that is made once names its patron and loan as well."""
    return update(charges).where(charges.c.patron_id == patron_id).values(once=None)


@scalars_of(int)
def _cut_names(*, loan_ids: Sequence[int]) -> Statement:
    of_loans = select(charge_loans.c.charge_id).where(charge_loans.c.loan_id.in_(loan_ids))
    cut = update(charges).where(charges.c.id.in_(of_loans)).values(once=None)
    return cut.returning(charges.c.id)


@scalars_of(int)
def _cut_loans(*, loan_ids: Sequence[int]) -> Statement:
    cut = update(charge_loans).where(charge_loans.c.loan_id.in_(loan_ids)).values(_NOTHING)
    return cut.returning(charge_loans.c.id)


#: A charge for this very loan is not settled.
_IS_OWED = exists(
    select(1)
    .select_from(charge_loans.join(charges, charges.c.id == charge_loans.c.charge_id))
    .where(charge_loans.c.loan_id == loans.c.id, charges.c.balance != 0)
)


@scalar_one(int)
def _debt(*, patron_id: int) -> Statement:
    its = patron_blocks.c.patron_id == patron_id, patron_blocks.c.reason == BlockReason.DEBT.value
    return select(func.count()).select_from(patron_blocks).where(*its)


@scalar_one(int)
def _balance(*, patron_id: int) -> Statement:
    is_something = or_(patron_balances.c.fees != 0, patron_balances.c.compensations != 0)
    theirs = patron_balances.c.patron_id == patron_id
    return select(func.count()).select_from(patron_balances).where(theirs, is_something)


#: Columns that count minor units of the currency of their row, or of the row that theirs is of.
_AMOUNTS: Final = ("amount", "paid", "written_off", "balance", "fees", "compensations")


def _forget_loans(transaction: Transaction, loan_ids: list[int]) -> None:
    """These loans are cut from their patrons: charges say no more what they were for."""
    _cut_names(transaction, loan_ids=loan_ids)
    _cut_loans(transaction, loan_ids=loan_ids)


def _forget_patron(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """The patron is erased: what they were charged names no loan and no group of loans."""
    _forget_loans_of(transaction, patron_id=patron_id)
    _forget_names_of(transaction, patron_id=patron_id)


@cache
def _currency_keys() -> dict[str, tuple[str, str]]:
    """Tables without a currency -> the column that names a row with one, and the table of that."""
    known = personal_tables()
    return {
        table.name: (column.name, key.column.table.name)
        for table in known
        if "currency" not in table.columns
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table in known and "currency" in key.column.table.columns
    }


def _say_amounts(transaction: Transaction, found: Export) -> None:
    """Amounts as decimals, such as "50.25"."""
    currencies = {
        (name, row.get("id")): row["currency"]
        for name, rows in found.items()
        for row in rows
        if "currency" in row
    }
    for name, rows in found.items():
        column, of_table = _currency_keys().get(name, ("", ""))
        for row in rows:
            currency = row.get("currency") or currencies.get((of_table, row.get(column)))
            for amount in _AMOUNTS:
                if currency is not None and isinstance(row.get(amount), int):
                    row[amount] = decimal_text(row[amount], currency)


PERSONAL = PersonalData(
    (Hindrance(_debt, "something is owed"), Hindrance(_balance, "the balance is not nothing")),
    _forget_patron,
    _say_amounts,
)
HISTORY = LoanHistory(_IS_OWED, _forget_loans)
