"""Connections to other servers. Every client of Tiro connects by `connect`, or by
`http_connection`, which uses it.

The host name is resolved once, each address is decided by `protocols.hosting.destinations`, and the
connection goes to an address that was decided: a name that resolves to another address a moment
later changes nothing. Each hop of a redirect is a connection of its own. TLS is verified by the
name. A failure has the same text whether the address is not allowed, the name is unknown, the port
is closed or nothing answers, so that no one can scan ports by it; the reason goes to the log.

Addresses that a person has typed at a shell of this machine (`tiro ncip check ADDRESS`) are
connected to by `connect_anywhere`. The mail relay, the system behind the proxy and the database are
named in tiro.toml alone, and are not decided here.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from protocols.hosting.destinations import SECTION, SETTING, format_entry, may_connect

log = logging.getLogger(__name__)

#: Opens a TCP connection to a host and a port within a number of seconds. Raises OSError.
Connect = Callable[[str, int, float], socket.socket]

_PORTS: Final = {"http": 80, "https": 443}
#: Seconds that an attempt has, however many addresses were tried before it.
_LEAST_SECONDS: Final = 0.1


class NotConnected(OSError):
    """There is no connection, or no answer on it. The text is the same for every reason."""

    def __init__(self, host: str, port: int | None) -> None:
        where = f"[{host}]" if ":" in host else host
        super().__init__(
            f"no answer from {where if port is None else f'{where}:{port}'} (the server's log"
            f" says why; a private address must be allowed by [{SECTION}] {SETTING} in tiro.toml)"
        )


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """Return the addresses of a host, once each. Raises OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (UnicodeError, OverflowError) as error:
        raise OSError(f"no host name: {error}") from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))  # type: ignore[misc]


def connect(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to an address of the host that this process may connect to. Raises NotConnected."""
    deadline = time.monotonic() + timeout
    try:
        found = resolve(host, port)
    except OSError as error:
        log.info("no connection to %s port %s: %s", host, port, error)
        raise NotConnected(host, port) from None
    for family, address in found:
        if not may_connect(address[0], port):
            log.warning(
                "no connection to %s port %s: %s is not public, and no entry of [%s] %s in"
                " tiro.toml allows it (%s would)",
                *(host, port, address[0], SECTION, SETTING, format_entry(address[0], port)),
            )
            continue
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(max(deadline - time.monotonic(), _LEAST_SECONDS))
            connection.connect(address)
            connection.settimeout(timeout)
        except (OSError, OverflowError) as error:
            connection.close()
            log.info("no connection to %s port %s at %s: %s", host, port, address[0], error)
            continue
        return connection
    raise NotConnected(host, port)


def failure_text(url: str, error: Exception, connect: Connect = connect) -> str:
    """Return what a person reads of an exchange that failed, and write the reason to the log.

    A person at a shell of this machine, who typed the address, reads the reason itself.
    """
    if connect is connect_anywhere:
        return str(error) or type(error).__name__
    if isinstance(error, NotConnected):
        return str(error)
    parts = urlsplit(url)
    log.info("no answer from %s: %s: %s", parts.netloc, type(error).__name__, error)
    try:
        port = parts.port
    except ValueError:
        port = None
    return str(NotConnected(parts.hostname or "", port))


def connect_anywhere(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to an address that a person has typed at a shell of this machine. Raises OSError."""
    return socket.create_connection((host, port), timeout)


class _HttpConnection(http.client.HTTPConnection):
    def __init__(self, host: str, port: int, timeout: float, connect: Connect) -> None:
        super().__init__(host, port, timeout=timeout)
        self._connect, self._seconds = connect, timeout

    def connect(self) -> None:
        self.sock = self._connect(self.host, self.port, self._seconds)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _HttpsConnection(_HttpConnection):
    default_port = http.client.HTTPS_PORT

    def __init__(
        self, host: str, port: int, timeout: float, connect: Connect, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout, connect)
        self._tls = context

    def connect(self) -> None:
        super().connect()
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


def http_connection(
    url: str,
    timeout: float,
    context: ssl.SSLContext | None = None,
    connect: Connect = connect,
) -> http.client.HTTPConnection:
    """Return a connection to the server of an address of http or https, not yet opened.

    Its `connect` raises NotConnected, and ssl.SSLError; so does this where the address is none.
    `context` verifies the server's certificate, by the system's authorities by default.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket that is not closed
        raise NotConnected("", None) from None
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        raise NotConnected(host, None) from None
    if parts.scheme not in _PORTS or not host:
        raise NotConnected(host, port)
    port = port if port is not None else _PORTS[parts.scheme]
    if parts.scheme == "http":
        return _HttpConnection(host, port, timeout, connect)
    return _HttpsConnection(host, port, timeout, connect, context or ssl.create_default_context())
