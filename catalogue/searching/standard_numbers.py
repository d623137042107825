"""A number as a scanner or a supplier's list gives it: what it can be, and which records have it.

The book trade's codes are EAN-13; those that begin with 978, or with 979 but for 979-0 (music), are
ISBNs, 977 are ISSNs. A code may be followed by an add-on of two or five digits (price, issue).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from catalogue.database import Transaction
from catalogue.index.access_points import ACCESS_POINTS, Kind
from catalogue.index.numbers import isbn_keys, issn_key, local_number_keys, number_key
from catalogue.query import Term
from catalogue.searching.evaluation import search


class NumberKind(Enum):
    """What a number is. The value is its name in settings."""

    ISBN = "isbn"
    ISSN = "issn"
    EAN = "ean"
    CONTROL_NUMBER = "number"


#: The access points that hold each kind, the likeliest first.
_POINTS: dict[NumberKind, tuple[str, ...]] = {
    NumberKind.ISBN: ("isbn", "other_identifier"),
    NumberKind.ISSN: ("issn",),
    NumberKind.EAN: ("other_identifier",),
    NumberKind.CONTROL_NUMBER: ("local_number", "national_bibliography_number"),
}
#: The longest text that is looked at.
LONGEST = 64
_PREFIX = re.compile(r"^\s*(?:urn:)?(isbn|issn|ean)(?:-1[03])?[:\s]*", re.IGNORECASE)
#: Blanks, and everything that people and programs write for a hyphen.
_SEPARATORS = re.compile(r"[\s\u2010-\u2015\u2212-]+")
_ISBN = re.compile(r"978[0-9]{10}|979[1-9][0-9]{9}|[0-9]{9}[0-9Xx]", re.ASCII)
_WITH_ADD_ON = re.compile(r"([0-9]{13})(?:[0-9]{2}|[0-9]{5})")


class StandardNumber(NamedTuple):
    """One reading: `value` is an ISBN of 13 digits where there is one, an ISSN as 1234-5678."""

    kind: NumberKind
    value: str

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The terms under which the index holds it."""
        if self.kind is NumberKind.ISBN:
            found = isbn_keys(self.value)
        elif self.kind is NumberKind.ISSN:
            found = [issn_key(self.value)]
        elif self.kind is NumberKind.CONTROL_NUMBER:
            found = local_number_keys(self.value)
        else:
            found = [number_key(self.value)]
        return tuple(key.encode() for key in found)

    @property
    def forms(self) -> tuple[str, ...]:
        """How other catalogues may have it: an ISBN with 13 digits and with 10 characters."""
        if self.kind is NumberKind.ISBN:
            return tuple(key.upper() for key in isbn_keys(self.value))
        return (self.value,)


def readings(text: str) -> tuple[StandardNumber, ...]:
    """All that the text can be, the likeliest first; nothing where it can be no number."""
    said, text, code = _taken_apart(text)
    if not text or len(text) > LONGEST or not text.isprintable():
        return ()
    found = list(_codes(code, said))
    if not said:
        found.append(StandardNumber(NumberKind.CONTROL_NUMBER, text))
    return tuple(number for number in found if number.keys)


def is_miswritten_isbn(text: str) -> bool:
    """Is it meant for an ISBN, by its form or because it says so, and its check digit is wrong?

    Some books have such a number in print, and so have their records: it can be looked up. As the
    number of a new record it is a typing error.
    """
    said, _, code = _taken_apart(text)
    if _ISBN.fullmatch(code) is None and said != "isbn":
        return False
    is_ean = len(code) == 13 and code.isascii() and code.isdecimal() and _is_ean(code)
    return len(isbn_keys(code)) != 2 and not is_ean


def _taken_apart(text: str) -> tuple[str, str, str]:
    """What the text says it is, the rest of it, and its code without separators and add-on."""
    prefix = _PREFIX.match(text)
    rest = (text[prefix.end() :] if prefix else text).strip()
    code = _SEPARATORS.sub("", rest)
    added = _WITH_ADD_ON.fullmatch(code)
    return prefix[1].lower() if prefix else "", rest, added[1] if added else code


def _codes(code: str, said: str) -> Iterable[StandardNumber]:
    is_ean = code.isascii() and code.isdecimal() and len(code) in (8, 12, 13) and _is_ean(code)
    keys = isbn_keys(code)
    if len(keys) == 2 or (is_ean and code.startswith("979") and not code.startswith("9790")):
        yield StandardNumber(NumberKind.ISBN, keys[0])
        return
    if said == "isbn" or (len(code) == 13 and code.startswith("978") and code.isdecimal()):
        # A wrong check digit: some books have it in print, and their records too.
        yield StandardNumber(NumberKind.ISBN, code)
        return
    if is_ean and len(code) == 13 and code.startswith("977"):
        yield StandardNumber(NumberKind.ISSN, _issn(code[3:10]))
    elif said == "issn" or (len(code) == 8 and _is_issn(code)):
        yield StandardNumber(NumberKind.ISSN, f"{code[:4]}-{code[4:].upper()}")
    if is_ean or said == "ean":
        yield StandardNumber(NumberKind.EAN, code)


def _is_ean(code: str) -> bool:
    """Does the last digit check the others (weights 1 and 3 from the right, modulo 10)?"""
    digits = [int(digit) for digit in reversed(code)]
    return (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _is_issn(code: str) -> bool:
    is_number = code[:7].isascii() and code[:7].isdecimal()
    return is_number and _issn(code[:7]) == f"{code[:4]}-{code[4:].upper()}"


def _issn(seven: str) -> str:
    """The whole ISSN of its first seven digits (ISO 3297: weights 8 to 2, modulo 11)."""
    check = -sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), seven, strict=True))
    return f"{seven[:4]}-{seven[4:]}{'0123456789X'[check % 11]}"


def records_with(transaction: Transaction, numbers: Iterable[StandardNumber]) -> list[int]:
    """The records that have the first of the numbers that any record has, by id."""
    for number in numbers:
        for name in _POINTS[number.kind]:
            found = search(transaction, Term(name, number.value))
            if found:
                return list(found)
    return []


def is_among(number: StandardNumber, terms: dict[int, set[bytes]]) -> bool:
    """Is the number among the terms of a record (`catalogue.index.collecting.terms_of`)?"""
    keys = set(number.keys)
    return any(
        keys & terms.get(ACCESS_POINTS[name].index(Kind.NUMBER), set())
        for name in _POINTS[number.kind]
    )
