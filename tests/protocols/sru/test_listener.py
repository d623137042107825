"""SRU over real sockets: a whole demo server, asked by curl and by yaz-client."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Sequence
from urllib.parse import quote

import pytest
from lxml import etree

from tests.protocols.sru.stage import (
    SRU,
    VERSIONS,
    ZEEREX,
    Schemas,
    numbers,
    titles,
    value,
    version_of,
)
from tests.servers import RunningServer

Program = Callable[[str], str]
Get = Callable[..., tuple[str, bytes]]

#: A word of more than ten titles of the demo.
BROAD = "dc.language=dan"


@pytest.fixture
def get(program: Program, demo_server: RunningServer) -> Get:
    """Status and media type, and the body, of a request by curl."""
    path = program("curl")

    def get(address: str, *options: str, method: str = "") -> tuple[str, bytes]:
        how = ("-X", method) if method else ()
        done = subprocess.run(
            [
                *(path, "-sS", "-w", "\n%{http_code} %{content_type}", *how, *options),
                f"http://127.0.0.1:{demo_server.http}{address}",
            ],
            capture_output=True,
            timeout=20,
            check=True,
        )
        body, _, status = done.stdout.rpartition(b"\n")
        return status.decode(), body

    return get


def query_string(**parameters: str) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in parameters.items())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_search_by_get_and_by_post(get: Get, schemas: Schemas, version: str) -> None:
    form = query_string(query=BROAD, maximumRecords="3", **version_of(version, "searchRetrieve"))
    status, body = get(f"/sru/catalogue?{form}")
    assert status == "200 text/xml; charset=utf-8"
    root = schemas.check(body)
    assert len(titles(root)) == 3
    assert value(root, "nextRecordPosition") == "4"
    posted = get("/sru/catalogue", "--data", form)
    assert posted == (status, body)
    half, _, rest = form.partition("&")
    assert get(f"/sru/catalogue?{half}", "--data", rest) == (status, body)


@pytest.mark.parametrize(
    "path", ["/sru", "/sru/", "/sru/catalogue", "/sru/Default", "/sru/default"]
)
def test_the_bare_address_explains(
    get: Get, schemas: Schemas, demo_server: RunningServer, path: str
) -> None:
    status, body = get(path)
    assert status == "200 text/xml; charset=utf-8"
    root = schemas.check(body)
    assert root.tag == f"{SRU}explainResponse"
    server = root.find(f".//{ZEEREX}serverInfo")
    assert server is not None
    host, port, database = [each.text or "" for each in server]
    assert (host, port) == ("127.0.0.1", str(demo_server.http))
    # The address that is told is one that answers.
    assert schemas.check(get(f"/{database}")[1]).tag == root.tag


@pytest.mark.parametrize(
    "database", ["DK-900100", "DK-900101", "Demo%20libraries", "demo+libraries"]
)
def test_the_libraries_are_databases(get: Get, schemas: Schemas, database: str) -> None:
    root = schemas.check(get(f"/sru/{database}?query={quote(BROAD)}&maximumRecords=1")[1])
    assert numbers(root) == ([235] if "+" in database else [])


@pytest.mark.parametrize(
    ("charset", "octets"),
    [
        ("", "query=%C3%A6"),
        ("; charset=UTF-8", "query=%C3%A6"),
        ("; charset=iso-8859-1", "query=%E6"),
        ("", "query=%E6"),
        ("; charset=nothing", "query=%C3%A6"),
    ],
)
def test_character_sets_of_a_form(get: Get, schemas: Schemas, charset: str, octets: str) -> None:
    kind = f"Content-Type: application/x-www-form-urlencoded{charset}"
    root = schemas.check(get("/sru/catalogue", "-H", kind, "--data", octets)[1])
    assert root.findtext(f".//{SRU}query") == "æ"


def test_a_semicolon_does_not_end_a_parameter(get: Get, schemas: Schemas) -> None:
    root = schemas.check(get("/sru/catalogue?query=%22a;b%22")[1])
    assert root.findtext(f".//{SRU}query") == '"a;b"'


@pytest.mark.parametrize(
    ("options", "media_type"),
    [
        ((), "text/xml"),
        (("-H", "Accept: application/sru+xml"), "application/sru+xml"),
        (("-H", "Accept: application/xml, text/html;q=0.5"), "application/xml"),
        (("-H", "Accept: image/png"), "text/xml"),
    ],
)
def test_media_types(get: Get, options: Sequence[str], media_type: str) -> None:
    status, _ = get("/sru/catalogue?query=soil", *options)
    assert status == f"200 {media_type}; charset=utf-8"
    status, _ = get("/sru/catalogue?query=soil&httpAccept=application/sru%2Bxml", *options)
    assert status == "200 application/sru+xml; charset=utf-8"


@pytest.mark.parametrize(
    "address",
    [
        "/sru/nothing?query=soil",
        "/sru/catalogue?query=(",
        "/sru/catalogue?query=%00%ff%fe%22",
        "/sru/catalogue?version=9.9&operation=x",
        "/sru/a/b/c",
        "/sru/catalogue?%ff=1",
        "/sru/catalogue?query=soil&startRecord=0",
    ],
)
def test_diagnostics_come_with_status_200(get: Get, schemas: Schemas, address: str) -> None:
    status, body = get(address)
    assert status == "200 text/xml; charset=utf-8"
    assert len(numbers(schemas.check(body))) > 0


def test_what_is_no_request_of_sru(get: Get) -> None:
    assert get("/sru/catalogue", method="DELETE")[0] == "405 text/html; charset=utf-8"
    soap = ("-H", "Content-Type: text/xml", "--data", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
    assert get("/sru/catalogue", *soap)[0] == "415 text/html; charset=utf-8"
    many = "&".join(f"x-{number}=1" for number in range(500))
    assert get("/sru/catalogue", "--data", many)[0] == "400 text/html; charset=utf-8"


def test_head_has_the_length_and_no_body(get: Get) -> None:
    status, body = get("/sru/catalogue?query=soil", "--head")
    assert status.startswith("200 ")
    assert re.search(rb"(?i)content-length: [1-9]", body)
    assert b"<zs:" not in body


def test_pipelined_requests_are_answered_in_order(
    demo_server: RunningServer, schemas: Schemas
) -> None:
    """A slow search and quick ones on one connection."""
    queries = ["a*", "rec.id=1", "dc.title=*e*", "rec.id=2"]
    requests = "".join(
        f"GET /sru/catalogue?query={quote(query)}&maximumRecords=0 HTTP/1.1\r\nHost: x\r\n\r\n"
        for query in queries
    )
    with socket.create_connection(("127.0.0.1", demo_server.http), 10) as connection:
        connection.sendall(requests.encode())
        received = b""
        while received.count(b"</zs:searchRetrieveResponse>") < len(queries):
            received += connection.recv(65536)
    documents = [b"<?xml" + part.partition(b"HTTP/1.1")[0] for part in received.split(b"<?xml")[1:]]
    roots = [schemas.check(document) for document in documents]
    assert [root.findtext(f".//{SRU}query") for root in roots] == queries


@pytest.mark.parametrize("version", VERSIONS)
def test_yaz_client(program: Program, demo_server: RunningServer, version: str) -> None:
    script = (
        f"sru get {version}\nopen http://127.0.0.1:{demo_server.http}/sru/catalogue\n"
        f"find {BROAD}\nshow 1+2\nschema isohold\nshow 1\nfind dc.nothing=x\n"
        "scan dc.title=a\nquit\n"
    )
    done = subprocess.run(
        [program("yaz-client")], input=script.encode(), capture_output=True, timeout=30, check=True
    )
    printed = done.stdout.decode()
    (number, *_) = re.findall(r"Number of hits: (\d+)", printed)
    assert int(number) > 10
    assert "marcxml-v1.1" in printed
    assert "pos=1" in printed
    assert "pos=2" in printed
    assert "DK-900101" in printed
    assert re.search(r"info:srw/diagnostic/1/16|Unsupported index", printed)
    assert printed.count("Error") == 0


def test_yaz_client_posts(program: Program, demo_server: RunningServer) -> None:
    script = (
        f"sru post 1.2\nopen http://127.0.0.1:{demo_server.http}/sru/Default\nfind {BROAD}\nquit\n"
    )
    done = subprocess.run(
        [program("yaz-client")], input=script.encode(), capture_output=True, timeout=30, check=True
    )
    assert re.search(r"Number of hits: [1-9]", done.stdout.decode())


def test_zoomsh_over_sru(program: Program, demo_server: RunningServer) -> None:
    done = subprocess.run(
        [
            *(program("zoomsh"), "set sru get", "set sru_version 1.2", "set schema marcxml"),
            f"connect http://127.0.0.1:{demo_server.http}/sru/catalogue",
            f"search cql:{BROAD}",
            *("show 0 1 raw", "quit"),
        ],
        capture_output=True,
        timeout=30,
        check=True,
    )
    printed = done.stdout.decode()
    assert re.search(r"[1-9]\d* hits", printed)
    (record,) = re.findall(r"<record .*?</record>", printed, re.DOTALL)
    assert len(etree.fromstring(record)) > 3


def test_the_example_line_works(
    demo_server: RunningServer, schemas: Schemas, program: Program
) -> None:
    program("curl")
    (line,) = [line for line in demo_server.printed if "/sru/" in line]
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=20, check=True)
    root = schemas.check(done.stdout)
    assert numbers(root) == []
    assert value(root, "numberOfRecords") not in (None, "0")
