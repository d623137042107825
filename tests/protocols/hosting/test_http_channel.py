"""Where a request ends: what its length says; and who may say it wrongly."""

from __future__ import annotations

import re

import pytest
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from protocols.hosting.http_channel import PATIENCE_SECONDS, EndingSite
from protocols.hosting.requests import BoundedRequest
from tests.protocols.hosting.test_brief_requests import Client, Echo

WHOLE, CUT = b"<NCIPMessage>a</NCIPMessage>", b"<NCIPMessage>a</NCIPMess"
STRICT: tuple[str, ...] = ()
PATIENT = ("192.168.1.0/24",)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_site(clock: Clock, wrong_lengths_from: tuple[str, ...]) -> tuple[EndingSite, Echo]:
    root, echo = Resource(), Echo()  # type: ignore[no-untyped-call]
    root.putChild(b"echo", echo)  # type: ignore[no-untyped-call]
    site = EndingSite(
        root,
        wrong_lengths_from,
        requestFactory=BoundedRequest,
        timeout=120,
        parsePOSTFormSubmission=False,
        reactor=clock,
    )
    return site, echo


def post(body: bytes, length: int | None = None, method: bytes = b"POST") -> bytes:
    declared = len(body) if length is None else length
    return b"%b /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (
        method,
        declared,
        body,
    )


