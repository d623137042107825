"""NCIP over real sockets: HTTP and raw TCP of one server process."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

from catalogue.database import open_database
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.ncip.serving import Serving, serving
from tests.protocols.ncip.stage import HEADER, N, Schemas, item, message, problem_types, typed
from tests.servers import talk

CONFIGURATION = """\
[database]
url = "sqlite:///tiro.sqlite"
[http]
port = 0
[logging]
level = "debug"
[ncip]
port = 0
message_seconds = 0.5
[[ncip.partners]]
agency = "DK-710100"
branch = "DK-900101"
"""
PIN = "987651234"
ITEMS = iter(f"I{number:07}" for number in range(1, 100))


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server over a library with patron P0000001 and a hundred items."""
    folder = tmp_path_factory.mktemp("ncip")
    (folder / "tiro.sqlite").write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{folder / 'tiro.sqlite'}")
    library = a_library(database)
    a_patron(library, "P0000001", pin_hash=hashed(PIN))
    for number in range(1, 100):
        an_item(library, f"I{number:07}", title=f"Bind {number}")
    database.close()
    with serving(folder, CONFIGURATION) as running:
        yield running


def lookup(barcode: str) -> bytes:
    return message(f"<LookupItem>{HEADER}{item(barcode)}</LookupItem>")


def check_out(barcode: str, pin: str = PIN) -> bytes:
    who = typed("Barcode Id", "P0000001") + typed("PIN", pin)
    return message(f"<CheckOutItem>{HEADER}{who}{item(barcode)}</CheckOutItem>")


def check_in(barcode: str) -> bytes:
    return message(f"<CheckInItem>{HEADER}{item(barcode)}</CheckInItem>")


@pytest.fixture
def curl(program: Callable[[str], str], server: Serving) -> Callable[..., tuple[str, bytes]]:
    path = program("curl")

    def post(document: bytes, *options: str) -> tuple[str, bytes]:
        """Status and media type, and the body."""
        done = subprocess.run(
            [
                *(path, "-sS", "-w", "\n%{http_code} %{content_type}", *options),
                *("--data-binary", "@-", server.url),
            ],
            input=document,
            capture_output=True,
            timeout=20,
            check=True,
        )
        body, _, status = done.stdout.rpartition(b"\n")
        return status.decode(), body

    return post


