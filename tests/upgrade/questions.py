"""Questions to a running server over SIP2, NCIP and SRU, drawn from what its library holds."""

from __future__ import annotations

import re
import socket
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from tests.servers import RunningServer

_NOW = "20261128    120000"
_NCIP = "http://www.niso.org/2008/ncip"


@dataclass(frozen=True)
class Question:
    """`kind` is the port that it goes to: ``sip2``, ``ncip`` or ``sru``."""

    kind: str
    text: str


def draw(
    random: Random, number: int, cards: Sequence[str], barcodes: Sequence[str], words: Sequence[str]
) -> list[Question]:
    """So many questions, of all kinds by turns."""
    makers = (
        lambda: Question("sip2", _patron_information(random.choice(cards), random.randrange(7))),
        lambda: Question("sip2", f"17{_NOW}AODK-900100|AB{random.choice(barcodes)}|"),
        lambda: Question("sip2", f"23001{_NOW}AODK-900100|AA{random.choice(cards)}|AC|AD|"),
        lambda: Question("ncip", _lookup_user(random.choice(cards))),
        lambda: Question("ncip", _lookup_item(random.choice(barcodes))),
        lambda: Question("sru", random.choice(words)),
    )
    return [makers[each % len(makers)]() for each in range(number)]


def _patron_information(card: str, detail: int) -> str:
    summary = "".join("Y" if place == detail else " " for place in range(10))
    return f"63001{_NOW}{summary}AODK-900100|AA{card}|AC|AD|BP1|BQ500|"


def _lookup_user(card: str) -> str:
    return (
        f'<NCIPMessage xmlns="{_NCIP}"><LookupUser><UserId><UserIdentifierValue>{card}'
        "</UserIdentifierValue></UserId><LoanedItemsDesired/><RequestedItemsDesired/>"
        "<UserFiscalAccountDesired/></LookupUser></NCIPMessage>"
    )


def _lookup_item(barcode: str) -> str:
    wanted = "".join(
        f"<ItemElementType>{each}</ItemElementType>"
        for each in ("Bibliographic Description", "Circulation Status", "Location")
    )
    return (
        f'<NCIPMessage xmlns="{_NCIP}"><LookupItem><ItemId><ItemIdentifierValue>{barcode}'
        f"</ItemIdentifierValue></ItemId>{wanted}</LookupItem></NCIPMessage>"
    )


def ask(server: RunningServer, questions: Sequence[Question]) -> list[str]:
    """The answers, without what says only when they were given."""
    with socket.create_connection(("127.0.0.1", server.sip2), 30) as line:
        terminal = _Terminal(line)
        terminal.ask("9300CNkiosk|COkiosk|")
        return [_ask(server, terminal, question) for question in questions]


class _Terminal:
    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lines = self._read()

    def ask(self, message: str) -> str:
        self._line.sendall(message.encode() + b"\r")
        return next(self._lines)

    def _read(self) -> Iterator[str]:
        pending = b""
        while block := self._line.recv(65536):
            *whole, pending = (pending + block).split(b"\r")
            yield from (each.strip(b"\n").decode() for each in whole)


def _ask(server: RunningServer, terminal: _Terminal, question: Question) -> str:
    if question.kind == "sip2":
        return re.sub(r"\d{8} {4}\d{6}", "(now)", terminal.ask(question.text), count=1)
    address = f"http://127.0.0.1:{server.http}/"
    if question.kind == "ncip":
        request = urllib.request.Request(
            f"{address}ncip", question.text.encode(), {"Content-Type": "application/xml"}
        )
    else:
        request = urllib.request.Request(
            f"{address}sru?version=1.2&operation=searchRetrieve&maximumRecords=3"
            f"&recordSchema=dc&query=title%3D{quote(question.text)}"
        )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
    return text
