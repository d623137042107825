"""What a terminal's port may be sent: whatever it is, other terminals go on, and it is told no more
than the standard's own answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest

from tests.protocols.proxy.serving import IN, OUT, Running, ask, proxy
from tests.protocols.proxy.systems import DATE
from tests.protocols.proxy.test_two_systems import Two, two, until
from tests.protocols.sip2.terminals import with_checksum

__all__ = ["two"]

_LONG = b"11YN" + DATE.encode() * 2 + b"AOOLD|AAP1|AB" + b"9" * 1_000_000
ATTACKS = {
    "half a line": b"11YN2026",
    "nothing but ends": b"\r\n\r\r\n" * 200,
    "a line of a megabyte": _LONG + b"\r",
    "a megabyte without an end": _LONG,
    "zeros": bytes(5000) + b"\r",
    "all bytes": bytes(range(256)) * 40 + b"\r",
    "a wrong checksum": with_checksum(OUT, 3)[:-4] + b"0000\r",
    "a number without a checksum": OUT + b"AY3\r",
    "a long number": OUT + b"AY99999999999999999999AZ0000\r",
    "an answer": b"121NNY" + DATE.encode() + b"AOOLD|AAP1|ABI1|AJ|AH|\r",
    "97 again and again": b"97AZFEF5\r" * 500,
    "96": b"96AZFEF6\r" * 50,
    "HTTP": b"GET /metrics HTTP/1.1\r\nHost: proxy\r\n\r\n",
    "TLS": bytes.fromhex("160301020001000001fc0303") + bytes(500) + b"\r",
    "many delimiters": b"23001" + DATE.encode() + b"|" * 7000 + b"\r",
    "a digest as a PIN": f"23001{DATE}AOOLD|AAP1|AC|AD{{0123456789abcdef}}|\r".encode(),
    "a sealed number of nobody's": f"23001{DATE}AOOLD|AA{{siv:AAAA}}|AC|AD1|\r".encode(),
    "letters where dates stand": b"11YN" + b"x" * 36 + b"AOOLD|AAP1|ABI1|AC|\r",
    "no fixed part": b"11\r29\r09\r65\r37\r15\r63\r17\r01\r25\r",
    "no amount": f"37{DATE}0101DKKBV1e9|AOOLD|AAP1|\r37{DATE}0101DKKBV-5|AOOLD|AAP1|\r".encode(),
    "a surrogate": f"17{DATE}AOOLD|AB".encode() + b"\xed\xa0\x80\xff|\r",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Two, Running]]:
    """The proxy with one terminal in shadow, and another that has moved."""
    found = Two(tmp_path_factory.mktemp("attacked"))
    with found.old, found.new:
        found.settings("shadow", "new with write-back")
        with proxy(found.folder) as running:
            yield found, running


def _send(running: Running, data: bytes) -> bytes:
    """Sends it, and reads what comes within a moment."""
    told = b""
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as line:
        line.settimeout(0.3)
        with suppress(OSError):
            line.sendall(data)
            while more := line.recv(65536):
                told += more
    return told


@pytest.mark.parametrize("attack", ATTACKS)
def test_others_go_on_whatever_one_sends(both: tuple[Two, Running], attack: str) -> None:
    two, running = both
    told = _send(running, ATTACKS[attack])
    assert len(told) < 200_000
    terminal = running.terminal()
    item = b"ABI-" + attack.replace(" ", "-").encode()
    assert ask(terminal, OUT.replace(b"ABI1", item)).startswith(b"121")
    assert ask(terminal, IN.replace(b"ABI1", item)).startswith(b"101")
    log = (two.folder / "log").read_text()
    assert "Traceback" not in log
    assert running.process.poll() is None


def test_what_is_cut_and_changed_anywhere_harms_nobody(both: tuple[Two, Running]) -> None:
    two, running = both
    random = Random(7)
    messages = [
        OUT,
        IN,
        f"63001{DATE}  Y       AOOLD|AAP1|AC|AD1234|BP1|BQ5|".encode(),
        f"37{DATE}0101DKKBV5.00|AOOLD|AAP1|AC|AD1234|".encode(),
        f"65{DATE}AOOLD|AAP1|AD1234|".encode(),
        f"15+{DATE}AOOLD|AAP1|ABI4|BSHB|".encode(),
        b"9300CNkiosk-1|COopen sesame|CPHB|",
    ]
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as line:
        for number in range(400):
            message = bytearray(random.choice(messages))
            for _ in range(random.randrange(4)):
                place = random.randrange(len(message))
                match random.randrange(3):
                    case 0:
                        message[place] = random.randrange(256)
                    case 1:
                        del message[place : place + random.randrange(20)]
                    case _:
                        message[place:place] = bytes(random.randrange(256) for _ in range(3))
                message = message or bytearray(b"99")
            line.sendall(bytes(message) + b"\r")
            if number % 50 == 49:
                line.setblocking(False)
                with suppress(OSError):
                    line.recv(1 << 20)
                line.setblocking(True)
    log = (two.folder / "log").read_text()
    assert "Traceback" not in log, log[-2000:]
    terminal = running.terminal()
    until(lambda: ask(terminal, OUT.replace(b"ABI1", b"ABI-last"))[:3] == b"121")


def test_no_secret_is_left_of_all_this(both: tuple[Two, Running]) -> None:
    two, _ = both
    for path in two.folder.rglob("*"):
        if path.is_file() and path.name != "proxy.toml":
            data = path.read_bytes()
            assert b"AD1234" not in data, path
            assert b"sesame" not in data, path
