"""Terminals: each with a login and a clock of its own; what is not answered is sent again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from protocols.sip2.asking.line import Line, LineError, open_line
from tests.builders.circulation import ZONE
from tests.cut_over.world import PASSWORD
from tests.protocols.sip2.terminals import with_checksum

#: Seconds for an answer, and how often it is asked again: as long as machines do.
PATIENCE, TRIES = 6.0, 12


@dataclass(frozen=True, slots=True)
class Heard:
    """What a terminal sent and was told; None: nothing, whatever came of it."""

    terminal: str
    at: datetime
    sent: str
    answer: str | None
    tries: int
    seconds: float

    @property
    def is_granted(self) -> bool:
        return self.answer is not None and self.answer[2:3] in ("1", "Y")

    def field(self, code: str) -> str:
        """A field of the answer."""
        return field_of(self.answer or "", code)

    def asked(self, code: str) -> str:
        return field_of(self.sent, code)


def field_of(message: str, code: str) -> str:
    start = message.find(f"|{code}")
    if start < 0:
        # The first field comes right after the fixed ones; AO does in all answers about items.
        return ""
    return message[start + 1 + len(code) :].partition("|")[0]


@dataclass
class Terminal:
    """One machine. `port` gives the proxy's port of the moment; `fast` is its clock's error.

    `meanwhile` is called before it tries again: what else happens while it waits.
    """

    login: str
    port: Callable[[], int]
    clock: Callable[[], datetime]
    fast: timedelta = timedelta()
    meanwhile: Callable[[], object] = lambda: None
    heard: list[Heard] = field(default_factory=list)
    _line: Line | None = None
    _sequence: int = 0

    def date(self) -> str:
        now = (self.clock() + self.fast).astimezone(ZONE)
        return f"{now:%Y%m%d    %H%M%S}"

    def ask(self, message: str) -> Heard:
        """Sends it, again and again where no answer comes."""
        self._sequence = (self._sequence + 1) % 10
        data = with_checksum(message.encode(), self._sequence) + b"\r"
        began, tries, answer = time.monotonic(), 0, None
        while answer is None and tries < TRIES:
            if tries:
                self.meanwhile()
            tries += 1
            answer = self._tried(data)
        said = None if answer is None else answer.decode().partition("AY")[0]
        took = time.monotonic() - began
        heard = Heard(self.login, self.clock(), message, said, tries, took)
        self.heard.append(heard)
        return heard

    def cut(self) -> None:
        """Somebody pulls the plug of its line."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _tried(self, data: bytes) -> bytes | None:
        try:
            if self._line is None:
                self._line = open_line("127.0.0.1", self.port(), timeout=PATIENCE)
                self._line.send(f"9300CN{self.login}|CO{PASSWORD}|\r".encode())
                if self._line.frame() != b"941":
                    raise LineError("no login for now")
            self._line.send(data)
            answer = self._line.frame()
        except LineError:
            answer = None
        if answer is None or answer[:2] == b"96":
            self.cut()
            time.sleep(0.1)
            return None
        return answer
