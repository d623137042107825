"""The table of loads: which files were loaded, and how far.

A file is known by the digest of its bytes, wherever it lies and whatever it is called.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import insert, select, text, update

from catalogue.database import Statement, Transaction, change, columns, one, scalar_one, send
from catalogue.schema import loads

#: From this many records on, the database should count its rows anew.
MANY = 5_000


class LoadedElsewhere(RuntimeError):
    """Another process is loading the same file at the same time."""


class Load(NamedTuple):
    """One file's row: `position` records of it are dealt with; `finished` when it was read out."""

    id: int
    position: int
    finished: datetime | None


@one(Load)
def _find(*, digest: str) -> Statement:
    return select(*columns(Load, loads)).where(loads.c.digest == digest)


@scalar_one(int)
def _begin(*, digest: str, name: str, started: datetime) -> Statement:
    return insert(loads).values(**locals(), position=0, rejected=0).returning(loads.c.id)


@change
def _advance(*, load_id: int, before: int, after: int, refused: int) -> Statement:
    return (
        update(loads)
        .where(loads.c.id == load_id, loads.c.position == before)
        .values(position=after, rejected=loads.c.rejected + refused)
    )


#: What PostgreSQL plans by; by itself it counts the rows of a table some time after it has grown.
@send
def _count_rows() -> Statement:
    return text("ANALYZE records, sort_keys, postings")


@change
def _finish(*, load_id: int, finished: datetime | None) -> Statement:
    return update(loads).where(loads.c.id == load_id).values(finished=finished)


def digest_of(path: Path) -> str:
    """The digest (BLAKE2b, 32 bytes, hexadecimal) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def begin(transaction: Transaction, digest: str, name: str, now: datetime) -> Load:
    """The row of a file, made if there is none."""
    found = _find(transaction, digest=digest)
    return found or Load(_begin(transaction, digest=digest, name=name, started=now), 0, None)


def advance(transaction: Transaction, load_id: int, before: int, after: int, refused: int) -> None:
    """Moves a load on, in the transaction that stores the records; raises LoadedElsewhere."""
    if _advance(transaction, load_id=load_id, before=before, after=after, refused=refused) != 1:
        raise LoadedElsewhere("another process is loading this file")


def finish(transaction: Transaction, load_id: int, now: datetime, loaded: int = 0) -> None:
    """Notes that a file was read to its end; with so many records `loaded` by this run that the
    database should count its rows anew, has it do so."""
    _finish(transaction, load_id=load_id, finished=now)
    if loaded >= MANY and transaction.dialect == "postgresql":
        _count_rows(transaction)
