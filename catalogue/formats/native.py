"""The form nearest to a record: the MARC it is kept in, as ISO 2709 and as XML.

For requests that name no form, and for records inside something else: an OPAC record, a document
with holdings.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.formats import (
    FULL,
    UTF_8,
    RecordFormat,
    charset_of,
    formats_known_as,
    record_formats,
)
from catalogue.formats.marcxchange import MARCXCHANGE
from catalogue.formats.marcxml import MARCXML
from catalogue.records import Record


def native_marc(record: Record, charset: str = UTF_8) -> RecordFormat:
    """The ISO 2709 format that the record is kept in, in `charset` where there is one."""
    kept_in = record_formats()[record.format]
    return in_charset(formats_known_as(kept_in.identifiers[0]), charset)


def in_charset(formats: Sequence[RecordFormat], charset: str) -> RecordFormat:
    """Of several forms of one format, the one in `charset`, else the first."""
    return next((each for each in formats if charset_of(each) == charset), formats[0])


class NativeXml:
    """MARCXML of MARC 21 records, marcXchange of all others; a format that has no name to be asked
    for by."""

    name = "native_xml"
    media_type = "application/xml"
    identifiers = ()
    element_sets = MARCXML.element_sets

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """One ``record`` element, of one namespace or the other."""
        form = MARCXML if record.format == "marc21" else MARCXCHANGE
        return form.render(record, element_set)


class NativeMarc:
    """The record's own ISO 2709 format; `render` gives UTF-8."""

    name = "native_marc"
    media_type = "application/marc"
    identifiers = ()
    element_sets = MARCXML.element_sets

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """Raises CannotRender where it is too long for ISO 2709."""
        return native_marc(record).render(record, element_set)


NATIVE_XML = NativeXml()
NATIVE_MARC = NativeMarc()
