"""`tiro explain` as a librarian runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalogue.database import Transaction, open_database
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import open_account
from circulation.patrons.blocks import block_patron
from circulation.patrons.identifiers import find_patron
from protocols.commands.command_line import tiro
from protocols.demo.seeding import seed
from tests.builders.circulation import NOON


@dataclass
class Settings:
    configuration: Path
    database_url: str

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            tiro, ["--config", str(self.configuration), "explain", *arguments]
        )


@pytest.fixture
def library(sqlite_url: str, tmp_path: Path) -> Settings:
    database = open_database(sqlite_url)
    seed(database, patrons=1, items=1, now=NOON)
    database.close()
    configuration = tmp_path / "tiro.toml"
    configuration.write_text(f'[database]\nurl = "{sqlite_url}"\n')
    return Settings(configuration, sqlite_url)


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
    assert told["due"].endswith("Z")


def test_what_is_unknown(library: Settings) -> None:
    assert "no patron has this identifier" in library.run("P1", "I1").stderr
    assert "no item has this barcode" in library.run("P0000001", "I1").stderr
    assert "no branch" in library.run("P0000001", "I0000001", "--at", "DK-1").stderr


def test_the_owner_s_rules_stand_beside_the_lender_s(library: Settings) -> None:
    shown = library.run("P0000001", "I0000001", "--at", "DK-900201").output
    assert "owner DK-900101 Main library: where it is stricter, it decides" in shown
    assert "owner's loan_days" in shown
    told = json.loads(library.run("P0000001", "I0000001", "--at", "DK-900201", "--json").output)
    assert told["owner"] == "DK-900101"
    assert told["owner_fields"]["loan_days"] == {"value": 30, "rule": {}}
    assert set(told["owner_fields"]) < set(told["fields"])
    at_home = json.loads(library.run("P0000001", "I0000001", "--json").output)
    assert at_home["owner_fields"] == {}


def test_whose_a_block_and_a_debt_is(library: Settings) -> None:
    database = open_database(library.database_url)

    def work(transaction: Transaction) -> None:
        patron_id = find_patron(transaction, "P0000001")
        assert patron_id is not None
        circulation = Circulation()
        act = Act(transaction, circulation, UNATTENDED, NOON)
        block_patron(act, patron_id, BlockReason.EXCLUDED)
        set_up = circulation.current_set_up(transaction)
        branch = next(each for each in set_up.branches.values() if each.isil == "DK-900101")
        account = open_account(act, set_up, patron_id)
        kind = ChargeKind.ADMINISTRATIVE
        create_charge(account, NewCharge(kind, 5_000, "DKK", branch.id, "card"))

    database.write(work).result()
    database.close()
    here = library.run("P0000001", "I0000001").output
    assert "blocked by DK-900100: excluded\n" in here
    assert "owes 50.00 DKK to DK-900100\n" in here
    assert "refused: the patron is blocked (excluded)" in here
    there = library.run("P0000001", "I0000001", "--at", "DK-900201").output
    assert "blocked by DK-900100: excluded, which does not count at DK-900200" in there
    assert "owes 50.00 DKK to DK-900100, which does not count at DK-900200" in there
    assert "refused" not in there
