"""Frames mutated from the transcripts, through session, handlers and engine.

``python -m tests.fuzz.sip2 N [SEED]`` feeds N of them and says what came of it. Whatever the bytes,
there is an answer or silence, never an exception, no traceback on the wire, and memory that stays
bounded; in between, and at the end, a status request is answered.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from catalogue.database import migrate, open_database
from protocols.sip2.layouts import FIELDS, LAYOUTS
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account, with_checksum
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


class Fuzzer:
    """A terminal that is fed, and what came back."""

    def __init__(self, terminal: Terminal, seed: int) -> None:
        self.terminal = terminal
        self.random = random.Random(seed)
        self.seeds = seeds()
        self.answers: Counter[str] = Counter()
        self.fed = 0

    def feed_one(self) -> None:
        """One mutated frame, on a connection that is looked after."""
        terminal = self.terminal
        if self.fed % CONNECTION == 0 or terminal.session.closing:
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
        if self.terminal.session.closing:
            self._connect()
        self.terminal.feed(b"\r")
        assert self.terminal.ask(STATUS)[:2] == b"98"

    def _connect(self) -> None:
        self.terminal.connect()
        assert self.terminal.ask(LOGIN) == b"941\r"


def memory() -> int:
    """The most that this process has held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(number: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'tiro.sqlite'}"
        migrate(url)
        database = open_database(url)
        library = a_library(database)
        for card in ("P0000001", "P0000002", "P0000003"):
            a_patron(library, card)
        for item in range(1, 7):
            an_item(library, f"I000000{item}")
        settings = Sip2Settings(accounts=(an_account(kind="desk"),), login_tries=100)
        terminal = Terminal(library, settings)
        fuzzer = Fuzzer(terminal, seed)
        begun, early = time.perf_counter(), 0
        for count in range(number):
            fuzzer.feed_one()
            if count == number // 5:
                early = memory()
        fuzzer.check()
        seconds = time.perf_counter() - begun
        print(f"{number:,} frames in {seconds:,.0f} s, seed {seed}")
        print(f"answers: {dict(sorted(fuzzer.answers.items()))}")
        print(f"memory: {early:,} KiB after a fifth, {memory():,} KiB at the end")
        terminal.close()
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
