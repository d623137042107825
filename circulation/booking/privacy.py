"""Cutting bookings that are over from the persons who had them, as their loans are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select, update

from catalogue.database import Statement, Transaction, change, scalar_one
from circulation.booking.schema import bookings
from circulation.loans.privacy import LoanHistory
from circulation.patrons.personal_data import Hindrance, PersonalData
from circulation.patrons.schema import patron_consents, patrons


@scalar_one(int)
def _open_bookings(*, patron_id: int) -> Statement:
    return (
        select(func.count())
        .select_from(bookings)
        .where(bookings.c.patron_id == patron_id, bookings.c.closed.is_(None))
    )


_NOBODYS = {"patron_id": None, "group_id": None, "note": ""}
_IS_OVER = bookings.c.closed.is_not(None)
_CONSENTS = exists(
    select(1).where(
        patron_consents.c.patron_id == bookings.c.patron_id,
        patron_consents.c.kind == "keep_history",
    )
)


@change
def _cut_of_patron(*, patron_id: int) -> Statement:
    return update(bookings).where(bookings.c.patron_id == patron_id, _IS_OVER).values(_NOBODYS)


@change
def _cut_of_agency(*, agency_id: int, before: datetime) -> Statement:
    return (
        update(bookings)
        .where(
            bookings.c.patron_id.in_(select(patrons.c.id).where(patrons.c.agency_id == agency_id)),
            bookings.c.closed < before,
            ~_CONSENTS,
        )
        .values(_NOBODYS)
    )


def _cut_bookings(transaction: Transaction, patron_id: int, now: datetime | None = None) -> None:
    """The bookings of a patron that are over name nobody from now on, notes and class gone too."""
    _cut_of_patron(transaction, patron_id=patron_id)


PERSONAL = PersonalData(
    (Hindrance(_open_bookings, "there are bookings that are not over"),),
    _cut_bookings,
    cut_history=_cut_bookings,
)
HISTORY = LoanHistory(cut_of_agency=_cut_of_agency)
