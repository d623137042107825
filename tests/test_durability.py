"""Kill -9 under load: what was acknowledged is there afterwards."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

from tests.servers import RunningServer, start_demo

DATE = b"20261125    120000"
LOGIN = b"9300CNkiosk|COkiosk|\r"
DESKS = 8


def _ask(connection: socket.socket, message: bytes) -> bytes:
    connection.sendall(message)
    answer = b""
    while not answer.endswith(b"\r"):
        block = connection.recv(65536)
        if not block:
            raise ConnectionError("the server is gone")
        answer += block
    return answer


def _lend_until_it_dies(
    server: RunningServer, patron: str, items: range, acknowledged: list[str]
) -> None:
    try:
        with socket.create_connection(("127.0.0.1", server.sip2), 10) as kiosk:
            assert _ask(kiosk, LOGIN) == b"941\r"
            for number in items:
                barcode = f"I{number:07}"
                message = b"11YN%b%bAODK-900100|AA%b|AB%b|AC|AD1234|\r" % (
                    DATE,
                    DATE,
                    patron.encode(),
                    barcode.encode(),
                )
                if _ask(kiosk, message).startswith(b"121"):
                    acknowledged.append(barcode)
    except OSError:
        return


def test_no_acknowledged_checkout_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    options = ("--patrons", str(DESKS * 8), "--items", "4000")
    everything: list[str] = []
    rounds = 3
    for number in range(rounds):
        server = start_demo(tmp_path / "library", *options)
        acknowledged: list[list[str]] = [[] for _ in range(DESKS)]
        desks = [
            threading.Thread(
                target=_lend_until_it_dies,
                args=(
                    server,
                    f"P{number * DESKS + desk + 1:07}",
                    range((number * DESKS + desk) * 100 + 1, (number * DESKS + desk) * 100 + 101),
                    acknowledged[desk],
                ),
            )
            for desk in range(DESKS)
        ]
        for desk in desks:
            desk.start()
        end = time.monotonic() + 10
        while sum(map(len, acknowledged)) < 60 and time.monotonic() < end:
            time.sleep(0.002)
        server.kill()
        for desk in desks:
            desk.join(10)
        lent = [barcode for each in acknowledged for barcode in each]
        assert len(lent) >= 60
        everything += lent

    server = start_demo(tmp_path / "library", *options)
    try:
        with socket.create_connection(("127.0.0.1", server.sip2), 10) as kiosk:
            assert _ask(kiosk, LOGIN) == b"941\r"
            lost = [
                barcode
                for barcode in everything
                if not _ask(
                    kiosk, b"17%bAODK-900100|AB%b|AC|\r" % (DATE, barcode.encode())
                ).startswith(b"1804")
            ]
            assert lost == []
    finally:
        assert server.stop() == 0
