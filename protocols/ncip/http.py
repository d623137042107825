"""NCIP over HTTP: a POST holds a message, and its answer the answer. Twisted is known here."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from protocols.hosting.arrivals import http_arrival
from protocols.hosting.brief_requests import BriefRequest
from protocols.hosting.error_pages import answer_error, status_of_method
from protocols.ncip.exchange import Exchange, UnknownOutcome
from protocols.wire.xml_documents import DOCUMENT_BYTES

MEDIA_TYPE = b"application/xml; charset=utf-8"
#: The form fields that clients put a message into.
_FORM_FIELDS = (b"xml", b"XForms:Model")
_FORM_HEAD = 100
_END = re.compile(rb"</(?:[\w.-]{1,40}:)?NCIP(?:Version)?Message\s*>\s*$")
_MOST_FIELDS = 20


class NcipResource(Resource):
    """``/ncip``. The media type of a request does not matter; every answer is application/xml.

    A refused request gets status 200, too: the Problem says why. One of which is not known whether
    it was carried out gets 503.
    """

    isLeaf = True  # noqa: N815

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._exchange = exchange

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        """Has the body ended, by its end tag? See `protocols.hosting.http_channel`."""
        if not head.lstrip().startswith(b"<") or b"NCIP" not in head or b"\x00" in tail:
            return None
        return _END.search(tail) is not None

    def render(self, request: Any) -> Any:
        if request.method != b"POST":
            return answer_error(request, status_of_method(request.method), [b"POST"])
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(answer: bytes | UnknownOutcome) -> None:
            if not gone:
                status, document = _with_status(answer)
                request.setResponseCode(status)
                request.setHeader(b"content-type", MEDIA_TYPE)
                request.setHeader(b"content-length", str(len(document)).encode())
                request.setHeader(b"x-request-id", (request_id() or "").encode())
                request.write(document)
                request.finish()

        self._exchange.answer(
            document_in(request.content.read(DOCUMENT_BYTES + 1)), reply, http_arrival(request)
        )
        return NOT_DONE_YET

    def answer_briefly(self, request: BriefRequest) -> None:
        """The same for a request that is complete (`protocols.hosting.brief_requests`)."""

        def reply(answer: bytes | UnknownOutcome) -> None:
            status, document = _with_status(answer)
            named = b"X-Request-Id: %b\r\n" % (request_id() or "").encode()
            request.answer(MEDIA_TYPE, document, named, status)

        document = document_in(request.content[: DOCUMENT_BYTES + 1])
        self._exchange.answer(document, reply, request.arrival())


def _with_status(answer: bytes | UnknownOutcome) -> tuple[int, bytes]:
    """The status of an answer, and its document."""
    return (503, answer.document) if isinstance(answer, UnknownOutcome) else (200, answer)


def document_in(body: bytes) -> bytes:
    """The message in a body: the body itself, or a field of a form, whatever its media type."""
    if body.lstrip()[:1] == b"<" or b"=" not in body[:_FORM_HEAD]:
        return body
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return body
    return next((fields[name][0] for name in _FORM_FIELDS if name in fields), body)
