"""The table of access points inverted: what is taken from the fields of each MARC tag.

It is compiled once from the field notation of `catalogue.index.access_points`, so that extraction
looks at each field of a record only once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import NamedTuple

from catalogue.index.access_points import ACCESS_POINTS, ROWS, AccessPoint, Kind
from catalogue.index.numbers import (
    isbn_keys,
    issn_key,
    language_keys,
    lc_card_number_key,
    local_number_terms,
    number_term,
)
from catalogue.marc.iso2709 import SUBFIELD

_EVERY_LETTER = frozenset(b"abcdefghijklmnopqrstvxyz")  # not $u (addresses) and $w (numbers)
_TEXT_KINDS = frozenset((Kind.WORD, Kind.PAIR, Kind.FIELD, Kind.FIRST))

#: The index of all words of a record.
ANY_WORDS = ACCESS_POINTS["any"].index(Kind.WORD)

#: Gives the terms of a value.
Terms = Callable[[bytes], list[bytes]]
#: Gives the values of some subfields, in order, from the content of a field.
Read = Callable[[bytes], list[bytes]]


def _terms_by(keys_of: Callable[[str], list[str]]) -> Terms:
    return lambda value: [key.encode() for key in keys_of(value.decode("utf-8", "replace"))]


#: What makes the terms of the NUMBER or CODE index of a point; `number_term` for others.
_TERMS: dict[str, Terms] = {
    "isbn": _terms_by(isbn_keys),
    "issn": _terms_by(lambda text: [issn_key(text)]),
    "local_number": local_number_terms,
    "lc_card_number": _terms_by(lambda text: [lc_card_number_key(text)]),
    "language": _terms_by(language_keys),
}
#: Points whose subfields together form one number.
_JOINED = frozenset(("lc_call_number", "nlm_call_number"))
#: Points whose terms come from coded positions (`catalogue.index.coded`); their fields are not
#: read here.
_CODED = frozenset(("year", "material_type", "record_type", "bibliographic_level"))


@dataclass(frozen=True, slots=True)
class Selection:
    """The subfields of one MARC field that feed an access point; codes are byte values."""

    tag: bytes
    codes: frozenset[int]
    begins_at: int | None = None
    skip_indicator: int = 0  # 1 or 2: the indicator that counts characters not filed
    thesaurus: bytes = b""  # what indicator 2 must be, if anything
    repeats_at: int | None = None  # the code with which a field of its own begins

    def reader(self) -> Read:
        """What reads these subfields; the caller checks the thesaurus."""
        return reader_of(self.codes, self.begins_at)

    def parts(self) -> Read | None:
        """What splits the content of a field into that of several, if one may stand for several;
        each keeps the indicators."""
        return None if self.repeats_at is None else partial(_parts, self.repeats_at)


class Target(NamedTuple):
    """The numbers of the indexes for the words of a text, its word pairs, the whole text, and its
    first word."""

    words: tuple[int, ...] = ()
    pairs: tuple[int, ...] = ()
    fields: tuple[int, ...] = ()
    firsts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TextTask:
    """One selection of subfields, and the targets of their text, as numbers in `Plan.targets`.

    `head` is for the first subfield alone, `filed` for the text without the characters that are
    not filed, and `filed_head` for both at once; None if there is no such target. `parts` splits a
    field that may stand for several.
    """

    read: Read
    parts: Read | None
    skip_indicator: int
    whole: int
    head: int | None
    filed: int | None
    filed_head: int | None


@dataclass(frozen=True, slots=True)
class NumberTask:
    """Subfields (or the whole field if none are named) that become terms of a NUMBER index."""

    read: Read
    is_joined: bool
    terms_of: Terms
    index: int
    is_for_any: bool


@dataclass(slots=True)
class TagPlan:
    """Everything that is taken from the fields of one tag.

    `rest` reads the subfields, if any, whose words go only into ``any``.
    """

    texts: tuple[TextTask, ...] = ()
    numbers: tuple[NumberTask, ...] = ()
    rest: Read | None = None
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of one record format by tag. Words that only go into ``any`` have the first
    target."""

    tags: Mapping[bytes, TagPlan]
    targets: tuple[Target, ...]


def selections(notation: str) -> Iterator[Selection]:
    """The selections that a field notation means (see `catalogue.index.access_points`)."""
    for part in notation.split():
        part, _, thesaurus = part.partition("=")
        spec, _, skip = part.partition("/")
        tag, subfields = spec[:3], spec[3:]
        repeats_at = None
        if subfields.endswith("+"):
            subfields = subfields[:-1]
            repeats_at = ord(subfields[0])
        begins_at = None
        if subfields.startswith(">"):
            subfields = subfields[1:]
            begins_at = ord(subfields[0])
        codes = _EVERY_LETTER if subfields == "*" else frozenset(subfields.encode())
        choices = ["0123456789" if digit == "." else digit for digit in tag]
        for digits in product(*choices):
            yield Selection(
                "".join(digits).encode(),
                codes,
                begins_at,
                int(skip or 0),
                thesaurus.encode(),
                repeats_at,
            )


