"""Absence of a patron: all their holds are passed over and keep their places."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, one, send
from circulation.holds.schema import patron_absences
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk


class Absence(NamedTuple):
    """From which day to which; `last` None is until further notice."""

    first: date
    last: date | None


_absence = one(
    select(patron_absences.c.absent_from, patron_absences.c.absent_until).where(
        patron_absences.c.patron_id == bindparam("of_patron")
    ),
    Absence,
    "of_patron",
)
_forget = send(
    delete(patron_absences).where(patron_absences.c.patron_id == bindparam("of_patron")),
    "of_patron",
)
_insert = send(
    insert(patron_absences).values(
        patron_id=bindparam("new_patron_id"),
        absent_from=bindparam("new_absent_from"),
        absent_until=bindparam("new_absent_until", type_=patron_absences.c.absent_until.type),
    ),
    "new_patron_id",
    "new_absent_from",
    "new_absent_until",
)


def absence_of(transaction: Transaction, patron_id: int) -> Absence | None:
    """When the patron is away, as far as they have said so."""
    return _absence(transaction, patron_id)


def set_absence(
    transaction: Transaction,
    patron_id: int,
    absence: Absence | None,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> None:
    """The patron is away for so long, or (None) not at all, in place of what was said before.

    Items on their way to the patron already are not held back.
    Raises ValueError where the absence ends before it begins.
    """
    if absence is not None and absence.last is not None and absence.last < absence.first:
        raise ValueError(f"an absence cannot end before it begins: {absence}")
    before = _absence(transaction, patron_id)
    if before == absence:
        return
    _forget(transaction, patron_id)
    if absence is not None:
        _insert(transaction, patron_id, absence.first, absence.last)
    write_event(
        transaction,
        EventKind.ABSENCE_CHANGED,
        desk,
        now,
        patron_id=patron_id,
        before=_told(before),
        after=_told(absence),
    )


def _told(absence: Absence | None) -> dict[str, str | None] | None:
    if absence is None:
        return None
    return {
        "from": absence.first.isoformat(),
        "until": absence.last.isoformat() if absence.last else None,
    }
