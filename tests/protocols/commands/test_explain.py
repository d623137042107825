"""`tiro explain` as a librarian runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from click.testing import CliRunner, Result

from catalogue.database import open_database
from protocols.commands.explain import explain
from protocols.demo.seeding import seed
from tests.builders.circulation import NOON


@dataclass
class Settings:
    database_url: str

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(explain, list(arguments), obj=self)


@pytest.fixture
def library(sqlite_url: str) -> Settings:
    database = open_database(sqlite_url)
    seed(database, patrons=1, items=1, now=NOON)
    database.close()
    return Settings(sqlite_url)


def test_the_rules_that_decide_are_named(library: Settings) -> None:
    shown = library.run("P0000001", "I0000001", "--at", "DK-900201").output
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.strip()}
    assert lines["loan_days"] == ["180", "rule", "at", "=", "DK-900200"]
    assert lines["renewal_days"] == ["30", "rule", "for", "all"]
    assert lines["on_site_only"] == ["false", "no", "rule"]
    assert "(adult < resident)" in shown
    assert "due" in lines


def test_json_says_the_same(library: Settings) -> None:
    told = json.loads(library.run("P0000001", "I0000001", "--json").output)
    assert told["branch"] == "DK-900101"
    assert told["categories"] == ["adult", "resident"]
    assert told["fields"]["loan_days"] == {"value": 30, "rule": {}}
    assert told["fields"]["within_card"] == {"value": False, "rule": None}
    assert told["refusals"] == []
    assert told["due"][-6:] in ("+01:00", "+02:00")


def test_what_is_unknown(library: Settings) -> None:
    both = library.run("P1", "I1").stderr
    assert "no patron has this identifier" in both
    assert "no item has this barcode" in both
    assert "no branch" in library.run("P0000001", "I0000001", "--at", "DK-1").stderr
