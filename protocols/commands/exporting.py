"""`tiro export`: everything the library has, in open formats."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TextColumn

from catalogue.database import open_database
from catalogue.migrations.running import newest_revision, revision_of
from circulation.archiving.exporting import export as write_archive
from circulation.archiving.forms import FORMS
from protocols.command_line import Settings
from protocols.commands.library import as_json, say


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--form",
    type=click.Choice(sorted(FORMS)),
    default="jsonl",
    show_default=True,
    help="Of the tables; records are MARC (ISO 2709) in either.",
)
@as_json
@click.pass_obj
def exporting(settings: Settings, folder: Path, form: str, as_json: bool) -> None:
    """Write everything into FOLDER, which is new or empty: a file for each table, and the records
    as MARC. `tiro import` reads it into a new database, of whichever kind."""
    url = settings.database_url
    if revision_of(url) != newest_revision():
        raise click.ClickException("the database is not that of this Tiro: start `tiro serve` once")
    database = open_database(url)
    try:
        with Progress(
            TextColumn("{task.description}"), console=Console(stderr=True), transient=True
        ) as progress:
            task = progress.add_task("")
            written = write_archive(
                database,
                folder,
                revision=newest_revision(),
                now=datetime.now(UTC),
                form=form,
                on_progress=lambda table, rows: progress.update(
                    task, description=f"{table}: {rows:,} rows"
                ),
            )
    except OSError as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()
    rows = sum(each.rows for name, each in written.files.items() if name.endswith(form))
    say({"folder": str(folder), "files": len(written.files), "rows": rows}, as_json)
