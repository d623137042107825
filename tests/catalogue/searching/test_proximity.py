"""Words near each other: distances, order, units, and what is refused."""

from __future__ import annotations

import operator
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import Database, open_database
from catalogue.query import (
    Near,
    Part,
    Position,
    Relation,
    Structure,
    Term,
    Truncation,
    Unit,
    UnsupportedSearch,
)
from catalogue.searching.evaluation import search
from tests.builders.catalogue import a_record, add_records
from tests.examples import examples

TITLES = [
    "a b c d",
    "d c b a",
    "a a b a c",
    "b a b",
    "c a d b",
    "a",
    "a x y z b",
    "Århus a Smørrebrød",
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("proximity") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    database.write(
        lambda t: add_records(
            t, [a_record(title, fields=[("246", "  ", ["a", "other"])]) for title in TITLES]
        )
    ).result()
    yield database
    database.close()


def found(database: Database, near: Near) -> list[int]:
    return list(database.read(lambda t: search(t, near), wide=True).result())


def title(text: str, **parts: object) -> Term:
    return Term("title", text, **parts)  # type: ignore[arg-type]


def test_distances(library: Database) -> None:
    assert found(library, Near(title("a"), title("d"), 3)) == [1, 2, 5]
    assert found(library, Near(title("a"), title("d"), 1)) == [5]
    assert found(library, Near(title("a"), title("b"), 4, relation=Relation.EQUAL)) == [7]
    assert found(library, Near(title("a"), title("c"), 2, relation=Relation.GREATER)) == [3]


def test_order(library: Database) -> None:
    assert found(library, Near(title("c"), title("a"), 5, is_ordered=True)) == [2, 5]
    assert found(library, Near(title("a"), title("a"), 1)) == [3]


def test_phrases_and_open_words(library: Database) -> None:
    assert found(library, Near(title("a b"), title("d"), 2)) == [1]
    assert found(library, Near(title("b c"), title("a"), is_ordered=False)) == [1]
    smoer = title("smør", truncation=Truncation.RIGHT, structure=Structure.WORD)
    assert found(library, Near(title("aarhus"), smoer, 2)) == [8]
    assert found(library, Near(title("arhus"), smoer, 2)) == []  # readings are not mixed


def test_fields(library: Database) -> None:
    assert found(library, Near(title("a"), title("z"), 0, unit=Unit.FIELD)) == [7]
    assert found(library, Near(title("a"), title("other"), 0, unit=Unit.FIELD)) == []
    assert found(library, Near(title("c"), title("a"), 0, True, Unit.FIELD)) == [2, 5]


WORDS = st.sampled_from("abcdxyz")


@examples(100)
@given(
    WORDS,
    WORDS,
    st.integers(0, 6),
    st.booleans(),
    st.sampled_from(["LESS", "LESS_OR_EQUAL", "EQUAL", "GREATER_OR_EQUAL", "GREATER", "NOT_EQUAL"]),
)
def test_agrees_with_looking_at_every_pair(
    library: Database, left: str, right: str, distance: int, is_ordered: bool, relation: str
) -> None:
    names = {"LESS": "lt", "LESS_OR_EQUAL": "le", "EQUAL": "eq", "NOT_EQUAL": "ne"}
    names |= {"GREATER_OR_EQUAL": "ge", "GREATER": "gt"}
    compare = getattr(operator, names[relation])
    expected = [
        number
        for number, text in enumerate(TITLES, 1)
        if any(
            one == left
            and other == right
            and there != here
            and (there > here or not is_ordered)
            and compare(abs(there - here), distance)
            for here, one in enumerate(text.split())
            for there, other in enumerate(text.split())
        )
    ]
    near = Near(title(left), title(right), distance, is_ordered, relation=Relation[relation])
    assert found(library, near) == expected


@pytest.mark.parametrize(
    ("near", "part"),
    [
        (Near(title("a"), Term("author", "b")), Part.PROXIMITY),
        (Near(Term("isbn", "1"), Term("isbn", "2")), Part.PROXIMITY),
        (Near(Term("nowhere", "1"), Term("nowhere", "2")), Part.ACCESS_POINT),
        (Near(title("a"), title("b"), 1, unit=Unit.FIELD), Part.PROXIMITY),
        (Near(title("a"), title("b"), -1), Part.PROXIMITY),
        (Near(title("a"), title("b"), relation=Relation.STEM), Part.PROXIMITY),
        (Near(title("a", position=Position.FIRST_IN_FIELD), title("b")), Part.PROXIMITY),
        (Near(title("a", truncation=Truncation.LEFT), title("b")), Part.PROXIMITY),
        (Near(title("a", relation=Relation.ALWAYS_MATCHES), title("b")), Part.PROXIMITY),
        (Near(title("a b", structure=Structure.FREE_FORM), title("b")), Part.PROXIMITY),
        (Near(title("-"), title("b")), Part.TERM),
    ],
)
def test_refused(library: Database, near: Near, part: Part) -> None:
    with pytest.raises(UnsupportedSearch) as refused:
        found(library, near)
    assert refused.value.part is part
