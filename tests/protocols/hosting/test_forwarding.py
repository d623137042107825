"""Who asks, where a web server before this one says so; and who may say it."""

from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from protocols.hosting.forwarding import caller, is_https
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.networks import LOOPBACK
from protocols.hosting.requests import BoundedRequest
from tests.protocols.hosting.test_brief_requests import Client, Echo

FORWARDERS = ("192.168.1.1", "10.0.0.0/8")
PEER = IPv4Address("TCP", "192.168.1.1", 54321)


@pytest.mark.parametrize(
    ("told", "host"),
    [
        (None, "192.168.1.1"),
        (b"", "192.168.1.1"),
        (b" , ", "192.168.1.1"),
        (b"203.0.113.9", "203.0.113.9"),
        (b"127.0.0.1, 203.0.113.9", "203.0.113.9"),  # the first is what the caller pretends
        (b"203.0.113.9, 10.1.2.3", "203.0.113.9"),  # two servers, one behind the other
        (b"10.9.9.9, 10.1.2.3", "10.9.9.9"),
        (b"203.0.113.9:40000", "203.0.113.9"),
        (b"[2001:db8::7]:40000", "2001:db8::7"),
        (b"[2001:db8::7]", "2001:db8::7"),
        (b"2001:db8::7", "2001:db8::7"),
        (b"unknown", "unknown"),
        (b"203.0.113.9, \xe6\r", "æ"),
    ],
)
def test_the_caller_is_the_last_that_is_no_forwarder(told: bytes | None, host: str) -> None:
    found = caller(PEER, told, FORWARDERS)
    assert (found.host, found.port) == (host, 54321)


def test_https_is_what_the_last_of_them_says() -> None:
    assert [is_https(each) for each in (b"https", b" HTTPS ", b"http, https")] == [True] * 3
    assert [is_https(each) for each in (b"http", b"", b"https, http", b"httpss")] == [False] * 4


class Told(Echo):
    """Says who asks, and whether by TLS."""

    def _said(self, request: object, body: bytes) -> bytes:
        host = request.getClientAddress().host  # type: ignore[attr-defined]
        return f"{host} {request.isSecure()}".encode()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("forwarders", "is_believed"), [(FORWARDERS, True), (LOOPBACK, False), ((), False)]
)
def test_only_forwarders_are_believed_whether_the_head_is_known_or_not(
    forwarders: tuple[str, ...], is_believed: bool
) -> None:
    root = Resource()  # type: ignore[no-untyped-call]
    echo = Told()
    root.putChild(b"echo", echo)  # type: ignore[no-untyped-call]
    site = EndingSite(
        root, (), forwarders, requestFactory=BoundedRequest, timeout=120, reactor=Clock()
    )
    client = Client(site)
    for scheme, secure in ((b"https", b"True"), (b"http", b"False")):
        head = (
            b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n"
            b"X-Forwarded-Proto: %b\r\nContent-Length: 1\r\n\r\nx" % scheme
        )
        answers = [client.ask(head).rpartition(b"\r\n\r\n")[2] for _ in range(2)]
        said = b"203.0.113.9 " + secure if is_believed else b"192.168.1.1 False"
        assert answers == [said, said]
    assert echo.ways == ["long", "brief"] * 2
