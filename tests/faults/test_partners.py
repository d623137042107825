"""Peers that hang: they say half of something, or never read what they are told. Others are served
as ever."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from protocols.z3950.codec import encode
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.searching import SearchRequest
from protocols.z3950.queries.pqf import query
from tests.crash.stage import Stage
from tests.faults.clients import clients_of
from tests.protocols.z3950.library import INIT

#: What an answer may take on a busy machine.
SECONDS = 5.0


def _hanging(stage: Stage) -> Iterator[tuple[int, bytes]]:
    """Ports, and what is said there before the peer falls silent."""
    yield stage.sip2, b""
    yield stage.sip2, b"9300CNkio"
    yield stage.ncip, b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupIt'
    yield stage.http, b"POST /ncip HTTP/1.1\r\nHost: here\r\nContent-Length: 5000\r\n\r\n<NCIP"
    yield stage.http, b"GET /sru/catalogue?oper"
    yield stage.z3950, encode(INIT)[:20]


def _never_reads(stage: Stage) -> socket.socket:
    """A client that asks for more and more, until nothing more can be sent to the server."""
    line = socket.create_connection(("127.0.0.1", stage.z3950), 10)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sendall(encode(INIT))
    search = SearchRequest(0, 1, 0, True, "default", ["catalogue"], query("@attr 1=4 book"))
    present = PresentRequest("default", 1, 10)
    request = encode(replace(search, reference_id=b"x" * 900)) + encode(present) * 20
    line.settimeout(0.5)
    begun = time.monotonic()
    with suppress(TimeoutError, OSError):
        while time.monotonic() - begun < 10:
            line.sendall(request)
    return line


def test_peers_that_hang(tmp_path: Path, sqlite_url: str) -> None:
    stage = Stage.prepared(tmp_path, sqlite_url)
    with clients_of(stage) as clients, ExitStack() as open_:
        for port, said in _hanging(stage):
            for _ in range(5):
                line = open_.enter_context(socket.create_connection(("127.0.0.1", port), 10))
                line.sendall(said)
        open_.enter_context(_never_reads(stage))
        for _ in range(3):
            begun = time.monotonic()
            clients.is_served()
            clients.status()
            assert time.monotonic() - begun < SECONDS
        assert clients.told("Traceback") == 0
