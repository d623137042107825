"""Connections that go from one process to another between two requests: nothing of them is lost,
and nobody notices but by who answers."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it takes the reactor for epoll")

ROOT = Path(__file__).parents[3]
#: Two sites that listen: the reader's, which is told by the PROXY protocol who calls, and the
#: writer's. They are in one process, for which nothing of it differs.
SERVER = """
import time
from socket import AF_UNIX, SOCK_SEQPACKET, SOL_SOCKET, SO_SNDBUF, socketpair

from protocols.hosting.reactor import reactor
from protocols.hosting.access import Access
from protocols.hosting.fronts import before
from protocols.hosting.passing import PassingSite, Queue, Taking, WayOfReader, WayOfWriter
from protocols.hosting.requests import BoundedRequest
from protocols.hosting.standard import Port
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

lends, begun, readers = [False], [0], []

class Echo(Resource):
    isLeaf = True

    def __init__(self, who):
        super().__init__()
        self.who = who

    def only_looks(self, method, path):
        return method == b"GET" and path[:1] != [b"change"]

    def render(self, request):
        path, body = request.path, request.content.read()
        if path.endswith(b"/lend"):
            lends[0] = True
        elif path.endswith(b"/return"):
            lends[0] = False
        elif path.endswith(b"/readers-away"):
            readers.pop().stop()
        elif path.endswith(b"/readers-back"):
            readers.append(Taking(to_readers, reading, reactor))
        caller = request.getClientAddress()
        said = b"%b %b %b by %b for %b begun %d: %b" % (
            request.method, path, b"x" * int(request.args.get(b"size", [b"0"])[0]), self.who,
            f"{caller.host}:{caller.port}".encode(), begun[0], body,
        )
        request.setHeader(b"content-length", b"%d" % len(said))
        if path.endswith(b"/later"):
            reactor.callLater(0.02, lambda: (request.write(said), request.finish()))
            return NOT_DONE_YET
        return said

def a_site(who):
    root = Resource()
    root.putChild(b"echo", Echo(who))
    return PassingSite(
        root, requestFactory=BoundedRequest, timeout=120, parsePOSTFormSubmission=False,
        reactor=reactor,
    )

def a_queue():
    ends = socketpair(AF_UNIX, SOCK_SEQPACKET)
    for each in ends:
        each.setblocking(False)
    return Queue(*ends)

def begins():
    begun[0] += 1

to_writer, to_readers = a_queue(), a_queue()
reading, writing = a_site(b"reader"), a_site(b"writer")
reading.way = WayOfReader(reading, to_writer, begins)
writing.way = WayOfWriter(writing, to_readers, lambda: lends[0], reactor)
Taking(to_writer, writing, reactor)
readers.append(Taking(to_readers, reading, reactor))
behind = Access(trusted_proxies=("127.0.0.1",))
ports = [
    reactor.listenTCP(0, factory, backlog=512, interface="127.0.0.1")
    for factory in (reading, writing, before(Port(0, "", reading, behind)))
]
reactor.callWhenRunning(lambda: print(*(each.getHost().port for each in ports), flush=True))
reactor.run()
"""

LOOK = b"GET /echo/look HTTP/1.1\r\nHost: x\r\n\r\n"
CHANGE = b"GET /echo/change HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, ...]]:
    """The reader's, the writer's, and the reader's behind a proxy."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield tuple(map(int, process.stdout.readline().split()))
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def reader(ports: tuple[int, ...]) -> int:
    return ports[0]


@pytest.fixture
def writer(ports: tuple[int, ...]) -> int:
    return ports[1]


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


