"""One client of each protocol, and what they are told while the database cannot be worked with."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.extended_services import ExtendedServicesResponse
from protocols.z3950.messages.searching import SearchResponse
from tests.builders.catalogue import a_record
from tests.crash.callers import Act, NcipLine, Sip2Line, Z3950Line
from tests.crash.scripts import ncip, search, sip2
from tests.crash.stage import Stage
from tests.protocols.z3950.extended import INSERT, supplied, update
from tests.protocols.z3950.library import INIT

#: The answers to 99: on line, and off line with the word that what is done meanwhile is taken.
ON_LINE, OFF_LINE = b"98YYYY", b"98NNNNNY000"
SYSTEM_ERROR = 2  # Bib-1 and SRU: for now
CANNOT, CAN_AGAIN = "cannot be worked with: ", "can be worked with again, after"


class Clients:
    """Connections that were opened while all was well."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._numbers = count(1)
        self.sip2 = Sip2Line(stage.sip2)
        self.ncip = NcipLine(stage.ncip)
        init = encode(replace(INIT, id_authentication="cataloguer/password"))
        self.z3950 = Z3950Line(stage.z3950, init, lambda answer: bool(answer))
        self.lends_by_sip2 = next(sip2(0))
        self.lends_by_ncip = next(ncip(0))
        assert self.status().startswith(ON_LINE)
        assert b"LookupVersionResponse" in self.ncip.ask(_LOOK_UP_VERSION)
        self.finds_a_book()

    def close(self) -> None:
        for line in (self.sip2, self.ncip, self.z3950):
            line.close()

    def status(self) -> bytes:
        return self.sip2.ask(b"9900802.00\r")

    def search(self) -> SearchResponse:
        answer = decode(self.z3950.ask(search('@attr 1=4 "book"', 1).request))
        assert isinstance(answer, SearchResponse)
        return answer

    def insert(self) -> ExtendedServicesResponse:
        number = next(self._numbers)
        record = a_record(f"Faults {number}" + " and more" * 900, control_number=f"fault{number}")
        answer = decode(self.z3950.ask(encode(update(INSERT, supplied(record)))))
        assert isinstance(answer, ExtendedServicesResponse)
        return answer

    def sru(self) -> str:
        return self.http("/sru/catalogue?operation=searchRetrieve&version=1.2&query=book")[1]

    def http(self, path: str, port: int | None = None) -> tuple[int, str]:
        address = f"http://127.0.0.1:{port or self.stage.http}{path}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    # what they are told

    def finds_a_book(self) -> None:
        assert self.search().result_count > 0
        assert "numberOfRecords>0<" not in self.sru()

    def finds_nothing_for_now(self) -> None:
        """Searches are refused as a failure that passes, each in its protocol's words."""
        records: Any = self.search().records
        assert records.condition == SYSTEM_ERROR
        assert "info:srw/diagnostic/1/2<" in self.sru()

    def is_refused_for_now(self) -> None:
        """Changes are, and the terminal is told that it is off line."""
        assert self.refuses(self.lends_by_sip2, self.sip2).startswith(b"120")
        assert self.refuses(self.lends_by_ncip, self.ncip)
        diagnostics: Any = self.insert().diagnostics
        assert diagnostics[0].condition == SYSTEM_ERROR
        assert self.status().startswith(OFF_LINE)

    def refuses(self, act: Act, line: Sip2Line | NcipLine) -> bytes:
        answer = line.ask(act.request)
        assert act.is_passing(answer), answer
        return answer

    def is_served(self) -> None:
        """The same requests once more are done, on the same connections."""
        for act, line in ((self.lends_by_sip2, self.sip2), (self.lends_by_ncip, self.ncip)):
            answer = line.ask(act.request)
            assert act.is_granted(answer), answer
        assert self.insert().operation_status == 1
        self.finds_a_book()

    def told(self, text: str) -> int:
        """How many lines of the server's log hold this."""
        return self.stage.log.read_text().count(text)

    def log_tells_once(self) -> None:
        """One line for the outage and one for its end, however many requests met it."""
        log = self.stage.log.read_text()
        assert (log.count(CANNOT), log.count(CAN_AGAIN)) == (1, 1), log
        assert "Traceback" not in log, log


_LOOK_UP_VERSION = (
    b'<NCIPMessage xmlns="http://www.niso.org/2008/ncip"'
    b' version="http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd"><LookupVersion>'
    b"<ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId></LookupVersion></NCIPMessage>\n"
)


def until(is_so: Callable[[], bool], patience: float = 20.0) -> float:
    """Waits until it is so, and gives the seconds that this took."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < patience, "it did not come to be"
        time.sleep(0.1)
    return time.monotonic() - begun


@contextmanager
def clients_of(stage: Stage) -> Iterator[Clients]:
    """A server on the stage, and clients of it."""
    stage.start()
    try:
        clients = Clients(stage)
        try:
            yield clients
        finally:
            clients.close()
    finally:
        status = stage.stop()
    assert status == 0
