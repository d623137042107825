"""Reads MARC 21 holdings records (MFHD): where the copies of a title are, and which parts.

A holdings record names the bibliographic record it belongs to (004, else 014), and for each place
(852) the call number and what is there, in textual statements (866-868) or coded ones (863-865
with the captions of 853-855). Fields 876-878 are single pieces with barcodes.

Source: https://www.loc.gov/marc/holdings/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from catalogue.marc.iso2709 import SUBFIELD, fields, subfields

#: The longest statement of parts, in characters.
LONGEST_PART: Final = 250

_ENUMERATION: Final = "abcdef"
_CHRONOLOGY: Final = "ijklm"


class NotHoldings(ValueError):
    """The holdings record is of no use; the message says why, for the librarian."""


class Piece(NamedTuple):
    """What becomes an item: one copy, or what a place has of a title.

    `names` are those that may name the branch: institution and library (852 $a, $b). The last one
    that does not is the department. `barcode` is empty if the record gives none.
    """

    names: tuple[str, ...]
    locations: tuple[str, ...]
    call_number: str
    part: str
    barcode: str


class Holdings(NamedTuple):
    """A holdings record: its number, those of its bibliographic records, and its pieces."""

    control_number: str
    belongs_to: tuple[str, ...]
    pieces: tuple[Piece, ...]


def is_holdings(data: bytes) -> bool:
    """Is this MARC 21 record a holdings record (leader/06: multipart, unknown, single, serial)?"""
    return data[6:7] in (b"u", b"v", b"x", b"y")


def read_holdings(data: bytes) -> Holdings:
    """Parses a stored holdings record. Raises NotHoldings."""
    found = [_Field(tag.decode(), *_parts(content)) for tag, content in fields(data)]
    if data[5:6] == b"d":
        raise NotHoldings("a holdings record that says it is deleted")
    numbers = [each.value for each in found if each.tag == "004" and each.value]
    numbers += [value for each in found if each.tag == "014" for value in each.all("a")]
    if not numbers:
        raise NotHoldings("a holdings record without 004: it says of no title that it is here")
    places = [each for each in found if each.tag == "852"]
    if not places:
        raise NotHoldings("a holdings record without 852: it says of no place that it is there")
    control_number = next((each.value for each in found if each.tag == "001"), "")
    return Holdings(control_number, tuple(dict.fromkeys(numbers)), tuple(_pieces(found, places)))


class _Field(NamedTuple):
    tag: str
    value: str
    parts: tuple[tuple[str, str], ...]

    def all(self, codes: str) -> list[str]:
        return [value for code, value in self.parts if code in codes and value]

    def first(self, code: str) -> str:
        return next(iter(self.all(code)), "")


def _parts(content: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    if SUBFIELD not in content:
        return _text(content), ()
    return "", tuple((c.decode("utf-8", "replace"), _text(v)) for c, v in subfields(content))


def _text(value: bytes) -> str:
    return " ".join(value.decode("utf-8", "replace").split())


def _pieces(found: Sequence[_Field], places: Sequence[_Field]) -> Iterator[Piece]:
    """The single pieces, then each place that has none of its own."""
    captions = {each.first("8"): each for each in found if each.tag in ("853", "854", "855")}
    listed = [each for each in found if each.tag in ("876", "877", "878") and each.first("p")]
    statements = _statements(found, captions)
    for piece in listed:
        place = _place_of(piece, places)
        part = piece.first("3") or _linked_part(piece, found, captions)
        yield _piece(place, part, piece.first("p"))
    for number, place in enumerate(places):
        if listed and (number == 0 or len(listed) >= len(places)):
            continue
        part = place.first("3") or "; ".join(statements)
        yield _piece(place, part, place.first("p"))


def _place_of(piece: _Field, places: Sequence[_Field]) -> _Field:
    """The 852 with the same link number, else the first."""
    link = piece.first("8").partition(".")[0]
    same = (place for place in places if link and place.first("8").partition(".")[0] == link)
    return next(same, places[0])


def _linked_part(piece: _Field, found: Sequence[_Field], captions: dict[str, _Field]) -> str:
    """The enumeration with exactly this link and sequence number."""
    link = piece.first("8")
    for each in found:
        if link and each.tag in ("863", "864", "865") and each.first("8") == link:
            return _enumerated(each, captions)
    return ""


def _piece(place: _Field, part: str, barcode: str) -> Piece:
    call_number = " ".join(place.all("k") + place.all("h") + place.all("i") + place.all("m"))
    if len(part) > LONGEST_PART:
        part = part[: LONGEST_PART - 1].rstrip() + "\u2026"
    return Piece(
        tuple(place.all("ab")),
        tuple(place.all("c")),
        call_number or place.first("j") or place.first("l"),
        part,
        barcode,
    )


def _statements(found: Sequence[_Field], captions: dict[str, _Field]) -> list[str]:
    """The textual statements, or the coded ones if there are none."""
    textual = [t for each in found if each.tag in ("866", "867", "868") for t in each.all("a")]
    if textual:
        return textual
    coded = (_enumerated(each, captions) for each in found if each.tag in ("863", "864", "865"))
    return [each for each in coded if each]


def _enumerated(coded: _Field, captions: dict[str, _Field]) -> str:
    """``v.1:no.2 (1995:08)``: captions in parentheses, such as (year), are not shown."""
    caption = captions.get(coded.first("8").partition(".")[0])

    def shown(codes: str) -> str:
        levels = []
        for code, value in coded.parts:
            if code in codes and value:
                label = caption.first(code) if caption else ""
                levels.append((label if not label.startswith("(") else "") + value)
        return ":".join(levels)

    enumeration, chronology = shown(_ENUMERATION), shown(_CHRONOLOGY)
    if enumeration and chronology:
        return f"{enumeration} ({chronology})"
    return enumeration or chronology
