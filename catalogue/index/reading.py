"""Turns texts into the numbers of their words, for many texts and several targets at once.

If the words of a text must stay in order, as for word pairs and whole fields, all readings of it
(`catalogue.index.folding`) are made first. The others, which are the majority, are taken as they
are: it is enough to read each distinct word once, when all of them are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from catalogue.index.folding import (
    BETWEEN,
    MARK,
    PHRASE_BYTES,
    WORD_BYTES,
    bounded,
    cut_phrase,
    join_texts,
    plain_signs,
    spaced,
    split_plain,
    word_readings,
)
from catalogue.index.selection import Target
from catalogue.index.spellings import joined_words, plain_readings
from catalogue.index.vocabulary import SplitText, Vocabulary, WordNumbers, split_text

Numbers = NDArray[numpy.uint64]

#: Bytes of text whose words are numbered at once, in about 10 MB of memory.
_NUMBERED_AT_ONCE = 1 << 20


class Found(NamedTuple):
    """Texts or terms, each with the lower 16 bits of the id of its record."""

    values: list[bytes]
    lows: Numbers


class Words(NamedTuple):
    """The words of some texts as numbers, in order; the record of each; and which of them are words
    and not the mark between two texts."""

    numbers: Numbers
    lows: Numbers
    is_word: NDArray[numpy.bool_]


class Parts:
    """Numbers of words or terms as they come, and the records of the texts or of the terms."""

    def __init__(self) -> None:
        self._numbers: list[WordNumbers] = []
        self._lows: list[Numbers] = []

    def add(self, numbers: WordNumbers, lows: Numbers) -> None:
        self._numbers.append(numbers)
        self._lows.append(lows)

    def numbers(self) -> WordNumbers:
        return numpy.concatenate(self._numbers)

    def lows(self) -> Numbers:
        return numpy.concatenate(self._lows)


class _Joined(NamedTuple):
    """Texts joined by `BETWEEN`, and the record of each."""

    text: bytes
    lows: Numbers


class Reader:
    """Takes texts, and gives their words when all of them are there."""

    def __init__(self, add_terms: Callable[[int, Found], None]) -> None:
        """`add_terms` takes whole texts as terms of an index."""
        self._add_terms = add_terms
        self._vocabulary = Vocabulary()
        self._mark = numpy.uint32()  # the number of the mark, once there are words
        self._waiting: defaultdict[Target, list[_Joined]] = defaultdict(list)
        self._size = 0
        self._parts: defaultdict[Target, Parts] = defaultdict(Parts)

    def add(self, target: Target, found: Found) -> None:
        """Takes UTF-8 texts."""
        joined = _as_found(found) if _is_unordered(target) else _in_readings(found)
        self._waiting[target].append(joined)
        self._size += len(joined.text)
        if self._size > _NUMBERED_AT_ONCE:
            self._number()

    def words(self) -> tuple[list[bytes], Iterator[tuple[Target, Words]]]:
        """All words in order, and the words in the texts of each target."""
        if self._waiting:
            self._number()
        unordered = [parts for target, parts in self._parts.items() if _is_unordered(target)]
        readings = _readings(self._vocabulary, [parts.numbers() for parts in unordered])
        words, rank = self._vocabulary.ranked()
        return words, (
            (target, self._words_of(parts, readings if _is_unordered(target) else None, rank))
            for target, parts in self._parts.items()
        )

    def _number(self) -> None:
        """Numbers the words of what is waiting, and takes texts as terms where they are terms."""
        waiting: Mapping[Target, list[_Joined]] = self._waiting
        text = _split(waiting)
        if (text.ends - text.begins).max() > WORD_BYTES:
            waiting = {
                target: parts if _is_unordered(target) else list(map(_cut, parts))
                for target, parts in waiting.items()
            }
            text = _split(waiting)
        numbers = self._vocabulary.numbers(text)
        self._mark = numbers[0]
        [marks] = (numbers == self._mark).nonzero()
        end, texts = 1, 0
        for target, parts in waiting.items():
            lows = numpy.concatenate([part.lows for part in parts])
            texts += len(lows)
            begin, end = end, int(marks[texts]) + 1
            if target.fields:
                wholes = Found(_wholes(text.between(begin, end)), lows)
                for index in target.fields:
                    self._add_terms(index, wholes)
            if target.words or target.firsts or target.pairs:
                self._parts[target].add(numbers[begin:end], lows)
        self._waiting.clear()
        self._size = 0

    def _words_of(self, parts: Parts, readings: _Readings | None, rank: Numbers) -> Words:
        numbers = parts.numbers()
        is_word = numbers != self._mark
        is_mark = ~is_word
        lows = parts.lows()[numpy.cumsum(is_mark) - is_mark]
        if readings:
            numbers, lows = readings.of(numbers, lows)
            is_word = numpy.ones(len(numbers), numpy.bool_)
        return Words(rank[numbers], lows, is_word)


def _is_unordered(target: Target) -> bool:
    """Is the order of the words irrelevant?"""
    return target == Target(target.words)


def _in_readings(found: Found) -> _Joined:
    """The texts in all their readings."""
    mains, others = plain_readings(found.values)
    lows = found.lows
    if others:
        mains += [other for _, other in others]
        lows = numpy.concatenate([lows, lows[[at for at, _ in others]]])
    return _Joined(BETWEEN.join(mains), lows)


def _as_found(found: Found) -> _Joined:
    """The texts, and the other words they have because of their hyphens and apostrophes."""
    texts, lows = found
    whole = join_texts(texts)
    plain = whole if whole.isascii() else plain_signs(whole)
    if plain is not whole:
        texts = plain.split(BETWEEN)
    joined = [at for at, text in enumerate(texts) if b"-" in text or b"'" in text]
    if joined:
        plain = BETWEEN.join([plain, *(joined_words(texts[at]) for at in joined)])
        lows = numpy.concatenate([lows, lows[joined]])
    return _Joined(plain, lows)


def _split(waiting: Mapping[Target, list[_Joined]]) -> SplitText:
    """All texts as one, with a mark before and after each."""
    texts = [part.text for parts in waiting.values() for part in parts]
    return split_text(spaced(BETWEEN.join([b"", *texts, b""])))


def _cut(joined: _Joined) -> _Joined:
    """The same with words that are too long cut."""
    parts = [
        part
        for word in split_plain(joined.text)
        for part in ((word,) if len(word) <= WORD_BYTES else bounded([word]))
    ]
    return joined._replace(text=b" ".join(parts))


def _wholes(text: bytes) -> list[bytes]:
    """The texts with one space between words; empty if there is no word."""
    wholes = [whole.strip() for whole in text.split(MARK)[:-1]]
    return [whole if len(whole) <= PHRASE_BYTES else cut_phrase(whole) for whole in wholes]


class _Readings(NamedTuple):
    """The numbers of the words under which a word is found, by the number of that word.

    Words for which `is_itself` is true, as for most, are found only as they are. For any other,
    they are `size` numbers of `flat`, from `begin` on.
    """

    is_itself: NDArray[numpy.bool_]
    begin: NDArray[numpy.intp]
    size: NDArray[numpy.intp]
    flat: WordNumbers

    def of(self, numbers: WordNumbers, lows: Numbers) -> tuple[WordNumbers, Numbers]:
        """All words under which these are found, in no particular order, and the record of each."""
        is_itself = self.is_itself[numbers]
        others = numbers[~is_itself]
        # For each word, as many consecutive places as it has readings.
        size = self.size[others]
        before = numpy.cumsum(size) - size
        places = numpy.repeat(self.begin[others] - before, size) + numpy.arange(size.sum())
        lows_of_others = numpy.repeat(lows[~is_itself], size)
        return (
            numpy.concatenate([numbers[is_itself], self.flat[places]]),
            numpy.concatenate([lows[is_itself], lows_of_others]),
        )


def _readings(vocabulary: Vocabulary, unread: list[WordNumbers]) -> _Readings:
    """The readings of these words; the mark, which is among them, has none."""
    is_used = numpy.zeros(len(vocabulary), numpy.bool_)
    for numbers in unread:
        is_used[numbers] = True
    is_itself = vocabulary.is_short_ascii()
    others = numpy.flatnonzero(is_used & ~is_itself)
    readings = list(map(word_readings, vocabulary.words(others)))
    size = numpy.zeros(len(vocabulary), numpy.intp)
    size[others] = list(map(len, readings))
    flat = vocabulary.numbers(split_text(b" ".join([*chain.from_iterable(readings), b""])))
    return _Readings(is_itself, numpy.cumsum(size) - size, size, flat)
