"""A terminal's end of a line: frames with limits of time, and the prompts of a telnet login."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from protocols.sip2.asking.line import Line, LineError, open_line


@contextmanager
def scripted(*answers: bytes | None) -> Iterator[tuple[Line, list[bytes]]]:
    """A line whose other end gives these answers, one for each segment; None keeps silent."""
    heard: list[bytes] = []

    def serve() -> None:
        theirs, _ = listener.accept()
        with theirs:
            for answer in answers:
                heard.append(theirs.recv(65536))
                if answer is not None:
                    theirs.sendall(answer)
            theirs.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with open_line("127.0.0.1", listener.getsockname()[1], timeout=0.2) as line:
            yield line, heard
        thread.join(5)


def test_a_line_that_is_closed_and_one_that_never_opens() -> None:
    with scripted() as (line, _):
        line.send(b"x")
        with pytest.raises(LineError, match="closed"):
            line.frame(5.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(LineError, match="cannot be reached"):
        open_line("127.0.0.1", port)


@pytest.mark.parametrize(("end", "name"), [(b"\r", "CR"), (b"\n", "LF"), (b"\r\n", "CRLF")])
def test_all_ends_of_lines_are_understood(end: bytes, name: str) -> None:
    with scripted(b"941" + end + b"940" + end) as (line, _):
        line.send(b"x")
        assert [line.frame(), line.frame(), line.frame(0.05)] == [b"941", b"940", None]
        assert +line.ends == {name: 2}


@pytest.mark.parametrize(
    ("last", "accepted"),
    [
        (b"Login OK.  Initiating SIP\r\n", True),
        (b"Invalid login\r\nlogin: ", False),
        (b"\r\nlogin: ", False),
    ],
)
def test_a_login_at_prompts(last: bytes, accepted: bool) -> None:
    with scripted(b"\xff\xfb\x01Welcome\r\nlogin: ", b"password: ", last) as (line, heard):
        line.send(b"\r")
        assert line.telnet_login("kiosk", "secret") is accepted
    assert heard[1:] == [b"kiosk\r\n", b"secret\r\n"]


def test_no_prompt_comes() -> None:
    with scripted(None) as (line, _), pytest.raises(LineError, match="prompt"):
        line.telnet_login("kiosk", "secret")
