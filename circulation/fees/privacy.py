"""Cutting what was charged from loans and from persons: the amounts stay, for the accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, select, update

from catalogue.database import Transaction, key_parameters, many_of, send
from circulation.ledger.schema import charge_loans, charges

_of_patron = select(charges.c.id).where(charges.c.patron_id == bindparam("of_patron"))
_NOTHING = {"loan_id": None, "item_id": None, "facts": "{}"}
_forget_loans = send(
    update(charge_loans).where(charge_loans.c.charge_id.in_(_of_patron)).values(_NOTHING),
    "of_patron",
)
#: What names a charge that is made once names its patron and loan as well.
_forget_names = send(
    update(charges).where(charges.c.patron_id == bindparam("of_patron")).values(once=None),
    "of_patron",
)
_cut_names: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        update(charges)
        .where(
            charges.c.id.in_(
                select(charge_loans.c.charge_id).where(
                    charge_loans.c.loan_id.in_(key_parameters(size))
                )
            )
        )
        .values(once=None)
        .returning(charges.c.id)
    ),
    None,
)
_cut_loans: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        update(charge_loans)
        .where(charge_loans.c.loan_id.in_(key_parameters(size)))
        .values(_NOTHING)
        .returning(charge_loans.c.id)
    ),
    None,
)


def forget_charged_loans(transaction: Transaction, loan_ids: list[int]) -> None:
    """These loans are cut from their patrons: charges say no more what they were for."""
    _cut_names(transaction, loan_ids)
    _cut_loans(transaction, loan_ids)


def forget_charged_of(transaction: Transaction, patron_id: int) -> None:
    """The patron is erased: what they were charged names no loan and no group of loans."""
    _forget_loans(transaction, patron_id)
    _forget_names(transaction, patron_id)
