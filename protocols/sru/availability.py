"""Whether a catalogue with SRU has a title in: by its holdings in ISO 20775, where it has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from circulation.interlending.ranking import Availability
from protocols.hosting.availability import Catalogue, Title, of_copies
from protocols.records.foreign_xml import XmlUnreadable, parsed
from protocols.sru.answers import FoundRecord, ServerRefused
from protocols.sru.client import Client
from protocols.sru.iso_holdings import ISO_HOLDINGS_SCHEMA

#: Records of a title that are looked at.
_MOST: Final = 5
#: availabilityStatus: available.
_AVAILABLE: Final = "1"


def ask(catalogue: Catalogue, title: Title) -> Availability:
    """Raises ServerError."""
    query = _query(title)
    if not query:
        return Availability.UNKNOWN
    with Client(catalogue.address, timeout=catalogue.seconds) as client:
        try:
            found = client.search(query, number=_MOST, schema=ISO_HOLDINGS_SCHEMA)
        except ServerRefused:  # it has no holdings of that form; has it the title at all?
            found = client.search(query, number=1)
            return Availability.HELD if found.count else Availability.NOT_HELD
    if not found.count:
        return Availability.NOT_HELD
    return of_copies([copy for record in found.records for copy in _copies(record)])


def _query(title: Title) -> str:
    """The CQL: by number where there is one, else by the words of title and author."""
    if title.number:
        return f'bath.isbn="{_quoted(title.number)}" or bath.issn="{_quoted(title.number)}"'
    words = [("dc.title", title.title), ("dc.creator", title.author)]
    return " and ".join(f'{index} all "{_quoted(text)}"' for index, text in words if text)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _copies(record: FoundRecord) -> list[bool]:
    """Whether each copy of a record is in."""
    if record.diagnostic is not None:
        return []
    try:
        root = parsed(record.data)
    except XmlUnreadable:
        return []
    copies = [text == _AVAILABLE for text in _texts(root, "availabilityStatus")]
    return copies or [text != "0" for text in _texts(root, "availableCount")]


def _texts(root: etree._Element, name: str) -> Iterator[str]:
    for each in root.iter("{*}" + name):
        yield (each.text or "").strip()
