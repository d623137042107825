"""The end of the server: what is under way is answered, and the next message with a farewell."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

from catalogue.database import open_database
from protocols.sip2.conversation.states import State
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import LOGIN, Terminal, with_checksum

DATE = "20261125    120000"
ITEM = f"17{DATE}AO|ABI1|AC|".encode()


def test_the_next_message_is_answered_with_a_98_whatever_it_was(terminal: Terminal) -> None:
    terminal.session.shut_down(terminal.seconds)
    assert not terminal.session.closing
    answer = terminal.ask(with_checksum(ITEM, 4))
    assert answer.startswith(b"98NNNNNN999999")
    assert b"|BXNNNNNNNNNNNNNNNN|AFThe library system is not available" in answer
    assert b"|AY4AZ" in answer
    assert terminal.session.state is State.CLOSING
    assert terminal.ask(ITEM) == b""


def test_a_retry_still_gets_its_answer(terminal: Terminal) -> None:
    first = terminal.ask(with_checksum(ITEM, 4))
    terminal.session.shut_down(terminal.seconds)
    assert terminal.ask(with_checksum(ITEM, 4)) == first
    assert not terminal.session.closing


def test_before_the_login_too(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False)
    terminal.session.shut_down(terminal.seconds)
    assert terminal.ask(LOGIN).startswith(b"98N")
    assert terminal.session.closing


def test_a_server_that_is_stopped(sqlite_url: str, tmp_path: Path) -> None:
    """A terminal that goes on asking loses nothing: answers, then the farewell, then the end."""
    library = a_library(open_database(sqlite_url))
    a_patron(library, "P1")
    for number in range(200):
        an_item(library, f"I{number}")
    library.database.close()
    with (
        serving(sqlite_url, tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port), 10) as kiosk,
        socket.create_connection(("127.0.0.1", server.port), 10) as idle,
    ):
        for each in (kiosk, idle):
            each.sendall(LOGIN + b"\r")
            assert each.recv(100) == b"941\r"
        answers = []
        for number in range(200):
            kiosk.sendall(f"11NN{DATE}{DATE}AO|AAP1|ABI{number}|AC|\r".encode())
            answers.append(kiosk.recv(4096))
            if number == 5:
                begun = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
            if answers[-1].startswith(b"98"):
                break
        assert [answer[:3] for answer in answers[:-1]] == [b"121"] * (len(answers) - 1)
        assert answers[-1].startswith(b"98NNNNNN")
        assert answers[-1].endswith(b"\r")
        assert kiosk.recv(100) == b""
        assert idle.recv(100) == b""  # it said nothing, so there was nothing to answer
        assert server.process.wait(5) == 0
        assert time.monotonic() - begun < 4
