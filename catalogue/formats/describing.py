"""What a record says, by the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from catalogue.formats.bibliographic import Bibliographic
from catalogue.formats.reading_danmarc2 import read_danmarc2
from catalogue.formats.reading_marc21 import read_marc21
from catalogue.formats.reading_unimarc import read_unimarc
from catalogue.records import Record

_READERS: Final[Mapping[str, Callable[[bytes], Bibliographic]]] = {
    "marc21": read_marc21,
    "danmarc2": read_danmarc2,
    "unimarc": read_unimarc,
}


def describe(record: Record) -> Bibliographic:
    """What the record says, whichever MARC it is stored in."""
    return _READERS[record.format](record.data)
