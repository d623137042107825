"""Absence of a patron: all their holds are passed over and keep their places."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, columns, one, send
from circulation.holds.schema import patron_absences
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event


class Absence(NamedTuple):
    """From which day to which; `last` None is until further notice."""

    first: date
    last: date | None


@one(Absence)
def absence_of(*, patron_id: int) -> Statement:
    """When the patron is away, as far as they have said so."""
    return select(
        *columns(Absence, first=patron_absences.c.absent_from, last=patron_absences.c.absent_until)
    ).where(patron_absences.c.patron_id == patron_id)


@send
def _forget(*, patron_id: int) -> Statement:
    return delete(patron_absences).where(patron_absences.c.patron_id == patron_id)


@send
def _insert(*, patron_id: int, absent_from: date, absent_until: date | None) -> Statement:
    return insert(patron_absences).values(locals())


def set_absence(act: Act, patron_id: int, absence: Absence | None) -> None:
    """The patron is away for so long, or (None) not at all, in place of what was said before.

    Items on their way to the patron already are not held back.
    Raises ValueError where the absence ends before it begins.
    """
    transaction = act.transaction
    if absence is not None and absence.last is not None and absence.last < absence.first:
        raise ValueError(
            f"an absence cannot end on {absence.last}, before it begins on {absence.first}"
        )
    before = absence_of(transaction, patron_id=patron_id)
    if before == absence:
        return
    _forget(transaction, patron_id=patron_id)
    if absence is not None:
        _insert(
            transaction, patron_id=patron_id, absent_from=absence.first, absent_until=absence.last
        )
    append_event(
        act,
        NewEvent(
            EventKind.ABSENCE_CHANGED,
            patron_id=patron_id,
            before=_told(before),
            after=_told(absence),
        ),
    )


def _told(absence: Absence | None) -> dict[str, str | None] | None:
    if absence is None:
        return None
    return {
        "from": absence.first.isoformat(),
        "until": absence.last.isoformat() if absence.last else None,
    }
