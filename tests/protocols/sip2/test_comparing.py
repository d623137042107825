"""What a proxy that compares two systems is told besides: cards, and branch and end of loans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalogue.database import Database
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.protocols.sip2.terminals import Terminal
from tests.protocols.sip2.test_judging import a_line

DATE = "20261125    120000"
Line = Callable[..., Terminal]


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


@pytest.fixture
def line(library: Library) -> Iterator[Line]:
    lines = []

    def made(**options: Any) -> Terminal:
        lines.append(a_line(library, **options))
        return lines[-1]

    yield made
    for each in lines:
        each.close()


def cards(terminal: Terminal, after: str) -> list[str]:
    answer = terminal.ask(f"63000{DATE}{' ' * 10}AO|AA|AC|AD|QN{after}|".encode()).decode()
    return [part[2:] for part in answer.split("|") if part.startswith("QP")]


def test_cards_are_listed_page_by_page_for_a_proxy_alone(library: Library, line: Line) -> None:
    known = sorted(a_patron(library) for _ in range(52))
    judge = line(judges=True)
    assert cards(judge, "") == known[:50]
    assert cards(judge, known[49]) == known[50:]
    assert cards(judge, known[-1]) == []
    assert cards(line(), "") == []


def test_an_item_says_where_it_is_lent_or_until_when_it_was(library: Library, line: Line) -> None:
    item = an_item(library)
    library.check_out(a_patron(library), item, at=library.other)
    asked = f"17{DATE}AO|AB{item}|QCY|".encode()
    judge, ordinary = line(judges=True), line()
    assert b"|QBDK-900102|" in judge.ask(asked)
    library.pass_time(days=1)
    library.check_in(item)
    told = judge.ask(asked)
    assert b"|QE20" in told
    assert b"|QB" not in told
    assert b"|QE" not in judge.ask(asked.replace(b"QCY|", b""))
    assert b"|QE" not in ordinary.ask(asked)
