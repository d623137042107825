"""Speaks to the server under check, and keeps what it says."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from protocols.sip2.asking.line import Line, open_line
from protocols.sip2.checking.answers import examine
from protocols.sip2.checking.findings import FRAMES, Finding, error
from protocols.sip2.codec import has_control_bytes, open_frame, seal
from protocols.sip2.messages import LAYOUTS, answer_code
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wire.text import Charset, Dialect

#: Nobody has these, so nothing done with them can change anything.
NO_PATRON: Final = "TIRO-CHECK-NOBODY"
NO_ITEM: Final = "TIRO-CHECK-NOTHING"
_LEADING: Final = bytes(range(33))


@dataclass(frozen=True, slots=True)
class Target:
    """The server, and what it may be tried with; without `item` nothing is changed there. `silence`
    is the number of seconds after which a message without an answer counts as ignored.
    """

    host: str
    port: int
    login: str | None = None
    password: str = ""
    location: str = ""
    institution: str = ""
    patron: str | None = None
    pin: str | None = None
    item: str | None = None
    charset: Charset = "utf-8"
    delimiter: str = "|"
    timeout: float = 10.0
    silence: float = 0.5
    is_telnet: bool = False
    tls: ssl.SSLContext | None = None


class LoginRefused(Exception):
    """The given login is not accepted, so nothing else can be tried."""


class Visit:
    """One check of a server. `now` is the time when it begins, in the zone of the server.

    `seconds` are the times to each answer, `off` what is wrong with the answers themselves, and
    `doing` is what was done last.
    """

    def __init__(self, target: Target, now: datetime) -> None:
        self.target = target
        self.dialect = Dialect(target.charset, target.delimiter)
        self.date = local_date(now, now.tzinfo) if now.tzinfo else ""
        self.seconds: list[float] = []
        self.off: dict[Finding, None] = {}
        self.timeout_period: float | None = None
        self.doing = "connecting"

    def line(self) -> Line:
        """A new line, before any login."""
        self.doing = "connecting"
        target = self.target
        return open_line(target.host, target.port, timeout=target.timeout, tls=target.tls)

    @contextmanager
    def logged_in(self) -> Iterator[Line]:
        """A new line on which the login, if there is one, has been accepted."""
        with self.line() as line:
            self.log_in(line)
            yield line

    def log_in(self, line: Line) -> None:
        target = self.target
        if target.login is None:
            return
        self.doing = "the login"
        if target.is_telnet:
            accepted = line.telnet_login(target.login, target.password, target.charset)
        else:
            accepted = self.ask(line, self.login_message(target.login, target.password)) == b"941"
        if not accepted:
            raise LoginRefused(f"the login {target.login} is refused")

    def login_message(self, login: str, password: str) -> str:
        location = self.fields(CP=self.target.location) if self.target.location else ""
        return "9300" + self.fields(CN=login, CO=password) + location

    def fields(self, **values: str) -> str:
        """Fields with their ids, as they stand in a message."""
        end = self.target.delimiter
        return "".join(f"{code}{value}{end}" for code, value in values.items())

    def where(self, **values: str) -> str:
        """Fields after the institution id."""
        return self.fields(AO=self.target.institution, **values)

    def encoded(self, message: str) -> bytes:
        return message.encode(self.target.charset, "replace")

    def framed(self, message: str, sequence: int | None = None) -> bytes:
        """A whole frame, with error detection if it has a sequence number."""
        number = None if sequence is None else b"%d" % sequence
        return seal(self.encoded(message), number, number is not None, self.dialect)

    def ask(self, line: Line, message: str, sequence: int | None = None) -> bytes | None:
        """The answer to a message, without sequence number and checksum; None if none came."""
        answer = self.exchange(line, self.framed(message, sequence), message[:2])
        return None if answer is None else open_frame(answer).body

    def exchange(self, line: Line, frame: bytes, doing: str | None = None) -> bytes | None:
        """Sends bytes as they are and returns the next frame as it came."""
        if doing is not None:
            self.doing = f"message {doing}" if len(doing) == 2 else doing
        began = time.perf_counter()
        line.send(frame)
        return self.answer(line, began)

    def answer(self, line: Line, began: float | None = None) -> bytes | None:
        """The next frame as it came, without leading control characters; it is examined."""
        raw = line.frame()
        if raw is None:
            return None
        if began is not None:
            self.seconds.append(time.perf_counter() - began)
        answer = raw.lstrip(_LEADING)
        if has_control_bytes(answer):
            self.off[error("an answer holds control characters", FRAMES)] = None
        for finding in examine(open_frame(answer).body, self.dialect):
            self.off[finding] = None
        return answer

    def field(self, body: bytes | None, code: str) -> str | None:
        """The first field with this id in an answer."""
        return next(iter(self.all_fields(body, code)), None)

    def all_fields(self, body: bytes | None, code: str) -> list[str]:
        if body is None:
            return []
        text = body.decode(self.target.charset, "replace")
        layout = LAYOUTS.get(text[:2])
        start = layout.fixed_length if layout else 2
        pieces = text[start:].split(self.target.delimiter)
        return [piece[2:] for piece in pieces if piece[:2] == code]


def is_answer(body: bytes | None, code: str) -> bool:
    """Does this answer belong to the request?"""
    return body is not None and body[:2] == answer_code(code).encode()
