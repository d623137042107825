"""Which encoding a file is in: one pass over its bytes, row by row.

UTF-8 is known by its rules. Of the encodings with one byte for each character, the one whose
letters make words is named: text of the Nordic countries and Western Europe has few other
characters. General detectors take Danish text in cp1252 for Central European, so the candidates
are listed here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from circulation.moving.reports import describe_count

UTF_8: Final = "utf-8"
UTF_8_BOM: Final = "utf-8-sig"
#: Of two that fit equally well the first is named: their letters are the same bytes.
CANDIDATES: Final = ("cp1252", "latin-1", "cp865", "cp850", "cp437", "mac-roman")
_LETTERS: Final = frozenset("æøåäöüéèêëáàâãíìîïóòôõúùûñçßðþýœÆØÅÄÖÜÉÈÊËÁÀÂÃÍÌÎÏÓÒÔÕÚÙÛÑÇÐÞÝŒ")
#: What text has between its letters.
_SIGNS: Final = frozenset("£§°«»·½€…\u00a0\u2013\u2014\u2018\u2019\u201c\u201d")
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8_BOM),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Encodings that have the same letters of most languages.
_FAMILIES: Final = (
    frozenset({"cp1252", "latin-1", "iso8859-1", "iso8859-15"}),
    frozenset({"cp865", "cp850", "cp858", "cp437"}),
)
#: Bytes of a line that are read at once.
_MOST: Final = 1_000_000
#: Bytes of the rows that are not UTF-8, from which their encoding is told.
_SAMPLE: Final = 200_000
_WORD: Final = re.compile(r"[^\W\d_]+|[^\w\s]|\d+")
#: Share of zero bytes from which a file without a mark is UTF-16.
_ZEROS: Final = 0.2


@dataclass(slots=True)
class ByteSurvey:
    """The bytes of a file. `encoding` is what the file is in, `utf_8` and `other` are the numbers
    of its rows beyond ASCII that are UTF-8, and that are not; `looks_like` is the encoding of the
    others, empty where none fits."""

    encoding: str = UTF_8
    looks_like: str = ""
    rows: int = 0
    utf_8: int = 0
    other: int = 0
    has_last_end: bool = True
    ends: dict[str, int] = field(default_factory=lambda: {"\r\n": 0, "\n": 0, "\r": 0})

    @property
    def is_mixed(self) -> bool:
        """Return whether some rows are UTF-8 and others are not."""
        return bool(self.utf_8 and self.other)

    def advise(self, planned: str) -> str:
        """Return what is wrong with the encoding of the plan and what to write; empty if nothing.

        Raises LookupError for an encoding that does not exist.
        """
        is_utf_8 = codecs.lookup(planned).name in (UTF_8, UTF_8_BOM)
        if self.encoding == UTF_8_BOM and codecs.lookup(planned).name == UTF_8:
            return f'it begins with the mark of UTF-8: write encoding = "{UTF_8_BOM}"'
        if self.encoding.startswith("utf-16"):
            fits = codecs.lookup(planned).name.startswith("utf-16")
            return "" if fits else f'it looks like UTF-16: write encoding = "{self.encoding}"'
        if self.other and (is_utf_8 or self.is_mixed):
            return self._not_utf_8()
        if self.utf_8 and not is_utf_8:
            return (
                f"the letters beyond ASCII of {describe_count(self.utf_8, 'row')} are UTF-8, and "
                f'would be read as {planned}: write encoding = "{UTF_8_BOM}"'
            )
        if self.looks_like and self.looks_like not in _alike(planned):
            look = "looks" if self.other == 1 else "look"
            return (
                f"{describe_count(self.other, 'row')} beyond ASCII {look} like {self.looks_like}, "
                f'and would be read as {planned}: write encoding = "{self.looks_like}"'
            )
        return ""

    def _not_utf_8(self) -> str:
        told = f"{describe_count(self.other, 'row')} {'is' if self.other == 1 else 'are'} not UTF-8"
        told += "; it looks like " if self.other == 1 else "; they look like "
        told += self.looks_like or "no known encoding"
        if self.is_mixed:
            others = "1 other is" if self.utf_8 == 1 else f"{self.utf_8:,} others are"
            return f"{told}, and {others} UTF-8: have the file written again in one encoding"
        if not self.looks_like:
            return f"{told}: have the file written in UTF-8"
        return f'{told}: write encoding = "{self.looks_like}"'


def _alike(planned: str) -> frozenset[str]:
    """Return the candidates that read the letters of text as `planned` does."""
    name = codecs.lookup(planned).name
    return next((family for family in _FAMILIES if name in family), frozenset({name}))


def survey_bytes(path: Path) -> ByteSurvey:
    """Return how the file is encoded, from all of its bytes. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(4096)
        if wide := _wide(start):
            return ByteSurvey(wide)
        file.seek(0)
        marked = next((name for mark, name in _MARKS if start.startswith(mark)), UTF_8)
        found = ByteSurvey(marked)
        _count_rows(iter(partial(file.readline, _MOST), b""), found)
    if not found.is_mixed:
        found.encoding = found.looks_like or found.encoding
    return found


def _wide(start: bytes) -> str:
    """Return the name of UTF-16 where the file begins like it."""
    for mark, name in _MARKS[1:]:
        if start.startswith(mark):
            return name
    zeros = start[0::2].count(0), start[1::2].count(0)
    if len(start) > 1 and max(zeros) > len(start) * _ZEROS and min(zeros) * 10 < max(zeros):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return ""


def _count_rows(lines: Iterator[bytes], found: ByteSurvey) -> None:
    sample: list[bytes] = []
    size, windows, unix, last = 0, 0, 0, b""
    utf_8 = other = rows = 0
    for rows, last in enumerate(lines, 1):  # noqa: B007  the last one is needed
        if last.endswith(b"\r\n"):
            windows += 1
        elif last.endswith(b"\n"):
            unix += 1
        if last.isascii():
            continue
        try:
            last.decode()
            utf_8 += 1
        except UnicodeDecodeError:
            other += 1
            if size < _SAMPLE:
                sample.append(last)
                size += len(last)
    found.rows, found.utf_8, found.other = rows, utf_8, other
    found.ends["\r\n"], found.ends["\n"] = windows, unix
    if not windows and not unix:
        found.ends["\r"] = last.count(b"\r")
    found.has_last_end = not rows or last.endswith((b"\n", b"\r"))
    found.looks_like = tell_encoding(b"".join(sample))


def tell_encoding(data: bytes) -> str:
    """Return the candidate whose letters make words of the bytes; empty where none does."""
    scores = {each: _plausibility(data, each) for each in CANDIDATES}
    best = max(CANDIDATES, key=scores.__getitem__)
    return best if scores[best] > 0.5 else ""


def _plausibility(data: bytes, encoding: str) -> float:
    """Return which share of the characters beyond ASCII belongs where it is."""
    text = data.decode(encoding, "replace")
    good = bad = 0.0
    for word in _WORD.findall(text):
        if word.isascii():
            continue
        beyond = [each for each in word if not each.isascii()]
        known = sum(each in _LETTERS for each in beyond)
        is_word = word.isupper() or word[1:].islower()
        if len(word) == 1 and (known or word in _SIGNS):  # a letter alone tells as little as a sign
            good, bad = good + 0.6, bad + 0.4
        elif known == len(beyond):
            good, bad = (good + known, bad) if is_word else (good, bad + known / 2)
        else:
            bad += len(beyond)
    return good / (good + bad) if good else 0