def statuses(answered: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", answered)]


def said(answered: bytes) -> list[bytes]:
    """What the resource was told in each request."""
    return re.findall(rb"\r\n\r\n([^|]*)\|", answered)


METHODS = (b"POST", b"GET", b"PATCH", b"PUT", b"PROPFIND", b"M-SEARCH", b"X!")


@pytest.mark.parametrize("networks", [STRICT, PATIENT], ids=["strict", "patient"])
@pytest.mark.parametrize("method", METHODS)
def test_the_next_request_is_never_swallowed(
    clock: Clock, networks: tuple[str, ...], method: bytes
) -> None:
    """Behind a body that has no end tag, by any method, wherever it is cut."""
    site, echo = a_site(clock, networks)
    following = post(WHOLE, method=method)
    asked = post(CUT)
    for at in range(len(asked) - 3, len(asked) + len(following)):
        stream = asked + following
        echo.ways.clear()
        client = Client(site)
        answered = client.ask(stream[:at]) + client.ask(stream[at:])
        assert said(answered) == [CUT, WHOLE], (at, answered)
        assert not client.transport.disconnecting


def test_the_next_request_byte_by_byte(clock: Clock) -> None:
    for networks in (STRICT, PATIENT):
        site, _ = a_site(clock, networks)
        client = Client(site)
        stream = post(CUT) + post(WHOLE, method=b"PATCH") + post(CUT) + post(WHOLE)
        answered = b"".join(client.ask(stream[at : at + 1]) for at in range(len(stream)))
        assert said(answered) == [CUT, WHOLE, CUT, WHOLE]


def test_a_right_length_is_the_length_whatever_the_body(clock: Clock) -> None:
    site, _ = a_site(clock, STRICT)
    client = Client(site)
    for body in (CUT, WHOLE, b"<", b"<NCIPMessage>a</NCIPMessage>b"):
        assert said(client.ask(post(body))) == [body]


def test_a_wrong_length_is_not_put_right_for_everybody(clock: Clock) -> None:
    """Too short: the body is what was declared, and the rest is no request. Too long: more is
    waited for."""
    site, _ = a_site(clock, STRICT)
    client = Client(site)
    answered = client.ask(post(WHOLE, len(WHOLE) - 5) + b"\r\n")
    assert said(answered) == [WHOLE[:-5]]
    assert statuses(answered) == [200, 400]
    assert client.transport.disconnecting
    client = Client(site)
    assert client.ask(post(WHOLE, len(WHOLE) + 5)) == b""
    clock.advance(PATIENCE_SECONDS * 2)
    assert client.answers() == b""


@pytest.mark.parametrize(
    "following", [b"", b"\r\n", post(WHOLE)], ids=["", "a line end", "request"]
)
def test_a_request_that_was_put_right_is_the_last(clock: Clock, following: bytes) -> None:
    site, _ = a_site(clock, PATIENT)
    wrong = post(WHOLE, len(WHOLE) - 9)
    for at in range(len(wrong) - 12, len(wrong) + len(following)):
        stream = wrong + following
        client = Client(site)
        answered = client.ask(stream[:at]) + client.ask(stream[at:])
        assert said(answered) == [WHOLE], at
        assert b"connection: close" in answered.lower()
        assert client.transport.disconnecting


def test_what_comes_while_more_was_declared(clock: Clock) -> None:
    """A request that follows is not the rest of the body; the client sends it again elsewhere."""
    site, _ = a_site(clock, PATIENT)
    client = Client(site)
    assert client.ask(post(WHOLE, len(WHOLE) + 2)) == b""
    answered = client.ask(post(WHOLE))
    assert said(answered) == [WHOLE]
    assert client.transport.disconnecting
    clock.advance(PATIENCE_SECONDS * 2)  # nothing is waited for any more


def test_a_rest_that_never_comes_is_given_up(clock: Clock) -> None:
    site, _ = a_site(clock, PATIENT)
    for begun in (b"", b"P", b"PATCH /echo HTT"):
        client = Client(site)
        assert client.ask(post(CUT) + begun) == b""
        clock.advance(PATIENCE_SECONDS + 0.1)
        assert said(client.answers()) == [CUT]
        assert client.transport.disconnecting


HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "asked",
    [
        HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        HEAD + b"Content-Length: 3\r\nX: y\r\nContent-Length: 4\r\nY: z\r\n\r\nabcd",
        HEAD + b"Content-Length: 3, 3\r\n\r\nabc",
        HEAD + b"Content-Length: +3\r\n\r\nabc",
        HEAD + b"Content-Length: -3\r\n\r\nabc",
        HEAD + b"Content-Length: 0x3\r\n\r\nabc",
        HEAD + b"Content-Length: 3 3\r\n\r\nabc",
        HEAD + b"Content-Length : 3\r\n\r\nabc",
        HEAD + b"Content-Length:\r\n 3\r\n\r\nabc",
        HEAD + b"X: y\r\n\tContent-Length: 3\r\n\r\nabc",
        HEAD + b"X: y\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"X: y\rContent-Length: 3\r\n\r\nabc",
        HEAD + b"X: y\x00\r\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: identity\r\n\r\nabc",
        HEAD + b"Transfer-Encoding: identity\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n" + b" " * 9,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\nc\r\nabc\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc",
        b"POST /echo HTTP/1.1\rHost: x\rContent-Length: 3\r\rabc",
        HEAD + b"\n",
        b"POST  /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        b" POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
@pytest.mark.parametrize("networks", [STRICT, PATIENT], ids=["strict", "patient"])
def test_what_leaves_the_end_in_doubt_is_refused(
    clock: Clock, networks: tuple[str, ...], asked: bytes
) -> None:
    """And nothing behind it is carried out, nor anything of it, however it is cut."""
    for at in (len(asked), *range(20, len(asked), 9)):
        site, echo = a_site(clock, networks)
        client = Client(site)
        answered = client.ask(asked[:at]) + client.ask(asked[at:]) + client.ask(post(WHOLE))
        assert statuses(answered) == [400], at
        assert client.transport.disconnecting
        assert echo.ways == []


@pytest.mark.parametrize(
    "target", [b"http://y/echo", b"http://y:80/echo", b"HTTPS://y/echo", b"http://[::1]:80/echo"]
)
def test_a_target_with_the_host_is_its_path(clock: Clock, target: bytes) -> None:
    """As clients send it to a proxy (RFC 9112, 3.2.2); the second head is remembered."""
    site, _ = a_site(clock, STRICT)
    client = Client(site)
    asked = post(WHOLE).replace(b"/echo", target)
    assert said(client.ask(asked) + client.ask(asked + asked)) == [WHOLE] * 3
    assert said(client.ask(post(CUT))) == [CUT]


@pytest.mark.parametrize(
    "target", [b"http://", b"http:///echo", b"http://a b/echo", b"http://u@y/"]
)
def test_a_target_that_names_no_host_is_refused(clock: Clock, target: bytes) -> None:
    site, _ = a_site(clock, STRICT)
    assert statuses(Client(site).ask(post(WHOLE).replace(b"/echo", target))) == [400]


def test_a_head_that_is_too_long_is_told_so(clock: Clock) -> None:
    """A search over HTTP may name hundreds of numbers; whoever sends it learns why it fails."""
    site, _ = a_site(clock, STRICT)
    for head, status in (
        (b"GET /echo?query=" + b"9" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /echo HTTP/1.1\r\nHost: x\r\nX-Long: " + b"9" * 20_000 + b"\r\n\r\n", 431),
    ):
        client = Client(site)
        assert statuses(client.ask(head + post(WHOLE))) == [status]
        assert client.channel.is_over
    assert statuses(Client(site).ask(post(WHOLE))) == [200]
