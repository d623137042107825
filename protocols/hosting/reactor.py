"""The reactor of the process: Twisted's for epoll, with answers sent at the end of each turn.

A turn reads whatever has arrived and runs what follows from it. Twisted's own reactor has every
socket with something to send reported as writable first, which sockets nearly always are: two
changes of the epoll set and one more wait for each answer. Here what an accepted connection has to
say is sent at the end of the turn, that of all of them together. During a long turn that is done
every few milliseconds, so that whoever was answered first can ask again meanwhile and does not wait
for two whole turns. What a socket does not take, because its peer does not keep up, goes Twisted's
way, which pauses what feeds it. What `at_turns_end` was given waits until nothing more arrives, or
for `LULL_SECONDS`: those who were answered have heard, and asked again. What it answers is sent in
the same turn. To replace the loop takes four private names of Twisted's, which a test lists.

Import `reactor` from here, before anything that imports Twisted's. Where there is no epoll, or
another reactor was installed first, that one is used as it is.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.main import installReactor

__all__ = ["accept_in_turn", "at_turns_end", "reactor"]


if sys.platform == "linux":
    from twisted.internet.epollreactor import EPollReactor
    from twisted.internet.error import ConnectionDone
    from twisted.internet.tcp import Server
    from twisted.python.failure import Failure

    #: Seconds of a turn after which what was answered is sent before the rest is dealt with.
    PIECE_SECONDS = 0.002
    #: Events that are fetched at once. The kernel queues sockets in the order in which they became
    #: ready, and those it has reported go to the end: a client that asks again waits for the others
    #: once, not twice as it would if a whole turn were fetched.
    PIECE_EVENTS = 8
    #: Seconds of a turn for which it goes on, where something waits for its end, as long as more
    #: arrives: what is to be written then shares one commit.
    LULL_SECONDS = 0.002

    class Accepted(Server):
        """A connection that was accepted: what it writes is sent at the end of the turn."""

        reactor: TurnReactor  # type: ignore[assignment]

        def write(self, data: bytes) -> None:
            reactor = self.reactor
            before = reactor.answers.get(self)
            if before is not None:
                data = before + data
            if (
                len(data) <= self.bufferSize
                and self.connected
                and not self.disconnecting
                and (self.producer is None or self.streamingProducer)
                and self.fileno() not in reactor.waiting
            ):
                reactor.answers[self] = data
            else:
                reactor.answers.pop(self, None)
                super().write(data)  # type: ignore[no-untyped-call]

        def writeSequence(self, iovec: Iterable[bytes]) -> None:  # noqa: N802
            self.write(b"".join(iovec))

        def send(self, data: bytes) -> None:
            """What the socket does not take now is sent when it can be."""
            if not self.connected:  # it was lost while the answers of others were sent
                return
            try:
                sent = self.socket.send(data)
            except OSError:  # Twisted meets the same, and knows what it means
                sent = 0
            if sent < len(data):
                super().write(data[sent:])  # type: ignore[no-untyped-call]

        def loseConnection(self) -> None:  # noqa: N802
            self._leave_to_twisted()
            super().loseConnection()  # type: ignore[no-untyped-call]

        def loseWriteConnection(self) -> None:  # noqa: N802
            self._leave_to_twisted()
            super().loseWriteConnection()  # type: ignore[no-untyped-call]

        def _leave_to_twisted(self) -> None:
            """What waits for the end of the turn: it is sent before the connection ends."""
            if self in self.reactor.answers:
                super().write(self.reactor.answers.pop(self))  # type: ignore[no-untyped-call]

        @property
        def has_sent_all(self) -> bool:
            """Has the kernel all that was written? What waits for the turn's end is sent now."""
            if (data := self.reactor.answers.pop(self, None)) is not None:
                self.send(data)
            return bool(self.connected) and self.fileno() not in self.reactor.waiting

        def let_go(self) -> None:
            """Closes our descriptor alone: another process goes on with the connection."""
            self._shouldShutdown = False
            self.connectionLost(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]

        def abortConnection(self) -> None:  # noqa: N802
            self.reactor.answers.pop(self, None)
            super().abortConnection()  # type: ignore[no-untyped-call]

        def connectionLost(self, reason: Any) -> None:  # noqa: N802
            self.reactor.answers.pop(self, None)
            super().connectionLost(reason)

    class TurnReactor(EPollReactor):
        """An epoll reactor whose accepted connections write at the end of the turn."""

        #: Twisted's own is the wall clock, which may be set. This one cannot be: timers and
        #: deadlines go on, and no connection seems to have been silent for an hour.
        seconds = staticmethod(time.monotonic)

        def __init__(self) -> None:
            #: What is sent at the end of the turn, in the order in which it was written.
            self.answers: dict[Accepted, bytes] = {}
            #: Seconds that the last turn took, from its first event to its end.
            self.last_turn = 0.0
            self._woken = 0.0  # not yet
            self._at_end: list[Callable[[], None]] = []
            super().__init__()  # type: ignore[no-untyped-call]
            #: The descriptors of those that wait until their peer has read something.
            self.waiting = self._writes

        def listenTCP(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802
            port: Any = super().listenTCP(*arguments, **named)  # type: ignore[no-untyped-call]
            port.transport = Accepted
            return port

        def adoptStreamPort(self, *arguments: Any) -> Any:  # noqa: N802
            port: Any = super().adoptStreamPort(*arguments)  # type: ignore[no-untyped-call]
            port.transport = Accepted
            return port

        def go_on_with(self, connection: socket.socket, factory: Any, peer: Any) -> Any:
            """Converses over a connection that another process has accepted, from the address
            `peer`; gives the protocol, None where there is none. Raises OSError if it is gone."""
            client = connection.getpeername()
            protocol = factory.buildProtocol(peer)
            if protocol is None:
                connection.close()
                return None
            transport: Any = Accepted(connection, protocol, client, None, 0, self)  # type: ignore[arg-type]
            transport.repstr = f"<{type(protocol).__name__} passed on>"
            transport.getPeer = lambda: peer
            protocol.makeConnection(transport)
            return protocol

        def at_turns_end(self, work: Callable[[], None]) -> None:
            """Has `work` called when all that has arrived is dealt with; it does not raise."""
            self._at_end.append(work)

        def _send_answers(self) -> None:
            answers, self.answers = self.answers, {}
            for connection, data in answers.items():
                connection.send(data)

        def _end_turn(self) -> None:
            if self._at_end:
                at_end, self._at_end = self._at_end, []
                for work in at_end:
                    work()
            if self.answers:
                self._send_answers()

        def doPoll(self, timeout: float | None) -> None:  # noqa: N802
            """One turn: waits for events, deals with them, and sends what came of it."""
            if self.answers:  # timers and threads have something to say
                self._send_answers()
            if self._at_end:
                timeout = 0.0
            poll, clock = self._poller.poll, time.monotonic
            self.last_turn = clock() - self._woken if self._woken else 0.0
            events = poll(-1 if timeout is None else timeout, PIECE_EVENTS)
            self._woken = clock()
            piece_ends = self._woken + PIECE_SECONDS
            put_off_until = self._woken + LULL_SECONDS
            served: set[int] = set()
            count = 0
            while events:
                for number, event in events:
                    selectable = self._selectables.get(number)
                    if selectable is not None:
                        self._doReadOrWrite(selectable, number, event)  # type: ignore[no-untyped-call]
                    if self.answers and clock() > piece_ends:
                        self._send_answers()
                        piece_ends = clock() + PIECE_SECONDS
                if len(events) < PIECE_EVENTS:
                    if not self._at_end or clock() > put_off_until:
                        break
                    if self.answers:
                        self._send_answers()
                served.update([number for number, _ in events])
                count += len(events)
                if len(served) < count:  # once round: what waits for the end waits no longer
                    break
                events = poll(0, PIECE_EVENTS)
            self._end_turn()

        doIteration = doPoll  # noqa: N815


if sys.platform == "linux" and "twisted.internet.reactor" not in sys.modules:
    installReactor(TurnReactor())  # type: ignore[no-untyped-call]

from twisted.internet import reactor as _reactor

reactor: Any = _reactor

#: Seconds of a turn for which a port accepts one connection more in the next.
ACCEPT_SECONDS = 0.001


def at_turns_end(work: Callable[[], None]) -> None:
    """Has `work` called when the reactor has dealt with all that has arrived."""
    at_end = getattr(reactor, "at_turns_end", None)
    if at_end is None:
        reactor.callLater(0, work)
    else:
        at_end(work)


#: Seconds for which a process that would rather not have a caller leaves it to the others.
HESITATION_SECONDS = 0.05


def accept_in_turn(port: Any, hesitates: Callable[[], bool] = lambda: False) -> None:
    """Has a port accept few connections a turn, so that the processes that share it share the load:
    a process that takes all callers keeps them for as long as they stay.

    One, and one more for each millisecond that this process was busy before: when all of them come
    back at once, after a restart or a power cut, they do not wait for as many turns as they are.
    While it `hesitates`, only those are accepted whom no other process has taken after a moment.
    """
    # Another process may have taken the caller: do not wait for the next one.
    port.socket.setblocking(False)
    accept = port.doRead

    def accept_some() -> None:
        port.numberAccepts = 1 + int(getattr(reactor, "last_turn", 0.0) / ACCEPT_SECONDS)
        accept()

    def accept_what_is_left() -> None:
        if port.connected:
            port.startReading()
            accept_some()

    def accept_or_wait() -> None:
        if hesitates():
            port.stopReading()
            reactor.callLater(HESITATION_SECONDS, accept_what_is_left)
        else:
            accept_some()

    port.doRead = accept_or_wait
