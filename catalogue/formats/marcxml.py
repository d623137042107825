"""MARCXML: the MARC 21 record as XML in the ``http://www.loc.gov/MARC21/slim`` namespace.

The XML is valid against the schema of the Library of Congress (version 1.2). Its text is that of
the record, in the normalisation form in which it was loaded. What the schema or XML 1.0 has no
place for is changed as little as possible: characters that XML forbids are dropped; an indicator
or leader position that the schema does not allow becomes a blank, and such a subfield code a
question mark; a field without subfields or with a tag that is not allowed is left out. Control
fields come before data fields.
"""

from __future__ import annotations

import re

from catalogue.formats import FULL, CannotRender, is_brief
from catalogue.formats.brief import brief_fields
from catalogue.formats.xml_text import text as _xml_text
from catalogue.marc.iso2709 import fields, leader
from catalogue.records import Record

NAMESPACE = "http://www.loc.gov/MARC21/slim"

#: What cannot stand as it is in XML text: markup, a carriage return (a parser would turn it into a
#: line feed), and characters outside the Char production of XML 1.0 (2.2).
_NOT_PLAIN = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1c\ufffe\uffff]")

_CONTROL_TAG = re.compile("00[1-9A-Za-z]")
_DATA_TAG = re.compile(
    "0[1-9A-Z][0-9A-Z]|0[1-9a-z][0-9a-z]|[1-9A-Z][0-9A-Z]{2}|[1-9a-z][0-9a-z]{2}"
)
_INDICATORS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz ")
_CODES = frozenset(map(chr, range(0x21, 0x7F))) - frozenset("|@")
_IN_ATTRIBUTE = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}

_SOUND_LEADER = re.compile(
    "[0-9 ]{5}[0-9A-Za-z ][0-9A-Za-z][0-9A-Za-z ]{3}22[0-9 ]{5}[0-9A-Za-z ]{3}4500"
)
_NOT_IN_LEADER = re.compile("[^0-9A-Za-z ]")


class MarcXml:
    """The format ``marcxml``."""

    name = "marcxml"
    media_type = "application/marcxml+xml"
    identifiers = ("info:srw/schema/1/marcxml-v1.1", NAMESPACE)
    element_sets = frozenset({"F", "B"})

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """One ``record`` element; raises CannotRender for records that are not MARC 21."""
        brief = is_brief(element_set)
        if record.format != "marc21":
            raise CannotRender(f"a {record.format} record has no MARCXML form")
        data = record.data
        text = data.decode("utf-8", "replace")
        is_plain = _NOT_PLAIN.search(text, 24) is None
        found = fields(data)
        control, variable = [], []
        for tag_bytes, content in brief_fields(found, record.format) if brief else found:
            tag = tag_bytes.decode("ascii", "replace")
            if tag.startswith("00"):
                if _CONTROL_TAG.fullmatch(tag):
                    value = content.decode("utf-8", "replace")
                    control.append(
                        f'<controlfield tag="{tag}">'
                        f"{value if is_plain and chr(31) not in value else _xml_text(value)}"
                        "</controlfield>"
                    )
            elif _DATA_TAG.fullmatch(tag):
                variable.append(_datafield(tag, content, is_plain))
        return "".join(
            (
                f'<record xmlns="{NAMESPACE}"><leader>{_leader(data)}</leader>',
                *control,
                *variable,
                "</record>",
            )
        ).encode("utf-8")


def _datafield(tag: str, content: bytes, is_plain: bool) -> str:
    head, *parts = content.decode("utf-8", "replace").split("\x1f")
    made = []
    for part in parts:
        code, value = part[:1], part[1:]
        if not code:
            continue
        if not code.isalnum() or not code.isascii():
            code = _IN_ATTRIBUTE.get(code, code) if code in _CODES else "?"
        made.append(f'<subfield code="{code}">{value if is_plain else _xml_text(value)}</subfield>')
    if not made:
        return ""
    first, second = (c if c in _INDICATORS else " " for c in f"{head:2.2}")
    return f'<datafield tag="{tag}" ind1="{first}" ind2="{second}">{"".join(made)}</datafield>'


def _leader(data: bytes) -> str:
    text = leader(data).decode("ascii", "replace")
    if _SOUND_LEADER.fullmatch(text):
        return text
    text = _NOT_IN_LEADER.sub(" ", text)
    return f"{text[:6]}{text[6] if text[6] != ' ' else 'a'}{text[7:10]}22{text[12:20]}4500"


MARCXML = MarcXml()
