"""Tables of text that spreadsheets open: every file of delimited cells is written here.

A spreadsheet computes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end, and
some compute their full-width forms too. Such a text gets an apostrophe in front, which a
spreadsheet reads as "this is text". Numbers stay numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

#: Apostrophes count, so that `unescape_cell` gives back every text.
_FORMULA: Final = re.compile("'*[=+@\t\r\n\uff0b\uff0d\uff1d\uff20-]")
_END: Final = "\r\n"
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?", re.ASCII)


def escape_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet computes."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescape_cell(cell: str) -> str:
    """Return the text that `escape_cell` has made a cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


class _Rows:
    """A file that takes rows as `csv` writes them, and ends each in its own way.

    `csv` puts a cell in quotation marks only for the characters of its own line end.
    """

    def __init__(self, file: TextIO, line_end: str) -> None:
        self._file, self._line_end = file, line_end

    def write(self, row: str) -> None:
        self._file.write(row.removesuffix(_END) + self._line_end)


class TableWriter:
    """Rows of cells in a file, with a line of names first. Texts are escaped."""

    def __init__(
        self, file: TextIO, names: Sequence[str], *, delimiter: str = ",", line_end: str = "\n"
    ) -> None:
        self._names = names
        self._writer = csv.writer(_Rows(file, line_end), delimiter=delimiter, lineterminator=_END)
        self._writer.writerow(names)

    def write(self, cells: Iterable[Any]) -> None:
        """Write a row, in the order of the names. None is an empty cell."""
        self._writer.writerow(
            [escape_cell(each) if isinstance(each, str) else each for each in cells]
        )

    def write_named(self, row: Mapping[str, Any]) -> None:
        """Write a row whose cells go by their names; one that is missing is empty."""
        if unknown := row.keys() - set(self._names):
            raise ValueError(f"no columns of this table: {', '.join(sorted(unknown))}")
        self.write(row.get(name) for name in self._names)
