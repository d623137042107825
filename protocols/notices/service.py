"""The sender in the server: a turn every few seconds in a thread, and ``/notices/CHANNEL`` for
calls from the other sides. Twisted is known here.

Of several processes, the one that holds the lease `SENDING` takes turns.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

from twisted.internet import threads
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.database import DatabaseClosed, DatabaseUnavailable, Transaction
from circulation.kernel.leases import SECONDS, Lease, LeaseTaken
from protocols.hosting.answering import Services
from protocols.hosting.process_names import this_process
from protocols.hosting.tls import security_of
from protocols.notices.channels import Call, Received
from protocols.notices.sending import SENDING, Sender

log = logging.getLogger(__name__)

#: The longest call of a gateway.
_LONGEST = 16 * 1024 * 1024


class NoticeService:
    """Has the sender take turns until it is closed, and answers calls."""

    def __init__(self, sender: Sender, services: Services, every: float, clock: Any) -> None:
        self._sender = sender
        self._now = services.clock
        self._loop: Any = LoopingCall(self._turn)
        self._loop.clock = clock
        self._every = every
        self._database = services.database
        self._lease = Lease(SENDING, this_process())
        # A turn may take longer than a lease lasts.
        self._renewing: Any = LoopingCall(self._renew)
        self._renewing.clock = clock
        self._is_in_turn = False
        services.before_close(self.close)

    def start(self) -> None:
        self._loop.start(self._every, now=False)
        self._renewing.start(SECONDS / 3, now=False)

    def _turn(self) -> Any:
        """The next turn begins when this one has ended, however long a channel takes."""
        self._is_in_turn = True
        turn: Any = threads.deferToThread(self._take_turn)
        turn.addCallbacks(self._tell, self._failed)
        turn.addBoth(lambda _: self._turned())
        return turn

    def _take_turn(self) -> Counter[str]:
        """Nothing is done while another process sends."""
        try:
            self._database.write(self._hold, short=True).result()
        except LeaseTaken:
            return Counter()
        return self._sender.take_turn(self._now)

    def _hold(self, transaction: Transaction) -> None:
        self._lease.hold(transaction, self._now())

    def _renew(self) -> None:
        if self._is_in_turn:
            # If it was lost meanwhile, messages are still claimed one by one.
            self._database.write(self._hold, short=True)

    def _turned(self) -> None:
        self._is_in_turn = False
        if not self._loop.running:
            self._give_back()

    def _give_back(self) -> None:
        """Lets another process send at once."""
        with suppress(DatabaseClosed):
            self._database.write(self._lease.give_back)

    def _tell(self, counts: dict[str, int]) -> None:
        if counts.get("sent") or counts.get("refused") or counts.get("doubtful"):
            log.info("messages: %s", ", ".join(f"{name} {n}" for name, n in counts.items()))

    def _failed(self, failure: Failure) -> None:
        if isinstance(failure.value, DatabaseClosed):  # the turn came too late
            return
        if not isinstance(failure.value, DatabaseUnavailable):  # the log was told once
            log.error("messages could not be sent in this turn: %s", failure.getTraceback())

    def close(self) -> None:
        """Waits for the message that is being sent; called in any thread."""
        self._sender.close()

    def stop(self) -> None:
        """No further turn begins; called in the reactor's thread."""
        if self._loop.running:
            self._loop.stop()
            self._renewing.stop()
            if not self._is_in_turn:
                self._give_back()

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
            # The caller will call again: what it said is not stored.
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
