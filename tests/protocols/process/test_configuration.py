"""tiro.toml: every error at once, by name, and never a value in the message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ConfigDict

from catalogue.database import Following
from protocols.hosting.standard import Standard, installed_standards
from protocols.process.configuration import configuration_from, load_configuration
from protocols.process.foundation import ConfigurationError


@dataclass(frozen=True)
class _ParrotSettings:
    __pydantic_config__ = ConfigDict(extra="forbid")

    port: int = 7
    password: str = ""


class _Parrot:
    """A standard of the tests' own, to show that a section belongs to its folder."""

    name = "parrot"
    settings = _ParrotSettings

    def ports(self, settings: Any, services: Any) -> list[Any]:
        return []

    def resources(self, settings: Any, services: Any) -> dict[bytes, Any]:
        return {}

    def examples(self, settings: Any, ports: Any, http_port: Any) -> list[str]:
        return []


STANDARDS: dict[str, Standard] = {"parrot": _Parrot()}


def test_an_empty_file_is_a_whole_configuration(tmp_path: Path) -> None:
    path = tmp_path / "tiro.toml"
    path.write_text("")
    configuration = load_configuration(path, STANDARDS)
    assert configuration.database_url == f"sqlite:///{tmp_path}/tiro.sqlite"
    assert configuration.http.port == 8080
    assert configuration.standards["parrot"].port == 7


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    table = {
        "database": {"ur": "x"},
        "http": {"port": 70000},
        "logging": {"level": "loud"},
        "parrot": {"port": "many", "feathers": 3},
        "cat": {},
    }
    with pytest.raises(ConfigurationError) as caught:
        configuration_from(table, tmp_path / "tiro.toml", STANDARDS)
    text = "\n".join(caught.value.problems)
    for part in ("[cat]", "[database] ur", "[http] port", "[logging] level"):
        assert part in text
    assert "[parrot] port" in text
    assert "[parrot] feathers: no such setting" in text
    assert len(caught.value.problems) == 6


def test_no_message_holds_a_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configuration_from({"parrot": {"password": ["sesame"]}}, tmp_path / "t", STANDARDS)
    assert "password" in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"), [(b"[http\n", "is not TOML"), (b"\xff\xfe", "is not TOML")]
)
def test_what_is_not_toml_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "tiro.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=says):
        load_configuration(path, STANDARDS)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_configuration(tmp_path / "nowhere.toml", STANDARDS)


def test_a_relative_database_stands_beside_the_file_and_others_are_left_alone(
    tmp_path: Path,
) -> None:
    def url(text: str) -> str:
        table = {"database": {"url": text}}
        return configuration_from(table, tmp_path / "tiro.toml", STANDARDS).database_url

    assert url("sqlite:///x/y.sqlite") == f"sqlite:///{tmp_path}/x/y.sqlite"
    assert url("sqlite:////var/tiro.sqlite") == "sqlite:////var/tiro.sqlite"
    assert url("postgresql://u:p@h/n") == "postgresql://u:p@h/n"


def test_a_replica_is_told_to_the_database_and_needs_one_that_has_replicas(tmp_path: Path) -> None:
    def read(**settings: Any) -> Following | None:
        path = tmp_path / "tiro.toml"
        return configuration_from({"database": settings}, path, STANDARDS).database.following

    url, replica = "postgresql://tiro@a,b/tiro", "postgresql://tiro@b/tiro"
    assert read(url=url) is None
    assert read(url=url, replica=replica) == Following(replica, 1.0)
    assert read(url=url, replica=replica, replica_lag_seconds=60) == Following(replica, 60.0)
    for wrong in ({"replica": replica}, {"url": url, "replica": "sqlite:///x.sqlite"}):
        with pytest.raises(ConfigurationError, match="replica"):
            read(**wrong)


@pytest.mark.parametrize("name", sorted(installed_standards()))
def test_every_installed_standard_has_settings_with_defaults(name: str, tmp_path: Path) -> None:
    standard = installed_standards()[name]
    assert standard.name == name
    configuration = configuration_from({}, tmp_path / "tiro.toml", {name: standard})
    assert isinstance(configuration.standards[name], standard.settings)
    with pytest.raises(ConfigurationError, match="no such setting"):
        configuration_from({name: {"nonsense": 1}}, tmp_path / "tiro.toml", {name: standard})
