"""Frames mutated from the transcripts, through session, handlers and engine.

``python -m tests.fuzz.sip2 N [SEED]`` sends N of them to a server in a process of its own and says
what came of it. Whatever the bytes, there is an answer or silence, never an exception, no traceback
on the wire, and memory that stays bounded; in between, and at the end, a status request is
answered. Memory is told apart: what is the process's own, and what is mapped of files, which is
the database and grows with it. What SQLite keeps of the file in its caches is of the first kind.
"""

from __future__ import annotations

import random
import select
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from catalogue.database import migrate, open_database
from protocols.sip2.codec import open_frame
from protocols.sip2.fields import FIELDS
from protocols.sip2.messages import LAYOUTS
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.sip2.serving import Serving, serving
from tests.protocols.sip2.terminals import LOGIN, with_checksum
from tests.protocols.sip2.transcripts import FOLDER

STATUS = b"9900802.00"
#: A look at the line after so many frames, and a new connection after so many.
CHECK_EVERY, CONNECTION = 250, 2_000
#: Logins and PINs cost an argon2 hash each: only one in so many is mutated as well.
SELDOM = 200
_ODD = (b"\x00", b"\r", b"\n", b"|", b"||", b"\xff", b"\xc3", b"AY1AZ", b"AZ0000", b" " * 300)


