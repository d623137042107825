"""`tiro record`: bibliographic records shown, replaced, deleted and merged."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.shared.values import ISIL, flag

record = Noun("record", help="Look up and change bibliographic records.")
_RECORD = click.argument("record", metavar="RECORD", type=click.IntRange(1))
_AT = click.option(
    "--at", "branch", type=ISIL, help="The branch in whose name it is done, for the log."
)


def _print(answer: Any, as_json: bool) -> None:
    if click.get_current_context().params["marc"] and not as_json:
        click.echo(b64decode(answer["iso2709"]), nl=False)
    else:
        print_answer(answer, as_json)


@record.doing(
    "show",
    "show_record show_record_source",
    _RECORD,
    flag("--marc", about="Write the record itself, ISO 2709, and nothing else."),
    printer=_print,
)
def _show(asker: Asker, record: int, marc: bool) -> Any:
    """Show a record by its number, or the one it was merged into."""
    return asker.ask("show_record_source" if marc else "show_record", record=record)


def _read(file: Path, **wish: Any) -> dict[str, Any]:
    data = file.read_bytes()
    if not data.strip():
        raise click.UsageError(f"{file} is empty")
    if data.lstrip()[:1] == b"<":
        return wish | {"marcxml": data.decode("utf-8", "replace")}
    return wish | {"iso2709": b64encode(data).decode()}


record.ask(
    "replace",
    "rewrite_record",
    "Put the one record of FILE, ISO 2709 or MARCXML, in the place of RECORD.",
    _RECORD,
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    _AT,
    wish=_read,
)
record.ask(
    "delete",
    "discard_record",
    "Delete a record that has no items and for which nobody waits.",
    _RECORD,
    _AT,
)
record.ask(
    "merge",
    "merge_titles",
    "Merge RECORD into SURVIVOR, whose text stays: items, loans and holds go over to it.",
    _RECORD,
    click.argument("survivor", type=click.IntRange(1)),
    _AT,
    wish=lambda survivor, **wish: wish | {"survivor": str(survivor)},
)
