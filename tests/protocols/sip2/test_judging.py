"""An account that judges: every message is answered as it would be, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from catalogue.database import Database, Transaction, metadata
from protocols.sip2.handlers import HANDLERS
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import Library, a_library
from tests.builders.tables import rows_of
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account
from tests.protocols.sip2.test_authority import CARD, MESSAGES, a_person

#: Of payments that were undone numbers are used up, too.
_NUMBER_OF_PAYMENT = re.compile(rb"BK[0-9]+\|")
_TABLES = {name: rows_of(table) for name, table in metadata.tables.items()}


def everything(library: Library) -> dict[str, list[str]]:
    def work(transaction: Transaction) -> dict[str, list[str]]:
        return {name: sorted(map(repr, rows(transaction))) for name, rows in _TABLES.items()}

    return library.read(work)


def a_line(library: Library, **options: Any) -> Terminal:
    settings = Sip2Settings(accounts=(an_account(kind="desk", **options),), repeats_within=0)
    terminal = Terminal(library, settings)
    assert terminal.ask(LOGIN) == b"941\r"
    return terminal


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


@pytest.fixture
def judging(library: Library) -> Iterator[Terminal]:
    terminal = a_line(library, judges=True, show_amount_owed=True, print_lines="receipt")
    yield terminal
    terminal.close()


@pytest.fixture
def ordinary(library: Library) -> Iterator[Terminal]:
    terminal = a_line(library, show_amount_owed=True, print_lines="receipt")
    yield terminal
    terminal.close()


def test_all_messages_are_answered_as_they_would_be(
    library: Library, judging: Terminal, ordinary: Terminal
) -> None:
    library.policy(loan_days=28, renewals=9, renewal_from="due")
    a_person(library, library.main)
    assert set(MESSAGES) == set(HANDLERS)
    for kind, several in MESSAGES.items():
        for said in several:
            if said.before is not None:
                said.before(ordinary)
            for pin in ("AD1234|", "", "AD0000|"):
                message = said.text.format(aa=CARD, ad=pin).encode()
                before = everything(library)
                judged = without_number(judging.ask(message))
                assert without_number(judging.ask(message)) == judged, kind
                assert everything(library) == before, kind
                assert judged == without_number(ordinary.ask(message)), message
                library.pass_time(seconds=10)


def without_number(answer: bytes) -> bytes:
    return _NUMBER_OF_PAYMENT.sub(b"BK|", answer)
