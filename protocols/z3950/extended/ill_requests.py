"""What the request in an item order wants from another library: a title, and for whom.

Three forms are read: an ILL-Request of ISO 10161-1, a request of ISO 18626 in XML, and a record in
MARCXML or marcXchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from catalogue.index.collecting import terms_of
from circulation.interlending.asking import Wish
from protocols.records.foreign_xml import XmlUnreadable, parsed
from protocols.z3950.codec import MalformedMessage
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.records.forms import XML
from protocols.z3950.records.supplied_records import text_of
from protocols.z3950.wire.asn1 import External
from protocols.z3950.wire.ber import Ends, header, read_segments, read_text

#: APDUs of ISO 10161-1 in its version 2.
ILL_APDU: Final = "1.0.10161.2.1"
ISO_18626: Final = "http://illtransactions.org/2013/iso18626"

#: ILL-Request, and tags within it and its parts.
_ILL_REQUEST: Final = 0x61
_CLIENT_ID, _ITEM_ID = 15, 16
_CLIENT_IDENTIFIER = 2
_AUTHOR, _TITLE, _ISBN, _ISSN = 3, 4, 18, 19

_CONTEXT, _CONSTRUCTED, _TAG = 0x80, 0x20, 0x1F


class IllRequest(NamedTuple):
    """What is wanted, and the identifier of the client it is for, empty if none is named."""

    wish: Wish
    client: str


def ill_request_of(external: External) -> IllRequest:
    """Raises Refused: 1002 or 1009 for a form that we do not read, 224 for what is not a
    request."""
    form = external.direct_reference
    if form is None:
        raise Refused(Bib1.EXTERNAL_OF_ITEM_ORDER_UNSUPPORTED)
    encoding = external.encoding
    octets = encoding if isinstance(encoding, bytes) else encoding.value
    if form == ILL_APDU and isinstance(octets, bytes):
        return _of_apdu(octets)
    if form == XML and isinstance(octets, bytes):
        return _of_document(external, octets)
    raise Refused(Bib1.ITEM_ORDER_OID_UNSUPPORTED, form)


def _of_apdu(octets: bytes) -> IllRequest:
    try:
        ends: Ends = {}
        identifier, start, end, _ = header(octets, 0, len(octets), ends)
        if identifier != _ILL_REQUEST:
            raise MalformedMessage("not an ILL-Request")
        parts = dict(_parts(octets, start, end, ends))
        client = _texts(octets, parts.get(_CLIENT_ID), ends)
        item = _texts(octets, parts.get(_ITEM_ID), ends)
    except (IndexError, MalformedMessage) as error:
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, f"itemRequest: {error}") from error
    number = item.get(_ISBN) or item.get(_ISSN) or ""
    wish = Wish(title=item.get(_TITLE, ""), author=item.get(_AUTHOR, ""), number=number)
    return IllRequest(wish, client.get(_CLIENT_IDENTIFIER, ""))


def _parts(
    octets: bytes, start: int, end: int, ends: Ends
) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """The parts of a sequence by their context tags: the identifier, and the place of the
    contents."""
    at = start
    while at < end:
        identifier, inside, stop, at = header(octets, at, end, ends)
        if _CONTEXT <= identifier < _CONTEXT + 0x40 and identifier & _TAG != _TAG:
            yield identifier & _TAG, (identifier, inside, stop)


def _texts(octets: bytes, part: tuple[int, int, int] | None, ends: Ends) -> dict[int, str]:
    """The strings of a part by their tags: directly under the tag, or as a string inside."""
    if part is None:
        return {}
    found = {}
    for tag, (identifier, start, end) in _parts(octets, part[1], part[2], ends):
        if not identifier & _CONSTRUCTED:
            found[tag] = read_text(octets, start, end)
            continue
        inner, inner_start, inner_end, _ = header(octets, start, end, ends)
        if inner & _CONSTRUCTED:
            text = read_segments(octets, inner_start, inner_end, ends)
            found[tag] = read_text(text, 0, len(text))
        else:
            found[tag] = read_text(octets, inner_start, inner_end)
    return found


def _of_document(external: External, octets: bytes) -> IllRequest:
    try:
        root = parsed(octets)
    except XmlUnreadable as error:
        raise Refused(Bib1.IMMEDIATE_EXECUTION_FAILED, f"itemRequest: {error}") from error
    if etree.QName(root).namespace == ISO_18626:
        return _of_iso_18626(root)
    if etree.QName(root).localname in ("record", "collection"):
        text = text_of(external)
        described = terms_of(text.record_format, text.data)[1]
        return IllRequest(Wish(title=described.title, author=described.author), "")
    raise Refused(Bib1.ITEM_ORDER_OID_UNSUPPORTED, XML)


def _of_iso_18626(root: etree._Element) -> IllRequest:
    """A request of ISO 18626:2017: its bibliographicInfo and patronInfo."""

    def text(*path: str) -> str:
        found = root.find(".//" + "/".join(f"{{{ISO_18626}}}{name}" for name in path))
        return "" if found is None else " ".join((found.text or "").split())

    number = text("bibliographicInfo", "bibliographicItemId", "bibliographicItemIdentifier")
    wish = Wish(
        title=text("bibliographicInfo", "title"),
        author=text("bibliographicInfo", "author"),
        number=number,
    )
    return IllRequest(wish, text("patronInfo", "patronId"))
