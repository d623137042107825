"""`tiro reindex`: the index made anew from the records, while the library goes on working."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from catalogue.database import Database
from catalogue.reindexing.rebuilding import Progress as Reindexed
from catalogue.reindexing.rebuilding import ReindexOptions, ReindexReport, indexes_of
from catalogue.reindexing.rebuilding import reindex as reindex_records
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings


@click.command()
@click.option(
    "--from", "first_id", type=click.IntRange(1), default=1, help="Only records from this id on."
)
@click.option(
    "--access-point",
    "access_points",
    multiple=True,
    metavar="NAME",
    help="Only this access point, such as title; may be given several times.",
)
@click.option("--anew", is_flag=True, help="Do not go on with a reindexing that was interrupted.")
@click.option(
    "--temporary",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with room for another index.  [default: that of temporary files]",
)
@as_json
@click.pass_obj
def reindex(
    settings: Settings,
    first_id: int,
    access_points: tuple[str, ...],
    anew: bool,
    temporary: Path | None,
    as_json: bool,
) -> None:
    """Make the index what the records give: after an update of Tiro that says so, or for safety.

    Searches and changes go on meanwhile. It can be interrupted and run again.
    """
    try:
        indexes_of(access_points)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    database = open_configured(settings, is_long=True)
    try:
        report = reindex_shown(
            database,
            first_id=first_id,
            access_points=access_points,
            anew=anew,
            folder=temporary,
        )
    finally:
        database.close()
    say(_facts(report), as_json)


def reindex_shown(database: Database, **options: Any) -> ReindexReport:
    """A reindexing of its own, its progress shown; its `ReindexOptions`."""
    with progress() as tell:

        def show(state: Reindexed) -> None:
            if state.terms:
                tell("terms compared", "terms", state.terms)
            else:
                tell("records read", "records", state.read, state.records)

        chosen = ReindexOptions(run=uuid.uuid4().hex, now=datetime.now(UTC), **options)
        return reindex_records(database, chosen, on_progress=show)


def _facts(report: ReindexReport) -> dict[str, Any]:
    return {
        "records": report.records,
        "terms": report.terms,
        "rows_changed": report.rows_changed,
        "descriptions": report.descriptions_changed,
        "resumed": report.was_resumed,
    }
