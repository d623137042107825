"""The reference pages are what the commands and the sections of tiro.toml are."""

from __future__ import annotations

from pathlib import Path

from protocols.commands.command_line import COMMANDS
from protocols.commands.reference import commands, tiro_toml
from protocols.hosting.installed import installed
from protocols.process.configuration import SECTIONS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_the_commands_are_as_they_are_told() -> None:
    page = commands()
    assert (REFERENCE / "commands.md").read_text(encoding="utf-8") == page, "run make reference"
    assert all(f"## `tiro {name}`\n" in page for name in COMMANDS)


def test_the_settings_are_as_they_are_told() -> None:
    page = tiro_toml()
    assert (REFERENCE / "tiro-toml.md").read_text(encoding="utf-8") == page, "run make reference"
    for name in {*SECTIONS, *installed("tiro.protocols")}:
        assert f"\n## [{name}]\n" in page
