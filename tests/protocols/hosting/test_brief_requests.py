"""Requests under a head that is known already: answered as the first one was, byte by byte."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from protocols.hosting.brief_requests import HEADS, LONGEST_HEAD, BriefRequest
from protocols.hosting.http_channel import EndingSite, PatientChannel
from protocols.hosting.requests import BODY_BYTES, BoundedRequest

IDLE = 120
BODY = b"<NCIPMessage>a</NCIPMessage>"


class Echo(Resource):
    """Says again what it was told, at once or when `answer_all` is called; counts both ways."""

    isLeaf = True  # noqa: N815

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ways: list[str] = []
        self.waits = False
        self.fails = False
        self.waiting: list[Callable[[], None]] = []

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        return tail.rstrip().endswith(b"</NCIPMessage>") if head.startswith(b"<") else None

    def _said(self, request: Any, body: bytes) -> bytes:
        shown = request.getHeader(b"authorization") or b""
        host = request.getClientAddress().host.encode()
        return b"%b|%b|%b|%b" % (body, b"/".join(request.postpath), shown, host)

    def render(self, request: Any) -> Any:
        self.ways.append("long")
        said = self._said(request, request.content.read())

        def reply() -> None:
            request.setHeader(b"content-type", b"text/xml")
            request.setHeader(b"content-length", str(len(said)).encode())
            request.setHeader(b"x-request-id", b"1")
            request.write(said)
            request.finish()

        self._go(reply)
        return NOT_DONE_YET

    def answer_briefly(self, request: BriefRequest) -> None:
        self.ways.append("brief")
        if self.fails:
            raise ValueError("a fault")
        said = self._said(request, request.content)
        self._go(lambda: request.answer(b"text/xml", said, b"X-Request-Id: 1\r\n"))

    def _go(self, reply: Callable[[], None]) -> None:
        if self.waits:
            self.waiting.append(reply)
        else:
            reply()

    def answer_all(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


class Transport(StringTransport):
    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802
        pass


class Client:
    """A connection to a site with an `Echo` at /echo."""

    def __init__(self, site: EndingSite) -> None:
        self.transport = Transport()
        self.channel: Any = site.buildProtocol(None)  # type: ignore[no-untyped-call]
        self.channel.makeConnection(self.transport)

    def ask(self, data: bytes) -> bytes:
        """What is answered to it by now; the date is left out."""
        self.channel.dataReceived(data)
        return self.answers()

    def answers(self) -> bytes:
        found = self.transport.value()
        self.transport.clear()
        return re.sub(rb"Date: [^\r]+", b"Date: -", found)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> EndingSite:
    root = Resource()  # type: ignore[no-untyped-call]
    root.putChild(b"echo", Echo())  # type: ignore[no-untyped-call]
    return EndingSite(
        root,
        ["192.168.1.0/24"],
        requestFactory=BoundedRequest,
        timeout=IDLE,
        parsePOSTFormSubmission=False,
        reactor=clock,
    )


@pytest.fixture
def echo(site: EndingSite) -> Echo:
    found: Echo = site.resource.children[b"echo"]
    return found


def post(body: bytes = BODY, *headers: str, path: str = "/echo", version: str = "1.1") -> bytes:
    lines = [f"POST {path} HTTP/{version}", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/echo", ()),
        ("/echo/se%63ret?a=b", ()),
        ("/echo", ("Authorization: Basic YTpi", "Content-Type: text/xml", "X: 1", "X: 2")),
    ],
)
def test_the_answer_is_the_same_by_both_ways(
    site: EndingSite, echo: Echo, path: str, headers: tuple[str, ...]
) -> None:
    asked = post(BODY, *headers, path=path)
    first = Client(site)
    answers = [first.ask(asked), first.ask(asked), Client(site).ask(asked)]
    assert echo.ways == ["long", "brief", "brief"]
    assert BODY in answers[0]
    assert len(set(answers)) == 1


class Silent(Resource):
    """Answers with a status and no body, though it names a media type."""

    isLeaf = True  # noqa: N815

    def __init__(self, status: int, *, declares: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.status = status
        self.declares = declares

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        return None

    def render(self, request: Any) -> Any:
        request.setResponseCode(self.status)
        request.setHeader(b"content-type", b"application/json")
        if self.declares:
            request.setHeader(b"content-length", b"0")
        request.finish()
        return NOT_DONE_YET

    def answer_briefly(self, request: BriefRequest) -> None:
        request.answer(b"application/json", b"", status=self.status)


@pytest.mark.parametrize("declares", [True, False], ids=["declared", "not declared"])
@pytest.mark.parametrize("method", [b"POST", b"DELETE", b"GET"])
@pytest.mark.parametrize("status", [200, 204, 400, 429])
def test_an_answer_without_a_body_has_no_media_type(
    site: EndingSite, status: int, method: bytes, declares: bool
) -> None:
    """A client that is promised JSON fails on an empty body. Each status has its phrase."""
    site.resource.putChild(b"silent", Silent(status, declares=declares))
    client = Client(site)
    asked = post(BODY, path="/silent").replace(b"POST", method, 1)
    for _ in range(2):  # the second POST is a brief one
        answer = client.ask(asked)
        phrase = HTTPStatus(status).phrase.encode()
        assert answer.startswith(b"HTTP/1.1 %d %b\r\n" % (status, phrase))
        assert answer.endswith(b"\r\n\r\n")
        assert b"content-type" not in answer.lower()
        assert b"chunked" not in answer
        assert (b"Content-Length: 0\r\n" in answer) or status == 204


def test_the_answer_to_head_keeps_its_media_type(site: EndingSite, echo: Echo) -> None:
    answer = Client(site).ask(b"HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Type: text/xml\r\n" in answer


def test_bodies_differ_under_one_head(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    for letter in (b"a", b"b", b"c"):
        body = BODY.replace(b"a", letter, 1)
        assert body in client.ask(post(body))
    assert echo.ways == ["long", "brief", "brief"]


@pytest.mark.parametrize(
    "asked",
    [
        post(BODY, version="1.0"),
        post(BODY, "Connection: keep-alive", version="1.0"),
        post(BODY, "Connection: close"),
        post(BODY, "Expect: 100-continue"),
        post(BODY, "X: " + "x" * LONGEST_HEAD),
        b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n%b\r\n0\r\n\r\n"
        % BODY,
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_goes_the_long_way_always(site: EndingSite, echo: Echo, asked: bytes) -> None:
    answers = [Client(site).ask(asked) for _ in range(3)]
    assert echo.ways == ["long"] * 3
    assert len(set(answers)) == 1


def test_what_is_not_in_one_piece_goes_the_long_way(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    asked = post()
    expected = client.ask(asked)
    for end in range(1, len(asked)):
        assert client.ask(asked[:end]) == b""
        assert client.ask(asked[end:]) == expected
    assert echo.ways == ["long"] * len(asked)
    assert client.ask(asked) == expected
    assert echo.ways[-1] == "brief"


def test_requests_sent_ahead_are_answered_in_their_order(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    asked = [post(BODY.replace(b"a", b"%d" % number, 1)) for number in range(4)]
    expected = [client.ask(each) for each in asked]
    assert client.ask(b"".join(asked)) == b"".join(expected)
    echo.waits = True
    assert b"".join(client.ask(each) for each in asked) == b""
    assert len(echo.waiting) == 1
    echo.answer_all()
    assert client.answers() == b"".join(expected)


def test_an_empty_line_behind_each_body(site: EndingSite) -> None:
    client = Client(site)
    expected = client.ask(post())
    for _ in range(3):
        assert client.ask(b"\r\n") == b""
        assert client.ask(post()) == expected


def test_a_body_that_is_longer_than_its_length(site: EndingSite, echo: Echo) -> None:
    short, rest = post()[:-5], post()[-5:]
    wrong = short.replace(b"Content-Length: 28", b"Content-Length: 23")
    Client(site).ask(post())
    for _ in range(2):  # the second time its head is known
        client = Client(site)
        assert client.ask(wrong) == b""
        assert BODY in client.ask(rest)
        assert client.transport.disconnecting
    assert echo.ways == ["long"] * 3


def test_a_length_that_is_too_long_is_refused_each_time(site: EndingSite, echo: Echo) -> None:
    asked = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES + 1)
    for _ in range(2):
        assert Client(site).ask(asked + BODY).startswith(b"HTTP/1.1 413 ")
    assert not echo.ways


def test_lengths_that_contradict_each_other_are_never_learned(site: EndingSite, echo: Echo) -> None:
    asked = post(BODY, "Content-Length: 5")
    for _ in range(2):
        assert Client(site).ask(asked).startswith(b"HTTP/1.1 400 ")
    assert not echo.ways


def test_the_idle_timer_runs_between_requests_alone(
    site: EndingSite, echo: Echo, clock: Clock
) -> None:
    Client(site).ask(post())
    client = Client(site)
    for _ in range(3):  # each of them winds it up, the first of the connection too
        assert client.ask(post())
        clock.advance(IDLE - 1)
    echo.waits = True
    client.ask(post())
    clock.advance(IDLE * 3)
    assert not client.transport.disconnecting
    echo.answer_all()
    assert BODY in client.answers()
    clock.advance(IDLE - 1)
    assert not client.transport.disconnecting
    clock.advance(1)
    assert client.transport.disconnecting
    assert echo.ways == ["long", *["brief"] * 4]


@pytest.mark.parametrize("waits", [False, True])
def test_a_site_that_ends(site: EndingSite, echo: Echo, waits: bool) -> None:
    client = Client(site)
    client.ask(post())
    echo.waits = waits
    if waits:
        client.ask(post())
    ended = site.end()
    echo.answer_all()
    answer = client.answers()
    assert (b"Connection: close\r\n" in answer) == waits
    assert client.transport.disconnecting
    client.channel.connectionLost(Failure(ConnectionDone()))
    assert ended.called


def test_nobody_waits_for_the_answer_any_more(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    client.ask(post())
    echo.waits = True
    client.ask(post())
    client.channel.connectionLost(Failure(ConnectionDone()))
    echo.answer_all()
    assert client.answers() == b""


def test_a_fault_of_ours_ends_the_connection(
    site: EndingSite, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(site)
    client.ask(post())
    echo.fails = True
    answer = client.ask(post())
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"Connection: close\r\n" in answer
    assert client.transport.disconnecting
    assert "a fault" in caplog.text


def test_an_answer_that_comes_after_a_fault_is_not_sent(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    client.ask(post())
    request = BriefRequest(client.channel, site.heads.find(post()[: -len(BODY)]), BODY, None)  # type: ignore[arg-type]
    client.channel.requests.append(request)
    request.answer(b"text/xml", b"1")
    assert client.answers().endswith(b"\r\n\r\n1")
    request.answer(b"text/xml", b"2")
    assert client.answers() == b""


def test_how_a_request_arrives_is_read_once_for_each_head(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    arrivals = []
    for user in (b"Ida", b"Ida", b"Per", b"Ida"):
        asked = post(BODY, f"Authorization: Basic {b64encode(user + b':secret').decode()}")
        client.ask(asked)  # the head is known from now on
        head = site.heads.find(asked[: -len(BODY)])
        assert head is not None
        arrivals.append(BriefRequest(client.channel, head, BODY, None).arrival())
    assert [each.user for each in arrivals] == ["Ida", "Ida", "Per", "Ida"]
    assert arrivals[0] is arrivals[1]
    client.channel.connectionLost(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]
    assert client.channel.arrived is None


def test_what_is_remembered_is_bounded(site: EndingSite, echo: Echo) -> None:
    client = Client(site)
    for number in range(HEADS + 1):
        client.ask(post(BODY, f"X: {number}"))
    client.ask(post(BODY, f"X: {HEADS}"))
    client.ask(post(BODY, "X: 0"))
    assert echo.ways[HEADS + 1 :] == ["brief", "long"]
    assert isinstance(client.channel, PatientChannel)
