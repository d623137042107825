"""Facets: the commonest values among the records found, and that a search agrees with each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.database import Database, open_database
from catalogue.query import Part, UnsupportedSearch
from catalogue.searching.evaluation import search
from catalogue.searching.facets import MOST_VALUES, Facet, facets
from tests.builders.catalogue import a_record, add_records
from tests.examples import examples

RECORDS = [
    a_record("One", "Smith, John, 1950-", subjects=["Soils.", "Århus"], year=1999),
    a_record("Two", "Smith, John, 1950-", subjects=["Soils", "Mars (Planet)"], year=1999),
    a_record("Three", "Doe, Jane", subjects=["Århus", "Soils"], year=2001, language="dan"),
    a_record("Four", None, subjects=["Mars (Planet)"], year="199u", language="dan"),
    a_record("Five", "Melville, H.", year=1851, language="ger", leader="00000nem a2200000 i 4500"),
    a_record(
        "Six",
        None,
        fields=[
            ("100", "1 ", ["a", "Smith, John", "d", "1950-"]),
            ("700", "1 ", ["a", "Smith, John"]),
            ("650", " 0", ["a", "Soils", "x", "History"]),
            ("650", " 0", ["a", "very " * 80]),
        ],
    ),
]
EVERYTHING = BitMap(range(1, 7))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("facets") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    database.write(lambda t: add_records(t, RECORDS)).result()
    yield database
    database.close()


def values(
    database: Database, point: str, records: BitMap = EVERYTHING, limit: int = 20
) -> list[Facet]:
    return database.read(lambda t: facets(t, records, point, limit), wide=True).result()


def shown(found: list[Facet]) -> list[tuple[str, int]]:
    return [(facet.text, facet.hits) for facet in found]


@pytest.fixture(params=["texts", "terms"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of counting headings."""
    if request.param == "terms":
        monkeypatch.setattr("catalogue.searching.facets.FEW_RECORDS", 0)


def test_codes(library: Database) -> None:
    assert shown(values(library, "language")) == [("eng", 3), ("dan", 2), ("ger", 1)]
    assert shown(values(library, "language", limit=1)) == [("eng", 3)]
    assert shown(values(library, "material_type")) == [("book", 5), ("map", 1)]
    assert shown(values(library, "year", limit=2)) == [("1999", 3), ("2001", 2)]
    assert shown(values(library, "year", BitMap([3, 5]))) == [("1851", 1), ("2001", 1)]
    assert values(library, "language", BitMap()) == []
    assert values(library, "language", limit=0) == []


@pytest.mark.usefixtures("way")
def test_headings(library: Database) -> None:
    assert shown(values(library, "subject")) == [
        ("Soils", 3),
        ("Århus", 2),
        ("Mars (Planet)", 2),
        ("Soils History", 1),
    ]
    assert shown(values(library, "author")) == [
        ("Smith, John, 1950-", 3),
        ("Doe, Jane", 1),
        ("Melville, H.", 1),
        ("Smith, John", 1),
    ]
    assert shown(values(library, "subject", BitMap([2, 4]), limit=1)) == [("Mars (Planet)", 2)]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("point", ["subject", "author", "title", "year", "language"])
def test_a_search_finds_as_many(library: Database, point: str) -> None:
    for records in (EVERYTHING, BitMap([1, 3, 6])):
        found = values(library, point, records)
        assert found
        for facet in found:
            hits = library.read(lambda t, f=facet: search(t, f.search)).result()
            assert len(hits & records) == facet.hits


@examples(60)
@given(
    st.sets(st.integers(1, 6)),
    st.sampled_from(["subject", "author", "title"]),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_both_ways_agree(
    library: Database, chosen: set[int], point: str, limit: int, terms: int
) -> None:
    records = BitMap(chosen)
    by_texts = values(library, point, records, limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("catalogue.searching.facets.FEW_RECORDS", 0)
        patch.setattr("catalogue.searching.facets._FIRST_TERMS", terms)
        patch.setattr("catalogue.searching.facets._AT_ONCE", terms)
        assert values(library, point, records, limit) == by_texts


def test_fields_are_read_where_terms_do_not_tell(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = values(library, "subject")
    monkeypatch.setattr("catalogue.searching.facets.FEW_RECORDS", 0)
    monkeypatch.setattr("catalogue.searching.facets._FIRST_TERMS", 1)
    monkeypatch.setattr("catalogue.searching.facets._MOST_TERMS", 2)
    assert values(library, "subject") == expected
    monkeypatch.setattr("catalogue.searching.facets.MOST_RECORDS", 3)
    with pytest.raises(UnsupportedSearch) as refused:
        values(library, "subject")
    assert refused.value.part is Part.TOO_COMPLEX


@pytest.mark.parametrize("point", ["nowhere", "any", "isbn", "name"])
def test_no_such_facet(library: Database, point: str) -> None:
    with pytest.raises(UnsupportedSearch) as refused:
        values(library, point)
    assert refused.value.part is Part.ACCESS_POINT


def test_too_many_values(library: Database) -> None:
    with pytest.raises(UnsupportedSearch) as refused:
        values(library, "subject", limit=MOST_VALUES + 1)
    assert refused.value.part is Part.TOO_COMPLEX


def test_on_both_databases(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for first_id in (1, 70_000):
        database.write(lambda t, n=first_id: add_records(t, RECORDS, first_id=n)).result()
    records = BitMap([1, 2, 3, 70_000, 70_002])
    assert shown(values(database, "language", records)) == [("eng", 3), ("dan", 2)]
    by_texts = values(database, "subject", records)
    monkeypatch.setattr("catalogue.searching.facets.FEW_RECORDS", 0)
    assert values(database, "subject", records) == by_texts
    assert shown(by_texts)[0] == ("Soils", 5)
