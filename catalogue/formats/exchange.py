"""Records as MARC systems exchange them: ISO 2709, each format in its own and in each charset.

A record is served in the format in which it is stored, and in no other: `marc21` of a danMARC2
record would have to be guessed in part. One over 99,999 bytes, or with a field over 9,999, has no
such form at all; it has its XML.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from catalogue.formats import FULL, CannotRender, is_brief
from catalogue.formats.brief import brief_fields
from catalogue.marc import danmarc2
from catalogue.marc.iso2709 import LONGEST_RECORD, build, fields, is_exchangeable, leader
from catalogue.marc.marc8_writing import to_marc8
from catalogue.records import Record

#: Record syntaxes of Z39.50 (OID.5).
_UNIMARC: Final = "1.2.840.10003.5.1"
_USMARC: Final = "1.2.840.10003.5.10"
_DANMARC: Final = "1.2.840.10003.5.14"

_TITLES: Final = {"marc21": "MARC 21", "danmarc2": "danMARC2", "unimarc": "UNIMARC"}


class Exchange:
    """A format of ISO 2709 for the records stored as `record_format`.

    `recode` makes the octets that go out of a record as it is stored.
    """

    element_sets = frozenset({"F", "B"})

    def __init__(
        self,
        name: str,
        record_format: str,
        media_type: str,
        identifier: str,
        recode: Callable[[bytes], bytes],
    ) -> None:
        self.name = name
        self.media_type = media_type
        self.identifiers = (identifier,)
        self._record_format = record_format
        self._recode = recode

    def render(self, record: Record, element_set: str = FULL) -> bytes:
        """The whole record, or a record of its brief fields.

        Raises CannotRender for a record of another format, or too long for ISO 2709.
        """
        brief = is_brief(element_set)
        data = record.data
        if record.format != self._record_format:
            title = _TITLES[self._record_format]
            raise CannotRender(f"a {record.format} record has no {title} form")
        if brief:
            data = build(leader(data), brief_fields(fields(data), record.format))
        made = self._recode(data)
        if not is_exchangeable(made):
            raise CannotRender(
                f"a record of more than {LONGEST_RECORD} bytes, or with a field of more than 9999,"
                " has no ISO 2709 form"
            )
        return made


def _in_utf8(data: bytes) -> bytes:
    """As it is stored; leader/09 is ``a``, since the octets are UTF-8."""
    return data if data[9:10] == b"a" else data[:9] + b"a" + data[10:]


def _danmarc2_in_utf8(data: bytes) -> bytes:
    return danmarc2.to_charset(data, "utf-8")


def _danmarc2_in_latin_1(data: bytes) -> bytes:
    return danmarc2.to_charset(data, "iso-8859-1")


MARC21 = Exchange("marc21", "marc21", "application/marc", _USMARC, _in_utf8)
MARC8 = Exchange("marc8", "marc21", "application/marc; charset=marc-8", _USMARC, to_marc8)
UNIMARC = Exchange("unimarc", "unimarc", "application/marc", _UNIMARC, _in_utf8)
DANMARC2 = Exchange("danmarc2", "danmarc2", "application/marc", _DANMARC, _danmarc2_in_utf8)
DANMARC2_LATIN_1 = Exchange(
    "danmarc2_latin1",
    "danmarc2",
    "application/marc; charset=iso-8859-1",
    _DANMARC,
    _danmarc2_in_latin_1,
)
