"""`tiro export`: everything the library has, in open formats."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from catalogue.database import newest_named
from circulation.archiving.exporting import export as write_archive
from circulation.archiving.forms import FORMS
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings


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
    database = open_configured(settings)
    try:
        with progress() as report:
            written = write_archive(
                database,
                folder,
                revision=newest_named(),
                now=datetime.now(UTC),
                form=form,
                on_progress=lambda _, rows, of: report("export", "rows", rows, of),
            )
    finally:
        database.close()
    rows = sum(each.rows for name, each in written.files.items() if name.endswith(form))
    say({"folder": str(folder), "files": len(written.files), "rows": rows}, as_json)
