"""Which records have changed while the index is rebuilt (`catalogue.reindexing.rebuilding`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Integer, bindparam, delete, exists, insert, select

from catalogue.database import Transaction, many, send, send_many
from catalogue.schema import changed_while_reindexing, reindexings

_note = send_many(
    insert(changed_while_reindexing).from_select(
        ["record_id"],
        select(bindparam("number", type_=Integer)).where(
            exists(select(1).where(reindexings.c.finished.is_(None))),
            ~exists(
                select(1).where(
                    changed_while_reindexing.c.record_id == bindparam("same", type_=Integer)
                )
            ),
        ),
    ),
    "number",
    "same",
)
_noted: Callable[..., list[tuple[int]]] = many(select(changed_while_reindexing.c.record_id), None)
_forget = send(delete(changed_while_reindexing))


def note_changed(transaction: Transaction, record_ids: Iterable[int]) -> None:
    """To be called by whoever replaces or removes records, in the same transaction; costs nothing
    to speak of while no reindexing is under way, and notes nothing then."""
    _note(transaction, [(number, number) for number in record_ids])


def changed_records(transaction: Transaction) -> list[int]:
    """The records noted since `forget_changed`."""
    return [number for (number,) in _noted(transaction)]


def forget_changed(transaction: Transaction) -> None:
    """Begins anew, before the records are read."""
    _forget(transaction)
