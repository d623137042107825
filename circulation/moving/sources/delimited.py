"""CSV and its kin: any columns, delimiter and encoding; a broken row takes no other with it.

A quotation mark that nothing closes would make one row of the rest of the file, so lines are joined
only where they are a row together, at most `LONGEST` of them.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from circulation.kernel.spreadsheets import unescape_cell
from circulation.moving.plans import KindPlan
from circulation.moving.sources.rows import Line, UnreadableFile

#: Lines that one row may take: notes have line ends in them.
LONGEST: Final = 50
#: Characters of a line; what is longer is no row, and is not kept.
LONGEST_LINE: Final = 1_000_000
#: Characters of a cell.
LONGEST_CELL: Final = 131_072
_TOO_LONG: Final = "a cell that is too long"
_ENDS: Final = ("\n", "\r")
#: The limit of the csv module is the process's.
csv.field_size_limit(max(csv.field_size_limit(), LONGEST * LONGEST_LINE))


class Delimited:
    """A file as `plan` describes it. Raises UnreadableFile where it has no header."""

    def __init__(self, path: Path, plan: KindPlan, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self._quote, self._escape = plan.quote, plan.escape
        self._dialect: dict[str, Any] = {
            "delimiter": plan.delimiter,
            "strict": True,
            "quoting": csv.QUOTE_MINIMAL if plan.quote else csv.QUOTE_NONE,
            "quotechar": plan.quote or None,
            "escapechar": plan.escape or None,
        }
        self._has_apostrophes = plan.has_apostrophes
        self._has_header = not plan.columns
        self.columns = list(plan.columns) or self._header()

    def _header(self) -> list[str]:
        first = next(self._rows(), None)
        if first is None:
            raise UnreadableFile("the file is empty")
        if first.fault:
            raise UnreadableFile(f"its header cannot be read: {first.fault}")
        return [each.strip() for each in first.cells]

    def lines(self) -> Iterator[Line]:
        rows = self._rows()
        if self._has_header:
            next(rows)
        width = len(self.columns)
        for row in rows:
            if not row.fault and len(row.cells) != width:
                fault = f"{len(row.cells)} cells in place of {width}"
                yield Line(row.number, (), fault)
            else:
                yield row

    def _rows(self) -> Iterator[Line]:
        """All rows, the header among them; blank lines are none."""
        for number, text in self._records():
            if len(text) >= LONGEST_LINE and not text.endswith(_ENDS):
                yield Line(number, (), f"a line of more than {LONGEST_LINE:,} characters")
                continue
            if not text.strip():
                continue
            try:
                text.encode()
                [cells] = csv.reader([text], **self._dialect)
            except UnicodeEncodeError:
                yield Line(number, (), f"not in {self._encoding}")
            except ValueError:
                yield Line(number, (), "no row of cells")
            except csv.Error:
                yield Line(number, (), "quotation marks that do not fit")
            else:
                is_long = any(len(cell) > LONGEST_CELL for cell in cells)
                if self._has_apostrophes:
                    cells = [unescape_cell(cell) for cell in cells]
                yield Line(number, (), _TOO_LONG) if is_long else Line(number, cells)

    def _records(self) -> Iterator[tuple[int, str]]:
        """The lines, joined where a quotation mark is open."""
        waiting: deque[str] = deque()
        number = 1
        with self._path.open(encoding=self._encoding, errors="surrogateescape", newline="") as file:
            while True:
                text = waiting.popleft() if waiting else _line(file)
                if not text:
                    return
                more: list[str] = []
                while self._is_open(text) and len(more) < LONGEST:
                    following = waiting.popleft() if waiting else _line(file)
                    if not following:
                        break
                    more.append(following)
                    text += following
                if more and not self._is_row(
                    text
                ):  # nothing closes it: the first line stands alone
                    waiting.extendleft(reversed(more))
                    text, more = text[: len(text) - sum(map(len, more))], []
                yield number, text
                number += 1 + len(more)

    def _is_row(self, text: str) -> bool:
        try:
            return not self._is_open(text) and len(list(csv.reader([text], **self._dialect))) == 1
        except csv.Error:
            return False

    def _is_open(self, text: str) -> bool:
        if not self._quote:
            return False
        if self._escape:
            text = text.replace(self._escape + self._quote, "")
        return text.count(self._quote) % 2 == 1


def _line(file: TextIO) -> str:
    """The next line; of one that is too long its beginning, and the rest is passed over."""
    text = file.readline(LONGEST_LINE)
    rest = text
    while len(rest) == LONGEST_LINE and not rest.endswith(_ENDS):
        rest = file.readline(LONGEST_LINE)
    return text
