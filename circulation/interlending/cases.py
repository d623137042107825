"""Cases as rows: what a patron wants from other libraries, whoever of them is asked.

A case is open until what is wanted is here, the patron wants it no more, or nobody lends it. Each
library that is asked for it has an interlibrary loan of its own (`rows`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    lock,
    many,
    many_of,
    one,
    scalars,
    send_many,
)
from circulation.interlending.rows import InterlibraryLoan, select_loans
from circulation.interlending.schema import interlibrary_cases, interlibrary_loans
from circulation.interlending.states import Role

_table = interlibrary_cases
#: How many are listed at once.
MOST_LISTED = 500


class Outcome(Enum):
    """How a case has ended. The value is what `interlibrary_cases.outcome` holds."""

    FILLED = "filled"  # it is here, or its copy is
    CANCELLED = "cancelled"  # nobody wants it any more
    UNOBTAINABLE = "unobtainable"  # nobody lends it, or not in time


class Case(NamedTuple):
    """A row. `user` names the patron as partners are told, `only` the one partner that may be
    asked, `loan_id` the interlibrary loan that was begun last; `cost` is in minor units."""

    id: int
    patron_id: int | None
    user: str
    category: str
    branch_id: int
    title: str
    author: str
    number: str
    record_id: int | None
    before: datetime | None
    only: str
    loan_id: int | None
    look_at: datetime | None
    rota: str
    cost: int
    currency: str
    outcome: str
    created: datetime
    closed: datetime | None

    @property
    def ranked(self) -> list[dict[str, Any]]:
        """Who may be asked, the first first, and why (`ranking.Ranked.shown`)."""
        found: list[dict[str, Any]] = json.loads(self.rota)
        return found


class Load(NamedTuple):
    """How many wishes are with a partner."""

    partner: str
    wishes: int


@one(Case)
def find_case(*, case_id: int) -> Statement:
    """The case of this number, as it is to be read."""
    return select(*columns(Case, _table)).where(_table.c.id == case_id)


@lock
def _lock(*, case_id: int) -> Statement:
    return select(_table.c.id).where(_table.c.id == case_id).with_for_update()


@one(Case)
def case_wanted(*, patron_id: int, title: str, author: str, only: str) -> Statement:
    """The open one by which the patron wants this title, of the partner that is named or of any."""
    return (
        select(*columns(Case, _table))
        .where(
            _table.c.patron_id == patron_id,
            _table.c.title == title,
            _table.c.author == author,
            _table.c.only == only,
            _table.c.closed.is_(None),
        )
        .order_by(_table.c.id)
        .limit(1)
    )


@one(Case)
def case_of_title(*, title: str) -> Statement:
    """The one under way for this title that was begun last."""
    return (
        select(*columns(Case, _table))
        .where(_table.c.title == title, _table.c.closed.is_(None))
        .order_by(_table.c.id.desc())
        .limit(1)
    )


@many(Case)
def open_cases(*, after: int, at_most: int) -> Statement:
    """Those under way, the oldest first, from behind an id on."""
    return (
        select(*columns(Case, _table))
        .where(_table.c.closed.is_(None), _table.c.id > after)
        .order_by(_table.c.id)
        .limit(at_most)
    )


@many_of(Case)
def cases_of_branches(*, branch_ids: Sequence[int], at_most: int) -> Statement:
    """Those under way that are fetched at these branches, the oldest first."""
    return (
        select(*columns(Case, _table))
        .where(_table.c.closed.is_(None), _table.c.branch_id.in_(branch_ids))
        .order_by(_table.c.id)
        .limit(at_most)
    )


@many(Case)
def cases_of_patron(*, patron_id: int) -> Statement:
    """Those under way for a patron, the oldest first."""
    return (
        select(*columns(Case, _table))
        .where(_table.c.patron_id == patron_id, _table.c.closed.is_(None))
        .order_by(_table.c.id)
        .limit(MOST_LISTED)
    )


@many(InterlibraryLoan)
def attempts_of(*, case_id: int) -> Statement:
    """The interlibrary loans that were begun for a case, the oldest first."""
    return select_loans(interlibrary_loans.c.case_id == case_id).order_by(interlibrary_loans.c.id)


@many(Load)
def loads() -> Statement:
    """What each partner has to do for us: wishes that it has not sent yet."""
    counted = {"wishes": func.count()}
    return (
        select(*columns(Load, interlibrary_loans, **counted))
        .where(
            interlibrary_loans.c.closed.is_(None),
            interlibrary_loans.c.role == Role.BORROWER.value,
            interlibrary_loans.c.item_id.is_(None),
        )
        .group_by(interlibrary_loans.c.partner)
    )


@scalars(int)
def cases_to_look_for(*, now: datetime, at_most: int) -> Statement:
    """Those for which catalogues are to be asked now, the oldest first."""
    return (
        select(_table.c.id)
        .where(_table.c.look_at <= now, _table.c.closed.is_(None))
        .order_by(_table.c.look_at, _table.c.id)
        .limit(at_most)
    )


@change
def claim_look(*, case_id: int, now: datetime, until: datetime) -> Statement:
    """Leaves a case to who asks catalogues for it; 0 where another has it."""
    its = _table.c.id == case_id, _table.c.look_at <= now, _table.c.closed.is_(None)
    return update(_table).where(*its).values(look_at=until)


@send_many
def _insert(case: Case) -> Statement:
    return insert(_table).values(case._asdict())


@send_many
def _update(case: Case) -> Statement:
    changed = {name: value for name, value in case._asdict().items() if name != "id"}
    return update(_table).where(_table.c.id == case.id).values(changed)


def case_by_id(transaction: Transaction, case_id: int | None) -> Case | None:
    """The case of this number, locked."""
    if case_id is None:
        return None
    _lock(transaction, case_id=case_id)
    return find_case(transaction, case_id=case_id)


def insert_case(transaction: Transaction, case: Case) -> None:
    """Begins it."""
    _insert(transaction, [case])


def store_case(transaction: Transaction, case: Case) -> None:
    """Writes the row as it is now."""
    _update(transaction, [case])


def end_case(transaction: Transaction, case: Case, outcome: Outcome, now: datetime) -> Case:
    """It is over, and names nobody any more. One that was over stays as it is."""
    if case.closed is not None:
        return case
    ended = case._replace(outcome=outcome.value, closed=now, patron_id=None, user="", look_at=None)
    store_case(transaction, ended)
    return ended
