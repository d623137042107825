"""What docs/versions.md promises of an end: the version before tells of it, and works as ever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import click
import pytest
from click.testing import CliRunner
from pydantic import Field

import circulation.sections.source
import protocols.process.foundation
from circulation.sections.renamed import Renamed, take_up
from circulation.setting_up.reading import read
from protocols.api.openapi import openapi
from protocols.api.operations import OPERATIONS
from protocols.api.reference import page
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import load_configuration
from protocols.process.foundation import ConfigurationError
from tests.builders.staff import Staff

FILE = '[database]\nurl = "sqlite:///t.sqlite"\n[http]\nadress = "https://library.example.org"\n'


@pytest.fixture
def adress(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = (Renamed(("http", "adress"), "address", "0.4.0"), Renamed(("fax",), None, "0.4.0"))
    monkeypatch.setattr(protocols.process.foundation, "RENAMED", renamed)


def configured(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    return load_configuration(path, installed_standards())


@pytest.mark.usefixtures("adress")
def test_a_setting_is_read_under_its_old_name(tmp_path: Path) -> None:
    path = tmp_path / "tiro.toml"
    assert configured(path, FILE).http.address == "https://library.example.org"
    assert configured(path, "fax = 1\n" + FILE).http.address == "https://library.example.org"
    told = [each.text for each in protocols.process.foundation.renamed_findings(path)]
    assert told == [
        f"{path}: [http] adress: is called address now; an error from 0.4.0 on",
        f"{path}: fax: is not read any more; an error from 0.4.0 on",
    ]


@pytest.mark.usefixtures("adress")
def test_both_names_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="adress"):
        configured(tmp_path / "tiro.toml", FILE + 'address = "https://other.example.org"\n')


def test_afterwards_it_is_an_unknown_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="adress"):
        configured(tmp_path / "tiro.toml", FILE)


@pytest.mark.usefixtures("adress")
def test_check_warns_and_is_content(staff: Staff) -> None:
    path = staff.configuration
    text = path.read_text(encoding="utf-8")
    path.write_text(f"fax = 1\n{text}", encoding="utf-8")
    done = staff.run("check", "--running")
    assert done.exit_code == 0, done.output
    assert "warning: " in done.stderr
    assert "fax: is not read any more" in done.stderr


def test_a_key_of_the_library(
    monkeypatch: pytest.MonkeyPatch, staff: Staff, tmp_path: Path
) -> None:
    renamed = (Renamed(("rules", "*", "days"), "loan_days", "0.4.0"),)
    monkeypatch.setattr(circulation.sections.source, "RENAMED", renamed)
    text = "[[rules]]\ndays = 14\n"
    declared = read(text)
    assert not [each for each in declared.problems if "days" in str(each.text)]
    ((line, told),) = declared.warnings
    assert (line, str(told)) == (
        2,
        "rules[1].days is called loan_days now, and an error from version 0.4.0 on",
    )
    path = tmp_path / "library.toml"
    path.write_text(text, encoding="utf-8")
    done = staff.run("apply", str(path), "--check")
    assert "loan_days now" in done.stderr
    assert "loan_days now" not in done.stdout
    both = read(text + "loan_days = 15\n").problems
    assert [each.line for each in both if "days" in str(each.text)] == [2]


def test_tables_are_found_by_any_name() -> None:
    document: dict[str, Any] = {"a": {"x": {"old": 1}, "y": {"old": 2, "new": 3}, "z": 4}, "b": []}
    found = take_up(
        document, [Renamed(("a", "*", "old"), "new", "9"), Renamed(("b", "c"), "d", "9")]
    )
    assert [each.path for each in found] == [("a", "x", "old")]
    assert document == {"a": {"x": {"new": 1}, "y": {"old": 2, "new": 3}, "z": 4}, "b": []}


def test_an_operation_that_goes_says_so() -> None:
    (row,) = [each for each in OPERATIONS if each.id == "show_hold"]
    going = replace(row, gone_in="0.4.0")
    told = openapi((going,))["paths"]["/api/v1/holds/{hold}"]["get"]
    assert (told["deprecated"], told["x-gone-in"]) == (True, "0.4.0")
    assert "gone in 0.4.0" in page((going,))
    assert "deprecated" not in openapi((row,))["paths"]["/api/v1/holds/{hold}"]["get"]


@dataclass(frozen=True)
class Told:
    """An answer with a field that goes."""

    name: str
    fax: Annotated[str, Field(deprecated="gone in 0.4.0")] = ""


def test_a_field_that_goes_says_so() -> None:
    (row,) = [each for each in OPERATIONS if each.id == "show_hold"]
    schemas = openapi((replace(row, answer=Told),))["components"]["schemas"]
    assert schemas["Told"]["properties"]["fax"]["deprecated"] is True


def test_a_command_that_goes_says_so_beside_what_it_prints() -> None:
    @click.command(deprecated="gone in 0.4.0")
    def old() -> None:
        click.echo("42")

    done = CliRunner().invoke(old)
    assert (done.exit_code, done.stdout) == (0, "42\n")
    assert "gone in 0.4.0" in done.stderr