def seeds() -> list[bytes]:
    """What terminals say in the transcripts."""
    lines = [
        line[2:].encode()
        for path in sorted(FOLDER.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("> ")
    ]
    return list(dict.fromkeys(line.replace(b"AD1234|", b"") for line in lines))


def mutated(frame: bytes, random: random.Random, others: list[bytes]) -> bytes:
    """The frame, changed in one to four ways."""
    for _ in range(random.randint(1, 4)):
        frame = _mutation(frame, random, others)
    return frame


def _mutation(frame: bytes, random: random.Random, others: list[bytes]) -> bytes:
    place = random.randint(0, len(frame))
    match random.randrange(12):
        case 0:  # another byte
            return frame[:place] + bytes([random.randrange(256)]) + frame[place + 1 :]
        case 1:  # one too many
            return frame[:place] + random.choice(_ODD) + frame[place:]
        case 2:  # a piece lost
            return frame[:place] + frame[place + random.randint(1, 20) :]
        case 3:  # cut short
            return frame[:place]
        case 4:  # another message's code
            return random.choice(sorted(LAYOUTS)).encode() + frame[2:]
        case 5:  # a field twice
            parts = frame.split(b"|")
            return b"|".join([*parts, random.choice(parts), b""])
        case 6:  # a field of any message, with anything in it
            value = bytes(random.randrange(256) for _ in range(random.choice((0, 1, 8, 400))))
            return frame + random.choice(sorted(FIELDS)).encode() + value + b"|"
        case 7:  # fields in another order
            parts = frame.split(b"|")
            random.shuffle(parts)
            return b"|".join(parts)
        case 8:  # error detection, right or wrong
            summed = with_checksum(frame, random.randrange(12))
            return summed if random.random() < 0.8 else summed[:-1] + b"0"
        case 9:  # the end of another one
            other = random.choice(others)
            return frame[:place] + other[random.randint(0, len(other)) :]
        case 10:  # the same piece over and over
            return frame[:place] + frame[place : place + 8] * random.randint(2, 60) + frame[place:]
        case _:  # other digits
            return bytes(random.choice(b"0123456789") if 48 <= c < 58 else c for c in frame)


def segments(frame: bytes, random: random.Random) -> Iterator[bytes]:
    """The frame with some end, whole or in pieces."""
    data = frame + random.choice((b"\r", b"\r", b"\r", b"\n", b"\r\n"))
    if random.random() < 0.7:
        yield data
        return
    place = random.randint(0, len(data))
    yield data[:place]
    yield data[place:]


class Fed(Protocol):
    """A connection: `tests.protocols.sip2.terminals.Terminal`, or a `Wire`."""

    @property
    def closing(self) -> bool: ...

    def connect(self) -> None: ...

    def feed(self, data: bytes, /) -> bytes:
        """Hands over a segment; gives whole frames, and on a wire those that have come by now."""

    def ask(self, message: bytes, /) -> bytes:
        """The answer to a message."""


class Wire:
    """A terminal of a server in another process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._came = b""
        self._asked = 0
        self.closing = True

    def connect(self) -> None:
        self.close()
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._came, self.closing = b"", False

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def feed(self, data: bytes) -> bytes:
        assert self._socket is not None
        try:
            self._socket.sendall(data)
            while select.select([self._socket], [], [], 0)[0] and not self.closing:
                self._receive()
        except (ConnectionResetError, BrokenPipeError):
            self.closing = True
        frames, end, self._came = self._came.rpartition(b"\r")
        return frames + end

    def _receive(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(65536)
        self._came += data
        self.closing = not data

    def ask(self, message: bytes) -> bytes:
        """The answer is known by its sequence number; what came before it is given by `feed`."""
        self._asked = (self._asked + 1) % 10
        summed = message if message == LOGIN else with_checksum(message, self._asked)
        before = self.feed(summed + b"\r")
        while not self.closing:
            *frames, rest = (before + self._came).split(b"\r")
            for place, frame in enumerate(frames):
                if frame[:3] in (b"940", b"941") if message == LOGIN else self._is_mine(frame):
                    others = frames[:place] + frames[place + 1 :]
                    self._came = b"".join(each + b"\r" for each in others) + rest
                    return frame + b"\r"
            self._receive()
        return b""

    def _is_mine(self, frame: bytes) -> bool:
        opened = open_frame(frame)
        return frame[:2] == b"98" and opened.sequence == b"%d" % self._asked and opened.is_sound


class Fuzzer:
    """A terminal that is fed, and what came back."""

    def __init__(self, terminal: Fed, seed: int) -> None:
        self.terminal = terminal
        self.random = random.Random(seed)
        self.seeds = seeds()
        self.answers: Counter[str] = Counter()
        self.fed = 0

    def feed_one(self) -> None:
        """One mutated frame, on a connection that is looked after."""
        terminal = self.terminal
        if self.fed % CONNECTION == 0 or terminal.closing:
            self._connect()
        frame = mutated(self.random.choice(self.seeds), self.random, self.seeds)
        if self.random.randrange(SELDOM):
            frame = frame.replace(b"93", b"99").replace(b"AD", b"AC")
        answer = b"".join(terminal.feed(piece) for piece in segments(frame, self.random))
        self.fed += 1
        assert b"Traceback" not in answer
        for each in answer.split(b"\r")[:-1]:
            assert not set(each) & set(range(32)), each
            self.answers[each[:2].decode()] += 1
        if self.fed % CHECK_EVERY == 0:
            self.check()

    def check(self) -> None:
        """The line lives: a status request is answered, on a new connection if it was closed."""
        self.terminal.feed(b"\r")
        answer = b"" if self.terminal.closing else self.terminal.ask(STATUS)
        if not answer:  # closed, as after too many logins
            self._connect()
            answer = self.terminal.ask(STATUS)
        assert answer[:2] == b"98"

    def _connect(self) -> None:
        self.terminal.connect()
        assert self.terminal.ask(LOGIN) == b"941\r"


def memory(server: Serving, kind: str) -> int:
    """KiB of the server's memory: `kind` is RssAnon, RssFile or VmHWM (proc(5))."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(kind))


def main(number: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder) / "tiro.sqlite", Path(folder) / "log"
        url = f"sqlite:///{path}"
        migrate(url)
        database = open_database(url)
        library = a_library(database)
        for card in ("P0000001", "P0000002", "P0000003"):
            a_patron(library, card)
        for item in range(1, 7):
            an_item(library, f"I000000{item}")
        database.close()
        limits = {"login_tries": 100, "login_failures": 1000}
        with serving(url, log, "warning", account={"kind": "desk"}, **limits) as server:
            wire = Wire(server.port)
            fuzzer = Fuzzer(wire, seed)
            begun = time.perf_counter()
            for count in range(1, number + 1):
                fuzzer.feed_one()
                if count % (number // 10) == 0:
                    fuzzer.check()
                    print(
                        f"{count:9,} frames {time.perf_counter() - begun:6,.0f} s"
                        f"  memory {memory(server, 'RssAnon'):8,} KiB of its own,"
                        f" {memory(server, 'RssFile'):8,} of files"
                        f"  database {path.stat().st_size // 1024:8,} KiB",
                        flush=True,
                    )
            print(f"seed {seed}; {server.cpu_seconds() / number * 1e6:.0f} us of CPU a frame")
            print(f"answers: {dict(sorted(fuzzer.answers.items()))}")
            wire.close()
        print(f"lines in the log that are errors: {log.read_text().count('ERROR')}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
