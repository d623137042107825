"""Terminals: each with a login and a clock of its own; what is not answered is sent again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.builders.circulation import ZONE
from tests.cut_over.world import PASSWORD
from tests.protocols.sip2.terminals import with_checksum

#: Seconds for an answer, and until a machine gives up to ask again.
PATIENCE, AGAIN = 6.0, 45.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a terminal sent and was told; `answer` None: nothing, whatever came of it. `at` is the
    time of the rehearsal."""

    terminal: str
    at: str
    sent: str
    answer: str | None
    tries: int
    #: The system that was asked without the proxy.
    system: str = ""

    @property
    def is_granted(self) -> bool:
        return self.answer is not None and self.answer[2:3] in ("1", "Y")

    def field(self, code: str) -> str:
        """A field of the answer."""
        return field_of(self.answer or "", code)


#: Characters before the first field (SIP2 chapter 4), of the messages that the rehearsal knows.
_LENGTHS = (
    "01:21 09:39 11:40 15:21 17:20 23:23 25:20 29:40 35:20 37:27 63:33"
    " 65:20 66:29 10:24 12:24 16:22 18:26 24:37 26:37 30:24 36:21 38:21 64:61"
)
_FIXED = {each[:2]: int(each[3:]) for each in _LENGTHS.split()}


def fields_of(message: str) -> list[tuple[str, str]]:
    """The fields of a message, in order."""
    parts = message[_FIXED.get(message[:2], 2) :].split("|")
    return [(part[:2], part[2:]) for part in parts if part]


def all_of(message: str, code: str) -> list[str]:
    """All fields with this id."""
    return [value for name, value in fields_of(message) if name == code]


def field_of(message: str, code: str) -> str:
    """The first field with this id, empty where there is none."""
    return next((value for name, value in fields_of(message) if name == code), "")


def without_trailer(answer: str) -> str:
    """The answer without number and checksum, where it has them."""
    answer = answer.lstrip("\n")
    return answer[:-9] if answer[-9:-7] == "AY" and answer[-6:-4] == "AZ" else answer


class Diary:
    """All that terminals sent and heard, in a file."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._file = path.open("a", encoding="utf-8")

    def note(self, heard: Heard) -> None:
        self.count += 1
        self._file.write(json.dumps(asdict(heard), ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


def read_diary(path: Path) -> Iterator[Heard]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield Heard(**json.loads(line))


class _NoLogin(Exception):
    """Not for now."""


@dataclass
class Terminal:
    """One machine. `fast` is its clock's error."""

    login: str
    branch: str
    port: int
    clock: Callable[[], datetime]
    diary: Diary
    is_desk: bool
    fast: timedelta = timedelta()
    #: Does one of the systems hear nothing of it?
    is_mixed: bool = False
    #: The one system that it speaks to; empty: the proxy.
    system: str = ""
    is_free: bool = True
    #: Does its line break once a message is out?
    breaks: Callable[[], bool] = lambda: False
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _sequence: int = 0

    def date(self) -> str:
        now = (self.clock() + self.fast).astimezone(ZONE)
        return f"{now:%Y%m%d    %H%M%S}"

    async def ask(self, message: str) -> Heard:
        """Sends it, again and again where no answer comes."""
        self._sequence = (self._sequence + 1) % 10
        data = with_checksum(message.encode(), self._sequence) + b"\r"
        at, tries, answer = self.clock().isoformat(), 0, None
        end = time.monotonic() + AGAIN
        while answer is None and time.monotonic() < end:
            tries += 1
            answer = await self._tried(data)
        said = None if answer is None else without_trailer(answer.decode())
        heard = Heard(self.login, at, message, said, tries, self.system)
        self.diary.note(heard)
        return heard

    def cut(self) -> None:
        """Somebody pulls the plug of its line."""
        if self._line is not None:
            self._line[1].transport.abort()
            self._line = None

    async def _tried(self, data: bytes) -> bytes | None:
        answer = b""
        try:
            async with asyncio.timeout(PATIENCE):
                if self._line is None:
                    await self._open()
                answer = await self._exchanged(data)
        except (TimeoutError, OSError, EOFError, _NoLogin):
            pass
        if not answer or answer.lstrip(b"\n")[:2] == b"96":
            self.cut()
            await asyncio.sleep(0.1)
            return None
        return answer

    async def _open(self) -> None:
        self._line = await asyncio.open_connection("127.0.0.1", self.port)
        login = await self._exchanged(f"9300CN{self.login}|CO{PASSWORD}|\r".encode())
        if login.lstrip(b"\n") != b"941":
            raise _NoLogin

    async def _exchanged(self, data: bytes) -> bytes:
        assert self._line is not None
        reader, writer = self._line
        writer.write(data)
        if data[:2] != b"93" and self.breaks():
            await writer.drain()
            raise EOFError
        return (await reader.readuntil(b"\r"))[:-1]
