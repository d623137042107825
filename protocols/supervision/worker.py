"""A worker's side of the channel to its supervisor (a `sockets.Listening`)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from protocols.supervision import channel
from protocols.supervision.channel import Channel

#: Seconds between two signs of life.
BEAT_SECONDS: Final = 5.0


def supervised() -> Supervised | None:
    """The channel to the supervisor that has started this process, if one has."""
    handle = os.environ.pop(channel.VARIABLE, "")
    if not handle:
        return None
    end = socket.socket(fileno=int(handle))
    end.set_inheritable(False)
    return Supervised(Channel(end))


class Supervised:
    """The supervisor, as a worker knows it."""

    def __init__(self, to_supervisor: Channel) -> None:
        self._channel = to_supervisor

    def listen(self, owner: str, host: str, number: int) -> socket.socket:
        """A `Listening`: the supervisor's socket. Raises OSError."""
        self._channel.send({"listen": [owner, host, number]})
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
        reactor.addReader(_Ear(self._channel, reactor, leave, end))
        self._say("ready")

        def beat() -> None:
            self._say("beat")
            reactor.callLater(BEAT_SECONDS, beat)

        beat()

    def _say(self, word: str) -> None:
        # Gone, which its end tells, or busy: there will be another beat.
        with suppress(OSError):
            self._channel.send({word: True})


class _Ear:
    """The channel as the reactor reads it (an IReadDescriptor)."""

    def __init__(
        self,
        to_supervisor: Channel,
        reactor: Any,
        leave: Callable[[float], object],
        end: Callable[[], object],
    ) -> None:
        self._channel = to_supervisor
        self._reactor = reactor
        self._leave = leave
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
        elif "leave" in received[0]:
            self._leave(float(received[0]["leave"]))

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._reactor.removeReader(self)
