"""Folding: which spellings find which, as the table in `catalogue.index.folding` says."""

# ruff: noqa: RUF001 -- look-alike characters are what is tested
from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.index.folding import (
    PHRASE_BYTES,
    WORD_BYTES,
    fold_phrase,
    fold_words,
    pair_key,
    phrase_key,
)
from catalogue.index.spellings import (
    MOST_READINGS,
    byte_readings,
    looking_for,
    looking_for_any,
)
from tests.catalogue.readings import fold_readings


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
        *((term, "Histoire de l'Hôtel-Dieu de Québec") for term in (
            "hotel", "dieu", "hotel-dieu", "l'hotel-dieu", "l hotel dieu", "hôteldieu",
            "lhoteldieu", "L’Hôtel Dieu", "l hoteldieu",
        )),
        ("rock n roll", "Rock'n'roll"), ("rock'n roll", "Rock'n'roll"),
        ("rocknroll", "Rock'n'roll"), ("d'Orsay-Müller", "d’Orsay‑Müller"),
        ("Arhus-Aeroe", "Århus-Ærø"), ("aarhusaero", "Århus-Ærø"),
        ("l amour", "l＇amour"), ("spiderman", "Spider－man"), ("spiderman", "Spider‐man"),
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
        reading.split()
        for reading in (
            "aeldre aarhus folk obrien soen",
            "aeldre arhus folk obrien son",
            "aeldre aarhusfolk obrien soen",
            "aeldre arhusfolk obrien son",
            "aeldre aarhus folk o brien soen",
            "aeldre arhus folk o brien son",
            "aeldre aarhusfolk o brien soen",
            "aeldre arhusfolk o brien son",
            # One token by itself, the others in the main reading.
            "aeldre arhus folk obrien soen",
            "aeldre arhusfolk obrien soen",
        )
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
    assert phrase_key(fold_phrase("word " * 100)) == b" ".join([b"word"] * 48)


@given(st.text(min_size=100).map(lambda text: text * 3))
def test_a_cut_phrase_is_the_same_when_it_is_read_again(text: str) -> None:
    """What a list of terms shows can be searched as it is shown."""
    key = phrase_key(fold_phrase(text))
    assert len(key) <= PHRASE_BYTES
    assert phrase_key(fold_phrase(key.decode())) == key


#: Pieces with their readings, and what stands between them with its readings.
PIECES = {
    "man": ["man"], "x": ["x"], "Ærø": ["aeroe", "aero"], "Århus": ["aarhus", "arhus"],
    "Müller": ["mueller", "muller"], "Hôtel": ["hotel"], "søn": ["soen", "son"],
}  # fmt: skip
JOINERS = {
    "-": [" ", ""], "\u2010": [" ", ""], "\u2011": [" ", ""], "\uff0d": [" ", ""],
    "'": ["", " "], "\u2019": ["", " "], "\uff07": ["", " "],
    "/": [" "], ".": [" "], "&": [" "], "\u2013": [" "],
}  # fmt: skip


@given(
    st.sampled_from(sorted(PIECES)),
    st.lists(
        st.tuples(st.sampled_from(sorted(JOINERS)), st.sampled_from(sorted(PIECES))), max_size=2
    ),
)
def test_every_combination_of_the_readings_of_a_token_is_there(
    first: str, others: list[tuple[str, str]]
) -> None:
    text = first + "".join(f"{joiner}{piece}" for joiner, piece in others)
    choices = [PIECES[first]]
    for joiner, piece in others:
        choices += [JOINERS[joiner], PIECES[piece]]
    readings = {" ".join(words) for words in fold_readings(f"de {text} de")}
    for combination in product(*choices):
        assert f"de {''.join(combination)} de" in readings


def test_a_token_of_too_many_readings_is_read_alike() -> None:
    token = "-".join(["d'a"] * 8)
    readings = [" ".join(words) for words in fold_readings(token)]
    assert readings == [
        " ".join(["da"] * 8), "da" * 8, " ".join(["d a"] * 8), "d " + "ad " * 7 + "a"
    ]  # fmt: skip


def test_many_tokens_of_many_readings_stay_few_texts() -> None:
    token = "l'Hôtel-Dieu-d'Århus"
    readings = fold_readings(" ".join([token] * 50))
    assert len(readings) <= 2 * MOST_READINGS
    words = {word for reading in readings for word in reading}
    assert words >= {word for reading in fold_readings(token) for word in reading}


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    once = fold_phrase(text)
    assert fold_phrase(once) == once


@given(st.text())
def test_index_and_search_agree(text: str) -> None:
    main = byte_readings(text.encode("utf-8", "replace"))[0]
    assert [word.decode() for word in main] == fold_words(text)


@given(st.text(), st.text())
def test_words_do_not_depend_on_their_neighbours(left: str, right: str) -> None:
    assert fold_words(f"{left} {right}") == fold_words(left) + fold_words(right)


@given(st.binary())
def test_any_bytes_fold(data: bytes) -> None:
    for reading in byte_readings(data):
        assert all(0 < len(word) <= WORD_BYTES for word in reading)


#: Letters with readings, signs that join and that separate, and what is read as nothing.
TROUBLE = (
    *"aåøßn1²中国カ\u3099'’‐-–/&. \u00ad\u0301\u030a·ʻ\x98",
    *("of ", " chemical", "Müller", "l'hôtel-dieu", "d’Århus", "x" * WORD_BYTES, "ﬁ", "A\u030a"),
)


@given(st.lists(st.sampled_from(TROUBLE), max_size=12).map("".join), st.data())
def test_no_text_is_passed_over_that_has_the_phrase_in_one_of_its_readings(
    text: str, data: st.DataObject
) -> None:
    for words in byte_readings(text.encode()):
        if words:
            first = data.draw(st.integers(0, len(words) - 1))
            phrase = words[first : data.draw(st.integers(first + 1, len(words)))]
            assert looking_for(phrase)(text.encode())
            assert looking_for_any([[b"nowhere"], phrase])(text.encode())
            last = phrase[-1].decode()
            phrase[-1] = last[: data.draw(st.integers(1, len(last)))].encode()
            assert looking_for(phrase, is_open=True)(text.encode())


@pytest.mark.parametrize(
    "text", ["of the chemical", "chemical of", "af kemicals på", "Of Kemi-cal"]
)
def test_a_text_without_the_phrase_is_passed_over(text: str) -> None:
    assert not looking_for([b"of", b"chemical"])(text.encode())
    assert looking_for_any([])(text.encode())
