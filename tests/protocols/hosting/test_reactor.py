"""The reactor's own way of writing: at the end of the turn, with Twisted's flow control."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

#: Answers each line: so many bytes for a number, and in the words of the tests below.
SERVER = """
import socket
import time

from protocols.hosting.reactor import accept_in_turn, at_turns_end, reactor
from twisted.internet.interfaces import IPullProducer, IPushProducer, IReadDescriptor
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer

@implementer(IPullProducer)
class Pieces:  # three of them, each written when the one before was sent
    def __init__(self, transport):
        transport.unregisterProducer()
        self.transport, self.left = transport, 3
        transport.write(b"in ")
        transport.registerProducer(self, False)

    def resumeProducing(self):
        self.left -= 1
        self.transport.write(b"piece " if self.left else b"pieces\\n")
        if not self.left:
            self.transport.unregisterProducer()

    def stopProducing(self):
        pass

@implementer(IReadDescriptor)
class Bell:  # rings while a turn is under way
    def __init__(self):
        self.heard = 0
        self.button, self.bell = socket.socketpair()

    def fileno(self):
        return self.bell.fileno()

    def doRead(self):
        self.bell.recv(1)
        self.heard += 1

    def logPrefix(self):
        return "bell"

    def connectionLost(self, reason):
        pass

bell = Bell()
reactor.addReader(bell)

@implementer(IPushProducer)
class Answering(Protocol):
    rest = b""
    pauses = 0

    def connectionMade(self):
        self.transport.registerProducer(self, True)

    def pauseProducing(self):
        self.pauses += 1

    def resumeProducing(self):
        self.transport.write(b"resumed\\n")

    def stopProducing(self):
        pass

    def dataReceived(self, data):
        *lines, self.rest = (self.rest + data).split(b"\\n")
        for line in lines:
            if line == b"later":
                reactor.callLater(0.01, self.transport.write, b"later\\n")
            elif line == b"thread":
                reactor.callInThread(
                    reactor.callFromThread, self.transport.write, b"from a thread\\n"
                )
            elif line == b"end":
                write = self.transport.write
                # After what is read in this turn, and once more after that.
                at_turns_end(lambda: (write(b"end\\n"), at_turns_end(lambda: write(b"next\\n"))))
            elif line == b"timed":
                reactor.callLater(0.01, at_turns_end, lambda: self.transport.write(b"timed\\n"))
            elif line == b"ring":
                write, heard = self.transport.write, bell.heard
                at_turns_end(lambda: write(b"%d\\n" % (bell.heard - heard)))
                bell.button.send(b"x")
            elif line == b"bye":
                self.transport.write(b"bye\\n")
                self.transport.loseConnection()
            elif line.startswith(b"busy"):
                time.sleep(float(line[4:]))
                self.transport.write(b"busy\\n")
            elif line == b"abort":
                self.transport.write(b"x")
                self.transport.abortConnection()
            elif line == b"kind":
                self.transport.write(type(reactor).__name__.encode() + b"\\n")
            elif line == b"half":
                self.transport.write(b"half\\n")
                self.transport.loseWriteConnection()
            elif line == b"pull":
                Pieces(self.transport)
            elif line == b"after":
                self.transport.write(b"x" * 60_000)
                self.transport.write(b"x" * 60_000)  # together more than is sent at once
                self.transport.writeSequence([b"af", b"ter\\n"])
            elif line == b"pauses":
                self.transport.write(b"%d\\n" % self.pauses)
            else:
                self.transport.write(b"x" * int(line) + b"\\n")

port = reactor.listenTCP(
    0, Factory.forProtocol(Answering), backlog=100, interface="127.0.0.1"
)
port.socket.setblocking(True)  # as a duplicate that another process has made leaves it
accept_in_turn(port)
reactor.callWhenRunning(lambda: print(port.getHost().port, flush=True))
reactor.run()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


def lines(connection: socket.socket, number: int) -> list[bytes]:
    with connection.makefile("rb") as file:
        return [file.readline().rstrip(b"\n") for _ in range(number)]


def test_it_is_the_reactor_of_the_process(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"kind\n")
        expected = b"TurnReactor" if sys.platform == "linux" else b""
        assert lines(connection, 1)[0].endswith(expected)


def test_answers_are_sent_from_reads_timers_and_threads(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"3\nlater\n")
        assert lines(connection, 2) == [b"xxx", b"later"]
        connection.sendall(b"thread\n")
        assert lines(connection, 1) == [b"from a thread"]


