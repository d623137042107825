"""`tiro record`: bibliographic records shown, replaced, deleted and merged."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from catalogue.changes.former_records import FormerRecord, NoSuchRecord, former_record
from catalogue.changes.replacing import last_change
from catalogue.database import Transaction
from catalogue.items import items_of_records
from catalogue.marc import marcxml
from catalogue.marc.checking import Refused
from catalogue.marc.splitting import split
from catalogue.records import Record, fetch_records
from circulation.kernel.act import Act
from circulation.kernel.results import UNATTENDED
from circulation.records.changes import (
    RecordNeeded,
    delete_record,
    merge_records,
    replace_record,
)
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

_at = click.option(
    "--at", "branch", type=ISIL, help="The branch in whose name it is done, for the log."
)


@click.group()
def record() -> None:
    """Look up and change bibliographic records."""


@record.command()
@click.argument("record_id", metavar="RECORD", type=click.IntRange(1))
@click.option("--marc", is_flag=True, help="Write the record itself, ISO 2709, and nothing else.")
@as_json
@click.pass_obj
def show(settings: Settings, record_id: int, marc: bool, as_json: bool) -> None:
    """Show a record by its number, or the one it was merged into."""
    with opened(settings) as library:
        facts, found = library.read(lambda transaction: _shown(transaction, record_id))
    if found is None:
        raise click.ClickException(_gone(facts["deleted"], record_id))
    if marc:
        click.echo(found.data, nl=False)
    else:
        say(facts, as_json)


def _shown(transaction: Transaction, record_id: int) -> tuple[dict[str, Any], Record | None]:
    former = former_record(transaction, record_id=record_id)
    present = record_id if former is None else former.survivor_id
    found = fetch_records(transaction, [present]) if present is not None else []
    if not found:
        return {"deleted": former}, None
    [record] = found
    items = items_of_records(transaction, [record.id])[record.id]
    return {
        "record": record.id,
        "merged_from": record_id if record.id != record_id else None,
        "title": record.title,
        "author": record.author,
        "year": record.year,
        "control_number": record.control_number,
        "format": record.format,
        "changed": last_change(transaction, record.id),
        "items": [item.barcode for item in items],
    }, record


def _gone(former: FormerRecord | None, record_id: int) -> str:
    if former is None:
        return f"there is no record {record_id}"
    return f"record {record_id} was deleted on {former.gone:%Y-%m-%d}"


@record.command()
@click.argument("record_id", metavar="RECORD", type=click.IntRange(1))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_at
@as_json
@click.pass_obj
def replace(
    settings: Settings, record_id: int, file: Path, branch: str | None, as_json: bool
) -> None:
    """Put the one record of FILE, ISO 2709 or MARCXML, in the place of RECORD."""
    data, record_format = _read(file)

    def work(act: Act) -> dict[str, Any]:
        is_changed = replace_record(act, record_id, data, record_format=record_format)
        [stored] = fetch_records(act.transaction, [record_id])
        return {"record": record_id, "title": stored.title, "changed": is_changed}

    _change(settings, branch, as_json, work)


@record.command()
@click.argument("record_id", metavar="RECORD", type=click.IntRange(1))
@_at
@as_json
@click.pass_obj
def delete(settings: Settings, record_id: int, branch: str | None, as_json: bool) -> None:
    """Delete a record that has no items and for which nobody waits."""

    def work(act: Act) -> dict[str, Any]:
        answer = delete_record(act, record_id)
        if isinstance(answer, RecordNeeded):
            return {
                "record": record_id,
                "refused": [need.name for need, _ in answer.needs],
                "why": [f"{need.value} ({number})" for need, number in answer.needs],
            }
        return {"record": record_id, "title": answer.title, "deleted": True}

    _change(settings, branch, as_json, work)


@record.command()
@click.argument("record_id", metavar="RECORD", type=click.IntRange(1))
@click.argument("survivor_id", metavar="SURVIVOR", type=click.IntRange(1))
@_at
@as_json
@click.pass_obj
def merge(
    settings: Settings, record_id: int, survivor_id: int, branch: str | None, as_json: bool
) -> None:
    """Merge RECORD into SURVIVOR, whose text stays: items, loans and holds go over to it."""
    if record_id == survivor_id:
        raise click.UsageError("a record cannot be merged with itself")

    def work(act: Act) -> dict[str, Any]:
        merged = merge_records(act, record_id, survivor_id)
        return {
            "record": merged.survivor_id,
            "title": merged.title,
            "merged_from": merged.record_id,
            "items": merged.items,
            "holds": merged.holds,
            "closed_holds": merged.closed_holds,
        }

    _change(settings, branch, as_json, work)


def _change(
    settings: Settings,
    branch: str | None,
    json_wanted: bool,
    work: Callable[[Act], dict[str, Any]],
) -> None:
    with opened(settings) as library:
        desk = library.desk(branch) if branch is not None else UNATTENDED
        try:
            facts = library.write(lambda transaction: work(library.act(transaction, desk)))
        except (NoSuchRecord, Refused) as error:
            raise click.ClickException(str(error)) from error
    say(facts, json_wanted)
    if "refused" in facts:
        raise click.exceptions.Exit(1)


def _read(file: Path) -> tuple[bytes, str | None]:
    """The one record of a file, and its format where it says so."""
    data = file.read_bytes()
    stream = io.BytesIO(data)
    if data.lstrip()[:1] == b"<":
        found = [
            (each.data, each.record_format, each.refusal) for each in marcxml.read_records(stream)
        ]
    else:
        found = [(piece.data, None, None) for piece in split(stream)]
    if len(found) != 1:
        raise click.ClickException(f"{file} holds {len(found)} records, and not one")
    [(record, record_format, refusal)] = found
    if refusal is not None:
        raise click.ClickException(f"{file}: {refusal}")
    return record, record_format
