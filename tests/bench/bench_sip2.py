"""SIP2: what a message costs to read and write, and what a server does over TCP.

The server runs in a process of its own; its load comes from this one, over so many connections,
each with a patron and an item of its own and the next message sent when the last was answered.
"""

from __future__ import annotations

import selectors
import socket
import tempfile
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from catalogue.database import migrate, open_database
from circulation.pins import hash_pin
from protocols.sip2.codec import decode, encode, open_frame, seal
from protocols.sip2.messages import ItemInformationResponse, LoginResponse
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.text import Dialect
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.sip2.cases import CASES
from tests.protocols.sip2.serving import Serving, serving
from tests.protocols.sip2.terminals import LOGIN, an_account, with_checksum

ROUNDS = 20_000
SECONDS = 3.0
PLAIN = Dialect()
DATE = "20261125    120000"
SHOWN = ItemInformationResponse("03", "00", "01", DATE, "I1", "Peters jul")


def show(name: str, work: Callable[[], object]) -> None:
    seconds = min(timeit.repeat(work, number=ROUNDS, repeat=5)) / ROUNDS
    print(f"{name:44} {seconds * 1e6:6.2f} us")


def codec() -> None:
    cases = {data[:2]: (message, data) for message, data in CASES}
    checkout, answer = cases[b"11"][1], cases[b"12"][0]
    summed = with_checksum(checkout)
    body = encode(answer, PLAIN)
    show("decode a checkout", lambda: decode(checkout, PLAIN))
    show("encode its response", lambda: encode(answer, PLAIN))
    show("decode a patron information", lambda: decode(cases[b"63"][1], PLAIN))
    show("encode its response", lambda: encode(cases[b"64"][0], PLAIN))
    show("open a frame with a checksum", lambda: open_frame(summed))
    show("seal an answer with a checksum", lambda: seal(body, b"1", True, PLAIN))
    for name, frame in (("plain", checkout + b"\r"), ("with checksums", summed + b"\r")):
        session = Sip2Session(
            Sip2Settings(accounts=(an_account(),)), 0.0, lambda: datetime.now(UTC)
        )
        session.receive_data(LOGIN + b"\r", 0.0)
        assert session.next_request() is not None
        session.send(LoginResponse(True), 0.0)
        session._answered = None

        def turn(session: Sip2Session = session, frame: bytes = frame) -> bytes:
            session.receive_data(frame, 0.0)
            session.next_request()
            session.send(SHOWN, 0.0)
            session._answered = None
            return session.take_outgoing()

        show(f"session, codec and all, {name}", turn)


def cycle(number: int) -> list[bytes]:
    who, what = f"AODK-900100|AAP{number}|", f"ABI{number}|"
    return [
        f"{message}\r".encode()
        for message in (
            f"23001{DATE}{who}AC|AD1234|",
            f"63001{DATE}  Y       {who}AD1234|",
            f"17{DATE}AODK-900100|{what}",
            f"11NN{DATE}{DATE}{who}{what}AC|AD1234|",
            f"09N{DATE}{DATE}AP|AODK-900100|{what}AC|",
        )
    ]


def load(server: Serving, connections: int) -> None:
    selector = selectors.DefaultSelector()
    sockets = []
    for number in range(connections):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(LOGIN + b"\r")
        assert connection.recv(100) == b"941\r"
        connection.sendall(cycle(number)[0])
        assert connection.recv(1000).startswith(b"24 ")
        sockets.append(connection)
        selector.register(connection, selectors.EVENT_READ, (cycle(number), [0, 0.0]))
    times: list[float] = []
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    for connection in sockets:
        messages, state = selector.get_key(connection).data
        state[1] = time.perf_counter()
        connection.sendall(messages[0])
    end = begun + SECONDS
    open_connections = connections
    while open_connections:
        for key, _ in selector.select():
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            messages, state = key.data
            answer = connection.recv(4096)
            assert answer[:3] in (b"24 ", b"64 ", b"180", b"121", b"101"), answer
            now = time.perf_counter()
            times.append(now - state[1])
            state[0] = (state[0] + 1) % len(messages)
            if now > end and state[0] == 0:  # nothing is left on loan
                open_connections -= 1
                selector.unregister(connection)
                connection.close()
                continue
            state[1] = now
            connection.sendall(messages[state[0]])
    wall = time.perf_counter() - begun
    cpu = server.cpu_seconds() - cpu
    times.sort()
    print(
        f"{connections:3} connections {len(times) / wall:8,.0f} messages/s"
        f"  {cpu / len(times) * 1e6:5.0f} us CPU"
        f"  p50 {times[len(times) // 2] * 1e3:5.2f} ms"
        f"  p99 {times[len(times) * 99 // 100] * 1e3:5.2f} ms"
    )


def main() -> None:
    codec()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiro.sqlite"
        migrate(url)
        database = open_database(url)
        library = a_library(database)
        pin = hash_pin("1234")
        for number in range(64):
            a_patron(library, f"P{number}", pin_hash=pin)
            an_item(library, f"I{number}")
        database.close()
        with serving(url, Path(folder) / "log", level="warning") as server:
            for connections in (1, 16, 64):
                load(server, connections)
