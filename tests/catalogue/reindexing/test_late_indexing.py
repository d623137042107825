"""The index at the end of a load: the same as that of a load that writes it as it goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalogue.changes.accession import add_record
from catalogue.changes.overlaying import Protected
from catalogue.database import Database, open_database
from catalogue.loading.files import load_files
from catalogue.loading.import_plans import ImportRules, Overlay
from catalogue.loading.load_reports import LoadOptions, LoadReport
from catalogue.loading.record_matches import MatchKey
from catalogue.query import Term
from catalogue.reindexing import reindexings
from catalogue.reindexing.index_comparison import PAGE_TERMS
from catalogue.reindexing.late_indexing import load_then_index
from catalogue.reindexing.rebuilding import ReindexOptions, reindex
from catalogue.searching.evaluation import search
from tests.builders.catalogue import NOW, a_record, add_records
from tests.builders.index import Derived, derived
from tests.catalogue.loading.test_loading_formats import AUTHORITY, RECORD


def a_file(folder: Path, name: str, numbers: range) -> Path:
    """Records of which some share words and some do not, and one that is broken."""
    path = folder / name
    texts = [
        a_record(f"Title {n} of {'grass' if n % 3 else 'soil'}", author=f"Author {n % 4}")
        for n in numbers
    ]
    path.write_bytes(b"".join(texts[:2]) + b"no record\x1d" + b"".join(texts[2:]))
    return path


def load(
    database: Database,
    *paths: Path,
    run: str = "one",
    page_terms: int = PAGE_TERMS,
    on_terms: Callable[[Any], object] = lambda progress: None,
    now: datetime = NOW,
    **options: Any,
) -> list[LoadReport]:
    loading = LoadOptions(now=now, processes=1, batch_size=4, **options)
    reindexing = ReindexOptions(run=run, now=now, page_terms=page_terms)
    return load_then_index(database, paths, loading, reindexing, on_terms)


#: The first record of each test, so that a batch has records in one chunk and in the next.
FIRST_ID = (1 << 16) - 6


def begin(database: Database) -> None:
    first = [a_record("Soil of the first")]
    database.write(lambda t: add_records(t, first, first_id=FIRST_ID)).result()


@pytest.fixture(autouse=True)
def _begun(database: Database) -> None:
    begin(database)


@pytest.fixture
def as_loaded(tmp_path: Path, sqlite_template: Path) -> Any:
    """What another database holds after an ordinary load of the same files."""

    def of(*paths: Path) -> Derived:
        other = tmp_path / "other.sqlite"
        other.write_bytes(sqlite_template.read_bytes())
        database = open_database(f"sqlite:///{other}")
        begin(database)
        load_files(database, paths, LoadOptions(now=NOW, processes=1, batch_size=4))
        found = derived(database)
        database.close()
        return found

    return of


def found(database: Database, word: str) -> int:
    return len(database.read(lambda t: search(t, Term("title", word))).result())


def test_the_index_is_that_of_an_ordinary_load(
    database: Database, tmp_path: Path, as_loaded: Any
) -> None:
    paths = a_file(tmp_path, "a.mrc", range(11)), a_file(tmp_path, "b.mrc", range(11, 30))
    seen: list[int] = []
    reports = load(
        database, *paths, on_progress=lambda state: seen.append(found(database, "grass"))
    )
    assert [(report.loaded, report.rejected) for report in reports] == [(11, 1), (19, 1)]
    assert set(seen) == {0}, "found before the index was written"
    assert found(database, "grass") == 20
    assert derived(database) == as_loaded(*paths)
    assert database.read(reindexings.unfinished).result() is None
    # Nothing is left to be put right, and nothing to be loaded.
    assert reindex(database, ReindexOptions(run="two", now=NOW)).rows_changed == 0
    again = load(database, *paths, run="three")
    assert [report.was_loaded_before for report in again] == [True, True]


def test_a_library_grows_by_a_load(database: Database, tmp_path: Path, as_loaded: Any) -> None:
    first, second = a_file(tmp_path, "a.mrc", range(9)), a_file(tmp_path, "b.mrc", range(5, 30))
    load_files(database, [first], LoadOptions(now=NOW, processes=1))
    load(database, second)
    assert derived(database) == as_loaded(first, second)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("moment", ["records", "terms"])
def test_it_is_gone_on_with_where_it_was_broken_off(
    database: Database, tmp_path: Path, as_loaded: Any, moment: str
) -> None:
    paths = a_file(tmp_path, "a.mrc", range(11)), a_file(tmp_path, "b.mrc", range(11, 30))
    count = 0

    def stop(state: object) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise Stopped

    hook = {"records": "on_progress", "terms": "on_terms"}[moment]
    with pytest.raises(Stopped):
        load(database, *paths, page_terms=5, **{hook: stop})
    assert derived(database).postings != as_loaded(*paths).postings
    assert database.read(reindexings.unfinished).result() is not None
    load(database, *paths, run="two", now=NOW + timedelta(hours=1))
    assert derived(database) == as_loaded(*paths)


def test_a_reindexing_does_what_a_load_has_left(
    database: Database, tmp_path: Path, as_loaded: Any
) -> None:
    path = a_file(tmp_path, "a.mrc", range(11))
    with pytest.raises(Stopped):
        load(database, path, on_progress=_stop)
    reindex(database, ReindexOptions(run="two", now=NOW))
    load_files(database, [path], LoadOptions(now=NOW, processes=1, batch_size=4))
    assert derived(database) == as_loaded(path)


def _stop(state: object) -> None:
    raise Stopped


def test_records_that_others_add_meanwhile_stay_as_they_are(
    database: Database, tmp_path: Path
) -> None:
    path = a_file(tmp_path, "a.mrc", range(11))

    def add(state: object) -> None:
        database.write(lambda t: add_record(t, a_record("Grass of others"), now=NOW)).result()

    load(database, path, on_progress=add)
    assert found(database, "others") == 3
    assert found(database, "grass") == 7 + 3
    assert reindex(database, ReindexOptions(run="two", now=NOW)).rows_changed == 0


def test_what_needs_the_index_meanwhile_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    rules = ImportRules((MatchKey.CONTROL_NUMBER,), Overlay.REPLACE, Protected(()))
    with pytest.raises(ValueError, match="looked for"):
        load(database, path, rules=rules)
    path.write_bytes(RECORD + AUTHORITY)
    [report] = load(database, path, record_format="danmarc2")
    assert "refer to others" in (report.problem or "")
    assert report.loaded == 0
