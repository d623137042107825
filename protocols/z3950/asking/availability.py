"""Whether a Z39.50 target has a title in: by the circulations of its OPAC records, where it gives
them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from circulation.interlending.ranking import Availability
from protocols.hosting.availability import Catalogue, Title, of_copies
from protocols.z3950.asking.client import Client, Diagnostic, TargetRefused
from protocols.z3950.codec import read_value
from protocols.z3950.messages.searching import Query
from protocols.z3950.messages.structures import HoldingsAndCircData, OpacRecord
from protocols.z3950.queries.pqf import query
from protocols.z3950.records.forms import OPAC
from protocols.z3950.wire.asn1 import External, SingleAsn1Type

#: Records of a title that are looked at.
_MOST: Final = 5
_PORT: Final = 210
_DATABASE: Final = "Default"


def ask(catalogue: Catalogue, title: Title) -> Availability:
    """Raises TargetError, ValueError for an address that cannot be."""
    asked = _query(title)
    if asked is None:
        return Availability.UNKNOWN
    parts = urlsplit(catalogue.address)
    database = unquote(parts.path.strip("/")) or _DATABASE
    deadline = time.monotonic() + catalogue.seconds
    with Client.connect(
        parts.hostname or "", parts.port or _PORT, timeout=catalogue.seconds
    ) as client:
        count = client.search(database, asked)
        if not count:
            return Availability.NOT_HELD
        if time.monotonic() >= deadline:
            return Availability.HELD
        try:
            found = client.present(1, min(count, _MOST), syntax=OPAC)
        except TargetRefused:  # it has no records of that form
            return Availability.HELD
    return of_copies([copy for record in found for copy in _copies(record)])


def _query(title: Title) -> Query | None:
    """By number where there is one, else by the words of title and author."""
    if title.number:
        number = _quoted(title.number)
        return query(f"@or @attr 1=7 {number} @attr 1=8 {number}")
    words = [(4, title.title), (1003, title.author)]
    given = [f"@attr 1={use} @attr 4=6 {_quoted(text)}" for use, text in words if text]
    return query(" ".join(["@and"] * (len(given) - 1) + given)) if given else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _copies(record: External | Diagnostic) -> Iterator[bool]:
    """Whether each copy of a record is in."""
    if not isinstance(record, External) or not isinstance(record.encoding, SingleAsn1Type):
        return
    opac = read_value(OpacRecord, record.encoding.value)
    for holdings in opac.holdings_data or ():
        if isinstance(holdings, HoldingsAndCircData):
            yield from (each.available_now for each in holdings.circulation_data or ())
