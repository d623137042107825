"""Cutting loans from the persons who had them.

A loan that has ended names its patron for `DEFAULT_DAYS` days, as Danish guidance has it (a setting
of each agency), unless the patron has consented to more or owes something: while a patron is
blocked for debt, or has a lost or claimed item on loan, nothing is cut; nor is a loan for which
something is owed. Then the loan and its events stay, for the item's history and for statistics, but
no longer say whose they were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    scalar,
    scalar_one,
    scalars,
    scalars_of,
    send,
)
from catalogue.schema import agencies
from circulation.calendars.due_dates import end_of_day
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.schema import agency_settings, events
from circulation.loans.schema import loan_conflicts, loans
from circulation.patrons.personal_data import Hindrance, PersonalData
from circulation.patrons.schema import (
    history_settings,
    patron_blocks,
    patron_consents,
    patron_identifiers,
    patrons,
)

DEFAULT_DAYS = 28
#: How many loans are cut in one transaction.
BATCH = 1_000


class CutOfAgency(Protocol):
    """Cuts what ended before a moment from the patrons of an agency."""

    def __call__(self, transaction: Transaction, /, *, agency_id: int, before: datetime) -> int: ...


class LoanHistory(NamedTuple):
    """What a feature does where loans that have ended are cut from the persons who had them.

    `is_needed` is a condition on `loans`: those for which it holds are not cut. `forget` cuts what
    names these loans. `cut_of_agency` cuts what else ended before a moment, of all patrons of an
    agency who have not consented to more.
    """

    is_needed: ColumnElement[bool] | None = None
    forget: Callable[[Transaction, list[int]], object] | None = None
    cut_of_agency: CutOfAgency | None = None


#: Of the features, in their order.
LOAN_HISTORY: Registry[LoanHistory] = Registry("loans.privacy:LOAN_HISTORY")


@scalar_one(int)
def _open_loans(*, patron_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(loans)
        .where(
            # Each half as its index has it.
            or_(
                and_(loans.c.patron_id == patron_id, loans.c.checked_in.is_(None)),
                and_(loans.c.co_patron_id == patron_id, loans.c.checked_in.is_(None)),
            )
        )
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
        patron_consents.c.patron_id == loans.c.patron_id, patron_consents.c.kind == "keep_history"
    )
)
_HAS_ENDED = loans.c.checked_in.is_not(None) & loans.c.patron_id.is_not(None)


def _ended(*conditions: ColumnElement[bool]) -> Select[Any]:
    needed = (each.is_needed for each in LOAN_HISTORY if each.is_needed is not None)
    return (
        select(loans.c.id)
        .where(_HAS_ENDED, ~_OWES, *(~condition for condition in needed), *conditions)
        .order_by(loans.c.id)
    )


@scalars(int)
def _ended_of_patron(*, patron_id: int) -> Statement:
    return _ended(loans.c.patron_id == patron_id)


@scalars(int)
def _ended_of_agency(*, agency_id: int, before: datetime, at_most: int) -> Statement:
    whose = select(patrons.c.id).where(patrons.c.agency_id == agency_id)
    has_ended = loans.c.checked_in < before
    return _ended(loans.c.patron_id.in_(whose), has_ended, ~_CONSENTS).limit(at_most)


class _History(NamedTuple):
    agency_id: int
    timezone: str | None
    days: int | None


@many(_History)
def _agencies() -> Statement:
    return (
        select(*columns(_History, agency_settings, history_settings, agency_id=agencies.c.id))
        .select_from(
            agencies.outerjoin(
                agency_settings, agency_settings.c.agency_id == agencies.c.id
            ).outerjoin(history_settings, history_settings.c.agency_id == agencies.c.id)
        )
        .order_by(agencies.c.id)
    )


#: The updates give back what they touched: `many_of` reads rows.
@scalars_of(int)
def _cut_loans(*, loan_ids: Sequence[int]) -> Statement:
    return (
        update(loans)
        .where(loans.c.id.in_(loan_ids), loans.c.checked_in.is_not(None))
        .values(patron_id=None, co_patron_id=None)
        .returning(loans.c.id)
    )


@scalars_of(int)
def _cut_events(*, loan_ids: Sequence[int]) -> Statement:
    """They are found by their items, which all events of loans name."""
    their_items = select(loans.c.item_id).where(loans.c.id.in_(loan_ids))
    return (
        update(events)
        .where(events.c.item_id.in_(their_items), events.c.loan_id.in_(loan_ids))
        .values(patron_id=None)
        .returning(events.c.id)
    )


@scalars_of(int)
def _cut_conflicts(*, loan_ids: Sequence[int]) -> Statement:
    return (
        update(loan_conflicts)
        .where(loan_conflicts.c.loan_id.in_(loan_ids), loan_conflicts.c.settled.is_not(None))
        .values(patron_id=None)
        .returning(loan_conflicts.c.id)
    )


@change
def _forget_days(*, agency_id: int) -> Statement:
    return delete(history_settings).where(history_settings.c.agency_id == agency_id)


@send
def _insert_days(*, agency_id: int, days: int) -> Statement:
    return insert(history_settings).values(agency_id=agency_id, days=days)


def set_history_days(transaction: Transaction, agency_id: int, days: int | None) -> None:
    """How long the agency's loans name their patron after the return; None is the default."""
    _forget_days(transaction, agency_id=agency_id)
    if days is not None:
        _insert_days(transaction, agency_id=agency_id, days=days)


