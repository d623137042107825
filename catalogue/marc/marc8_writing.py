"""Unicode to MARC-8 without loss: the inverse of `catalogue.marc.marc8`.

A character is written in ASCII (G0) or ANSEL (G1) if possible, else in another set, which an
escape sequence assigns to G0. A letter with diacritics is written as its marks, in their order,
and then the letter. What MARC-8 lacks becomes a numeric reference (``&#x1F600;``), the lossless
form of the standard. Reading what was written gives the text in NFC, with three exceptions:
control characters and line ends, which MARC-8 does not allow and others drop, become blanks, and a
mark over two letters becomes two halves, as in MARC-8.

Source: https://www.loc.gov/marc/specifications/speccharmarc8.html
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from pymarc import marc8_mapping

from catalogue.marc import iso2709
from catalogue.marc.iso2709 import SUBFIELD

_ASCII, _ANSEL, _EACC = 0x42, 0x45, 0x31
_BACK_TO_ASCII: Final = b"\x1b(B"

#: The escape sequence that sets G0 to each set, preferred sets first, and the name in 066 $c.
_SETS: Final[dict[int, tuple[bytes, bytes]]] = {
    _ASCII: (_BACK_TO_ASCII, b""),
    _ANSEL: (b"", b""),  # in G1 from the beginning
    0x53: (b"\x1b(S", b"(S"),  # Greek
    0x4E: (b"\x1b(N", b"(N"),  # basic and extended Cyrillic
    0x51: (b"\x1b(Q", b"(Q"),
    0x32: (b"\x1b(2", b"(2"),  # Hebrew
    0x33: (b"\x1b(3", b"(3"),  # basic and extended Arabic
    0x34: (b"\x1b(4", b"(4"),
    0x67: (b"\x1bg", b""),  # Greek symbols, subscript and superscript: technique 1
    0x62: (b"\x1bb", b""),
    0x70: (b"\x1bp", b""),
    _EACC: (b"\x1b$1", b"$1"),
}
_TECHNIQUE_1: Final = frozenset((0x67, 0x62, 0x70))
_LEAVES_TECHNIQUE_1: Final = b"\x1bs"
#: While one of these is set, some readers understand neither blanks nor ANSEL.
_WITHOUT_BLANK: Final = _TECHNIQUE_1 | {_EACC}

#: Marks around characters that are not filed, and the joiners: they are in both sets.
_CONTROLS: Final = {"\x98": b"\x88", "\x9c": b"\x89", "\u200d": b"\x8d", "\u200c": b"\x8e"}
#: Control characters; the two of a line end count as one.
_BLANKS: Final = re.compile("\r\n|[\x00-\x1a\x1c\x7f]")
#: Marks over two letters, written between them, and their halves, one for each letter.
_HALVES: Final = {"\u0360": ("\ufe22", "\ufe23"), "\u0361": ("\ufe20", "\ufe21")}
#: What separates records and fields or begins escape sequences: it cannot be in a text.
_NO_TEXT: Final = re.compile("[\x1b\x1d-\x1f]")
_LITERAL_REFERENCE: Final = re.compile("&(?=#x[0-9A-Fa-f]{2,6};)")
_PLAIN: Final = re.compile("[ -~]*")
_PLAIN_FIELD: Final = re.compile(b"[ -~\x1f]*")


class _Place(NamedTuple):
    """Where MARC-8 has a character: set and octets, and whether it is a mark before its letter."""

    charset: int
    octets: bytes
    is_mark: bool


@cache
def _places() -> dict[str, tuple[_Place, ...]]:
    """The places of each character, preferred ones first: pymarc's reading tables inverted."""
    found: dict[str, list[_Place]] = {}
    for charset in _SETS:
        table = marc8_mapping.CODESETS[charset]
        for code in sorted(table):
            character, is_mark = table[code]
            if charset == _EACC:
                octets = code.to_bytes(3, "big")
            elif charset == _ANSEL:
                octets = bytes((code | 0x80,))
            else:
                octets = bytes((code & 0x7F,))
            # A set may have a code in both halves, but only one of them can be meant.
            if len(octets) == 1 and octets[0] != code and octets[0] in table:
                continue
            if octets[0] <= 0x20 or (charset == _ASCII and not 0x20 < character < 0x7F):
                continue
            places = found.setdefault(chr(character), [])
            if all(p.charset != charset and p.is_mark == bool(is_mark) for p in places):
                places.append(_Place(charset, octets, bool(is_mark)))
    return {character: tuple(places) for character, places in found.items()}


def from_unicode(text: str, sets_used: set[bytes] | None = None) -> bytes:
    """A subfield or control field in MARC-8; it begins and ends in ASCII and ANSEL.

    The names of further sets, as in 066 $c, are added to `sets_used`. Escape characters and
    separators are left out.
    """
    if _PLAIN.fullmatch(text) and "&#x" not in text:
        return text.encode("ascii")
    text = unicodedata.normalize("NFC", _BLANKS.sub(" ", _NO_TEXT.sub("", text)))
    text = _LITERAL_REFERENCE.sub("&#x26;", text)
    writer = _Writer(set() if sets_used is None else sets_used)
    for letter, marks in _halved(_clusters(text)):
        writer.write(letter, marks)
    return writer.finished()


