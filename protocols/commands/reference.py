"""Writes the reference pages of the commands, of tiro.toml and of the registries
(`protocols.commands.reference_lists`) from what they are made of.

`python -m protocols.commands.reference FOLDER` writes them, `make reference` does so where they
belong.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import click

from protocols.commands.command_line import COMMANDS, tiro
from protocols.commands.reference_lists import written
from protocols.holdings.settings import SinkSettings
from protocols.hosting.installed import installed
from protocols.iso18626.settings import Partner as Iso18626Partner
from protocols.notices.settings import ChannelSettings
from protocols.process.configuration import SECTIONS

_COMMANDS: Final = """\
# tiro: every command

<!-- Written by `make reference` from the commands; a test holds it to them. -->

Every command has `--help`; most have `--json` for programs. Those that are about the library work
on the database of `--config`, or over HTTP with `--server URL`. Which rights they then need stands
in [the API](api.md) with the operations that they ask.
"""
_TIRO_TOML: Final = """\
# tiro.toml: every setting

<!-- Written by `make reference` from the classes of the sections; a test holds it to them. -->

tiro.toml is how a process runs: where it keeps everything, where it listens, its keys.
[library.toml](library-toml.md), the set-up, is what the library is. `tiro new` writes both, and
`tiro check` says what is wrong with them, with lines. A key that nobody reads is an error.
"""


_PARTNERS: Final = """\
# library.toml: partners

