"""The table of access points turned round: for each MARC tag, what is to be taken from it.

Compiled once from the field notation of `catalogue.access_points`, so that extraction looks at
each field of a record once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

from catalogue.access_points import ACCESS_POINTS, ROWS, AccessPoint, Kind
from catalogue.numbers import (
    isbn_keys,
    issn_key,
    language_keys,
    lc_card_number_key,
    local_number_keys,
    number_key,
)

_EVERY_LETTER = frozenset(b"abcdefghijklmnopqrstvxyz")  # but $u (addresses) and $w (numbers)
_TEXT_KINDS = frozenset((Kind.WORD, Kind.PAIR, Kind.FIELD, Kind.FIRST))

#: The index that holds every word of a record.
ANY_WORDS = ACCESS_POINTS["any"].index(Kind.WORD)

Keys = Callable[[str], list[str]]

#: How the terms of a point's NUMBER or CODE index are made; `number_key` where nothing is said.
_KEYS: dict[str, Keys] = {
    "isbn": isbn_keys,
    "issn": lambda text: [issn_key(text)],
    "local_number": local_number_keys,
    "lc_card_number": lambda text: [lc_card_number_key(text)],
    "language": language_keys,
}
#: Points whose subfields together are one number.
_JOINED = frozenset(("lc_call_number", "nlm_call_number"))
#: Points made of coded positions, by `catalogue.coded`; of their fields, data fields alone count.
_CODED = frozenset(("year", "material_type", "record_type", "bibliographic_level"))


@dataclass(frozen=True, slots=True)
class Selection:
    """Subfields of one MARC field that feed an access point; codes as byte values."""

    tag: bytes
    codes: frozenset[int]
    begins_at: int | None = None
    skip_indicator: int = 0  # 1 or 2: the indicator that counts characters not filed
    thesaurus: bytes = b""  # what indicator 2 must be, if anything


class Target(NamedTuple):
    """The index numbers that the words of a text go into, its word pairs, the whole text, and
    its first word."""

    words: tuple[int, ...] = ()
    pairs: tuple[int, ...] = ()
    fields: tuple[int, ...] = ()
    firsts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TextTask:
    """One selection of subfields, and where their text goes, as numbers in `Plan.targets`.

    `head` is for the first subfield alone, `filed` for the text without the characters that are
    not filed, and `filed_head` for both at once; None where there is no such target.
    """

    source: Selection
    whole: int
    head: int | None
    filed: int | None
    filed_head: int | None


@dataclass(frozen=True, slots=True)
class NumberTask:
    """Subfields (the whole field where there are none) that make terms of a NUMBER index."""

    codes: frozenset[int]
    is_joined: bool
    keys: Keys
    index: int
    is_for_any: bool


@dataclass(slots=True)
class TagPlan:
    """All that is taken from the fields of one tag.

    `rest` are the subfields whose words go into ``any`` beside those of `texts`.
    """

    texts: tuple[TextTask, ...] = ()
    numbers: tuple[NumberTask, ...] = ()
    rest: frozenset[int] = frozenset()
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of one record format by tag. Words that go nowhere but into ``any`` have the
    first target."""

    tags: Mapping[bytes, TagPlan]
    targets: tuple[Target, ...]


def selections(notation: str) -> Iterator[Selection]:
    """The sources that a field notation means (see `catalogue.access_points`)."""
    for part in notation.split():
        part, _, thesaurus = part.partition("=")
        spec, _, skip = part.partition("/")
        tag, subfields = spec[:3], spec[3:]
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
            )


def notation_of(point: AccessPoint, record_format: str) -> str:
    """The fields of a point in a record format (``marc21``, ``danmarc2``, ``unimarc``)."""
    notation: str = getattr(point, record_format)
    return notation


@cache
def plan_for(record_format: str, kept: frozenset[bytes]) -> Plan:
    """The plan of a format; `kept` are the tags whose contents its coded points need."""
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
        tasks = tuple(
            _text_task(source, rows, targets) for source, rows in texts.get(tag, {}).items()
        )
        taken = {code for t in tasks if t.source.begins_at is None for code in t.source.codes}
        rest = frozenset(every.get(tag, set()) - taken)
        tags[tag] = TagPlan(tasks, tuple(numbers.get(tag, ())), rest, tag in kept)
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
        source,
        targets.setdefault(whole, len(targets)),
        number_of(head),
        number_of(filed),
        number_of(head) if source.skip_indicator else None,
    )


def _number_task(row: AccessPoint, source: Selection) -> NumberTask:
    keys = _KEYS.get(row.name, lambda text: [number_key(text)])
    index = row.index(row.kinds[0])
    return NumberTask(source.codes, row.name in _JOINED, keys, index, row.name in ("isbn", "issn"))
