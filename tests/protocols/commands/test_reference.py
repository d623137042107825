"""The reference pages are what the commands and the sections of tiro.toml are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from catalogue.formats import record_formats
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.notices.channels import CHANNELS
from circulation.notices.kinds import NoticeKind
from protocols.commands.command_line import COMMANDS
from protocols.commands.reference import commands, settings_of, tiro_toml
from protocols.commands.reference_lists import PAGES, meanings
from protocols.holdings.settings import SinkSettings
from protocols.hosting.installed import installed
from protocols.iso18626.settings import Partner
from protocols.notices.settings import ChannelSettings, NoticeSettings
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


def _settings_told(page: str, heading: str) -> dict[str, str]:
    """What the page says of the settings under that heading."""
    part = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `(\w+)` \|.*\| (.*)\|$", part)
    return {name: means.strip() for name, means in rows}


def test_every_key_of_a_plug_in_and_a_partner_has_a_line_with_its_meaning() -> None:
    page = (REFERENCE / "tiro-toml.md").read_text(encoding="utf-8")
    models = {
        f'[{table}] with driver = "{name}"': entry.load().settings
        for table, group in (
            ("notices.channels.NAME", "tiro.notice_channels"),
            ("holdings.sinks.NAME", "tiro.holdings_sinks"),
        )
        for name, entry in installed(group).items()
    }
    models |= {
        "[notices]": NoticeSettings,
        "[notices.channels.NAME]": ChannelSettings,
        "[holdings.sinks.NAME]": SinkSettings,
        '[partners.AGENCY] with protocol = "iso18626"': Partner,
    }
    for heading, model in models.items():
        keys = [each.name for each in fields(model) if each.init and each.name != "options"]
        told = _settings_told(page, heading)
        assert list(told) == keys, heading
        assert [name for name, means in told.items() if not means] == [], heading


def _all_models(kind: Any) -> Iterator[type[Any]]:
    """The classes of settings within a type."""
    if isinstance(kind, type) and is_dataclass(kind):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from _all_models(hint)
    for each in get_args(kind):
        yield from _all_models(each)


def test_no_key_of_a_section_lacks_a_line() -> None:
    page = (REFERENCE / "tiro-toml.md").read_text(encoding="utf-8")
    standards = [entry.load().settings for entry in installed("tiro.protocols").values()]
    for section in (*SECTIONS.values(), *standards):
        for model in _all_models(section):
            if "__pydantic_config__" in vars(model):
                names = [name for name, _, _ in settings_of(model)]
                assert [name for name in names if f"\n| `{name}` |" not in page] == [], model


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
