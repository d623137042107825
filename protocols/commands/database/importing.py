"""`tiro import`: an archive of `tiro export` read into a new database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path

import click

from catalogue.database import (
    Database,
    Transaction,
    known_revisions,
    migrate,
    newest_named,
    nobody_else,
    upgrade,
)
from circulation.archiving.former import up_to_date
from circulation.archiving.importing import import_archive
from circulation.notices.gathering import begin_after_now
from circulation.notices.silence import silence_all_patrons
from circulation.patrons.search_words import index_missing
from protocols.commands.records.reindex import reindex_shown
from protocols.commands.shared.databases import open_configured, refuse_missing
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY
from protocols.hosting.process_names import this_process


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--silent", "batch", default="import", show_default=True, help="Name of its batch.")
@click.option(
    "--silent-until",
    type=DAY,
    help="Nobody is told what comes up before that day, as long as the old system tells it.  "
    "[default: now]",
)
@click.option("--told", is_flag=True, help="Go on telling what was not told yet.")
@click.option("--create", is_flag=True, help="Create the database where there is none.")
@as_json
@click.pass_obj
def importing(
    settings: Settings,
    folder: Path,
    create: bool,
    batch: str,
    silent_until: date | None,
    told: bool,
    as_json: bool,
) -> None:
    """Read the archive in FOLDER into the database of the configuration, which must hold no
    library yet: all of it, or nothing. Then the index is made of the records.

    Its patrons are told nothing of what happened before; `tiro notices silence` lists the batch.
    """
    if told and silent_until is not None:
        raise click.UsageError("--told and --silent-until: say one of them")
    if not create:
        refuse_missing(settings.session_url)
    with nobody_else(settings.session_url, f"{this_process()} imports an archive"):
        migrate(settings.session_url)
        _import(settings, folder, batch, silent_until, told, as_json)


def _import(
    settings: Settings,
    folder: Path,
    batch: str,
    silent_until: date | None,
    told: bool,
    as_json: bool,
) -> None:
    database = open_configured(settings, is_long=True)
    try:
        with progress() as report_rows:
            now = datetime.now(UTC)
            day = silent_until or now.date()
            until = max(now, datetime.combine(day, time(), UTC))

            def be_silent(transaction: Transaction) -> None:
                if not told:
                    begin_after_now(transaction)
                    silence_all_patrons(transaction, batch, until=until)

            with up_to_date(
                folder, newest=newest_named(), known=known_revisions(), upgrade=upgrade
            ) as archive:
                read = import_archive(
                    database,
                    archive,
                    revision=newest_named(),
                    on_progress=lambda _, rows, of: report_rows("import", "rows", rows, of),
                    afterwards=be_silent,
                )
        report = reindex_shown(database)
        _index_patrons(database)
    finally:
        database.close()
    rows = sum(each.rows for name, each in read.files.items() if name.endswith(read.form))
    say({"rows": rows, "records": report.records, "terms": report.terms}, as_json)


def _index_patrons(database: Database) -> None:
    after: int | None = 0
    while after is not None:
        _, after = database.write(partial(index_missing, after=after)).result()
