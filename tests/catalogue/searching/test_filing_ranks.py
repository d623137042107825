"""Sorting by the places that a process remembers: the order of the snapshot, whatever changes."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.changes.deleting import delete_record
from catalogue.changes.replacing import replace_record
from catalogue.database import Database, Transaction, open_database
from catalogue.searching import filing_ranks, remembered_ranks, sorting
from catalogue.searching.filing_ranks import FilingRanks, Older, read_ranks
from catalogue.searching.remembered_ranks import RememberedRanks
from catalogue.searching.sorting import SortKey, sort
from tests.builders.catalogue import NOW, a_record, add_records
from tests.catalogue.searching.test_sorting import KEYS, model
from tests.conftest import a_postgresql
from tests.examples import examples

TITLE = SortKey("title")
COUNT = 120
#: Wide reads wait in line behind the steps; this is long for all of them.
SECONDS = 20.0


def a_title(choose: random.Random) -> bytes:
    return a_record(
        choose.choice(["", "Å", "Apples", "Æbler", "Zebra", "Zoo", f"Zoo {choose.random()}"]),
        choose.choice([None, "Abel", "Doe, Jane", "Ås, Bo"]),
        year=choose.choice(["19uu", 1850, 1999, 2001, 2025]),
    )


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    choose = random.Random(7)
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("ranks") / "tiro.sqlite"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            template = request.getfixturevalue("postgresql_template")
            url = stack.enter_context(a_postgresql(template))
        database = open_database(url)
        database.write(lambda t: add_records(t, [a_title(choose) for _ in range(COUNT)])).result()
        yield database
        database.close()


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that end among equal values, and a look at the head of an order for few records."""
    monkeypatch.setattr(filing_ranks, "ROWS", 3)
    monkeypatch.setattr(filing_ranks, "_AMPLE", 1)
    monkeypatch.setattr(filing_ranks, "_FURTHER", 2)


def remembered(database: Database) -> RememberedRanks:
    found = database.read(remembered_ranks.remembered_ranks, wide=True).result()
    assert found is not None
    return found


def rows(database: Database) -> list[Any]:
    read = "SELECT record_id, title, author, year FROM sort_keys"
    return database.read(lambda t: t.execute(read, ()).fetchall(), wide=True).result()


def ranks_of(
    database: Database, between: Callable[[int], object] = lambda _: None
) -> dict[str, FilingRanks]:
    """The ranks, read step by step; `between` is called before each."""
    return {point: _ranks_of(database, point, between) for point in ("title", "author", "year")}


def _ranks_of(database: Database, point: str, between: Callable[[int], object]) -> FilingRanks:
    steps = read_ranks(point)
    next(steps)

    def step(transaction: Transaction) -> FilingRanks | None:
        try:
            steps.send(transaction)
        except StopIteration as end:
            return cast(FilingRanks, end.value)
        return None

    for number in range(10_000):
        between(number)
        if (found := database.read(step, wide=True).result()) is not None:
            return found
    raise AssertionError("it never ends")


def by_ranks_alone(transaction: Transaction, *_: object) -> list[int]:
    raise AssertionError("the keys were read")


@examples(60)
@given(
    st.lists(KEYS, min_size=1, max_size=3, unique_by=lambda key: key.point),
    st.sets(st.integers(1, COUNT), min_size=2),
    st.integers(0, COUNT),
    st.integers(0, 60) | st.none(),
)
def test_the_order_is_that_of_the_keys(
    library: Database, keys: list[SortKey], chosen: set[int], offset: int, limit: int | None
) -> None:
    if not remembered(library).ranks:
        remembered(library).ranks = ranks_of(library)
    records = BitMap(chosen)
    whole = model(rows(library), records, keys)
    whole += records - BitMap(whole)
    with pytest.MonkeyPatch.context() as patch:
        if records <= BitMap(row[0] for row in rows(library)):
            patch.setattr(sorting, "_by_keys", by_ranks_alone)
        found = library.read(lambda t: sort(t, records, keys, offset=offset, limit=limit)).result()
    assert found == whole[offset : None if limit is None else offset + limit]


