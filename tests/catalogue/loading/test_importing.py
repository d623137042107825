"""Loads that look for what is there already: matched, overlaid, and exactly once all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyroaring import BitMap

from catalogue.changes.accession import ItemDefaults, add_record
from catalogue.changes.merging import merge_records
from catalogue.changes.overlaying import Protected, overlaid
from catalogue.database import Database, Transaction, open_database
from catalogue.items import find_item
from catalogue.loading import files
from catalogue.loading.files import load_files
from catalogue.loading.import_plans import ImportRules, Overlay
from catalogue.loading.load_reports import LoadOptions, LoadReport
from catalogue.loading.record_matches import MatchKey
from catalogue.marc.iso2709 import build, fields, leader
from catalogue.query import Structure, Term
from catalogue.records import Record, count, fetch_records, find_by_control_number
from catalogue.searching.evaluation import search
from tests.builders.catalogue import NOW, a_record, add_branch, add_records
from tests.builders.index import derived, fresh

BY_NUMBER = ImportRules((MatchKey.CONTROL_NUMBER,))
BY_ISBN = ImportRules((MatchKey.ISBN_TITLE,))
BOTH = ImportRules((MatchKey.CONTROL_NUMBER, MatchKey.ISBN_TITLE))
ISBN, ISBN_10, OTHER_ISBN = "9788700000018", "8700000019", "9788700000025"


def load(database: Database, folder: Path, *texts: bytes, **options: Any) -> LoadReport:
    path = folder / f"file{sum(1 for _ in folder.iterdir())}.mrc"
    path.write_bytes(b"".join(texts))
    [report] = load_files(database, [path], LoadOptions(now=NOW, processes=1, **options))
    assert report.problem is None
    return report


def counts(report: LoadReport) -> tuple[int, int, int, int]:
    return report.loaded, report.replaced, report.unchanged, report.rejected


def record(database: Database, record_id: int) -> Record:
    [found] = database.read(lambda t: fetch_records(t, [record_id])).result()
    return found


def number_of_records(database: Database) -> int:
    return database.read(count).result()


def with_source(data: bytes, source: bytes) -> bytes:
    parts = list(fields(data))
    at = 1 if parts[0][0] == b"001" else 0
    return build(leader(data), [*parts[:at], (b"003", source), *parts[at:]])


@pytest.fixture
def sqlite(sqlite_url: str) -> Any:
    database = open_database(sqlite_url)
    yield database
    database.close()


def test_the_control_number_finds_the_record_and_the_text_is_replaced(
    database: Database, tmp_path: Path
) -> None:
    old = [a_record(f"Title {n}", control_number=f"c{n}") for n in range(4)]
    assert counts(load(database, tmp_path, *old, rules=BY_NUMBER)) == (4, 0, 0, 0)
    again = [
        a_record("Title 0", control_number="c0"),
        a_record("Another title", control_number="c1"),
        a_record("Title 9", control_number="c9"),
    ]
    report = load(database, tmp_path, *again, rules=BY_NUMBER)
    assert counts(report) == (1, 1, 1, 0)
    assert number_of_records(database) == 5
    assert record(database, 2).title == "Another title"
    found = database.read(
        lambda t: search(t, Term("title", "another", structure=Structure.WORD))
    ).result()
    assert found == BitMap([2])


def test_another_source_or_owner_makes_it_another_record(sqlite: Database, tmp_path: Path) -> None:
    plain = a_record("Title", control_number="1")
    load(sqlite, tmp_path, with_source(plain, b"DLC"), rules=BY_NUMBER)
    assert counts(load(sqlite, tmp_path, with_source(plain, b"OCoLC"), rules=BY_NUMBER)) == (
        1, 0, 0, 0,
    )  # fmt: skip
    changed = a_record("Title, changed", control_number="1")
    assert counts(load(sqlite, tmp_path, with_source(changed, b"DLC"), rules=BY_NUMBER)) == (
        0, 1, 0, 0,
    )  # fmt: skip
    assert [record(sqlite, number).title for number in (1, 2)] == ["Title, changed", "Title"]
    # Without a source it could be either.
    report = load(sqlite, tmp_path, a_record("Title, unsure", control_number="1"), rules=BY_NUMBER)
    assert (counts(report), report.ambiguous) == ((0, 0, 0, 1), 1)
    [line] = report.rejected_files[1].read_text().splitlines()
    assert line.endswith("ambiguous: by control number 1 it is each of the records 1, 2")


def test_the_owner_is_part_of_the_identity(sqlite: Database, tmp_path: Path) -> None:
    def agency(transaction: Transaction) -> int:
        from circulation.kernel.organisation import find_branch

        add_branch(transaction)
        branch = find_branch(transaction, isil="DK-900101")
        assert branch is not None
        return branch.agency_id

    owner = sqlite.write(agency).result()
    text = a_record("Title", control_number="1", isbn=ISBN)
    load(sqlite, tmp_path, text, rules=BOTH)
    own = a_record("Title of our own", control_number="1", isbn=ISBN)
    assert counts(load(sqlite, tmp_path, own, rules=BOTH, agency_id=owner)) == (1, 0, 0, 0)
    assert derived(sqlite).held[f"agency:{owner}"] == [2]


@pytest.mark.parametrize(
    ("isbn", "title", "is_same"),
    [
        (ISBN_10, "Grass", True),
        (ISBN, "GRASS!", True),
        (ISBN, "Grass a story", True),
        (ISBN, "Grassland", False),
        (ISBN, "Soil", False),
        (OTHER_ISBN, "Grass", False),
        (None, "Grass", False),
    ],
)
def test_isbn_and_title_together(
    sqlite: Database, tmp_path: Path, isbn: str | None, title: str, is_same: bool
) -> None:
    load(sqlite, tmp_path, a_record("Grass", isbn=ISBN, control_number="a"))
    report = load(sqlite, tmp_path, a_record(title, isbn=isbn, control_number="b"), rules=BOTH)
    assert counts(report) == ((0, 1, 0, 0) if is_same else (1, 0, 0, 0))


def test_records_of_one_file_may_be_the_same(database: Database, tmp_path: Path) -> None:
    texts = [
        a_record("Grass", isbn=ISBN, control_number="a"),
        a_record("Soil", isbn=OTHER_ISBN, control_number="b"),
        a_record("Grass, second edition", isbn=ISBN, control_number="a"),
        a_record("Soil", isbn=OTHER_ISBN, control_number="c"),
        a_record("Grass, third edition", isbn=ISBN, control_number="a"),
    ]
    assert counts(load(database, tmp_path, *texts, rules=BOTH)) == (2, 3, 0, 0)
    assert record(database, 1).title == "Grass, third edition"
    assert record(database, 2).control_number == "c"


def test_what_is_the_librarys_own_is_kept(sqlite: Database, tmp_path: Path) -> None:
    local = [
        ("590", "  ", ("a", "Signed by the author")),
        ("650", " 0", ("a", "Old heading")),
        ("945", "  ", ("a", "shelf 9")),
    ]
    load(sqlite, tmp_path, a_record("Grass", control_number="a", fields=local))
    theirs = [("650", " 0", ("a", "New heading")), ("999", "  ", ("a", "their own"))]
    text = a_record("Grass!", control_number="a", fields=theirs)
    assert counts(load(sqlite, tmp_path, text, rules=BY_NUMBER)) == (0, 1, 0, 0)
    tags = [(tag, content[4:]) for tag, content in fields(record(sqlite, 1).data)]
    assert tags[2:] == [
        (b"245", b"Grass!"),
        (b"590", b"Signed by the author"),
        (b"650", b"New heading"),
        (b"945", b"shelf 9"),
    ]
    assert counts(load(sqlite, tmp_path, text, b"", rules=BY_NUMBER))[1:3] == (
        0,
        0,
    )  # the same file
    other = a_record("Grass!", control_number="a", fields=theirs[:1])
    assert counts(load(sqlite, tmp_path, other, rules=BY_NUMBER)) == (0, 0, 1, 0)


def test_protected_tags_are_patterns() -> None:
    protected = Protected(["500", "59x", "9.X"])
    tags = [b"500", b"501", b"590", b"599", b"900", b"999", b"89x"]
    assert [tag in protected for tag in tags] == [True, False, True, True, True, True, False]
    assert b"500" not in Protected([])
    with pytest.raises(ValueError, match="no tag"):
        Protected(["50"])
    text = a_record("Grass")
    assert overlaid(text, text, protected) is text


@pytest.mark.parametrize(
    ("overlay", "expected", "title", "has_item"),
    [
        (Overlay.REPLACE, (0, 1, 0, 0), "Grass!", True),
        (Overlay.KEEP, (0, 0, 1, 0), "Grass", False),
        (Overlay.ADD_ITEMS, (0, 0, 1, 0), "Grass", True),
        (Overlay.SKIP, (0, 0, 0, 1), "Grass", False),
    ],
)
def test_what_is_done_with_what_is_there(
    database: Database,
    tmp_path: Path,
    overlay: Overlay,
    expected: tuple[int, int, int, int],
    title: str,
    has_item: bool,
) -> None:
    branch = database.write(add_branch).result()
    load(database, tmp_path, a_record("Grass", control_number="a"))
    report = load(
        database,
        tmp_path,
        a_record("Grass!", control_number="a"),
        rules=ImportRules((MatchKey.CONTROL_NUMBER,), overlay),
        with_items=ItemDefaults(branch, "I"),
    )
    assert counts(report) == expected
    assert record(database, 1).title == title
    item = database.read(lambda t: find_item(t, "I0000001")).result()
    assert (item is not None and item.record_id == 1) is has_item
    assert derived(database).held.get(f"branch:{branch}") == ([1] if has_item else None)


def test_a_merged_record_is_not_brought_back(sqlite: Database, tmp_path: Path) -> None:
    texts = [a_record("Grass", control_number="a"), a_record("Grass", control_number="b")]
    load(sqlite, tmp_path, *texts)
    sqlite.write(lambda t: merge_records(t, 1, 2, now=NOW)).result()
    report = load(sqlite, tmp_path, a_record("Grass anew", control_number="a"), rules=BY_NUMBER)
    assert counts(report) == (0, 0, 1, 0)
    assert record(sqlite, 2).title == "Grass"


def test_another_batch_size_makes_no_difference_and_the_index_is_that_of_a_fresh_load(
    sqlite_template: Path, tmp_path: Path
) -> None:
    first = [
        a_record(f"Title {n}", isbn=ISBN if n % 5 == 0 else None, control_number=f"c{n}")
        for n in range(20)
    ]
    second = [
        first[n] if n < 20 and n % 2 else a_record(f"Title {n}!", isbn=ISBN, control_number=f"c{n}")
        for n in range(0, 40, 3)
    ]
    outcomes = []
    for number, batch_size in enumerate((1, 4, 100)):
        folder = tmp_path / str(batch_size)
        folder.mkdir()
        database = open_database(f"sqlite:///{_copy(sqlite_template, folder)}")
        load(database, folder, *first, batch_size=batch_size)
        report = load(database, folder, *second, rules=BOTH, batch_size=batch_size)
        texts = {
            found.id: found.data
            for found in database.read(lambda t: fetch_records(t, range(1, 100))).result()
        }
        outcomes.append((counts(report), sorted(texts.values())))
        is_now = derived(database)
        database.close()
        empty = open_database(f"sqlite:///{_copy(sqlite_template, folder, f'fresh{number}')}")
        assert is_now == fresh(empty, texts)
        empty.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0][0] == (7, 4, 3, 0)


def _copy(template: Path, folder: Path, name: str = "tiro") -> Path:
    path = folder / f"{name}.sqlite"
    path.write_bytes(template.read_bytes())
    return path


def test_an_interrupted_load_goes_on_where_it_was(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [a_record(f"Title {n}", control_number=f"c{n % 10}") for n in range(30)]
    path = tmp_path / "file.mrc"
    path.write_bytes(b"".join(texts))

    def run(on_progress: Callable[[Any], object] = lambda state: None) -> LoadReport:
        [report] = load_files(
            database,
            [path],
            LoadOptions(
                now=NOW, processes=1, batch_size=7, rules=BY_NUMBER, on_progress=on_progress
            ),
        )
        return report

    def stop(state: Any) -> None:
        if state.read == 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stop)
    report = run()
    assert (report.before, counts(report)) == (14, (0, 16, 0, 0))
    assert number_of_records(database) == 10
    assert record(database, 1).title == "Title 20"
    assert run().was_loaded_before


def test_what_another_writes_between_plan_and_store_is_seen(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the plan and the transaction that stores, somebody adds the very records."""
    same = a_record("Grass", control_number="a")
    twins = [a_record("Soil", control_number="b")] * 2
    decide = files._File._decide
    written = []

    def decide_and_be_overtaken(*arguments: Any) -> Any:
        decided = decide(*arguments)
        if not written:
            for text in (same, *twins):
                written.append(
                    database.write(lambda t, text=text: add_record(t, text, now=NOW)).result()  # type: ignore[misc]
                )
        return decided

    monkeypatch.setattr(files._File, "_decide", decide_and_be_overtaken)
    texts = [same, a_record("Soil", control_number="b"), a_record("New", control_number="n")]
    report = load(database, tmp_path, *texts, rules=BY_NUMBER)
    assert counts(report) == (1, 0, 1, 1)
    assert len(report.rejected_files[1].read_text().splitlines()) == 1
    assert len(database.read(lambda t: find_by_control_number(t, control_number="a")).result()) == 1


def test_without_rules_everything_is_new(sqlite: Database, tmp_path: Path) -> None:
    sqlite.write(lambda t: add_records(t, [a_record("Grass", control_number="a")])).result()
    assert counts(load(sqlite, tmp_path, a_record("Grass", control_number="a"))) == (1, 0, 0, 0)
