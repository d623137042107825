"""A document as lines for a roll of paper: what is wrapped, and how large each line is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import wrap
from typing import NamedTuple
from unicodedata import category, normalize

from circulation.staff.print_jobs import Document

#: How many times as wide and high as plain text: the number on the shelf, and the heading.
LARGEST = 6
LARGE = 2


class Line(NamedTuple):
    """A line of text, `size` times as wide and as high as plain text."""

    text: str
    size: int = 1


def harmless(text: str) -> str:
    """The text without control characters: to a printer they are commands, to cut the paper or to
    open the drawer with the money, and a title or a name may have brought some along."""
    return "".join(" " if category(each) == "Cc" else each for each in text)


def transliterate(document: Document) -> Document:
    """Return the document in the letters of Windows 1252, which receipt printers have. Staff read
    Shchelkova on the shelf; question marks would be the same for every name."""
    heading, big = map(_western, (document.heading, document.big))
    return replace(document, heading=heading, big=big, lines=tuple(map(_western, document.lines)))


def _western(text: str) -> str:
    if _is_western(text):
        return text
    from anyascii import anyascii  # loads its tables

    return "".join(each if _is_western(each) else anyascii(each) for each in normalize("NFC", text))


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def lines_of(document: Document, width: int) -> Iterator[Line]:
    """The lines of the document; `width` is in plain characters."""
    for text in wrap(harmless(document.heading), max(1, width // LARGE)):
        yield Line(text, LARGE)
    if big := harmless(document.big):
        yield Line(big, max(1, min(LARGEST, width // len(big))))
    yield Line("")
    for text in map(harmless, document.lines):
        # What goes on in the next line stands in from what begins one.
        indent = "  " if text.startswith("* ") else ""
        for part in wrap(text, width, subsequent_indent=indent) or [""]:
            yield Line(part)


def plain_text(document: Document, width: int) -> str:
    """The same where a printer knows no sizes; the barcode is its digits."""
    told = [line.text for line in lines_of(document, width)]
    barcode = harmless(document.barcode)
    return "\n".join([*told, *([barcode] if barcode else []), "", ""])
