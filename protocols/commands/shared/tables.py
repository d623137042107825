"""Tables for people: in colour where a terminal is there, plain in a pipe. NO_COLOR is honoured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

#: Columns of a table that goes into a pipe or a file.
_WIDTH: Final = 100


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table, as wide as the terminal; longer cells are folded."""
    _console().print(_table(headings, rows))


def print_if_it_fits(facts: Sequence[Mapping[str, str]]) -> bool:
    """Prints facts of one kind as a table where a terminal is there and wide enough.

    False, and nothing printed, where not: what reads a pipe finds names and values there.
    """
    import sys

    if len(facts) < 2 or not sys.stdout.isatty():
        return False
    headings = [
        name
        for name in dict.fromkeys(name for each in facts for name in each)
        if any(each.get(name) for each in facts)
    ]
    console = _console()
    table = _table(headings, ([each.get(name, "") for name in headings] for each in facts))
    from rich.measure import Measurement

    unbounded = console.options.update(max_width=10_000)
    if Measurement.get(console, unbounded, table).maximum > console.width:
        return False
    console.print(table)
    return True


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=_WIDTH, highlight=False)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as text: brackets in a title are no markup
    return table
