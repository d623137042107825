"""That records have changed: for those who copy the catalogue (`catalogue.changes.numbering`), and
for the index, where it is being rebuilt (`catalogue.reindexing.rebuilding`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Integer, delete, exists, insert, select, type_coerce

from catalogue.change_notes import Aspect, note_changes
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


def note_changed(transaction: Transaction, record_ids: Sequence[int]) -> None:
    """To be called by whoever replaces or removes records, in the same transaction. For the index
    nothing is noted while no reindexing is under way."""
    note_changes(transaction, record_ids, Aspect.RECORD | Aspect.HOLDINGS)
    _note(transaction, map(_Changed, record_ids))
