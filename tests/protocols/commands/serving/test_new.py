"""`tiro new`: all of a library or nothing, and nothing written over."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from circulation.languages.installed import tags
from protocols.commands.command_line import tiro
from protocols.founding.texts import NAMES
from tests.builders.certificates import Authority
from tests.servers import free_ports

PASSWORD = "a good long password"


def new(folder: Path, *words: str, typed: str | None = None) -> Result:
    http, sip2, z3950 = free_ports(3)
    ports = ("--http-port", str(http), "--sip2-port", str(sip2), "--z3950-port", str(z3950))
    return CliRunner().invoke(tiro, ["new", str(folder), *ports, *words], input=typed)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(tiro, ["--config", str(folder / "tiro.toml"), *words])


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mine"


def test_a_library_that_is_in_order_and_has_an_administrator(folder: Path) -> None:
    done = new(folder, "--yes", "--name", "Ørby", "--isil", "DK-790000", "--user", "ida")
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    checked = run(folder, "check", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)) == (0, [])
    shown = json.loads(run(folder, "staff", "show", "ida", "--json").stdout)
    assert shown["has_password"]
    assert "administrator" in json.dumps(shown)
    again = run(folder, "apply", str(folder / "library.toml"), "--check")
    assert "Nothing to do" in again.stdout
    assert "Europe/Copenhagen" in (folder / "library.toml").read_text(encoding="utf-8")


def test_what_is_made_is_for_its_owner_alone(folder: Path) -> None:
    before = os.umask(0)
    try:
        assert new(folder, "--yes").exit_code == 0
    finally:
        os.umask(before)
    for each in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0, each


def test_each_library_has_secrets_of_its_own(tmp_path: Path) -> None:
    told = []
    for name in ("one", "two"):
        done = new(tmp_path / name, "--yes", "--json")
        settings = tomllib.loads((tmp_path / name / "tiro.toml").read_text(encoding="utf-8"))
        told += [json.loads(done.stdout)["password"], *settings["circulation"].values()]
    assert len(set(told)) == 6


def test_a_second_time_nothing_is_changed(folder: Path) -> None:
    assert new(folder, "--yes").exit_code == 0
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    done = new(folder, "--yes", "--name", "Another")
    assert done.exit_code == 1
    assert "nothing was changed" in done.stderr
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


@pytest.mark.parametrize("there", ["tiro.toml", "library.toml", "tiro.sqlite"])
def test_a_part_of_a_library_is_not_written_over(folder: Path, there: str) -> None:
    folder.mkdir()
    (folder / there).write_text("mine")
    assert new(folder, "--yes").exit_code == 1
    assert (folder / there).read_text() == "mine"
    assert left(folder.parent) == ["mine"]


def test_other_files_stay_beside_it(folder: Path) -> None:
    folder.mkdir()
    (folder / "records.mrc").write_text("mine")
    assert new(folder, "--yes").exit_code == 0
    assert left(folder) == ["library.toml", "records.mrc", "tiro.sqlite", "tiro.toml"]


def test_a_weak_password_makes_nothing(folder: Path) -> None:
    done = new(folder, "--yes", "--ask-password", typed="short\n")
    assert done.exit_code == 1
    assert left(folder.parent) == []
    assert new(folder, "--yes", "--ask-password", typed=f"{PASSWORD}\n").exit_code == 0
    assert PASSWORD not in (folder / "tiro.toml").read_text(encoding="utf-8")


def test_questions_are_asked_again_where_the_answer_cannot_be(folder: Path) -> None:
    answers = [
        "not an isil",
        "XX-town",
        "",
        'My $ "town"',
        "",
        "",
        "Mars/Olympus",
        "",
        "kroner",
        "",
    ]
    done = new(folder, typed="\n".join([*answers, "ida", ""]))
    assert done.exit_code == 0, done.output
    for wrong in ("not an isil", "Mars/Olympus", "kroner"):
        assert f"{wrong!r} is no" in done.stderr
    set_up = tomllib.loads((folder / "library.toml").read_text(encoding="utf-8"))
    assert set_up["consortium"] == 'My $ "town"'
    assert set(set_up["branches"]) == {"XX-town-1"}
    assert run(folder, "staff", "show", "ida").exit_code == 0


@pytest.mark.parametrize(
    ("words", "region"),
    [
        (("--isil", "BE-town"), "BE"),
        (("--isil", "XX-town", "--timezone", "Europe/Oslo"), "NO"),
        (("--isil", "XX-town"), ""),
        (("--isil", "OCLC-town", "--timezone", "America/Chicago"), "US"),
    ],
)
def test_telephone_numbers_belong_to_the_country_of_the_isil(
    folder: Path, words: tuple[str, ...], region: str
) -> None:
    assert new(folder, "--yes", *words).exit_code == 0
    settings = tomllib.loads((folder / "tiro.toml").read_text(encoding="utf-8"))
    assert settings["notices"]["region"] == region
    assert run(folder, "check").exit_code == 0


def test_names_are_in_the_language_of_the_library(folder: Path) -> None:
    assert new(folder, "--yes", "--isil", "DK-790000").exit_code == 0
    set_up = tomllib.loads((folder / "library.toml").read_text(encoding="utf-8"))
    assert set_up["consortium"] == "Mit bibliotek"
    assert set_up["branches"]["DK-790001"]["name"] == "Hovedbiblioteket"
    assert set_up["categories"]["child"] == "Børn under 14 år"
    assert set_up["groups"]["book"]["name"] == "Bøger"
    english = folder.parent / "english"
    assert new(english, "--yes", "--isil", "DK-790000", "--language", "en").exit_code == 0
    assert 'adult = "Adults"' in (english / "library.toml").read_text(encoding="utf-8")


def test_every_language_names_what_a_new_library_has() -> None:
    assert {tag: set(names) for tag, names in NAMES.items()} == {
        tag: set(NAMES["en"]) for tag in tags()
    }


@pytest.mark.parametrize(
    "words",
    [
        ("--isil", "no isil"),
        ("--timezone", "Mars/Olympus"),
        ("--currency", "kroner"),
        ("--language", "tlh"),
        ("--address", "ftp://x"),
        ("--certificate", __file__),
    ],
)
def test_options_that_cannot_be_are_said(folder: Path, words: tuple[str, str]) -> None:
    assert new(folder, "--yes", *words).exit_code == 2
    assert left(folder.parent) == []


def test_with_a_certificate_everybody_is_answered_over_tls(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "authority").mkdir()
    issued = Authority(tmp_path / "authority").issue("localhost", file="server", dns=("localhost",))
    files = ("--certificate", str(issued.certificate), "--key", str(issued.key))
    assert new(folder, "--yes", "--address", "https://library.example.org", *files).exit_code == 0
    settings = tomllib.loads((folder / "tiro.toml").read_text(encoding="utf-8"))
    assert settings["http"]["interface"] == "0.0.0.0"
    assert settings["http"]["address"] == "https://library.example.org"
    found = json.loads(run(folder, "check", "--json").stdout)
    assert [each for each in found if each["severity"] == "error"] == []


def test_a_database_that_holds_something_is_left_alone(folder: Path, sqlite_url: str) -> None:
    done = new(folder, "--yes", "--database", sqlite_url)
    assert done.exit_code == 1
    assert "is not empty" in done.stderr
    assert left(folder.parent) == ["tiro.sqlite"] or not folder.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--isil", "DK-1", "--branch", "dk-1"), "cannot have the ISIL of the agency, DK-1"),
        (("--database", "mysql://tiro:secret@host/x"), "must be sqlite:///FILE or postgresql://"),
    ],
)
def test_an_unfit_option_is_refused_before_anything_is_made(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    done = new(folder, "--yes", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert "secret" not in done.stderr
    assert left(folder.parent) == []


@pytest.mark.parametrize("agency", ["DK-abcdefghijk", "DK-abcdefghi-1"])
def test_the_longest_isil_has_a_first_branch_of_its_own(folder: Path, agency: str) -> None:
    done = new(folder, "--yes", "--isil", agency)
    assert done.exit_code == 0, done.output