def answers(connection: socket.socket, number: int) -> list[bytes]:
    """The bodies of so many answers, each with its status where that is not 200."""
    found, received = [], b""
    while len(found) < number:
        head = received.find(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", received[: max(head, 0)])
        end = head + 4 + (int(length[1]) if length else 0)
        if head < 0 or len(received) < end:
            block = connection.recv(65536)
            assert block, (found, received)
            received += block
            continue
        status = received.split(b" ", 2)[1]
        found.append((b"" if status == b"200" else status + b" ") + received[head + 4 : end])
        received = received[end:]
    assert not received
    return found


def who(connection: socket.socket, *requests: bytes) -> list[bytes]:
    """Who answers each, asked one after the other."""
    found = []
    for each in requests:
        connection.sendall(each)
        found += [by[1] for by in re.findall(rb" (by) (\w+)", answers(connection, 1)[0])]
    return found


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    more = b"".join(b"%b\r\n" % each for each in headers or (b"Content-Length: %d" % len(body),))
    return b"POST %b HTTP/1.1\r\nHost: x\r\n%b\r\n%b" % (path, more, body)


def test_a_reader_answers_what_only_looks_until_something_else_is_asked(reader: int) -> None:
    with connected(reader) as line:
        assert who(line, LOOK, LOOK, CHANGE, LOOK) == [b"reader", b"reader", b"writer", b"writer"]
        assert line.getpeername()[1] == reader


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1",
        b"GET /elsewhere HTTP/1.1",
        b"GET http://x/echo/look HTTP/1.1",
        b"GET echo/look HTTP/1.1",
        b"POST /echo/look HTTP/1.1",
        b"HEAD /echo/%63hange HTTP/1.1",
        b"GET /echo/%63hange HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
    ],
)
def test_what_is_no_look_is_the_writers(reader: int, writer: int, request_line: bytes) -> None:
    """And is answered as there: the same status, the same end."""
    told = []
    for port in (reader, writer):
        with connected(port) as line:
            line.sendall(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
            said = b"".join(iter(lambda line=line: line.recv(65536), b""))  # type: ignore[misc]
            told.append(re.sub(rb"(?m)^Date: .*\r$| for [^ ]+| begun \d+", b"", said))
    assert told[0] == told[1] != b""
    assert b"reader" not in told[0]


def test_each_look_begins_when_it_has_come(reader: int) -> None:
    """So that it sees what anybody was answered before."""
    with connected(reader) as line:
        line.sendall(LOOK * 3)
        numbers = [int(re.findall(rb"begun (\d+)", each)[0]) for each in answers(line, 3)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_a_body_comes_with_its_request_however_it_is_sent(reader: int) -> None:
    body = bytes(range(33, 127)) * 3_000  # longer than is read at once
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in (body[:70_000], body[70_000:]))
    for sent in (
        post(b"/echo/a", body),
        post(b"/echo/a", chunks + b"0\r\n\r\n", b"Transfer-Encoding: chunked"),
    ):
        with connected(reader) as line:
            line.sendall(LOOK + sent)
            look, change = answers(line, 2)
            assert look.startswith(b"GET /echo/look  by reader")
            assert change.startswith(b"POST /echo/a  by writer")
            assert change.endswith(b": " + body)


def test_who_waits_to_be_told_to_go_on_is_told(reader: int) -> None:
    with connected(reader) as line:
        line.sendall(post(b"/echo/a", b"", b"Expect: 100-continue", b"Content-Length: 4"))
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"four")
        assert answers(line, 1)[0].endswith(b": four")


def test_a_body_that_is_too_long_is_refused_as_ever(reader: int) -> None:
    with connected(reader) as line:
        line.sendall(post(b"/echo/a", b"", b"Content-Length: 99999999"))
        assert answers(line, 1)[0].startswith(b"413 ")


