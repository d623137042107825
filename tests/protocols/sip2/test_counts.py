"""What terminals send and get wrong is counted for their account, and staff can see it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalogue.database import open_database
from circulation.callers.terminal_counts import all_counts
from protocols.commands.command_line import tiro
from protocols.sip2.terminals.tally import Tally
from protocols.sip2.wire import deviations
from tests.builders.circulation import Library, a_library
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import LOGIN, PASSWORD, Terminal, with_checksum

DATE = b"20261125    120000"
ITEM = b"17" + DATE + b"AO|ABI1|AC|"


def counted(terminal: Terminal) -> dict[str, int]:
    """The counts of the account, but for messages."""
    counts = terminal.session.tally.take()
    return {
        name: count
        for (account, name), count in counts.items()
        if name[:9] != "received " and account
    }


def test_a_terminal_that_keeps_to_the_standard(terminal: Terminal) -> None:
    terminal.session.tally.take()
    terminal.ask(ITEM)
    terminal.ask(b"11NN" + DATE + DATE + b"AO|AAP1|ABI1|AC|CH|AD|BON|BIN|")
    terminal.ask(b"65" + DATE + b"AO|AAP1|")
    terminal.ask(b"97")
    assert terminal.session.tally.take() == {
        ("kiosk", "received 17"): 1,
        ("kiosk", "received 11"): 1,
        ("kiosk", "received 65"): 1,
        ("kiosk", "received 97"): 1,
    }


@pytest.mark.parametrize(
    ("segments", "names"),
    [
        ([ITEM + b"\n"], {deviations.ENDED_WITH_LF: 1}),
        ([ITEM + b"\r\n"], {deviations.ENDED_WITH_CRLF: 1}),
        ([ITEM + b"\r", b"\n" + ITEM + b"\r", b"\n"], {deviations.ENDED_WITH_CRLF: 2}),
        ([ITEM[:9], ITEM[9:] + b"\r"], {deviations.SPLIT: 1}),
        ([ITEM + b"\r" + ITEM + b"\r"], {deviations.JOINED: 1}),
        ([ITEM[:30] + b"\x02" + ITEM[30:] + b"\r"], {deviations.CONTROL_BYTES: 1}),
        ([ITEM[:-1] + b"\r"], {deviations.NO_LAST_DELIMITER: 1}),
        ([ITEM + b"|\r"], {deviations.EMPTY_FIELD: 1}),
        ([ITEM + b"ABI2|\r"], {deviations.FIELD_TWICE: 1}),
        ([b"17" + DATE + b"ABI1|\r"], {deviations.FIELD_MISSING + "AO": 1}),
        ([ITEM + b"BIN|\r"], {deviations.FIELD_OF_ANOTHER + "BI": 1}),
        ([ITEM + b"ZZ1|ZY2|\r"], {deviations.FIELD_UNKNOWN: 2}),
        ([b"17202611250000120000AO|ABI1|\r"], {deviations.ZONE_OF_ZEROS: 1}),
        ([b"17" + b" " * 18 + b"AO|ABI1|\r"], {deviations.BLANK_DATE: 1}),
        ([b"17yesterday at noon!AO|ABI1|\r"], {deviations.NO_DATE: 1}),
        (
            [ITEM + b"AF\xff\xfe|\r"],
            {deviations.NOT_ITS_CHARSET: 1, "field of another message: AF": 1},
        ),
        ([ITEM + b"AY1AZ0000\r"], {deviations.WRONG_CHECKSUM: 1}),
        ([b"172026\r"], {deviations.CUT_SHORT: 1}),
        ([b"51" + DATE + b"\r"], {deviations.UNKNOWN_MESSAGE: 1}),
        ([b"17" + b"x" * 9000 + b"\r"], {deviations.TOO_LONG: 1}),
        ([with_checksum(ITEM) + b"\r"] * 2, {deviations.SENT_AGAIN: 1}),
        ([b"09N" + DATE + DATE + b"AP|AO|ABX|AC|\r"] * 2, {deviations.SENT_AGAIN: 1}),
    ],
)
def test_each_deviation_is_counted(
    terminal: Terminal, segments: list[bytes], names: dict[str, int]
) -> None:
    terminal.session.tally.take()
    for segment in segments:
        terminal.feed(segment)
    assert counted(terminal) == names


def test_before_the_login_nobody_is_named(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False)
    terminal.ask(ITEM)
    assert terminal.session.tally.take() == {
        ("", "received 17"): 1,
        ("", deviations.BEFORE_LOGIN): 1,
    }


def test_a_tally_tells_when_it_begins_and_keeps_what_is_given_back() -> None:
    begun: list[None] = []
    tally = Tally(lambda: begun.append(None))
    tally.add("kiosk", "a")
    tally.add("kiosk", "a", 2)
    assert len(begun) == 1
    counts = tally.take()
    assert counts == {("kiosk", "a"): 3}
    tally.add("kiosk", "a")
    tally.give_back(counts)
    assert tally.take() == {("kiosk", "a"): 4}
    assert len(begun) == 2


# A real server, and the command


@pytest.fixture
def library(sqlite_url: str) -> Library:
    return a_library(open_database(sqlite_url))


def test_a_server_writes_its_counts_down_and_the_command_shows_them(
    library: Library, sqlite_url: str, tmp_path: Path
) -> None:
    with (
        serving(sqlite_url, tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port), 10) as kiosk,
    ):
        kiosk.sendall(LOGIN + b"\r")
        assert kiosk.recv(100) == b"941\r"
        kiosk.sendall(b"9900802.00\r\n")
        assert kiosk.recv(4096).startswith(b"98Y")
    assert {(each.account, each.name): each.times for each in library.read(all_counts)} == {
        ("", "received 93"): 1,
        ("kiosk", "received 99"): 1,
        ("kiosk", deviations.ENDED_WITH_CRLF): 1,
    }
    configuration = tmp_path / "tiro.toml"
    configuration.write_text(
        f'[database]\nurl = "{sqlite_url}"\n[[sip2.accounts]]\nlogin = "idle"\n'
        f'password = "{hashed(PASSWORD)}"\nbranch = "DK-900101"\n'
    )
    shown = CliRunner().invoke(tiro, ["--config", str(configuration), "terminals", "--json"])
    idle, nobody, kiosk_ = json.loads(shown.output)["terminals"]
    assert idle == {"account": "idle", "last": None, "messages": {}, "deviations": {}}
    assert nobody["account"] == "(before the login)"
    assert kiosk_["messages"] == {"99": 1}
    assert kiosk_["deviations"] == {deviations.ENDED_WITH_CRLF: 1}
    plain = CliRunner().invoke(tiro, ["--config", str(configuration), "terminals"])
    assert "message ended with CRLF=1" in plain.output
