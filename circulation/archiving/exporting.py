"""Writes an archive from one snapshot of a database, while the library goes on working."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from sqlalchemy import Column, Table, func, select, tuple_

from catalogue.database import Database, Statement, Transaction, Work, many, scalar_one, taking
from catalogue.schema import records
from circulation.archiving.forms import FORMS, Row
from circulation.archiving.manifest import ArchivedFile, Manifest, digest_of, write_manifest
from circulation.archiving.tables import archived_columns, archived_tables
from circulation.kernel.models import row_of

T = TypeVar("T")

#: Rows that are read at once.
PAGE: Final = 2_000

#: Takes the table that is being written, the rows written so far of all tables, and their total.
Progress = Callable[[str, int, int], None]


def export(
    database: Database,
    folder: Path,
    *,
    revision: str,
    now: datetime,
    form: str = "jsonl",
    on_progress: Progress = lambda table, rows, of: None,
) -> Manifest:
    """Writes everything the database holds into the folder, which must be new or empty.

    There is a file for each table, in one of the `FORMS`; the records themselves are in ISO 2709, a
    file for each format, in the order of their rows. Raises FileExistsError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it has personal data
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")

    def work(transaction: Transaction) -> dict[str, int]:
        with ExitStack() as files:
            marc: dict[str, IO[bytes]] = {}
            written: dict[str, int] = {}
            of = sum(count_rows(table)(transaction) for table in archived_tables())
            done = 0
            for table in archived_tables():
                name = f"{table.name}.{form}"
                file = files.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
                rows = _rows(transaction, table, done, of, on_progress)
                if table is records:
                    rows = _apart(rows, folder, marc, files, written)
                written[name] = FORMS[form].write(file, archived_columns(table.columns), rows)
                done += written[name]
            return written

    rows = _in_one_snapshot(database, work).result()
    files = {
        name: ArchivedFile(count, digest_of(folder / name)) for name, count in sorted(rows.items())
    }
    manifest = Manifest(revision, form, now.isoformat(), files=files)
    write_manifest(folder, manifest)
    return manifest


def _in_one_snapshot(database: Database, work: Work[T]) -> Future[T]:
    """Runs work that reads a lot. On PostgreSQL each statement of a read has its own snapshot; only
    a transaction that asks for it has a single one."""
    if database.dialect != "postgresql":
        return database.read(work, wide=True)

    def repeatable(transaction: Transaction) -> T:
        transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())
        return work(transaction)

    return database.write(repeatable)


def count_rows(table: Table) -> Callable[[Transaction], int]:
    """A statement that counts the rows of the table."""

    @scalar_one(int)
    def count() -> Statement:
        return select(func.count()).select_from(table)

    return count


def _rows(
    transaction: Transaction, table: Table, done: int, of: int, on_progress: Progress
) -> Iterator[Row]:
    """The rows of a table in the order of its key; `done` rows of others precede them."""
    key: list[Column[Any]] = list(table.primary_key.columns)
    after: dict[str, Any] = {}
    while page := _page(table, after)(transaction, **after):
        yield from page
        done += len(page)
        on_progress(table.name, done, of)
        if len(page) < PAGE:
            return
        after = {f"after_{column.name}": getattr(page[-1], column.name) for column in key}


def _page(table: Table, after: Iterable[str]) -> Callable[..., list[Any]]:
    """A statement for the rows after a key whose columns have these names; without, the first."""
    key: list[Column[Any]] = list(table.primary_key.columns)
    rows = select(*table.columns).order_by(*key).limit(PAGE)
    row = row_of(*table.columns.keys())

    @many(row)
    def first() -> Statement:
        return rows

    @many(row)
    @taking(*after)
    def following(**after: Any) -> Statement:
        return rows.where(tuple_(*key) > tuple_(*after.values()))

    return following if after else first


def _apart(
    rows: Iterator[Row],
    folder: Path,
    marc: dict[str, IO[bytes]],
    files: ExitStack,
    written: dict[str, int],
) -> Iterator[Row]:
    """The rows with the length of each record in its place; the records go to their own files."""
    names = records.columns.keys()
    format_at, data_at = names.index("format"), names.index("data")
    for row in rows:
        name = marc_name(row[format_at])
        if name not in marc:
            marc[name] = files.enter_context((folder / name).open("wb"))
            written[name] = 0
        marc[name].write(row[data_at])
        written[name] += 1
        yield (*row[:data_at], len(row[data_at]), *row[data_at + 1 :])


def marc_name(record_format: str) -> str:
    """The file of the records of a format."""
    return f"records-{record_format}.mrc"
