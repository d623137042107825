"""A data well of our own: it takes holdingsItemsUpdate over HTTP, by the rules of the real one, and
has bad days: it may be down, slow, break off when it has kept what it was told, or refuse a record.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lxml import etree

from protocols.holdings.data_well import NAMESPACE, SOAP

N = f"{{{NAMESPACE}}}"
ANSWER = (
    f'<s:Envelope xmlns:s="{SOAP}"><s:Body><holdingsItemsUpdateResponse xmlns="{NAMESPACE}">'
    "<holdingsItemsUpdateResult><holdingsItemsUpdateStatus>{status}</holdingsItemsUpdateStatus>"
    "</holdingsItemsUpdateResult></holdingsItemsUpdateResponse></s:Body></s:Envelope>"
)
#: The order of the elements, as the schema has it.
ORDERS = {
    "holding": "expectedDeliveryDate readyForLoan issueId issueText holdingsItem",
    "holdingsItem": (
        "itemId branchId branch department location subLocation circulationRule loanRestriction"
        " status accessionDate"
    ),
    "bibliographicItem": "bibliographicRecordId note modificationTimeStamp holding",
    "completeBibliographicItem": "bibliographicRecordId note modificationTimeStamp holding",
    "holdingsItemsUpdateRequest": "authentication agencyId bibliographicItem trackingId",
    "completeHoldingsItemsUpdateRequest": (
        "authentication agencyId completeBibliographicItem trackingId"
    ),
}

Key = tuple[str, str]


@dataclass
class Well:
    """What it has: by agency and record, when that was changed, and the state of each item."""

    port: int = 0
    is_down: bool = False
    breaks_off: bool = False
    seconds: float = 0.0
    #: Records that it will not take, and what it says to them.
    refuses: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    stamps: dict[Key, str] = field(default_factory=dict)
    items: dict[Key, dict[str, str]] = field(default_factory=dict)
    documents: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, document: bytes) -> str:
        """The status that a message is answered with."""
        root = etree.fromstring(document)
        ((operation,),) = root
        (request,) = operation
        self._check(request)
        agency = request.findtext(f"{N}agencyId") or ""
        is_whole = etree.QName(operation).localname.startswith("complete")
        records = [each for each in request if "ibliographicItem" in str(each.tag)]
        assert 1 <= len(records) <= (1 if is_whole else 100)
        for record in records:
            said = self.refuses.get(record.findtext(f"{N}bibliographicRecordId") or "")
            if said:
                return said
        for record in records:
            self._keep(agency, record, is_whole)
        return "ok"

    def _check(self, request: etree._Element) -> None:
        assert 100_000 <= int(request.findtext(f"{N}agencyId") or "") <= 999_999
        for element in request.iter(f"{N}*"):
            order = ORDERS.get(etree.QName(element).localname)
            if order is not None:
                names = [etree.QName(each).localname for each in element]
                assert names == sorted(names, key=order.split().index)

    def _keep(self, agency: str, record: etree._Element, is_whole: bool) -> None:
        key = agency, record.findtext(f"{N}bibliographicRecordId") or ""
        moment = record.findtext(f".//{N}modificationDateTime") or ""
        millis = int(record.findtext(f".//{N}modificationMilliSeconds") or "")
        stamp = f"{moment}.{millis:03}"
        if stamp < self.stamps.get(key, ""):
            return
        self.stamps[key] = stamp
        told = {
            item.findtext(f"{N}itemId") or "": item.findtext(f"{N}status") or ""
            for item in record.iter(f"{N}holdingsItem")
        }
        self.items[key] = told if is_whole else self.items.get(key, {}) | told

    def held(self) -> dict[Key, dict[str, str]]:
        """What it has, without records of which there is nothing."""
        with self.lock:
            return {key: dict(its) for key, its in self.items.items() if its}


@dataclass
class Hook(Well):
    """The same as a web hook: JSON, and the later number wins."""

    def take_json(self, body: bytes) -> None:
        for each in json.loads(body)["holdings"]:
            key = each["agency"].rpartition("-")[2], each["record"]
            stamp = f"{each['number']:020}"
            if stamp >= self.stamps.get(key, ""):
                self.stamps[key] = stamp
                self.items[key] = {item["barcode"]: item["state"] for item in each["items"]}


def _handler(well: Well) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if well.seconds:
                time.sleep(well.seconds)
            status, answer = 200, b""
            with well.lock:
                well.requests += 1
                if well.is_down:
                    status = 503
                elif isinstance(well, Hook):
                    well.take_json(body)
                else:
                    well.documents.append(body)
                    answer = ANSWER.format(status=well.take(body)).encode()
            if well.breaks_off:  # it has kept what it was told, and says nothing
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def running(well: Well) -> Iterator[Well]:
    """The well, listening."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(well))
    well.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield well
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
