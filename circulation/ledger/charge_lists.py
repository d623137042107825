"""What a patron is charged, by pages."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, TextClause, func, literal_column, or_, select

from catalogue.database import Statement, Transaction, columns, many, many_of
from catalogue.schema import items, records
from circulation.kernel.engine import Circulation
from circulation.kernel.paging import ALL, START, Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Patron, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.ledger.money import Balance, Charge, ChargedLoan, ChargeLine, PatronCharges
from circulation.ledger.postings import CHARGE_COLUMNS
from circulation.ledger.schema import IS_NOT_SETTLED, charge_loans, charges, patron_balances
from circulation.patrons.facts import patron_alone
from circulation.patrons.identifiers import IDENTIFIERS


class _LoanRow(NamedTuple):
    charge_id: int
    loan_id: int | None
    item_id: int | None
    barcode: str | None
    title: str | None
    amount: int
    at: datetime
    facts: str
    undone: datetime | None


class _Counted(NamedTuple):
    """A balance beside the number of charges; where there is no balance, its fields are None."""

    number: int
    agency_id: int | None
    currency: str
    fees: int
    compensations: int


_IS_OWED = charges.c.balance > literal_column("0")


def _behind(at: datetime, after_id: int) -> tuple[ColumnElement[bool], ...]:
    its = charges.c
    return its.created >= at, or_(its.created > at, its.id > after_id)


@many(Charge)
def _page(*, patron_id: int, at: datetime, after_id: int, at_most: int, skipped: int) -> Statement:
    return (
        _charges_of(patron_id, CHARGE_COLUMNS)
        .where(*_behind(at, after_id))
        .order_by(charges.c.created, charges.c.id)
        .limit(at_most)
        .offset(skipped)
    )


@many(Charge)
def _open_page(
    *, patron_id: int, at: datetime, after_id: int, at_most: int, skipped: int
) -> Statement:
    return _open(patron_id, at, after_id, at_most, skipped)


@many(Charge)
def _owed_page(
    *, patron_id: int, at: datetime, after_id: int, at_most: int, skipped: int
) -> Statement:
    return _open(patron_id, at, after_id, at_most, skipped, _IS_OWED)


def _open(
    patron_id: int,
    at: datetime,
    after_id: int,
    at_most: int,
    skipped: int,
    *conditions: ColumnElement[bool],
) -> Select[Any]:
    return (
        _charges_of(patron_id, CHARGE_COLUMNS)
        .where(IS_NOT_SETTLED, *conditions, *_behind(at, after_id))
        .order_by(charges.c.created, charges.c.id)
        .limit(at_most)
        .offset(skipped)
    )


@many(_Counted)
def _account(*, patron_id: int) -> Statement:
    return _counted(patron_id)


@many(_Counted)
def _open_account(*, patron_id: int) -> Statement:
    return _counted(patron_id, IS_NOT_SETTLED)


@many(_Counted)
def _owed_account(*, patron_id: int) -> Statement:
    return _counted(patron_id, IS_NOT_SETTLED, _IS_OWED)


def _counted(patron_id: int, *conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    """The balances, with the number of these charges."""
    number = _charges_of(patron_id, [func.count().label("number")]).where(*conditions).subquery()
    its = patron_balances.c.patron_id == patron_id
    return select(*columns(_Counted, number, patron_balances)).select_from(
        number.outerjoin(patron_balances, its)
    )


def _charges_of(patron_id: int, told: Sequence[ColumnElement[Any]]) -> Select[Any]:
    return select(*told).where(charges.c.patron_id == patron_id)


@many_of(_LoanRow)
def _loans_of(*, charge_ids: Sequence[int]) -> Statement:
    return (
        select(*columns(_LoanRow, charge_loans, items, records))
        .select_from(
            charge_loans.outerjoin(items, items.c.id == charge_loans.c.item_id).outerjoin(
                records, records.c.id == items.c.record_id
            )
        )
        .where(charge_loans.c.charge_id.in_(charge_ids))
        .order_by(charge_loans.c.id)
    )


def charge_facts(charge: Charge) -> dict[str, Any]:
    """What an event tells of a charge."""
    return {
        "charge": charge.id,
        "kind": charge.kind.value,
        "amount": charge.amount,
        "balance": charge.balance,
        "currency": charge.currency,
        "agency": charge.agency_id,
        "reason": charge.reason,
    }


class ChargePage(NamedTuple):
    """Which charges are listed: from the `start`-th (1 is the first), `limit` at most; behind the
    place `after`, which stays where it is whatever is paid.

    `only_open` leaves out those of which nothing is owed either way, `only_owed` credits as well;
    `collected_at` is the id of an agency, and leaves only what can be paid there (see
    `circulation.kernel.agreements`), in `total` and `balances` as well.
    """

    only_open: bool = True
    only_owed: bool = False
    collected_at: int | None = None
    start: int = 1
    limit: int | None = None
    after: Place = START


_ALL_OPEN = ChargePage()


def patron_charges(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    now: datetime,
    page: ChargePage = _ALL_OPEN,
) -> PatronCharges | Refused:
    """The charges of the patron with this identifier, the oldest first.

    Refused only with PATRON_UNKNOWN; asks for no PIN.
    """
    facts = patron_alone(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    return charges_listed(transaction, set_up, facts.patron(), page)


def charges_listed(
    transaction: Transaction, set_up: SetUp, known: Patron, page: ChargePage = _ALL_OPEN
) -> PatronCharges:
    """The same of a patron who was just read."""
    only_open, only_owed, collected_at, start, limit, (at, after_id) = page
    agencies = None
    if collected_at is not None:
        agencies = set_up.agreements.collected_at(collected_at)
    read, account = (_open_page, _open_account) if only_open else (_page, _account)
    if only_owed:
        read, account = _owed_page, _owed_account
    skipped = min(max(start - 1, 0), ALL)
    at_most = ALL if limit is None else min(max(limit, 0), ALL)
    counted = account(transaction, patron_id=known.id)
    balances = tuple(
        sorted(
            Balance(agency_id, currency, fees, compensations)
            for _, agency_id, currency, fees, compensations in counted
            if agency_id is not None
        )
    )
    if agencies is None or all(each.agency_id in agencies for each in balances):
        where = {"at": at, "after_id": after_id, "at_most": at_most, "skipped": skipped}
        found = read(transaction, patron_id=known.id, **where) if at_most else []
        total = counted[0].number
    else:
        # Few patrons owe to agencies for which it takes no money: theirs are sorted out here.
        balances = tuple(each for each in balances if each.agency_id in agencies)
        every = read(
            transaction, patron_id=known.id, at=at, after_id=after_id, at_most=ALL, skipped=0
        )
        its = [each for each in every if each.agency_id in agencies]
        found, total = its[skipped : skipped + at_most], len(its)
    loans = loans_charged(transaction, [charge.id for charge in found])
    lines = tuple(ChargeLine(charge, tuple(loans[charge.id])) for charge in found)
    owed_to = {each.agency_id for each in balances} | {each.agency_id for each in found}
    creditors = {agency_id: set_up.agency_isil(agency_id) for agency_id in owed_to}
    return PatronCharges(known, total, lines, balances, creditors)


def loans_charged(
    transaction: Transaction, charge_ids: Sequence[int], *, with_undone: bool = False
) -> dict[int, list[ChargedLoan]]:
    found: dict[int, list[ChargedLoan]] = defaultdict(list)
    for row in _loans_of(transaction, charge_ids=list(charge_ids)):
        if row.undone is None or with_undone:
            found[row.charge_id].append(ChargedLoan(*row[1:7], facts=json.loads(row.facts)))
    return found