REQUESTS = (
    *(LOOK, CHANGE, LOOK.replace(b"look", b"later"), CHANGE.replace(b"change", b"change/later")),
    *(post(b"/echo/p", b"body"), b"\r\n" + LOOK, LOOK.replace(b"look", b"look?size=70000")),
    post(b"/echo/c", b"4\r\nbody\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
)


@pytest.mark.parametrize("seed", range(8))
def test_any_requests_in_any_pieces_are_answered_in_their_order(
    ports: tuple[int, ...], seed: int
) -> None:
    """From the reader, and from the writer while somebody lends: connections go to and fro."""
    choose = random.Random(seed)
    asked = choose.choices(REQUESTS, k=12)
    stream = b"".join(asked)
    with connected(ports[1]) as lends:
        assert who(lends, post(b"/echo/lend" if seed % 2 else b"/echo/return", b"")) == [b"writer"]
    cuts = sorted(choose.sample(range(1, len(stream)), choose.choice((0, 1, 3, 20))))
    with connected(ports[seed // 2 % 2]) as line:
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            line.sendall(stream[begin:end])
            if len(cuts) < 5:
                time.sleep(0.005)
        told = answers(line, len(asked))
    for request, answer in zip(asked, told, strict=True):
        method, path = request.strip().split(b" ", 2)[:2]
        assert answer.startswith(b"%b %b " % (method, path.partition(b"?")[0]))


def test_a_slow_client_has_all_of_its_answers_before_the_connection_goes(reader: int) -> None:
    """More than the kernel takes: the reader waits until the client has read it."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        line.settimeout(20)
        line.connect(("127.0.0.1", reader))
        line.sendall(LOOK.replace(b"look", b"look?size=5000000") + CHANGE)
        time.sleep(0.1)
        large, change = answers(line, 2)
    assert len(large) > 5_000_000
    assert b"by writer" in change


def test_who_calls_is_who_a_proxy_said(ports: tuple[int, ...]) -> None:
    for told, host in ((b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n", b"192.0.2.7:4711"),):
        with connected(ports[2]) as line:
            line.sendall(told + LOOK + CHANGE)
            assert [host in each for each in answers(line, 2)] == [True, True]
    with connected(ports[2]) as line:
        line.sendall(b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n" + CHANGE)
        assert b" for 2001:db8::7:4711 " in answers(line, 1)[0]


def test_who_is_gone_leaves_nothing_behind(reader: int) -> None:
    for _ in range(30):
        with connected(reader) as line:
            line.sendall(CHANGE)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
    with connected(reader) as line:
        assert who(line, CHANGE) == [b"writer"]


@pytest.fixture
def lends(writer: int) -> Iterator[socket.socket]:
    """Somebody who lends at the writer's."""
    with connected(writer) as line:
        assert who(line, post(b"/echo/lend", b"")) == [b"writer"]
        yield line
        assert who(line, post(b"/echo/return", b"")) == [b"writer"]


def test_the_writer_answers_looks_while_nobody_lends(writer: int) -> None:
    with connected(writer) as line:
        assert who(line, post(b"/echo/return", b""), LOOK) == [b"writer", b"writer"]


def test_while_somebody_lends_looks_are_the_readers(writer: int, lends: socket.socket) -> None:
    with connected(writer) as line:
        assert who(line, CHANGE, LOOK, LOOK, CHANGE, LOOK) == [
            *(b"writer", b"reader", b"reader", b"writer", b"reader")
        ]


def test_what_no_reader_takes_the_writer_answers(writer: int, lends: socket.socket) -> None:
    """Some wait a moment; who comes then does not."""
    assert who(lends, post(b"/echo/readers-away", b"")) == [b"writer"]
    try:
        lines = [socket.create_connection(("127.0.0.1", writer), timeout=20) for _ in range(10)]
        for each in lines:
            each.sendall(LOOK)
        assert [answers(each, 1)[0].split()[3] for each in lines] == [b"writer"] * 10
        for each in lines:
            assert who(each, LOOK, CHANGE) == [b"writer", b"writer"]
            each.close()
    finally:
        assert who(lends, post(b"/echo/readers-back", b"")) == [b"writer"]


def said_of(lines: Sequence[socket.socket]) -> list[bytes]:
    return [answers(each, 1)[0].split()[3] for each in lines]


def test_many_at_once_all_come_through(reader: int) -> None:
    """More than a queue holds: they wait in the reader, and are passed on bit by bit."""
    lines = [socket.create_connection(("127.0.0.1", reader), timeout=20) for _ in range(400)]
    for each in lines:
        each.sendall(CHANGE)
    assert said_of(lines) == [b"writer"] * len(lines)
    for each in lines:
        each.close()
