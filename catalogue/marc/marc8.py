"""MARC-8 to Unicode, strictly: what cannot be read is an error and never becomes a silent blank.

The character tables are those of pymarc. Its own converter replaces what it does not know with
blanks and drops trailing marks, which would lose data silently.

Source: https://www.loc.gov/marc/specifications/speccharmarc8.html
"""

from __future__ import annotations

import re
import unicodedata

from pymarc import marc8_mapping

_ASCII, _ANSEL, _EACC = 0x42, 0x45, 0x31
#: The second byte of an escape sequence that assigns a set to G0 or to G1.
_TO_G0, _TO_G1 = b"(,", b")-"
#: Technique 1: one byte after ESC sets G0 to Greek symbols, subscript, superscript or ASCII.
_LOCKING = {ord("g"): ord("g"), ord("b"): ord("b"), ord("p"): ord("p"), ord("s"): _ASCII}
#: Marks around characters that are not filed, and the joiners.
_CONTROLS = {0x88: "\x98", 0x89: "\x9c", 0x8D: "\u200d", 0x8E: "\u200c"}
_REFERENCE = re.compile("&#x([0-9A-Fa-f]{2,6});")


class NotMarc8(ValueError):
    """The bytes are not MARC-8; the message says which, and where."""


def to_unicode(data: bytes) -> str:
    """A subfield or control field as text in NFC, with numeric references (&#x1F600;) resolved.

    Each begins in ASCII and ANSEL, as is required after a delimiter. Raises NotMarc8.
    """
    if data.isascii() and b"\x1b" not in data:
        text = data.decode("ascii")
    else:
        text = unicodedata.normalize("NFC", _convert(data))
    return resolve_references(text)


def resolve_references(text: str) -> str:
    """The text with its numeric references, by which MARC-8 writes what it lacks, resolved."""
    return _REFERENCE.sub(_referred, text) if "&#x" in text else text


def _convert(data: bytes) -> str:
    g0, g1 = _ASCII, _ANSEL
    text: list[str] = []
    marks: list[str] = []  # in MARC-8 they precede their letter, in Unicode they follow it
    position, end = 0, len(data)
    while position < end:
        byte = data[position]
        if byte == 0x1B:
            position, is_g0, chosen = _escape(data, position)
            if is_g0:
                g0 = chosen
            else:
                g1 = chosen
            continue
        current = g1 if byte > 0x80 else g0
        if byte in _CONTROLS:
            text.append(_CONTROLS[byte])
            position += 1
            continue
        if byte <= 0x20:
            text.append(chr(byte))
            text += marks  # a mark on its own has a blank for its letter
            marks.clear()
            position += 1
            continue
        if current == _EACC:
            code = int.from_bytes(data[position : position + 3], "big") & 0x7F7F7F
            width = 3
        else:
            code, width = byte, 1
        table = marc8_mapping.CODESETS[current]
        # The table has the codes of the half in which a set is usual, but it may be in either.
        found = table.get(code) or (table.get(code ^ 0x80) if width == 1 else None)
        if found is None and code in marc8_mapping.ODD_MAP:
            found = (marc8_mapping.ODD_MAP[code], 0)
        if found is None or position + width > end:
            shown = data[position : position + width].hex().upper()
            raise NotMarc8(f"0x{shown} at byte {position} of {_shown(data)} is no MARC-8 character")
        character, is_mark = found
        if is_mark:
            marks.append(chr(character))
        else:
            text.append(chr(character))
            text += marks
            marks.clear()
        position += width
    return "".join(text + marks)


def _escape(data: bytes, position: int) -> tuple[int, bool, int]:
    """Reads an escape sequence: where it ends, whether it sets G0, and which set it chooses."""
    at = position + 1
    if data[at : at + 1] and data[at] in _LOCKING:
        return at + 1, True, _LOCKING[data[at]]
    is_multibyte = data[at : at + 1] == b"$"
    at += is_multibyte
    is_g0 = True
    if data[at : at + 1] and data[at] in _TO_G0 + _TO_G1:
        is_g0 = data[at] in _TO_G0
        at += 1
    elif not is_multibyte:
        raise NotMarc8(f"unknown escape sequence at byte {position} of {_shown(data)}")
    if data[at : at + 1] == b"!":  # the first of the two final bytes of ANSEL
        at += 1
    final = data[at] if at < len(data) else -1
    if final not in marc8_mapping.CODESETS or (final == _EACC) != is_multibyte:
        raise NotMarc8(f"unknown escape sequence at byte {position} of {_shown(data)}")
    return at + 1, is_g0, final


def _referred(reference: re.Match[str]) -> str:
    code = int(reference[1], 16)
    if code < 0x20 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return reference[0]
    return chr(code)


def _shown(data: bytes) -> str:
    return repr(data[:40])[1:]
