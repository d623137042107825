"""OAI-PMH over HTTP: ``/oai`` by GET and POST (clause 3.1). Twisted is known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from protocols.hosting.answering import Services
from protocols.hosting.parameters import FORM, TooMany, address_of, parameters_in
from protocols.hosting.traces import FAILED, OK
from protocols.oai.codec import decode
from protocols.oai.handlers import answer
from protocols.oai.messages import Asked
from protocols.oai.settings import OaiSettings

_METHODS: Final = (b"GET", b"HEAD", b"POST")
#: Seconds after which a harvester may ask again that could not be answered.
RETRY_AFTER: Final = b"30"


class OaiResource(Resource):
    """``/oai``. Errors of the standard come with status 200, as it has them; where the database
    cannot be read, the answer is 503 with Retry-After (clause 3.1.2)."""

    isLeaf = True  # noqa: N815

    def __init__(self, settings: OaiSettings, services: Services) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._settings = settings
        meter = services.measures.meter("oai")
        self._answer = meter.traced(
            lambda document: FAILED if document is None else OK,
            lambda asked, reply: answer(services, settings, asked, reply),
        )

    def only_looks(self, method: bytes, path: Sequence[bytes]) -> bool:
        """All of it does, but that changes may have to be numbered first
        (`protocols.hosting.passing.OnlyLooking`)."""
        return True

    def render(self, request: Any) -> Any:
        if request.method not in _METHODS:
            request.setHeader(b"allow", b", ".join(_METHODS))
            return _refused(request, 405, b"OAI-PMH requests are sent by GET or by POST.\n")
        path, _, query = request.uri.partition(b"?")
        if request.method == b"POST":
            kind = (request.getHeader(b"content-type") or b"").partition(b";")[0].strip().lower()
            if kind not in (FORM, b""):
                return _refused(request, 415, b"OAI-PMH requests are forms.\n")
            query = b"&".join(filter(None, (query, request.content.read())))
        base_url = self._settings.base_url or address_of(request, path)
        try:
            asked = decode(base_url, parameters_in(query))
        except TooMany:
            return _refused(request, 400, b"There are too many arguments.\n")
        return self._reply_to(request, asked)

    def _reply_to(self, request: Any, asked: Asked) -> Any:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(document: bytes | None) -> None:
            if gone:
                return
            request.setHeader(b"x-request-id", (request_id() or "").encode())
            if document is None:
                request.setHeader(b"retry-after", RETRY_AFTER)
                document = _refused(request, 503, b"The catalogue cannot be read now.\n")
            else:
                request.setHeader(b"content-type", b"text/xml; charset=utf-8")
            request.setHeader(b"content-length", str(len(document)).encode())
            request.write(document)
            request.finish()

        self._answer(asked, reply)
        return NOT_DONE_YET


def _refused(request: Any, status: int, sentence: bytes) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"content-type", b"text/plain; charset=utf-8")
    return sentence
