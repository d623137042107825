"""Every command in a document is pasted by a test (`tests/test_documents`, `test_contributing`), or
stands here with the reason. What is not pasted is at least what there is: commands with such
options, targets of make, text that parses.
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

from protocols.commands.command_line import tiro
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import SECTIONS
from tests.walking import each

ROOT = Path(__file__).parent.parent
#: Written by generators, which their tests hold to their tables.
GENERATED = ROOT / "docs" / "reference"
DOCUMENTS = sorted(
    path
    for part in ("", "docs", "deploy", "catalogue", "circulation", "protocols")
    for path in (ROOT / part).glob("**/*.md" if part else "*.md")
    if GENERATED not in path.parents
)
#: Begun by the tests, before what follows is pasted.
STARTED = "tiro demo --data my-library"

#: Documents with commands that are not pasted, and why.
WHY = {
    "CONTRIBUTING.md": "the tests themselves",
    "README.md": "tests.base_installation and tests.distributions do it in new environments",
    "deploy/README.md": "changes the host: test_units and test_container try its files",
    "docs/changing-systems.md": "takes hours: tests/cut_over rehearses it, and draws from it",
    "docs/copies-of-the-catalogue.md": "needs a national server: tests of harvesting have one",
    **dict.fromkeys(
        (
            "docs/from-cicero.md",
            "docs/from-koha.md",
            "docs/da/fra-cicero.md",
            "docs/da/fra-koha.md",
        ),
        "need an old system for sixty days",
    ),
    "docs/from-an-empty-disk.md": "installs the wheel: tests.distributions does it",
    "docs/one-address-for-two-systems.md": "needs another system: tests/protocols/proxy has one",
    "docs/running.md": "files of a library's own: tests/catalogue/loading loads such",
    "protocols/digital_post/README.md": "needs an agreement: its tests have a platform",
    "protocols/iso18626/README.md": "runs for ever: tests/protocols/iso18626/rehearsal does it",
    "protocols/operations/README.md": "tests/protocols/operations asks it",
}
#: What settings, answers and code in documents are checked by, besides that they parse.
READ = {"{toctree}", "ini", "json", "python", "toml", "yaml"}
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^|\n)\n((?:    [^\n]*\n)+)")
_PROMPTED = re.compile(
    r"(?:\.venv/bin/)?(?:tiro|curl|make|pip|pipx|uv|python3?|systemctl|podman|docker|buildah|install|cp|runuser)\b"
)


class Block(NamedTuple):
    """`kind` is the word behind the fence; "" of what is indented or has none."""

    kind: str
    text: str


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    for kind, inside in _FENCE.findall(text):
        yield Block(kind, inside)
    for inside in _INDENTED.findall(_FENCE.sub("", text)):
        yield Block("", re.sub("^    ", "", inside, flags=re.MULTILINE))


def commands(block: Block) -> list[str]:
    """The lines of what is indented or has no word that somebody may take for commands."""
    joined = re.sub(r"\\\n\s*", "", block.text)
    return [
        line.strip()
        for line in joined.splitlines()
        if _PROMPTED.match(line.strip()) and line.strip() != STARTED
    ]


def told(path: Path) -> list[str]:
    return [line for block in blocks(path) if not block.kind for line in commands(block)]


def test_what_is_not_pasted_has_a_reason() -> None:
    found = {str(path.relative_to(ROOT)) for path in DOCUMENTS if told(path)}
    assert found == WHY.keys()


@each("path", DOCUMENTS, lambda path: str(path.relative_to(ROOT)))
def test_blocks_are_of_kinds_that_are_pasted_or_read(path: Path) -> None:
    pasted = {"sh", "text", "desk"} if path.parent != ROOT or path.name == "README.md" else set()
    for kind, text in blocks(path):
        assert kind in {"", *pasted, *READ}, f"a block of {kind} is neither pasted nor read"
        if kind == "toml":
            _is_of_a_section(tomllib.loads(text))
        elif kind == "ini":
            configparser.ConfigParser(interpolation=None).read_string(text)
        elif kind == "yaml":
            assert yaml.safe_load(text)
        elif kind == "json":
            assert json.loads(text)
        elif kind == "python":
            compile(text, str(path), "exec")


def _is_of_a_section(table: dict[str, Any]) -> None:
    """Of tiro.toml."""
    known = {*SECTIONS, *installed_standards()}
    assert table.keys() <= known, table.keys() - known


@pytest.mark.parametrize("name", WHY)
def test_commands_that_are_not_pasted_exist(name: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in told(ROOT / name):
        words = shlex.split(line.removeprefix(".venv/bin/"), comments=True)
        if words[0] == "make":
            assert words[1] in targets, line
        elif words[0] == "tiro":
            _is_a_command(words[3:] if words[1] == "--config" else words[1:])


def _is_a_command(words: list[str]) -> None:
    command: click.Command = tiro
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    assert command is not tiro, words
    options = {name for each in command.params for name in each.opts}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= options, f"{command.name}: {given - options}"


def test_documents_that_are_only_read_have_nothing_to_paste() -> None:
    """What `tests/test_documents` leaves out has no block that somebody would paste."""
    from tests.test_documents import READ as ONLY_READ

    for path in ONLY_READ:
        assert [block for block in blocks(path) if block.kind == "sh"] == [], path
