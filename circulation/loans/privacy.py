"""Cutting loans from the persons who had them.

A loan that has ended names its patron for `DEFAULT_DAYS` days, as Danish guidance has it (a
setting of each agency), unless the patron has consented to more or owes something: while a patron
is blocked for debt, or has a lost or claimed item on loan, nothing is cut; nor is a loan for which
something is owed. Then the loan and its events stay, for the item's history and for statistics,
but say no more whose they were.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, insert, or_, select, update

from catalogue.database import (
    Moment,
    Transaction,
    change,
    key_parameters,
    many,
    many_of,
    scalar,
    send,
)
from catalogue.schema import agencies
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import BlockReason
from circulation.kernel.schema import agency_settings, events
from circulation.kernel.set_up import DEFAULT_TIMEZONE
from circulation.loans.schema import loan_conflicts, loans
from circulation.patrons.personal_data import Hindrance, PersonalData
from circulation.patrons.schema import history_settings, patron_blocks, patron_consents, patrons

DEFAULT_DAYS = 28
#: How many loans are cut in one transaction.
BATCH = 1_000


class LoanHistory(NamedTuple):
    """What a feature does where loans that have ended are cut from the persons who had them.

    `is_needed` is a condition on `loans`: those for which it holds are not cut. `forget` cuts what
    names these loans. `cut_of_agency` cuts what else ended before a moment, of all patrons of an
    agency who have not consented to more.
    """

    is_needed: ColumnElement[bool] | None = None
    forget: Callable[[Transaction, list[int]], object] | None = None
    cut_of_agency: Callable[[Transaction, int, datetime], object] | None = None


#: Of the features, in their order.
LOAN_HISTORY: Registry[LoanHistory] = Registry("loan history")

_open_loans: Callable[..., int] = scalar(
    select(func.count())
    .select_from(loans)
    .where(
        or_(
            loans.c.patron_id == bindparam("patron_id"),
            loans.c.co_patron_id == bindparam("patron_id"),
        ),
        loans.c.checked_in.is_(None),
    ),
    "patron_id",
)
_marked = loans.alias("marked")
#: Something is owed: money, or an item that nobody can find.
_OWES = exists(
    select(1).where(
        patron_blocks.c.patron_id == loans.c.patron_id,
        patron_blocks.c.reason == BlockReason.DEBT.value,
    )
) | exists(
    select(1).where(
        _marked.c.patron_id == loans.c.patron_id,
        _marked.c.checked_in.is_(None),
        _marked.c.mark.is_not(None),
    )
)
_CONSENTS = exists(
    select(1).where(
        patron_consents.c.patron_id == loans.c.patron_id,
        patron_consents.c.kind == "keep_history",
    )
)
_HAS_ENDED = loans.c.checked_in.is_not(None) & loans.c.patron_id.is_not(None)


def _ended(*conditions: ColumnElement[bool]) -> Any:
    needed = (each.is_needed for each in LOAN_HISTORY if each.is_needed is not None)
    return (
        select(loans.c.id)
        .where(_HAS_ENDED, ~_OWES, *(~condition for condition in needed), *conditions)
        .order_by(loans.c.id)
    )


@cache
def _ended_of_patron() -> Callable[..., list[Any]]:
    return many(_ended(loans.c.patron_id == bindparam("patron_id")), None, "patron_id")


@cache
def _ended_of_agency() -> Callable[..., list[Any]]:
    whose = select(patrons.c.id).where(patrons.c.agency_id == bindparam("agency_id"))
    return many(
        _ended(
            loans.c.patron_id.in_(whose),
            loans.c.checked_in < bindparam("before", type_=Moment),
            ~_CONSENTS,
        ).limit(bindparam("at_most")),
        None,
        "agency_id",
        "before",
        "at_most",
    )


_agencies: Callable[..., list[Any]] = many(
    select(agencies.c.id, agency_settings.c.timezone, history_settings.c.days)
    .select_from(
        agencies.outerjoin(agency_settings, agency_settings.c.agency_id == agencies.c.id).outerjoin(
            history_settings, history_settings.c.agency_id == agencies.c.id
        )
    )
    .order_by(agencies.c.id),
    None,
)
#: The updates give back what they touched: `many_of` reads rows.
_cut_loans: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        update(loans)
        .where(loans.c.id.in_(key_parameters(size)), loans.c.checked_in.is_not(None))
        .values(patron_id=None, co_patron_id=None)
        .returning(loans.c.id)
    ),
    None,
)
_cut_events: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        update(events)
        .where(events.c.loan_id.in_(key_parameters(size)))
        .values(patron_id=None)
        .returning(events.c.id)
    ),
    None,
)
_cut_conflicts: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        update(loan_conflicts)
        .where(
            loan_conflicts.c.loan_id.in_(key_parameters(size)),
            loan_conflicts.c.settled.is_not(None),
        )
        .values(patron_id=None)
        .returning(loan_conflicts.c.id)
    ),
    None,
)
_forget_days = change(
    delete(history_settings).where(history_settings.c.agency_id == bindparam("of_agency")),
    "of_agency",
)
_insert_days = send(
    insert(history_settings).values(
        agency_id=bindparam("new_agency_id"), days=bindparam("new_days")
    ),
    "new_agency_id",
    "new_days",
)


def set_history_days(transaction: Transaction, agency_id: int, days: int | None) -> None:
    """How long the agency's loans name their patron after the return; None is the default."""
    _forget_days(transaction, agency_id)
    if days is not None:
        _insert_days(transaction, agency_id, days)


def history_days_of(transaction: Transaction) -> list[tuple[int, int | None]]:
    """Agencies by id, and how many days each has set; None where it has set none."""
    return [(row[0], row[2]) for row in _agencies(transaction)]


def cut_history(transaction: Transaction, patron_id: int) -> int:
    """Cuts all ended loans of a patron now, whatever the days; gives how many.

    What is owed for holds them back: they go when the debt does.
    """
    return _cut(transaction, [row[0] for row in _ended_of_patron()(transaction, patron_id)])


PERSONAL = PersonalData(
    (Hindrance(_open_loans, "there are loans that are open"),), cut_history=cut_history
)


def cut_old_history(transaction: Transaction, day: date, now: datetime) -> tuple[int, bool]:
    """Cuts what was due at the end of `day`, or now: how many loans, and whether there are more.

    At most `BATCH` for each agency, so that the transaction stays short.
    """
    total, is_more = 0, False
    for agency_id, timezone, days in _agencies(transaction):
        kept = timedelta(DEFAULT_DAYS if days is None else days)
        before = min(end_of_day(day, timezone or DEFAULT_TIMEZONE), now) - kept
        found = _ended_of_agency()(transaction, agency_id, before, BATCH)
        total += _cut(transaction, [row[0] for row in found])
        for each in LOAN_HISTORY:
            if each.cut_of_agency is not None:
                each.cut_of_agency(transaction, agency_id, before)
        is_more = is_more or len(found) == BATCH
    return total, is_more


def _cut(transaction: Transaction, loan_ids: list[int]) -> int:
    _cut_events(transaction, loan_ids)
    for each in LOAN_HISTORY:
        if each.forget is not None:
            each.forget(transaction, loan_ids)
    _cut_conflicts(transaction, loan_ids)
    return len({row[0] for row in _cut_loans(transaction, loan_ids)})
