"""A repository of our own, over HTTP: by the rules of the standard, in one of the ways that stock
providers have, and with bad days."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from catalogue.formats.marcxchange import MARCXCHANGE
from catalogue.marc.checking import accept
from catalogue.records import Record

OAI = "http://www.openarchives.org/OAI/2.0/"


class Fault(NamedTuple):
    """What comes in place of an answer: a status, headers, and a body; None: it hangs up."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Kept(NamedTuple):
    """What there is under an identifier; no metadata where it is withdrawn."""

    changed: datetime
    metadata: bytes | None


def marcxchange(*data: bytes, record_format: str = "marc21") -> bytes:
    """Records as metadata: several are a collection."""
    made = b"".join(
        MARCXCHANGE.render(Record(0, record_format, accept(each, record_format), "", "", None, ""))
        for each in data
    )
    return made if len(data) == 1 else b"<collection>" + made + b"</collection>"


@dataclass
class Repository:
    """`prefix` is that of the XML names, `granularity` seconds or days. `faults` are what the next
    requests get; `asked` are the arguments of all of them."""

    now: Callable[[], datetime]
    prefix: str = ""
    has_days: bool = False
    page: int = 3
    port: int = 0
    kept: dict[str, Kept] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    bad_tokens: int = 0
    date_is: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    authorized: list[str] = field(default_factory=list)
    _lists: dict[str, list[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/oai"

    def put(self, identifier: str, metadata: bytes) -> None:
        self.kept[identifier] = Kept(self.now(), metadata)

    def withdraw(self, identifier: str) -> None:
        self.kept[identifier] = Kept(self.now(), None)

    def answer(self, arguments: dict[str, str]) -> bytes:
        with self._lock:
            self.asked.append(arguments)
            verb = arguments["verb"]
            body = self._identify() if verb == "Identify" else self._list(arguments)
        prefix = f"{self.prefix}:" if self.prefix else ""
        declared = f'xmlns:{self.prefix}="{OAI}"' if self.prefix else f'xmlns="{OAI}"'
        date = self.date_is or self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        text = body.replace("@", prefix)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><{prefix}OAI-PMH {declared}>'
            f"<{prefix}responseDate>{date}</{prefix}responseDate>"
            f"<{prefix}request>x</{prefix}request>{text}</{prefix}OAI-PMH>"
        ).encode()

    def _identify(self) -> str:
        unit = "YYYY-MM-DD" if self.has_days else "YYYY-MM-DDThh:mm:ssZ"
        return f"<@Identify><@granularity>{unit}</@granularity></@Identify>"

    def _list(self, arguments: dict[str, str]) -> str:
        token = arguments.get("resumptionToken", "")
        if token:
            if self.bad_tokens or token not in self._lists:
                self.bad_tokens = max(self.bad_tokens - 1, 0)
                return '<@error code="badResumptionToken">gone</@error>'
            names = self._lists[token]
        else:
            since = arguments.get("from", "")
            names = sorted(
                name for name, each in self.kept.items() if self._date(each.changed) >= since
            )
        if not names:
            return '<@error code="noRecordsMatch"/>'
        given, rest = names[: self.page], names[self.page :]
        goes_on = f"rest of {len(rest)} behind {given[-1]} & more"
        self._lists[goes_on] = rest
        told = etree.Element("t")
        told.text = goes_on
        escaped = etree.tostring(told).decode()[3:-4]
        last = f"<@resumptionToken>{escaped}</@resumptionToken>" if rest else ""
        if token and not rest:
            last = "<@resumptionToken/>"
        return f"<@ListRecords>{''.join(map(self._record, given))}{last}</@ListRecords>"

    def _date(self, moment: datetime) -> str:
        return moment.strftime("%Y-%m-%d" if self.has_days else "%Y-%m-%dT%H:%M:%SZ")

    def _record(self, name: str) -> str:
        its = self.kept[name]
        status = ' status="deleted"' if its.metadata is None else ""
        metadata = its.metadata.decode().replace("@", "&#64;") if its.metadata else ""
        body = f"<@metadata>{metadata}</@metadata>" if metadata else ""
        return (
            f"<@record><@header{status}><@identifier>{name}</@identifier>"
            f"<@datestamp>{self._date(its.changed)}</@datestamp></@header>{body}</@record>"
        )


def _handler(repository: Repository) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            repository.authorized.append(self.headers.get("Authorization", ""))
            fault = repository.faults.pop(0) if repository.faults else None
            if fault is not None:
                if fault.status is not None:
                    self._send(fault.status, fault.body, *fault.headers)
                return
            arguments = {
                name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()
            }
            self._send(200, repository.answer(arguments))

        def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: tests say what they saw."""

    return Handler


@contextmanager
def running(repository: Repository) -> Iterator[Repository]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(repository))
    server.daemon_threads = True
    repository.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield repository
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def later(moment: datetime, **duration: float) -> datetime:
    return moment + timedelta(**duration)