def history_days_of(transaction: Transaction) -> list[tuple[int, int | None]]:
    """Agencies by id, and how many days each has set; None where it has set none."""
    return [(row.agency_id, row.days) for row in _agencies(transaction)]


@scalar(int)
def _days_of_agency(*, agency_id: int) -> Statement:
    return select(history_settings.c.days).where(history_settings.c.agency_id == agency_id)


def history_days_of_agency(transaction: Transaction, agency_id: int) -> int:
    """Return how many days the agency's loans name their patron after the return."""
    days = _days_of_agency(transaction, agency_id=agency_id)
    return DEFAULT_DAYS if days is None else days


def cut_history(transaction: Transaction, patron_id: int) -> int:
    """Cuts all ended loans of a patron now, whatever the days; gives how many.

    Those for which something is owed are held back until the debt is gone.
    """
    return _cut(transaction, _ended_of_patron(transaction, patron_id=patron_id))


@send
def _cut_off_line_acts(*, patron_id: int) -> Statement:
    """What staff have written of an act may name the patron, too."""
    its, known = loan_conflicts.c, patron_identifiers.c
    theirs = select(known.identifier).where(known.patron_id == patron_id)
    is_waiting = and_(its.settled.is_(None), its.patron_identifier.in_(theirs))
    return (
        update(loan_conflicts)
        .where(or_(its.patron_id == patron_id, is_waiting))
        .values(patron_identifier=None, remark=None)
    )


def _forget(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """Cut the cards from off-line acts: who gets one of them next has done none of these."""
    _cut_off_line_acts(transaction, patron_id=patron_id)


PERSONAL = PersonalData(
    (Hindrance(_open_loans, "there are loans that are open"),),
    forget=_forget,
    cut_history=cut_history,
)


def cut_old_history(transaction: Transaction, day: date, now: datetime) -> tuple[int, bool]:
    """Cuts what was due at the end of `day`, or now: how many loans, and whether there are more.

    At most `BATCH` for each agency, so that the transaction stays short.
    """
    total, is_more = 0, False
    for line in _agencies(transaction):
        kept = timedelta(DEFAULT_DAYS if line.days is None else line.days)
        before = min(end_of_day(day, line.timezone or DEFAULT_TIMEZONE), now) - kept
        found = _ended_of_agency(
            transaction, agency_id=line.agency_id, before=before, at_most=BATCH
        )
        total += _cut(transaction, found)
        for each in LOAN_HISTORY:
            if each.cut_of_agency is not None:
                each.cut_of_agency(transaction, agency_id=line.agency_id, before=before)
        is_more = is_more or len(found) == BATCH
    return total, is_more


def is_history_due(transaction: Transaction, before: datetime, now: datetime) -> bool:
    """Does a loan that ended before the moment still name its patron, though it should not?"""
    return any(
        _ended_of_agency(
            transaction, agency_id=agency_id, before=min(before, now - kept), at_most=1
        )
        for agency_id, kept in (
            (each.agency_id, timedelta(DEFAULT_DAYS if each.days is None else each.days))
            for each in _agencies(transaction)
        )
    )


def _cut(transaction: Transaction, loan_ids: list[int]) -> int:
    _cut_events(transaction, loan_ids=loan_ids)
    for each in LOAN_HISTORY:
        if each.forget is not None:
            each.forget(transaction, loan_ids)
    _cut_conflicts(transaction, loan_ids=loan_ids)
    return len(set(_cut_loans(transaction, loan_ids=loan_ids)))
