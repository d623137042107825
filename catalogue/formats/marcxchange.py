"""marcXchange (ISO 25577): a record of any MARC format as XML.

Namespace ``info:lc/xmlns/marcxchange-v1``, version 1.1; ``@format`` says which MARC it is. The XML
is valid against the schema: what the schema has no place for is changed as in
`catalogue.formats.marcxml`, but this schema allows more (subfield codes of Latin-1). In danMARC2
every field is a data field, including 001; one without subfields is still a control field.
"""

from __future__ import annotations

import re
from typing import Final

from catalogue.formats import FULL, is_brief
from catalogue.formats.brief import brief_fields
from catalogue.formats.xml_text import attribute, text
from catalogue.marc.iso2709 import SUBFIELD, fields, leader, subfields
from catalogue.records import Record

NAMESPACE: Final = "info:lc/xmlns/marcxchange-v1"

#: The names of the formats in ``record/@format``.
FORMAT_NAMES: Final = {"marc21": "MARC21", "danmarc2": "danMARC2", "unimarc": "UNIMARC"}
#: The agency of the Danish authority records.
_AUTHORITIES: Final = b"870979"

_CONTROL_TAG: Final = re.compile(rb"00[1-9A-Za-z]")
_DATA_TAG: Final = re.compile(rb"00[1-9A-Za-z]|0[1-9A-Za-z][0-9A-Za-z]|[1-9A-Za-z][0-9A-Za-z]{2}")
_CODE: Final = re.compile("[ -~\u00a0-\u00ff]")
_INDICATOR: Final = re.compile("[ -~]")
_SOUND_LEADER: Final = re.compile("[0-9]{5}[ -~]{5}[0-9]{7}[ -~]{3}[0-9]{3}[ -~]")
_FILLER: Final = "00000n    2200000   4500"


class MarcXchange:
    """The format ``marcxchange``, which every record has."""

    name = "marcxchange"
    media_type = "application/marcxchange+xml"
    identifiers = (NAMESPACE, "info:srw/schema/1/marcxchange-v1")
    element_sets = frozenset({"F", "B"})

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """One ``record`` element."""
        brief = is_brief(element_set)
        found = fields(record.data)
        control, variable = [], []
        is_authority = leader(record.data)[6:7] == b"z" and record.format == "marc21"
        for tag, content in brief_fields(found, record.format) if brief else found:
            if SUBFIELD not in content:
                if _CONTROL_TAG.fullmatch(tag):
                    control.append(
                        f'<controlfield tag="{tag.decode()}">'
                        f"{text(content.decode('utf-8', 'replace'))}</controlfield>"
                    )
            elif _DATA_TAG.fullmatch(tag):
                variable.append(_data_field(tag.decode(), content))
                if tag == b"001" and (b"b", _AUTHORITIES) in subfields(content):
                    is_authority = True
        kind = "Authority" if is_authority else "Bibliographic"
        return (
            f'<record xmlns="{NAMESPACE}" format="{FORMAT_NAMES[record.format]}" type="{kind}">'
            f"<leader>{_leader(record.data)}</leader>{''.join((*control, *variable))}</record>"
        ).encode()


def _data_field(tag: str, content: bytes) -> str:
    head, *parts = content.decode("utf-8", "replace").split("\x1f")
    made = "".join(
        f'<subfield code="{attribute(part[0]) if _CODE.fullmatch(part[0]) else "?"}">'
        f"{text(part[1:])}</subfield>"
        for part in parts
        if part
    )
    if not made:
        return ""
    first, second = (
        attribute(each) if _INDICATOR.fullmatch(each) else " " for each in f"{head:2.2}"
    )
    return f'<datafield tag="{tag}" ind1="{first}" ind2="{second}">{made}</datafield>'


def _leader(data: bytes) -> str:
    found = leader(data).decode("ascii", "replace")
    return text(found) if _SOUND_LEADER.fullmatch(found) else _FILLER


MARCXCHANGE = MarcXchange()
