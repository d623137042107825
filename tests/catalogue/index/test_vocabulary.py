"""Numbers of words by arrays are those of a plain dictionary."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.index import vocabulary
from catalogue.index.vocabulary import Vocabulary, split_text

#: Few letters, so that words are repeated and are the beginnings of others; with sizes at which
#: something changes.
WORD = st.one_of(
    st.text("abø語", min_size=1, max_size=3).map(str.encode),
    st.binary(min_size=1, max_size=20).map(lambda found: found.replace(b" ", b"x")),
    st.builds(
        lambda letter, size, end: letter * size + end,
        st.sampled_from([b"a", b"\xff", b"\x80"]),
        st.sampled_from([7, 8, 9, 15, 16, 17, 64, 65]),
        st.sampled_from([b"", b"b", b"\xff"]),
    ),
).map(lambda word: word.replace(b"\0", b"0"))
TEXTS = st.lists(st.lists(WORD, max_size=60), max_size=5)


def text_of(words: list[bytes], space: bytes = b" ") -> bytes:
    return b"".join(word + space for word in words)


def check(texts: list[list[bytes]]) -> None:
    """The same words have the same number, in one text and in others, and no other word has it."""
    kept = Vocabulary()
    numbered = [kept.numbers(split_text(text_of(words))).tolist() for words in texts]
    number_of: dict[bytes, int] = {}
    for words, numbers in zip(texts, numbered, strict=True):
        for word, number in zip(words, numbers, strict=True):
            assert number_of.setdefault(word, number) == number
    assert len(set(number_of.values())) == len(number_of)
    assert all(0 < number < len(kept) for number in number_of.values())
    numbers = numpy.array(list(number_of.values()), numpy.intp)
    assert kept.words(numbers) == list(number_of)
    is_short_ascii = [word.isascii() and len(word) <= 16 for word in number_of]
    assert kept.is_short_ascii()[numbers].tolist() == is_short_ascii
    words, rank = kept.ranked()
    assert words == sorted(words)
    assert [words[at] for at in rank[numbers].tolist()] == list(number_of)


@given(TEXTS)
def test_numbers_are_those_of_a_dictionary(texts: list[list[bytes]]) -> None:
    check(texts)


def test_tables_grow_with_their_words() -> None:
    words = [b"%d" % (number * number) for number in range(30_000)]
    check([words[:10], words[:2000] * 2, words[1000:], words])


def test_longer_words_make_the_table_grow_too() -> None:
    words = [b"something-longer-than-a-key-%d" % number for number in range(3000)]
    check([words, [*words, b"short"]])


def test_words_that_all_have_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "_FACTORS", (numpy.uint64(0),) * 3)
    words = [b"%d" % number for number in range(900)]
    check([words[:50], words * 2, words])


@given(st.lists(WORD, max_size=20), st.sampled_from([b" ", b"  ", b"     "]))
def test_spaces_between_words_are_one(words: list[bytes], space: bytes) -> None:
    text = split_text(space + text_of(words, space))
    assert text.letters.tobytes().rstrip(b"\0") == text_of(words)
    if words:
        assert text.between(0, len(words)) == b" ".join(words)
        assert text.between(len(words) - 1, len(words)) == words[-1]


def test_an_empty_text_has_no_words() -> None:
    assert Vocabulary().numbers(split_text(b"")).tolist() == []
    assert Vocabulary().ranked()[0] == []
