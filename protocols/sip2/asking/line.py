"""A terminal's end of a line: frames with limits of time, TLS, and the prompts of a telnet login.

Nothing here knows a message; the commands `tiro sip2 check` and `tiro sip2 replay` speak over it.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections import Counter
from typing import Final, Self

#: The longest frame: with a longer one, the other end is no SIP2 server.
MAX_FRAME: Final = 1_000_000
_CR: Final = 13
_LOGIN: Final = re.compile(rb"login: *", re.IGNORECASE)
_PASSWORD: Final = re.compile(rb"password: *", re.IGNORECASE)
#: What a server says after the password, or its next prompt.
_VERDICT: Final = re.compile(rb"(login ok[^\r\n]*[\r\n]+)|invalid[^\r\n]*[\r\n]+|login: *", re.I)


class LineError(Exception):
    """The line could not be opened, was closed by the other end, or does not speak SIP2."""


class Line:
    """An open connection. `timeout` is in seconds, and applies to each frame that is waited for.
    `ends` counts the ends of the frames received: CR, LF or CRLF.
    """

    def __init__(self, connection: socket.socket, timeout: float = 10.0) -> None:
        self.timeout = timeout
        self.ends: Counter[str] = Counter()
        self._connection = connection
        self._buffer = bytearray()
        self._is_after_cr = False
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @property
    def waiting(self) -> int:
        """The number of bytes that have come without ending a frame."""
        return len(self._buffer)

    def send(self, data: bytes) -> None:
        """Sends the bytes as they are, in one segment if they fit. Raises LineError."""
        try:
            self._connection.settimeout(self.timeout)
            self._connection.sendall(data)
        except OSError as error:
            raise LineError(f"nothing can be sent: {error}") from error

    def frame(self, timeout: float | None = None) -> bytes | None:
        """The next frame without its end; None if none comes in time. Raises LineError if the other
        end has closed.
        """
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            frame = self._taken()
            if frame:
                return frame
            if frame is None and not self._receive(end):
                return None

    def drain(self) -> int:
        """Throws away what has come already; returns the number of frames."""
        count = 0
        while self.frame(0.0) is not None:
            count += 1
        return count

    def is_closed(self, within: float) -> bool:
        """Does the other end close in that time? Frames that arrive meanwhile are thrown away."""
        end = time.monotonic() + within
        try:
            while self.frame(max(end - time.monotonic(), 0.0)) is not None:
                pass
        except LineError:
            return True
        return False

    def _taken(self) -> bytes | None:
        """A frame from the buffer, empty between two ends in a row; None if no frame ends."""
        buffer = self._buffer
        if self._is_after_cr and buffer[:1] == b"\n":
            del buffer[:1]
            self.ends["CR"] -= 1
            self.ends["CRLF"] += 1
            self._is_after_cr = False
        found = re.search(rb"[\r\n]", bytes(buffer))
        if found is None:
            if len(buffer) > MAX_FRAME:
                raise LineError("what comes is no SIP2: no message ends")
            return None
        end = found.start()
        frame, self._is_after_cr = bytes(buffer[:end]), buffer[end] == _CR
        del buffer[: end + 1]
        self.ends["CR" if self._is_after_cr else "LF"] += 1
        return frame

    def _receive(self, end: float) -> bool:
        """Waits for more until `end`; did more come?"""
        try:
            # Zero would make the socket non-blocking, which TLS cannot do here.
            self._connection.settimeout(max(end - time.monotonic(), 0.001))
            data = self._connection.recv(65536)
        except TimeoutError:
            return False
        except OSError as error:
            raise LineError(f"the line broke: {error}") from error
        if not data:
            raise LineError("the other end has closed the line")
        self._buffer += data
        return True

    # The login by prompts, for listeners set to telnet

    def telnet_login(self, login: str, password: str, charset: str = "utf-8") -> bool:
        """Answers the prompts ``login:`` and ``password:``; was the login accepted? Raises
        LineError if no prompt comes in time.
        """
        self._prompted(_LOGIN)
        self.send(login.encode(charset) + b"\r\n")
        self._prompted(_PASSWORD)
        self.send(password.encode(charset) + b"\r\n")
        return self._prompted(_VERDICT)[1] is not None

    def _prompted(self, prompt: re.Pattern[bytes]) -> re.Match[bytes]:
        end = time.monotonic() + self.timeout
        while (found := prompt.search(bytes(self._buffer))) is None:
            if not self._receive(end):
                raise LineError("no prompt of a telnet login came")
        del self._buffer[: found.end()]
        return found


def open_line(
    host: str,
    port: int,
    *,
    timeout: float = 10.0,
    tls: ssl.SSLContext | None = None,
    server_name: str | None = None,
) -> Line:
    """A line to a server, with TLS if a context for it is given. Raises LineError. `server_name` is
    the name that the certificate must have, if not `host`.
    """
    try:
        connection = socket.create_connection((host, port), timeout)
    except OSError as error:
        raise LineError(f"{host}:{port} cannot be reached: {error}") from error
    if tls is not None:
        try:
            connection = tls.wrap_socket(connection, server_hostname=server_name or host)
        except OSError as error:
            connection.close()
            raise LineError(f"no TLS with {host}:{port}: {error}") from error
    return Line(connection, timeout)


def tls_context(
    authority: str | None = None, certificate: str | None = None, key: str | None = None
) -> ssl.SSLContext:
    """How a server is verified: by the system's authorities or those in a PEM file.

    `certificate` and `key` are PEM files of the terminal's own. Raises LineError.
    """
    try:
        context = ssl.create_default_context(cafile=authority)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except OSError as error:
        raise LineError(f"the certificates cannot be used: {error}") from error
    return context
