"""The form nearest to a record: the MARC it is stored in, as ISO 2709 and as XML.

For requests that name no format, and for records within something else: an OPAC record, a
document with holdings.
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
    """The ISO 2709 format the record is stored in; its form in `charset`, if there is one."""
    stored_in = record_formats()[record.format]
    return in_charset(formats_known_as(stored_in.identifiers[0]), charset)


def in_charset(formats: Sequence[RecordFormat], charset: str) -> RecordFormat:
    """The one in `charset` of several forms of a format, else the first."""
    return next((each for each in formats if charset_of(each) == charset), formats[0])


class NativeXml:
    """MARCXML of MARC 21 records and marcXchange of all others; it cannot be requested by name."""

    name = "native_xml"
    media_type = "application/xml"
    identifiers = ()
    element_sets = MARCXML.element_sets

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """One ``record`` element in one of the two namespaces."""
        form = MARCXML if record.format == "marc21" else MARCXCHANGE
        return form.render(record, element_set)


class NativeMarc:
    """The record's own ISO 2709 format; `render` gives UTF-8."""

    name = "native_marc"
    media_type = "application/marc"
    identifiers = ()
    element_sets = MARCXML.element_sets

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """Raises CannotRender for a record that is too long for ISO 2709."""
        return native_marc(record).render(record, element_set)


NATIVE_XML = NativeXml()
NATIVE_MARC = NativeMarc()
