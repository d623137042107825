"""`tiro events`: what is long over, moved into files, also by a process that is killed."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catalogue.database import Database, migrate, open_database
from protocols.commands.command_line import tiro
from tests.builders.circulation import Library, a_library, an_item, present
from tests.builders.moving_out import BEFORE, rows_here, rows_in, see_to_the_past, years_of_lending
from tests.processes import start


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database)
    years_of_lending(library, acts=25)
    see_to_the_past(library)
    return library


@pytest.fixture
def configuration(library: Library, tmp_path: Path) -> Path:
    path = tmp_path / "tiro.toml"
    path.write_text(f'[database]\nurl = "{library.database.url}"\n')
    return path


Run = Callable[..., Result]


@pytest.fixture
def run(configuration: Path) -> Run:
    return lambda *words: CliRunner().invoke(tiro, ["--config", str(configuration), *words])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_operator_moves_events_out(library: Library, run: Run, tmp_path: Path) -> None:
    folder, before = tmp_path / "books" / "2023", rows_here(library)
    words = "events", "move-out", "--before", str(BEFORE), str(folder), "--json"
    said = told(run(*words))
    out, left = rows_in(folder), rows_here(library)
    assert {name: left[name] | out[name] for name in left} == before
    assert (said["events"], said["loans"]) == (len(out["events"]), len(out["loans"]))
    assert folder.stat().st_mode & 0o777 == 0o700
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["before"] == str(BEFORE)
    [noted] = told(run("events", "moved-out", "--json"))
    assert noted == said
    again = told(run(*words[:-2], str(tmp_path / "again"), "--json"))
    assert again == {"before": str(BEFORE), "events": 0, "loans": 0}


def test_an_item_says_where_the_rest_is(library: Library, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    run("events", "move-out", "--before", str(BEFORE), str(folder))
    library.now = present()
    for item, is_told in (("I0000010", True), (an_item(library), False)):
        said = told(run("item", "events", item, "--json"))["older"]
        assert [each["folder"] for each in said] == [str(folder)] * is_told
        shown = run("item", "events", item).stdout
        assert (f"What happened before {BEFORE} was moved out" in shown) is is_told


@pytest.mark.parametrize(
    ("before", "why", "advice"),
    [
        ("2200-01-01", "stays: no later day will do", ""),
        (str(BEFORE), "still name their patrons", "tiro jobs run history"),
    ],
    ids=["young", "due"],
)
def test_what_cannot_be_moved_yet_is_told(
    database: Database, tmp_path: Path, before: str, why: str, advice: str
) -> None:
    years_of_lending(a_library(database), acts=25)
    path = tmp_path / "tiro.toml"
    path.write_text(f'[database]\nurl = "{database.url}"\n')
    folder = tmp_path / "old"
    words = ["--config", str(path), "events", "move-out", "--before", before, str(folder)]
    result = CliRunner().invoke(tiro, words)
    assert result.exit_code == 1
    assert why in result.stderr
    assert advice in result.stderr
    assert not folder.exists()


#: What there is when a process is killed.
_SIGNS = (
    lambda folder: folder.exists(),
    lambda folder: any(folder.glob("*.part")),
    lambda folder: any(folder.glob("*.jsonl")),
    lambda folder: (folder / "manifest.json").exists(),
)


def test_a_process_that_is_killed_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    migrate(sqlite_url)
    with closing(open_database(sqlite_url)) as database:
        library = a_library(database)
        years_of_lending(library)
        see_to_the_past(library)
        before = rows_here(library)
    path, folder = tmp_path / "tiro.toml", tmp_path / "old"
    path.write_text(f'[database]\nurl = "{sqlite_url}"\n')
    words = "--config", str(path), "events", "move-out", "--before", str(BEFORE), str(folder)
    for sign in _SIGNS:
        process = start("protocols.commands.command_line", *words)
        while process.poll() is None and not sign(folder):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
    result = CliRunner().invoke(tiro, [*words, "--json"])
    with closing(open_database(sqlite_url)) as database:
        library.database = database
        out, left = rows_in(folder), rows_here(library)
    assert out["events"], result.output
    for table in ("events", "loans"):
        assert not left[table].keys() & out[table].keys()
        assert left[table] | out[table] == before[table]
