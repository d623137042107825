"""The same cycle on each kind of database: what SIP2 answers does not depend on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database
from circulation.pins import hash_pin
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


@pytest.fixture
def terminal(library: Library) -> Iterator[Terminal]:
    terminal = Terminal(library, Sip2Settings(accounts=(an_account(),)))
    yield terminal
    terminal.close()


def test_a_cycle(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library, pin_hash=hash_pin("1234")), an_item(library)
    date = "20261125    120000"
    who, what = f"AODK-900100|AA{card}|", f"AB{item}|"
    cycle = [
        (LOGIN.decode(), "941"),
        ("9900802.00", "98YYYYYY"),
        (f"23001{date}{who}AC|AD1234|", f"24{' ' * 14}009"),
        (f"17{date}AO|{what}", "1803"),
        (f"11NN{date}{date}{who}{what}AC|AD1234|", "121NNY"),
        (f"11NN{date}{date}{who}{what}AC|AD1234|", "121NNY"),  # a retry
        (f"11NN{date}{date}{who}{what}AC|AD1234|BON|", "120NNN"),
        (f"63001{date}  Y       {who}AD1234|", f"64{' ' * 14}009{date}000000000001"),
        (f"29NN{date}{date}{who}{what}", "300NNN"),
        (f"65{date}{who}", "6610000" + "0001"),
        (f"09N{date}{date}AP|AO|{what}AC|", "101YNN"),
        (f"17{date}AO|{what}", "1803"),
        (f"35{date}{who}", "36Y"),
    ]
    for message, expected in cycle:
        assert terminal.ask(message.encode()).decode().startswith(expected)
    assert [event.kind.value for event in library.events_of(item)] == [
        "checked_out",
        "checked_in",
    ]


def test_pipelined_writes_keep_their_order(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    assert terminal.ask(LOGIN) == b"941\r"
    out = f"11NN{' ' * 36}AO|AA{card}|AB{item}|AC|\r".encode()
    back = f"09N{' ' * 36}AP|AO|AB{item}|AC|\r".encode()
    answers = terminal.feed((out + back) * 10).split(b"\r")
    assert [answer[:3] for answer in answers[:-1]] == [b"121", b"101"] * 10
