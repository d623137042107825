"""The table of reindexings: what is being rebuilt, by which run of the program, and how far it has
come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, scalar_one, send
from catalogue.schema import reindexings


class ReindexedElsewhere(RuntimeError):
    """Another process has taken the reindexing over, or begun one of its own."""


class Reindexing(NamedTuple):
    """One row: records from `first_id` on, `indexes` by number (none: all); the last term that is
    dealt with, None at the beginning."""

    id: int
    first_id: int
    indexes: tuple[int, ...]
    position: tuple[int, bytes] | None
    started: datetime


def _read(
    number: int,
    first_id: int,
    indexes: str,
    access_point: int | None,
    term: bytes | None,
    started: datetime,
) -> Reindexing:
    position = None if access_point is None or term is None else (access_point, bytes(term))
    return Reindexing(number, first_id, tuple(map(int, indexes.split())), position, started)


@many(_read)
def _open() -> Statement:
    return select(*columns(_read, reindexings, number=reindexings.c.id)).where(
        reindexings.c.finished.is_(None)
    )


@scalar_one(int)
def _begin(*, run: str, first_id: int, indexes: str, started: datetime) -> Statement:
    return insert(reindexings).values(locals()).returning(reindexings.c.id)


@send
def _take_over(*, number: int, run: str) -> Statement:
    return update(reindexings).where(reindexings.c.id == number).values(run=run)


@send
def _give_up(*, number: int) -> Statement:
    return delete(reindexings).where(reindexings.c.id == number)


def _mine(number: int, run: str) -> ColumnElement[bool]:
    return (reindexings.c.id == number) & (reindexings.c.run == run)


@change
def _advance(*, number: int, run: str, access_point: int, term: bytes) -> Statement:
    reached = {"access_point": access_point, "term": term}
    return update(reindexings).where(_mine(number, run)).values(reached)


@change
def _finish(*, number: int, run: str, now: datetime) -> Statement:
    return update(reindexings).where(_mine(number, run)).values(finished=now)


def unfinished(transaction: Transaction) -> Reindexing | None:
    """The open one, if there is any."""
    return next(iter(_open(transaction)), None)


def begin(
    transaction: Transaction,
    run: str,
    first_id: int,
    indexes: Sequence[int],
    now: datetime,
    *,
    anew: bool = False,
) -> Reindexing:
    """Goes on with the open reindexing if it is of the same records and indexes, and was not to be
    begun anew; else begins one. There is one at a time: another that is open is given up."""
    wanted = (first_id, tuple(indexes))
    for found in _open(transaction):
        if not anew and (found.first_id, found.indexes) == wanted:
            _take_over(transaction, number=found.id, run=run)
            return found
        _give_up(transaction, number=found.id)
    numbers = " ".join(map(str, indexes))
    number = _begin(transaction, run=run, first_id=first_id, indexes=numbers, started=now)
    return Reindexing(number, first_id, tuple(indexes), None, now)


def advance(transaction: Transaction, number: int, run: str, position: tuple[int, bytes]) -> None:
    """Moves it on, in the transaction that writes the rows. Raises ReindexedElsewhere."""
    index, term = position
    if _advance(transaction, number=number, run=run, access_point=index, term=term) != 1:
        raise ReindexedElsewhere("another process is reindexing")


def finish(transaction: Transaction, number: int, run: str, now: datetime) -> None:
    """Notes that all is done. Raises ReindexedElsewhere."""
    if _finish(transaction, number=number, run=run, now=now) != 1:
        raise ReindexedElsewhere("another process is reindexing")
