"""What was set aside, in a file for people and for the balancing sheet: a line for each row.

    kind  outcome  file  line  key  reason  detail

What the other system calls a row stands in it, a national number never, nor anything that a person
is known by.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from circulation.kernel.spreadsheets import TableWriter, unescape_cell
from circulation.moving.reports import new_file
from circulation.moving.rows import Fault
from circulation.patrons.identifiers import is_hashed

HEADINGS: Final = ("kind", "outcome", "file", "line", "key", "reason", "detail")
SET_ASIDE: Final = "set aside"
_NOTED: Final = "noted"


class SetAside(NamedTuple):
    """A line of the file."""

    kind: str
    outcome: str
    file: str
    line: str
    key: str
    reason: str
    detail: str


@contextmanager
def writing(path: Path) -> Iterator[Callable[[str, Fault], None]]:
    """Takes every fault of a move, with its kind, into a new file at `path`."""
    with new_file(path) as file:
        writer = TableWriter(file, HEADINGS, delimiter="\t")

        def write(kind: str, fault: Fault) -> None:
            outcome = _NOTED if fault.is_noted else SET_ASIDE
            key = "/".join("" if is_hashed(part) else part for part in fault.key.split("/"))
            line = SetAside(
                kind,
                outcome,
                fault.place.file,
                str(fault.place.line),
                key,
                fault.reason,
                fault.detail,
            )
            writer.write(line)

        yield write


def read_set_aside(path: Path) -> Iterator[SetAside]:
    """The rows that are not in, of the file that `writing` made."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t")
        next(rows, None)
        for row in rows:
            line = SetAside._make(map(unescape_cell, row))
            if line.outcome == SET_ASIDE:
                yield line
