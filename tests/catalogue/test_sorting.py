"""Sorting: the order of titles, authors and years, with few records and with many."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.database import Database, open_database
from catalogue.query import Part, UnsupportedSearch
from catalogue.sort_keys import sort_key
from catalogue.sorting import MOST_KEYS, SortKey, is_wide_sort, sort
from tests.builders.catalogue import a_record, add_records

RECORDS = [
    a_record("The zebra", "Smith, John", year=1999, not_filed=4),
    a_record("Apples", "Doe, Jane", year=2001),
    a_record("apples", "Århus, Bo", year=1980),
    a_record("Ærø", None, year=2005),
    a_record("Émile", "Rousseau", year="19uu"),
    a_record("A history", "Doe, Jane", year=2001, not_filed=2),
    a_record("Apples", "Abel", year=2001),
    a_record("", None, year=1850),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("sorting") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    database.write(lambda t: add_records(t, RECORDS)).result()
    yield database
    database.close()


EVERYTHING = BitMap(range(1, len(RECORDS) + 1))


def order(
    database: Database, *keys: SortKey, records: BitMap = EVERYTHING, **options: Any
) -> list[int]:
    return database.read(lambda t: sort(t, records, keys, **options)).result()


@pytest.fixture(params=["fetched", "walked"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of sorting; pages of the index that end among equal values."""
    is_walked = request.param == "walked"
    monkeypatch.setattr("catalogue.sorting._FIRST_ROWS", 2)
    monkeypatch.setattr("catalogue.sorting._MOST_ROWS", 3)
    monkeypatch.setattr("catalogue.sorting._ROWS_PER_RECORD", 1_000 if is_walked else 0)


@pytest.mark.usefixtures("way")
def test_orders(library: Database) -> None:
    assert order(library, SortKey("title")) == [4, 2, 3, 7, 5, 6, 1, 8]
    assert order(library, SortKey("title", descending=True)) == [1, 6, 5, 2, 3, 7, 4, 8]
    assert order(library, SortKey("title", missing_first=True))[0] == 8
    assert order(library, SortKey("author")) == [3, 7, 2, 6, 5, 1, 4, 8]
    assert order(library, SortKey("author", True, missing_first=True)) == [4, 8, 1, 5, 2, 6, 7, 3]
    assert order(library, SortKey("year")) == [8, 3, 1, 2, 6, 7, 4, 5]
    assert order(library, SortKey("year", descending=True)) == [4, 2, 6, 7, 1, 3, 8, 5]


@pytest.mark.usefixtures("way")
def test_several_keys(library: Database) -> None:
    title, author, year = SortKey("title"), SortKey("author"), SortKey("year", descending=True)
    assert order(library, title, year, author) == [4, 7, 2, 3, 5, 6, 1, 8]
    assert order(library, year, title) == [4, 2, 7, 6, 1, 3, 8, 5]
    assert order(library, year, title, author) == [4, 7, 2, 6, 1, 3, 8, 5]


@pytest.mark.usefixtures("way")
def test_pages(library: Database) -> None:
    whole = order(library, SortKey("title"))
    for offset, limit in product(range(10), range(10)):
        page = order(library, SortKey("title"), offset=offset, limit=limit)
        assert page == whole[offset : offset + limit]


@pytest.mark.usefixtures("way")
def test_some_of_the_records(library: Database) -> None:
    assert order(library, SortKey("title"), records=BitMap([1, 3, 6])) == [3, 6, 1]
    assert order(library, SortKey("title"), records=BitMap([5])) == [5]
    assert order(library, SortKey("title"), records=BitMap()) == []
    assert order(library, records=BitMap([6, 2])) == [2, 6]


@pytest.mark.usefixtures("way")
def test_records_that_are_gone_come_last(library: Database) -> None:
    assert order(library, SortKey("year"), records=BitMap([1, 2, 900, 70_000])) == [
        1,
        2,
        900,
        70_000,
    ]


KEYS = st.builds(
    SortKey, st.sampled_from(["title", "author", "year"]), st.booleans(), st.booleans()
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(KEYS, max_size=3),
    st.sets(st.integers(1, len(RECORDS))),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_both_ways_agree(
    library: Database,
    keys: list[SortKey],
    chosen: set[int],
    offset: int,
    limit: int,
) -> None:
    records = BitMap(chosen)
    found = []
    for cost in (0, 1_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("catalogue.sorting._ROWS_PER_RECORD", cost)
            found.append(order(library, *keys, records=records, offset=offset, limit=limit))
    assert found[0] == found[1]
    assert sorted(order(library, *keys, records=records)) == sorted(chosen)


def test_what_is_sorted_by() -> None:
    assert sort_key("Smørrebrød, Øl & Århus", 100) == b"smoerrebroed oel aarhus"
    assert sort_key("\x98The \x9cwhale", 100) == b"whale"
    assert sort_key("Den ¤store hval", 100) == b"store hval"
    assert sort_key("\x98The\x9c", 100) == b"the"
    assert sort_key("a b c", 3) == b"a b"


def test_refused(library: Database) -> None:
    with pytest.raises(UnsupportedSearch) as refused:
        order(library, SortKey("publisher"))
    assert refused.value.part is Part.ACCESS_POINT
    with pytest.raises(UnsupportedSearch) as refused:
        order(library, *[SortKey("title")] * (MOST_KEYS + 1))
    assert refused.value.part is Part.TOO_COMPLEX


def test_lanes() -> None:
    assert not is_wide_sort(BitMap(range(100)))
    assert is_wide_sort(BitMap(range(1_000)))


def test_many_records_on_both_databases(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write(lambda t: add_records(t, RECORDS * 3)).result()
    records = BitMap(range(1, len(RECORDS) * 3 + 1))
    keys = (SortKey("year", descending=True), SortKey("title"))
    monkeypatch.setattr("catalogue.sorting._ROWS_PER_RECORD", 0)
    fetched = order(database, *keys, records=records)
    monkeypatch.setattr("catalogue.sorting._ROWS_PER_RECORD", 1_000)
    assert order(database, *keys, records=records) == fetched
    assert order(database, *keys, records=records, limit=5) == fetched[:5]
    assert fetched[:3] == [4, 12, 20]
