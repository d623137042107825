"""`tiro ill`, beside a library with a partner."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalogue.database import open_database
from protocols.commands.command_line import tiro
from protocols.demo.seeding import SET_UP
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
    refused = command("next", loan["id"])
    assert (refused.exit_code, "no other library" in refused.output) == (1, True)
    assert json.loads(command("log", loan["id"], "--json").output) == {"exchanges": []}
    assert json.loads(command("cancel", loan["id"], "--json").output)["state"] == "cancelled"
    assert json.loads(command("cases", "--json").output) == {"cases": []}


def test_nothing_is_to_be_read(command: Callable[..., Result]) -> None:
    assert json.loads(command("remarks", "--json").output) == {"remarks": []}
    assert command("settle", "1").exit_code != 0


# Registries


@pytest.fixture
def registry(sqlite_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs `tiro ill registry` over the demo's set-up; gives the file, if there is a text."""
    path, file = tmp_path / "tiro.toml", tmp_path / "vip.csv"
    path.write_text(f'[database]\nurl = "{sqlite_url}"\n', encoding="utf-8")
    applied = CliRunner().invoke(tiro, ["--config", str(path), "apply", str(SET_UP), "--yes"])
    assert applied.exit_code == 0, applied.output

    def run(text: str, *options: str) -> Result:
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(
            tiro, ["--config", str(path), "ill", "registry", str(file), *options]
        )

    return run


def test_a_registry_is_tried_and_taken_in(registry: Callable[..., Result]) -> None:
    text = "isil,address,secret,closed\nDK-746100,https://ill.example.org,open sesame,\nX,,hush,\n"
    for options in (("--dry-run",), ()):
        done = registry(text, *options)
        assert done.exit_code == 0, done.output
        assert "1 added: DK-746100\n" in done.output
        assert "line 3: what it has as ISIL is none\n" in done.output
        assert "open sesame" not in done.output
        assert "hush" not in done.output
    again = registry(text, "--json")
    facts = json.loads(again.output)
    assert (facts["added"], facts["same"], facts["tried"]) == ([], 1, False)
    assert facts["set_aside"] == [{"line": 3, "isil": "", "reason": "what it has as ISIL is none"}]


def test_a_registry_that_does_not_fit_is_not_taken_in(registry: Callable[..., Result]) -> None:
    head = "isil,address\n"
    assert registry(f"{head}DK-746100,https://ill.example.org\n").exit_code == 0
    short = registry(head)
    assert short.exit_code == 1
    assert "0 libraries that can be used, where 1 were taken last" in short.output
    assert registry(head, "--shorter").exit_code == 0
    for text, options in (("isil\n", ()), (head, ("--registry", "VIP"))):
        assert registry(text, *options).exit_code == 1
