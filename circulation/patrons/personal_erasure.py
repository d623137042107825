"""The right to be forgotten: the erasure of what is held on a person (GDPR, article 17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, select, update

from catalogue.database import Transaction, change, lock, send
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.personal import CUT
from circulation.kernel.results import Desk
from circulation.kernel.schema import events
from circulation.patrons.personal_data import PERSONAL_DATA, references
from circulation.patrons.schema import patrons


class StillNeeded(ValueError):
    """The patron cannot be erased yet; the text says why and names nobody."""


_lock = lock(
    select(patrons.c.id).where(patrons.c.id == bindparam("patron_id")).with_for_update(),
    "patron_id",
)
#: Events of the patron that are about neither a loan nor a hold: texts of blocks, dates of cards.
_blank_events = send(
    update(events)
    .where(
        events.c.patron_id == bindparam("of_patron"),
        events.c.item_id.is_(None),
        events.c.hold_id.is_(None),
    )
    .values(before=None, after=None),
    "of_patron",
)
_cut_events = send(
    update(events).where(events.c.patron_id == bindparam("of_patron")).values(patron_id=None),
    "of_patron",
)
_delete_patron = change(delete(patrons).where(patrons.c.id == bindparam("patron_id")), "patron_id")


@cache
def _erasures() -> tuple[Callable[..., None], ...]:
    """Of each column that refers to a patron, those that others refer to last."""
    return tuple(_erasure(table, column) for table, column in reversed(references()))


def _erasure(table: Table, column: Column[Any]) -> Callable[..., None]:
    if column.info["fate"] == CUT["fate"]:
        changed = update(table).where(column == bindparam("of_patron")).values({column: None})
        return send(changed, "of_patron")
    return send(delete(table).where(column == bindparam("of_patron")), "of_patron")


def erase_person(
    transaction: Transaction, patron_id: int, *, now: datetime, desk: Desk | None = None
) -> None:
    """Deletes a patron and all that is held on them; loans and events stay and name nobody.

    Events of the patron alone lose what they tell, too. Statistics are not affected.
    Raises StillNeeded while anything is open: loans, holds, debts.
    """
    _lock(transaction, patron_id)
    for kept in PERSONAL_DATA:
        for how_many, why in kept.hindrances:
            if how_many(transaction, patron_id=patron_id):
                raise StillNeeded(f"the patron cannot be erased: {why}")
    _blank_events(transaction, patron_id)
    _cut_events(transaction, patron_id)
    for kept in PERSONAL_DATA:
        if kept.forget is not None:
            kept.forget(transaction, patron_id, now)
    for erase in _erasures():
        erase(transaction, patron_id)
    if not _delete_patron(transaction, patron_id):
        raise StillNeeded("there is no such patron")
    write_event(transaction, EventKind.PATRON_ERASED, desk, now)
