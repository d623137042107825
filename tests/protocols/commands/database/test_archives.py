"""`tiro backup`, `restore`, `export` and `import`, from a library that lends to its copy."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catalogue.database import Database, Transaction, migrate, open_database
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import Branch
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from protocols.commands.command_line import tiro
from protocols.demo.seeding import seed
from tests.builders.circulation import NOON, Library, present
from tests.builders.fees import charge
from tests.builders.notices import ask_for, rule


class Place:
    """A library's folder, with a database and a configuration."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir(exist_ok=True)
        self.url = url
        self.configuration = folder / "tiro.toml"
        self.configuration.write_text(f'[database]\nurl = "{url}"\n')

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(tiro, ["--config", str(self.configuration), *arguments])

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def demo(database_url: str, tmp_path: Path) -> Place:
    migrate(database_url)
    database = open_database(database_url)
    seed(database, patrons=3, items=10, now=NOON)
    database.close()
    return Place(tmp_path / "demo", database_url)


@pytest.fixture
def copy(second_database_url: str, tmp_path: Path) -> Place:
    return Place(tmp_path / "copy", second_database_url)


def test_a_backup_and_back(demo: Place, copy: Place, tmp_path: Path) -> None:
    path = tmp_path / "tiro.backup"
    assert demo.json("backup", str(path))["bytes"] > 0
    refused = copy.run("restore", str(path))
    assert refused.exit_code == 1
    assert "would be lost" in refused.output
    copy.json("restore", str(path), "--replace")
    shown = copy.json("patron", "show", "P0000001")
    assert shown == demo.json("patron", "show", "P0000001")


def _alike(shown: Any) -> Any:
    """The same but for what a database calls its patrons."""
    return {name: value for name, value in shown.items() if name not in ("id", "borrower")}


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_archive_from_one_kind_of_database_to_the_other(
    demo: Place, tmp_path: Path, form: str
) -> None:
    other = Place(tmp_path / "other", f"sqlite:///{tmp_path}/third.sqlite")
    folder = tmp_path / "archive"
    written = demo.json("export", str(folder), "--form", form)
    read = other.json("import", "--create", str(folder))
    assert read["rows"] == written["rows"]
    assert read["records"] > 0
    for command in (("item", "show", "I0000001"), ("patron", "show", "P0000002")):
        assert _alike(other.json(*command)) == _alike(demo.json(*command))
    again = other.run("import", str(folder))
    assert again.exit_code == 1
    assert "already" in again.output
    full = demo.run("export", str(folder))
    assert full.exit_code == 1
    assert "is not empty" in full.output


def test_an_archive_is_silent_of_what_happened_before(
    demo: Place, copy: Place, tmp_path: Path
) -> None:
    """What waited, happened or fell due in the old system is told nobody; what comes then is."""
    database = open_database(demo.url)
    filled = Library(database, *_branches(database))
    filled.now = present() - timedelta(days=27)
    rule(filled, "email")
    barcode = "I0000003"
    filled.check_out("P0000001", barcode)
    filled.pass_time(days=26)
    ask_for(filled, "P0000002", NoticeKind.STAFF, Cause(key="1"), facts={"text": "Hej"})
    charge(filled, "P0000002", 1_000)
    database.close()
    folder = tmp_path / "archive"
    demo.json("export", str(folder))
    told = Place(tmp_path / "told", f"sqlite:///{tmp_path}/told.sqlite")
    told.json("import", "--create", str(folder), "--told")
    assert told.json("notices", "silence")["batches"] == []
    copy.json("import", "--create", str(folder), "--silent", "old system")
    (batch,) = copy.json("notices", "silence")["batches"]
    assert (batch["batch"], batch["rows"]) == ("old system", 3)
    for place in (told, copy):
        text = place.configuration.read_text() + "[circulation]\nany_day = true\n"
        channel = '[notices.channels.email]\ndriver = "files"\nfolder = "outbox"\n'
        place.configuration.write_text(text + channel)
        place.json("jobs", "run", "notices")
    told_of = told.json("notices", "--patron", "P0000002")["messages"]
    states = {each["kind"]: each["state"] for each in told_of}
    assert states["staff"] == "sent"
    (waiting,) = copy.json("notices", "--patron", "P0000002")["messages"]
    assert (waiting["state"], waiting["why"]) == ("withdrawn", "loaded silently with old system")
    assert copy.json("notices", "--patron", "P0000001")["messages"] == []
    # From now on they are told: the loan falls due in the new system.
    day = f"{present() + timedelta(days=6):%Y-%m-%d}"
    copy.json("jobs", "run", "--date", day)
    (late,) = copy.json("notices", "--patron", "P0000001")["messages"]
    assert (late["kind"], late["state"]) == ("overdue", "sent")
    assert copy.run("notices", "silence", "old system", "--end").exit_code == 0
    assert copy.json("notices", "silence")["batches"] == []


def _branches(database: Database) -> tuple[Branch, Branch]:
    def work(transaction: Transaction) -> tuple[Branch, Branch]:
        found = [find_branch(transaction, isil=isil) for isil in ("DK-900101", "DK-900102")]
        assert found[0] is not None
        assert found[1] is not None
        return found[0], found[1]

    return database.read(work).result()


def test_patrons_and_loans_of_a_load_are_silent(demo: Place) -> None:
    card = ("--card", "L1", "--given-name", "Ida", "--at", "DK-900101", "--category", "adult")
    address = ("--email", "ida@example.org")
    demo.json("patron", "add", *card, *address, "--silent", "load")
    demo.json("loan", "out", "L1", "I0000004", "--at", "DK-900101", "--silent", "load")
    database = open_database(demo.url)
    rule(Library(database, *_branches(database)), "email")
    database.close()
    assert [each["rows"] for each in demo.json("notices", "silence")["batches"]] == [2]
    demo.json("jobs", "run", "notices")
    log = demo.json("notices", "--patron", "L1")["messages"]
    assert {each["state"] for each in log} <= {"withdrawn"}
    until = demo.json("notices", "silence", "load", "--until", "2100-01-01")["batches"]
    assert until[0]["until"].startswith("2100-01-01")
    assert demo.run("notices", "silence", "load").exit_code == 2