def _parts(code: int, content: bytes) -> list[bytes]:
    """The content of a field split before each subfield with this code except the first."""
    begin = SUBFIELD + bytes((code,))
    first, *others = content.split(begin)
    if len(others) < 2:
        return [content]
    return [first + begin + others[0], *(content[:2] + begin + other for other in others[1:])]


@cache
def reader_of(codes: frozenset[int], begins_at: int | None = None) -> Read:
    """What reads the subfields with these codes, if any; with `begins_at` only from the first
    subfield with that code on.

    A regular expression takes less time than splitting the field and looking at each part.
    """
    if not codes:
        return lambda content: []
    chosen = re.escape(bytes(sorted(codes)))
    find_all = re.compile(SUBFIELD + b"[" + chosen + b"]([^" + SUBFIELD + b"]*)").findall
    if begins_at is None:
        return find_all
    begin = SUBFIELD + bytes((begins_at,))

    def read(content: bytes) -> list[bytes]:
        at = content.find(begin)
        return find_all(content, at) if at >= 0 else []

    return read


def notation_of(point: AccessPoint, record_format: str) -> str:
    """The fields of a point in a record format (``marc21``, ``danmarc2``, ``unimarc``)."""
    notation: str = getattr(point, record_format)
    return notation


@cache
def plan_for(record_format: str, kept: frozenset[bytes]) -> Plan:
    """The plan of a format; `kept` are the tags whose contents the coded points need."""
    texts: dict[bytes, dict[Selection, list[AccessPoint]]] = {}
    numbers: dict[bytes, list[NumberTask]] = {}
    every: dict[bytes, set[int]] = {}
    for row in ROWS:
        if row.within:
            continue
        for source in selections(notation_of(row, record_format)):
            if row.name == "any":
                every.setdefault(source.tag, set()).update(source.codes)
            elif row.name in _CODED:
                continue
            elif row.kinds[0] in _TEXT_KINDS:
                texts.setdefault(source.tag, {}).setdefault(source, []).append(row)
            elif row.name != "language" or source.codes:
                numbers.setdefault(source.tag, []).append(_number_task(row, source))
    tags: dict[bytes, TagPlan] = {}
    targets = {Target(words=(ANY_WORDS,)): 0}
    for tag in {*texts, *numbers, *every, *kept}:
        rows_of = texts.get(tag, {})
        tasks = tuple(_text_task(source, rows, targets) for source, rows in rows_of.items())
        taken = {code for source in rows_of if source.begins_at is None for code in source.codes}
        rest = frozenset(every.get(tag, set()) - taken)
        read_rest = reader_of(rest) if rest else None
        tags[tag] = TagPlan(tasks, tuple(numbers.get(tag, ())), read_rest, tag in kept)
    return Plan(tags, tuple(targets))


def _text_task(source: Selection, rows: list[AccessPoint], targets: dict[Target, int]) -> TextTask:
    def of(kind: Kind) -> tuple[int, ...]:
        return tuple(row.index(kind) for row in rows if kind in row.kinds)

    def number_of(target: Target) -> int | None:
        return targets.setdefault(target, len(targets)) if any(target) else None

    heads = tuple(row.index(Kind.FIELD) for row in rows if row.is_whole_without_rest)
    whole = Target((*of(Kind.WORD), ANY_WORDS), of(Kind.PAIR), of(Kind.FIELD), of(Kind.FIRST))
    filed = Target(fields=whole.fields, firsts=whole.firsts) if source.skip_indicator else Target()
    head = Target(fields=heads)
    return TextTask(
        source.reader(),
        source.parts(),
        source.skip_indicator,
        targets.setdefault(whole, len(targets)),
        number_of(head),
        number_of(filed),
        number_of(head) if source.skip_indicator else None,
    )


def _whole_field(content: bytes) -> list[bytes]:
    return content.split(SUBFIELD, 1)[:1]


def _number_task(row: AccessPoint, source: Selection) -> NumberTask:
    terms_of = _TERMS.get(row.name, lambda value: [number_term(value)])
    index = row.index(row.kinds[0])
    is_for_any = row.name in ("isbn", "issn")
    read = source.reader() if source.codes else _whole_field
    return NumberTask(read, row.name in _JOINED, terms_of, index, is_for_any)
