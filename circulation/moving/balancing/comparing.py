"""Both sheets side by side: what the files have, less what was set aside, is what there must be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from circulation.kernel.spreadsheets import TableWriter
from circulation.moving.balancing.figures import LOAN_CHECKSUM, QUEUE_CHECKSUM, Figure, Sheet
from circulation.moving.balancing.from_files import FilesSheet
from circulation.moving.reports import new_file


class Balance(NamedTuple):
    """A line of the sheet. `difference` is nothing where all is well; `why` tells what was set
    aside of it for which reason."""

    measure: str
    branch: str
    what: str
    files: int
    set_aside: int
    database: int
    difference: int
    why: str


def balance(files: FilesSheet, database: Sheet) -> list[Balance]:
    """All lines, by measure, branch and kind."""
    return [
        _line(figure, files, database)
        for figure in sorted({*files.all, *database})
        if files.all[figure] or database[figure]
    ]


def _line(figure: Figure, files: FilesSheet, database: Sheet) -> Balance:
    told, aside, there = files.all[figure], files.aside[figure], database[figure]
    difference = told - aside - there
    if figure in (LOAN_CHECKSUM, QUEUE_CHECKSUM):
        difference %= 2**61 - 1
        why = ""
    else:
        reasons = files.reasons.get(figure, Sheet())
        why = ", ".join(f"{reason.measure} {count}" for reason, count in sorted(reasons.items()))
    return Balance(*figure, told, aside, there, difference, why)


def write_sheet(path: Path, lines: Sequence[Balance]) -> None:
    """The whole sheet, tab-separated, to be signed and kept."""
    with new_file(path) as file:
        writer = TableWriter(file, Balance._fields, delimiter="\t")
        for line in lines:
            writer.write(line)
