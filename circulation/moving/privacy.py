"""What a move keeps of a person: what the other system called them, until they are erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from catalogue.database import Statement, Transaction, send
from circulation.moving.schema import moved_rows
from circulation.patrons.personal_data import PersonalData


@send
def _forget(*, row_id: int) -> Statement:
    return delete(moved_rows).where(moved_rows.c.kind == "patrons", moved_rows.c.row_id == row_id)


def _forget_patron(transaction: Transaction, patron_id: int, now: datetime) -> None:
    _forget(transaction, row_id=patron_id)


PERSONAL = PersonalData(forget=_forget_patron)
