"""What a move keeps of a person: what the other system called them, until they are erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_

from catalogue.database import Statement, Transaction, send
from circulation.moving.schema import moved_rows
from circulation.patrons.personal_data import PersonalData


@send
def _forget(*, row_id: int) -> Statement:
    its = moved_rows.c
    is_person = or_(its.kind == "patrons", its.kind == "members", its.kind == "persons")
    return delete(moved_rows).where(is_person, its.row_id == row_id)


def _forget_patron(transaction: Transaction, patron_id: int, now: datetime) -> None:
    _forget(transaction, row_id=patron_id)


PERSONAL = PersonalData(forget=_forget_patron)
