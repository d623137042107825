"""Its lines: each with a login, checksums where it knows them, and ends as it writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import cast

from tests.cut_over.old_system.character import Character
from tests.cut_over.old_system.speaking import Speaker, checksum_of
from tests.cut_over.old_system.store import Store

ENCODING = "utf-8"


class OldSystem:
    """The system of a folder, by a clock that is as far ahead as its character says."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], password: str) -> None:
        self.character = Character.read(folder)
        self.password = password
        self._speaker = Speaker(Store(folder), self.character)
        self._clock = clock
        self._ahead = timedelta(seconds=self.character.clock)
        self.random = Random(folder.name)
        #: Terminals whose first login it has refused.
        self.refused: set[str] = set()

    def respond(self, body: str, login: str) -> str:
        self._speaker.now = (self._clock() + self._ahead).replace(microsecond=0)
        return self._speaker.answer(body, login)

    async def listen(self, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self), "127.0.0.1", port)


class Connection(asyncio.Protocol):
    """One line."""

    def __init__(self, system: OldSystem) -> None:
        self._system = system
        self._login = ""
        self._buffer = b""
        self._last: tuple[bytes, bytes] = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        *whole, self._buffer = (self._buffer + data).split(b"\r")
        for raw in whole:
            if not self._transport.is_closing():
                self._deal(raw.strip(b"\n"))

    def _deal(self, raw: bytes) -> None:
        text, _, trailer = raw.rpartition(b"AY")
        sequence = b""
        if text and trailer[1:3] == b"AZ" and len(trailer) == 7:
            if checksum_of(raw[:-4]) != trailer[3:]:
                self.send(b"96")
                return
            sequence = trailer[:1]
        else:
            text = raw
        if not self._system.character.checksums:
            sequence = b""
        if sequence and raw == self._last[0]:
            self.send(self._last[1])
            return
        answer = self._answer(text.decode(ENCODING)).encode(ENCODING)
        if not answer:
            self._transport.close()
            return
        if sequence:
            answer += b"AY" + sequence + b"AZ"
            answer += checksum_of(answer)
        self._last = raw, answer
        self.send(answer)
        if self._system.random.randrange(1000) < self._system.character.closes:
            self._transport.close()

    def _answer(self, body: str) -> str:
        if body[:2] == "93":
            return self._let_in(body)
        if not self._login and self._system.character.login != "not needed":
            return ""
        return self._system.respond(body, self._login)

    def _let_in(self, body: str) -> str:
        parts = {part[:2]: part[2:] for part in body[4:].split("|")}
        login, way = parts.get("CN", ""), self._system.character.login
        if way in ("refused once", "closes once") and login not in self._system.refused:
            self._system.refused.add(login)
            return "940" if way == "refused once" else ""
        if parts.get("CO") != self._system.password:
            return "940"
        self._login = login
        return "941"

    def send(self, answer: bytes) -> None:
        self._transport.write(answer + (b"\r\n" if self._system.character.crlf else b"\r"))
