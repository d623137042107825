"""A line with faults, before a system: slow, cut before or after the work, no-block ignored.

It listens on a port of its own, whatever becomes of the system behind it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random


class Front:
    """Passes messages on to the port that `behind` gives at that moment."""

    def __init__(self, behind: Callable[[], int], random: Random) -> None:
        self._behind = behind
        self._random = random
        #: How often, of 1,000 messages.
        self.slow = self.cut_before = self.cut_after = 0
        self.ignores_no_block = False
        self.faults = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with (
            suppress(OSError),
            connection,
            socket.create_connection(("127.0.0.1", self._behind()), 2.0) as system,
        ):
            connection.settimeout(120)
            system.settimeout(30)
            self._pass(connection, system)

    def _pass(self, connection: socket.socket, system: socket.socket) -> None:
        while True:
            message = self._message(connection)
            if not message:
                return
            if self._happens(self.cut_before):
                return
            if self._happens(self.slow):
                time.sleep(0.3)
            system.sendall(self._as_known(message))
            answer = self._message(system)
            if not answer or self._happens(self.cut_after):
                return
            connection.sendall(answer)

    @staticmethod
    def _message(connection: socket.socket) -> bytes:
        found = b""
        while not found.endswith(b"\r"):
            data = connection.recv(65536)
            if not data:
                return b""
            found += data
        return found

    def _as_known(self, message: bytes) -> bytes:
        """The message as a system takes it that knows no no-block: its letter is lost, and with it
        the sequence number and the checksum that cover it."""
        if not self.ignores_no_block or message[:2] not in (b"11", b"29") or message[3:4] != b"Y":
            return message
        body = message[:3] + b"N" + message[4:]
        return body[: body.rindex(b"|AY") + 1] + b"\r" if b"|AY" in body else body

    def _happens(self, of_thousand: int) -> bool:
        happens = self._random.randrange(1000) < of_thousand
        self.faults += happens
        return happens
