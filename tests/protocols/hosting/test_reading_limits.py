"""How long a request may take to arrive over HTTP, and for which host it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from protocols.hosting.http_channel import EndingSite
from protocols.hosting.passing import PassingSite
from protocols.hosting.reading_limits import BODY_BYTES_PER_SECOND, BODY_SECONDS, HEAD_SECONDS
from protocols.hosting.requests import BODY_BYTES, BoundedRequest
from tests.protocols.hosting.test_brief_requests import Client, Echo, post
from tests.sources import modules, name_of, nodes_of

IDLE = 120
LEAST = int(BODY_SECONDS * BODY_BYTES_PER_SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["one process", "several"])
def site(clock: Clock, request: pytest.FixtureRequest) -> EndingSite:
    root = Resource()  # type: ignore[no-untyped-call]
    root.putChild(b"echo", Echo())  # type: ignore[no-untyped-call]
    kind: Any = EndingSite if request.param == "one process" else PassingSite
    site: EndingSite = kind(
        root,
        ["192.168.1.0/24"],
        requestFactory=BoundedRequest,
        timeout=IDLE,
        parsePOSTFormSubmission=False,
        reactor=clock,
    )
    if isinstance(site, PassingSite):
        site.way = lambda line: None
    return site


def statuses(answered: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answered)]


def echo_of(site: EndingSite) -> Echo:
    found: Echo = site.resource.children[b"echo"]
    return found


def wait(clock: Clock, seconds: float) -> None:
    """A second at a time: calls that begin further calls are made in their order."""
    while seconds > 0:
        clock.advance(min(1.0, seconds))
        seconds -= 1.0


def drip(clock: Clock, client: Client, data: bytes, seconds: float) -> float:
    """Send a byte every so many seconds; return the seconds until the connection is ended."""
    gone = 0.0
    for at in range(len(data)):
        client.channel.dataReceived(data[at : at + 1])
        if client.transport.disconnecting:
            return gone
        wait(clock, seconds)
        gone += seconds
        if client.transport.disconnecting:
            return gone
    return gone


HEADS = {
    "method": b"P" * 400,
    "path": b"GET /" + b"a" * 400,
    "header": b"GET /echo HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 400,
    "many headers": b"GET /echo HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100,
    "known head": post()[: post().index(b"\r\n\r\n")] + b"a" * 400,
    "behind a line end": b"\r\nGET /" + b"a" * 400,
    "no request at all": b"\x16\x03\x01" * 100,
}


@pytest.mark.parametrize("seconds", [0.5, 5.0, HEAD_SECONDS * 0.9])
@pytest.mark.parametrize("head", HEADS)
def test_a_head_that_drips_is_answered_408(
    clock: Clock, site: EndingSite, head: str, seconds: float
) -> None:
    """However often a byte of it comes. The limit is for the whole head."""
    known = Client(site)
    known.ask(post())
    client = Client(site)
    gone = drip(clock, client, HEADS[head], seconds)
    assert gone <= HEAD_SECONDS + 3 * seconds
    answered = client.answers()
    assert statuses(answered) == [408]
    assert b"Connection: close\r\n" in answered
    assert b"send it again" in answered
    assert client.ask(post()) == b""
    known.channel.connectionLost(None)
    client.channel.connectionLost(None)
    assert clock.getDelayedCalls() == []


def test_a_head_that_stops_is_answered_408(clock: Clock, site: EndingSite) -> None:
    client = Client(site)
    client.ask(b"GET /echo HT")
    wait(clock, HEAD_SECONDS - 1)
    assert client.answers() == b""
    wait(clock, 1)
    assert statuses(client.answers()) == [408]


@pytest.mark.parametrize(
    "begin", [b"", b"\r\n", post(), post() + b"\r\n", post() + b"\r\n" + post()]
)
def test_between_requests_a_connection_is_idle(
    clock: Clock, site: EndingSite, begin: bytes
) -> None:
    """It ends later, without a word; a line end behind a body begins no head."""
    Client(site).ask(post())  # its head is known
    client = Client(site)
    for each in (begin[:4], begin[4:]):
        if each:
            client.ask(each)
    wait(clock, HEAD_SECONDS * 2)
    assert not client.transport.disconnecting
    assert statuses(client.ask(post())) == [200]
    wait(clock, IDLE + 1)
    assert (client.transport.disconnecting, client.answers()) == (True, b"")


def test_the_next_head_has_its_own_time(clock: Clock, site: EndingSite) -> None:
    """Each of many requests on a slow line, cut in the middle of the next head."""
    client = Client(site)
    stream = post() * 20
    step = len(post()) - 7
    answered = b""
    for at in range(0, len(stream), step):
        answered += client.ask(stream[at : at + step])
        wait(clock, HEAD_SECONDS / 3)
    assert statuses(answered) == [200] * 20


def bodies(size: int) -> Iterator[tuple[str, bytes, Callable[[bytes], bytes]]]:
    """A head for a body of that size, and how a piece of it is written."""
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
    yield "length", head + b"Content-Length: %d\r\n\r\n" % size, bytes
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    yield "chunks", chunked, lambda piece: b"%x\r\n%b\r\n" % (len(piece), piece)


@pytest.mark.parametrize("way", ["length", "chunks"])
@pytest.mark.parametrize("beginning", [0, 1, 100_000])
def test_a_body_that_drips_is_answered_408(
    clock: Clock, site: EndingSite, way: str, beginning: int
) -> None:
    """Whatever came at once before: the rate is measured again and again."""
    _, head, piece = next(each for each in bodies(BODY_BYTES - 1) if each[0] == way)
    client = Client(site)
    client.ask(head + (piece(b"a" * beginning) if beginning else b""))
    gone = 0
    while not client.transport.disconnecting and gone < 1000:
        client.channel.dataReceived(piece(b"a" * 10))
        wait(clock, 1)
        gone += 1
    assert gone <= BODY_SECONDS * 2 + 1
    answered = client.answers()
    assert statuses(answered) == [408]
    assert echo_of(site).ways == []
    assert client.ask(piece(b"a") + post()) == b""


def test_a_body_that_stops_is_answered_408(clock: Clock, site: EndingSite) -> None:
    client = Client(site)
    client.ask(post()[:-1])
    wait(clock, BODY_SECONDS)
    assert statuses(client.answers()) == [408]


@pytest.mark.parametrize(
    ("request_head", "seconds", "status", "english", "danish"),
    [
        (b"Host: x\r\nContent-Length: 9", BODY_SECONDS, 408, "did not arrive", "kom ikke frem"),
        (b"Content-Length: 9", 0, 400, "send one Host", "send \u00e9n Host"),
        (b"Host: x\r\nContent-Length: 99999999", 0, 413, "too large", "for stor"),
    ],
)
def test_a_request_that_is_ended_is_refused_in_its_language(
    clock: Clock,
    site: EndingSite,
    request_head: bytes,
    seconds: float,
    status: int,
    english: str,
    danish: str,
) -> None:
    for header, tag, text in (
        (b"en;q=0.5, da", b"da", danish),
        (b"da;q=0.5, en", b"en", english),
        (b"", b"en", english),
    ):
        client = Client(site)
        accept = b"Accept-Language: %b\r\n" % header if header else b""
        answered = client.ask(b"POST /echo HTTP/1.1\r\n%b%b\r\n\r\n" % (accept, request_head))
        wait(clock, seconds)
        head, _, body = (answered + client.answers()).partition(b"\r\n\r\n")
        assert statuses(head) == [status]
        assert b"Content-Type: application/problem+json\r\nContent-Language: %b" % tag in head
        assert text in json.loads(body)["title"]


@pytest.mark.parametrize("way", ["length", "chunks"])
def test_a_slow_line_may_send_a_large_file(clock: Clock, site: EndingSite, way: str) -> None:
    """A little above the lowest rate, for more than an hour."""
    size = 2_500_000
    _, head, piece = next(each for each in bodies(size) if each[0] == way)
    client = Client(site)
    client.ask(head)
    each = LEAST // 3 + 500
    for begin in range(0, size, each):
        assert not client.transport.disconnecting
        client.channel.dataReceived(piece(b"a" * min(each, size - begin)))
        wait(clock, BODY_SECONDS / 3)
    client.channel.dataReceived(b"0\r\n\r\n" if way == "chunks" else b"")
    assert clock.seconds() > 3600
    assert statuses(client.answers()) == [200]


def test_an_answer_may_take_its_time(clock: Clock, site: EndingSite) -> None:
    """Neither limit runs while we are at work, with the next head begun already."""
    echo = echo_of(site)
    for begun in (b"", b"GET /ec"):
        for _ in range(2):  # the second is a brief request
            client = Client(site)
            echo.waits = True
            client.ask(post())
            if begun:
                client.ask(begun)
            wait(clock, 600)
            assert not client.transport.disconnecting
            echo.answer_all()
            assert statuses(client.answers()) == [200]
            wait(clock, HEAD_SECONDS)
            assert statuses(client.answers()) == ([408] if begun else [])


def head(version: str, *lines: bytes) -> bytes:
    return b"\r\n".join(
        [f"POST /echo HTTP/{version}".encode(), *lines, b"Content-Length: 3", b"", b"abc"]
    )


HOSTS = [
    *(b"x", b"library.example", b"library.example:8080", b"127.0.0.1:8080", b"[::1]", b"[::1]:80"),
    *(b"my_library:", b"xn--bcher-kva.example", b"a%20b", b"LIBRARY.Example."),
]
NO_HOSTS = [
    *(b"", b" ", b"a b", b"a/b", b"a@b", b"http://a", b"a:b", b"a:1:2", b"::1", b"[::1", b"[::1]x"),
    *(b"a,b", b"a?b", b"a#b", b"a\\b", b"<a>", b'"a"', b"b\xc3\xbccher", b"a%2", b"a\tb", b":80"),
]
# A comma is allowed in a name by RFC 3986, and two names are not told from one by it.
NO_HOSTS.remove(b"a,b")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_taken(clock: Clock, site: EndingSite, host: bytes, version: str) -> None:
    for _ in range(2):
        assert statuses(Client(site).ask(head(version, b"Host: " + host))) == [200]


def refused(version: str) -> Iterator[bytes]:
    yield from (head(version, b"Host: " + host) for host in NO_HOSTS)
    yield head(version, b"Host: x", b"Host: x")
    yield head(version, b"Host: x", b"X: y", b"hOST: y", b"Y: z")
    yield head(version, b"Host: x", b"Host:")
    if version == "1.1":
        yield head(version)
        yield head(version, b"X-Host: x")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_no_host_or_two_or_a_wrong_one_is_400(clock: Clock, site: EndingSite, version: str) -> None:
    """Nothing of it is carried out, nor what is behind it, however it is cut."""
    for asked in refused(version):
        Client(site).ask(head("1.1", b"Host: x"))  # which is known by now
        echo_of(site).ways.clear()
        for at in (len(asked), *range(1, len(asked), 7)):
            client = Client(site)
            answered = client.ask(asked[:at]) + client.ask(asked[at:]) + client.ask(post())
            assert statuses(answered) == [400], asked
            assert client.transport.disconnecting
        assert echo_of(site).ways == [], asked


def test_http_1_0_needs_no_host(clock: Clock, site: EndingSite) -> None:
    assert statuses(Client(site).ask(head("1.0"))) == [200]


def test_every_listener_of_http_has_the_limits() -> None:
    """Sites of other kinds would not have them."""
    sites = {
        name_of(path)
        for path in modules("protocols")
        for node in nodes_of(path)
        if getattr(node, "module", None) in ("twisted.web.server", "twisted.web.http")
        and {each.name for each in node.names} & {"HTTPChannel", "HTTPFactory", "Site"}
    }
    assert sites == {"protocols.hosting.http_channel", "protocols.hosting.reading_limits"}
