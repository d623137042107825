"""What the coded positions of a MARC 21 record say: years, language, kind of material.

Sources: https://www.loc.gov/marc/bibliographic/ (leader, 007, 008); positions are counted from 0.
"""

from __future__ import annotations

import re
from functools import lru_cache

from catalogue.index.numbers import language_keys

#: A closed period is indexed under each of its years, up to this many.
LONGEST_PERIOD = 200
#: Combinations of codes whose meaning is remembered; 12,000 records have about 900 of those that
#: give the kind of material.
_REMEMBERED = 4096

_YEAR = re.compile(rb"(?<![0-9])(1[0-9]{3}|20[0-9]{2})(?![0-9])")
#: Types of date (008/06) whose two dates are the ends of a period.
_PERIOD = frozenset(b"cdikmqu")

_BY_TYPE = {
    ord("c"): "notated music", ord("d"): "notated music", ord("e"): "map", ord("f"): "map",
    ord("g"): "projected medium", ord("i"): "audiobook", ord("j"): "music", ord("k"): "picture",
    ord("m"): "computer file", ord("o"): "kit", ord("p"): "mixed material", ord("r"): "object",
}  # fmt: skip
_MANUSCRIPT = frozenset(b"dft")
_VISUAL = frozenset(b"gkor")
#: 007/00-01 and 008/23 (29 for maps and visual material).
_BY_CARRIER = {
    b"tb": "large print", b"tc": "braille", b"cr": "online", b"vd": "video", b"vf": "video",
    b"vz": "video", b"fb": "braille",
}  # fmt: skip
_BY_FORM = {
    ord("a"): "microform", ord("b"): "microform", ord("c"): "microform", ord("d"): "large print",
    ord("f"): "braille", ord("o"): "online", ord("s"): "electronic", ord("q"): "electronic",
}  # fmt: skip
_BY_KIND_OF_SERIAL = {ord("n"): "newspaper", ord("m"): "series", ord("d"): "database",
                      ord("w"): "web site"}  # fmt: skip


#: All kinds of material that `materials_of` can find.
MATERIALS = frozenset(
    (
        *("article", "book", "ebook", "manuscript", "microform", "other", "periodical", "serial"),
        *("thesis", "video"),
        *_BY_TYPE.values(),
        *_BY_CARRIER.values(),
        *_BY_FORM.values(),
        *_BY_KIND_OF_SERIAL.values(),
    )
)


def is_year(date: bytes) -> bool:
    """Is a date of 008 a definite year in which something can have been published?"""
    return len(date) == 4 and date.isdigit() and b"1000" <= date < b"2100"


def year_of(f008: bytes, imprint: bytes) -> int | None:
    """The year of publication for display: 008/07-10 if definite, else 260 or 264 $c."""
    if is_year(f008[7:11]):
        return int(f008[7:11])
    found = _YEAR.search(imprint)
    return int(found[1]) if found else None


def years_of(f008: bytes, imprint: bytes) -> list[str]:
    """The years under which a record is found.

    Unknown digits stand for 0 to 9. A period with an end counts with each of its years, one that
    continues (9999) or is longer than `LONGEST_PERIOD` only with its first year.
    """
    if is_year(f008[7:11]) and f008[6] not in _PERIOD:  # most are
        return [f008[7:11].decode()]
    first = _bounds(f008[7:11])
    if first is None:
        return list(dict.fromkeys(year.decode() for year in _YEAR.findall(imprint)))
    begin, end = first
    last = _bounds(f008[11:15])
    if f008[6:7] and f008[6] in _PERIOD and last is not None and f008[11:15] != b"9999":
        end = max(end, last[1])
    if end - begin >= LONGEST_PERIOD:
        end = first[1]
    return [f"{year:04d}" for year in range(begin, end + 1)]


def _bounds(date: bytes) -> tuple[int, int] | None:
    """The first and last year that a date with unknown digits can mean."""
    if len(date) != 4 or not date[:1].isdigit():
        return None
    earliest, latest = date.replace(b"u", b"0"), date.replace(b"u", b"9")
    if not earliest.isdigit() or not date[:2].isdigit():
        return None
    return int(earliest), int(latest)


@lru_cache(_REMEMBERED)
def languages_of(code: bytes) -> tuple[str, ...]:
    """The language of 008/35-37, if it names one."""
    return tuple(language_keys(code.decode())) if code.isalpha() and code.isascii() else ()


@lru_cache(_REMEMBERED)
def materials_of(leader: bytes, f007: bytes, details: bytes, is_thesis: bool) -> tuple[str, ...]:
    """The kinds of material of a record, in folded words: ``book``, ``online``, ``large print``.

    They come from type and level (leader/06-07), 007/00-01, 008/21-33, and whether there is a
    dissertation note.
    """
    kind, level = leader[0], leader[1]
    if kind in b"at":
        if level in b"bis":
            specific = _BY_KIND_OF_SERIAL.get(details[0]) if details else None
            found = ["serial"] + (
                [specific] if specific else [] if level in b"b" else ["periodical"]
            )
            if level in b"b":
                found = ["article"]
        else:
            found = ["article"] if level in b"a" else ["book"]
    else:
        found = [_BY_TYPE.get(kind, "other")]
    if kind in _MANUSCRIPT:
        found.append("manuscript")
    if f007 in _BY_CARRIER:
        found.append(_BY_CARRIER[f007])
    elif f007[:1] == b"h":
        found.append("microform")
    elif kind in b"g" and details[12:13] == b"v":
        found.append("video")
    at = 8 if kind in b"ef" or kind in _VISUAL else 2
    form = _BY_FORM.get(details[at]) if len(details) > at and kind != ord("m") else None
    if form:
        found.append(form)
    if "book" in found and ("online" in found or "electronic" in found):
        found.append("ebook")
    if is_thesis:
        found.append("thesis")
    return tuple(dict.fromkeys(found))
