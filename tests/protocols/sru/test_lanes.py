"""Which requests are answered while others wait, and which in a thread; and where we say we are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from twisted.web.test.requesthelper import DummyRequest

from protocols.hosting.answering import Lane
from protocols.sru.handlers import HANDLERS
from protocols.sru.http import SruResource
from protocols.sru.parameters import decode
from protocols.sru.settings import SruSettings
from tests.protocols.sru.stage import ZEEREX, Schemas, Stage

Explained = Callable[[bytes, SruSettings], tuple[str, ...]]

LANES = {
    "": Lane.READ,
    "query=soil": Lane.READ,
    "query=dc.title=soil&maximumRecords=50": Lane.READ,
    "query=dc.title=soil&maximumRecords=51": Lane.WIDE_READ,
    "query=(": Lane.READ,
    "query=dc.nothing=x": Lane.READ,
    "query=a*": Lane.WIDE_READ,
    "query=*oil": Lane.WIDE_READ,
    "query=soil sortBy dc.title": Lane.WIDE_READ,
    "query=soil&sortKeys=title": Lane.WIDE_READ,
    "query=soil&facetLimit=1": Lane.WIDE_READ,
    f"query={'x' * 1001}": Lane.WIDE_READ,
    "scanClause=dc.title=soil": Lane.READ,
    "scanClause=dc.title=soil&maximumTerms=51": Lane.WIDE_READ,
    "scanClause=bath.name=soil": Lane.WIDE_READ,
    "scanClause=(": Lane.READ,
}


def lane_of(text: str, database: str = "catalogue") -> Lane:
    parts = [each.partition("=") for each in text.split("&") if each]
    request = decode(database, "", [(name, value) for name, _, value in parts])
    assert request.problems == []
    return HANDLERS[type(request)][1](request, SruSettings())


@pytest.mark.parametrize("text", LANES)
def test_the_lane_of_a_request(text: str) -> None:
    assert lane_of(text) is LANES[text]


def test_a_library_of_its_own_is_scanned_in_a_thread() -> None:
    assert lane_of("scanClause=dc.title=soil", "DK-900101") is Lane.WIDE_READ


class _Request(DummyRequest):  # type: ignore[misc]
    """A request as twisted.web hands it to a resource."""

    def __init__(self, host: bytes) -> None:
        super().__init__([b""])
        self.method = b"GET"
        self.uri = b"/sru/"
        self.postpath = [b""]
        self.host = host

    def getHeader(self, name: bytes) -> bytes | None:  # noqa: N802
        return self.host if name == b"host" else None

    def isSecure(self) -> bool:  # noqa: N802
        return False


@pytest.fixture
def explained(reading: Stage, schemas: Schemas) -> Explained:
    """What Explain tells of our address: scheme, host, port."""

    def ask(header: bytes, settings: SruSettings) -> tuple[str, ...]:
        request = _Request(header)
        SruResource(settings, reading.services).render(request)
        root = schemas.check(b"".join(request.written))
        server = root.find(f".//{ZEEREX}serverInfo")
        assert server is not None
        return server.get("transport", ""), server[0].text or "", server[1].text or ""

    return ask


@pytest.mark.parametrize(
    ("header", "settings", "expected"),
    [
        (b"library.example:8080", SruSettings(), ("http", "library.example", "8080")),
        (b"library.example", SruSettings(), ("http", "library.example", "80")),
        (b"[::1]:8080", SruSettings(), ("http", "::1", "8080")),
        (b"library.example:99999", SruSettings(), ("http", "library.example", "80")),
        (b"x", SruSettings(host="sru.example.org"), ("http", "sru.example.org", "80")),
        (b"x", SruSettings(host="sru.example.org", port=81), ("http", "sru.example.org", "81")),
        (b"x", SruSettings(host="sru.example.org", port=443), ("https", "sru.example.org", "443")),
    ],
)
def test_the_address_that_is_told(
    explained: Explained, header: bytes, settings: SruSettings, expected: tuple[str, ...]
) -> None:
    assert explained(header, settings) == expected


@pytest.mark.parametrize("header", [b"", b"[", b'"><x>', b"a b", b"[::1", b"\xff", b"user@host"])
def test_a_host_that_is_none_is_not_repeated(explained: Explained, header: bytes) -> None:
    assert explained(header, SruSettings())[1] == "127.0.0.1"
