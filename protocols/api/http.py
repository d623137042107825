"""The API over HTTP: ``/api/...`` of the common port. Twisted is known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from circulation.kernel.engine import Circulation
from protocols.api.handlers import Api
from protocols.api.messages import JSON, Answer, Asked
from protocols.api.metadata import NAME, metadata
from protocols.api.operations.passkeys import site_at
from protocols.api.streams import Streams
from protocols.hosting.brief_requests import BriefRequest
from protocols.hosting.error_pages import answer_error

#: What every answer has: it is nobody's but the caller's, and no page.
ALWAYS: Final = (
    (b"Cache-Control", b"no-store"),
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Vary", b"Accept-Language, Authorization, Cookie, Origin"),
)
#: Headers of these that an answer may have in another form.
_REPLACED: Final = frozenset({"cache-control", "vary"})
_WRITTEN: Final = b"".join(b"%b: %b\r\n" % each for each in ALWAYS)


class ApiResource(Resource):
    """``/api``: everything below it is found in the table of operations."""

    isLeaf = True  # noqa: N815

    def __init__(self, api: Api, streams: Streams) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._api = api
        self._streams = streams

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        """A body is as long as it says (`protocols.hosting.http_channel`)."""
        return None

    def only_looks(self, method: bytes, path: Sequence[bytes]) -> bool:
        """What anybody may ask and changes nothing (`protocols.hosting.passing.OnlyLooking`)."""
        return self._api.only_looks(method.decode("latin-1"), _decoded(path))

    def render(self, request: Any) -> Any:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(answer: Answer) -> None:
            if gone:
                return
            request.setResponseCode(answer.status)
            for name, value in ALWAYS:
                request.setHeader(name, value)
            for own in {name.lower() for name, _ in answer.headers} & _REPLACED:
                request.responseHeaders.removeHeader(own)
            for header, said in answer.headers:
                request.responseHeaders.addRawHeader(header.encode(), said.encode())
            request.setHeader(b"x-request-id", (request_id() or "").encode())
            if answer.stream is not None and request.method != b"HEAD":
                request.setHeader(b"content-type", answer.media_type.encode())
                self._streams.begin(answer.stream, request.write, request.finish, gone)
                return
            if answer.status not in (204, 304):
                request.setHeader(b"content-type", answer.media_type.encode())
                request.setHeader(b"content-length", str(len(answer.body)).encode())
            if request.method != b"HEAD":
                request.write(answer.body)
            request.finish()

        query = request.uri.partition(b"?")[2]
        self._api.answer(_asked(request, request.method, query, request.content.read()), reply)
        return NOT_DONE_YET

    def answer_briefly(self, request: BriefRequest) -> None:
        """The same for a POST under a head that is known."""

        def reply(answer: Answer) -> None:
            more = b"".join(
                b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in answer.headers
            )
            identity = b"X-Request-Id: %b\r\n" % (request_id() or "").encode()
            request.answer(
                answer.media_type.encode(), answer.body, _WRITTEN + identity + more, answer.status
            )

        self._api.answer(_asked(request, b"POST", request.query, request.content), reply)


class MetadataResource(Resource):
    """``/.well-known``: what clients of OAuth 2.0 find out by themselves."""

    isLeaf = True  # noqa: N815

    def __init__(self, circulation: Circulation) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._circulation = circulation

    def render_GET(self, request: Any) -> bytes:  # noqa: N802
        site = site_at(self._circulation, _asked(request, b"GET", b"", b""))
        if site is None or request.postpath != [NAME.encode()]:
            return answer_error(request, 404)
        request.setHeader("Content-Type", JSON)
        request.setHeader("Access-Control-Allow-Origin", "*")
        return metadata(site)


def _decoded(path: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(part.decode("utf-8", "replace") for part in path)


def _asked(request: Any, method: bytes, query: bytes, body: bytes) -> Asked:
    def header(name: str) -> str | None:
        found = request.getHeader(name.encode())
        return None if found is None else found.decode("latin-1")

    return Asked(
        method.decode("latin-1"),
        _decoded(request.postpath),
        query,
        body,
        header,
        str(getattr(request.getClientAddress(), "host", "")),
        bool(request.isSecure()),
    )
