"""A call of each command that gets as far as the database: its arguments made of their kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from protocols.commands.command_line import tiro
from protocols.commands.shared.values import DAY
from protocols.demo.seeding import SET_UP

#: What a command needs besides its required arguments, to be no mistake of the caller.
_BESIDES = {
    "accession": ("9788700000018", "--brief", "1", "--barcode", "2"),
    "inventory scan": ("1",),
    "new": ("--yes",),
    "patron address add": ("--lines", "1"),
    "receiving receive": ("9788700000018",),
    "item change": ("1", "--price", "1"),
    "item withdraw": ("1",),
    "booking list": ("--patron", "1"),
    "booking place": ("--from", "2026-01-05", "--until", "2026-01-06", "--record", "1"),
    "charges": ("--patron", "1"),
    "lookups": ("--patron", "1"),
    "digital-post receipts": ("--unknown",),
    "hold place": ("--record", "1"),
    "hold queue": ("--record", "1"),
}


_STATION = "2027-01-11 DK-900102"
#: Values that no kind tells of: command, parameter.
_INSTEAD = {
    ("ill ask", "branch"): "DK-900101",
    ("loan suspend", "until"): "2099-01-05",
    ("patron contact add", "value"): "1@example.org",
    ("patron find", "words"): "Ida",
    ("slip emergency", "branch"): "DK-900101",
    ("slip pick-list", "branch"): "DK-900101",
    ("apply", "file"): str(SET_UP),
    ("deposit add", "stations"): _STATION,
    ("deposit change", "stations"): _STATION,
    ("ncip check", "address"): "http://127.0.0.1:9/ncip",
    ("probe", "address"): "127.0.0.1:9",
    ("record merge", "survivor"): "2",
    ("sip2 ask", "address"): "127.0.0.1:9",
    ("sip2 check", "address"): "127.0.0.1:9",
    ("sip2 replay", "address"): "127.0.0.1:9",
    ("theme add", "stations"): _STATION,
    ("theme change", "stations"): _STATION,
    ("yearly", "year"): "2026",
}


def commands(
    command: click.Command = tiro, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by its words."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield " ".join(path), command


ALL = dict(commands())


def call(name: str, folder: Path) -> list[str]:
    """The words of a call; files that it reads are made in the folder."""
    words = name.split()
    for each in ALL[name].params:
        if not each.required:
            continue
        value = _INSTEAD.get((name, each.name), "") or _value(each.type, folder)
        words += [value] if isinstance(each, click.Argument) else [each.opts[0], value]
    return [*words, *_BESIDES.get(name, ())]


def _value(kind: click.ParamType, folder: Path) -> str:
    if isinstance(kind, click.Choice):
        return str(next(iter(kind.choices)))
    if isinstance(kind, click.DateTime) or kind is DAY:
        return "2026-01-05"
    if isinstance(kind, click.types.IntParamType):
        return "1"
    if isinstance(kind, click.Path | click.File):
        if isinstance(kind, click.File) or kind.file_okay:
            file = folder / "given.txt"
            file.write_text("")
            return str(file)
        made = folder / "given"
        made.mkdir(exist_ok=True)
        return str(made)
    return "1"
