"""HTTP connections that one process passes to another, with what it has read from them.

Which of several processes gets a caller nobody chooses: all accept from one socket. Where only one
of them makes changes, the others answer what only looks, and with any other request the connection
becomes that one's. While somebody lends, so that lending need not wait for searches, it goes the
other way as well:

    a reader    GET /sru/...         answered
                POST /api/v1/...     -> queue of the writer, who goes on with the connection
    the writer  POST /api/v1/...     answered
                GET /sru/...         answered; while somebody lends -> queue of the readers

What is passed is the connection itself, the descriptor: nothing stands between it and its new
process afterwards. That happens between two requests only, when all is sent that was answered.
The queues are the supervisor's (`protocols.hosting.sockets.Sockets.queue`): who waits for a writer
that has ended waits for the next one.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable
from urllib.parse import unquote_to_bytes

from twisted.internet.address import IPv4Address, IPv6Address

from protocols.hosting.http_channel import EndingSite, PatientChannel

log = logging.getLogger(__name__)

#: The longest message: more than a channel has read ahead.
_LONGEST: Final = 256 * 1024
#: Connections that are taken from a queue before others get their turn.
_TAKEN_AT_ONCE: Final = 8
#: Seconds between two tries, where the queue is full or the peer has not read all.
AGAIN_SECONDS: Final = 0.02
#: Seconds for which it is tried.
PATIENCE_SECONDS: Final = 30.0
#: Seconds in which a reader takes what waits for one, and for which the writer, where none has,
#: answers by itself what only looks.
UNTAKEN_SECONDS: Final = 0.25
ALONE_SECONDS: Final = 5.0

_PROBLEM: Final = (
    b'{"type": "urn:tiro:problem:unavailable", "title": "Nothing can be changed at the moment.",'
    b' "status": 503}\n'
)
_UNAVAILABLE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
    b"Content-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_PROBLEM), _PROBLEM)
)


@runtime_checkable
class OnlyLooking(Protocol):
    """A resource of which some requests, or all, change nothing."""

    def only_looks(self, method: bytes, path: Sequence[bytes]) -> bool:
        """Is that request one of them? `path` are the parts behind the resource's own, decoded."""
        ...


class Passed(NamedTuple):
    """A connection, the address at its other end, what has been read from it, and since when it
    waits: seconds of the clock that does not jump."""

    connection: socket.socket
    peer: IPv4Address | IPv6Address
    data: bytes
    since: float


class Queue:
    """Where connections wait for another process: the ends that `Peers.queue` gives."""

    def __init__(self, into: socket.socket, out_of: socket.socket) -> None:
        self._into = into
        self._out_of = out_of

    def fileno(self) -> int:
        """What is readable when a connection waits."""
        return self._out_of.fileno()

    def put(self, passed: Passed) -> bool:
        """False where there is no room now. The connection stays the caller's to close."""
        head = json.dumps([passed.peer.host, passed.peer.port, passed.since]).encode()
        message, handle = head + b"\n" + passed.data, passed.connection.fileno()
        try:
            socket.send_fds(self._into, [message], [handle])
        except OSError:  # full, or too many descriptors are on their way
            return False
        return True

    def take(self) -> Passed | None:
        """The one that has waited longest; None where none waits."""
        try:
            message, handles, _, _ = socket.recv_fds(self._out_of, _LONGEST, 1)
        except BlockingIOError:
            return None
        connection = socket.socket(fileno=handles[0])
        connection.set_inheritable(False)
        head, _, data = message.partition(b"\n")
        host, port, since = json.loads(head)
        kind: Any = IPv6Address if ":" in host else IPv4Address
        return Passed(connection, kind("TCP", host, port), data, since)

    def close(self) -> None:
        self._into.close()
        self._out_of.close()


def go_on(passed: Passed, site: EndingSite, reactor: Any) -> None:
    """Goes on with a connection, where another process has stopped."""
    try:
        protocol = reactor.go_on_with(passed.connection, site, passed.peer)
    except OSError:  # the caller has gone meanwhile
        passed.connection.close()
        return
    if protocol is not None:
        protocol.dataReceived(passed.data)


class Taking:
    """Takes connections from a queue, for a site to go on with (an IReadDescriptor)."""

    def __init__(self, queue: Queue, site: EndingSite, reactor: Any) -> None:
        self._queue = queue
        self._site = site
        self._reactor = reactor
        reactor.addReader(self)

    def stop(self) -> None:
        """What waits in the queue is for others."""
        self._reactor.removeReader(self)

    def fileno(self) -> int:
        return self._queue.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        return "passed on"

    def doRead(self) -> None:  # noqa: N802
        for _ in range(_TAKEN_AT_ONCE):
            passed = self._queue.take()
            if passed is None:
                return
            go_on(passed, self._site, self._reactor)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self.stop()


