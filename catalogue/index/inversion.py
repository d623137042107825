"""The inverted index of some records: rows of `postings` from their texts and terms.

Everything is done for all records at once, on arrays of numbers (numpy). A **posting** is a number
of 64 bits: the number of a term in the upper bits (or those of two words, 24 bits each) and that of
the record in the lower 16. Sorting brings the records of each term together, and as words are
numbered in their order, the terms are in order as well.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy
from numpy.typing import NDArray

from catalogue.bitmaps import CHUNK_BITS, FEW, array_head, serialise
from catalogue.index.access_points import PRESENT, ROWS
from catalogue.index.reading import Found, Numbers, Parts, Reader, Words
from catalogue.index.selection import ANY_WORDS, Target

__all__ = ["Columns", "Found", "Inversion"]

_WORD_BITS = 24
_LOW = numpy.uint64((1 << CHUNK_BITS) - 1)
_TERM_SHIFT = numpy.uint64(CHUNK_BITS)
_WORD_SHIFT = numpy.uint64(_WORD_BITS)
_WORD = numpy.uint64((1 << _WORD_BITS) - 1)
_NONE = numpy.empty(0, numpy.uint64)

#: Indexes whose term `PRESENT` has every record that has the access point.
_PRESENCE = frozenset(row.presence_index for row in ROWS if row.kinds)


class Columns(NamedTuple):
    """Rows of `postings` of one index and chunk, column by column, in the order of the terms.

    Lists of bytes travel between processes at a fraction of the cost of tuples.
    """

    access_point: int
    chunk: int
    terms: list[bytes]
    counts: list[int]
    bitmaps: list[bytes]


class _Terms(Parts):
    """Terms as they come, numbered in the order of their first occurrence."""

    def __init__(self) -> None:
        super().__init__()
        self.number_of: defaultdict[bytes, int] = defaultdict(count().__next__)

    def add_terms(self, found: Found) -> None:
        numbers = map(self.number_of.__getitem__, found.values)
        self.add(numpy.fromiter(numbers, numpy.uint32, len(found.values)), found.lows)


class Inversion:
    """The index of the records of one chunk, from the texts and terms found in them."""

    def __init__(self, chunk: int) -> None:
        self.chunk = chunk
        self._found: defaultdict[Target, list[Found]] = defaultdict(list)
        self._terms: defaultdict[int, _Terms] = defaultdict(_Terms)

    def add_texts(self, target: Target, found: Found) -> None:
        """Takes UTF-8 texts: not too many at once, so that they stay in the processor's cache.

        They are read when all of them are there, target by target: then the words that they have in
        common are in the cache, and nothing else.
        """
        self._found[target].append(found)

    def add_terms(self, index: int, found: Found) -> None:
        """Takes terms of an index whose terms are not made of words."""
        self._terms[index].add_terms(found)

    def columns(self, every: Numbers) -> list[Columns]:
        """The rows of the index, by index and term.

        `every` record is put into the index of all words, even if it has none.
        """
        reader = Reader(self.add_terms)
        while self._found:
            target, parts = self._found.popitem()
            for part in parts:
                reader.add(target, part)
        words, streams = reader.words()
        if len(words) > _WORD:
            raise OverflowError("more different words than can be inverted at once")
        by_word: defaultdict[int, list[Numbers]] = defaultdict(list, {ANY_WORDS: []})
        by_pair: defaultdict[int, list[Numbers]] = defaultdict(list)
        for target, stream in streams:
            _spread(_word_postings, stream, target.words, by_word)
            _spread(_first_postings, stream, target.firsts, by_word)
            _spread(_pair_postings, stream, target.pairs, by_pair)

        def pairs_of(numbers: Numbers) -> list[bytes]:
            firsts, seconds = (numbers >> _WORD_SHIFT).tolist(), (numbers & _WORD).tolist()
            return [words[a] + b" " + words[b] for a, b in zip(firsts, seconds, strict=True)]

        rows = _Rows(self.chunk, {ANY_WORDS: every})
        words_of = partial(_named, words)
        made = [rows.columns(index, _joined(parts), words_of) for index, parts in by_word.items()]
        made += [rows.columns(index, _joined(parts), pairs_of) for index, parts in by_pair.items()]
        for index, found in self._terms.items():
            terms, rank = _ranked(found.number_of)
            postings = _sorted(rank[found.numbers()] << _TERM_SHIFT | found.lows())
            if terms[0] == b"":  # a text without a word
                postings = postings[postings > _LOW]
            made.append(rows.columns(index, postings, partial(_named, terms)))
        return sorted(columns for columns in made if columns.terms)


def _named(terms: list[bytes], numbers: Numbers) -> list[bytes]:
    return [terms[number] for number in numbers.tolist()]


def _ranked(number_of: dict[bytes, int]) -> tuple[list[bytes], Numbers]:
    """The terms in order, and for each number the position of its term."""
    terms = sorted(number_of)
    rank = numpy.empty(len(terms), numpy.uint64)
    numbers = numpy.fromiter(map(number_of.__getitem__, terms), numpy.intp, len(terms))
    rank[numbers] = numpy.arange(len(terms), dtype=numpy.uint64)
    return terms, rank


def _word_postings(stream: Words) -> Numbers:
    return (stream.numbers << _TERM_SHIFT | stream.lows)[stream.is_word]


def _first_postings(stream: Words) -> Numbers:
    is_first = stream.is_word.copy()
    is_first[1:] &= ~stream.is_word[:-1]
    return (stream.numbers << _TERM_SHIFT | stream.lows)[is_first]


def _pair_postings(stream: Words) -> Numbers:
    pairs = stream.numbers[:-1] << _WORD_SHIFT | stream.numbers[1:]
    return (pairs << _TERM_SHIFT | stream.lows[1:])[stream.is_word[:-1] & stream.is_word[1:]]


def _spread(
    postings_of: Callable[[Words], Numbers],
    stream: Words,
    indexes: tuple[int, ...],
    into: Mapping[int, list[Numbers]],
) -> None:
    if indexes:
        postings = _sorted(postings_of(stream))
        for index in indexes:
            into[index].append(postings)


def _sorted(postings: Numbers, kind: Literal["quicksort", "stable"] = "quicksort") -> Numbers:
    """The postings in order, without duplicates; sorts in place."""
    postings.sort(kind=kind)
    is_new = numpy.ones(len(postings), numpy.bool_)
    numpy.not_equal(postings[1:], postings[:-1], out=is_new[1:])
    return postings[is_new]


def _joined(parts: list[Numbers]) -> Numbers:
    if len(parts) == 1:
        return parts[0]
    return _sorted(numpy.concatenate(parts or [_NONE]), "stable")  # merges sorted parts


class _Rows(NamedTuple):
    """Rows of one chunk, and records that are present in an index without any term in it."""

    chunk: int
    present: Mapping[int, Numbers]

    def columns(
        self, access_point: int, postings: Numbers, terms_of: Callable[[Numbers], list[bytes]]
    ) -> Columns:
        """The rows of one index from its sorted postings."""
        numbers, lows = postings >> _TERM_SHIFT, postings & _LOW
        is_last = numpy.ones(len(numbers), numpy.bool_)
        numpy.not_equal(numbers[1:], numbers[:-1], out=is_last[:-1])
        ends = numpy.flatnonzero(is_last) + 1
        terms = terms_of(numbers[is_last])
        if access_point in _PRESENCE:
            present = numpy.zeros(1 << CHUNK_BITS, numpy.bool_)
            present[lows] = True
            present[self.present.get(access_point, _NONE)] = True
            lows = numpy.concatenate([numpy.flatnonzero(present).astype(numpy.uint64), lows])
            first = len(lows) - len(postings)
            if first:
                terms.insert(0, PRESENT)
                ends = numpy.concatenate([[first], ends + first])
        counts = ends.copy()
        counts[1:] -= ends[:-1]
        bitmaps = _bitmaps(self.chunk, counts, ends, lows.astype("<u2"))
        return Columns(access_point, self.chunk, terms, counts.tolist(), bitmaps)


def _bitmaps(
    chunk: int, counts: NDArray[Any], ends: NDArray[Any], lows: NDArray[Any]
) -> list[bytes]:
    """The bitmap of each term: the lower parts of its ids are in `lows`, up to its end."""
    made: Any = numpy.empty(len(counts), numpy.object_)
    ids = (lows.astype("<u4") | numpy.uint32(chunk << CHUNK_BITS)).astype("<u4")
    largest = counts.max(initial=0)
    for size in range(1, min(largest, FEW) + 1):  # most of them, and so all at once
        which = numpy.flatnonzero(counts == size)
        if len(which):
            rows = ids[(ends[which] - size)[:, None] + numpy.arange(size)]
            made[which] = rows.view(f"V{4 * size}").ravel()
    if largest <= FEW:
        return list(made)
    whole = lows.tobytes()
    for at in numpy.flatnonzero(counts > FEW).tolist():
        size, end = counts[at], 2 * ends[at]
        part = whole[end - 2 * size : end]
        head = array_head(chunk, size)
        made[at] = head + part if head else serialise(chunk, array("H", part))
    return list(made)
