"""PAIA and DAIA over HTTP: ``/paia`` and ``/daia`` of the common port. Twisted is known here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from protocols.discovery.messages import Asked, Sent

#: What every answer has: tokens and accounts are kept by nobody on the way (RFC 6749, 5.1).
ALWAYS: Final = (
    (b"Cache-Control", b"no-store"),
    (b"Pragma", b"no-cache"),
    (b"X-Content-Type-Options", b"nosniff"),
)
Answering = Callable[[Asked, Callable[[Sent], None]], None]


class DiscoveryResource(Resource):
    """One of both: everything below it is asked of `answer`."""

    isLeaf = True  # noqa: N815

    def __init__(self, answer: Answering) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answer = answer

    def render(self, request: Any) -> Any:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(answer: Sent) -> None:
            if gone:
                return
            request.setResponseCode(answer.status)
            for name, value in ALWAYS:
                request.setHeader(name, value)
            for header, said in answer.headers:
                request.responseHeaders.addRawHeader(header.encode(), said.encode())
            request.setHeader(b"x-request-id", (request_id() or "").encode())
            if answer.media_type:
                request.setHeader(b"content-type", answer.media_type.encode())
                request.setHeader(b"content-length", str(len(answer.body)).encode())
            if request.method != b"HEAD":
                request.write(answer.body)
            request.finish()

        self._answer(_asked(request), reply)
        return NOT_DONE_YET


class LookingResource(DiscoveryResource):
    """One that changes nothing (`protocols.hosting.passing.OnlyLooking`)."""

    def only_looks(self, method: bytes, path: Sequence[bytes]) -> bool:
        return True


def _asked(request: Any) -> Asked:
    def header(name: str) -> str | None:
        found = request.getHeader(name.encode())
        return None if found is None else found.decode("latin-1")

    path, _, query = request.uri.partition(b"?")
    scheme = "https" if request.isSecure() else "http"
    host = header("host") or "localhost"
    return Asked(
        request.method.decode("latin-1"),
        tuple(part.decode("utf-8", "replace") for part in request.postpath),
        query,
        request.content.read(),
        header,
        str(getattr(request.getClientAddress(), "host", "")),
        f"{scheme}://{host}{path.decode('latin-1')}",
    )
