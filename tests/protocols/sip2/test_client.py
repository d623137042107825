"""The client library: retries with the same bytes, late answers, lists by pages, TLS, prompts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from protocols.sip2.asking.client import (
    ANSWERED_BY,
    NoAnswer,
    OffLine,
    Sip2Client,
    Summary,
)
from protocols.sip2.asking.line import Line, LineError, open_line
from protocols.sip2.codec import open_frame
from protocols.sip2.messages import (
    REQUESTS,
    Checkin,
    Checkout,
    ItemInformation,
    Login,
    PatronInformation,
    SCStatus,
)
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.sip2.behind import Fault, behind
from tests.protocols.sip2.terminals import PASSWORD, with_checksum

DATE = "20261125    120000"
KIOSK = Login("0", "0", "kiosk", PASSWORD)
STATUS = SCStatus("0", 80, "2.00")


def checkout(card: str, item: str) -> Checkout:
    return Checkout(False, False, DATE, DATE, "", card, item, "")


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


def answered(body: bytes, sequence: int) -> bytes:
    return with_checksum(body, sequence) + b"\r"


def test_every_request_has_an_answer() -> None:
    assert set(ANSWERED_BY) == REQUESTS


@pytest.mark.parametrize("error_detection", [True, False], ids=["checksums", "plain"])
def test_a_session(library: Library, error_detection: bool) -> None:
    card, item = a_patron(library), an_item(library, title="Peters jul")
    with (
        behind(library) as port,
        Sip2Client(open_line("127.0.0.1", port), error_detection=error_detection) as client,
    ):
        assert client.ask(KIOSK).ok
        assert client.ask(STATUS).library_name == "Hovedbiblioteket"
        assert client.ask(checkout(card, item)).title_identifier == "Peters jul"
        assert client.ask(ItemInformation(DATE, "", item)).circulation_status == "04"
        assert client.ask(Checkin(False, DATE, DATE, "", "", item, "")).ok


def test_sequence_numbers_go_round() -> None:
    with scripted() as (line, _):
        client = Sip2Client(line)
        sequences = [open_frame(client.frame(STATUS).rstrip()).sequence for _ in range(11)]
    assert sequences == [b"%d" % (number % 10) for number in range(11)]


def test_without_an_answer_the_same_bytes_are_sent_again() -> None:
    with scripted(None, None, answered(b"941", 0)) as (line, heard):
        assert Sip2Client(line).ask(KIOSK).ok
    assert len(heard) == 3
    assert len(set(heard)) == 1


def test_after_96_the_same_bytes_are_sent_again() -> None:
    with scripted(b"96AZFEF6\r", answered(b"941", 0)) as (line, heard):
        assert Sip2Client(line).ask(KIOSK).ok
    assert heard[0] == heard[1]


def test_a_damaged_answer_is_asked_for_again() -> None:
    damaged = answered(b"941", 0).replace(b"941", b"940")
    with scripted(damaged, answered(b"941", 0)) as (line, heard):
        assert Sip2Client(line).ask(KIOSK).ok
    assert heard[1] == b"97AZFEF5\r"


def test_an_answer_to_an_earlier_message_is_thrown_away() -> None:
    with scripted(answered(b"940", 9) + answered(b"941", 0)) as (line, _):
        assert Sip2Client(line).ask(KIOSK).ok


def test_what_was_answered_too_late_is_not_the_next_answer() -> None:
    late = b"940\r"
    with scripted(None, late * 2, b"941\r") as (line, _):
        client = Sip2Client(line, error_detection=False, retries=1)
        assert not client.ask(KIOSK).ok
        assert client.ask(KIOSK).ok


def test_no_answer_at_all() -> None:
    with scripted(None, None) as (line, heard), pytest.raises(NoAnswer):
        Sip2Client(line, retries=1).ask(KIOSK)
    assert len(heard) == 2


def test_a_farewell_comes_in_place_of_the_answer() -> None:
    farewell = b"98NNNNNN999999000000000000000000002.00AO|BX" + b"N" * 16 + b"|AFClosing|"
    with scripted(farewell + b"\r") as (line, _), pytest.raises(OffLine, match="Closing"):
        Sip2Client(line, error_detection=False).ask(ItemInformation(DATE, "", "I1"))


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


@pytest.mark.parametrize("number", [0, 1, 4, 5, 9])
def test_lists_by_pages(library: Library, number: int) -> None:
    card = a_patron(library)
    items = [an_item(library) for _ in range(number)]
    for item in items:
        library.check_out(card, item)
        library.pass_time(minutes=1)
    with behind(library) as port, Sip2Client(open_line("127.0.0.1", port)) as client:
        client.ask(KIOSK)
        who = PatronInformation("001", DATE, "", "", card)
        assert list(client.all_lines(who, Summary.CHARGED_ITEMS, page=2)) == items


def test_a_server_that_knows_no_pages(library: Library) -> None:
    card = a_patron(library)
    items = [an_item(library) for _ in range(2)]
    for item in items:
        library.check_out(card, item)
        library.pass_time(minutes=1)

    def without_pages(segment: bytes) -> bytes:
        return segment.partition(b"BP")[0] + b"\r" if b"BP" in segment else segment

    with (
        behind(library, Fault(request=without_pages)) as port,
        Sip2Client(open_line("127.0.0.1", port), error_detection=False) as client,
    ):
        client.ask(KIOSK)
        who = PatronInformation("001", DATE, "", "", card)
        assert list(client.all_lines(who, Summary.CHARGED_ITEMS, page=2)) == items


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
