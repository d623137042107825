"""Loads from another system that nobody is to be told of.

A load names the rows that it has made, under the name of its batch. Up to a certain time the batch
is silent: what happened to its rows, or came up about them, is withdrawn before it is sent, because
the other system has told it, or will. What comes up later is told as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal, select, update

from catalogue.database import (
    Moment,
    Transaction,
    change,
    key_parameters,
    many,
    many_of,
    scalar,
    send,
    send_many,
)
from circulation.kernel.schema import events
from circulation.notices.contents import NOUNS
from circulation.notices.kinds import Basis
from circulation.notices.rows import Notice
from circulation.notices.schema import silent_batches, silent_rows
from circulation.patrons.schema import patrons

_latest = scalar(select(func.max(silent_batches.c.until)))
_insert_batch = send(
    insert(silent_batches).values(
        name=bindparam("new_name"), until=bindparam("new_until", type_=Moment)
    ),
    "new_name",
    "new_until",
)
_until = scalar(
    select(silent_batches.c.until).where(silent_batches.c.name == bindparam("name")), "name"
)
_set_until = change(
    update(silent_batches)
    .where(silent_batches.c.name == bindparam("of_name"))
    .values(until=bindparam("new_until", type_=Moment)),
    "of_name",
    "new_until",
)
_forget_patrons = send(delete(silent_rows).where(silent_rows.c.noun == Basis.PATRON.value))
_insert_patrons = send(
    insert(silent_rows).from_select(
        ["noun", "row_id", "batch"],
        select(literal(Basis.PATRON.value), patrons.c.id, bindparam("new_batch")),
    ),
    "new_batch",
)
_insert_rows = send_many(
    insert(silent_rows).values(
        noun=bindparam("new_noun"), row_id=bindparam("new_row_id"), batch=bindparam("new_batch")
    ),
    "new_noun",
    "new_row_id",
    "new_batch",
)
_forget_rows = send(delete(silent_rows).where(silent_rows.c.batch == bindparam("name")), "name")
_forget_batch = change(
    delete(silent_batches).where(silent_batches.c.name == bindparam("name")), "name"
)


_forget_patron = send(
    delete(silent_rows).where(
        silent_rows.c.noun == Basis.PATRON.value, silent_rows.c.row_id == bindparam("of_patron")
    ),
    "of_patron",
)


def _found(noun: Basis) -> Callable[[Transaction, Sequence[Any]], list[Any]]:
    return many_of(
        lambda size: (
            select(silent_rows.c.row_id, silent_batches.c.name, silent_batches.c.until)
            .select_from(
                silent_rows.join(silent_batches, silent_batches.c.name == silent_rows.c.batch)
            )
            .where(silent_rows.c.noun == noun.value, silent_rows.c.row_id.in_(key_parameters(size)))
        ),
        lambda row_id, name, until: (row_id, name, until),
    )


_FOUND = {noun: _found(noun) for noun in Basis}


def begin_silent_batch(transaction: Transaction, name: str, *, until: datetime) -> None:
    """Nobody is told of the batch of that name up to `until`. It is a new one, or one that was
    silent up to an earlier time."""
    known = _until(transaction, name)
    if known is None:
        _insert_batch(transaction, name, until)
    elif known < until:
        _set_until(transaction, name, until)


def silence_all_patrons(transaction: Transaction, name: str, *, until: datetime) -> None:
    """All patrons, with what they have, belong to this batch, and to no other any more: a whole
    library was read from somewhere else."""
    begin_silent_batch(transaction, name, until=until)
    _forget_patrons(transaction)
    _insert_patrons(transaction, name)


def keep_silent(transaction: Transaction, name: str, noun: Basis, ids: Iterable[int]) -> None:
    """These rows belong to the batch, but for those that belong to one already."""
    wanted = sorted(set(ids))
    known = {row_id for row_id, _, _ in _FOUND[noun](transaction, wanted)} if wanted else set()
    _insert_rows(transaction, [(noun.value, each, name) for each in wanted if each not in known])


def end_silent_batch(transaction: Transaction, name: str) -> bool:
    """From now on people are told of its rows as usual; False where there is no such batch."""
    _forget_rows(transaction, name)
    return _forget_batch(transaction, name) == 1


def forget_silent_patron(transaction: Transaction, patron_id: int) -> None:
    """The patron is erased, and belongs to no batch any more."""
    _forget_patron(transaction, patron_id)


#: Events become notices within minutes, or in the daily job; after days without it, in a week.
_GATHERED_WITHIN = timedelta(days=7)
_happened: Callable[[Transaction, Sequence[Any]], list[Any]] = many_of(
    lambda size: select(events.c.id, events.c.at).where(events.c.id.in_(key_parameters(size))),
    lambda event_id, at: (event_id, at),
)


class SilentBatch(NamedTuple):
    """A batch of which nobody is told up to a time, and how many rows it has."""

    batch: str
    until: datetime
    rows: int


_list = many(
    select(silent_batches.c.name, silent_batches.c.until, func.count(silent_rows.c.row_id))
    .select_from(
        silent_batches.outerjoin(silent_rows, silent_rows.c.batch == silent_batches.c.name)
    )
    .group_by(silent_batches.c.name, silent_batches.c.until)
    .order_by(silent_batches.c.name),
    SilentBatch,
)


def silent_batch_list(transaction: Transaction) -> list[SilentBatch]:
    """All silent batches, by name."""
    return _list(transaction)


def silenced(transaction: Transaction, notices: list[Notice]) -> dict[int, str]:
    """The notices of which nobody is told, each with its batch: at least one of their rows is
    silent.

    What counts is when it happened; where no event made the notice, when it came up.
    """
    latest = _latest(transaction)
    if latest is None:
        return {}
    asked = [notice for notice in notices if notice.created <= latest + _GATHERED_WITHIN]
    numbers = sorted({each.cause.event for each in asked if each.cause.event is not None})
    happened = dict(_happened(transaction, numbers)) if numbers else {}
    found: dict[int, str] = {}
    for noun in Basis:
        wanted = sorted({each for notice in asked for each in _rows(notice, noun)})
        if not wanted:
            continue
        silent = {
            row_id: (name, until) for row_id, name, until in _FOUND[noun](transaction, wanted)
        }
        for notice in asked:
            for row_id in _rows(notice, noun):
                name, until = silent.get(row_id, ("", None))
                at = happened.get(notice.cause.event, notice.created)
                if until is not None and at <= until:
                    found[notice.id] = name
    return found


def _rows(notice: Notice, noun: Basis) -> tuple[int, ...]:
    if noun is Basis.PATRON:
        return () if notice.patron_id is None else (notice.patron_id,)
    assert noun.value in NOUNS
    return notice.cause.rows(noun.value)
