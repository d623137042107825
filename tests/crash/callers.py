"""Machines that ask for one thing after the other, and ask again until they are answered.

A script gives acts: a request as bytes, how an answer is told that grants it, and what must be
found in the database for it, once, at the end. A caller whose line breaks, or who is told that
nothing can be done for now, sends the same bytes again on the next line.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from protocols.ncip.wire.framing import DocumentScanner
from protocols.z3950.codec import decode
from protocols.z3950.messages.association import Close
from protocols.z3950.wire.framing import ApduStream

#: Seconds that an answer may take, restart of the server apart.
PATIENCE = 30.0
#: Seconds without a server: then the caller gives up, which is a violation.
DESPAIR = 240.0

#: What an act leaves in the database: the kind of trace, and of what.
Trace = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One request. `again`: whether an answer is good only when the request was repeated."""

    name: str
    request: bytes
    is_granted: Callable[[bytes], bool]
    trace: Trace | None = None
    is_granted_again: Callable[[bytes], bool] | None = None
    is_passing: Callable[[bytes], bool] = lambda answer: False


class Line:
    """A connection of one protocol; opened again after each break."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.greet()
        self._socket.sendall(request)
        return self.read()

    def receive(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server is gone")
        return data

    def exchange(self, request: bytes) -> bytes:
        assert self._socket is not None
        self._socket.sendall(request)
        return self.read()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def greet(self) -> None:
        """What comes before the first request."""

    def read(self) -> bytes:
        """One answer."""
        raise NotImplementedError


class Sip2Line(Line):
    def greet(self) -> None:
        if self.exchange(b"9300CNkiosk|COkiosk|\r") != b"941\r":
            raise ConnectionError("no login for now")

    def read(self) -> bytes:
        answer = b""
        while not answer.endswith(b"\r"):
            answer += self.receive()
        return answer


class NcipLine(Line):
    def read(self) -> bytes:
        scanner = DocumentScanner()
        while True:
            scanner.feed(self.receive())
            if (document := scanner.next_document()) is not None:
                return document


class Z3950Line(Line):
    def __init__(self, port: int, init: bytes, is_welcome: Callable[[bytes], bool]) -> None:
        super().__init__(port)
        self._init, self._is_welcome = init, is_welcome

    def greet(self) -> None:
        if not self._is_welcome(self.exchange(self._init)):
            raise ConnectionError("no association for now")

    def read(self) -> bytes:
        stream = ApduStream(1 << 24)
        while True:
            stream.feed(self.receive())
            if (apdu := stream.next_apdu()) is not None:
                if isinstance(decode(apdu), Close):
                    raise ConnectionError("the association is closed")
                return bytes(apdu)


@dataclass
class Heard:
    """What all callers have heard together."""

    granted: Counter[str] = field(default_factory=Counter)
    traces: Counter[Trace] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    refused_for_now: int = 0
    violations: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)


class Caller(threading.Thread):
    """Goes through its script until it is told to stop, and ends with an act that is answered."""

    def __init__(self, line: Line, script: Iterator[Act], heard: Heard) -> None:
        super().__init__(daemon=True)
        self._line, self._script, self.heard = line, script, heard
        self._stopping = threading.Event()

    def end(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        try:
            for act in self._script:
                if not self._carry_out(act) or self._stopping.is_set():
                    return
        finally:
            self._line.close()

    def refused_for_now(self, act: Act, answer: bytes) -> None:
        """What is done before a request that was refused for now is sent again."""

    def _carry_out(self, act: Act) -> bool:
        heard, tries = self.heard, 0
        sent_until = time.monotonic() + DESPAIR
        while time.monotonic() < sent_until:
            try:
                answer = self._line.ask(act.request)
            except OSError:
                self._line.close()
                time.sleep(0.03)
            else:
                if not act.is_passing(answer):
                    return self._note(act, answer, tries)
                with heard.lock:
                    heard.refused_for_now += 1
                self.refused_for_now(act, answer)
                time.sleep(0.05)
            if tries == 0:
                with heard.lock:
                    heard.retries[act.name] += 1
            tries += 1
        with heard.lock:
            heard.violations.append(f"{act.name}: no answer within {DESPAIR:.0f} seconds")
        return False

    def _note(self, act: Act, answer: bytes, tries: int) -> bool:
        heard = self.heard
        is_granted = act.is_granted(answer) or bool(
            tries and act.is_granted_again is not None and act.is_granted_again(answer)
        )
        with heard.lock:
            if not is_granted:
                heard.violations.append(
                    f"{act.name} {act.request[:200]!r}, sent {tries + 1} times: {answer[:300]!r}"
                )
                return False
            heard.granted[act.name] += 1
            if act.trace is not None:
                heard.traces[act.trace] += 1
        return True
