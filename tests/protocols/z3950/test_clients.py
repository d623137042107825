"""Real clients against a real process: yaz-client and zoomsh."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pymarc
import pytest

from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import Close, InitializeResponse
from protocols.z3950.messages.searching import SearchResponse
from protocols.z3950.wire.framing import ApduStream
from tests.protocols.z3950.library import INIT, a_library, marc_record
from tests.protocols.z3950.pqf import search
from tests.protocols.z3950.serving import a_server

Program = Callable[[str], str]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[int]:
    path = tmp_path_factory.mktemp("z3950") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    with a_library(f"sqlite:///{path}"):
        pass
    with a_server(f"sqlite:///{path}") as port:
        yield port


def run(*command: str, script: str = "") -> str:
    done = subprocess.run(
        command, input=script.encode(), capture_output=True, timeout=30, check=True
    )
    return done.stdout.decode()


def hits(printed: str) -> list[int]:
    return [int(number) for number in re.findall(r"Number of hits: (\d+)", printed)]


def test_yaz_client_searches(program: Program, port: int) -> None:
    script = (
        "find @attr 1=4 soil\n"
        "find @and @attr 1=1003 smith @attr 1=4 water\n"
        "find @attr 1=7 9788700000018\n"
        "find @or @set 1 @set 2\n"
        "find @attr 1=9999 soil\n"
        "find @attr 1=4 nothing\n"
        "quit\n"
    )
    printed = run(program("yaz-client"), f"127.0.0.1:{port}/catalogue", script=script)
    assert "Connection accepted by v3 target" in printed
    assert "Options: search present delSet triggerResourceCtrl scan sort" in printed
    assert hits(printed) == [2, 2, 1, 3, 0, 0]
    assert "[114] Unsupported Use attribute -- v3 addinfo '9999'" in printed


def test_yaz_client_gets_the_records_that_were_loaded(
    program: Program, port: int, tmp_path: Path
) -> None:
    dump = tmp_path / "records.mrc"
    script = "base Default\nfind @attr 1=1003 østergård\nformat usmarc\nshow 1\nquit\n"
    printed = run(
        program("yaz-client"), "-m", str(dump), f"127.0.0.1:{port}/catalogue", script=script
    )
    assert "Record type: USmarc" in printed
    with dump.open("rb") as file:
        (read,) = pymarc.MARCReader(file)
    (loaded,) = pymarc.MARCReader(marc_record(4))
    assert read is not None
    assert loaded is not None
    assert read.as_marc() == loaded.as_marc() == marc_record(4)


def test_yaz_client_goes_on_after_what_is_not_offered(program: Program, port: int) -> None:
    script = (
        "find @attr 1=4 soil\nformat sutrs\nshow 1\nformat summary\nshow 1\nshow 99\n"
        "delete 1\nfind @attr 1=4 soil\nclose\nquit\n"
    )
    printed = run(program("yaz-client"), f"127.0.0.1:{port}/Default", script=script)
    assert "Record type: SUTRS" in printed
    assert "[239]" in printed
    assert "[13] Present request out of range" in printed
    assert "1 status=0" in printed
    assert hits(printed) == [2, 2]
    assert "Reason: finished" in printed


def test_zoomsh_gets_the_records_as_xml(program: Program, port: int) -> None:
    printed = run(
        program("zoomsh"),
        f"connect 127.0.0.1:{port}/catalogue",
        "set preferredRecordSyntax xml",
        "set elementSetName marcxml",
        "search @and @attr 1=1003 smith @attr 1=4 water",
        "show 0 2 raw",
        "quit",
    )
    assert "2 hits" in printed
    records = re.findall(r"<record .*?</record>", printed, re.DOTALL)
    read = [pymarc.parse_xml_to_array(io.BytesIO(each.encode()))[0] for each in records]
    assert [each.as_marc() for each in read] == [marc_record(1), marc_record(3)]


def test_the_example_line_works(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from protocols.z3950.listener import standard
    from protocols.z3950.settings import Z3950Settings

    (line,) = standard.examples(Z3950Settings(), [port], None)
    assert "@attr 1=1003 andersen" in line  # whom the demo has and the library here has not
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    printed = run("/bin/sh", "-c", line.replace("@attr 1=1003 andersen", "@attr 1=4 soil"))
    assert re.search(r"hits: +2\b", printed)
    assert "Soil and water" in printed


class Connection:
    """A client of our own on a real connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self._stream = ApduStream(1 << 26)

    def send(self, *octets: bytes) -> None:
        self.socket.sendall(b"".join(octets))

    def receive(self) -> Apdu | None:
        """The next APDU, or None when the server has closed the connection."""
        while (apdu := self._stream.next_apdu()) is None:
            block = self.socket.recv(65_536)
            if not block:
                assert len(self._stream) == 0
                return None
            self._stream.feed(block)
        return decode(apdu)


@pytest.fixture
def connection(port: int) -> Iterator[Connection]:
    connection = Connection(port)
    yield connection
    connection.socket.close()


def test_requests_sent_ahead_are_answered_in_order(connection: Connection) -> None:
    references = [bytes((number,)) for number in range(200)]
    connection.send(
        encode(INIT),
        *(encode(search("@attr 1=4 soil", reference_id=each)) for each in references),
    )
    assert isinstance(connection.receive(), InitializeResponse)
    for each in references:
        answered = connection.receive()
        assert isinstance(answered, SearchResponse)
        assert answered.reference_id == each
    connection.send(encode(Close(0)))
    assert connection.receive() == Close(0)
    assert connection.receive() is None


def test_a_wide_search_comes_back_from_its_thread(connection: Connection) -> None:
    connection.send(encode(INIT), encode(search("@attr 1=4 @attr 5=1 s")), encode(search("soil")))
    counts = []
    for _ in range(3):
        answered = connection.receive()
        if isinstance(answered, SearchResponse):
            counts.append(answered.result_count)
    assert counts == [3, 2]


def test_noise_is_answered_with_close(connection: Connection) -> None:
    connection.send(b"GET / HTTP/1.0\r\n\r\n")
    message = connection.receive()
    assert isinstance(message, Close)
    assert message.close_reason == 6
    assert connection.receive() is None
