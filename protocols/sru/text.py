"""Text for XML: in NFC, without characters that XML forbids, and never merged with the markup.

Whole records are normalised piece by piece, because a combining character at the beginning of a
text would be drawn into the ``>`` before it: ``>`` and U+0338 are U+226F in NFC. Such a character
is written as a reference.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import combining, is_normalized, normalize

#: Characters that XML 1.0 does not allow (2.2).
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKUP: Final = re.compile("(<[^>]*>)")
_SPECIAL: Final = re.compile("[&<>\r]")


def escaped(text: str) -> str:
    """`text` as the content of an element or of an attribute without double quotes, in NFC."""
    if text.isascii() and text.isprintable():
        return _escaped(text) if _SPECIAL.search(text) else text
    return _separate(_escaped(normalize("NFC", _FORBIDDEN.sub("", text))))


def attribute(text: str) -> str:
    """`text` as the value of an attribute in double quotes."""
    return escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def normalised(xml: str) -> str:
    """A well-formed piece of XML with its texts and attributes in NFC and its markup unchanged.
    References are markup: an escaped ``<`` and a U+0338 after it stay two characters.
    """
    if is_normalized("NFC", xml):
        return xml
    pieces = [normalize("NFC", piece) for piece in _MARKUP.split(xml)]
    return "".join(piece if piece[:1] == "<" else _separate(piece) for piece in pieces)


def escaped_markup(xml: str) -> str:
    """XML escaped as text."""
    return xml.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


def _separate(text: str) -> str:
    return f"&#{ord(text[0])};{text[1:]}" if text and combining(text[0]) else text
