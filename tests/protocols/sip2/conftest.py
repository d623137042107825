"""A library and a logged-in terminal in its main branch, on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalogue.database import open_database
from protocols.sip2.settings import Account, Sip2Settings
from tests.builders.circulation import Library, a_library
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account

ATerminal = Callable[..., Terminal]


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    database = open_database(sqlite_url)
    yield a_library(database)
    database.close()


@pytest.fixture
def a_terminal(library: Library) -> Iterator[ATerminal]:
    """Makes terminals: of one account with these options, or of these settings."""
    made: list[Terminal] = []

    def make(*, logged_in: bool = True, settings: Any = None, **account: Any) -> Terminal:
        accounts: tuple[Account, ...] = (an_account(**account),)
        terminal = Terminal(library, Sip2Settings(accounts=accounts, **(settings or {})))
        made.append(terminal)
        if logged_in:
            assert terminal.ask(LOGIN).rstrip(b"\n") == b"941\r"
            terminal.requests = 0
        return terminal

    yield make
    for terminal in made:
        terminal.close()


@pytest.fixture
def terminal(a_terminal: ATerminal) -> Terminal:
    return a_terminal()