def test_what_is_for_the_end_of_the_turn_comes_then(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"end\n3\n")
        assert lines(connection, 3) == [b"xxx", b"end", b"next"]
        connection.sendall(b"timed\n")
        assert lines(connection, 1) == [b"timed"]


def test_what_arrives_meanwhile_comes_before_it(port: int) -> None:
    with connected(port) as connection:
        for _ in range(3):
            connection.sendall(b"ring\n")
            assert lines(connection, 1) == [b"1"]


def test_a_long_turn_sends_what_is_answered_before_its_end(port: int) -> None:
    with ExitStack() as stack:
        first, *others = [stack.enter_context(connected(port)) for _ in range(9)]
        first.sendall(b"busy0.5\n")
        for each in others:  # all of them wait for the next turn
            each.sendall(b"busy0.05\n")
        waiting, came = set(others), []
        while waiting:
            for each in select.select(list(waiting), [], [], 10)[0]:
                assert lines(each, 1) == [b"busy"]
                came.append(time.monotonic())
                waiting.remove(each)
        assert came[-1] - came[0] > 0.05 * 4


def _answered(clients: list[socket.socket], request: bytes) -> Iterator[socket.socket]:
    """Who is answered, in order, where each asks again at once."""
    for each in clients:
        each.sendall(request)
    while True:
        for each in select.select(clients, [], [], 10)[0]:
            assert lines(each, 1) == [b"busy"]
            each.sendall(request)
            yield each


def test_they_are_answered_in_the_order_of_their_asking(port: int) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(port)) for _ in range(20)]
        last: dict[socket.socket, int] = {}
        longest = 0
        for number, each in enumerate(islice(_answered(clients, b"busy0.005\n"), 200)):
            longest = max(longest, number - last.get(each, number))
            last[each] = number
        # Once round, and not twice for who asks while the next turn has begun already.
        assert longest < 1.5 * len(clients)


def test_what_is_for_the_end_of_the_turn_waits_for_the_others_once(port: int) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(300)]
        clients = [stack.enter_context(connected(port)) for _ in range(20)]
        answers = 0
        for _ in _answered(clients, b"busy0.002\n"):  # there is always one who asks
            answers += 1
            if answers == 100:
                idle[0].sendall(b"end\n")
            if select.select([idle[0]], [], [], 0)[0]:
                break
        assert lines(idle[0], 1) == [b"end"]
        assert answers < 100 + 3 * len(clients)


def test_all_who_come_back_at_once_are_accepted_soon(port: int) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(connected(port))
        first.sendall(b"busy0.1\n")
        clients = [stack.enter_context(connected(port)) for _ in range(50)]
        waiting, answers = set(clients), 0
        for each in _answered(clients, b"busy0.005\n"):
            waiting.discard(each)
            answers += 1
            if not waiting:
                break
        # With one a turn it would be 1 + 2 + 3 ... + 50.
        assert answers < 50 * 51 / 2 / 3


def test_what_the_socket_does_not_take_waits_and_pauses_the_producer(port: int) -> None:
    size = 16_000_000
    with connected(port) as connection:
        connection.sendall(b"%d\n" % size)
        with connected(port) as another:  # nobody else waits for a peer that does not read
            another.sendall(b"4\n")
            assert lines(another, 1) == [b"xxxx"]
        with connection.makefile("rb") as file:
            assert len(file.readline()) == size + 1
            assert file.readline() == b"resumed\n"
            connection.sendall(b"pauses\n")
            assert file.readline() == b"1\n"


def test_what_is_written_comes_in_order_whichever_way_it_goes(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"2\nafter\n3\n")
        assert lines(connection, 3) == [b"xx", b"x" * 120_000 + b"after", b"xxx"]


def test_who_writes_piece_by_piece_is_asked_for_each(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"pull\n")
        assert lines(connection, 1) == [b"in piece piece pieces"]


def test_half_a_connection_ends_after_what_was_written(port: int) -> None:
    with connected(port) as connection, connection.makefile("rb") as file:
        connection.sendall(b"half\n")
        assert file.read() == b"half\n"


def test_a_connection_ends_after_what_was_written(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"1000000\nbye\n")
        received = b""
        while data := connection.recv(1 << 16):
            received += data
        assert len(received) == 1_000_001 + len(b"resumed\n") * received.count(b"resumed") + 4
        assert b"bye\n" in received[-20:]


def test_one_that_is_aborted_or_has_gone_harms_nobody(port: int) -> None:
    for request in (b"abort\n", b"5000000\n"):
        with connected(port) as connection:
            connection.sendall(request)
    with connected(port) as connection:
        connection.sendall(b"2\n")
        assert lines(connection, 1) == [b"xx"]
