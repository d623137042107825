"""Reports as files: there as a whole or not at all, never written through a link that somebody has
laid, and harmless to a spreadsheet that takes what begins with = for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

#: What a spreadsheet reckons with, and numbers, which may begin like it.
_FORMULA: Final = re.compile("[=+@\t\r-]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?", re.ASCII)


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A file to write to, which takes the place of what was at `path` when all is written; until
    then, and where it breaks off, it stands beside it as ``.part``."""
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    with partial.open("x", encoding="utf-8", newline="") as file:
        yield file
    partial.replace(path)


def cell(text: str) -> str:
    """A text as a cell that is a text."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def text_in(cell: str) -> str:
    """The text that `cell` has made this of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
