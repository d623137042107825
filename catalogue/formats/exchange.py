"""Records as MARC systems exchange them: ISO 2709, in the character sets of each format.

A record is given out in the format it is stored in and in no other: part of the MARC 21 of a
danMARC2 record would be guesswork. A record over 99,999 bytes, or with a field over 9,999, has no
ISO 2709 form at all, only XML.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
    """An ISO 2709 form of the records stored as `record_format`.

    `recode` turns a stored record into the bytes that are given out.
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
        """The whole record, or one of its brief fields only.

        Raises CannotRender for a record of another format and for one too long for ISO 2709.
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
    """The record as it is stored; leader/09 is ``a``, as the bytes are UTF-8."""
    return data if data[9:10] == b"a" else data[:9] + b"a" + data[10:]


_danmarc2_in_utf8 = partial(danmarc2.to_charset, charset="utf-8")
_danmarc2_in_latin_1 = partial(danmarc2.to_charset, charset="iso-8859-1")

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
