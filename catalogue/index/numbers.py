"""Identifiers as the index holds them: however a number is written, it is one term.

All keys consist of ASCII letters in lower case and digits. A search makes its key with the function
that made the index: `isbn_keys` for ISBNs, `number_key` for most others. Terms are keys as bytes,
made from UTF-8 text.
"""

from __future__ import annotations

import re
from operator import mul

_NOT_IN_KEYS = re.compile(r"[^0-9a-z]+")
_NOT_IN_TERMS = bytes(byte for byte in range(256) if byte > 127 or not chr(byte).isalnum())
_LOWER = bytes(range(256)).lower()
_ISBN = re.compile(r"[0-9][0-9 -]*[0-9 -][0-9xX]|[0-9]{9,13}[xX]?")
_ISSN = re.compile(r"([0-9]{4})[- ]?([0-9]{3}[0-9xX])")
_NO_LANGUAGE = frozenset(("mul", "zxx", "und", "xxx"))
_WEIGHTS_10 = range(10, 1, -1)
#: The difference between the byte of a digit and the digit.
_ZERO = ord("0")
#: The longest key: longer identifiers are cut, in index and search alike.
KEY_LENGTH = 64


def number_key(text: str) -> str:
    """Any identifier or class mark: letters and digits only, in lower case."""
    key = text.lower()
    if not (key.isalnum() and key.isascii()):  # most are, and asking costs less than a sub
        key = _NOT_IN_KEYS.sub("", key)
    return key[:KEY_LENGTH]


def number_term(value: bytes) -> bytes:
    """The `number_key` of UTF-8 text."""
    if not value.isascii():  # the lower case of some characters is ASCII: that of U+212A is k
        value = value.decode("utf-8", "replace").lower().encode()
    return value.translate(_LOWER, _NOT_IN_TERMS)[:KEY_LENGTH]


def local_number_keys(text: str) -> list[str]:
    """A system number, and for ``(OCoLC)123`` also the number without its source."""
    return [term.decode() for term in local_number_terms(text.encode("utf-8", "replace"))]


def local_number_terms(value: bytes) -> list[bytes]:
    """The `local_number_keys` of UTF-8 text."""
    term = number_term(value)
    source, bracket, number = value.partition(b")")
    if bracket and source.decode("utf-8", "replace").lstrip().startswith("("):
        without = number_term(number)
        if without and without != term:
            return [term, without]
    return [term] if term else []


def lc_card_number_key(text: str) -> str:
    """A number of the Library of Congress in its normal form: ``85-2`` is ``85000002``."""
    text = text.strip().partition("/")[0].replace(" ", "")
    before, hyphen, after = text.partition("-")
    if hyphen and after.isdigit():
        text = before + after.zfill(6)
    return number_key(text)


def isbn_keys(text: str) -> list[str]:
    """The 13-digit and the 10-character form of an ISBN; an invalid one as it was found.

    Hyphens, blanks and anything after the number (``(pbk.)``) are left out. Only numbers that begin
    with 978 have a 10-character form.
    """
    found = _ISBN.search(text)
    if found is None:
        key = number_key(text)
        return [key] if key else []
    number = _NOT_IN_KEYS.sub("", found[0].lower())[:KEY_LENGTH]
    if len(number) == 10 and _check_10(number[:9]) == number[9]:
        return [f"978{number[:9]}{_check_13('978' + number[:9])}", number]
    if len(number) == 13 and number.isdigit() and _check_13(number[:12]) == number[12]:
        if number.startswith("978"):
            return [number, number[3:12] + _check_10(number[3:12])]
        return [number]
    return [number]


def issn_key(text: str) -> str:
    """An ISSN without its hyphen; text without an ISSN is taken as it is."""
    found = _ISSN.search(text)
    return number_key(found[1] + found[2] if found else text)


def language_keys(text: str) -> list[str]:
    """The language codes of a 041 subfield, which may hold several in a row (``engfre``).

    Codes that name no language (multiple, none, undetermined, no attempt to code) are left out.
    """
    codes = number_key(text)
    found = [codes[at : at + 3] for at in range(0, len(codes) - 2, 3)]
    return [code for code in found if code not in _NO_LANGUAGE]


def _check_10(nine: str) -> str:
    """The check character of the first nine digits (ISO 2108: weights 10 to 2, modulo 11)."""
    total = sum(map(mul, _WEIGHTS_10, nine.encode())) - _ZERO * sum(_WEIGHTS_10)
    return "0123456789x"[-total % 11]


def _check_13(twelve: str) -> str:
    """The check digit of the first twelve (ISO 2108: weights 1 and 3, modulo 10)."""
    digits = twelve.encode()
    return str(-(sum(digits[0::2]) + 3 * sum(digits[1::2]) - _ZERO * 24) % 10)
