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

from sqlalchemy import bindparam, func, insert, select, update

from catalogue.database import Moment, Transaction, many, scalar, send
from circulation.ledger.charges import set_amount
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import Account, find_charge
from circulation.ledger.schema import charge_loans, charges

_write_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

_NEW = ("charge_id", "loan_id", "item_id", "amount", "facts", "at", "recorded")
_insert = send(
    insert(charge_loans).values(
        {
            charge_loans.c[name]: bindparam(f"new_{name}", type_=charge_loans.c[name].type)
            for name in _NEW
        }
    ),
    *(f"new_{name}" for name in _NEW),
)
_highest = scalar(
    select(func.max(charge_loans.c.amount)).where(
        charge_loans.c.charge_id == bindparam("of_charge"), charge_loans.c.undone.is_(None)
    ),
    "of_charge",
)
_latest = scalar(
    select(charge_loans.c.recorded)
    .where(charge_loans.c.charge_id == bindparam("of_charge"), charge_loans.c.undone.is_(None))
    .order_by(charge_loans.c.id.desc())
    .limit(1),
    "of_charge",
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
    facts: dict[str, Any]


def _row(*row: Any) -> Contribution:
    found = Contribution(*row)
    return found._replace(kind=ChargeKind(row[-2]), facts=json.loads(row[-1]))


CONTRIBUTIONS = select(
    charge_loans.c.id,
    charge_loans.c.charge_id,
    charge_loans.c.loan_id,
    charge_loans.c.item_id,
    charge_loans.c.amount,
    charge_loans.c.at,
    charge_loans.c.recorded,
    charge_loans.c.undone,
    charges.c.kind,
    charge_loans.c.facts,
).select_from(charge_loans.join(charges, charges.c.id == charge_loans.c.charge_id))

contributions_of_loan = many(
    CONTRIBUTIONS.where(charge_loans.c.loan_id == bindparam("of_loan")).order_by(charge_loans.c.id),
    _row,
    "of_loan",
)
contribution_row = _row
_set_undone = send(
    update(charge_loans)
    .where(charge_loans.c.id == bindparam("of_id"))
    .values(undone=bindparam("new_undone", type_=Moment)),
    "of_id",
    "new_undone",
)
_change = send(
    update(charge_loans)
    .where(charge_loans.c.id == bindparam("of_id"))
    .values(amount=bindparam("new_amount"), facts=bindparam("new_facts")),
    "of_id",
    "new_amount",
    "new_facts",
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
    _insert(account.transaction, charge.id, loan_id, item_id, amount, told, at, account.now)


def add_contribution(account: Account, charge: Charge, cost: LoanCost, reason: str) -> Charge:
    """The loan makes the charge too, which is raised where this one costs more; gives it."""
    before = _highest(account.transaction, charge.id) or 0
    begin_contributions(account, charge, cost)
    return _settle(account, charge.id, before, reason)


def last_contributed(transaction: Transaction, charge_id: int) -> datetime | None:
    """When a loan was last added to the charge."""
    found: datetime | None = _latest(transaction, charge_id)
    return found


def _settle(account: Account, charge_id: int, before: int, reason: str) -> Charge:
    """Moves the charge by what its loans cost now, where they cost `before` until now.

    By the difference: what staff have taken off stays off.
    """
    charge = find_charge(account.transaction, charge_id=charge_id)
    assert charge is not None
    highest: int = _highest(account.transaction, charge_id) or 0
    return set_amount(account, charge, max(charge.amount + highest - before, 0), reason)


def take_back(account: Account, contribution: Contribution, reason: str) -> Charge:
    """The loan makes the charge no more; gives the charge with what is left of it."""
    return _mark(account, contribution, account.now, reason)


def bring_back(account: Account, contribution: Contribution, reason: str) -> Charge:
    """The loan makes the charge again."""
    return _mark(account, contribution, None, reason)


def _mark(
    account: Account, contribution: Contribution, undone: datetime | None, reason: str
) -> Charge:
    before = _highest(account.transaction, contribution.charge_id) or 0
    _set_undone(account.transaction, contribution.id, undone)
    return _settle(account, contribution.charge_id, before, reason)


def change_contribution(
    account: Account, contribution: Contribution, amount: int, facts: dict[str, Any], reason: str
) -> Charge:
    """The loan costs another amount than was reckoned; gives the charge as it is now."""
    before = _highest(account.transaction, contribution.charge_id) or 0
    _change(account.transaction, contribution.id, amount, facts_text(facts))
    return _settle(account, contribution.charge_id, before, reason)


def undo_at(
    account: Account, loan_id: int, recorded: datetime, kinds: Collection[ChargeKind], reason: str
) -> None:
    """Takes back what was charged for the loan at that moment, and brings back what was taken
    back then: the act of that moment never was."""
    for each in contributions_of_loan(account.transaction, loan_id):
        if each.kind not in kinds:
            continue
        if each.undone is None and each.recorded == recorded:
            take_back(account, each, reason)
        elif each.undone == recorded:
            bring_back(account, each, reason)
