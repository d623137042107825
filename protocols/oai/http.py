"""OAI-PMH over HTTP: ``/oai`` by GET and POST (clause 3.1). Twisted is known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from circulation.languages.sentences import Sentence
from protocols.hosting.answering import Services
from protocols.hosting.error_pages import answer_error, status_of_method
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
            return answer_error(request, status_of_method(request.method), _METHODS)
        path, _, query = request.uri.partition(b"?")
        if request.method == b"POST":
            kind = (request.getHeader(b"content-type") or b"").partition(b";")[0].strip().lower()
            if kind not in (FORM, b""):
                return answer_error(request, 415, reason=Sentence("FORM_NEEDED"))
            query = b"&".join(filter(None, (query, request.content.read())))
        base_url = self._settings.base_url or address_of(request, path)
        try:
            asked = decode(base_url, parameters_in(query))
        except TooMany:
            return answer_error(request, 400, reason=Sentence("TOO_MANY_PARAMETERS"))
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
                document = answer_error(request, 503)
            else:
                request.setHeader(b"content-type", b"text/xml; charset=utf-8")
            request.setHeader(b"content-length", str(len(document)).encode())
            request.write(document)
            request.finish()

        self._answer(asked, reply)
        return NOT_DONE_YET
