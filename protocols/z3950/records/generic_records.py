"""GRS-1 (OID.5.105): a MARC record as nested elements.

Title, author, local control number and year come first, with the tags of tagSet-G and tagSet-M
that any client of GRS-1 knows; the fields follow by their own tags, each with its indicators
inside and the subfields inside those, as local strings (tag type 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.formats import is_brief
from catalogue.formats.brief import brief_fields
from catalogue.marc.iso2709 import fields, subfields
from catalogue.records import Record
from protocols.z3950.codec import SEQUENCE, encode_value
from protocols.z3950.messages.structures import TaggedElement
from protocols.z3950.wire.ber import value

#: Tag types: tagSet-M, tagSet-G, local strings.
TAG_SET_M: Final = 1
TAG_SET_G: Final = 2
LOCAL: Final = 3


def generic_record(record: Record, element_set: str) -> bytes:
    """The BER of a whole GenericRecord."""
    elements = [*_common(record), *_fields(record, element_set)]
    return value(SEQUENCE, b"".join(map(encode_value, elements)))


def _common(record: Record) -> Iterator[TaggedElement]:
    told = (
        (TAG_SET_M, 14, record.control_number),
        (TAG_SET_G, 1, record.title),
        (TAG_SET_G, 2, record.author),
        (TAG_SET_G, 4, str(record.year or "")),
    )
    return (TaggedElement(tag, text, tag_type=kind) for kind, tag, text in told if text)


def _fields(record: Record, element_set: str) -> Iterator[TaggedElement]:
    found = fields(record.data)
    for tag, content in brief_fields(found, record.format) if is_brief(element_set) else found:
        name = _text(tag)
        parts = subfields(content)
        if not parts:
            yield TaggedElement(name, _text(content), tag_type=LOCAL)
            continue
        inside: list[TaggedElement] = [
            TaggedElement(_text(code), _text(text), tag_type=LOCAL) for code, text in parts
        ]
        yield TaggedElement(
            name, [TaggedElement(_text(content[:2]), inside, tag_type=LOCAL)], tag_type=LOCAL
        )


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
