"""`tiro close` as a librarian runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalogue.database import open_database
from protocols.commands.rules.close import close
from protocols.commands.shared import settings
from tests.builders.circulation import a_library, a_patron, an_item


@dataclass
class Settings(settings.Settings):
    barcode: str = ""

    def run(self, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(close, list(arguments), obj=self, input=answer)


@pytest.fixture
def library(sqlite_url: str, tmp_path: Path) -> Settings:
    path = tmp_path / "tiro.toml"
    path.write_text(f'[database]\nurl = "{sqlite_url}"\n')
    database = open_database(sqlite_url)
    library = a_library(database)
    barcode = an_item(library, on_loan_to=a_patron(library))  # due on 23 December 2026
    database.close()
    return Settings(path, barcode=barcode)


def test_it_shows_asks_and_closes(library: Settings) -> None:
    shown = library.run("DK-900101", "2026-12-23", "2026-12-27", "--check")
    assert shown.output == (
        "DK-900101 Hovedbiblioteket: closed 23 Dec 2026 to 27 Dec 2026\n"
        "1 loans due 23 Dec 2026 -> 28 Dec 2026\n"
    )
    refused = library.run("DK-900101", "2026-12-23", answer="n\n")
    assert refused.exit_code == 1
    done = library.run("DK-900101", "2026-12-23", answer="y\n")
    assert done.output.endswith("Closed. 1 loans and 0 pickups were moved.\n")
    again = library.run("DK-900101", "2026-12-23", "--yes")
    assert again.output.endswith("Closed. 0 loans and 0 pickups were moved.\n")


def test_json(library: Settings) -> None:
    told = json.loads(library.run("DK-900101", "2026-12-23", "--json", "--yes").output)
    assert told == {
        "branch": "DK-900101",
        "first": "2026-12-23",
        "last": "2026-12-23",
        "reopens": "2026-12-24",
        "closed": True,
        "loans": [
            {
                "item": library.barcode,
                "before": "2026-12-23T22:59:59Z",
                "after": "2026-12-24T22:59:59Z",
            }
        ],
        "pickups": [],
        "fees": [],
    }
    assert library.run("DK-900101", "2026-12-23", "--json").exit_code == 2


def test_a_closure_is_lifted(library: Settings) -> None:
    library.run("DK-900101", "2026-12-23", "--yes")
    lifted = library.run("DK-900101", "2026-12-23", "--lift").output
    assert lifted.startswith("The closure of DK-900101 is withdrawn.\nLoans and holds keep")
    assert library.run("DK-900101", "2026-12-23", "--lift").exit_code == 1


def test_what_cannot_be(library: Settings) -> None:
    assert "no branch with the ISIL DK-1" in library.run("DK-1", "2026-12-23", "--yes").stderr
    assert "lasts from" in library.run("DK-900101", "2026-12-23", "2026-12-22", "--yes").stderr
    assert library.run("DK-900101", "Christmas").exit_code == 2
