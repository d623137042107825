"""`tiro import`: an archive of `tiro export` read into a new database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TextColumn

from catalogue.database import migrate, open_database
from catalogue.migrations.running import newest_revision
from catalogue.reindexing import reindex
from circulation.archiving.forms import UnreadableArchive
from circulation.archiving.importing import NotEmpty, import_archive
from protocols.command_line import Settings
from protocols.commands.library import as_json, say


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
@click.pass_obj
def importing(settings: Settings, folder: Path, as_json: bool) -> None:
    """Read the archive in FOLDER into the database of the configuration, which must hold no
    library yet: all of it, or nothing. Then the index is made of the records."""
    url = settings.database_url
    migrate(url)
    database = open_database(url)
    try:
        with Progress(
            TextColumn("{task.description}"), console=Console(stderr=True), transient=True
        ) as progress:
            task = progress.add_task("")

            def show(text: str, number: int) -> None:
                progress.update(task, description=f"{text}: {number:,}")

            read = import_archive(database, folder, revision=newest_revision(), on_progress=show)
            report = reindex(
                database,
                run=uuid.uuid4().hex,
                now=datetime.now(UTC),
                on_progress=lambda state: show("terms indexed", state.terms),
            )
    except (UnreadableArchive, NotEmpty) as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()
    rows = sum(each.rows for name, each in read.files.items() if name.endswith(read.form))
    say({"rows": rows, "records": report.records, "terms": report.terms}, as_json)
