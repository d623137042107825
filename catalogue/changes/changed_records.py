"""Which records have changed while the index is rebuilt (`catalogue.reindexing.rebuilding`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Integer, delete, exists, insert, select, type_coerce

from catalogue.database import Statement, Transaction, scalars, send, send_many
from catalogue.schema import changed_while_reindexing, reindexings


class _Changed(NamedTuple):
    record_id: int


@send_many
def _note(record: _Changed) -> Statement:
    return insert(changed_while_reindexing).from_select(
        ["record_id"],
        select(type_coerce(record.record_id, Integer)).where(
            exists(select(1).where(reindexings.c.finished.is_(None))),
            ~exists(select(1).where(changed_while_reindexing.c.record_id == record.record_id)),
        ),
    )


@scalars(int)
def changed_records() -> Statement:
    """The records noted since `forget_changed`."""
    return select(changed_while_reindexing.c.record_id)


@send
def forget_changed() -> Statement:
    """Begins anew, before the records are read."""
    return delete(changed_while_reindexing)


def note_changed(transaction: Transaction, record_ids: Iterable[int]) -> None:
    """To be called by whoever replaces or removes records, in the same transaction; notes nothing,
    and costs next to nothing, while no reindexing is under way."""
    _note(transaction, map(_Changed, record_ids))
