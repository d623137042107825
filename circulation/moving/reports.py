"""Reports as files: there as a whole or not at all, and never written through a link that another
user has laid; and how their numbers are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A file to write to, which takes the place of what was at `path` when all is written; until
    then, and where it breaks off, it stands beside it as ``.part``."""
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    with partial.open("x", encoding="utf-8", newline="") as file:
        yield file
    partial.replace(path)


def describe_count(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s in the plural: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
