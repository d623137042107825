"""Text on the wire: charsets, and values that can never break a frame (SIP2 2.12, pp. 3-5).

A value may hold neither the terminator nor the delimiter, only displayable characters, and 255 of
them at most, counted in the agreed charset. Letters that a charset lacks are spelt with those it
has.
"""

from __future__ import annotations

import codecs
import re
import textwrap
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple
from unicodedata import is_normalized

#: The charsets a frame can be written in: in each of them no byte of a character beyond ASCII
#: looks like a control character or a delimiter. The standard's own default is cp850.
Charset = Literal["utf-8", "cp850", "ascii", "iso-8859-1", "windows-1252"]

MAX_VALUE = 255

#: A Danish national number, DDMMYY-SSSS.
_NATIONAL = re.compile(
    r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[- ]?[0-9]{4}", re.ASCII
)


def given_back(identifier: str) -> str:
    """A patron's identifier (AA) as it may be sent back to the sender: empty for a national
    number."""
    return "" if _NATIONAL.fullmatch(identifier.strip()) else identifier


_SPELLINGS = {
    "æ": "ae",
    "Æ": "Ae",
    "ø": "oe",
    "Ø": "Oe",
    "å": "aa",
    "Å": "Aa",
    "ß": "ss",
    "œ": "oe",
    "Œ": "Oe",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "\u2013": "-",
    "\u2014": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2026": "...",
    "\u20ac": "EUR",
    "\u00a0": " ",
}


def _spell(error: UnicodeError) -> tuple[str, int]:
    """A codec error handler: plain letters for letters with marks, ``?`` for anything else."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    spelt = []
    for character in error.object[error.start : error.end]:
        known = _SPELLINGS.get(character)
        if known is None:
            parts = unicodedata.normalize("NFKD", character)
            known = "".join(part for part in parts if part.isascii()) or (
                "" if unicodedata.combining(character) else "?"
            )
        spelt.append(known)
    return "".join(spelt), error.end


codecs.register_error("sip2-spelling", _spell)
SPELLING = "sip2-spelling"


class Dialect(NamedTuple):
    """What both sides of a connection have agreed on: see `protocols.sip2.settings`."""

    charset: Charset = "utf-8"
    delimiter: str = "|"
    terminator: bytes = b"\r"
    #: Replaces what cannot be shown.
    replacement: str = " "


#: Makes any text fit for a field.
Clean = Callable[[str], str]
#: Turns messages for a screen or a printer into lines, each fit for a field.
CleanLines = Callable[[tuple[str, ...]], list[str]]


class Cleaners(NamedTuple):
    """What makes texts fit for the fields of a message.

    `choose` gives what is needed for all of these values: mostly they are fit as they are, which is
    seen at once for all of them.
    """

    clean: Clean
    choose: Callable[[tuple[str, ...]], Clean]
    screen: CleanLines
    lines: CleanLines


@lru_cache(maxsize=256)
def cleaners(dialect: Dialect, width: int | None) -> Cleaners:
    """Those of a dialect; printed lines are cut to `width` characters, a screen has its own."""
    clean = cleaner(dialect)

    def choose(values: tuple[str, ...]) -> Clean:
        return str if _is_fit("".join(values), dialect) else clean

    return Cleaners(clean, choose, line_cleaner(dialect, None), line_cleaner(dialect, width))


@lru_cache(maxsize=64)
def cleaner(dialect: Dialect) -> Clean:
    """The function that makes a text fit for a field of this dialect."""

    def clean(value: str) -> str:
        return value if _is_fit(value, dialect) else _displayable(value, dialect)[:MAX_VALUE]

    return clean


def _is_fit(text: str, dialect: Dialect) -> bool:
    """Would cleaning leave the text as it is? Then it does each part of it, too."""
    return (
        len(text) <= MAX_VALUE
        and text.isprintable()
        and dialect.delimiter not in text
        and (text.isascii() or (dialect.charset == "utf-8" and is_normalized("NFC", text)))
    )


def written(text: str, dialect: Dialect) -> bytes:
    """A text as it stands in a field."""
    return cleaner(dialect)(text).encode(dialect.charset, SPELLING)


@lru_cache(maxsize=256)
def line_cleaner(dialect: Dialect, width: int | None) -> CleanLines:
    """Like `cleaner`, but cuts at blanks into lines of at most `width` characters.

    `width` is the terminal's max print width (99); None and 0 stand for the 255 of a field.
    """
    limit = min(width or MAX_VALUE, MAX_VALUE)

    def clean(lines: tuple[str, ...]) -> list[str]:
        ready: list[str] = []
        for line in lines:
            text = _displayable(line, dialect)
            ready += [text] if len(text) <= limit else textwrap.wrap(text, limit)
        return ready

    return clean


def _displayable(value: str, dialect: Dialect) -> str:
    """`value` in the letters of the charset, without delimiters and control characters."""
    text = unicodedata.normalize("NFC", value)
    if not text.isprintable():  # neither are lone surrogates, so what is left can be encoded
        text = "".join([c if c.isprintable() else dialect.replacement for c in text])
    if dialect.charset != "utf-8" and not text.isascii():
        text = text.encode(dialect.charset, SPELLING).decode(dialect.charset)
    return text.replace(dialect.delimiter, dialect.replacement)
