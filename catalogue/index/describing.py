"""What differs between record formats: the codes a record is found under, its title and author.

A format is a row of `FORMATS`: the tags it needs, and two functions of the first field of each of
these tags (``kept``, with the leader under ``000``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from catalogue.index.access_points import ACCESS_POINTS, Kind
from catalogue.index.coded import MATERIALS, is_year, languages_of, materials_of, year_of, years_of
from catalogue.index.filing import AUTHOR_BYTES, TITLE_BYTES, sort_key
from catalogue.index.numbers import number_key
from catalogue.marc.iso2709 import SUBFIELD, subfields

#: Where the year, language, material, record type and level of a record are indexed.
YEAR = ACCESS_POINTS["year"].index(Kind.YEAR)
LANGUAGE = ACCESS_POINTS["language"].index(Kind.CODE)
MATERIAL = ACCESS_POINTS["material_type"].index(Kind.CODE)
RECORD_TYPE = ACCESS_POINTS["record_type"].index(Kind.CODE)
LEVEL = ACCESS_POINTS["bibliographic_level"].index(Kind.CODE)

#: The longest title or author that is kept for display, in characters.
DISPLAY_LENGTH = 500

Kept = Mapping[bytes, bytes]
Codes = list[tuple[int, str]]


#: Octets of a control number; what is longer is none, and no index of PostgreSQL would hold it.
LONGEST_NUMBER: Final = 255


class Description(NamedTuple):
    """The columns of `records` that are often needed elsewhere, and the sort keys."""

    control_number: str | None
    title: str
    author: str
    year: int | None
    title_key: bytes = b""  # as they are sorted: `catalogue.index.filing`
    author_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one record format is read beyond its table of fields."""

    name: str
    kept: frozenset[bytes]
    codes: Callable[[Kept], Codes]
    describe: Callable[[Kept], Description]


def _marc21_codes(kept: Kept) -> Codes:
    leader, f008 = kept[b"000"], kept.get(b"008", b"")
    materials = materials_of(leader[6:8], kept.get(b"007", b"")[:2], f008[21:34], b"502" in kept)
    return [
        *[(YEAR, year) for year in years_of(f008, _imprint(kept, f008))],
        *[(LANGUAGE, code) for code in languages_of(f008[35:38])],
        *[(MATERIAL, name) for name in materials],
        (RECORD_TYPE, number_key(chr(leader[6]))),
        (LEVEL, number_key(chr(leader[7]))),
    ]


def _describe_marc21(kept: Kept) -> Description:
    author = ""
    for tag in (b"100", b"110", b"111", b"700", b"710", b"711"):
        if tag in kept:
            author = _joined(_values(kept[tag], b"abcdq" if tag[1:2] == b"0" else b"abn"))
            break
    f008, f245 = kept.get(b"008", b""), kept.get(b"245", b"")
    title = _values(f245, b"abnp")
    not_filed = int(f245[1:2]) if f245[1:2].isdigit() else 0
    year = year_of(f008, _imprint(kept, f008))
    return _description(kept.get(b"001", b""), title, author, year, not_filed)


def _description(
    control_number: bytes, title: list[bytes], author: str, year: int | None, not_filed: int = 0
) -> Description:
    return Description(
        (_text(control_number) or None) if len(control_number) <= LONGEST_NUMBER else None,
        _joined(title),
        author,
        year,
        _title_key(title, not_filed),
        sort_key(author, AUTHOR_BYTES),
    )


def _imprint(kept: Kept, f008: bytes) -> bytes:
    """The dates of the imprint, if 008 has no definite one."""
    if is_year(f008[7:11]):
        return b""
    return b" ".join(_values(kept.get(b"260") or kept.get(b"264") or b"", b"c"))


#: 009 *a and *g of danMARC2.
_DANMARC2_MATERIALS = {
    "a": "text", "c": "notated music", "e": "map", "g": "picture", "m": "film", "p": "braille",
    "r": "audiobook", "s": "music", "t": "electronic", "u": "object", "v": "combined",
    "xx": "printed", "xe": "online", "th": "video", "nh": "video", "xd": "video", "ul": "game",
}  # fmt: skip
_DANMARC2_KINDS = {"m": "book", "s": "book", "p": "periodical", "a": "article", "h": "authority"}

#: Every value that the access point material_type can have.
MATERIAL_TYPES = MATERIALS | {*_DANMARC2_MATERIALS.values(), *_DANMARC2_KINDS.values()}


