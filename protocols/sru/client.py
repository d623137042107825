"""An SRU client: searchRetrieve of versions 1.1, 1.2 and 2.0 over HTTP and HTTPS.

    with Client("https://sru.example.org/catalogue", timeout=10) as client:
        found = client.search('bath.isbn="9780140449136"', schema="marcxml", number=10)
        for record in found.records:
            record.data                                # the record element as octets of XML

A request may take `timeout` seconds from its first octet to the last of its answer, whose size is
bounded. No DTD is read, no entity resolved, and nothing is fetched that an answer points to.
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
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode, urljoin, urlsplit

from protocols.sru.answers import Found, ServerError, read_answer
from protocols.sru.messages import Version

#: The default for the largest answer, in octets.
MAXIMUM_RESPONSE_SIZE: Final = 8 << 20
_BLOCK: Final = 1 << 16
_REDIRECTIONS: Final = 3
_MOVED: Final = (301, 302, 303, 307, 308)
#: Whitespace and controls that cannot stand in an address.
_FORBIDDEN: Final = frozenset(map(chr, range(0x21))) | {"\x7f"}


class Client:
    """One server's database at `url`; its connection is kept open. Not for threads to share."""

    def __init__(
        self,
        url: str,
        *,
        version: Version = Version.V1_2,
        user: str | None = None,
        password: str = "",
        timeout: float = 10.0,
        maximum_response_size: int = MAXIMUM_RESPONSE_SIZE,
    ) -> None:
        _check(url)
        self._url = url
        self._version = version
        self._timeout = timeout
        self._most = maximum_response_size
        self._headers = {"Accept": "application/xml, text/xml;q=0.9", "User-Agent": "Tiro"}
        if user is not None:
            token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
            self._headers["Authorization"] = f"Basic {token}"
        self._connection: http.client.HTTPConnection | None = None
        self._connected_to = ("", "")

    def search(self, query: str, *, start: int = 1, number: int = 10, schema: str = "") -> Found:
        """Records `start` (from 1) on of what the CQL finds.

        Raises ServerRefused for diagnostics, and ServerError for anything else that goes wrong.
        """
        parameters = {"version": self._version.value}
        if self._version is Version.V2_0:
            parameters |= {"recordXMLEscaping": "xml", "httpAccept": "application/xml"}
        else:
            parameters |= {"operation": "searchRetrieve", "recordPacking": "xml"}
        parameters |= {
            "query": query,
            "startRecord": str(start),
            "maximumRecords": str(number),
            **({"recordSchema": schema} if schema else {}),
        }
        return read_answer(self._fetch(urlencode(parameters)))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fetch(self, parameters: str) -> bytes:
        deadline = time.monotonic() + self._timeout
        url = self._url + ("&" if "?" in self._url else "?") + parameters
        for _ in range(_REDIRECTIONS + 1):
            was_open = self._connection is not None
            try:
                answer = self._get(url, deadline)
            except _BrokenOff:
                if not was_open:
                    raise
                # The kept connection has been closed meanwhile: try once more on a new one.
                answer = self._get(url, deadline)
            if isinstance(answer, bytes):
                return answer
            url = urljoin(url, answer.location)
            _check(url)
        raise ServerError(f"the server redirects more than {_REDIRECTIONS} times")

    def _get(self, url: str, deadline: float) -> bytes | _Redirection:
        with _as_server_error():
            parts = urlsplit(url)
            connection = self._connect(parts.scheme, parts.netloc, deadline)
            headers = self._headers
            if (parts.scheme, parts.netloc) != tuple(urlsplit(self._url)[:2]):
                headers = {k: v for k, v in headers.items() if k != "Authorization"}
            is_whole = False
            try:
                with _ended_at(connection, deadline):
                    connection.request("GET", f"{parts.path or '/'}?{parts.query}", headers=headers)
                    response = connection.getresponse()
                    data = self._read(response)
                is_whole = not response.will_close
            finally:
                if not is_whole:
                    self.close()
            location = response.getheader("Location")
            if response.status in _MOVED and location:
                return _Redirection(location)
            # Diagnostics may come with any status; an answer that is not XML does not get that far.
            if response.status != 200 and not data.lstrip().startswith(b"<"):
                raise ServerError(f"the server answered {response.status} {response.reason}")
            return data

    def _connect(self, scheme: str, place: str, deadline: float) -> http.client.HTTPConnection:
        if self._connection is not None and self._connected_to == (scheme, place):
            return self._connection
        self.close()
        left = max(deadline - time.monotonic(), 0.001)
        connection: http.client.HTTPConnection
        if scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(place, timeout=left, context=context)
        else:
            connection = http.client.HTTPConnection(place, timeout=left)
        connection.connect()
        self._connection, self._connected_to = connection, (scheme, place)
        return connection

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        pieces = []
        size = 0
        while block := response.read1(_BLOCK):
            size += len(block)
            if size > self._most:
                raise ServerError(f"an answer of more than {self._most} octets")
            pieces.append(block)
        response.close()  # the connection stays open for the next question
        return b"".join(pieces)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _BrokenOff(ServerError):
    """The server has closed the connection."""


class _Redirection(NamedTuple):
    location: str


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or _FORBIDDEN & set(url):
        raise ServerError(f"not an address of HTTP: {url[:200]!r}")


@contextmanager
def _as_server_error() -> Iterator[None]:
    """Turns whatever goes wrong on the way into a ServerError."""
    try:
        yield
    except (ConnectionResetError, BrokenPipeError):  # RemoteDisconnected is one of them
        raise _BrokenOff("the server broke off the connection") from None
    except TimeoutError:
        raise ServerError("the server did not answer in time") from None
    except OSError as error:
        raise ServerError(f"no connection: {error.strerror or error}") from error
    except http.client.HTTPException as error:
        raise ServerError(f"this is no HTTP: {type(error).__name__}") from error


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