Settings of a partner that the protocol with it needs. `agency` is the name of the table; see
[library.toml](library-toml.md#partner) for the table itself.
"""
#: Sections with tables of plug-ins: their name, the group of entry points, what each table has.
_PLUG_INS: Final[dict[str, tuple[str, str, type[Any]]]] = {
    "holdings": ("holdings.sinks.NAME", "tiro.holdings_sinks", SinkSettings),
    "notices": ("notices.channels.NAME", "tiro.notice_channels", ChannelSettings),
}
#: Partners of the set-up, by the protocol that is spoken with them.
PARTNERS: Final[tuple[tuple[str, type[Any]], ...]] = (("iso18626", Iso18626Partner),)


def commands() -> str:
    """The page of the commands, in Markdown."""
    lines = [_COMMANDS]
    context = click.Context(tiro, info_name="tiro")
    for name in sorted(COMMANDS):
        command = tiro.get_command(context, name)
        assert command is not None
        lines += _command(command, name, context)
    return "\n".join(lines)


def _command(command: click.Command, name: str, above: click.Context) -> Iterator[str]:
    """The command, and those below it."""
    context = click.Context(command, info_name=name, parent=above)
    depth = context.command_path.count(" ")
    yield f"{'#' * min(depth + 1, 4)} `{context.command_path}`\n"
    if not isinstance(command, click.Group):
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"```\n{context.command_path} {usage}\n```\n"
    yield f"{inspect.cleandoc(command.help or '').replace(chr(8), '').strip()}\n"
    told = [each for each in command.params if isinstance(each, click.Option)]
    rows = [record for each in told if (record := each.get_help_record(context)) is not None]
    if rows:
        yield "| option | means |\n|---|---|"
        yield from (f"| `{_cell(option)}` | {_cell(means)} |" for option, means in rows)
        yield ""
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None
            yield from _command(inner, below, context)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def tiro_toml() -> str:
    """The page of tiro.toml, in Markdown."""
    standards = {
        name: entry.load().settings for name, entry in sorted(installed("tiro.protocols").items())
    }
    lines = [_TIRO_TOML]
    for name, kind in sorted((SECTIONS | standards).items()):
        lines += _section(f"[{name}]", _inner(kind)[0] or kind)
        for heading, plug_in in plug_ins(name):
            lines += _section(heading, plug_in)
    lines += [_PARTNERS]
    for name, partner in PARTNERS:
        lines += _section(f'[partners.AGENCY] with protocol = "{name}"', partner)
    return "\n".join(lines)


def plug_ins(section: str) -> Iterator[tuple[str, type[Any]]]:
    """Return headings and settings of the tables of a section that plug-ins serve."""
    if section not in _PLUG_INS:
        return
    table, group, common = _PLUG_INS[section]
    yield f"[{table}]", common
    for name, entry in sorted(installed(group).items()):
        yield f'[{table}] with driver = "{name}"', entry.load().settings


def _section(heading: str, kind: type[Any]) -> Iterator[str]:
    yield f"## {heading}\n"
    if doc := inspect.getdoc(kind):
        yield f"{doc.replace('``', '`')}\n"
    yield "| setting | may be | without it | means |\n|---|---|---|---|"
    within: list[tuple[str, type[Any]]] = []
    said = meanings(kind)
    for name, hint, each in settings_of(kind):
        inner, many = _inner(hint)
        if inner is not None:
            within.append((_below(heading, name, many), inner))
        means = _cell(said.get(name, "")).replace("``", "`")
        may_be = f"see {_below(heading, name, many)}" if inner else _shown(hint)
        yield f"| `{name}` | {_cell(may_be)} | {_cell(_default(each))} | {means} |"
    yield ""
    for place, inner in within:
        yield from _section(place, inner)


def settings_of(kind: type[Any]) -> Iterator[tuple[str, Any, Field[Any]]]:
    """Name, type and field of each setting of a section that a file may say."""
    hints = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        if each.init and not each.name.startswith("_") and hints[each.name] is not Any:
            yield each.name, hints[each.name], each


def _inner(hint: Any) -> tuple[type[Any] | None, bool]:
    """The class of a table within the section, if the setting is one, and if there are many."""
    for each in _parts(hint):
        if isinstance(each, type) and is_dataclass(each) and "__pydantic_config__" in vars(each):
            return each, any(get_origin(part) in (tuple, list) for part in _parts(hint))
    return None, False


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for each in get_args(hint)[: 1 if get_origin(hint) is Annotated else None]:
        yield from _parts(each)


def _below(heading: str, name: str, many: bool) -> str:
    path = f"{heading.strip('[]')}.{name}"
    return f"[[{path}]]" if many else f"[{path}]"


_WORDS: Final = {
    bool: "true, false",
    str: "text",
    int: "number",
    float: "number",
    Path: "a path, from the folder of the file",
}


def _shown(hint: Any) -> str:
    """What may be written for a setting of this type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _shown(arguments[0])
    if hint in _WORDS:
        return _WORDS[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f'"{each.value}"' for each in hint)
    if origin in (dict, Mapping):
        return "a table"
    if origin in (tuple, list, frozenset):
        return f"[{_shown(arguments[0])}, ...]"
    if arguments and all(isinstance(each, str) for each in arguments):
        return ", ".join(f'"{each}"' for each in arguments)
    if arguments:
        return " or ".join(dict.fromkeys(_shown(x) for x in arguments if x is not type(None)))
    return "text"


def _default(each: Field[Any]) -> str:
    if each.default_factory is not MISSING:
        return ""
    if each.default is MISSING:
        return "*needed*"
    if each.default in (None, "", ()) or is_dataclass(each.default):
        return ""
    shown = each.default
    if isinstance(shown, Enum):
        shown = shown.value
    if isinstance(shown, bool | tuple):
        shown = json.dumps(shown)
    return f"`{shown}`"


def meanings(kind: type[Any]) -> dict[str, str]:
    """What the comment above (``#:``) or beside each field of the class says of it."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__[:-1]):
        source = textwrap.dedent(inspect.getsource(each))
        lines = source.splitlines()
        for node in ast.parse(source).body[0].body:  # type: ignore[attr-defined]
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                at, said = node.lineno - 2, list[str]()
                while lines[at].strip().startswith("#"):
                    said.insert(0, lines[at].strip().lstrip("#: "))
                    at -= 1
                _, mark, beside = lines[(node.end_lineno or 1) - 1].partition("  # ")
                if said or mark:
                    found[node.target.id] = " ".join(said) or beside
    return found


def write(folder: Path) -> None:
    """Writes the pages into the folder."""
    (folder / "commands.md").write_text(commands(), encoding="utf-8")
    (folder / "tiro-toml.md").write_text(tiro_toml(), encoding="utf-8")
    for name, text in written():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