def _danmarc2_codes(kept: Kept) -> Codes:
    f008 = subfields(kept.get(b"008", b""))
    found: Codes = []
    years = [_text(value) for code, value in f008 if code in (b"a", b"z")]
    certain = [int(year) for year in years if len(year) == 4 and year.isdigit() and year != "9999"]
    if certain:
        begin, end = certain[0], certain[-1]
        found += [(YEAR, f"{year:04d}") for year in range(begin, min(end, begin + 200) + 1)]
    kinds = [_text(value) for code, value in f008 if code == b"t"]
    marks = [_text(value) for value in _values(kept.get(b"009", b""), b"ag")]
    is_text = "a" in marks
    for kind in kinds:
        found.append((RECORD_TYPE, number_key(kind)))
        if kind in _DANMARC2_KINDS and (is_text or kind in "ah"):
            found.append((MATERIAL, _DANMARC2_KINDS[kind]))
            if kind in "ms" and "xe" in marks:
                found.append((MATERIAL, "ebook"))
    materials = _DANMARC2_MATERIALS
    found += [(MATERIAL, materials[mark]) for mark in marks if mark in materials]
    levels = _values(kept.get(b"004", b""), b"a")
    return [*found, *((LEVEL, number_key(_text(level))) for level in levels)]


def _describe_danmarc2(kept: Kept) -> Description:
    author = ""
    for tag in (b"100", b"110", b"700", b"710"):
        if tag in kept:
            parts = dict(reversed(subfields(kept[tag])))
            names = (parts.get(b"a", b""), parts.get(b"h", b""))
            author = ", ".join(_text(name) for name in names if name)
            break
    f008 = subfields(kept.get(b"008", b""))
    year = next((value for code, value in f008 if code == b"a" and value.isdigit()), b"")
    number = next(iter(_values(kept.get(b"001", b""), b"a")), b"")
    title = _values(kept.get(b"245", b""), b"abcgno")
    found = _description(number, title, author, int(year) if len(year) == 4 else None)
    return found._replace(title=found.title.replace("¤", ""))


def _unimarc_codes(kept: Kept) -> Codes:
    leader, general = kept[b"000"], _general_data(kept)
    return [
        *((YEAR, year) for year in years_of(general[2:17].replace(b" ", b"u"), _date(kept))),
        (RECORD_TYPE, number_key(chr(leader[6]))),
        (LEVEL, number_key(chr(leader[7]))),
    ]


def _describe_unimarc(kept: Kept) -> Description:
    author = ""
    for tag in (b"700", b"701", b"710", b"702"):
        if tag in kept:
            names = [_text(value) for code, value in subfields(kept[tag]) if code in (b"a", b"b")]
            author = (", " if tag != b"710" else " ").join(name for name in names if name)
            break
    title = _values(kept.get(b"200", b""), b"aehi")
    year = year_of(_general_data(kept)[2:17], _date(kept))
    return _description(kept.get(b"001", b""), title, author, year)


def _general_data(kept: Kept) -> bytes:
    """UNIMARC 100 $a: date entered (8 digits), type of date, date 1, date 2, and more."""
    return next(iter(_values(kept.get(b"100", b""), b"a")), b"")


def _date(kept: Kept) -> bytes:
    return b" ".join(_values(kept.get(b"210") or kept.get(b"214") or b"", b"d"))


def _values(content: bytes, codes: bytes) -> list[bytes]:
    """The values of the subfields with these codes, in order."""
    return [part[1:] for part in content.split(SUBFIELD)[1:] if part[:1] in codes]


def _joined(values: list[bytes]) -> str:
    """Subfields for display, without the punctuation that precedes the next element."""
    text = " ".join([_text(value) for value in values]).rstrip(" /:;,=")
    if text.endswith(".") and not text.endswith("..") and len(text.rpartition(" ")[2]) > 3:
        text = text[:-1]
    return text[:DISPLAY_LENGTH]


def _title_key(values: list[bytes], not_filed: int = 0) -> bytes:
    """The subfields of a title as they are filed."""
    text = b" ".join(values).decode("utf-8", "replace")
    return sort_key(text[not_filed:], TITLE_BYTES) or sort_key(text, TITLE_BYTES)


def _text(value: bytes) -> str:
    """A value for display: no control characters, one blank between words."""
    text = value.decode("utf-8", "replace")
    if not text.isprintable():
        text = text.replace("\x98", "").replace("\x9c", "")
        text = "".join(c if c.isprintable() else " " for c in text)
    text = text.strip()
    return " ".join(text.split()) if "  " in text else text


FORMATS = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "marc21",
            frozenset(b"001 007 008 100 110 111 245 260 264 502 700 710 711".split()),
            _marc21_codes,
            _describe_marc21,
        ),
        Dialect(
            "danmarc2",
            frozenset(b"001 004 008 009 100 110 245 700 710".split()),
            _danmarc2_codes,
            _describe_danmarc2,
        ),
        Dialect(
            "unimarc",
            frozenset(b"001 100 200 210 214 700 701 702 710".split()),
            _unimarc_codes,
            _describe_unimarc,
        ),
    )
}
