"""Real clients that come and go, over SIP2, Z39.50 and HTTP, and note what goes wrong."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.servers import RunningServer

LOGIN = b"9300CNkiosk|COkiosk|\r"
ITEM = b"1720261125    120000AODK-900100|ABI0000001|\r"
NCIP = (
    '<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupItem><ItemId><ItemIdentifierValue>'
    "I0000001</ItemIdentifierValue></ItemId></LookupItem></NCIPMessage>"
)


class Callers:
    """What each has got: `answers` by protocol, and `problems` in words."""

    def __init__(self, server: RunningServer, find: Callable[[str], str]) -> None:
        self._server = server
        self._yaz = find("yaz-client")
        self._curl = find("curl")
        self._is_over = threading.Event()
        self.answers: Counter[str] = Counter()
        self.problems: list[str] = []
        #: How often the terminal that stays has had to connect again.
        self.reconnections = 0
        #: The longest that a client has taken to come and go, in seconds.
        self.longest = 0.0

    def start(self) -> list[threading.Thread]:
        calls = {
            "sip2": self._sip2,
            "z3950": self._z3950,
            "http": self._http,
            "terminal": self._terminal,
        }
        threads = [
            threading.Thread(target=self._again_and_again, args=(name, call), daemon=True)
            for name, call in calls.items()
        ]
        for thread in threads:
            thread.start()
        return threads

    def end(self) -> None:
        self._is_over.set()

    def _again_and_again(self, name: str, call: Callable[[], None]) -> None:
        while not self._is_over.is_set():
            began = time.monotonic()
            try:
                call()
            except Exception as error:
                self.problems.append(f"{name}: {type(error).__name__}: {error}")
            else:
                self.answers[name] += 1
            if name != "terminal":
                self.longest = max(self.longest, time.monotonic() - began)
            self._is_over.wait(0.02)

    def _sip2(self) -> None:
        with socket.create_connection(("127.0.0.1", self._server.sip2), 10) as line:
            assert said(line, LOGIN) == b"941\r"
            assert said(line, ITEM).startswith(b"18")

    def _z3950(self) -> None:
        done = subprocess.run(
            [self._yaz, f"127.0.0.1:{self._server.z3950}/catalogue"],
            input="find @attr 1=1003 andersen\nquit\n",
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert "Number of hits:" in done.stdout, done.stdout + done.stderr

    def _http(self) -> None:
        done = subprocess.run(
            [self._curl, "-sS", "-d", NCIP, f"http://127.0.0.1:{self._server.http}/ncip"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert "LookupItemResponse" in done.stdout, done.stdout + done.stderr

    def _terminal(self) -> None:
        """One that stays: it asks every now and then, and connects again where it is told to go.

        It was told to go if the line has ended between two questions. A question without an answer
        is a fault.
        """
        with socket.create_connection(("127.0.0.1", self._server.sip2), 10) as line:
            self.reconnections += 1
            assert said(line, LOGIN) == b"941\r"
            while not self._is_over.wait(0.1):
                line.settimeout(0.0)
                with suppress(BlockingIOError):
                    assert line.recv(1) == b""
                    return
                line.settimeout(10)
                assert said(line, ITEM).startswith(b"18")
                self.answers["terminal"] += 1


def said(line: socket.socket, message: bytes) -> bytes:
    line.sendall(message)
    answer = b""
    while not answer.endswith(b"\r"):
        block = line.recv(65536)
        if not block:
            raise ConnectionError(f"no answer to {message!r}")
        answer += block
    return answer


@contextmanager
def calling(server: RunningServer, find: Callable[[str], str]) -> Iterator[Callers]:
    """Clients for the length of a ``with`` block. At its end nothing may have gone wrong."""
    callers = Callers(server, find)
    threads = callers.start()
    try:
        yield callers
        time.sleep(0.5)
    finally:
        callers.end()
        for thread in threads:
            thread.join(30)
    assert not callers.problems, callers.problems
