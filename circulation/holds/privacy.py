"""What holds know of a patron."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from catalogue.database import Statement, Transaction, scalar_one, send
from circulation.holds.schema import captures, holds
from circulation.patrons.personal_data import Hindrance, PersonalData


@scalar_one(int)
def _open_holds(*, patron_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(holds)
        .where(holds.c.patron_id == patron_id, holds.c.closed.is_(None))
    )


@scalar_one(int)
def _items_on_shelf(*, patron_id: int) -> Statement:
    return select(func.count()).select_from(captures).where(captures.c.patron_id == patron_id)


@send
def _forget_waits(*, patron_id: int) -> Statement:
    return (
        update(holds)
        .where(holds.c.waits_for.in_(select(holds.c.id).where(holds.c.patron_id == patron_id)))
        .values(waits_for=None)
    )


def _forget(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """The holds of the patron go: those of others wait for them no more."""
    _forget_waits(transaction, patron_id=patron_id)


PERSONAL = PersonalData(
    (
        Hindrance(_open_holds, "there are holds that are open"),
        Hindrance(_items_on_shelf, "an item lies on the hold shelf still"),
    ),
    _forget,
)
