"""A record of a few words, for what nobody has catalogued yet.

MARC 21 with encoding level 3 (abbreviated), so that a full record is known to be better.
"""

from __future__ import annotations

from catalogue.marc.iso2709 import build
from catalogue.searching.standard_numbers import NumberKind, StandardNumber

LEADER = b"00000nam a22000003u 4500"
_008 = b"      nuuuuuuuuxx " + b"|" * 17 + b"und d"
#: Where a number of each kind stands.
_FIELDS: dict[NumberKind, tuple[bytes, bytes]] = {
    NumberKind.ISBN: (b"020", b"  "),
    NumberKind.ISSN: (b"022", b"  "),
    NumberKind.EAN: (b"024", b"3 "),
    NumberKind.CONTROL_NUMBER: (b"035", b"  "),
}
LONGEST = 500


def brief_record(title: str, author: str, number: StandardNumber | None = None) -> bytes:
    """The record, in ISO 2709, with a number where one is known.

    Raises ValueError for a title without a word.
    """
    parts = titled_fields(title, author)
    if not parts:
        raise ValueError("a record needs a title")
    if number is not None:
        tag, indicators = _FIELDS[number.kind]
        parts.insert(1, (tag, indicators + _subfield("a", number.value)))
    return build(LEADER, parts)


def titled_fields(title: str, author: str) -> list[tuple[bytes, bytes]]:
    """The fields of a title and its author; none for a title without a word."""
    title, author = _plain(title), _plain(author)
    if not title:
        return []
    parts = [(b"008", _008)]
    if author:
        parts.append((b"100", b"1 " + _subfield("a", author)))
    parts.append((b"245", (b"10" if author else b"00") + _subfield("a", title)))
    return parts


def _plain(text: str) -> str:
    """The text on one line, without what separates the parts of a record."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(kept.split())[:LONGEST]


def _subfield(code: str, text: str) -> bytes:
    return f"\x1f{code}{text}".encode("utf-8", "replace")
