"""The time that a client has to send a request over HTTP.

A head has `HEAD_SECONDS` from its first byte to its last. In every `BODY_SECONDS` a body sends
`BODY_BYTES_PER_SECOND` on average, or all that is left of it, so a large file over a slow line
takes the time that it needs. A request that misses this is answered with status 408, and the
connection ends. Between two requests the `timeOut` of `twisted.web` holds. None of these limits
runs while a request is answered.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.web.http import HTTPChannel

from circulation.languages.sentences import Sentence
from protocols.hosting.error_pages import final_answer

#: Seconds for a head, from its first byte.
HEAD_SECONDS: Final = 30.0
#: Seconds between two measurements of a body.
BODY_SECONDS: Final = 30.0
#: The lowest rate of a body; a telephone line has ten times as much.
BODY_BYTES_PER_SECOND: Final = 500
_LEAST_BYTES: Final = int(BODY_SECONDS * BODY_BYTES_PER_SECOND)

_TOO_SLOW: Final = Sentence(
    "REQUEST_TOO_SLOW",
    head=int(HEAD_SECONDS),
    bytes=_LEAST_BYTES,
    body=int(BODY_SECONDS),
)


class TimedChannel(HTTPChannel):
    """An HTTP connection on which no request arrives for ever."""

    transport: Any

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        #: Nothing that comes any more is looked at.
        self.is_over = False
        #: Has a head begun, which is not at its end?
        self.is_in_head = False
        self._is_in_body = False
        self._received = 0  # of the body, since it was measured
        self._limit: Any = None  # the call that ends this part of a request

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self.line_mode:
            self.is_in_head = True
        elif self._is_in_body:
            self._received += len(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        # What came in one piece is at its end by now, and costs no call.
        if self._limit is None and not self.is_over:
            if self._is_in_body:
                self._received = 0
                self._limit = self.callLater(BODY_SECONDS, self._measure_body)  # type: ignore[no-untyped-call]
            elif self.is_in_head and self.line_mode:
                self._limit = self.callLater(HEAD_SECONDS, self._end_slow_request)  # type: ignore[no-untyped-call]

    def allHeadersReceived(self) -> None:  # noqa: N802
        self.end_reading()
        self._is_in_body = self.length != 0
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def allContentReceived(self) -> None:  # noqa: N802
        self.end_reading()
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def end_reading(self) -> None:
        """End the limit on the part of a request that has been read."""
        self.is_in_head = self._is_in_body = False
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def loseConnection(self) -> None:  # noqa: N802
        """Twisted's refusals end here too: nothing that comes behind one is carried out."""
        self.is_over = True
        self.end_reading()
        super().loseConnection()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Any) -> None:  # type: ignore[override]  # noqa: N802
        self.end_reading()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _measure_body(self) -> None:
        self._limit = None
        if self._received < _LEAST_BYTES:
            self._end_slow_request()
        else:
            self._received = 0
            self._limit = self.callLater(BODY_SECONDS, self._measure_body)  # type: ignore[no-untyped-call]

    def _end_slow_request(self) -> None:
        self._limit = None
        # The language is known where its header has arrived.
        wanted = self.requests[-1].getHeader("accept-language") if self.requests else None
        self.transport.write(final_answer(408, wanted, _TOO_SLOW))
        self.setTimeout(None)  # type: ignore[no-untyped-call]
        # It ends the connection, by force where the client does not read the answer.
        self.timeoutConnection()  # type: ignore[no-untyped-call]
