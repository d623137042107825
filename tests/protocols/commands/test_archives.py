"""`tiro backup`, `restore`, `export` and `import`, from a library that lends to its copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catalogue.database import migrate, open_database
from protocols.command_line import tiro
from protocols.demo.seeding import seed
from tests.builders.circulation import NOON


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


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_archive_from_one_kind_of_database_to_the_other(
    demo: Place, tmp_path: Path, form: str
) -> None:
    other = Place(tmp_path / "other", f"sqlite:///{tmp_path}/third.sqlite")
    folder = tmp_path / "archive"
    written = demo.json("export", str(folder), "--form", form)
    read = other.json("import", str(folder))
    assert read["rows"] == written["rows"]
    assert read["records"] > 0
    for command in (("item", "show", "I0000001"), ("patron", "show", "P0000002")):
        assert other.json(*command) == demo.json(*command)
    again = other.run("import", str(folder))
    assert again.exit_code == 1
    assert "already" in again.output
    full = demo.run("export", str(folder))
    assert full.exit_code == 1
    assert "is not empty" in full.output