@pytest.mark.parametrize("seed", range(2))
def test_changes_while_they_are_read_and_afterwards(
    library: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing_ranks, "ROWS", 17)
    choose = random.Random(seed)

    def change(number: int) -> None:
        if choose.random() < 0.3:
            known = [row[0] for row in rows(library)]
            one, data = choose.choice(known), a_title(choose)
            if (what := choose.random()) < 0.3:
                library.write(lambda t: add_records(t, [data])).result()
            elif what < 0.45 and len(known) > COUNT // 2:
                library.write(lambda t: delete_record(t, one, now=NOW)).result()
            else:
                library.write(lambda t: replace_record(t, one, data, now=NOW)).result()

    held = remembered(library)
    held.ranks = ranks_of(library, change)
    for _ in range(8):
        there = rows(library)
        last = max(row[0] for row in there)
        records = BitMap(choose.sample(range(1, last + 3), choose.randrange(2, last)))
        keys = [
            SortKey(point, choose.random() < 0.5, choose.random() < 0.5)
            for point in choose.sample(["title", "author", "year"], choose.randrange(1, 4))
        ]
        whole = model(there, records, keys)
        whole += records - BitMap(whole)
        limit = choose.randrange(1, 40)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sorting, "_by_keys", by_ranks_alone)
            found = library.read(lambda t, r=records, k=keys, n=limit: sort(t, r, k, limit=n))  # type: ignore[misc]
            assert found.result() == whole[:limit]
        change(0)


@pytest.mark.parametrize("is_descending", [False, True])
def test_the_first_of_many_are_found_at_the_head_of_the_order(
    library: Database, is_descending: bool
) -> None:
    choose = random.Random(3)
    titles = [a_record(f"{choose.random()}") for _ in range(100)]
    library.write(lambda t: add_records(t, titles)).result()
    there = rows(library)
    records = BitMap(row[0] for row in there)
    remembered(library).ranks = ranks_of(library)
    ranks = remembered(library).ranks["title"]
    head = ranks.head(records, 5, is_descending=is_descending)
    assert head is not None
    assert 5 <= len(head) <= 40
    assert ranks.head(records, len(records), is_descending=is_descending) is None
    key = SortKey("title", descending=is_descending)
    found = library.read(lambda t: sort(t, records, [key], limit=5)).result()
    assert found == model(there, records, [key])[:5]
    assert set(found) <= set(head)