def to_marc8(data: bytes) -> bytes:
    """A stored MARC 21 record in MARC-8: leader/09 is blank, and 066 names further sets.

    Gives the long form (`iso2709`) of a record that does not fit into that of the standard.
    """
    sets_used: set[bytes] = set()
    parts = [(tag, _field(content, sets_used)) for tag, content in iso2709.fields(data)]
    if sets_used and all(tag != b"066" for tag, _ in parts):
        named = b"".join(SUBFIELD + b"c" + name for name in sorted(sets_used))
        at = next((n for n, (tag, _) in enumerate(parts) if tag > b"066"), len(parts))
        parts.insert(at, (b"066", b"  " + named))
    head = iso2709.leader(data)
    return iso2709.build(head[:9] + b" " + head[10:], parts)


def _field(content: bytes, sets_used: set[bytes]) -> bytes:
    if _PLAIN_FIELD.fullmatch(content) and b"&#x" not in content:
        return content
    first, *parts = content.decode("utf-8", "replace").split("\x1f")
    made = [from_unicode(first, sets_used)]
    for part in parts:
        code = part[:1]
        made.append((code.encode() if code.isascii() else b"?") + from_unicode(part[1:], sets_used))
    return SUBFIELD.join(made)


def _clusters(text: str) -> Iterator[tuple[str, str]]:
    """Each character with the combining marks that follow it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _is_combining(text[at]):
            yield text[start], text[start + 1 : at]
            start = at


def _halved(clusters: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same with marks over two letters as halves; without a second letter they stay whole."""
    found = list(clusters)
    for at, (letter, marks) in enumerate(found):
        for mark, (left, right) in _HALVES.items():
            if mark in marks and at + 1 < len(found) and found[at + 1][0].isalnum():
                marks = marks.replace(mark, left, 1)
                found[at + 1] = (found[at + 1][0], right + found[at + 1][1])
        yield letter, marks


def _is_combining(character: str) -> bool:
    if character < "\u0300":
        return False
    places = _places().get(character)
    return places[0].is_mark if places else unicodedata.combining(character) != 0


def _known(marks: str) -> int:
    """How many of the marks, counted from the first, MARC-8 has."""
    places = _places()
    return next((at for at, mark in enumerate(marks) if mark not in places), len(marks))


class _Writer:
    """What has been written, and the set that is in G0."""

    def __init__(self, sets_used: set[bytes]) -> None:
        self._made: list[bytes] = []
        self._current = _ASCII
        self._sets_used = sets_used

    def write(self, letter: str, marks: str) -> None:
        """Writes a letter and its marks; by reference only what MARC-8 lacks."""
        if letter == " ":
            if self._current in _WITHOUT_BLANK:
                self._switch(_ASCII)
            known = self._write_marks(marks)
            self._made.append(b" ")
            self._refer(marks[known:])
        elif letter in _CONTROLS:
            self._made.append(_CONTROLS[letter])
            self._refer(marks)
        elif _is_combining(letter):  # with no letter before it
            self._refer(letter + marks)
        else:
            self._write_letter(letter, marks)

    def finished(self) -> bytes:
        self._switch(_ASCII)
        return b"".join(self._made)

    def _write_letter(self, letter: str, marks: str) -> None:
        places = _places()
        known = _known(marks)
        whole, rest = [letter], marks[known:]
        if letter not in places:
            whole = list(unicodedata.normalize("NFD", letter))
            if any(part not in places for part in whole) or not all(
                places[part][0].is_mark for part in whole[1:]
            ):
                self._refer(letter + marks)
                return
        for part in whole[1:]:
            self._put(part)
        self._write_marks(marks)
        self._put(whole[0])
        self._refer(rest)

    def _write_marks(self, marks: str) -> int:
        """Writes the marks up to the first that MARC-8 lacks; returns how many were written."""
        known = _known(marks)
        for mark in marks[:known]:
            self._put(mark)
        return known

    def _put(self, character: str) -> None:
        places = _places()[character]
        place = next((each for each in places if each.charset == self._current), places[0])
        if place.charset != _ANSEL:
            self._switch(place.charset)
        elif self._current in _WITHOUT_BLANK:
            self._switch(_ASCII)
        self._made.append(place.octets)

    def _switch(self, charset: int) -> None:
        if charset == self._current:
            return
        if self._current in _TECHNIQUE_1:
            self._made.append(_LEAVES_TECHNIQUE_1)
        escape, name = _SETS[charset]
        if charset != _ASCII or self._current not in _TECHNIQUE_1:
            self._made.append(escape)
        if name:
            self._sets_used.add(name)
        self._current = charset

    def _refer(self, characters: str) -> None:
        if characters:
            self._switch(_ASCII)
            self._made += [b"&#x%X;" % ord(each) for each in characters]
