"""What a move keeps of a person: what the other system called them, until they are erased."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, tuple_

from catalogue.database import Statement, Transaction, send
from circulation.moving.schema import moved_rows
from circulation.patrons.personal_data import PersonalData

#: Kinds of rows that stand for a person, and what else is remembered under the same keys.
_OF_PERSONS: Final = {
    "patrons": (),
    "members": ("members.group",),
    "persons": (),
    "guardians": ("guardians.guardian",),
    "guardians.guardian": ("guardians",),
}


@send
def _forget(*, kind: str, row_id: int) -> Statement:
    its = moved_rows.c
    return delete(moved_rows).where(its.kind == kind, its.row_id == row_id)


@send
def _forget_besides(*, besides: str, kind: str, row_id: int) -> Statement:
    its, other = moved_rows.c, moved_rows.alias("other").c
    keys = select(other.source, other.key).where(other.kind == kind, other.row_id == row_id)
    return delete(moved_rows).where(its.kind == besides, tuple_(its.source, its.key).in_(keys))


def _forget_patron(transaction: Transaction, patron_id: int, now: datetime) -> None:
    for kind, several in _OF_PERSONS.items():
        for besides in several:
            _forget_besides(transaction, besides=besides, kind=kind, row_id=patron_id)
        _forget(transaction, kind=kind, row_id=patron_id)


PERSONAL = PersonalData(forget=_forget_patron)
