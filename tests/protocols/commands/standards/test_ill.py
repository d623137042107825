"""`tiro ill`, beside a library with a partner."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalogue.database import open_database
from protocols.commands.command_line import tiro
from tests.builders.circulation import a_library, a_patron
from tests.protocols.iso18626.stage import a_partner

AT = ("--at", "DK-900101")


@pytest.fixture
def command(sqlite_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs a command of `tiro ill` over a library whose patron P1 may ask Odense."""
    library = a_library(open_database(sqlite_url))
    a_partner(library, takes_requests=True)
    a_patron(library, "P1")
    library.database.close()
    path = tmp_path / "tiro.toml"
    path.write_text(f'[database]\nurl = "{sqlite_url}"\n', encoding="utf-8")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(tiro, ["--config", str(path), "ill", *arguments, *AT])

    return run


def test_a_wish_and_a_letter(command: Callable[..., Result]) -> None:
    asked = command("ask", "P1", "--title", "Njals saga", "--json")
    assert asked.exit_code == 0, asked.output
    loan = json.loads(asked.output)
    assert (loan["state"], loan["partner"]) == ("asked", "dk-746100")
    for name, more in (("write", ("Haster",)), ("status", ())):
        done = command(name, loan["id"], *more, "--json")
        assert done.exit_code == 0, done.output
    assert [each["kind"] for each in json.loads(done.output)["told"]] == [
        "asked",
        "noted",
        "status_asked",
    ]
    refused = command("refuse", loan["id"], "--why", "policy")
    assert refused.exit_code != 0
    assert "borrowed from another library" in refused.output
    assert command("supply", loan["id"]).exit_code != 0


def test_who_would_be_asked_and_what_is_under_way(command: Callable[..., Result]) -> None:
    answer = command("who", "Njals saga", "--patron", "P1", "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert [(each["partner"], each["position"]) for each in told["suppliers"]] == [("dk-746100", 1)]
    assert command("who", "4711").exit_code == 0
    loan = json.loads(command("ask", "P1", "--title", "Njals saga", "--json").output)
    [case] = json.loads(command("cases", "--json").output)["cases"]
    assert (case["id"], case["loans"][0]["id"]) == (loan["case"], loan["id"])
    for name in ("accept", "decline"):
        refused = command(name, loan["id"])
        assert refused.exit_code != 0
        assert "no terms" in refused.output
    assert json.loads(command("cancel", loan["id"], "--json").output)["state"] == "cancelled"
    assert json.loads(command("cases", "--json").output) == {"cases": []}


def test_nothing_is_to_be_read(command: Callable[..., Result]) -> None:
    assert json.loads(command("remarks", "--json").output) == {"remarks": []}
    assert command("settle", "1").exit_code != 0
