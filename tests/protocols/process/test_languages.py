"""The section [languages]: what other sections may name, and what is wrong in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from circulation.languages.installed import default_language, tags, use
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import Configuration, configuration_from
from protocols.process.foundation import ConfigurationError
from tests.builders.pins import hashed
from tests.circulation.languages.test_installed import write


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    use()


def read(folder: Path, languages: dict[str, Any], speaks: str = "en") -> Configuration:
    account = {"login": "k", "password": hashed("k"), "branch": "DK-1", "language": speaks}
    table = {"sip2": {"accounts": [account]}, "languages": languages}
    return configuration_from(table, folder / "tiro.toml", installed_standards())


def test_an_account_may_speak_a_language_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    write(tmp_path / "own", "nb")
    with pytest.raises(ConfigurationError, match='language: must be "da", "de" or "en"'):
        read(tmp_path, {}, "nb")
    configuration = read(tmp_path, {"folder": "own", "default": "nb"}, "nb")
    assert configuration.standards["sip2"].accounts[0].language == "nb"
    assert "nb" in tags()
    assert default_language() == "nb"


@pytest.mark.parametrize(
    ("languages", "problem"),
    [
        ({"folder": "no"}, r"\[languages\] folder: there is no such folder"),
        ({"default": "nb"}, r'\[languages\]: default must be "da", "de" or "en"'),
        ({"folder": "own"}, r"\[languages\] folder: nb/messages.po: there is no sentence X"),
        ({"fodler": "own"}, r"\[languages\] fodler: no such setting"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, languages: dict[str, str], problem: str) -> None:
    (tmp_path / "own").mkdir()
    write(tmp_path / "own", "nb", 'msgctxt "screen"\nmsgid "X"\nmsgstr "x"\n')
    with pytest.raises(ConfigurationError, match=problem):
        read(tmp_path, languages)
    assert "nb" not in tags()
