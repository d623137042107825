"""Rebuilding the index: whatever it was, and whatever goes on meanwhile, it is right in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import delete, update

from catalogue.bitmaps import deserialise
from catalogue.changes.accession import add_record
from catalogue.changes.deleting import delete_record
from catalogue.changes.merging import merge_records
from catalogue.changes.replacing import replace_record
from catalogue.database import Database, Statement, Transaction, open_database, send
from catalogue.index.access_points import ACCESS_POINTS, Kind
from catalogue.index.posting_changes import RowChanges
from catalogue.records import fetch_records
from catalogue.reindexing import index_comparison
from catalogue.reindexing.index_comparison import TooManyChanges
from catalogue.reindexing.index_runs import Runs
from catalogue.reindexing.rebuilding import (
    Progress,
    ReindexOptions,
    ReindexReport,
    indexes_of,
    reindex,
)
from catalogue.reindexing.reindexings import ReindexedElsewhere
from catalogue.schema import postings, records, sort_keys
from tests.builders.catalogue import NOW, a_record, add_records
from tests.builders.index import Derived, derived, fresh
from tests.examples import examples

TITLE_WORDS = ACCESS_POINTS["title"].index(Kind.WORD)
FIRST_ID = (1 << 16) - 6  # some records in one chunk and some in the next


@send
def _forget_rows(*, access_point: int) -> Statement:
    return delete(postings).where(postings.c.access_point == access_point)


@send
def _spoil_titles() -> Statement:
    return update(records).values(title="spoilt")


@send
def _forget_sort_keys() -> Statement:
    return delete(sort_keys)


def texts(number: int = 12) -> list[bytes]:
    return [
        a_record(
            f"Title {n} of grass and soil",
            author=f"Author {n % 3}",
            isbn="9788700000018" if n % 4 == 0 else None,
            year=1990 + n % 5,
            control_number=f"c{n}",
        )
        for n in range(number)
    ]


@contextmanager
def opened(path: Path, template: Path) -> Iterator[Database]:
    path.write_bytes(template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    yield database
    database.close()


def filled(database: Database) -> list[int]:
    return database.write(lambda t: add_records(t, texts(), first_id=FIRST_ID)).result()


def run_reindex(database: Database, run: str = "one", **options: Any) -> ReindexReport:
    options = {"stretch": 5, "page_terms": 7, "page_rows": 11} | options
    told = {name: options.pop(name) for name in ("on_progress", "adding") if name in options}
    return reindex(database, ReindexOptions(run=run, now=NOW, **options), **told)


def as_fresh(database: Database, folder: Path, template: Path) -> Derived:
    """What an empty database holds after a load of the records that this one has."""
    found = database.read(lambda t: fetch_records(t, range(FIRST_ID, FIRST_ID + 200))).result()
    with opened(folder / "fresh.sqlite", template) as empty:
        return fresh(empty, {record.id: record.data for record in found})


ROWS = st.tuples(
    st.sampled_from([TITLE_WORDS, TITLE_WORDS + 1, 10, 75, 31_000]),
    st.sampled_from([b"", b"grass", b"title", b"zzz", b"\xc3\xa5", b"soil", b"1"]),
    st.sampled_from([0, 1]),
    st.sets(st.integers(0, 20), max_size=5),
)


def spoil(database: Database, rows: list[tuple[int, bytes, int, set[int]]]) -> None:
    """Writes rows of the index that are wrong."""
    before = derived(database).postings

    def work(transaction: Transaction) -> None:
        changes = RowChanges()
        for index, term, chunk, ids in {row[:3]: row for row in rows}.values():
            inside = BitMap(
                number for number in (FIRST_ID + each for each in ids) if number >> 16 == chunk
            )
            is_there = (index, term, chunk) in before
            if inside or is_there:
                changes.note(index, term, chunk, inside, is_there=is_there)
        changes.write(transaction)

    database.write(work).result()


@examples(20)
@given(
    st.lists(ROWS, max_size=12),
    st.integers(1, 9),
    st.integers(1, 40),
    st.integers(3, 60),
    st.booleans(),
)
def test_whatever_the_index_was_it_is_that_of_a_fresh_load(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, bytes, int, set[int]]],
    stretch: int,
    page_terms: int,
    page_rows: int,
    is_without_words: bool,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    with opened(folder / "reindexed.sqlite", sqlite_template) as database:
        filled(database)
        right = derived(database)
        # Ids beyond the last would be those of records to come.
        spoil(database, [(*row[:3], {each % 12 for each in row[3]}) for row in rows])
        if is_without_words:
            database.write(lambda t: _forget_rows(t, access_point=TITLE_WORDS)).result()
        is_wrong = derived(database) != right
        report = run_reindex(database, stretch=stretch, page_terms=page_terms, page_rows=page_rows)
        assert derived(database) == right
        assert (report.rows_changed > 0) is is_wrong
        assert report.records == 12


def test_an_index_that_is_right_is_left_alone(database: Database) -> None:
    filled(database)
    before = derived(database)
    report = run_reindex(database)
    assert (report.records, report.rows_changed, report.descriptions_changed) == (12, 0, 0)
    assert report.terms == len({key[:2] for key in before.postings})
    assert derived(database) == before


def test_descriptions_and_sort_keys_are_put_right(database: Database) -> None:
    filled(database)
    before = derived(database)
    for spoiling in (_spoil_titles, _forget_sort_keys):
        database.write(spoiling).result()
        assert run_reindex(database, access_points=["title"]).descriptions_changed == 0
        assert run_reindex(database).descriptions_changed == 12
        assert derived(database) == before


def test_some_access_points_and_the_records_from_an_id_on(database: Database) -> None:
    ids = filled(database)
    right = derived(database)
    for index in (TITLE_WORDS, 75):
        database.write(lambda t, index=index: _forget_rows(t, access_point=index)).result()  # type: ignore[misc]
    run_reindex(database, access_points=["title"], first_id=ids[4])
    found = derived(database).postings
    assert found[TITLE_WORDS, b"grass", 1] == right.postings[TITLE_WORDS, b"grass", 1]
    assert found[TITLE_WORDS, b"grass", 0] == ids[4:6]
    assert not any(index == 75 for index, _, _ in found)
    run_reindex(database, access_points=["isbn", "title"])
    assert derived(database) == right


def test_access_points_that_cannot_be_chosen() -> None:
    assert set(indexes_of(["author"])) < set(indexes_of(["name", "author"]))
    for name, why in (("nothing", "no access point"), ("note", "has no index")):
        with pytest.raises(ValueError, match=why):
            indexes_of([name])


def write_meanwhile(database: Database, ids: list[int]) -> Callable[[Progress], None]:
    """Something else at each step: all kinds of changes, of records read already or not yet."""

    def change(work: Callable[[Transaction], Any]) -> None:
        database.write(work).result()

    changes: list[Callable[[Transaction], Any]] = [
        lambda t: replace_record(t, ids[0], a_record("Replaced early"), now=NOW),
        lambda t: replace_record(t, ids[11], a_record("Replaced before it was read"), now=NOW),
        lambda t: add_record(t, a_record("Grass, added"), now=NOW),
        lambda t: delete_record(t, ids[3], now=NOW),
        lambda t: replace_record(t, ids[0], a_record("Replaced again"), now=NOW),
        lambda t: merge_records(t, ids[5], ids[6], now=NOW),
        lambda t: replace_record(t, ids[8], a_record("Zebra soil"), now=NOW),
    ]

    def step(state: Progress) -> None:
        if changes and (state.terms == 0 or state.terms % 3 == 0):
            change(changes.pop(0))

    return step


@pytest.mark.parametrize("is_spoilt", [True, False])
def test_what_is_written_meanwhile_is_right_too(
    database: Database, tmp_path: Path, sqlite_template: Path, is_spoilt: bool
) -> None:
    ids = filled(database)
    if is_spoilt:
        every = {number - FIRST_ID for number in ids}
        spoil(
            database,
            [(TITLE_WORDS, term, chunk, every) for term in (b"old", b"soil") for chunk in (0, 1)],
        )
    run_reindex(database, on_progress=write_meanwhile(database, ids))
    assert derived(database) == as_fresh(database, tmp_path, sqlite_template)


def test_writers_of_other_threads_go_on(
    database: Database, tmp_path: Path, sqlite_template: Path
) -> None:
    ids = filled(database)
    spoil(database, [(TITLE_WORDS, b"old", chunk, set(range(12))) for chunk in (0, 1)])
    is_done = threading.Event()
    written: list[None] = []

    def change(number: int, transaction: Transaction) -> None:
        text = a_record(f"Written {number}", author=f"Writer {number % 4}")
        if number % 3:
            replace_record(transaction, ids[number % 12], text, now=NOW)
        else:
            add_record(transaction, text, now=NOW)

    def write() -> None:
        while not is_done.is_set():
            written.append(database.write(partial(change, len(written))).result())

    thread = threading.Thread(target=write)
    thread.start()
    try:
        run_reindex(database)
    finally:
        is_done.set()
        thread.join()
    assert written
    assert derived(database) == as_fresh(database, tmp_path, sqlite_template)


def test_an_interrupted_run_is_gone_on_with(database: Database) -> None:
    filled(database)
    right = derived(database)
    every = set(range(12))
    spoil(
        database, [(TITLE_WORDS, term, chunk, every) for term in (b"a", b"zz") for chunk in (0, 1)]
    )
    seen: list[int] = []

    def stop(state: Progress) -> None:
        seen.append(state.terms)
        if state.terms > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_reindex(database, on_progress=stop)
    report = run_reindex(database, "two")
    assert report.was_resumed
    total = len({key[:2] for key in right.postings})
    assert report.terms < total
    assert derived(database) == right
    assert not run_reindex(database, "three").was_resumed


@pytest.mark.parametrize("options", [{"anew": True}, {"access_points": ["title"]}, {"first_id": 9}])
def test_another_reindexing_begins_anew(database: Database, options: dict[str, Any]) -> None:
    filled(database)

    def stop(state: Progress) -> None:
        if state.terms > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_reindex(database, on_progress=stop)
    assert not run_reindex(database, "two", **options).was_resumed


def test_two_do_not_work_on_the_same(database: Database) -> None:
    filled(database)

    def overtake(state: Progress) -> None:
        if state.terms:
            run_reindex(database, "another")

    with pytest.raises(ReindexedElsewhere):
        run_reindex(database, on_progress=overtake)


def test_too_many_changes_are_too_many(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_comparison, "MOST_CHANGED", 1)
    database = open_database(sqlite_url)
    ids = filled(database)
    with pytest.raises(TooManyChanges):
        run_reindex(database, on_progress=write_meanwhile(database, ids))
    monkeypatch.undo()
    run_reindex(database, "two")
    database.close()


def test_an_empty_catalogue(database: Database) -> None:
    assert run_reindex(database).records == 0


def test_runs_are_read_as_one(tmp_path: Path) -> None:
    from catalogue.index.collecting import Columns

    runs = Runs(tmp_path)
    one, two = BitMap([1]).serialize(), BitMap([2]).serialize()
    runs.add([Columns(3, 0, [b"a", b"b"], [1, 1], [one, one]), Columns(9, 0, [b""], [1], [one])])
    runs.add([Columns(3, 0, [b"b", b"c"], [1, 1], [two, two])])
    runs.add([Columns(3, 1, [b"b"], [1], [BitMap([70_000]).serialize()])])
    found = {
        key: {chunk: list(deserialise(bitmap)) for chunk, bitmap in chunks.items()}
        for key, chunks in runs.rows()
    }
    assert found == {
        (3, b"a"): {0: [1]},
        (3, b"b"): {0: [1, 2], 1: [70_000]},
        (3, b"c"): {0: [2]},
        (9, b""): {0: [1]},
    }
    assert list(found) == sorted(found)
