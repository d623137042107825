"""MARCXML and marcXchange (ISO 25577) read record by record, as ISO 2709.

The file is split into its record elements and each is parsed separately, so that a broken record,
or anything between records, does not cost the others. Only element names count: records in no
namespace, or in either, are common. Of nested elements named record (OAI-PMH) the innermost is
taken. Nothing outside the file is fetched, no DTD is read and no entity is resolved: a record that
uses one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize

from lxml import etree

from catalogue.marc.checking import Refused, accept_fields
from catalogue.marc.iso2709 import LEADER_LENGTH
from catalogue.marc.records_found import FoundRecord
from catalogue.marc.splitting import LONGEST_STRETCH, Piece, Readable

#: The names of the formats in ``record/@format``, in lower case.
FORMAT_NAMES = {"marc21": "marc21", "danmarc2": "danmarc2", "unimarc": "unimarc"}
_FILLER = b"00000nam a2200000   4500"
_BLOCK = 1024 * 1024
_START = re.compile(rb"<(?:[A-Za-z_][A-Za-z0-9_.-]*:)?record(?=[\s>])")
_END = re.compile(rb"</(?:[A-Za-z_][A-Za-z0-9_.-]*:)?record\s*>")
#: The most that a block may end with of an end tag whose rest is in the next one.
_TAIL = 256
_NAMESPACE = re.compile(rb"\sxmlns(:[A-Za-z_][A-Za-z0-9_.-]*)?\s*=\s*(\"[^\"<]*\"|'[^'<]*')")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def read_records(stream: Readable) -> Iterator[FoundRecord]:
    """The record elements of a stream, in order, in bounded memory."""
    wrapping = _Wrapping()
    for piece in _split(stream, wrapping):
        if not piece.is_whole:
            yield FoundRecord(piece.offset, piece.data, None, "cut short: it has no end tag")
            continue
        try:
            element = wrapping.parse(piece.data)
        except etree.XMLSyntaxError as error:
            reason = f"not well-formed XML: {error.msg}"
            yield FoundRecord(piece.offset, piece.data, None, reason)
        else:
            yield _found(element, piece.offset, piece.data)


def records_within(element: etree._Element) -> Iterator[FoundRecord]:
    """The record elements of what is read already, itself among them, in order; those that hold
    others are none. `offset` counts them."""
    number = 0
    holds_others: list[bool] = []  # of the records that are open, the innermost last
    for event, each in etree.iterwalk(element, events=("start", "end")):
        if not _is_record(each):
            continue
        if event == "start":
            if holds_others:
                holds_others[-1] = True
            holds_others.append(False)
        elif not holds_others.pop():
            yield _found(each, number, None)
            number += 1


def _is_record(node: etree._Element) -> bool:
    return isinstance(node.tag, str) and etree.QName(node).localname == "record"


def _found(element: etree._Element, offset: int, data: bytes | None) -> FoundRecord:
    """The record; where it cannot be one, `data` or its octets, and why."""
    said = (element.get("format") or "").lower().replace(" ", "")
    try:
        return FoundRecord(offset, _to_iso2709(element), FORMAT_NAMES.get(said), None)
    except Refused as error:
        found = etree.tostring(element, encoding="utf-8") if data is None else data
        return FoundRecord(offset, found, None, str(error))


class _Wrapping:
    """What surrounds the records of a file and is needed to parse them."""

    def __init__(self) -> None:
        self._before, self._after = b"<r>", b"</r>"

    def learn(self, head: bytes) -> None:
        """Takes the encoding and namespace prefixes from what precedes the first record."""
        encoding = _ENCODING.search(head)
        declared = encoding[1] if encoding else b"UTF-8"
        prefixes = {found[1] or b"": found[2] for found in _NAMESPACE.finditer(head)}
        names = b"".join(b" xmlns%b=%b" % named for named in prefixes.items())
        self._before = b'<?xml version="1.0" encoding="%b"?><r%b>' % (declared, names)

    def parse(self, record: bytes) -> etree._Element:
        """The record element; raises XMLSyntaxError."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(self._before + record + self._after, parser)[0]


def _split(stream: Readable, wrapping: _Wrapping) -> Iterator[Piece]:
    """Each piece from the last start tag before an end tag to that end tag."""
    held = b""
    offset = 0
    searched = 0
    is_first = True
    while block := stream.read1(_BLOCK):
        held += block
        at = 0
        while end := _END.search(held, max(at, searched)):
            searched = 0
            starts = [found.start() for found in _START.finditer(held, at, end.start())]
            if starts:
                if is_first:
                    wrapping.learn(held[: starts[-1]])
                    is_first = False
                yield Piece(offset + starts[-1], held[starts[-1] : end.end()], True)
            at = end.end()
        if at == 0 and is_first and len(held) <= LONGEST_STRETCH:
            searched = max(0, len(held) - _TAIL)
            continue  # the head of the file is held until the first record
        held = held[at:]
        offset += at
        searched = max(0, len(held) - _TAIL)
        if len(held) > LONGEST_STRETCH:
            start = _START.search(held)
            if start:
                yield Piece(offset + start.start(), held[start.start() :], False)
            offset += len(held)
            held, searched = b"", 0
    start = _START.search(held)
    if start:
        yield Piece(offset + start.start(), held[start.start() :], False)


def _to_iso2709(element: etree._Element) -> bytes:
    head = _FILLER
    parts: list[tuple[bytes, bytes]] = []
    for child in element:
        if not _is_element(child):
            continue
        name = etree.QName(child).localname
        if name == "leader":
            head = _text(child).encode("utf-8")[:LEADER_LENGTH].ljust(LEADER_LENGTH)
        elif name == "controlfield":
            parts.append((_tag(child), _text(child).encode("utf-8")))
        elif name == "datafield":
            parts.append((_tag(child), _data_field(child).encode("utf-8")))
    if not head.isascii():
        raise Refused("a leader outside ASCII")
    return accept_fields(head, parts)


def _data_field(field: etree._Element) -> str:
    pieces = [(field.get("ind1") or " ")[:1], (field.get("ind2") or " ")[:1]]
    for subfield in field:
        if not _is_element(subfield):
            continue
        code = normalize("NFC", subfield.get("code") or "")
        if len(code) != 1:
            raise Refused(f"field {field.get('tag')} has the subfield code {code!r}")
        pieces.append(f"\x1f{code}{_text(subfield)}")
    return "".join(pieces)


def _tag(field: etree._Element) -> bytes:
    return (field.get("tag") or "").encode("utf-8")


def _text(element: etree._Element) -> str:
    """The text of a leaf; line breaks from pretty-printing become blanks."""
    text = element.text or ""
    for child in element:
        if not _is_element(child):
            text += child.tail or ""
    return text.replace("\r", " ").replace("\n", " ")


def _is_element(node: object) -> bool:
    """Is it an element, not a comment or processing instruction? Raises Refused for an entity."""
    tag = getattr(node, "tag", None)
    if tag is etree.Entity:
        raise Refused(f"an entity reference: {getattr(node, 'text', '')}")
    return isinstance(tag, str)
