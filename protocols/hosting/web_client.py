"""Getting documents over HTTP and HTTPS from others, over one connection that is kept open.

A request may take so many seconds from its first octet to the last of its answer, whose size is
bounded. Redirections are followed, a few, and never with the password to another place.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from protocols.hosting.outgoing import NotConnected, http_connection

_BLOCK: Final = 1 << 16
_REDIRECTIONS: Final = 3
_MOVED: Final = (301, 302, 303, 307, 308)
#: Whitespace and controls that cannot stand in an address.
_FORBIDDEN: Final = frozenset(map(chr, range(0x21))) | {"\x7f"}


class WebError(Exception):
    """There is no answer; the message says why, without the address that was asked."""


class Got(NamedTuple):
    """An answer: `after` is what its Retry-After holds, empty where it has none."""

    status: int
    reason: str
    after: str
    data: bytes


class WebClient:
    """One server that is asked by GET. Not for threads to share.

    `timeout` is in seconds, `most` the size of the largest answer in octets. The user and password
    are those of Basic authentication. `ca_file` has the authorities by which certificates are
    verified, in place of those of the system.
    """

    def __init__(
        self,
        *,
        timeout: float,
        most: int,
        user: str | None = None,
        password: str = "",
        ca_file: str | None = None,
    ) -> None:
        self._timeout = timeout
        self._most = most
        self._ca_file = ca_file
        self._headers = {"Accept": "application/xml, text/xml;q=0.9", "User-Agent": "Tiro"}
        if user is not None:
            token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
            self._headers["Authorization"] = f"Basic {token}"
        self._connection: http.client.HTTPConnection | None = None
        self._connected_to = ("", "")

    def get(self, url: str) -> Got:
        """What stands at the address. Raises WebError."""
        check_address(url)
        first = urlsplit(url)[:2]
        deadline = time.monotonic() + self._timeout
        for _ in range(_REDIRECTIONS + 1):
            was_open = self._connection is not None
            try:
                answer = self._asked(url, first, deadline)
            except _BrokenOff:
                if not was_open:
                    raise
                # The kept connection has been closed meanwhile: try once more on a new one.
                answer = self._asked(url, first, deadline)
            if isinstance(answer, Got):
                return answer
            try:
                url = urljoin(url, answer.location)
            except ValueError:
                raise WebError("the server redirects to what is no address") from None
            check_address(url)
        raise WebError(f"the server redirects more than {_REDIRECTIONS} times")

    def close(self) -> None:
        """Ends the connection; another `get` opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self, url: str, first: tuple[str, str], deadline: float) -> Got | _Redirection:
        with _as_web_error():
            parts = urlsplit(url)
            connection = self._connect(parts.scheme, parts.netloc, deadline)
            headers = self._headers
            if parts[:2] != first:
                headers = {k: v for k, v in headers.items() if k != "Authorization"}
            is_whole = False
            try:
                with _ended_at(connection, deadline):
                    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                    connection.request("GET", path, headers=headers)
                    response = connection.getresponse()
                    data = self._read(response)
                is_whole = not response.will_close
            finally:
                if not is_whole:
                    self.close()
            location = response.getheader("Location")
            if response.status in _MOVED and location:
                return _Redirection(location)
            after = response.getheader("Retry-After") or ""
            return Got(response.status, response.reason, after, data)

    def _connect(self, scheme: str, place: str, deadline: float) -> http.client.HTTPConnection:
        if self._connection is not None and self._connected_to == (scheme, place):
            return self._connection
        self.close()
        left = max(deadline - time.monotonic(), 0.001)
        is_encrypted = scheme == "https"
        context = ssl.create_default_context(cafile=self._ca_file) if is_encrypted else None
        connection = http_connection(f"{scheme}://{place}", left, context)
        connection.connect()
        self._connection, self._connected_to = connection, (scheme, place)
        return connection

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        pieces = []
        size = 0
        while block := response.read1(_BLOCK):
            size += len(block)
            if size > self._most:
                raise WebError(f"an answer of more than {self._most} octets")
            pieces.append(block)
        response.close()  # the connection stays open for the next question
        return b"".join(pieces)


class _BrokenOff(WebError):
    """The server has closed the connection."""


class _Redirection(NamedTuple):
    location: str


def check_address(url: str) -> None:
    """Raises WebError for what is no address of HTTP."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket that is not closed
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or _FORBIDDEN & set(url):
        raise WebError(f"not an address of HTTP: {url.partition('?')[0][:200]!r}")


@contextmanager
def _as_web_error() -> Iterator[None]:
    """Turns whatever goes wrong on the way into a WebError."""
    try:
        yield
    except (ConnectionResetError, BrokenPipeError):  # RemoteDisconnected is one of them
        raise _BrokenOff("the server broke off the connection") from None
    except TimeoutError:
        raise WebError("the server did not answer in time") from None
    except NotConnected as error:
        raise WebError(str(error)) from error
    except OSError as error:
        raise WebError(f"no connection: {error.strerror or error}") from error
    except http.client.HTTPException as error:
        raise WebError(f"this is no HTTP: {type(error).__name__}") from error


@contextmanager
def _ended_at(connection: http.client.HTTPConnection, deadline: float) -> Iterator[None]:
    """Ends the connection at the deadline: a socket's own time-out begins anew with each octet.

    Raises TimeoutError.
    """
    ended = threading.Event()
    sock = connection.sock  # a connection that is not kept drops it before the answer

    def end() -> None:
        ended.set()
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # the peer has just closed it
                return

    timer = threading.Timer(max(deadline - time.monotonic(), 0.0), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if ended.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if ended.is_set():
        raise TimeoutError
