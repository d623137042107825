"""The table of loads: which files were loaded, and how far.

A file is known by the digest of its bytes, wherever it lies and whatever it is called.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, text, update

from catalogue.database import Moment, Transaction, change, one, scalar, send
from catalogue.schema import loads

#: Records that make a difference to how a database should look for things.
MANY = 5_000


class LoadedElsewhere(RuntimeError):
    """Another process is loading the same file at the same time."""


class Load(NamedTuple):
    """One file's row: `position` records of it are dealt with; `finished` when it was read out."""

    id: int
    position: int
    finished: datetime | None


_find = one(
    select(loads.c.id, loads.c.position, loads.c.finished).where(
        loads.c.digest == bindparam("digest")
    ),
    Load,
    "digest",
)
_begin = scalar(
    insert(loads)
    .values(
        digest=bindparam("digest"),
        name=bindparam("name"),
        position=0,
        rejected=0,
        started=bindparam("started", type_=Moment),
    )
    .returning(loads.c.id),
    "digest",
    "name",
    "started",
)
_advance = change(
    update(loads)
    .where(loads.c.id == bindparam("load_id"), loads.c.position == bindparam("before"))
    .values(position=bindparam("after"), rejected=loads.c.rejected + bindparam("refused")),
    "load_id",
    "before",
    "after",
    "refused",
)
#: What PostgreSQL plans by; by itself it counts the rows of a table some time after it has grown.
_count_rows = send(text("ANALYZE records, sort_keys, postings"))
_finish = change(
    update(loads)
    .where(loads.c.id == bindparam("load_id"))
    .values(finished=bindparam("finished", type_=Moment)),
    "load_id",
    "finished",
)


def digest_of(path: Path) -> str:
    """The digest (BLAKE2b, 32 bytes, hexadecimal) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def begin(transaction: Transaction, digest: str, name: str, now: datetime) -> Load:
    """The row of a file, made if there is none."""
    found = _find(transaction, digest)
    return found or Load(_begin(transaction, digest, name, now), 0, None)


def advance(transaction: Transaction, load_id: int, before: int, after: int, refused: int) -> None:
    """Moves a load on, in the transaction that stores the records; raises LoadedElsewhere."""
    if _advance(transaction, load_id, before, after, refused) != 1:
        raise LoadedElsewhere("another process is loading this file")


def finish(transaction: Transaction, load_id: int, now: datetime, loaded: int = 0) -> None:
    """Notes that a file was read to its end; with so many records `loaded` by this run that the
    database should count its rows anew, has it do so."""
    _finish(transaction, load_id, now)
    if loaded >= MANY and transaction.dialect == "postgresql":
        _count_rows(transaction)
