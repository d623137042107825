"""Reads an archive into a new database, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Column, Table, delete, func, insert, literal_column, select, update

from catalogue.database import (
    Database,
    Statement,
    Transaction,
    change,
    metadata,
    send,
    send_many,
    taking,
)
from catalogue.schema import records
from circulation.archiving.exporting import Progress, count_rows, marc_name
from circulation.archiving.forms import Columns, Row, UnreadableArchive, form_of
from circulation.archiving.manifest import Manifest, read_manifest
from circulation.archiving.tables import (
    TELLTALE,
    archived_columns,
    archived_tables,
    numbered_column,
    references_to_itself,
)

#: Rows that are written at once.
BATCH: Final = 2_000
_ALL: Final = [(table, list(table.columns)) for table in archived_tables()]


class NotEmpty(Exception):
    """The database already holds a library."""


def import_archive(
    database: Database,
    folder: Path,
    *,
    revision: str,
    on_progress: Progress = lambda table, rows, of: None,
    afterwards: Callable[[Transaction], None] = lambda transaction: None,
    tables_of: Callable[[Transaction], Iterable[tuple[Table, Columns]]] = lambda _: _ALL,
) -> Manifest:
    """Reads an archive into a database of the same revision that holds no library yet.

    `tables_of` gives the tables of the database, each with its columns. Everything is done in one
    transaction, including `afterwards`. The index is not made:
    `catalogue.reindexing.rebuilding.reindex` does that. Raises UnreadableArchive, NotEmpty, and the
    driver's error for rows that contradict each other.
    """
    manifest = read_manifest(folder, (revision,))

    def work(transaction: Transaction) -> None:
        for name in TELLTALE:
            if count_rows(metadata.tables[name])(transaction):
                raise NotEmpty(f"the database has {name} already")
        tables = list(tables_of(transaction))
        for table, _ in tables:
            if f"{table.name}.{manifest.form}" not in manifest.files:
                raise UnreadableArchive(f"{folder}: no file of {table.name} in the manifest")
        for table, _ in reversed(tables):  # of what the migrations have put there
            _emptying(table)(transaction)
        of = sum(manifest.files[f"{each.name}.{manifest.form}"].rows for each, _ in tables)
        done = 0
        for table, columns in tables:

            def tell(name: str, rows: int, before: int = done) -> None:
                on_progress(name, before + rows, of)

            done += _read(transaction, table, columns, folder, manifest, tell)
        afterwards(transaction)

    database.write(work).result()
    return manifest


def _read(
    transaction: Transaction,
    table: Table,
    columns: Columns,
    folder: Path,
    manifest: Manifest,
    tell: Callable[[str, int], None],
) -> int:
    """Reads the file of a table and returns the number of its rows."""
    name = f"{table.name}.{manifest.form}"
    with ExitStack() as files:
        file = files.enter_context((folder / name).open(encoding="utf-8", newline=""))
        rows = form_of(manifest.form, manifest.layout).read(file, archived_columns(columns))
        if table is records:
            rows = _with_data(rows, columns, folder, files)
        count = _insert(transaction, table, columns, rows, tell)
    if count != manifest.files[name].rows:
        raise UnreadableArchive(f"{folder / name} has {count} rows, not as the manifest says")
    _go_on_numbering(transaction, table)
    return count


def _insert(
    transaction: Transaction,
    table: Table,
    columns: Columns,
    rows: Iterator[Row],
    tell: Callable[[str, int], None],
) -> int:
    """Writes the rows; a reference to a later row is set when that row is there."""
    names = [column.name for column in columns]

    @send_many
    @taking(*names)
    def write(**row: Any) -> Statement:
        return insert(table).values(row)

    inward = [names.index(each.name) for each in references_to_itself(table) if each.name in names]
    key = names.index(table.primary_key.columns[0].name) if inward else 0
    seen: set[Any] = set()
    waiting: list[tuple[int, Any, Any]] = []

    def in_order(row: Row) -> Row:
        fitting = list(row)
        seen.add(row[key])
        for place in inward:
            if row[place] is not None and row[place] not in seen:
                waiting.append((place, row[key], row[place]))
                fitting[place] = None
        return fitting

    count = 0
    while batch := list(islice(rows, BATCH)):
        write(transaction, [in_order(row) for row in batch] if inward else batch)
        count += len(batch)
        tell(table.name, count)
    for place, own, other in waiting:
        set_reference = _set_reference(table.c[names[place]], table.c[names[key]])
        set_reference(transaction, own=own, other=other)
    return count


def _emptying(table: Table) -> Callable[[Transaction], None]:
    @send
    def empty() -> Statement:
        return delete(table)

    return empty


@cache
def _set_reference(column: Column[Any], key: Column[Any]) -> Callable[..., int]:
    @change
    def set_reference(*, own: Any, other: Any) -> Statement:
        return update(column.table).where(key == own).values({column: other})

    return set_reference


def _with_data(
    rows: Iterator[Row], columns: Columns, folder: Path, files: ExitStack
) -> Iterator[Row]:
    """The rows of records with their bytes in place of their lengths."""
    names = [column.name for column in columns]
    format_at, data_at = names.index("format"), names.index("data")
    marc: dict[str, IO[bytes]] = {}
    for row in rows:
        name = marc_name(row[format_at])
        if name not in marc:
            if not (folder / name).is_file():
                raise UnreadableArchive(f"{folder / name} is missing")
            marc[name] = files.enter_context((folder / name).open("rb"))
        data = marc[name].read(row[data_at])
        if len(data) != row[data_at]:
            raise UnreadableArchive(f"{folder / name} ends too early")
        yield (*row[:data_at], data, *row[data_at + 1 :])


def _go_on_numbering(transaction: Transaction, table: Table) -> None:
    """Makes PostgreSQL continue with a free number; SQLite does so by itself."""
    column = numbered_column(table)
    if column is None or transaction.dialect != "postgresql":
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    highest = func.max(column)
    value = func.setval(sequence, func.coalesce(highest, literal_column("1")), highest.is_not(None))

    @send
    def go_on() -> Statement:
        return select(value)

    go_on(transaction)