class PassingChannel(PatientChannel):
    """A connection that goes to another process with the first request that is not for this one."""

    site: PassingSite

    def __init__(self) -> None:
        super().__init__()
        self._is_leaving = False

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        if line and not self.requests and not self.is_over:
            queue = self.site.way(line)
            if queue is not None:
                data = line + b"\r\n" + self.clearLineBuffer()  # type: ignore[no-untyped-call]
                self._is_leaving = True
                self.end_reading()  # the rest of the head is the other process's to read
                self.transport.pauseProducing()
                self._leave(queue, data, self.site.seconds() + PATIENCE_SECONDS)
                return
        super().lineReceived(line)

    def _leave(self, queue: Queue, data: bytes, until: float) -> None:
        """Passes the connection on, as soon as it can be."""
        transport, now = self.transport, self.site.seconds()
        if not transport.connected:
            return
        if transport.has_sent_all and queue.put(Passed(transport.socket, self.peer, data, now)):
            self.is_over = True
            transport.let_go()
        elif now < until:
            self.callLater(AGAIN_SECONDS, partial(self._leave, queue, data, until))  # type: ignore[no-untyped-call]
        else:
            log.warning("a connection cannot be passed to the process that makes changes")
            transport.write(_UNAVAILABLE)
            self.loseConnection()

    def resumeProducing(self) -> None:  # noqa: N802
        """The peer has read: nothing more is to be read from it here, if it leaves."""
        if not self._is_leaving:
            super().resumeProducing()  # type: ignore[no-untyped-call]


class PassingSite(EndingSite):
    """A site whose connections go to another process with what is not for this one.

    `way`, by the first line of a request, is the queue in which its connection is to wait; None: it
    is answered here.
    """

    protocol: Any = PassingChannel
    way: Callable[[bytes], Queue | None]

    def __init__(self, resource: Any, *arguments: Any, reactor: Any, **options: Any) -> None:
        super().__init__(resource, *arguments, reactor=reactor, **options)
        self.seconds: Callable[[], float] = reactor.seconds

    def only_looks(self, line: bytes) -> bool:
        """Is that the first line of a request that any process may answer?"""
        method, _, rest = line.partition(b" ")
        parts = rest.partition(b" ")[0].partition(b"?")[0].split(b"/")
        if parts[0] or len(parts) < 2:  # a whole address, or none
            return False
        # Asked for by its method: `isinstance` is slow with protocols.
        only_looks = getattr(self.resource.children.get(parts[1]), "only_looks", None)
        if only_looks is None:
            return False
        return bool(only_looks(method, [unquote_to_bytes(part) for part in parts[2:]]))


class WayOfReader:
    """What only looks is answered here, and sees what `begins` lets it see: all that anybody was
    answered before. Anything else is for the writer."""

    def __init__(self, site: PassingSite, to_writer: Queue, begins: Callable[[], object]) -> None:
        self._site = site
        self._to_writer = to_writer
        self._begins = begins

    def __call__(self, line: bytes) -> Queue | None:
        if not self._site.only_looks(line):
            return self._to_writer
        self._begins()
        return None


class WayOfWriter:
    """While somebody lends, what only looks is for the readers.

    What none of them has taken in time is answered here, and so is all that comes in a while after
    that. `lends`: does somebody?
    """

    def __init__(
        self, site: PassingSite, to_readers: Queue, lends: Callable[[], bool], reactor: Any
    ) -> None:
        self._site = site
        self._to_readers = to_readers
        self._lends = lends
        self._reactor = reactor
        self._alone_until = float("-inf")
        self._looks_again = False
        self._takes_back = False

    def __call__(self, line: bytes) -> Queue | None:
        is_alone = self._takes_back or self._reactor.seconds() < self._alone_until
        if is_alone or not self._lends() or not self._site.only_looks(line):
            return None
        self._look_again()
        return self._to_readers

    def _look_again(self) -> None:
        if not self._looks_again:
            self._looks_again = True
            self._reactor.callLater(UNTAKEN_SECONDS, self._take_back)

    def _take_back(self) -> None:
        """Goes on with what waits for readers: the first of it, and all if that has waited long."""
        self._looks_again = False
        while (passed := self._to_readers.take()) is not None:
            now = self._reactor.seconds()
            if now - passed.since >= UNTAKEN_SECONDS:
                self._alone_until = now + ALONE_SECONDS
            self._takes_back = True
            go_on(passed, self._site, self._reactor)
            self._takes_back = False
            if now >= self._alone_until:
                self._look_again()
                return
