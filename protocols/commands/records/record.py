"""`tiro record`: bibliographic records shown, replaced, deleted and merged."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

_RECORD = click.argument("record_id", metavar="RECORD", type=click.IntRange(1))
_at = click.option(
    "--at", "branch", type=ISIL, help="The branch in whose name it is done, for the log."
)


@click.group()
def record() -> None:
    """Look up and change bibliographic records."""


@record.command()
@_RECORD
@click.option("--marc", is_flag=True, help="Write the record itself, ISO 2709, and nothing else.")
@as_json
@click.pass_obj
@asks("show_record", "show_record_source")
def show(settings: Settings, record_id: int, marc: bool, as_json: bool) -> None:
    """Show a record by its number, or the one it was merged into."""
    with asked(settings) as asker:
        if not marc:
            print_answer(asker.ask("show_record", record=record_id), as_json)
            return
        source = asker.ask("show_record_source", record=record_id)
    if as_json:
        print_answer(source, as_json)
    else:
        click.echo(b64decode(source["iso2709"]), nl=False)


@record.command()
@_RECORD
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_at
@as_json
@click.pass_obj
@asks("rewrite_record")
def replace(
    settings: Settings, record_id: int, file: Path, branch: str | None, as_json: bool
) -> None:
    """Put the one record of FILE, ISO 2709 or MARCXML, in the place of RECORD."""
    data = file.read_bytes()
    if not data.strip():
        raise click.UsageError(f"{file} is empty")
    if data.lstrip()[:1] == b"<":
        given = {"marcxml": data.decode("utf-8", "replace")}
    else:
        given = {"iso2709": b64encode(data).decode()}
    with asked(settings, branch) as asker:
        print_answer(asker.ask("rewrite_record", record=record_id, **given), as_json)


@record.command()
@_RECORD
@_at
@as_json
@click.pass_obj
@asks("discard_record")
def delete(settings: Settings, record_id: int, branch: str | None, as_json: bool) -> None:
    """Delete a record that has no items and for which nobody waits."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("discard_record", record=record_id), as_json)


@record.command()
@_RECORD
@click.argument("survivor_id", metavar="SURVIVOR", type=click.IntRange(1))
@_at
@as_json
@click.pass_obj
@asks("merge_titles")
def merge(
    settings: Settings, record_id: int, survivor_id: int, branch: str | None, as_json: bool
) -> None:
    """Merge RECORD into SURVIVOR, whose text stays: items, loans and holds go over to it."""
    with asked(settings, branch) as asker:
        answer = asker.ask("merge_titles", record=record_id, survivor=str(survivor_id))
    print_answer(answer, as_json)
