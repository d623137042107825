"""An NCIP client, usable on its own: requests are dataclasses, and so are the answers.

    from protocols.ncip.asking.client import NcipClient
    from protocols.ncip.messages import UserId
    from protocols.ncip.models.lookups import LookupUser

    with NcipClient("https://library.example/ncip", agency="BROKER", secret="...") as client:
        answer = client.ask(LookupUser(user_id=UserId(user_identifier_value="P0000001")))

It speaks all versions of the server, over HTTP, HTTPS and raw TCP (``tcp://HOST:PORT``,
``tls://HOST:PORT``), and blocks: use it in a thread or a script.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from protocols.hosting.outgoing import Connect, connect, failure_text, http_connection
from protocols.ncip.codec import MalformedMessage, decode_response, encode
from protocols.ncip.messages import (
    Code,
    FromAgencyId,
    InitiationHeader,
    Refusal,
    ToAgencyId,
)
from protocols.ncip.wire.dialects import VERSIONS, Dialect, version_digits
from protocols.ncip.wire.framing import DocumentScanner, Unframeable
from protocols.wire.xml_documents import ANSWER_BYTES

MEDIA_TYPE: Final = 'application/xml; charset="utf-8"'
SCHEMES: Final = ("http", "https", "tcp", "tls")
_DEFAULT_PORT: Final = 3121


class NcipUnreachable(Exception):
    """No NCIP answer has come; the text says why. It is unknown whether the request was carried
    out."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks whom, and with what proof. `secret_in` says where the secret goes."""

    agency: str = ""
    to_agency: str = ""
    agency_scheme: str = ""
    system: str = ""
    profile: str = ""
    user: str = ""
    secret: str = ""
    secret_in: Literal["message", "basic", "bearer"] = "message"  # noqa: S105


class NcipClient:
    """A connection to a responder, opened when it is needed and kept.

    `version` is one of 1.0, 1.01, 2.0, 2.01, 2.02; `prefix` is that of its elements. `hear` is
    called with every request and its answer, as bytes. `connect` decides where it may connect to.
    """

    def __init__(
        self,
        address: str,
        *,
        version: str = "2.02",
        prefix: str = "",
        timeout: float = 20.0,
        tls: ssl.SSLContext | None = None,
        connect: Connect = connect,
        **caller: Any,
    ) -> None:
        parts = urlsplit(address)
        digits = version_digits(version)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(f"an address begins with one of {', '.join(SCHEMES)}")
        if digits not in VERSIONS:
            raise ValueError(f"there is no version {version}")
        self._parts = parts
        self._timeout = timeout
        self._tls = tls
        self._connect = connect
        self.hear: Callable[[bytes, bytes], object] = lambda request, answer: None
        self.caller = Caller(**caller)
        own = Code(self.caller.agency, self.caller.agency_scheme or None)
        self.dialect = Dialect(digits, VERSIONS[digits], prefix, agency=own)
        self._http: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        for each in (self._http, self._socket):
            if each is not None:
                each.close()
        self._http = self._socket = None

    def ask(self, request: Any) -> Any:
        """The answer to a request; a `Refusal` if it was refused. Raises NcipUnreachable.

        A request without a header gets that of the caller.
        """
        if request.initiation_header is None:
            request = replace(request, initiation_header=self.header())
        answer = self.exchange(encode(request, self.dialect))
        try:
            response, _ = decode_response(answer)
        except MalformedMessage as error:
            raise NcipUnreachable(f"the answer is no NCIP: {error}") from error
        expected = f"{type(request).__name__}Response"
        told = response.service if isinstance(response, Refusal) else type(response).__name__
        if told not in (None, expected, type(request).__name__):
            raise NcipUnreachable(f"{told} is no answer to {type(request).__name__}")
        return response

    def header(self) -> InitiationHeader:
        """The header of the caller's requests."""
        caller = self.caller
        scheme = caller.agency_scheme or None
        in_message = caller.secret if caller.secret_in == "message" else ""  # noqa: S105
        return InitiationHeader(
            from_system_id=Code(caller.system) if caller.system else None,
            from_agency_id=FromAgencyId(Code(caller.agency, scheme)),
            from_agency_authentication=in_message or None,
            to_agency_id=ToAgencyId(Code(caller.to_agency, scheme)),
            application_profile_type=Code(caller.profile) if caller.profile else None,
        )

    def exchange(self, document: bytes) -> bytes:
        """The answer to a document, whatever either contains. Raises NcipUnreachable."""
        is_http = self._parts.scheme in ("http", "https")
        try:
            answer = self._by_http(document) if is_http else self._by_tcp(document)
        except (OSError, http.client.HTTPException, Unframeable) as error:
            self.close()
            told = failure_text(self._parts.geturl(), error, self._connect)
            raise NcipUnreachable(told) from error
        except NcipUnreachable:
            self.close()
            raise
        self.hear(document, answer)
        return answer

    def _by_http(self, document: bytes) -> bytes:
        path = self._parts.path or "/"
        if self._parts.query:
            path += f"?{self._parts.query}"
        headers = {"Content-Type": MEDIA_TYPE, **self._authorization()}
        if self._http is not None:  # kept: the other end may have closed it meanwhile
            try:
                return self._posted(self._http, path, document, headers)
            except (ConnectionError, http.client.RemoteDisconnected, http.client.CannotSendRequest):
                self.close()
        self._http = self._connected_http()
        return self._posted(self._http, path, document, headers)

    def _connected_http(self) -> http.client.HTTPConnection:
        return http_connection(self._parts.geturl(), self._timeout, self._tls, self._connect)

    def _posted(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        document: bytes,
        headers: dict[str, str],
    ) -> bytes:
        connection.request("POST", path, document, headers)
        response = connection.getresponse()
        answer = response.read(ANSWER_BYTES + 1)
        if len(answer) > ANSWER_BYTES:
            raise NcipUnreachable("the answer is too long")
        # Some responders say in NCIP what is wrong, with a failure status.
        if response.status >= 300 and b"NCIP" not in answer[:1000]:
            raise NcipUnreachable(f"HTTP status {response.status}")
        return answer

    def _authorization(self) -> dict[str, str]:
        caller = self.caller
        if not caller.secret or caller.secret_in == "message":  # noqa: S105
            return {}
        if caller.secret_in == "bearer":  # noqa: S105
            return {"Authorization": f"Bearer {caller.secret}"}
        pair = f"{caller.user or caller.agency}:{caller.secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _by_tcp(self, document: bytes) -> bytes:
        if self._socket is not None:
            try:
                return self._sent(self._socket, document)
            except (ConnectionError, EOFError):
                self.close()
        address = (self._parts.hostname or "", self._parts.port or _DEFAULT_PORT)
        line = self._connect(*address, self._timeout)
        if self._parts.scheme == "tls":
            line = (self._tls or _verifying()).wrap_socket(line, server_hostname=address[0])
        self._socket = line
        try:
            return self._sent(line, document)
        except EOFError:
            closed = ConnectionError("the connection was closed before an answer")
            told = failure_text(self._parts.geturl(), closed, self._connect)
            raise NcipUnreachable(told) from None

    def _sent(self, line: socket.socket, document: bytes) -> bytes:
        line.sendall(document + b"\n")
        scanner = DocumentScanner()
        while True:
            data = line.recv(65536)
            if not data:
                raise EOFError
            scanner.feed(data)
            answer = scanner.next_document()
            if answer is not None:
                return answer


def _verifying() -> ssl.SSLContext:
    return ssl.create_default_context()
