"""Deleting holds that were closed long ago.

A closed hold says who wanted to read what. It is kept for as many days as a loan that has ended
(`history_settings` of the patron's agency), for questions at the desk, and then deleted; its events
stay and name nobody. What anything else still refers to stays: an item that lies on a shelf for it,
a later hold of its set.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select, update

from catalogue.database import Statement, Transaction, columns, many, scalars_of, send
from circulation.holds.schema import hold_sets, holds
from circulation.kernel.schema import all_tables, events
from circulation.loans.privacy import DEFAULT_DAYS, history_days_of
from circulation.patrons.schema import patrons

#: So many of each agency in one transaction.
AT_MOST = 500

_later = holds.alias("later")


def _references() -> list[ColumnElement[bool]]:
    """Conditions: a row of another table refers to the hold, or an open hold waits for it."""
    found: list[ColumnElement[bool]] = [
        exists(select(1).where(column == holds.c.id).correlate(holds))
        for table in all_tables()
        if table is not holds
        for column in table.columns
        if any(key.column is holds.c.id for key in column.foreign_keys)
    ]
    waiting = select(1).where(_later.c.waits_for == holds.c.id, _later.c.closed.is_(None))
    return [*found, exists(waiting.correlate(holds))]


class _Closed(NamedTuple):
    id: int
    set_id: int | None


@many(_Closed)
def closed_of_agency(*, before: datetime, agency_id: int, at_most: int) -> Statement:
    return (
        select(*columns(_Closed, holds))
        .where(
            holds.c.closed < before,
            holds.c.patron_id.in_(select(patrons.c.id).where(patrons.c.agency_id == agency_id)),
            *(~reference for reference in _references()),
        )
        .order_by(holds.c.closed, holds.c.id)
        .limit(at_most)
    )


@scalars_of(int)
def _no_longer_wait(*, hold_ids: Sequence[int]) -> Statement:
    return (
        update(holds)
        .where(holds.c.waits_for.in_(hold_ids))
        .values(waits_for=None)
        .returning(holds.c.id)
    )


@scalars_of(int)
def _cut_events(*, hold_ids: Sequence[int]) -> Statement:
    return (
        update(events)
        .where(events.c.hold_id.in_(hold_ids), events.c.loan_id.is_(None))
        .values(patron_id=None)
        .returning(events.c.id)
    )


@scalars_of(int)
def _delete_holds(*, hold_ids: Sequence[int]) -> Statement:
    return delete(holds).where(holds.c.id.in_(hold_ids)).returning(holds.c.id)


@send
def _delete_set(*, set_id: int) -> Statement:
    return delete(hold_sets).where(
        hold_sets.c.id == set_id,
        ~exists(select(1).where(holds.c.set_id == hold_sets.c.id).correlate(hold_sets)),
    )


def purge_holds(transaction: Transaction, until: datetime) -> tuple[int, bool]:
    """Deletes the holds whose days were over at `until`: how many, and whether there are more."""
    purged, is_more = 0, False
    for agency_id, days in history_days_of(transaction):
        before = until - timedelta(days=DEFAULT_DAYS if days is None else days)
        found = closed_of_agency(transaction, before=before, agency_id=agency_id, at_most=AT_MOST)
        hold_ids = [row.id for row in found]
        _no_longer_wait(transaction, hold_ids=hold_ids)
        # The events of a loan that fulfilled the hold are the loan's, and cut with it.
        _cut_events(transaction, hold_ids=hold_ids)
        purged += len(set(_delete_holds(transaction, hold_ids=hold_ids)))
        for set_id in sorted({row.set_id for row in found if row.set_id is not None}):
            _delete_set(transaction, set_id=set_id)
        is_more = is_more or len(found) == AT_MOST
    return purged, is_more


def is_purge_due(transaction: Transaction, before: datetime, now: datetime) -> bool:
    """Is a hold there that was closed before the moment, and should have been deleted?"""
    return any(
        closed_of_agency(
            transaction,
            before=min(before, now - timedelta(days=DEFAULT_DAYS if days is None else days)),
            agency_id=agency_id,
            at_most=1,
        )
        for agency_id, days in history_days_of(transaction)
    )
