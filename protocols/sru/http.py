"""SRU over HTTP: ``/sru/<database>`` by GET and POST. Twisted is known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from catalogue.tracing import request_id
from circulation.languages.sentences import Sentence
from protocols.hosting.answering import Services
from protocols.hosting.error_pages import answer_error, status_of_method
from protocols.hosting.parameters import FORM, TooMany, decoded, host_of, parameters_in
from protocols.hosting.traces import OK
from protocols.sru.handlers import answer
from protocols.sru.parameters import decode
from protocols.sru.settings import SruSettings

_HTTPS = 443
_METHODS = (b"GET", b"HEAD", b"POST")
#: The name of a character set may be anything; these are the ones that matter here.
_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8"} | dict.fromkeys(
    ("iso-8859-1", "latin1", "windows-1252"), "windows-1252"
)


class SruResource(Resource):
    """``/sru``: the databases are below it, and it is itself the first of them.

    Diagnostics come with status 200. Every answer to a GET or a form is XML.
    """

    isLeaf = True  # noqa: N815

    def __init__(self, settings: SruSettings, services: Services) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._settings = settings
        self._answer = services.measures.meter("sru").traced(
            lambda document: OK,
            lambda asked, reply: answer(services, settings, asked, reply),
        )

    def only_looks(self, method: bytes, path: Sequence[bytes]) -> bool:
        """All of it does (`protocols.hosting.passing.OnlyLooking`)."""
        return True

    def render(self, request: Any) -> Any:
        if request.method not in _METHODS:
            return answer_error(request, status_of_method(request.method), _METHODS)
        content_type = request.getHeader(b"content-type") or b""
        path, _, query = request.uri.partition(b"?")
        charset = "utf-8"
        if request.method == b"POST":
            kind, _, rest = content_type.partition(b";")
            if kind.strip().lower() not in (FORM, b""):
                return answer_error(request, 415, reason=Sentence("FORM_NEEDED"))
            charset = _charset(rest)
            body = request.content.read()
            query = query + b"&" + body if query and body else query or body
        try:
            parameters = parameters_in(query, charset)
        except TooMany:
            return answer_error(request, 400, reason=Sentence("TOO_MANY_PARAMETERS"))
        database = "/".join(decoded(part) for part in request.postpath).strip("/")
        asked = decode(
            database or self._settings.databases[0],
            self._address(request, path),
            parameters,
            (request.getHeader(b"accept") or b"").decode("latin-1"),
        )
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def reply(document: bytes) -> None:
            if gone:
                return
            request.setHeader(b"content-type", f"{asked.media_type}; charset=utf-8".encode())
            request.setHeader(b"content-length", str(len(document)).encode())
            request.setHeader(b"x-request-id", (request_id() or "").encode())
            request.write(document)
            request.finish()

        self._answer(asked, reply)
        return NOT_DONE_YET

    def _address(self, request: Any, path: bytes) -> str:
        """The address by which we were reached or want to be reached, without the query."""
        told = self._settings
        scheme = "https" if request.isSecure() or told.port == _HTTPS else "http"
        host = host_of(request)
        if told.host:
            host = told.host if told.port in (None, _HTTPS) else f"{told.host}:{told.port}"
        return f"{scheme}://{host}{path.decode('latin-1')}"


def _charset(parameters: bytes) -> str:
    name = parameters.decode("latin-1").lower().partition("charset=")[2]
    return _CHARSETS.get(name.partition(";")[0].strip(' "'), "utf-8")
