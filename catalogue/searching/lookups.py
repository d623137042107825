"""Reading postings, and records where these do not decide: from matches to bitmaps.

The single terms of a query are read eight to a statement; ranges of terms follow, and only where
something can still be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice
from sys import intern
from typing import Any, Final, Protocol, TypedDict

from pyroaring import BitMap
from sqlalchemy import ColumnElement, Integer, func, literal_column, select, type_coerce, union_all

from catalogue.bitmaps import deserialise, join
from catalogue.database import Statement, Transaction, columns, many, scalars, taking
from catalogue.holders import held_by, open_holders
from catalogue.index.field_texts import subfield_texts_of, texts_of, whole_texts_of
from catalogue.index.numbers import number_key
from catalogue.index.spellings import looking_for_any
from catalogue.query import Part, UnsupportedSearch
from catalogue.records import Record, fetch_records
from catalogue.schema import postings
from catalogue.searching.matches import (
    Alternative,
    Check,
    Clause,
    Held,
    Match,
    Place,
    Posting,
    Span,
    Texts,
    sole_posting,
)
from catalogue.searching.patterns import Pattern
from catalogue.searching.remembered_postings import AT_ONCE, remembered_postings

#: Terms that one truncated or masked term, or one comparison, may take in.
MOST_TERMS = 100_000
#: Terms of an index that are gone through for one expression, and those of them it may match.
MOST_WALKED, MOST_ACCEPTED = 1_000_000, 20_000
#: Single terms that one query may read.
MOST_POSTINGS = 4_000
#: Records whose text is looked at for one term.
MOST_CHECKED = 10_000
#: Terms for which a statement each is no slower on SQLite.
_FEW = 3


@scalars(bytes)
def _one_term(*, access_point: int, term: bytes) -> Statement:
    return select(postings.c.bitmap).where(
        postings.c.access_point == access_point, postings.c.term == term
    )


def _numbered(number: int, bitmap: bytes) -> tuple[int, bytes]:
    return number, bitmap


#: The arguments of the statements below; interned, a call finds them without comparing letters.
_SEVERAL: Final = [
    intern(f"{name}_{number}") for number in range(AT_ONCE) for name in ("access_point", "term")
]


@lru_cache(maxsize=AT_ONCE)
def _several_terms(size: int) -> Callable[..., list[tuple[int, bytes]]]:
    """The bitmaps of `size` terms (index and term in turn), each with its number."""

    @many(_numbered)
    @taking(*_SEVERAL[: 2 * size])
    def bitmaps(**given: Any) -> Statement:
        return union_all(
            *(
                select(*columns(_numbered, postings, number=literal_column(str(number)))).where(
                    postings.c.access_point == given[f"access_point_{number}"],
                    postings.c.term == given[f"term_{number}"],
                )
                for number in range(size)
            )
        )

    return bitmaps


def _in_span(access_point: int, low: bytes, high: bytes) -> ColumnElement[bool]:
    return (
        (postings.c.access_point == access_point)
        & (postings.c.term >= low)
        & (postings.c.term < high)
    )


@scalars(bytes)
def _bitmaps_of_span(*, access_point: int, low: bytes, high: bytes) -> Statement:
    return select(postings.c.bitmap).where(_in_span(access_point, low, high)).limit(MOST_TERMS + 1)


@scalars(bytes)
def _ending(*, access_point: int, low: bytes, high: bytes, ending: bytes, length: int) -> Statement:
    return (
        select(postings.c.bitmap)
        .where(
            _in_span(access_point, low, high),
            func.substr(
                postings.c.term,
                func.length(postings.c.term) - type_coerce(length, Integer) + 1,
            )
            == ending,
        )
        .limit(MOST_TERMS + 1)
    )


class _OfContaining(Protocol):
    def __call__(
        self,
        transaction: Transaction,
        /,
        *,
        access_point: int,
        low: bytes,
        high: bytes,
        containing: bytes,
    ) -> list[bytes]: ...


def _containing(position: Callable[..., ColumnElement[int]]) -> _OfContaining:
    @scalars(bytes)
    def bitmaps(*, access_point: int, low: bytes, high: bytes, containing: bytes) -> Statement:
        return (
            select(postings.c.bitmap)
            .where(_in_span(access_point, low, high), position(postings.c.term, containing) > 0)
            .limit(MOST_TERMS + 1)
        )

    return bitmaps


_CONTAINING: Final = {
    "sqlite": _containing(func.instr),
    "postgresql": _containing(func.pg_catalog.position),
}


@scalars(bytes)
def _terms_between(*, access_point: int, low: bytes, high: bytes) -> Statement:
    return (
        select(postings.c.term)
        .where(_in_span(access_point, low, high))
        .group_by(postings.c.term)
        .order_by(postings.c.term)
        .limit(20_000)
    )


@many(tuple[bytes, bytes])
def _terms_of_span(*, access_point: int, low: bytes, high: bytes) -> Statement:
    return (
        select(postings.c.term, postings.c.bitmap)
        .where(_in_span(access_point, low, high))
        .limit(MOST_TERMS + 1)
    )


def find_match(transaction: Transaction, match: Match) -> BitMap:
    """The records of one match, not to be changed. Raises UnsupportedSearch for too many."""
    sole = sole_posting(match)
    if sole is None:
        return find_matches(transaction, (match,))[0]
    return _read_term(transaction, sole)


def find_matches(transaction: Transaction, matches: Sequence[Match]) -> list[BitMap]:
    """The records of each match. Raises UnsupportedSearch where one would take in too much."""
    if transaction.dialect == "sqlite":
        # Without a round trip, a statement for each term is as quick as one for several.
        sole = [posting for match in matches if (posting := sole_posting(match))]
        if len(sole) == len(matches) <= MOST_POSTINGS:
            return [
                _joined(_one_term(transaction, access_point=index, term=term))
                for index, term in sole
            ]
    wanted: dict[Posting, BitMap] = {}
    for match in matches:
        for alternative in match:
            for clause in (*alternative.clauses, alternative.without):
                for part in clause:
                    if isinstance(part, tuple):
                        wanted[part] = _NONE
        if len(wanted) > MOST_POSTINGS:
            raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_POSTINGS} words")
    read_terms(transaction, wanted)
    return [
        wanted[posting] if (posting := sole_posting(match)) else _find(transaction, match, wanted)
        for match in matches
    ]


_NONE = BitMap()


def read_terms(transaction: Transaction, wanted: dict[Posting, BitMap]) -> None:
    """Puts the records of each term in its place; those given must be empty. What is put there is
    not to be changed."""
    if len(wanted) == 1 or (len(wanted) <= _FEW and transaction.dialect == "sqlite"):
        for key in wanted:
            wanted[key] = _read_term(transaction, key)
        return
    memory = remembered_postings(transaction)
    keys = iter(list(wanted))
    while part := list(islice(keys, AT_ONCE)):
        if memory is not None and any(key in memory for key in part):
            wanted.update(zip(part, memory.read(transaction, part), strict=True))
            continue
        given: dict[str, Any] = dict(zip(_SEVERAL, chain.from_iterable(part), strict=False))
        rows: list[list[bytes]] = [[] for _ in part]
        for number, bitmap in _several_terms(len(part))(transaction, **given):
            rows[number].append(bitmap)
        for key, found in zip(part, rows, strict=True):
            if memory is not None:
                memory.note(key, found)
            wanted[key] = join(found)


def _read_term(transaction: Transaction, key: Posting) -> BitMap:
    memory = remembered_postings(transaction)
    if memory is not None and key in memory:
        return memory.read(transaction, [key])[0]
    index, term = key
    bitmaps = _one_term(transaction, access_point=index, term=term)
    if memory is not None:
        memory.note(key, bitmaps)
    return _joined(bitmaps)


def _joined(bitmaps: Sequence[bytes]) -> BitMap:
    """The union of the bitmaps, as a new one."""
    return deserialise(bitmaps[0]) if len(bitmaps) == 1 else join(bitmaps)


def _find(transaction: Transaction, match: Match, read: dict[Posting, BitMap]) -> BitMap:
    if len(match) == 1:
        return _find_alternative(transaction, match[0], read)
    return BitMap.union(*[_find_alternative(transaction, part, read) for part in match])


def _find_alternative(
    transaction: Transaction, alternative: Alternative, read: dict[Posting, BitMap]
) -> BitMap:
    found: BitMap | None = None
    # Ranges last: they are expensive, and not needed once nothing is left.
    for clause in sorted(alternative.clauses, key=_has_span):
        records = _records_of(transaction, clause, read)
        found = records if found is None else found & records
        if not found:
            return BitMap()
    assert found is not None
    if alternative.without:
        found = found - _records_of(transaction, alternative.without, read)
    if alternative.check is not None:
        found = _checked(transaction, found, alternative.check)
    return found


def _has_span(clause: Clause) -> bool:
    return isinstance(clause[-1], Span)


def _records_of(transaction: Transaction, clause: Clause, read: dict[Posting, BitMap]) -> BitMap:
    bitmaps = [
        read[part]
        if isinstance(part, tuple)
        else _read_span(transaction, part)
        if isinstance(part, Span)
        else _read_held(transaction, part)
        for part in clause
    ]
    return bitmaps[0] if len(bitmaps) == 1 else BitMap.union(*bitmaps)


def _read_held(transaction: Transaction, held: Held) -> BitMap:
    found = BitMap()
    for holder in open_holders(transaction):
        key = number_key(holder.isil)
        if key == held.key or (held.is_open and key.startswith(held.key)):
            found |= held_by(transaction, holder)
    return found


class _Bounds(TypedDict):
    access_point: int
    low: bytes
    high: bytes


def _read_span(transaction: Transaction, span: Span) -> BitMap:
    accepts = Pattern(span.expression).matches if span.expression else span.accepts
    if span.is_walked and accepts is not None:
        return _walk_span(transaction, span, accepts)
    bounds = _Bounds(access_point=span.index, low=span.low, high=span.high)
    rows: Sequence[tuple[bytes, bytes]] = ()
    if span.ending:
        length = len(span.ending)
        bitmaps = _ending(transaction, **bounds, ending=span.ending, length=length)
    elif span.containing:
        containing = _CONTAINING[transaction.dialect]
        bitmaps = containing(transaction, **bounds, containing=span.containing)
    elif accepts is None:
        bitmaps = _bitmaps_of_span(transaction, **bounds)
    else:
        rows = _terms_of_span(transaction, **bounds)
        bitmaps = [bitmap for term, bitmap in rows if accepts(term.decode("utf-8", "replace"))]
    if max(len(rows), len(bitmaps)) > MOST_TERMS:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_TERMS} terms")
    return _joined(bitmaps)


def _walk_span(transaction: Transaction, span: Span, accepts: Callable[[str], object]) -> BitMap:
    """Terms first, for there are many, and then the records of those accepted."""
    accepted: dict[Posting, BitMap] = {}
    walked = 0
    low = span.low
    while terms := _terms_between(transaction, access_point=span.index, low=low, high=span.high):
        walked += len(terms)
        for term in terms:
            if accepts(term.decode("utf-8", "replace")):
                accepted[span.index, term] = _NONE
        if walked > MOST_WALKED:
            raise UnsupportedSearch(
                Part.TOO_COMPLEX, f"more than {MOST_WALKED} terms to go through"
            )
        if len(accepted) > MOST_ACCEPTED:
            raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_ACCEPTED} terms")
        low = terms[-1] + b"\x00"
    if not accepted:
        return BitMap()
    read_terms(transaction, accepted)
    return BitMap.union(*accepted.values())


def records_passing(
    transaction: Transaction, candidates: BitMap, passes: Callable[[Record], bool]
) -> BitMap:
    """The candidates that pass when they are read; refuses more than `MOST_CHECKED`."""
    if len(candidates) > MOST_CHECKED:
        raise UnsupportedSearch(Part.TOO_COMPLEX, f"more than {MOST_CHECKED} records to look at")
    passed = BitMap()
    ids = candidates.to_array().tolist()
    for start in range(0, len(ids), 500):
        for record in fetch_records(transaction, ids[start : start + 500]):
            if passes(record):
                passed.add(record.id)
    return passed


def _checked(transaction: Transaction, candidates: BitMap, check: Check) -> BitMap:
    """The candidates whose text passes the check."""
    texts = _TEXTS[check.texts]
    wanted = looking_for_any([phrase.encode().split() for phrase in check.phrases], check.is_open)
    return records_passing(
        transaction,
        candidates,
        lambda record: _passes(texts(record.format, record.data, check.name, wanted), check),
    )


_TEXTS = {
    Texts.FIELDS: texts_of,
    Texts.SUBFIELDS: subfield_texts_of,
    Texts.WHOLES: whole_texts_of,
}


def _passes(fields: Iterable[Sequence[str]], check: Check) -> bool:
    missing = {*range(len(check.phrases))}
    for readings in fields:
        for text in readings:
            missing -= {
                at for at in missing if _stands(text, check.phrases[at], check.place, check.is_open)
            }
        if not missing:
            return True
    return False


def _stands(text: str, phrase: str, place: Place, is_open: bool) -> bool:
    """Does the phrase stand at the place in the folded text of a field?"""
    padded = f" {text} "
    ending = "" if is_open else " "
    if place is Place.ANYWHERE:
        return f" {phrase}{ending}" in padded
    if place is Place.BEGINNING:
        return padded.startswith(f" {phrase}{ending}")
    return text == phrase
