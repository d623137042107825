"""FBS over HTTP: ``/external/...`` of the common port. Twisted is known here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from protocols.fbs.handlers import Fbs
from protocols.fbs.messages import JSON, Answer, Asked
from protocols.hosting.brief_requests import BriefRequest

#: What every answer has: it is nobody's but the caller's, and no page.
ALWAYS: Final = (
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Vary", b"Authorization, X-Session, Origin"),
)
_WRITTEN: Final = b"".join(b"%b: %b\r\n" % each for each in ALWAYS)
#: How many new tokens are asked about at once, each in a thread of the reactor's.
_ASKING: Final = 5


def in_threads() -> Callable[..., None]:
    """What runs blocking work in a thread, a few at a time."""
    asking: Any = DeferredSemaphore(_ASKING)

    def run(work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        def failed(failure: Failure) -> None:
            done(None, failure.value)

        asked: Any = asking.run(deferToThread, work)
        asked.addCallbacks(lambda found: done(found, None), failed)

    return run


class FbsResource(Resource):
    """``/external``: everything below it is found in the table of calls."""

    isLeaf = True  # noqa: N815

    def __init__(self, fbs: Fbs) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._fbs = fbs

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        """A body is as long as it says (`protocols.hosting.http_channel`)."""
        return None

    def render(self, request: Any) -> Any:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(answer: Answer) -> None:
            if gone:
                return
            request.setResponseCode(answer.status)
            for name, value in ALWAYS:
                request.setHeader(name, value)
            for header, said in answer.headers:
                request.responseHeaders.addRawHeader(header.encode(), said.encode())
            request.setHeader(b"x-request-id", (request_id() or "").encode())
            if answer.status != 204:
                request.setHeader(b"content-type", JSON.encode())
                request.setHeader(b"content-length", str(len(answer.body)).encode())
            if request.method != b"HEAD":
                request.write(answer.body)
            request.finish()

        query = request.uri.partition(b"?")[2]
        self._fbs.answer(_asked(request, request.method, query, request.content.read()), reply)
        return NOT_DONE_YET

    def answer_briefly(self, request: BriefRequest) -> None:
        """The same for a POST under a head that is known."""

        def reply(answer: Answer) -> None:
            more = b"".join(
                b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in answer.headers
            )
            identity = b"X-Request-Id: %b\r\n" % (request_id() or "").encode()
            request.answer(JSON.encode(), answer.body, _WRITTEN + identity + more, answer.status)

        self._fbs.answer(_asked(request, b"POST", request.query, request.content), reply)


def _asked(request: Any, method: bytes, query: bytes, body: bytes) -> Asked:
    def header(name: str) -> str | None:
        found = request.getHeader(name.encode())
        return None if found is None else found.decode("latin-1")

    return Asked(
        method.decode("latin-1"),
        tuple(part.decode("utf-8", "replace") for part in request.postpath),
        query,
        body,
        header,
        str(getattr(request.getClientAddress(), "host", "")),
    )
