"""The two forms in which the rows of a table are written: JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TextIO

from sqlalchemy import Column

from circulation.archiving.values import cell, from_cell, reader, written
from circulation.kernel.spreadsheets import TableWriter, unescape_cell

Columns = Sequence[Column[object]]
Row = Sequence[Any]


class UnreadableArchive(Exception):
    """The archive is incomplete or of another version; the message says what is wrong where."""


class Form(NamedTuple):
    """How rows are written to a file and read from it, in the order of the columns."""

    write: Callable[[TextIO, Columns, Iterable[Row]], int]
    read: Callable[[TextIO, Columns], Iterator[Row]]


def _write_lines(file: TextIO, columns: Columns, rows: Iterable[Row]) -> int:
    names, count = [column.name for column in columns], 0
    for row in rows:
        facts = dict(zip(names, map(written, row), strict=True))
        file.write(json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n")
        count += 1
    return count


def _read_lines(file: TextIO, columns: Columns) -> Iterator[Row]:
    readers = [(column.name, reader(column)) for column in columns]
    for number, line in enumerate(file, 1):
        try:
            facts = json.loads(line)
            if len(facts) != len(readers):
                raise ValueError("it has other columns")
            yield [read(facts[name]) for name, read in readers]
        except (ValueError, TypeError, KeyError) as error:
            raise UnreadableArchive(f"{file.name}, line {number}: {error}") from error


def _write_csv(file: TextIO, columns: Columns, rows: Iterable[Row]) -> int:
    writer, count = TableWriter(file, [column.name for column in columns]), 0
    for row in rows:
        writer.write(map(cell, row))
        count += 1
    return count


def _read_csv(file: TextIO, columns: Columns) -> Iterator[Row]:
    return _read_cells(file, columns, unescape_cell)


def _read_plain_csv(file: TextIO, columns: Columns) -> Iterator[Row]:
    """Read the files of archives whose layout is 1: no cell of them is escaped."""
    return _read_cells(file, columns, str)


def _read_cells(file: TextIO, columns: Columns, text_of: Callable[[str], str]) -> Iterator[Row]:
    rows = csv.reader(file)
    names = [column.name for column in columns]
    readers = [(column.name, from_cell(column)) for column in columns]
    header = next(rows, [])
    if sorted(header) != sorted(names):  # earlier releases may have had another order
        raise UnreadableArchive(f"{file.name}: the columns are not {', '.join(names)}")
    for row in rows:
        try:
            cells = dict(zip(header, map(text_of, row), strict=True))
            yield [read(cells[name]) for name, read in readers]
        except (ValueError, KeyError) as error:
            raise UnreadableArchive(f"{file.name}, line {rows.line_num}: {error}") from error


#: By the extension of the files.
FORMS: Final[dict[str, Form]] = {
    "jsonl": Form(_write_lines, _read_lines),
    "csv": Form(_write_csv, _read_csv),
}


def form_of(extension: str, layout: int) -> Form:
    """Return the form of the files of an archive of that layout."""
    form = FORMS[extension]
    return form._replace(read=_read_plain_csv) if extension == "csv" and layout < 2 else form


csv.field_size_limit(1 << 30)
