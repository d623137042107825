"""Records of what belongs to others: kept for a while, described in a few words, found by no
search.

A temporary record is whole like any other, so that whatever shows a title can show it. It is
hidden from every search (`catalogue.holders`), and bears no number: nobody who looks for their own
title by ISBN is led to it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert

from catalogue.changes.accession import add_record
from catalogue.changes.brief_records import LEADER, titled_fields
from catalogue.database import Statement, Transaction, change, send
from catalogue.holders import update_holders
from catalogue.marc.iso2709 import build
from catalogue.schema import temporary_records


@send
def _mark(*, record_id: int) -> Statement:
    return insert(temporary_records).values(record_id=record_id)


@change
def _unmark(*, record_id: int) -> Statement:
    return delete(temporary_records).where(temporary_records.c.record_id == record_id)


def add_temporary_record(
    transaction: Transaction, title: str, author: str, *, now: datetime
) -> int:
    """Adds one and gives its id. Without a title it is called ``?``."""
    fields = titled_fields(title, author) or titled_fields("?", author)
    record_id = add_record(transaction, build(LEADER, fields), now=now)
    _mark(transaction, record_id=record_id)
    update_holders(transaction, (record_id,))
    return record_id


def forget_temporary(transaction: Transaction, record_id: int) -> bool:
    """Takes the mark away, so that the record can be deleted; False where it has none.

    It stays hidden until then, or until `update_holders` looks at it.
    """
    return _unmark(transaction, record_id=record_id) > 0
