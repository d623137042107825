"""Cutting the steps of the flow from loans and from persons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from catalogue.database import Statement, Transaction, scalar_one, scalars_of, send
from circulation.dunning.schema import collection_claims, collection_lines, dunning_acts
from circulation.loans.privacy import LoanHistory
from circulation.patrons.personal_data import Hindrance, PersonalData


@scalars_of(int)
def _delete_acts(*, loan_ids: Sequence[int]) -> Statement:
    its = dunning_acts.c.loan_id.in_(loan_ids)
    return delete(dunning_acts).where(its).returning(dunning_acts.c.id)


@send
def _blank_records(*, patron_id: int) -> Statement:
    claim = collection_claims.c
    theirs = select(claim.id).where(or_(claim.patron_id == patron_id, claim.debtor_id == patron_id))
    of_claims = collection_lines.c.claim_id.in_(theirs)
    return update(collection_lines).where(of_claims).values(record=None)


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
    _blank_records(transaction, patron_id=patron_id)


def _forget_loans(transaction: Transaction, loan_ids: list[int]) -> None:
    _delete_acts(transaction, loan_ids=loan_ids)


#: Debts are collected from the patron be they their own or a child's.
PERSONAL = PersonalData(
    (Hindrance(_open_claims, "a debt is being collected from them"),), _forget_patron
)
HISTORY = LoanHistory(forget=_forget_loans)
