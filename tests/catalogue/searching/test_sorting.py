"""Sorting: the order of titles, authors and years, with few records and with many."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.database import Database, open_database
from catalogue.query import Part, UnsupportedSearch
from catalogue.searching.result_order import ResultOrder
from catalogue.searching.sorting import MOST_KEYS, SortKey, is_wide_sort, sort
from tests.builders.catalogue import a_record, add_records
from tests.conftest import a_postgresql
from tests.examples import examples

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


WAYS = {
    "fetched": {"_ROWS_PER_RECORD": 0, "_ROWS_PER_WANTED": 0},
    "walked": {"_ROWS_PER_RECORD": 1_000},
    "walked, as they are too many": {"MOST_FETCHED": 1},
    "given up": {"_ROWS_PER_RECORD": 0, "_ROWS_PER_WANTED": 2},
}


def take_way(name: str, patch: pytest.MonkeyPatch) -> None:
    """One of the ways of sorting; batches of the index that end among equal values."""
    for each, value in {"_FIRST_ROWS": 1, "_MOST_ROWS": 3, **WAYS[name]}.items():
        patch.setattr(f"catalogue.searching.sorting.{each}", value)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    take_way(request.param, monkeypatch)


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


@examples(80)
@given(
    st.lists(KEYS, max_size=3),
    st.sets(st.integers(1, len(RECORDS))),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_all_ways_agree(
    library: Database,
    keys: list[SortKey],
    chosen: set[int],
    offset: int,
    limit: int,
) -> None:
    records = BitMap(chosen)
    found = []
    for name in WAYS:
        with pytest.MonkeyPatch.context() as patch:
            take_way(name, patch)
            found.append(order(library, *keys, records=records, offset=offset, limit=limit))
    assert all(each == found[0] for each in found)
    assert sorted(order(library, *keys, records=records)) == sorted(chosen)


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


def model(rows: list[Any], records: BitMap, keys: Sequence[SortKey]) -> list[int]:
    """The order of records, as plainly as it can be said."""
    found = sorted(row for row in rows if row[0] in records)
    for key in reversed(keys):
        at = ("", "title", "author", "year").index(key.point)
        there = [row for row in found if row[at]]
        there.sort(key=itemgetter(at), reverse=key.descending)
        missing = [row for row in found if not row[at]]
        found = missing + there if key.missing_first else there + missing
    return [row[0] for row in found]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, list[Any]]]:
    """Records of few words, so that many are equal in some keys, and their rows of keys."""
    choose = random.Random(11)
    some = [
        a_record(
            choose.choice(["", "Å", "Apples", "Æbler", "Zebra", "Zoo", "Zoo again"]),
            choose.choice([None, "Abel", "Doe, Jane", "Ås, Bo"]),
            year=choose.choice(["19uu", 1850, 1999, 2001, 2025]),
        )
        for _ in range(300)
    ]
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("crowd") / "tiro.sqlite"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            template = request.getfixturevalue("postgresql_template")
            url = stack.enter_context(a_postgresql(template))
        database = open_database(url)
        database.write(lambda t: add_records(t, some)).result()
        read = "SELECT record_id, title, author, year FROM sort_keys"
        yield database, database.read(lambda t: t.execute(read, ()).fetchall()).result()
        database.close()


@examples(60)
@given(
    st.lists(KEYS, min_size=1, max_size=3, unique_by=lambda key: key.point),
    st.sets(st.integers(1, 300), min_size=1) | st.just(set(range(1, 301))),
    st.integers(0, 310),
    st.integers(0, 60) | st.none(),
    st.sampled_from(list(WAYS)),
)
def test_pages_are_those_of_the_whole_order(
    crowd: tuple[Database, list[Any]],
    keys: list[SortKey],
    chosen: set[int],
    offset: int,
    limit: int | None,
    name: str,
) -> None:
    database, rows = crowd
    records = BitMap(chosen)
    whole = model(rows, records, keys)
    end = None if limit is None else offset + limit
    with pytest.MonkeyPatch.context() as patch:
        take_way(name, patch)
        found = order(database, *keys, records=records, offset=offset, limit=limit)
    assert found == whole[offset:end]
    assert order(database, *keys, records=records) == whole


@examples(40)
@given(
    st.lists(KEYS, min_size=1, max_size=2, unique_by=lambda key: key.point),
    st.lists(st.tuples(st.integers(1, 310), st.integers(0, 30)), min_size=1, max_size=8),
    st.sampled_from([3, 70, 1_000]),
)
def test_a_set_read_in_pieces_has_the_whole_order(
    crowd: tuple[Database, list[Any]],
    keys: list[SortKey],
    pages: list[tuple[int, int]],
    most_known: int,
) -> None:
    database, rows = crowd
    records = BitMap(range(1, 301))
    whole = model(rows, records, keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("catalogue.searching.sorting.FEW_RECORDS", 10)
        patch.setattr("catalogue.searching.result_order.FIRST_PIECE", 5)
        patch.setattr("catalogue.searching.result_order.MOST_KNOWN", most_known)
        gradual = ResultOrder(records, keys)
        for start, number in pages:
            page = database.read(lambda t, a=start, n=number: gradual.ids(t, a, n)).result()  # type: ignore[misc]
            assert page == whole[start - 1 : start - 1 + number]
        assert list(database.read(gradual.whole).result()) == whole
