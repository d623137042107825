"""A document as lines for a roll of paper: what is wrapped, and how large each line is."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from circulation.staff.print_jobs import Document

#: How many times as wide and high as plain text: the number on the shelf, and the heading.
LARGEST = 6
LARGE = 2


class Line(NamedTuple):
    """A line of text, `size` times as wide and as high as plain text."""

    text: str
    size: int = 1


def lines_of(document: Document, width: int) -> Iterator[Line]:
    """The lines of the document; `width` is in plain characters."""
    for text in wrap(document.heading, max(1, width // LARGE)):
        yield Line(text, LARGE)
    if document.big:
        size = max(1, min(LARGEST, width // len(document.big)))
        yield Line(document.big, size)
    yield Line("")
    for text in document.lines:
        # What goes on in the next line stands in from what begins one.
        indent = "  " if text.startswith("* ") else ""
        for part in wrap(text, width, subsequent_indent=indent) or [""]:
            yield Line(part)


def plain_text(document: Document, width: int) -> str:
    """The same where a printer knows no sizes; the barcode is its digits."""
    told = [line.text for line in lines_of(document, width)]
    return "\n".join([*told, *([document.barcode] if document.barcode else []), "", ""])
