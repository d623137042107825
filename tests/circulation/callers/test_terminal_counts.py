"""Counts of what machines send add up, whoever writes them down."""

from __future__ import annotations

from catalogue.database import Database
from circulation.callers.terminal_counts import TerminalCount, add_counts, all_counts
from tests.builders.circulation import a_library


def test_counts_add_up(database: Database) -> None:
    library = a_library(database)
    first = library.now
    library.write(
        lambda transaction: add_counts(
            transaction, {("kiosk", "received 11"): 2, ("", "unknown message"): 1}, now=library.now
        )
    )
    library.pass_time(minutes=1)
    library.write(
        lambda transaction: add_counts(transaction, {("kiosk", "received 11"): 3}, now=library.now)
    )
    assert library.read(all_counts) == [
        TerminalCount("", "unknown message", 1, first),
        TerminalCount("kiosk", "received 11", 5, library.now),
    ]
