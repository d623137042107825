"""Cutting the steps of the flow from loans and from persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from catalogue.database import Statement, Transaction, key_parameters, many_of, scalar_one, send
from circulation.dunning.schema import collection_claims, collection_lines, dunning_acts
from circulation.loans.privacy import LoanHistory
from circulation.patrons.personal_data import Hindrance, PersonalData

_delete_acts: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        delete(dunning_acts)
        .where(dunning_acts.c.loan_id.in_(key_parameters(size)))
        .returning(dunning_acts.c.id)
    ),
    None,
)
_blank_records = send(
    update(collection_lines)
    .where(
        collection_lines.c.claim_id.in_(
            select(collection_claims.c.id).where(
                (collection_claims.c.patron_id == bindparam("of_patron"))
                | (collection_claims.c.debtor_id == bindparam("of_patron"))
            )
        )
    )
    .values(record=None),
    "of_patron",
)


@scalar_one(int)
def _open_claims(*, patron_id: int) -> Statement:
    theirs = collection_claims.c.debtor_id == patron_id
    return (
        select(func.count())
        .select_from(collection_claims)
        .where(theirs, collection_claims.c.closed.is_(None))
    )


def _forget_patron(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """The patron is erased: what files said of them is forgotten."""
    _blank_records(transaction, patron_id)


#: Debts are collected from the patron be they their own or a child's.
PERSONAL = PersonalData(
    (Hindrance(_open_claims, "a debt is being collected from them"),), _forget_patron
)
HISTORY = LoanHistory(forget=_delete_acts)
