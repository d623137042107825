"""A worker's side of the channel to its supervisor (a `sockets.Listening`)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any, Final

from protocols.hosting.peers import Counts, Told, Worker
from protocols.process.supervision import channel
from protocols.process.supervision.channel import Channel, Message

#: Seconds between two signs of life.
BEAT_SECONDS: Final = 5.0
#: Seconds in which a supervisor that knows of queues has given one.
QUEUE_SECONDS: Final = 5.0


def supervised() -> Supervised | None:
    """The channel to the supervisor that has started this process, if one has."""
    handle = os.environ.pop(channel.VARIABLE, "")
    if not handle:
        return None
    end = socket.socket(fileno=int(handle))
    end.set_inheritable(False)
    return Supervised(Channel(end))


class Supervised:
    """The supervisor, as a worker knows it; and through it the others (`peers.Peers`)."""

    def __init__(self, to_supervisor: Channel) -> None:
        self._channel = to_supervisor
        self._count: Callable[[], Counts] = dict
        self._asked: dict[int, Callable[[Told | None], None]] = {}
        self._questions = count(1)
        self._reactor: Any = None

    def listen(self, owner: str, host: str, number: int) -> socket.socket:
        """A `Listening`: the supervisor's socket. Raises OSError."""
        self._channel.send({"listen": [owner, host, number]})
        return self._given()

    def queue(self, name: str) -> tuple[socket.socket, socket.socket]:
        """See `peers.Peers`. A supervisor of an older version does not answer."""
        self._channel.send({"queue": name})
        self._channel.end.settimeout(QUEUE_SECONDS)
        try:
            return self._given(), self._given()
        finally:
            self._channel.end.settimeout(None)

    def _given(self) -> socket.socket:
        """The socket that was asked for. Raises OSError."""
        received = self._channel.receive()
        if received is None:
            raise OSError("the supervisor is gone")
        message, found = received
        if found is None:
            raise OSError(str(message.get("error")))
        return found

    def follow(
        self,
        reactor: Any,
        leave: Callable[[float], object],
        end: Callable[[], object],
    ) -> None:
        """Says that this worker is ready, and shows life; from now on the supervisor is heard.

        `leave` is called with the seconds there are, `end` when the supervisor is gone.
        """
        self._channel.end.setblocking(False)
        self._reactor = reactor

        def hear(message: Message) -> None:
            if "leave" in message:
                leave(float(message["leave"]))
            elif "tell" in message:
                self.tell_counts()
            elif "answer" in message:
                self._answered(message)

        reactor.addReader(_Ear(self._channel, reactor, hear, end))
        self._say({"ready": True})

        def beat() -> None:
            self._say({"beat": True})
            reactor.callLater(BEAT_SECONDS, beat)

        beat()

    # What has been counted

    def count_with(self, count: Callable[[], Counts]) -> None:
        self._count = count

    def tell_counts(self) -> None:
        """Tells the supervisor what this worker has counted: when it asks, and at the end."""
        self._say({"counts": self._count()})

    def ask(self, patience: float, done: Callable[[Told | None], None]) -> None:
        """See `peers.Peers`. Before `follow` nobody is asked."""
        if self._reactor is None:
            done(None)
            return
        number = next(self._questions)

        def tell(told: Told | None) -> None:
            timer.cancel()
            done(told)

        def give_up() -> None:
            del self._asked[number]
            done(None)

        timer = self._reactor.callLater(patience, give_up)
        self._asked[number] = tell
        self._say({"ask": number, "within": patience / 2, "counts": self._count()})

    def _answered(self, message: Message) -> None:
        done = self._asked.pop(message["answer"], None)
        if done is not None:
            workers = tuple(Worker(**each) for each in message["workers"])
            done(Told(workers, message["gone"]))

    def _say(self, message: Message) -> None:
        # Gone, which its end tells, or busy: there will be another beat, or another question.
        with suppress(OSError):
            self._channel.send(message)


class _Ear:
    """The channel as the reactor reads it (an IReadDescriptor)."""

    def __init__(
        self,
        to_supervisor: Channel,
        reactor: Any,
        hear: Callable[[Message], object],
        end: Callable[[], object],
    ) -> None:
        self._channel = to_supervisor
        self._reactor = reactor
        self._hear = hear
        self._end = end

    def fileno(self) -> int:
        return self._channel.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        return "supervisor"

    def doRead(self) -> None:  # noqa: N802
        try:
            received = self._channel.receive()
        except BlockingIOError:
            return
        if received is None:
            self._reactor.removeReader(self)
            self._end()
        else:
            self._hear(received[0])

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._reactor.removeReader(self)
