"""Which loans made which charge, and taking that back.

A charge that several loans made together comes to the highest of what each would cost alone: ten
books that were late together cost one fee. Where one of them is undone, the charge comes to what
the others cost.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, insert, select, update

from catalogue.database import Statement, columns, many, scalar, scalar_one, send
from circulation.kernel.stored import stored_as
from circulation.ledger.charges import set_amount
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import Account, find_charge
from circulation.ledger.schema import charge_loans, charges

_write_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@send
def _insert(
    *,
    charge_id: int,
    loan_id: int | None,
    item_id: int | None,
    amount: int,
    facts: str,
    at: datetime,
    recorded: datetime,
) -> Statement:
    return insert(charge_loans).values(locals())


@scalar_one(int)
def _highest(*, charge_id: int) -> Statement:
    return select(func.coalesce(func.max(charge_loans.c.amount), 0)).where(
        charge_loans.c.charge_id == charge_id, charge_loans.c.undone.is_(None)
    )


@scalar(datetime)
def last_contributed(*, charge_id: int) -> Statement:
    """When a loan was last added to the charge."""
    return (
        select(charge_loans.c.recorded)
        .where(charge_loans.c.charge_id == charge_id, charge_loans.c.undone.is_(None))
        .order_by(charge_loans.c.id.desc())
        .limit(1)
    )


def facts_text(facts: dict[str, Any]) -> str:
    """As the column holds them."""
    return _write_json(facts)


class Contribution(NamedTuple):
    """A loan that makes a charge, or has once made it."""

    id: int
    charge_id: int
    loan_id: int
    item_id: int
    amount: int
    at: datetime
    recorded: datetime
    undone: datetime | None
    kind: ChargeKind
    told: str

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told)
        return found


def contributions(*conditions: ColumnElement[bool]) -> Select[Any]:
    """What loans make charges, the first made first."""
    kind = stored_as(charges.c.kind, ChargeKind)
    told = columns(Contribution, charge_loans, kind=kind, told=charge_loans.c.facts)
    return (
        select(*told)
        .select_from(charge_loans.join(charges, charges.c.id == charge_loans.c.charge_id))
        .where(*conditions)
        .order_by(charge_loans.c.id)
    )


@many(Contribution)
def contributions_of_loan(*, loan_id: int) -> Statement:
    return contributions(charge_loans.c.loan_id == loan_id)


@send
def _set_undone(*, contribution_id: int, undone: datetime | None) -> Statement:
    return update(charge_loans).where(charge_loans.c.id == contribution_id).values(undone=undone)


@send
def _change(*, contribution_id: int, amount: int, facts: str) -> Statement:
    return (
        update(charge_loans)
        .where(charge_loans.c.id == contribution_id)
        .values(amount=amount, facts=facts)
    )


class LoanCost(NamedTuple):
    """What a loan would cost alone, in minor units; `facts` explain it."""

    loan_id: int
    item_id: int
    amount: int
    at: datetime
    facts: dict[str, Any]


def begin_contributions(account: Account, charge: Charge, cost: LoanCost) -> None:
    """Notes that the loan makes the charge, which was just made with its amount."""
    loan_id, item_id, amount, at, facts = cost
    told = facts_text(facts)
    _insert(
        account.act.transaction,
        charge_id=charge.id,
        loan_id=loan_id,
        item_id=item_id,
        amount=amount,
        facts=told,
        at=at,
        recorded=account.act.now,
    )


def add_contribution(account: Account, charge: Charge, cost: LoanCost, reason: str) -> Charge:
    """The loan makes the charge too, which is raised where this one costs more; gives it."""
    before = _highest(account.act.transaction, charge_id=charge.id)
    begin_contributions(account, charge, cost)
    return _settle(account, charge.id, before, reason)


def _settle(account: Account, charge_id: int, before: int, reason: str) -> Charge:
    """Moves the charge by what its loans cost now, where they cost `before` until now.

    By the difference: what staff have taken off stays off.
    """
    charge = find_charge(account.act.transaction, charge_id=charge_id)
    assert charge is not None
    highest = _highest(account.act.transaction, charge_id=charge_id)
    return set_amount(account, charge, max(charge.amount + highest - before, 0), reason)


def take_back(account: Account, contribution: Contribution, reason: str) -> Charge:
    """The loan makes the charge no more; gives the charge with what is left of it."""
    return _mark(account, contribution, account.act.now, reason)


def bring_back(account: Account, contribution: Contribution, reason: str) -> Charge:
    """The loan makes the charge again."""
    return _mark(account, contribution, None, reason)


def _mark(
    account: Account, contribution: Contribution, undone: datetime | None, reason: str
) -> Charge:
    before = _highest(account.act.transaction, charge_id=contribution.charge_id)
    _set_undone(account.act.transaction, contribution_id=contribution.id, undone=undone)
    return _settle(account, contribution.charge_id, before, reason)


def change_contribution(
    account: Account, contribution: Contribution, amount: int, facts: dict[str, Any], reason: str
) -> Charge:
    """The loan costs another amount than was reckoned; gives the charge as it is now."""
    before = _highest(account.act.transaction, charge_id=contribution.charge_id)
    told = facts_text(facts)
    _change(account.act.transaction, contribution_id=contribution.id, amount=amount, facts=told)
    return _settle(account, contribution.charge_id, before, reason)


def undo_at(
    account: Account, loan_id: int, recorded: datetime, kinds: Collection[ChargeKind], reason: str
) -> None:
    """Takes back what was charged for the loan at that moment, and brings back what was taken
    back then: the act of that moment never was."""
    for each in contributions_of_loan(account.act.transaction, loan_id=loan_id):
        if each.kind not in kinds:
            continue
        if each.undone is None and each.recorded == recorded:
            take_back(account, each, reason)
        elif each.undone == recorded:
            bring_back(account, each, reason)
