"""Calls over HTTPS with our certificate (mutual TLS). HTTP/1.1, since the platform resets HTTP/2.
Each call has its own connection, so that none turns out to be dead only after a message was written
to it.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from protocols.digital_post.outcomes import Denied, Unanswered, Unreachable
from protocols.hosting.outgoing import http_connection

#: Seconds for one call, and the most bytes of an answer.
TIMEOUT = 60.0
LONGEST_ANSWER = 16 * 1024 * 1024
#: Answers that mean "later": the request was not dealt with.
_LATER = frozenset({408, 425, 429, 502, 503})


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is below 500 and does not ask to try again."""

    status: int
    content_type: str
    body: bytes


class Connection:
    """Calls to any host, always with the same certificate.

    `certificate` and `key` are PEM files; `authorities` is a file of those that may vouch for the
    other side, the system's own by default. Raises OSError (ssl.SSLError is one) if a file cannot
    be used.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path,
        authorities: Path | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._context = ssl.create_default_context(cafile=authorities)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.set_alpn_protocols(["http/1.1"])
        self._context.load_cert_chain(certificate, key)
        self._timeout = timeout

    def call(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One call. Raises Unreachable and Unanswered, and Denied if TLS itself is refused. `query`
        is apart from `url` because it may hold a national number, which no error message may quote.
        """
        parts = urlsplit(url)
        target = parts.path + (f"?{urlencode(query)}" if query else "")
        connection = self._connection(url)
        try:
            self._connect(connection, parts.hostname or "")
            try:
                connection.request(method, target, body=body, headers=dict(headers or {}))
                found = connection.getresponse()
                content = found.read(LONGEST_ANSWER + 1)
            except (OSError, http.client.HTTPException) as error:
                raise Unanswered("no-answer", type(error).__name__) from None
            if len(content) > LONGEST_ANSWER:
                raise Unanswered("too-long", "the answer has no end")
            if found.status in _LATER:
                raise Unreachable(f"http-{found.status}", "the service asks to come again")
            if found.status >= 500:
                raise Unanswered(f"http-{found.status}", "the service failed")
            return Answer(found.status, found.headers.get_content_type(), content)
        finally:
            connection.close()

    def _connection(self, url: str) -> http.client.HTTPConnection:
        try:
            return http_connection(url, self._timeout, self._context)
        except OSError as error:
            raise Unreachable("no-connection", str(error)) from None

    def _connect(self, connection: http.client.HTTPConnection, host: str) -> None:
        try:
            connection.connect()
        except ssl.SSLCertVerificationError:
            raise Denied("tls", f"the certificate of {host} is not trusted") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable("no-connection", f"{host}: {type(error).__name__}") from None
