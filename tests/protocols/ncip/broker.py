"""A broker that listens: what it hears is kept, and it answers as it is told to."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from protocols.ncip.codec import decode, encode
from protocols.ncip.messages import Refusal, Response


@dataclass
class Broker:
    """`heard` holds the requests; `answers` what is said to a service that needs more than an
    acknowledgement. With a `status` it is out of order, and answers with that."""

    port: int = 0
    heard: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    answers: dict[str, Response] = field(default_factory=dict)
    status: int = 200
    authorization: list[str | None] = field(default_factory=list)
    #: To whom a request must go to be answered only when `release` is set.
    slow: str = ""
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ncip"

    def hears(self, seconds: float = 15.0) -> Any:
        """The next request."""
        return self.heard.get(timeout=seconds)

    def said(self) -> list[str]:
        """The services of all requests that have come and were not taken."""
        found = []
        while not self.heard.empty():
            found.append(type(self.heard.get()).__name__)
        return found


def _receiver(request: Any) -> str:
    header = request.initiation_header
    return header.to_agency_id.agency_id.value if header and header.to_agency_id else ""


@contextmanager
def a_broker() -> Iterator[Broker]:
    """A broker on a port of its own, for the length of a ``with`` block."""
    broker = Broker()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            broker.authorization.append(self.headers["Authorization"])
            answer = b"out of order"
            if broker.status == 200:
                incoming = decode(body)
                if broker.slow and broker.slow == _receiver(incoming.request):
                    broker.release.wait(15)
                broker.heard.put(incoming.request)
                service = type(incoming.request).__name__
                answer = encode(broker.answers.get(service, Refusal(service, ())), incoming.dialect)
            self.send_response(broker.status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    broker.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield broker
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
