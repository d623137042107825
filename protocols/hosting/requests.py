"""HTTP requests with a bound on their bodies, for every protocol on the common HTTP port.

Twisted hands a request to its resource only when the whole body has arrived, so that a resource
cannot refuse a body that is too long: its request must.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.error import UnsupportedMethod
from twisted.web.http import NO_BODY_CODES
from twisted.web.server import Request

from protocols.hosting.error_pages import answer_error, final_answer, status_of_method
from protocols.hosting.forwarding import caller, is_https

log = logging.getLogger(__name__)

#: The longest body, in bytes. No message of a protocol spoken here is nearly as long.
BODY_BYTES = 4 * 1024 * 1024

#: The Server header of every answer: no library or version that an attacker could look up.
SERVER: Final = b"Tiro"

#: What each status is called. Twisted knows no 429.
PHRASES: Final = {each.value: each.phrase.encode() for each in HTTPStatus}


class _Methods:
    """A resource that answers the methods it lacks in the words of this project."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource

    def render(self, request: Any) -> Any:
        try:
            return self._resource.render(request)
        except UnsupportedMethod as error:
            allowed: Any = error.allowedMethods
            if request.method == b"HEAD" and b"GET" in allowed:
                raise  # Twisted answers it by GET
            return answer_error(request, status_of_method(request.method), allowed)


class BoundedRequest(Request):
    """Ends the connection with status 413 as soon as the body is known to be too long. Where the
    connection is a forwarder's, the caller and TLS are those that it tells of."""

    def __init__(self, channel: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(channel, *arguments, **options)  # type: ignore[no-untyped-call]
        self._received = 0
        self._is_refused = False
        self._forwarders = channel.site.forwarders if channel.is_forwarder else ()

    def getClientAddress(self) -> Any:  # noqa: N802
        """The address of who asks."""
        peer = super().getClientAddress()  # type: ignore[no-untyped-call]
        if not self._forwarders:
            return peer
        return caller(peer, self.getHeader(b"x-forwarded-for"), self._forwarders)

    def isSecure(self) -> bool:  # noqa: N802
        """Has who asks come by TLS?"""
        told = self.getHeader(b"x-forwarded-proto") if self._forwarders else None
        return bool(super().isSecure() if told is None else is_https(told))  # type: ignore[no-untyped-call]

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """The length that the headers declare; None for a body in chunks."""
        is_too_long = length is not None and length > BODY_BYTES
        super().gotLength(0 if is_too_long else length)  # type: ignore[no-untyped-call]
        if is_too_long:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """A part of the body has arrived."""
        self._received += len(data)
        if self._received > BODY_BYTES:
            self._refuse()
        elif not self._is_refused:
            super().handleContentChunk(data)  # type: ignore[no-untyped-call]

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """The whole body has arrived."""
        if not self._is_refused:
            super().requestReceived(command, path, version)  # type: ignore[no-untyped-call]

    def render(self, resource: Any) -> None:
        """Let the resource answer, or answer that it does not take the method."""
        super().render(_Methods(resource))  # type: ignore[no-untyped-call]

    def processingFailed(self, reason: Failure) -> Failure:  # noqa: N802
        """Log the failure of a resource, and answer with status 500 if it has not answered."""
        log.error("a resource of the HTTP port failed", exc_info=reason.value)
        if self.startedWriting:
            self.loseConnection()  # type: ignore[no-untyped-call]
            return reason
        body = answer_error(self, 500)
        self.setHeader(b"content-length", str(len(body)).encode())  # type: ignore[no-untyped-call]
        self.write(body)
        self.finish()
        return reason

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:  # noqa: N802
        """Set the status of the answer, and the phrase that belongs to it."""
        super().setResponseCode(code, message or PHRASES.get(code))

    def write(self, data: bytes) -> None:
        """Write a part of the answer. An answer without a body has no Content-Type."""
        if not self.startedWriting:
            headers = self.responseHeaders
            headers.setRawHeaders(b"server", [SERVER])
            lengths = headers.getRawHeaders(b"content-length")
            if self.code in NO_BODY_CODES or lengths == [b"0"]:
                headers.removeHeader(b"content-type")
                self.defaultContentType = None
        super().write(data)  # type: ignore[no-untyped-call]

    def finish(self) -> None:
        """End the answer. If nothing was written, its length is 0, unless it answers HEAD."""
        is_empty = not self.startedWriting and self.method != b"HEAD"
        if is_empty and self.code not in NO_BODY_CODES:
            self.setHeader(b"content-length", b"0")  # type: ignore[no-untyped-call]
        super().finish()  # type: ignore[no-untyped-call]

    def _refuse(self) -> None:
        if not self._is_refused:
            self._is_refused = True
            channel: Any = self.channel
            channel.transport.write(final_answer(413, self.getHeader("accept-language")))
            channel.loseConnection()