def raw_http(port: int, request: bytes) -> bytes:
    """Everything that comes back until the server closes, or half a second of silence."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        connection.settimeout(0.5)
        received = b""
        try:
            while block := connection.recv(65536):
                received += block
        except TimeoutError:
            pass
        return received


@pytest.mark.parametrize(
    "options",
    [
        ("-H", "Content-Type: application/xml; charset=utf-8"),
        ("-H", "Content-Type: text/xml"),
        ("-H", "Content-Type: application/x-www-form-urlencoded"),
        ("-H", "Content-Type:"),
        ("-H", "Transfer-Encoding: chunked"),
        ("--http1.0",),
    ],
)
def test_a_post_of_any_type_is_answered(
    curl: Callable[..., tuple[str, bytes]], schemas: Schemas, options: Sequence[str]
) -> None:
    status, body = curl(lookup("I0000099"), *options)
    assert status == "200 application/xml; charset=utf-8"
    assert schemas.check(body).findtext(f".//{N}CirculationStatus") == "Available On Shelf"


@pytest.mark.parametrize("field", ["xml", "XForms%3AModel", "XForms:Model", "a=b&xml"])
def test_a_form_with_the_message_in_a_field(
    curl: Callable[..., tuple[str, bytes]], schemas: Schemas, field: str
) -> None:
    _, body = curl(f"{field}={quote(lookup('I0000099'))}&submit=1".encode())
    assert schemas.check(body).findtext(f".//{N}CirculationStatus") == "Available On Shelf"


def test_a_loan_over_http(curl: Callable[..., tuple[str, bytes]], schemas: Schemas) -> None:
    barcode = next(ITEMS)
    statuses = []
    for document in (
        lookup(barcode),
        check_out(barcode),
        lookup(barcode),
        check_in(barcode),
        lookup(barcode),
    ):
        answer = schemas.check(curl(document)[1])
        assert problem_types(answer) == []
        statuses.append(answer.findtext(f".//{N}CirculationStatus"))
    assert statuses == ["Available On Shelf", None, "On Loan", None, "Available On Shelf"]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b"", "Invalid Message Syntax Error"),
        (b"\x00\xff\xfe", "Invalid Message Syntax Error"),
        (b"xml=" + b"&" * 1000, "Invalid Message Syntax Error"),
        (lookup("I9999999"), "Unknown Item"),
        (message("<CreateAgency/>"), "Unsupported Service"),
        (check_out("I0000099", "0000"), "User Authentication Failed"),
    ],
)
def test_every_refusal_is_a_problem_with_status_200(
    curl: Callable[..., tuple[str, bytes]], schemas: Schemas, document: bytes, kind: str
) -> None:
    status, body = curl(document)
    assert status == "200 application/xml; charset=utf-8"
    assert problem_types(schemas.check(body)) == [kind]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_get_a_page_that_refuses_them(server: Serving, method: str) -> None:
    request = f"{method} /ncip HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _, body = raw_http(server.http, request.encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert b"content-type: text/html" in head.lower()
    assert b"allow: post" in head.lower()
    assert (b"405 Method Not Allowed" in body) == (method != "HEAD")


def test_a_connection_is_kept_and_pipelining_keeps_the_order(
    server: Serving, schemas: Schemas
) -> None:
    requests = b"".join(
        b"POST /ncip HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(each), each)
        for each in (lookup("I0000098"), lookup("I0000097"))
    )
    received = raw_http(server.http, requests)
    bodies = [b"<?xml" + part.partition(b"HTTP/1.1")[0] for part in received.split(b"<?xml")[1:]]
    assert [schemas.check(body).findtext(f".//{N}ItemIdentifierValue") for body in bodies] == [
        "I0000098",
        "I0000097",
    ]


def test_a_body_of_100_megabytes_is_refused_before_it_is_sent(server: Serving) -> None:
    request = b"POST /ncip HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
    assert raw_http(server.http, request + b"<a>").startswith(b"HTTP/1.1 413 ")


def test_a_body_in_chunks_without_an_end_is_refused(server: Serving) -> None:
    chunk = b"%x\r\n%s\r\n" % (65536, b"x" * 65536)
    with socket.create_connection(("127.0.0.1", server.http), 10) as connection:
        connection.sendall(b"POST /ncip HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 1000:
                connection.sendall(chunk)
                sent += 1
        except OSError:
            pass
        assert sent < 1000


def test_two_megabytes_are_too_much_for_a_message(
    curl: Callable[..., tuple[str, bytes]], schemas: Schemas
) -> None:
    _, body = curl(b"<a>" + b" " * (2 * 1024 * 1024) + b"</a>")
    assert problem_types(schemas.check(body)) == ["Invalid Message Syntax Error"]


# Raw TCP


def test_a_loan_over_raw_tcp(server: Serving, schemas: Schemas) -> None:
    barcode = next(ITEMS)
    documents = [lookup(barcode), check_out(barcode), lookup(barcode), check_in(barcode)]
    answers = [schemas.check(talk(server.tcp, [each], b"\n")) for each in documents]
    assert [problem_types(answer) for answer in answers] == [[], [], [], []]
    assert answers[2].findtext(f".//{N}CirculationStatus") == "On Loan"


@pytest.mark.parametrize("size", [1, 13, 100_000])
def test_messages_one_after_another_on_one_connection(
    server: Serving, schemas: Schemas, size: int
) -> None:
    barcode = next(ITEMS)
    received = b""
    with socket.create_connection(("127.0.0.1", server.tcp), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, document in enumerate(
            (check_out(barcode), lookup(barcode), check_in(barcode)), 1
        ):
            stream = document + b"\r\n"
            for start in range(0, len(stream), size):
                connection.sendall(stream[start : start + size])
            while received.count(b"\n") < number:
                received += connection.recv(65536)
    answers = [schemas.check(line) for line in received.splitlines()]
    assert [str(answer[0].tag).removeprefix(N) for answer in answers] == [
        "CheckOutItemResponse",
        "LookupItemResponse",
        "CheckInItemResponse",
    ]
    assert answers[1].findtext(f".//{N}CirculationStatus") == "On Loan"
    assert problem_types(answers[2]) == []


def test_a_message_too_early_is_a_protocol_error_and_the_end(
    server: Serving, schemas: Schemas
) -> None:
    barcode = next(ITEMS)
    received = talk(server.tcp, [check_out(barcode) + lookup(barcode)], b"never")
    answers = [schemas.check(line) for line in received.splitlines()]
    assert [problem_types(answer) for answer in answers] == [[], ["Protocol Error"]]
    assert answers[0][0].tag == f"{N}CheckOutItemResponse"


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01", b"<a>" * 1000, b"</a>"]
)
def test_garbage_on_raw_tcp_gets_a_problem_and_the_end(
    server: Serving, schemas: Schemas, garbage: bytes
) -> None:
    answer = talk(server.tcp, [garbage], b"never")
    assert answer.endswith(b"\n")
    assert problem_types(schemas.check(answer)) == ["Invalid Message Syntax Error"]


def test_a_message_that_does_not_end_is_given_up(server: Serving, schemas: Schemas) -> None:
    start = time.monotonic()
    answer = talk(server.tcp, [lookup("I0000001")[:-5]], b"never")
    assert 0.4 < time.monotonic() - start < 5
    assert problem_types(schemas.check(answer)) == ["Invalid Message Syntax Error"]


def test_no_secret_is_in_the_log(server: Serving) -> None:
    talk(server.tcp, [check_out("I0000001", "55554444")], b"\n")
    talk(server.tcp, [b"<x>55554444</y></x>"], b"\n")
    log = server.log.read_text(encoding="utf-8")
    assert PIN not in log
    assert "55554444" not in log
    assert "Traceback" not in log
