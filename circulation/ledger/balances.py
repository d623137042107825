"""What patrons owe: one row for each patron, agency and currency, kept with the postings."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import exists, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, lock, many, scalars, send
from circulation.kernel.engine import Circulation
from circulation.kernel.parts import Part
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import DebtElsewhere
from circulation.kernel.set_up import VERSION
from circulation.ledger.money import Balance, Charge
from circulation.ledger.schema import patron_balances
from circulation.patrons.schema import patron_blocks, patrons


@lock
def lock_account(*, patron_id: int) -> Statement:
    """Whatever moves a balance locks its patron first: after items, before queues of holds."""
    return select(patrons.c.id).where(patrons.c.id == patron_id).with_for_update(key_share=True)


@many(Balance)
def _balances(*, patron_id: int) -> Statement:
    return (
        select(*columns(Balance, patron_balances))
        .where(patron_balances.c.patron_id == patron_id)
        .order_by(patron_balances.c.agency_id, patron_balances.c.currency)
    )


class _BalanceAndVersion(NamedTuple):
    """The same, with the version of the set-up."""

    agency_id: int
    currency: str
    fees: int
    compensations: int
    version: int


@many(_BalanceAndVersion)
def _balances_with_version(*, patron_id: int) -> Statement:
    return (
        select(*columns(_BalanceAndVersion, patron_balances, version=VERSION))
        .where(patron_balances.c.patron_id == patron_id)
        .order_by(patron_balances.c.agency_id, patron_balances.c.currency)
    )


@change
def _add(
    *, patron_id: int, agency_id: int, currency: str, fees: int, compensations: int
) -> Statement:
    its = patron_balances.c
    return (
        update(patron_balances)
        .where(its.patron_id == patron_id, its.agency_id == agency_id, its.currency == currency)
        .values(fees=its.fees + fees, compensations=its.compensations + compensations)
    )


@send
def _begin(
    *, patron_id: int, agency_id: int, currency: str, fees: int, compensations: int
) -> Statement:
    return insert(patron_balances).values(locals())


def balances_of(transaction: Transaction, patron_id: int) -> tuple[Balance, ...]:
    """What the patron owes, by agency and currency; empty for one who never owed anything."""
    return tuple(_balances(transaction, patron_id=patron_id))


def balances_collected_at(
    circulation: Circulation, transaction: Transaction, patron_id: int, agency_id: int
) -> tuple[Balance, ...]:
    """What the patron owes that can be paid at the agency: to itself, and to those for which it
    takes payments by agreement."""
    found = _balances_with_version(transaction, patron_id=patron_id)
    if not found:
        return ()
    set_up = circulation.set_up(transaction, found[0].version)
    collected = set_up.agreements.collected_at(agency_id)
    return tuple(Balance(*each[:-1]) for each in found if each.agency_id in collected)


def debts_elsewhere(
    circulation: Circulation, transaction: Transaction, patron_id: int, agency_id: int
) -> tuple[DebtElsewhere, ...]:
    """Return the patron's debts to other agencies; empty where one can be paid at the agency."""
    found = _balances_with_version(transaction, patron_id=patron_id)
    owed = [Balance(*each[:-1]) for each in found if each.fees + each.compensations > 0]
    if not owed:
        return ()
    set_up = circulation.set_up(transaction, found[0].version)
    if not set_up.agreements.collected_at(agency_id).isdisjoint(each.agency_id for each in owed):
        return ()
    return tuple(
        DebtElsewhere(
            set_up.agency_isil(each.agency_id),
            set_up.agency_name(each.agency_id),
            each.total,
            each.currency,
        )
        for each in owed
    )


def add_to_balance(transaction: Transaction, patron_id: int, charge: Charge, amount: int) -> None:
    """Adds to what is owed as the charge is (less, where negative). The patron must be locked."""
    is_compensation = charge.kind.is_compensation
    moved = {
        "patron_id": patron_id,
        "agency_id": charge.agency_id,
        "fees": 0 if is_compensation else amount,
        "compensations": amount if is_compensation else 0,
    }
    if not _add(transaction, currency=charge.currency, **moved):
        _begin(transaction, currency=charge.currency, **moved)


@scalars(int)
def _debt_blocks(*, patron_id: int) -> Statement:
    return select(patron_blocks.c.agency_id).where(
        patron_blocks.c.patron_id == patron_id, patron_blocks.c.reason == BlockReason.DEBT.value
    )


def debt_blocks_of(transaction: Transaction, patron_id: int) -> frozenset[int | None]:
    """The agencies that block the patron for debt, by the rules or by hand; None for all."""
    return frozenset(_debt_blocks(transaction, patron_id=patron_id))


class AccountOfPatron(NamedTuple):
    """The patron has owed something at some time."""

    is_there: bool


ACCOUNT_OF_PATRON = Part(
    AccountOfPatron,
    {"is_there": exists().where(patron_balances.c.patron_id == patrons.c.id).correlate(patrons)},
    keys=("is_there",),
)
