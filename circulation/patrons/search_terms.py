"""What somebody types to find a patron -> the beginnings of words that the patron must have."""

from __future__ import annotations

import re
from typing import Final

from catalogue.index.folding import fold_words
from circulation.patrons.search_words import one_word

#: Further words narrow a search no more: with so many, nobody is left to be told apart.
MOST_TERMS: Final = 8
_DAY: Final = re.compile(r"(?<![^\s,;])(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?![^\s,;])")
_ISO_DAY: Final = re.compile(r"(?<![^\s,;])(\d{4})-(\d{2})-(\d{2})(?![^\s,;])")
#: Groups of figures, as a telephone number is written; what begins with + is one in any case.
_FIGURES: Final = re.compile(
    r"(?<![^\s,;])\(?(?:\+|00)?\(?\d{1,4}\)?(?:[ \u00a0-]\(?\d{2,4}\)?)+(?![^\s,;])"
)
_ABROAD: Final = re.compile(r"(?<![^\s,;])(?:\+|00)(?=\d)")
#: As many figures make a telephone number (Danish ones have eight), fewer a house and its town.
_PHONE: Final = 8


def terms_of(text: str) -> tuple[bytes, ...]:
    """The words to look for, folded, each once, at most `MOST_TERMS`."""
    text = _DAY.sub(lambda day: f"{int(day[1]):02}{int(day[2]):02}{day[3]}", text)
    text = _ISO_DAY.sub(lambda day: f"{day[3]}{day[2]}{day[1]}", text)
    text = _ABROAD.sub("", _FIGURES.sub(_joined, text))
    terms: list[bytes] = []
    for part in text.split():
        terms += (
            [one_word(part.strip("<>,;"))]
            if "@" in part
            else [word.encode() for word in fold_words(part)]
        )
    return tuple(dict.fromkeys(filter(None, terms)))[:MOST_TERMS]


def _joined(found: re.Match[str]) -> str:
    figures = re.sub(r"\D", "", found[0].lstrip("(").removeprefix("00"))
    return figures if len(figures) >= _PHONE else found[0]
