"""The index of many texts is that of the words of each, taken one by one."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.bitmaps import deserialise
from catalogue.index import reading
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.folding import (
    cut_phrase,
    plain_signs,
    split_plain,
    word_readings,
)
from catalogue.index.inversion import Found, Inversion
from catalogue.index.selection import ANY_WORDS, Target
from catalogue.index.spellings import byte_readings, joined_words

TITLE = ACCESS_POINTS["title"]
AUTHOR = ACCESS_POINTS["author"]
TARGETS = [
    Target((ANY_WORDS,)),
    Target((AUTHOR.index(Kind.WORD), ANY_WORDS)),
    Target(fields=(TITLE.index(Kind.FIELD),)),
    Target(
        (TITLE.index(Kind.WORD), ANY_WORDS),
        (TITLE.index(Kind.PAIR),),
        (TITLE.index(Kind.FIELD),),
        (TITLE.index(Kind.FIRST),),
    ),
]
WORD = st.one_of(
    st.sampled_from(
        [
            "l'eau",
            "Spider-man",
            "Ærø",
            "Århus",
            "Müller's",
            "O'Brien-Øst",
            "l\u2019Hôtel\u2010Dieu",
            "日本",
            "Пётр",
            "-",
            "'",
        ]
    ),
    st.sampled_from(["a", "ab" * 4, "ab" * 8, "ab" * 8 + "c", "x" * 64, "y" * 65, "ø" * 40]),
    st.text(max_size=5),
)
TEXT = st.builds(str.join, st.sampled_from([" ", ", ", "-"]), st.lists(WORD, max_size=6)).map(
    str.encode
)
FOUND = st.lists(
    st.tuples(st.sampled_from(TARGETS), st.lists(st.tuples(TEXT, st.integers(0, 9)), min_size=1)),
    max_size=6,
)
Index = dict[tuple[int, bytes], set[int]]


def inverted(found: list[tuple[Target, list[tuple[bytes, int]]]]) -> Index:
    inversion = Inversion(0)
    for target, texts in found:
        lows = numpy.array([low for _, low in texts], numpy.uint64)
        inversion.add_texts(target, Found([text for text, _ in texts], lows))
    index = {}
    for columns in inversion.columns(numpy.empty(0, numpy.uint64)):
        assert columns.terms == sorted(set(columns.terms))
        rows = zip(columns.terms, columns.counts, columns.bitmaps, strict=True)
        for term, size, bitmap in rows:
            index[columns.access_point, term] = set(deserialise(bytes(bitmap)))
            assert len(index[columns.access_point, term]) == size
    return {key: lows for key, lows in index.items() if key[1] != PRESENT}


def words_in_any_reading(text: bytes) -> set[bytes]:
    text = plain_signs(text)
    words = split_plain(text) + split_plain(joined_words(text))
    return {reading for word in words for reading in word_readings(word)}


def one_by_one(found: list[tuple[Target, list[tuple[bytes, int]]]]) -> Index:
    index: Index = defaultdict(set)
    for target, texts in found:
        for text, low in texts:
            if target == Target(target.words):
                for word in words_in_any_reading(text):
                    for of in target.words:
                        index[of, word].add(low)
                continue
            for words in filter(None, byte_readings(text)):
                terms = [(of, word) for of in target.words for word in words]
                terms += [(of, words[0]) for of in target.firsts]
                terms += [(of, cut_phrase(b" ".join(words))) for of in target.fields]
                pairs = map(b" ".join, pairwise(words))
                terms += [(of, pair) for pair in pairs for of in target.pairs]
                for term in terms:
                    index[term].add(low)
    return index


@given(FOUND)
def test_texts_at_once_are_those_one_by_one(
    found: list[tuple[Target, list[tuple[bytes, int]]]],
) -> None:
    assert inverted(found) == one_by_one(found)


@given(FOUND)
def test_however_many_are_numbered_at_once(
    found: list[tuple[Target, list[tuple[bytes, int]]]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_NUMBERED_AT_ONCE", 20)
        assert inverted(found) == one_by_one(found)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "text", [b"one \xff two", b"\xff", b"\xff\xff x", b"a\xffb \xc3", b"l'\xff-a"]
)
def test_a_damaged_text_is_no_break_between_texts(target: Target, text: bytes) -> None:
    found = [(target, [(text, 1), (b"last", 2)]), (TARGETS[1], [(b"next", 3)])]
    assert inverted(found) == one_by_one(found)


def test_texts_without_words_have_no_terms() -> None:
    assert inverted([(target, [(b"", 1), (b" - ", 2)]) for target in TARGETS]) == {}
