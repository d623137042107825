"""What is long over is in the files or in the database, never in neither, never in both; and what
the library knows of the past is what it knew before."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Database, Transaction, many, open_database
from catalogue.database.migrations.running import newest_revision
from catalogue.schema import items
from circulation.archiving.exporting import export
from circulation.archiving.forms import UnreadableArchive
from circulation.archiving.importing import import_archive
from circulation.archiving.manifest import MANIFEST
from circulation.archiving.moving_out.old_rows import KEPT
from circulation.archiving.moving_out.readiness import CannotMoveOut, beginning_of
from circulation.items.facts import item_facts
from circulation.items.use import LAST_LENT, LOANS_IN_ALL, use_of
from circulation.kernel.moves_out import all_moves_out
from circulation.kernel.schema import loan_statistics
from circulation.loans.statistics import count_day
from circulation.patrons.personal_export import export_person
from circulation.patrons.schema import patrons
from circulation.stock.yearly import figures_of_year
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.moving_out import (
    BEFORE,
    moved,
    moving,
    rows_here,
    rows_in,
    see_to_the_past,
    years_of_lending,
)
from tests.builders.tables import rows_of


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database)
    years_of_lending(library)
    see_to_the_past(library)
    return library


@many(tuple)  # type: ignore[arg-type]
def _use_in_lists() -> Any:
    return select(items.c.id, LOANS_IN_ALL, LAST_LENT).order_by(items.c.id)


def known(library: Library) -> dict[str, Any]:
    """What the library says of its past."""

    def work(transaction: Transaction) -> dict[str, Any]:
        set_up = library.circulation.current_set_up(transaction)
        rows = rows_of(items)(transaction)
        barcodes = [row[items.columns.keys().index("barcode")] for row in rows]
        facts = [item_facts(transaction, barcode=each) for each in barcodes]
        agency = library.main.agency_id
        return {
            "facts": facts,
            "use": [
                use_of(transaction, item_id=each.id, timezone=library.main.timezone)
                for each in facts
                if each is not None
            ],
            "persons": [
                export_person(transaction, row[0]) for row in rows_of(patrons)(transaction)
            ],
            "years": [
                figures_of_year(transaction, set_up, agency_id=agency, year=year)
                for year in range(2022, 2027)
            ],
            "statistics": sorted(rows_of(loan_statistics)(transaction)),
        }

    return library.read(work)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_there_is_left_or_in_the_files(
    database: Database, tmp_path: Path, seed: int
) -> None:
    library = a_library(database)
    years_of_lending(library, seed=seed)
    see_to_the_past(library)
    before, knew = rows_here(library), known(library)
    move = moved(library, tmp_path / "old")
    left, out = rows_here(library), rows_in(tmp_path / "old")
    assert move is not None
    for table in ("events", "loans"):
        assert out[table]
        assert not left[table].keys() & out[table].keys()
        assert left[table] | out[table] == before[table]
    assert (len(out["events"]), len(out["loans"])) == (move.events, move.loans)
    assert known(library) == knew


def test_what_is_needed_stays(database: Database, tmp_path: Path) -> None:
    """Who has borrowed what, what an item did last, and what left the stock."""
    library = a_library(database)
    years_of_lending(library)
    card, waiting = a_patron(library), a_patron(library)
    library.now = datetime(2023, 2, 1, 9, tzinfo=UTC)
    lent = an_item(library, on_loan_to=card)
    a_hold(library, waiting, lent)
    library.now = datetime(2026, 11, 25, 11, tzinfo=UTC)
    see_to_the_past(library)
    before = rows_here(library)["events"].values()
    moved(library, tmp_path / "old")
    out = rows_in(tmp_path / "old")["events"].values()
    assert all(row[8] is None for row in out), "who they were is not known"
    assert not KEPT & {row[1] for row in out}
    last = {row[7]: row[0] for row in sorted(before) if row[7] is not None}
    assert not {row[0] for row in out} & set(last.values())
    set_up = library.read(library.circulation.current_set_up)
    assert all((row[3] or row[2]) < beginning_of(BEFORE, set_up) for row in out)
    assert [each.kind.value for each in library.events_of(lent)] == ["checked_out"]


def test_the_second_time_nothing_is_older(library: Library, tmp_path: Path) -> None:
    assert moved(library, tmp_path / "old") is not None
    left = rows_here(library)
    assert moved(library, tmp_path / "again") is None
    assert rows_here(library) == left
    assert not (tmp_path / "again").exists()
    with pytest.raises(FileExistsError, match="is not empty"):
        moved(library, tmp_path / "old")
    assert len(library.read(all_moves_out)) == 1


def test_a_year_later_the_next_year_follows(library: Library, tmp_path: Path) -> None:
    before, knew = rows_here(library), known(library)
    moved(library, tmp_path / "first", before=date(2023, 1, 1))
    moved(library, tmp_path / "second")
    first, second, left = (
        rows_in(tmp_path / "first"),
        rows_in(tmp_path / "second"),
        rows_here(library),
    )
    for table in ("events", "loans"):
        assert not first[table].keys() & second[table].keys()
        assert first[table] | second[table] | left[table] == before[table]
    assert known(library) == knew


class Stopped(Exception):
    """As if the power had gone."""


def stopping(after: int) -> Callable[..., None]:
    """What raises `Stopped` when it was called so often."""
    calls = iter(range(after))

    def call(*_: object) -> None:
        if next(calls, None) is None:
            raise Stopped

    return call


@pytest.mark.parametrize("where", ["tell", "rest"])
def test_stopped_anywhere_and_run_again_it_comes_to_the_same(
    library: Library, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("circulation.archiving.moving_out.moving.AT_ONCE", 5)
    monkeypatch.setattr("circulation.archiving.moving_out.old_rows.PAGE", 40)
    before, knew, folder = rows_here(library), known(library), tmp_path / "old"
    stops = 0
    while True:
        try:
            moved(library, folder, **{where: stopping(random.Random(stops).randrange(4))})
            break
        except Stopped:
            stops += 1
        except AssertionError:
            raise
        assert stops < 200
        if stops > 20:  # to its end, from wherever it is
            moved(library, folder)
            break
    assert stops > 1
    out, left = rows_in(folder), rows_here(library)
    for table in ("events", "loans"):
        assert not left[table].keys() & out[table].keys()
        assert left[table] | out[table] == before[table]
    assert known(library) == knew
    assert {each.name.rpartition(".")[2] for each in folder.iterdir()} == {"jsonl", "json"}


@pytest.mark.parametrize("file", ["events-2022.jsonl", MANIFEST, MANIFEST + ".part"])
def test_stopped_while_files_get_their_names(
    library: Library, tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deleted before all of them have."""
    before, rename = rows_here(library), Path.rename

    def stop(self: Path, target: Path) -> Path:
        if target.name == file:
            raise Stopped
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stop)
        if file.endswith(".part"):
            patched.setattr("circulation.archiving.moving_out.files._flush", stopping(0))
        with pytest.raises(Stopped):
            moved(library, tmp_path / "old")
    assert rows_here(library) == before
    moved(library, tmp_path / "old")
    out, left = rows_in(tmp_path / "old"), rows_here(library)
    assert {name: left[name] | out[name] for name in left} == before


