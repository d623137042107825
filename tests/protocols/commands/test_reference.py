"""The reference pages are what the commands and the sections of tiro.toml are."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.formats import record_formats
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.notices.channels import CHANNELS
from circulation.notices.kinds import NoticeKind
from protocols.commands.command_line import COMMANDS
from protocols.commands.reference import commands, tiro_toml
from protocols.commands.reference_lists import PAGES, meanings
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


@pytest.mark.parametrize("name", PAGES)
def test_a_list_is_as_its_registry_has_it(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), "run make reference"


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("events.md", [each.value for each in EventKind]),
        ("refusals.md", [each.name for each in Reason]),
        ("messages.md", [*NoticeKind, *CHANNELS, *installed("tiro.notice_channels")]),
        ("formats.md", list(record_formats())),
    ],
)
def test_nothing_of_a_registry_is_left_out(name: str, members: list[str]) -> None:
    page = (REFERENCE / name).read_text(encoding="utf-8")
    assert [each for each in members if f"| `{each}` |" not in page] == []


def test_what_stands_beside_a_member_is_what_it_means() -> None:
    said = meanings(EventKind)
    assert said.keys() == EventKind.__members__.keys()
    assert said["CHECKED_IN"] == "a loan ended"
    assert said["CHECKED_OUT"] == "checked out"
