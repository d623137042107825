"""The right to be forgotten: the erasure of what is held on a person (GDPR, article 17)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Column, Table, delete, select, update

from catalogue.database import Statement, change, lock, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.personal import CUT, rows_with
from circulation.kernel.schema import events
from circulation.patrons.personal_data import PERSONAL_DATA, references
from circulation.patrons.schema import patrons


class StillNeeded(ValueError):
    """The patron cannot be erased yet; the text says why and names nobody."""


@lock
def _lock(*, patron_id: int) -> Statement:
    return select(patrons.c.id).where(patrons.c.id == patron_id).with_for_update()


@send
def _blank_events(*, patron_id: int) -> Statement:
    """Events of the patron that are about neither a loan nor a hold: texts of blocks, dates of
    cards."""
    its = events.c
    alone = its.patron_id == patron_id, its.item_id.is_(None), its.hold_id.is_(None)
    return update(events).where(*alone).values(before=None, after=None)


@send
def _cut_events(*, patron_id: int) -> Statement:
    return update(events).where(events.c.patron_id == patron_id).values(patron_id=None)


@change
def _delete_patron(*, patron_id: int) -> Statement:
    return delete(patrons).where(patrons.c.id == patron_id)


@cache
def _erasures() -> tuple[Callable[..., None], ...]:
    """Of each column that refers to a patron, those that others refer to last."""
    return tuple(_erasure(table, column) for table, column in reversed(references()))


def _erasure(table: Table, column: Column[Any]) -> Callable[..., None]:
    @send
    def erase(*, patron_id: int) -> Statement:
        theirs = rows_with(column, patron_id)
        if column.info["fate"] == CUT["fate"]:
            return update(table).where(theirs).values({column: None})
        return delete(table).where(theirs)

    return erase


def erase_person(act: Act, patron_id: int) -> None:
    """Deletes a patron and all that is held on them; loans and events stay and name nobody.

    Events of the patron alone lose what they tell, too. Statistics are not affected.
    Raises StillNeeded while anything is open: loans, holds, debts.
    """
    transaction, now = act.transaction, act.now
    _lock(transaction, patron_id=patron_id)
    for kept in PERSONAL_DATA:
        for how_many, why in kept.hindrances:
            if how_many(transaction, patron_id=patron_id):
                raise StillNeeded(f"the patron cannot be erased: {why}")
    _blank_events(transaction, patron_id=patron_id)
    _cut_events(transaction, patron_id=patron_id)
    for kept in PERSONAL_DATA:
        if kept.forget is not None:
            kept.forget(transaction, patron_id, now)
    for erase in _erasures():
        erase(transaction, patron_id=patron_id)
    if not _delete_patron(transaction, patron_id=patron_id):
        raise StillNeeded("there is no such patron")
    append_event(act, NewEvent(EventKind.PATRON_ERASED))
