"""Letters: a message as pages of PDF, with the address in the window of the envelope.

`letters.typ` says how they look. Texts are given to it as data, never as markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unicodedata import bidirectional, normalize

from babel import Locale, UnknownLocaleError

from circulation.notices.plain_values import one_line
from circulation.notices.sms_texts import softened
from protocols.notices.channels import Outgoing
from protocols.notices.letter_fonts import (
    UnprintableLetterError,
    open_fonts,
    refuse_missing_characters,
)

if TYPE_CHECKING:
    import typst

_TEMPLATE: Final = Path(__file__).with_name("letters.typ")
#: For archives; a character without a glyph is an error in it.
_STANDARD: Final = "a-2b"
#: Characters in the data of a document; the standard takes 32767 bytes.
_LONGEST_TITLE: Final = 200
#: Runs from left to right, and is not seen.
_LEFT_TO_RIGHT_MARK: Final = "\u200e"
_RIGHT_TO_LEFT: Final = ("R", "AL")
#: Typst takes the codes of ISO 639.
_LANGUAGE_LENGTHS: Final = (2, 3)
_UNDETERMINED: Final = "und"
#: A compiler makes one document at a time.
_compiling = Lock()


class Letter(NamedTuple):
    """A letter to print; line breaks or commas separate the lines of `address`."""

    recipient: str
    address: str
    subject: str
    body: str
    agency: str
    branch: str
    language: str = "en"


def letter_of(message: Outgoing) -> Letter:
    """A message on paper. One to an address that is not postal (as in a demonstration) goes to the
    patron's postal address."""
    address = (message.postal or message.address).splitlines()
    return Letter(
        one_line(message.recipient),
        "\n".join(map(one_line, address)),
        one_line(message.subject),
        message.body,
        message.branch.agency_name,
        message.branch.name,
        message.language,
    )


def check_letter(letter: Letter, fonts: Sequence[Path] = ()) -> None:
    """Raise UnprintableLetterError if no font has a character of the letter."""
    refuse_missing_characters("".join(map(_clean, letter)), fonts)


def letters(batch: Sequence[Letter], created: datetime, fonts: Sequence[Path] = ()) -> bytes:
    """Return the letters one after the other as PDF, each beginning on a new page.

    The same letters of the same moment are the same bytes. `fonts` are tried for what the fonts of
    every letter lack. Raise UnprintableLetterError if a character would be a box, which says
    nothing to its reader.
    """
    import typst

    for letter in batch:
        check_letter(letter, fonts)
    compiler, families = _compiler(tuple(fonts))
    content = {
        "title": _clean(batch[0].subject)[:_LONGEST_TITLE],
        "author": _clean(batch[0].agency)[:_LONGEST_TITLE],
        "fonts": families,
        "letters": [_content_of(letter) for letter in batch],
    }
    try:
        with _compiling:
            made = compiler.compile(
                format="pdf",
                sys_inputs={"batch": json.dumps(content)},
                pdf_standards=[_STANDARD],
                timestamp=int(created.timestamp()),
            )
    except typst.TypstError as error:
        raise UnprintableLetterError(f"the letter cannot be drawn: {error.message}") from None
    assert isinstance(made, bytes)
    return made


def draw_apart(batch: Sequence[Letter], created: datetime, fonts: Sequence[Path]) -> bytes:
    """Return what `letters` does, drawn in a process that ends.

    A compiler keeps what it made of the last ten documents, a megabyte for each letter.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        return apart.submit(letters, batch, created, fonts).result()


@cache
def _compiler(fonts: tuple[Path, ...]) -> tuple[typst.Compiler, list[str]]:
    """Return what makes letters with the fonts, and the families of the fonts."""
    import typst

    opened, families = open_fonts(fonts)
    return typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, font_paths=opened), families


def _content_of(letter: Letter) -> dict[str, Any]:
    """Return the letter as the template reads it."""
    direction = _direction_of(letter.language)
    language = letter.language.partition("-")[0].lower()
    address = [letter.recipient, *letter.address.replace(", ", "\n").splitlines()]
    return {
        "language": language if len(language) in _LANGUAGE_LENGTHS else _UNDETERMINED,
        "direction": direction,
        "senders": [_clean(letter.agency), _clean(letter.branch)],
        "address": [
            {"text": text, "direction": "rtl" if _starts_right(text) else "ltr"}
            for text in dict.fromkeys(map(_clean, address))
        ],
        "subject": _settle(_clean(letter.subject), direction),
        "paragraphs": [
            [_settle(_clean(line), direction) for line in paragraph.splitlines()]
            for paragraph in letter.body.split("\n\n")
        ],
    }


def _clean(text: str) -> str:
    """Return the words of the text on one line, with one space between two."""
    return " ".join(normalize("NFC", softened(one_line(text))).split())


def _direction_of(language: str) -> str:
    try:
        return Locale.parse(language.partition("-")[0]).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


def _strong(text: str) -> Iterator[tuple[int, bool]]:
    """Yield the places of letters, and whether they run from right to left."""
    for place, character in enumerate(text):
        its = bidirectional(character)
        if its == "L" or its in _RIGHT_TO_LEFT:
            yield place, its in _RIGHT_TO_LEFT


def _starts_right(text: str) -> bool:
    return next((is_right for _, is_right in _strong(text)), False)


def _settle(text: str, direction: str) -> str:
    """Return the text so that a name or title from right to left ends at its last letter.

    Without a mark, a date or number of the letter that follows is put into it (UAX 9, rule W2).
    """
    if direction == "rtl":
        return text
    is_next_right = False
    for place, is_right in reversed(list(_strong(text))):
        if is_right and not is_next_right:
            end = place + 1
            while end < len(text) and bidirectional(text[end]) == "NSM":
                end += 1
            text = text[:end] + _LEFT_TO_RIGHT_MARK + text[end:]
        is_next_right = is_right
    return text
