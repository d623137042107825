"""Folding: which spellings find which, as the table in `catalogue.index.folding` says."""

# ruff: noqa: RUF001 -- look-alike characters are what is tested
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.index.folding import (
    PHRASE_BYTES,
    WORD_BYTES,
    byte_readings,
    fold_phrase,
    fold_readings,
    fold_words,
    pair_key,
    phrase_key,
)


def finds(term: str, text: str) -> bool:
    """Would a search for all words of `term` find `text`?"""
    indexed = {word for reading in fold_readings(text) for word in reading}
    return set(fold_words(term)) <= indexed


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Århus", "Århus"), ("Aarhus", "Århus"), ("Århus", "Aarhus"), ("Arhus", "Århus"),
        ("A\u030arhus", "Århus"), ("ÅRHUS", "aarhus"),
        ("Ærø", "Ærø"), ("Aeroe", "Ærø"), ("aero", "Ærø"), ("Ærø", "Aeroe"),
        ("smoerrebroed", "Smørrebrød"), ("smorrebrod", "Smørrebrød"),
        ("Smørrebrød", "smoerrebroed"),
        ("Müller", "Mueller"), ("Mueller", "Müller"), ("Muller", "Müller"),
        ("Malmö", "Malmoe"), ("Malmø", "Malmö"), ("Malmo", "Malmö"),
        ("O'Brien", "O'Brien"), ("OBrien", "O'Brien"), ("O Brien", "O'Brien"),
        ("O’Brien", "O'Brien"), ("O'Brien", "O’Brien"),
        ("amour", "l'amour"), ("l'amour", "L’amour"), ("Shakespeare", "Shakespeare's"),
        ("Spider-man", "Spider Man"), ("Spiderman", "Spider-man"), ("Spider man", "Spider-man"),
        ("Saadi", "Saʻadi"), ("Dostoevskii", "Dostoevskiĭ"), ("strasse", "Straße"),
        ("Łódź", "lodz"), ("cafe", "Café"), ("Café", "cafe"), ("Čapek", "capek"),
        ("толстои", "Толстой"), ("ﬁsh", "fish"), ("２０２０", "2020"),
        ("国", "中国文学"), ("中国", "中国文学"), ("한국문학", "한국 문학"),
        ("سعدي", "سَعدي"),
    ],
)  # fmt: skip
def test_spelling_finds(term: str, text: str) -> None:
    assert finds(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [("Müller", "Muller"), ("pot", "poet"), ("Spider-man", "Spiderman"), ("Israel", "Isrål")],
)
def test_spelling_does_not_find(term: str, text: str) -> None:
    assert not finds(term, text)


def test_readings_are_the_documented_ones() -> None:
    assert fold_readings("Ældre Århus-folk: O'Brien & søn") == [
        ["aeldre", "aarhus", "folk", "obrien", "soen"],
        ["aeldre", "arhusfolk", "o", "brien", "son"],
    ]
    assert fold_readings("The old man and the sea, 1952-1953.") == [
        ["the", "old", "man", "and", "the", "sea", "1952", "1953"]
    ]


def test_cjk_is_one_word_per_character_and_adjacent() -> None:
    assert fold_words("日本語のABC") == ["日", "本", "語", "の", "abc"]
    assert pair_key("日", "本") == "日 本".encode()


def test_marks_of_indic_scripts_are_kept() -> None:
    assert fold_words("हिन्दी साहित्य") == ["हिन्दी", "साहित्य"]


def test_marks_around_what_is_not_sorted_vanish() -> None:
    assert fold_words("\x98Der \x9cZauberberg") == ["der", "zauberberg"]


def test_long_words_and_phrases_are_cut_in_both_places() -> None:
    word = "ab" * 200
    assert fold_words(word) == [word[:WORD_BYTES]]
    assert fold_words(word + "z") == fold_words(word)
    assert fold_words("é文" + "ж" * 200)[-1] == "ж" * (WORD_BYTES // 2)
    assert len(phrase_key(fold_phrase("word " * 100))) == PHRASE_BYTES


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    once = fold_phrase(text)
    assert fold_phrase(once) == once


@given(st.text())
def test_index_and_search_agree(text: str) -> None:
    main, _ = byte_readings(text.encode("utf-8", "replace"))
    assert [word.decode() for word in main] == fold_words(text)


@given(st.text(), st.text())
def test_words_do_not_depend_on_their_neighbours(left: str, right: str) -> None:
    assert fold_words(f"{left} {right}") == fold_words(left) + fold_words(right)


@given(st.binary())
def test_any_bytes_fold(data: bytes) -> None:
    for reading in byte_readings(data):
        assert all(0 < len(word) <= WORD_BYTES for word in reading or ())
