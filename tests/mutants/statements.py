"""Which statements a test sends, and which lines of the code wrote the text of each.

The text of a statement is made once in a process, by functions that no later test seems to reach.
So the lines that made it count as reached by each test that sends it, and a mutant of one of them
has the text made again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from catalogue.database import statements

Lines = Mapping[str, frozenset[int]]
#: The statements that were sent, since this was last cleared.
sent: Final[set[Any]] = set()


def watch() -> None:
    """Have each statement note in `sent` that it is sent."""
    write: Callable[[Any], str] = statements._Function._source

    def write_watched(statement: Any) -> str:
        statement._scope["_note"] = lambda: sent.add(statement)
        head, rest = write(statement).split("\n", 1)
        return f"{head}\n    _note()\n{rest}"

    statements._Function._source = write_watched  # type: ignore[method-assign]


def make_texts(files: Mapping[str, str]) -> dict[Any, Lines]:
    """Make the text of each statement again; return the lines of these files that made it.

    `files` gives the path, as it is returned, for the name of a file.
    """
    found: dict[Any, Lines] = {}
    for statement in [*statements._made]:
        forget_texts([statement])
        lines: dict[str, set[int]] = {}
        sys.settrace(_tracer(files, lines))
        try:
            with suppress(Exception):  # words of PostgreSQL, and bad examples of tests
                statement._meet("sqlite")
        finally:
            sys.settrace(None)
        if lines:
            found[statement] = {path: frozenset(each) for path, each in lines.items()}
    return found


def forget_texts(of: Iterable[Any]) -> None:
    """Have these statements make their text again when they are next sent."""
    for statement in of:
        statement._met.clear()
        statement.function.__code__ = statements._unmet.__code__


def find_made(made: Mapping[Any, Lines], path: str, lines: Sequence[int]) -> list[Any]:
    """Return the statements whose text one of these lines makes."""
    return [each for each, by in made.items() if not by.get(path, frozenset()).isdisjoint(lines)]


def _tracer(files: Mapping[str, str], lines: dict[str, set[int]]) -> Callable[..., Any]:
    def note_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines.setdefault(files[frame.f_code.co_filename], set()).add(frame.f_lineno)
        return note_line

    def note_call(frame: FrameType, event: str, _: Any) -> Any:
        return note_line if frame.f_code.co_filename in files else None

    return note_call
