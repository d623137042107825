"""The sender in the server: a turn every few seconds in a thread, and ``/notices/CHANNEL`` for the
calls of the other sides. Twisted is known here."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from twisted.internet import threads
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from protocols.answering import Services
from protocols.notice_channels import Call, Received
from protocols.notices.sending import Sender
from protocols.tls import security_of

log = logging.getLogger(__name__)

#: No call of a gateway is longer.
_LONGEST = 16 * 1024 * 1024


class NoticeService:
    """Takes turns with the sender until it is closed, and answers calls."""

    def __init__(self, sender: Sender, services: Services, every: float, clock: Any) -> None:
        self._sender = sender
        self._now = services.clock
        self._loop: Any = LoopingCall(self._turn)
        self._loop.clock = clock
        self._every = every
        services.before_close(self.close)

    def start(self) -> None:
        self._loop.start(self._every, now=False)

    def _turn(self) -> Any:
        """The next begins when this one has ended, however long a channel takes."""
        turn: Any = threads.deferToThread(self._sender.take_turn, self._now)
        turn.addCallbacks(self._tell, self._failed)
        return turn

    def _tell(self, counts: dict[str, int]) -> None:
        if counts.get("sent") or counts.get("refused") or counts.get("doubtful"):
            log.info("messages: %s", ", ".join(f"{name} {n}" for name, n in counts.items()))

    def _failed(self, failure: Failure) -> None:
        log.error("messages could not be sent in this turn: %s", failure.getTraceback())

    def close(self) -> None:
        """Waits for the message that is being sent; called in any thread."""
        self._sender.close()

    def stop(self) -> None:
        """No further turn begins; called in the reactor's thread."""
        if self._loop.running:
            self._loop.stop()

    def resource(self) -> Resource:
        """``/notices``."""
        return _Calls(self._sender, self._now)


class _Calls(Resource):
    isLeaf = True  # noqa: N815

    def __init__(self, sender: Sender, now: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sender = sender
        self._now = now

    def render(self, request: Any) -> Any:
        channel, call = _call(request, self._now())
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def answer(received: Received) -> None:
            if gone:
                return
            request.setResponseCode(received.status)
            request.setHeader(b"content-type", received.content_type.encode())
            request.setHeader(b"content-length", str(len(received.body)).encode())
            request.write(received.body)
            request.finish()

        def fail(failure: Failure) -> None:
            if isinstance(failure.value, LookupError):
                answer(Received(404))
                return
            # Whoever calls will call again: what it told is not stored.
            log.error("a call to channel %s failed: %s", channel, failure.getTraceback())
            answer(Received(500))

        done: Any = threads.deferToThread(self._sender.receive, channel, call)
        done.addCallbacks(answer, fail)
        return NOT_DONE_YET


def _call(request: Any, at: datetime) -> tuple[str, Call]:
    segments = [part.decode("utf-8", "replace") for part in request.postpath]
    headers = {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    query = {
        name.decode("utf-8", "replace"): values[-1].decode("utf-8", "replace")
        for name, values in request.args.items()
    }
    call = Call(
        request.method.decode("latin-1"),
        "/".join(segments[1:]),
        headers,
        query,
        request.content.read(_LONGEST),
        at,
        security_of(getattr(request.channel, "transport", None)).names,
    )
    return (segments[0] if segments else ""), call