def test_what_is_refiled_is_looked_up_and_nothing_else(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, *_ = [row[0] for row in rows(library)]
    remembered(library).ranks = ranks_of(library)
    monkeypatch.setattr(sorting, "_by_keys", by_ranks_alone)
    looked_up: list[list[int]] = []

    def spied(transaction: Transaction, ids: list[int], *rest: Any) -> list[int]:
        looked_up.append(ids)
        return in_order(transaction, ids, *rest)

    in_order = sorting.in_order
    monkeypatch.setattr(sorting, "in_order", spied)
    for title in ("Aardvark", "Zyzzyva"):
        data = a_record(title)
        library.write(lambda t, d=data: replace_record(t, one, d, now=NOW)).result()  # type: ignore[misc]
        everything = BitMap(row[0] for row in rows(library))
        found = library.read(lambda t, r=everything: sort(t, r, [TITLE], limit=20)).result()  # type: ignore[misc]
        assert found == model(rows(library), everything, [TITLE])[:20]
    assert [len(each) for each in looked_up] == [21, 21]
    assert all(each[-1] == one for each in looked_up)
    assert library.read(lambda t: sort(t, BitMap([other, everything[5]]), [TITLE])).result()
    assert len(looked_up) == 2


#: On PostgreSQL each statement of a read has a snapshot of its own.
WITH_SNAPSHOTS = pytest.mark.parametrize("library", ["sqlite"], indirect=True)


def in_an_old_snapshot(
    library: Database, meanwhile: Callable[[], object], work: Callable[[Transaction], object]
) -> Any:
    """What the work finds in a snapshot that was taken before what happens meanwhile."""
    taken, go_on = threading.Event(), threading.Event()

    def reading(transaction: Transaction) -> Any:
        transaction.execute("SELECT count(*) FROM refiled_records", ()).fetchone()
        taken.set()
        assert go_on.wait(SECONDS)
        return work(transaction)

    answer = library.read(reading, wide=True)
    assert taken.wait(SECONDS)
    meanwhile()
    go_on.set()
    return answer.result()


@WITH_SNAPSHOTS
def test_an_older_snapshot_goes_by_its_own_keys(library: Database) -> None:
    held = remembered(library)
    one = rows(library)[0][0]
    library.write(lambda t: replace_record(t, one, a_record("0"), now=NOW)).result()
    before = rows(library)
    records = BitMap(row[0] for row in before)

    def meanwhile() -> None:
        library.write(lambda t: replace_record(t, one, a_record("Zzz"), now=NOW)).result()
        held.ranks = ranks_of(library)

    def work(transaction: Transaction) -> tuple[bool, list[int]]:
        return held.ranks["title"].agree_with(transaction), sort(transaction, records, [TITLE])

    agrees, found = in_an_old_snapshot(library, meanwhile, work)
    assert (agrees, found) == (False, model(before, records, [TITLE]))
    now = library.read(lambda t: sort(t, records, [TITLE]), wide=True).result()
    assert now == model(rows(library), records, [TITLE]) != found


@WITH_SNAPSHOTS
def test_a_step_in_an_older_snapshot_ends_the_reading(library: Database) -> None:
    one = rows(library)[0][0]
    steps = read_ranks("title")
    next(steps)

    def meanwhile() -> None:
        library.write(lambda t: replace_record(t, one, a_record("Yes"), now=NOW)).result()
        library.read(steps.send, wide=True).result()

    with pytest.raises(Older):
        in_an_old_snapshot(library, meanwhile, steps.send)


def wait_for(held: RememberedRanks, other_than: FilingRanks | None) -> FilingRanks:
    deadline = time.monotonic() + SECONDS
    while (found := held.ranks.get("title")) is other_than:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert found is not None
    return found


def test_a_sort_has_them_read_and_read_anew(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing_ranks, "ROWS", 100)
    held = remembered(library)
    held.ranks = {}

    def sorted_now() -> None:
        records = BitMap(row[0] for row in rows(library))
        found = library.read(lambda t: sort(t, records, [TITLE]), wide=True).result()
        assert found == model(rows(library), records, [TITLE])

    sorted_now()
    assert held._reading is None  # it is a small library
    monkeypatch.setattr(sorting, "SMALL", 0)
    sorted_now()
    first = wait_for(held, None)
    sorted_now()
    assert not first.is_worn
    monkeypatch.setattr(filing_ranks, "MOST_UNKNOWN", 0)
    choose = random.Random(3)
    library.write(lambda t: add_records(t, [a_title(choose) for _ in range(COUNT)])).result()
    sorted_now()  # finds that they are worn
    assert first.is_worn
    sorted_now()
    assert not wait_for(held, first).is_worn
    sorted_now()


def test_changes_that_are_kept_no_longer(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.index.sort_keys.KEPT", 2)
    monkeypatch.setattr("catalogue.index.sort_keys._PRUNED_EVERY", 1)
    ids = [row[0] for row in rows(library)]
    ranks = ranks_of(library)
    remembered(library).ranks = ranks
    for number in range(3):
        data = a_record(f"M{number}")
        library.write(lambda t, n=number, d=data: replace_record(t, ids[n], d, now=NOW)).result()  # type: ignore[misc]
    records = BitMap(ids)
    found = library.read(lambda t: sort(t, records, [TITLE]), wide=True).result()
    assert found == model(rows(library), records, [TITLE])
    assert ranks["title"].is_worn
    count = "SELECT count(*) FROM refiled_records"
    assert library.read(lambda t: t.execute(count, ()).fetchone(), wide=True).result()[0] == 2


def test_where_a_step_fails_the_next_sort_begins_anew(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "SMALL", 0)
    monkeypatch.setattr(filing_ranks, "ROWS", 100)
    held = remembered(library)
    held.ranks = {}
    failed = threading.Event()

    def fails(*_: object, **__: object) -> str:
        failed.set()
        raise ValueError("a row that cannot be read")

    whole = filing_ranks.ids_of
    monkeypatch.setattr(filing_ranks, "ids_of", fails)
    records = BitMap(row[0] for row in rows(library))
    library.read(lambda t: sort(t, records, [TITLE]), wide=True).result()
    assert failed.wait(SECONDS)
    deadline = time.monotonic() + SECONDS
    while held._reading is not None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert not held.ranks
    monkeypatch.setattr(filing_ranks, "ids_of", whole)
    library.read(lambda t: sort(t, records, [TITLE]), wide=True).result()
    wait_for(held, None)


def test_who_may_change_something_goes_by_the_keys(library: Database) -> None:
    assert library.write(remembered_ranks.remembered_ranks).result() is None


def test_records_that_are_the_last_of_all(library: Database) -> None:
    """Walking to them is given up."""
    remembered(library).ranks = ranks_of(library)
    whole = model(rows(library), BitMap(row[0] for row in rows(library)), [TITLE])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_by_keys", by_ranks_alone)
        for last in (2, 30, 60):
            records = BitMap(whole[-last:])
            found = library.read(lambda t, r=records: sort(t, r, [TITLE], limit=1))  # type: ignore[misc]
            assert found.result() == whole[-last:][:1]
