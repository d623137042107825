"""What a load tells while it works, and of records that it could not read to the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.database import Database, open_database
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import READING, WRITING, LoadOptions, Progress, Stage
from catalogue.records import fetch_records
from tests.builders.catalogue import a_record

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_record_with_two_bad_octets_is_loaded_with_a_note(
    sqlite_url: str, tmp_path: Path, processes: int
) -> None:
    damaged = a_record("A soup of \u00f8l", "Damaged").replace(b"\xc3\xb8l", b"\xe9\xff")
    path = tmp_path / "some.mrc"
    path.write_bytes(a_record("Soil") + damaged + a_record("Water"))
    database = open_database(sqlite_url)
    [report] = load_files(database, [path], LoadOptions(now=NOW, processes=processes, batch_size=1))
    assert (report.loaded, report.rejected, report.noted) == (3, 0, 1)
    assert report.notes_file == tmp_path / "some.mrc.noted.txt"
    [line] = report.notes_file.read_text("utf-8").splitlines()
    position, offset, length, _, note = line.split("\t")
    assert (int(position), int(length)) == (2, len(damaged))
    assert int(offset) == len(a_record("Soil"))
    assert note.startswith("2 octets that are not UTF-8, in field 245")
    [record] = database.read(lambda t: fetch_records(t, [2])).result()
    assert "\ufffd\ufffd" in record.data.decode()
    database.close()


def test_what_goes_on_is_told_before_anything_is_committed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.loading.files.TOLD_EVERY", 4)
    monkeypatch.setattr("catalogue.loading.files.ROWS_TOLD", 10)
    path = tmp_path / "a.mrc"
    path.write_bytes(b"".join(a_record(f"Book {n}") for n in range(20)))
    told: list[Stage | Progress] = []
    load_files(
        database,
        [path],
        LoadOptions(
            now=NOW, processes=1, batch_size=12, on_stage=told.append, on_progress=told.append
        ),
    )
    at = next(at for at, each in enumerate(told) if isinstance(each, Progress))
    before = [each for each in told[:at] if isinstance(each, Stage)]
    assert next(each for each in before if each.what == READING) == Stage(READING, 4)
    writing = [each for each in before if each.what == WRITING]
    assert writing[0].done == 0
    assert len(writing) > 5
    assert all(each.done < each.total for each in writing if each.total)
    assert sorted(each.done for each in writing) == [each.done for each in writing]
