"""The characters of danMARC2 and their ``@`` escapes.

The base is ISO 8859-1 or UTF-8. ``@@``, ``@*`` and ``@¤`` are the three characters that otherwise
have a meaning, ``@å`` and ``@Å`` the aa ligature (U+A733, U+A732), and ``@`` with four hexadecimal
digits is a character of the BMP; one outside it takes two of these, as in UTF-16. Records are
stored in UTF-8 without escapes. A bare ¤ marks where the sorting of a title begins, and is kept; an
escaped one is a currency sign, and is stored with the variation selector `TEXT_SIGN` after it to
tell the two apart. marcXchange has no escapes.
Source: https://www.danbib.dk/tegnsaet
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from catalogue.marc import iso2709
from catalogue.marc.iso2709 import SUBFIELD

SORT_MARK: Final = "\u00a4"
#: Follows a ¤ that is not a sort mark.
TEXT_SIGN: Final = "\ufe0e"

_ESCAPE: Final = re.compile(
    "@(?:([Dd][89ABab][0-9A-Fa-f]{2})@([Dd][C-Fc-f][0-9A-Fa-f]{2})|([0-9A-Fa-f]{4})|([@*¤åÅ]))"
)
_SIGNS: Final = {
    "@": "@", "*": "*", SORT_MARK: SORT_MARK + TEXT_SIGN, "å": "\ua733", "Å": "\ua732",
}  # fmt: skip
#: Spacing marks, written before their letter, and the combining marks that follow it.
_MARKS: Final = {
    "^": "\u0302", "`": "\u0300", "¨": "\u0308", "¯": "\u0304", "\u00b4": "\u0301",
    "\u00b8": "\u0327", "\u02c7": "\u030c", "\u02d8": "\u0306", "\u02da": "\u030a",
}  # fmt: skip
_MARKED: Final = re.compile(rf"([{re.escape(''.join(_MARKS))}])([^\W\d_])(?!\1)")
_NOT_PLAIN: Final = re.compile(rf"[@{re.escape(''.join(_MARKS))}]")
_TO_ESCAPE: Final = {
    SORT_MARK + TEXT_SIGN: "@" + SORT_MARK, "@": "@@", "*": "@*", "\ua733": "@å", "\ua732": "@Å",
}  # fmt: skip
_SPECIAL: Final = re.compile("¤\ufe0e|[@*\ua733\ua732]")
_OUTSIDE_LATIN_1: Final = re.compile("[^\x00-\xff]")


def unescaped(text: str) -> str:
    """The text that a field or subfield of danMARC2 means. What is not an escape is unchanged."""
    if _NOT_PLAIN.search(text) is None:
        return text
    return _MARKED.sub(_composed, _ESCAPE.sub(_meant, text))


def escaped(text: str, charset: str) -> str:
    """The text with escapes, so that it can be encoded in ``utf-8`` or ``iso-8859-1``."""
    text = _SPECIAL.sub(lambda found: _TO_ESCAPE[found[0]], text)
    if charset == "iso-8859-1":
        text = unicodedata.normalize("NFC", text)
        text = _OUTSIDE_LATIN_1.sub(_by_number, text)
    return text


def to_utf8(content: bytes) -> bytes:
    """A field as it is stored, without escapes: read as UTF-8, or as Latin-1 if it is not."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("iso-8859-1")
    return unescaped(text).encode("utf-8")


def is_plain(data: bytes) -> bool:
    """Is this UTF-8 free of anything that may be an escape?"""
    return _NOT_PLAIN.search(data.decode("utf-8", "replace")) is None


def to_charset(data: bytes, charset: str) -> bytes:
    """A stored record as ISO 2709 in ``utf-8`` or ``iso-8859-1``, with its escapes.

    Leader/09 is ``a`` in UTF-8 and blank in Latin-1. Gives the long form of a record that does not
    fit.
    """
    parts = [
        (tag, SUBFIELD.join(_written(part, charset) for part in content.split(SUBFIELD)))
        for tag, content in iso2709.fields(data)
    ]
    head = iso2709.leader(data)
    return iso2709.build(head[:9] + (b"a" if charset == "utf-8" else b" ") + head[10:], parts)


def _written(part: bytes, charset: str) -> bytes:
    """The part between two delimiters; its first character is a subfield code or an indicator."""
    text = part.decode("utf-8", "replace")
    return (text[:1] + escaped(text[1:], charset)).encode(charset, "replace")


def _meant(found: re.Match[str]) -> str:
    high, low, number, sign = found.groups()
    if sign:
        return _SIGNS[sign]
    if number is None:
        units = bytes.fromhex(high) + bytes.fromhex(low)
        return units.decode("utf-16-be")
    character = chr(int(number, 16))
    # A control character or half of a surrogate pair is left as it was written.
    return found[0] if unicodedata.category(character) in ("Cc", "Cs") else character


def _composed(found: re.Match[str]) -> str:
    """A mark and its letter as one character, if there is one and Latin-1 lacks it.

    A character of Latin-1 would have been written as such, so an acute before an a is an
    apostrophe; so are two acutes around an n.
    """
    mark, letter = found.groups()
    made = unicodedata.normalize("NFC", letter + _MARKS[mark])
    return made if len(made) == 1 and made > "\xff" else found[0]


def _by_number(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"@{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))
