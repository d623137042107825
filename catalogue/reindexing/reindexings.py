"""The table of reindexings: what is being rebuilt, by which run of the program, and how far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from catalogue.database import Moment, Transaction, change, many, scalar, send
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


_open = many(
    select(
        reindexings.c.id,
        reindexings.c.first_id,
        reindexings.c.indexes,
        reindexings.c.access_point,
        reindexings.c.term,
        reindexings.c.started,
    ).where(reindexings.c.finished.is_(None)),
    _read,
)
_begin: Callable[..., int] = scalar(
    insert(reindexings)
    .values(
        run=bindparam("new_run"),
        first_id=bindparam("new_first_id"),
        indexes=bindparam("new_indexes"),
        started=bindparam("now", type_=Moment),
    )
    .returning(reindexings.c.id),
    "new_run",
    "new_first_id",
    "new_indexes",
    "now",
)
_take_over = send(
    update(reindexings)
    .where(reindexings.c.id == bindparam("number"))
    .values(run=bindparam("new_run")),
    "number",
    "new_run",
)
_give_up = send(delete(reindexings).where(reindexings.c.id == bindparam("number")), "number")
_MINE = (reindexings.c.id == bindparam("number")) & (reindexings.c.run == bindparam("own_run"))
_advance = change(
    update(reindexings)
    .where(_MINE)
    .values(access_point=bindparam("new_access_point"), term=bindparam("new_term")),
    "number",
    "own_run",
    "new_access_point",
    "new_term",
)
_finish = change(
    update(reindexings).where(_MINE).values(finished=bindparam("now", type_=Moment)),
    "number",
    "own_run",
    "now",
)


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
            _take_over(transaction, found.id, run)
            return found
        _give_up(transaction, found.id)
    number = _begin(transaction, run, first_id, " ".join(map(str, indexes)), now)
    return Reindexing(number, first_id, tuple(indexes), None, now)


def advance(transaction: Transaction, number: int, run: str, position: tuple[int, bytes]) -> None:
    """Moves it on, in the transaction that writes the rows. Raises ReindexedElsewhere."""
    if _advance(transaction, number, run, *position) != 1:
        raise ReindexedElsewhere("another process is reindexing")


def finish(transaction: Transaction, number: int, run: str, now: datetime) -> None:
    """Notes that all is done. Raises ReindexedElsewhere."""
    if _finish(transaction, number, run, now) != 1:
        raise ReindexedElsewhere("another process is reindexing")
