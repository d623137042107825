"""A library written to an archive and read into a new database is the same library."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pymarc
import pytest

from catalogue.changes.accession import add_record
from catalogue.database import Database, metadata, open_database
from catalogue.database.migrations.running import newest_revision
from catalogue.items import add_item
from catalogue.reindexing.rebuilding import ReindexOptions, reindex
from circulation.archiving.exporting import export
from circulation.archiving.forms import UnreadableArchive
from circulation.archiving.importing import NotEmpty, import_archive
from circulation.archiving.tables import LEFT_OUT, archived_tables
from circulation.holds.kinds import HoldKind
from circulation.holds.results import Wanted
from circulation.patrons.search_words import index_missing
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import a_copy, a_hold, ask, cancel, record_of
from tests.builders.tables import rows_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
REVISION = newest_revision()


@pytest.fixture
def new_database(second_database_url: str) -> Iterator[Database]:
    database = open_database(second_database_url)
    yield database
    database.close()


def described(library: Library, title: str = "Peters jul") -> str:
    """An item of a real record; gives the barcode."""
    text = a_record(title, author="Krohn, Johan", control_number="x1")
    record_id = library.write(lambda transaction: add_record(transaction, text, now=library.now))
    barcode = f"I{record_id:07}"
    library.write(
        lambda transaction: add_item(
            transaction,
            barcode=barcode,
            record_id=record_id,
            branch_id=library.main.id,
            now=library.now,
        )
    )
    return barcode


@pytest.fixture
def lived_in(database: Database) -> Library:
    """A library in which things have happened."""
    library = a_library(database)
    cards = [a_patron(library) for _ in range(4)]
    barcodes = [described(library) for _ in range(4)]
    barcodes.append(a_copy(library, barcodes[0]))
    library.check_out(cards[0], barcodes[0])
    library.check_out(cards[1], barcodes[1])
    wanted = [Wanted(record_of(library, each)) for each in barcodes[1:4]]
    ask(library, cards[2], *wanted, kind=HoldKind.SERIAL)
    ask(library, cards[3], *wanted, kind=HoldKind.PARALLEL)
    cancel(library, cards[0], a_hold(library, cards[0], barcodes[2]).hold)
    library.check_in(barcodes[1])
    library.pass_time(days=60)
    library.check_in(barcodes[0])
    for title in ("Æbler og \\pærer", 'Ost,\nog "vin"', "東京"):
        text = a_record(title, author="Ørsted, Ane", control_number=title[:3])
        library.write(lambda transaction, text=text: add_record(transaction, text, now=NOW))  # type: ignore[misc]
    return library


def contents(database: Database) -> dict[str, list[Any]]:
    """Every row of every table, in a fixed order."""
    archived_tables()
    return {
        table.name: sorted(database.read(rows_of(table)).result(), key=repr)
        for table in metadata.sorted_tables
    }


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_it_is_the_same_library(
    lived_in: Library, new_database: Database, tmp_path: Path, form: str
) -> None:
    folder = tmp_path / "archive"
    written = export(lived_in.database, folder, revision=REVISION, now=NOW, form=form)
    assert {name.rpartition(".")[2] for name in written.files} == {form, "mrc"}
    read = import_archive(new_database, folder, revision=REVISION)
    assert read == written
    reindex(new_database, ReindexOptions(run="test", now=NOW))
    new_database.write(partial(index_missing, after=0)).result()
    before, after = contents(lived_in.database), contents(new_database)
    assert before["holds"]
    assert before["postings"]
    for name in ("changed_while_reindexing", "refiled_records", "reindexings"):
        del before[name], after[name]
    assert after == before


def test_life_goes_on_in_it(lived_in: Library, new_database: Database, tmp_path: Path) -> None:
    """New rows get numbers of their own."""
    folder = tmp_path / "archive"
    export(lived_in.database, folder, revision=REVISION, now=NOW)
    import_archive(new_database, folder, revision=REVISION)
    reindex(new_database, ReindexOptions(run="test", now=NOW))
    lived_in.database = new_database
    card = a_patron(lived_in, "P-new")
    barcode = described(lived_in, "A new one")
    lived_in.check_out(card, barcode)
    assert lived_in.events_of(barcode)


def test_it_is_of_one_moment(lived_in: Library, tmp_path: Path) -> None:
    """What happens while it is written is in none of its files."""
    before = contents(lived_in.database)
    begun = []
    told = []

    def go_on_working(table: str, rows: int, of: int) -> None:
        told.append((rows, of))
        if not begun:
            begun.append(table)
            described(lived_in, "A new one")
            a_patron(lived_in, "P-new")

    folder = tmp_path / "archive"
    written = export(
        lived_in.database, folder, revision=REVISION, now=NOW, on_progress=go_on_working
    )
    assert begun
    assert told == sorted(told)
    assert (
        told[-1][0]
        <= told[-1][1]
        == sum(written.files[name].rows for name in written.files if ".jsonl" in name)
    )
    assert len(contents(lived_in.database)["patrons"]) == len(before["patrons"]) + 1
    for table in ("patrons", "records", "items", "events"):
        assert written.files[f"{table}.jsonl"].rows == len(before[table]), table


def test_its_files_are_in_open_formats(lived_in: Library, tmp_path: Path) -> None:
    lines, cells = tmp_path / "lines", tmp_path / "cells"
    export(lived_in.database, lines, revision=REVISION, now=NOW)
    export(lived_in.database, cells, revision=REVISION, now=NOW, form="csv")
    with (lines / "records-marc21.mrc").open("rb") as file:
        titles = [record.title for record in pymarc.MARCReader(file) if record]
    assert "Æbler og \\pærer" in titles
    items = [json.loads(line) for line in (lines / "items.jsonl").read_text().splitlines()]
    with (cells / "items.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["barcode"] for row in rows] == [item["barcode"] for item in items]
    assert len(items) == 5


def test_every_table_is_in_it_or_is_made_of_the_others(lived_in: Library, tmp_path: Path) -> None:
    written = export(lived_in.database, tmp_path / "archive", revision=REVISION, now=NOW)
    archived = {name.removesuffix(".jsonl") for name in written.files if name.endswith(".jsonl")}
    assert lived_in.database.read(rows_of(metadata.tables["consortia"])).result()
    assert archived | set(LEFT_OUT) == set(metadata.tables)
    assert not archived & set(LEFT_OUT)


def test_it_is_read_into_a_new_database_only(lived_in: Library, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    export(lived_in.database, folder, revision=REVISION, now=NOW)
    before = contents(lived_in.database)
    with pytest.raises(NotEmpty):
        import_archive(lived_in.database, folder, revision=REVISION)
    assert contents(lived_in.database) == before


def test_a_folder_with_something_in_it_is_left_alone(lived_in: Library, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        export(lived_in.database, tmp_path, revision=REVISION, now=NOW)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "is no archive"),
    "a manifest that is none": (
        lambda folder: (folder / "manifest.json").write_text("[]") and None, "is not a manifest"
    ),
    "a file is missing": (
        lambda folder: (folder / "items.jsonl").unlink(), "items.jsonl is missing"
    ),
    "a file was cut": (lambda folder: _cut(folder / "patrons.jsonl"), "is not what was written"),
    "records were cut": (
        lambda folder: _cut(folder / "records-marc21.mrc"), "is not what was written"
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_not_read(
    sqlite_library: Library, tmp_path: Path, sqlite_template: Path, damage: str
) -> None:
    described(sqlite_library)
    a_patron(sqlite_library)
    folder = tmp_path / "archive"
    export(sqlite_library.database, folder, revision=REVISION, now=NOW)
    spoil, message = DAMAGES[damage]
    spoil(folder)
    path = tmp_path / "second.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    second = open_database(f"sqlite:///{path}")
    try:
        before = contents(second)
        with pytest.raises(UnreadableArchive, match=message):
            import_archive(second, folder, revision=REVISION)
        assert contents(second) == before
    finally:
        second.close()


def test_one_of_another_revision_is_not_read(sqlite_library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    export(sqlite_library.database, folder, revision="0001", now=NOW)
    with pytest.raises(UnreadableArchive, match="read it with the release that wrote it"):
        import_archive(sqlite_library.database, folder, revision=REVISION)


def test_rows_that_contradict_each_other_leave_the_database_empty(
    sqlite_library: Library, tmp_path: Path, sqlite_template: Path
) -> None:
    """A line of an unknown branch, in an archive whose digests are right."""
    described(sqlite_library)
    a_patron(sqlite_library)
    folder = tmp_path / "archive"
    export(sqlite_library.database, folder, revision=REVISION, now=NOW)
    text = (folder / "items.jsonl").read_text().replace('"branch_id":1', '"branch_id":77')
    (folder / "items.jsonl").write_text(text)
    redo_manifest(folder)
    path = tmp_path / "second.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    second = open_database(f"sqlite:///{path}")
    try:
        with pytest.raises(Exception, match="FOREIGN KEY"):
            import_archive(second, folder, revision=REVISION)
        assert contents(second)["records"] == []
    finally:
        second.close()


def redo_manifest(folder: Path) -> None:
    from circulation.archiving.manifest import digest_of

    facts = json.loads((folder / "manifest.json").read_text())
    for name, file in facts["files"].items():
        file["sha256"] = digest_of(folder / name)
    (folder / "manifest.json").write_text(json.dumps(facts))


def test_values_of_every_kind_come_back() -> None:
    from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, String

    from catalogue.database import Moment
    from circulation.archiving.values import cell, from_cell, reader, written

    values = {
        String: ["", "x", "\\N", "\\", 'a,"b"\n', "æ東"],
        Integer: [0, -5, 2**53 + 1],
        Boolean: [True, False],
        LargeBinary: [b"", b"\x00\xff"],
        Date: [NOW.date()],
        Moment: [NOW, NOW + timedelta(microseconds=1)],
    }
    for kind, cases in values.items():
        column = Column("x", kind())
        for value in [*cases, None]:
            assert reader(column)(json.loads(json.dumps(written(value)))) == value
            assert from_cell(column)(cell(value)) == value
