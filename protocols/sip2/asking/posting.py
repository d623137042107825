"""A terminal's end of SIP2 over HTTPS: messages posted over one connection, which is kept."""

from __future__ import annotations

import http.client
import ssl
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from protocols.sip2.asking.line import LineError
from protocols.sip2.wire.envelope import NoEnvelope, Unusable, answer_in, request_document

#: The longest answer that is read, in bytes.
ANSWER_BYTES: Final = 1_000_000


class Refused(Exception):
    """The server says in words why it does not answer."""


class Poster:
    """A server at a URL, asked as one account. Raises LineError where that is no URL."""

    def __init__(
        self, url: str, login: str, password: str, timeout: float, tls: ssl.SSLContext
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LineError("this is no URL such as https://tiro.example.org/rest/sip2/DK-900100")
        self._login, self._password = login, password
        self._path = parts.path or "/"
        if parts.scheme == "https":
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=tls
            )
        else:
            self._connection = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=timeout
            )

    def close(self) -> None:
        self._connection.close()

    def ask(self, message: str) -> str:
        """The message that answers. Raises Refused, and LineError."""
        document = request_document(self._login, self._password, message)
        try:
            self._connection.request(
                "POST", self._path, document, {"Content-Type": "application/xml"}
            )
            with closing(self._connection.getresponse()) as response:
                body, status = response.read(ANSWER_BYTES), response.status
        except (OSError, http.client.HTTPException) as error:
            raise LineError(f"nobody answers: {error}") from error
        try:
            return answer_in(body)
        except Unusable as error:
            raise Refused(str(error)) from error
        except NoEnvelope as error:
            raise LineError(
                f"the answer, with status {status}, is none of SIP2: {error}"
            ) from error
