"""What must hold for any records and any query."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.database import Database, open_database
from catalogue.index.folding import fold_words
from catalogue.query import (
    And,
    AndNot,
    Completeness,
    Found,
    Or,
    Position,
    Query,
    Structure,
    Term,
    Truncation,
    UnsupportedSearch,
)
from catalogue.searching.evaluation import is_wide, search
from tests.builders.catalogue import a_record, add_records
from tests.catalogue.readings import fold_readings
from tests.examples import examples

WORDS = (
    "sol",
    "soil",
    "Århus",
    "of",
    "the",
    "spider-man",
    "l'eau",
    "Müller",
    "1914",
    "水",
    "of-the",
)
TITLES = [
    " ".join(WORDS[(number * step + step) % len(WORDS)] for step in range(1, 2 + number % 6))
    for number in range(120)
]

PHRASE = Structure.PHRASE


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("properties") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    database.write(lambda w: add_records(w, [a_record(title) for title in TITLES])).result()
    yield database
    database.close()


def found_in(database: Database, query: Query) -> BitMap:
    return database.read(lambda transaction: search(transaction, query)).result()


def naive(holds: Callable[[list[str]], bool]) -> set[int]:
    """The records of which one reading of the title is so."""
    return {
        number
        for number, title in enumerate(TITLES, 1)
        if any(holds(reading) for reading in fold_readings(title))
    }


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


def is_in(words: list[str], reading: list[str]) -> bool:
    return f" {' '.join(words)} " in f" {' '.join(reading)} "


@pytest.mark.parametrize("point", ["title", "any"])
@given(text=texts)
def test_phrases_agree_with_a_scan(library: Database, point: str, text: str) -> None:
    words = fold_words(text)
    assert set(found_in(library, Term(point, text, structure=PHRASE))) == naive(
        lambda reading: is_in(words, reading)
    )


@given(text=texts)
def test_word_lists_agree_with_a_scan(library: Database, text: str) -> None:
    expected = set(range(1, len(TITLES) + 1))
    for token in text.split():
        words = fold_words(token)
        expected &= naive(lambda reading, words=words: is_in(words, reading))  # type: ignore[misc]
    assert set(found_in(library, Term("title", text))) == expected


@given(text=texts, length=st.integers(1, 12))
def test_anchored_terms_agree_with_a_scan(library: Database, text: str, length: int) -> None:
    words = fold_words(text)
    phrase = " ".join(words)
    first = Position.FIRST_IN_FIELD
    assert set(found_in(library, Term("title", text, position=first))) == naive(
        lambda reading: reading[: len(words)] == words
    )
    whole = Completeness.COMPLETE_FIELD
    assert set(found_in(library, Term("title", text, completeness=whole))) == naive(
        lambda reading: reading == words
    )
    cut = phrase[:length].strip()
    found = found_in(library, Term("title", cut, position=first, truncation=Truncation.RIGHT))
    cut_words = " ".join(fold_words(cut))
    assert set(found) == naive(lambda reading: " ".join(reading).startswith(cut_words))


@given(text=texts)
def test_adjacent_words_are_found_as_a_pair(library: Database, text: str) -> None:
    for pair in pairwise(fold_words(text)):
        found = found_in(library, Term("title", " ".join(pair), structure=PHRASE))
        assert set(found) == naive(lambda reading, pair=pair: pair in pairwise(reading))  # type: ignore[misc]


sets = st.frozensets(st.integers(0, 200_000), max_size=20)
trees = st.recursive(
    sets.map(lambda ids: (Found(BitMap(ids)), ids)),
    lambda inner: st.tuples(st.sampled_from((And, Or, AndNot)), inner, inner).map(
        lambda parts: (
            parts[0](parts[1][0], parts[2][0]),
            {
                And: parts[1][1] & parts[2][1],
                Or: parts[1][1] | parts[2][1],
                AndNot: parts[1][1] - parts[2][1],
            }[parts[0]],
        )
    ),
    max_leaves=40,
)


@given(tree=trees)
def test_trees_agree_with_sets(library: Database, tree: tuple[Query, frozenset[int]]) -> None:
    query, expected = tree
    assert set(found_in(library, query)) == expected


@examples(300)
@given(
    point=st.sampled_from(("title", "any", "author", "isbn", "year", "language", "dewey", "name")),
    text=st.text(st.characters(), max_size=20) | st.text("*?\\\ud800ab", max_size=8) | texts,
    position=st.none() | st.sampled_from(Position),
    structure=st.none() | st.sampled_from(Structure),
    truncation=st.none() | st.sampled_from(Truncation),
    completeness=st.none() | st.sampled_from(Completeness),
)
def test_any_term_is_answered_or_refused(
    library: Database,
    point: str,
    text: str,
    position: Position | None,
    structure: Structure | None,
    truncation: Truncation | None,
    completeness: Completeness | None,
) -> None:
    term = Term(point, text, None, position, structure, truncation, completeness)
    is_wide(term)
    try:
        found = found_in(library, term)
    except UnsupportedSearch:
        return
    assert found <= BitMap(range(1, len(TITLES) + 1))
