"""What parts the cells of a file, and whether its first row is a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from circulation.moving.recognition.dates import is_date_form

DELIMITERS: Final = (",", ";", "\t", "|", "^", "~")
NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "stroke", "^": "^", "~": "~"}
_ROWS: Final = 200
#: Characters of a line.
_LONGEST: Final = 100_000
#: A quotation mark that nothing closes makes one cell of the rest.
csv.field_size_limit(max(csv.field_size_limit(), _ROWS * _LONGEST))
_NUMBER: Final = re.compile(r"[\d.,:+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a file are written."""

    delimiter: str
    quote: str
    escape: str
    has_header: bool
    columns: tuple[str, ...]


def tell_layout(path: Path, encoding: str) -> Layout:
    """Return the layout, from the first rows. Raises OSError, and UnicodeError of the encoding."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = [line[:_LONGEST] for line in islice(file, _ROWS)]
    escape = "\\" if any('\\"' in line for line in lines) else ""
    best, delimiter, rows = 0.0, DELIMITERS[0], _rows(lines, DELIMITERS[0], escape)
    for each in DELIMITERS:
        read = _rows(lines, each, escape)
        for width, number in Counter(map(len, read)).most_common(1):
            score = number / len(read) * min(width, 50) ** 0.5
            if width > 1 and score > best:
                best, delimiter, rows = score, each, read
    first = [cell.strip() for cell in rows[0]] if rows else []
    quote = '"' if any('"' in line for line in lines) else ""
    return Layout(delimiter, quote, escape, is_header(first), tuple(first))


def _rows(lines: Sequence[str], delimiter: str, escape: str) -> list[list[str]]:
    read = csv.reader(lines, delimiter=delimiter, escapechar=escape or None)
    return [row for row in read if row]


def is_header(cells: Sequence[str]) -> bool:
    """Return whether the cells are names of columns: all different, none a number or a date."""
    named = [cell for cell in cells if cell]
    return bool(named) and len({*named}) == len(cells) and not any(map(_is_value, named))


def _is_value(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None or is_date_form(cell) or "@" in cell
