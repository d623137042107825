"""NCIP over HTTP as clients speak it who count wrongly, type it by hand, or take their time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.database import open_database
from tests.builders.circulation import a_library, an_item
from tests.protocols.ncip.serving import Serving, serving
from tests.protocols.ncip.stage import HEADER, N, Schemas, item, message, problem_types

CONFIGURATION = """\
[database]
url = "sqlite:///tiro.sqlite"
[http]
port = 0
{http}
[ncip]
port = 0
[[ncip.partners]]
agency = "DK-710100"
branch = "DK-900101"
"""
#: As it stands there, 6 letters are more than one byte.
NAME = "Æblegrød på Ærø ü"


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("ncip-http")
    (folder / "tiro.sqlite").write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{folder / 'tiro.sqlite'}")
    library = a_library(database)
    an_item(library, "I0000001")
    database.close()
    forgiving = 'wrong_lengths_from = ["127.0.0.0/8"]'
    with serving(folder, CONFIGURATION.format(http=forgiving)) as running:
        yield running


def lookup(note: str = "") -> bytes:
    return message(f"<LookupItem>{HEADER}<Note>{note}</Note>{item('I0000001')}</LookupItem>")


def posted(body: bytes, length: int, version: str = "1.1", *headers: str) -> bytes:
    head = [f"POST /ncip HTTP/{version}", "Host: x", f"Content-Length: {length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


class Client:
    """A connection, and the answers on it one by one."""

    def __init__(self, server: Serving) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.http), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = self._socket.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._received.close()
        self._socket.close()

    def sendall(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> tuple[str, bytes]:
        """The head and the body of the next answer; two empty ones at the end."""
        head = b""
        while (line := self._received.readline()).strip():
            head += line.lower()
        if not head:
            return "", b""
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        return head.decode(), self._received.read(length)


def connect(server: Serving) -> Client:
    return Client(server)


def is_carried_out(schemas: Schemas, body: bytes) -> bool:
    root = schemas.check(body)
    return root.findtext(f".//{N}CirculationStatus") == "Available On Shelf"


@pytest.mark.parametrize("pause", [0.0, 0.1])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_length_in_characters_is_read_on_to_the_end(
    server: Serving, schemas: Schemas, version: str, pause: float
) -> None:
    body = lookup(NAME)
    length = len(body.decode())
    assert length < len(body)
    with connect(server) as connection:
        connection.sendall(posted(body[:length], length, version))
        time.sleep(pause)
        connection.sendall(body[length:])
        assert is_carried_out(schemas, connection.answer()[1])
        # What follows could be more of it.
        assert connection.answer() == ("", b"")


def test_a_length_that_counts_more_than_is_sent(server: Serving, schemas: Schemas) -> None:
    body = lookup()
    begun = time.monotonic()
    with connect(server) as connection:
        connection.sendall(posted(body, len(body) + 2))
        head, answered = connection.answer()
        assert is_carried_out(schemas, answered)
        assert "close" in head.partition("connection:")[2]
        assert connection.answer() == ("", b"")
    assert time.monotonic() - begun < 3


def test_a_line_end_that_was_counted_and_comes_late(server: Serving, schemas: Schemas) -> None:
    body = lookup()
    with connect(server) as connection:
        connection.sendall(posted(body, len(body) + 2))
        time.sleep(0.2)
        connection.sendall(b"\r\n")
        head, answered = connection.answer()
        assert is_carried_out(schemas, answered)
        assert "connection: close" not in head


def test_a_message_that_was_cut_off_is_refused_and_the_next_one_answered(
    server: Serving, schemas: Schemas
) -> None:
    body = lookup()
    cut = body[:-20]
    with connect(server) as connection:
        connection.sendall(posted(cut, len(cut)))
        connection.sendall(posted(body, len(body)))
        assert problem_types(schemas.check(connection.answer()[1])) == [
            "Invalid Message Syntax Error"
        ]
        assert is_carried_out(schemas, connection.answer()[1])


def test_a_message_that_never_ends_is_given_up(server: Serving, schemas: Schemas) -> None:
    cut = lookup()[:-20]
    with connect(server) as connection:
        connection.sendall(posted(cut, len(cut)))
        assert problem_types(schemas.check(connection.answer()[1])) == [
            "Invalid Message Syntax Error"
        ]
        assert connection.answer() == ("", b"")


def test_http_1_0_keeps_a_connection_where_it_is_asked_to(
    server: Serving, schemas: Schemas
) -> None:
    body = lookup()
    with connect(server) as connection:
        for _ in range(3):
            connection.sendall(posted(body, len(body), "1.0", "Connection: Keep-Alive"))
            head, answered = connection.answer()
            assert "connection: keep-alive" in head
            assert is_carried_out(schemas, answered)
        connection.sendall(posted(body, len(body), "1.0"))
        assert is_carried_out(schemas, connection.answer()[1])
        assert connection.answer() == ("", b"")


def test_a_form_of_another_kind_is_read_as_it_is(server: Serving, schemas: Schemas) -> None:
    body = lookup(NAME)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b/c"):
        with connect(server) as connection:
            connection.sendall(posted(body, len(body), "1.1", f"Content-Type: {kind}"))
            assert is_carried_out(schemas, connection.answer()[1])


def test_slow_senders_hold_nobody_up(server: Serving, schemas: Schemas) -> None:
    body = lookup()
    slow = [connect(server) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(posted(body[:100], len(body)))
        begun = time.monotonic()
        with connect(server) as connection:
            connection.sendall(posted(body, len(body)))
            assert is_carried_out(schemas, connection.answer()[1])
        assert time.monotonic() - begun < 1
        for connection in slow:
            connection.sendall(body[100:])
            assert is_carried_out(schemas, connection.answer()[1])
    finally:
        for connection in slow:
            connection.close()


def test_bodies_of_100_megabytes_cost_little_memory(server: Serving) -> None:
    before, cpu = server.memory(), server.cpu_seconds()
    for _ in range(3):
        with connect(server) as connection:
            connection.sendall(posted(b"", 100_000_000))
            try:
                for _ in range(100):
                    connection.sendall(b"<a>" * 333_333)
            except OSError:
                pass
        with connect(server) as connection:
            connection.sendall(
                b"POST /ncip HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            try:
                for _ in range(100):
                    connection.sendall(b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000))
            except OSError:
                pass
    assert server.memory() - before < 30_000_000
    assert server.cpu_seconds() - cpu < 2.0


def test_attacks_over_http_are_refused_in_bounded_time_and_memory(
    server: Serving, schemas: Schemas
) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    attacks = [
        f'<!DOCTYPE n [<!ENTITY e0 "lol">{entities}]><NCIPMessage>&e9;</NCIPMessage>',
        '<!DOCTYPE n [<!ENTITY x SYSTEM "file:///etc/passwd">]><NCIPMessage>&x;</NCIPMessage>',
        "<NCIPMessage>" + "<a>" * 10_000 + "</a>" * 10_000 + "</NCIPMessage>",
        "<NCIPMessage " + "".join(f"a{n}='' " for n in range(100_000)) + "/>",
        "<NCIPMessage>" + "<a/>" * 500_000 + "</NCIPMessage>",
        "<NCIPMessage>" + "&" * 1_900_000 + "</NCIPMessage>",
    ]
    before, cpu = server.memory(), server.cpu_seconds()
    for attack in attacks:
        with connect(server) as connection:
            connection.sendall(posted(attack.encode(), len(attack)))
            types = problem_types(schemas.check(connection.answer()[1]))
            assert set(types) <= {"Invalid Message Syntax Error", "Unknown Element"}
            assert types
    assert server.cpu_seconds() - cpu < 6.0
    assert server.memory() - before < 400_000_000
