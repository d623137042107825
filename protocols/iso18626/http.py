"""ISO 18626 over HTTP: a POST holds a message, and its answer the confirmation. Twisted is known
here."""

from __future__ import annotations

from typing import Any

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from protocols.hosting.arrivals import http_arrival
from protocols.hosting.error_pages import answer_error, status_of_method
from protocols.iso18626.exchange import Exchange
from protocols.iso18626.partners import UNAUTHORIZED
from protocols.wire.xml_documents import DOCUMENT_BYTES

MEDIA_TYPE = b"application/xml; charset=utf-8"


class Iso18626Resource(Resource):
    """``/iso18626``, below which the last part of the address may be a secret. The media type of a
    request does not matter; every answer to a POST is a confirmation."""

    isLeaf = True  # noqa: N815

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._exchange = exchange

    def render(self, request: Any) -> Any:
        if request.method != b"POST":
            return answer_error(request, status_of_method(request.method), [b"POST"])
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(status: int, document: bytes) -> None:
            if not gone:
                request.setResponseCode(status)
                if status == UNAUTHORIZED:
                    request.setHeader(b"www-authenticate", b'Basic realm="ISO 18626"')
                request.setHeader(b"content-type", MEDIA_TYPE)
                request.setHeader(b"content-length", str(len(document)).encode())
                request.setHeader(b"x-request-id", (request_id() or "").encode())
                request.write(document)
                request.finish()

        document = request.content.read(DOCUMENT_BYTES + 1)
        self._exchange.answer(document, reply, http_arrival(request))
        return NOT_DONE_YET
