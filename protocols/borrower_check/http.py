"""The borrower check over HTTP: ``/borchk`` of the common port. Twisted is known here."""

from __future__ import annotations

from typing import Any, Final

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from protocols.borrower_check.handlers import BorrowerCheck
from protocols.hosting.error_pages import answer_error, status_of_method
from protocols.wire.xml_documents import PLAIN_BYTES

MEDIA_TYPE: Final = b"text/xml; charset=utf-8"


class BorrowerCheckResource(Resource):
    """A SOAP envelope by POST, and one as the answer."""

    isLeaf = True  # noqa: N815

    def __init__(self, check: BorrowerCheck) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._check = check

    def render(self, request: Any) -> Any:
        if request.method != b"POST":
            return answer_error(request, status_of_method(request.method), [b"POST"])
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(status: int, body: bytes) -> None:
            if not gone:
                request.setResponseCode(status)
                request.setHeader(b"content-type", MEDIA_TYPE)
                request.setHeader(b"cache-control", b"no-store")
                request.setHeader(b"content-length", str(len(body)).encode())
                request.write(body)
                request.finish()

        host = str(getattr(request.getClientAddress(), "host", ""))
        self._check.answer(request.content.read(PLAIN_BYTES + 1), host, reply)
        return NOT_DONE_YET
