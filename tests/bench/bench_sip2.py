"""SIP2: what a message costs to read and write, and what a crowd of terminals costs a server.

How it does beside another server is measured in `bench_sip2_peers`.
"""

from __future__ import annotations

import resource
import tempfile
import timeit
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from protocols.sip2.codec import decode, encode, open_frame, seal
from protocols.sip2.messages import ItemInformationResponse, LoginResponse
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.wire.text import Dialect
from tests.bench.sip2_load import furnish, load, log_in, peak_memory
from tests.bench.table import Row, note
from tests.protocols.sip2.cases import CASES
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import LOGIN, an_account, with_checksum

ROUNDS = 20_000
SECONDS, ROUNDS_OF_LOAD = 3.0, 3
#: Connections of one process.
IDLE, BUSY = 2_000, 200
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


def crowd() -> None:
    """Terminals that say nothing, as most do most of the time, and those that do."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiro.sqlite"
        furnish(url, BUSY)
        with serving(url, Path(folder) / "log", level="warning") as server, ExitStack() as stack:
            before = peak_memory(server)
            for _ in range(IDLE):
                stack.enter_context(log_in(server.port))
            each = (peak_memory(server) - before) * 1024 / IDLE
            print(f"{IDLE:,} idle connections: {each:.1f} KiB each")
            runs = []
            for _ in range(ROUNDS_OF_LOAD):
                runs.append(load(server, BUSY, SECONDS))
                print(runs[-1], flush=True)
            print(f"{peak_memory(server):.0f} MiB at the most")
            middle = sorted(runs, key=lambda run: run.percentile(99))[len(runs) // 2]
            figures = middle.figures(peak_memory(server))
            note(Row(f"SIP2, {IDLE:,} idle terminals beside, SQLite", BUSY, figures))


def main() -> None:
    codec()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd()
