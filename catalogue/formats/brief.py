"""The brief form of a MARC record: what a list of results shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

#: The tags of element set B in MARC 21.
BRIEF_TAGS = frozenset(b"001 008 020 022 100 110 111 245 250 260 264 300".split())

_TAGS = {
    "marc21": BRIEF_TAGS,
    "danmarc2": frozenset(
        b"001 004 008 009 014 021 022 100 110 245 250 260 264 300 557 558 700 710".split()
    ),
    "unimarc": frozenset(
        b"001 010 011 100 101 200 205 210 214 215 700 701 702 710 711 712".split()
    ),
}


def brief_fields(
    fields: Iterable[tuple[bytes, bytes]], record_format: str = "marc21"
) -> Iterator[tuple[bytes, bytes]]:
    """The fields of element set B, and the 880 fields that repeat one of them in another script."""
    tags = _TAGS[record_format]
    for tag, content in fields:
        if tag in tags or (
            tag == b"880" and content[2:4] == b"\x1f6" and content[4:7] in BRIEF_TAGS
        ):
            yield tag, content
