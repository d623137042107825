"""Notes that records have changed: written with the change itself, in the same transaction.

A note is a row that nobody else writes, so whoever changes records waits for no other. Numbers are
given later, by one transaction at a time (`catalogue.changes.numbering`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntFlag
from typing import NamedTuple

from sqlalchemy import insert

from catalogue.database import Statement, Transaction, send_many
from catalogue.schema import change_notes


class Aspect(IntFlag):
    """What of a record has changed; each is numbered by itself. The value is what rows hold."""

    RECORD = 1  # its text, or who has it: what harvesters are told
    HOLDINGS = 2  # its items, or what they are doing: what a data well is told


class _Note(NamedTuple):
    aspects: int
    first_id: int
    last_id: int


@send_many
def _write(record: _Note) -> Statement:
    return insert(change_notes).values(**record._asdict())


def note_changes(transaction: Transaction, record_ids: Iterable[int], aspects: Aspect) -> None:
    """To be called in the transaction that changes the records, or their items."""
    _write(transaction, [_Note(aspects.value, *run) for run in runs(record_ids)])


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The ranges, first and last, that the numbers fill."""
    first = last = None
    for number in sorted(set(numbers)):
        if first is None or last is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