def test_files_that_are_gone_end_it(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    with pytest.raises(Stopped):
        moved(library, folder, rest=stopping(0))
    left = rows_here(library)
    kept = (folder / MANIFEST).read_text()
    (folder / "events-2023.jsonl").rename(tmp_path / "elsewhere")
    with pytest.raises(UnreadableArchive, match=r"events-2023\.jsonl is missing"):
        moved(library, folder)
    (folder / "events-2023.jsonl").write_text("{}\n")
    with pytest.raises(UnreadableArchive, match="is not what was written"):
        moved(library, folder)
    (tmp_path / "elsewhere").rename(folder / "events-2023.jsonl")
    (folder / MANIFEST).unlink()
    with pytest.raises(CannotMoveOut, match="its files are not in"):
        moved(library, folder)
    with pytest.raises(CannotMoveOut, match="its files are not in"):
        moved(library, tmp_path / "another")
    assert rows_here(library) == left
    assert not (tmp_path / "another").exists()

    (folder / MANIFEST).write_text(kept)
    move = moved(library, folder.rename(tmp_path / "another"))
    assert move is not None
    assert move.folder == str(tmp_path / "another")
    assert library.read(all_moves_out) == [move]


def test_only_one_process_is_at_it(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "old"

    def again(*_: object) -> None:
        with pytest.raises(CannotMoveOut, match="another process is at it"):
            moved(library, folder)
        raise Stopped

    with pytest.raises(Stopped):
        moved(library, folder, tell=again)


def test_who_was_as_quick_keeps_nothing(library: Library, tmp_path: Path) -> None:
    """On another host, into another folder: its files would hold the same rows again."""
    has_begun = stopping(1)

    def meanwhile(*_: object) -> None:
        try:
            has_begun()
        except Stopped:
            return
        moved(library, tmp_path / "other")

    with pytest.raises(CannotMoveOut, match="another process has moved out"):
        moved(library, tmp_path / "old", tell=meanwhile)
    assert [each.folder for each in library.read(all_moves_out)] == [str(tmp_path / "other")]


def test_others_write_meanwhile(library: Library, tmp_path: Path) -> None:
    """A process of its own: whatever holds a lock while it rests would keep this one waiting."""
    server = open_database(library.database.url, 0.2)
    desk = Library(server, library.main, library.other, now=library.now)
    card, barcode = a_patron(library), an_item(library)
    before = rows_here(library)
    turns = 0

    def lend(_: float) -> None:
        nonlocal turns
        turns += 1
        desk.check_out(card, barcode)
        desk.check_in(barcode)

    try:
        moved(library, tmp_path / "old", rest=lend)
    finally:
        server.close()
    left, out = rows_here(library), rows_in(tmp_path / "old")
    new = left["events"].keys() - before["events"].keys()
    assert len(new) == 2 * turns > 0
    assert {**left["events"], **out["events"]}.keys() - new == before["events"].keys()


def test_a_day_that_was_moved_out_keeps_its_figures(library: Library, tmp_path: Path) -> None:
    figures = library.read(rows_of(loan_statistics))
    day = min(row[0] for row in figures)
    moved(library, tmp_path / "old")
    assert library.write(lambda transaction: count_day(transaction, day)) == 0
    assert library.read(rows_of(loan_statistics)) == figures


def test_an_archive_knows_where_the_rest_is(
    library: Library, second_database_url: str, tmp_path: Path
) -> None:
    move = moved(library, tmp_path / "old")
    revision = newest_revision()
    export(library.database, tmp_path / "all", revision=revision, now=library.now)
    copy = open_database(second_database_url)
    try:
        import_archive(copy, tmp_path / "all", revision=revision)
        assert copy.read(all_moves_out).result() == [move]
        library.database, left = copy, rows_here(library)
        assert left["events"]
    finally:
        copy.close()


def test_moving_is_told(library: Library, tmp_path: Path) -> None:
    told: list[tuple[str, str, int, int | None]] = []
    move = moved(library, tmp_path / "old", tell=lambda *facts: told.append(facts))
    assert move is not None
    assert told[0] == ("written", "events", move.events, None)
    assert told[-1][0] == "deleted"
    assert told[-1][2] == told[-1][3]
    assert moving(library, tmp_path).rest is not None
