"""`tiro load`: files of MARC records into the catalogue."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from catalogue.accession import ItemDefaults
from catalogue.database import Database, migrate, open_database
from catalogue.loading import LoadReport, load_files
from catalogue.loading import Progress as Loaded
from catalogue.loads import LoadedElsewhere
from circulation.organisation import find_branch

_BARCODE = re.compile(r"(.*?)([0-9]+)")


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Processes that read and index records beside the one that writes.  [default: cores]",
)
@click.option(
    "--rejected",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for records that are set aside.  [default: beside each file]",
)
@click.option(
    "--format",
    "record_format",
    type=click.Choice(["marc21", "danmarc2", "unimarc"]),
    default="marc21",
    show_default=True,
    help="What ISO 2709 and MARCXML files hold; marcXchange says so itself.",
)
@click.option(
    "--with-items",
    metavar="ISIL",
    help="Give every record one item at this branch.",
)
@click.option(
    "--first-barcode",
    metavar="BARCODE",
    help="Barcode of the item of a file's first record, such as I0000101; the record after it "
    "has the next number.",
)
@click.pass_context
def load(
    context: click.Context,
    files: tuple[Path, ...],
    processes: int | None,
    rejected: Path | None,
    record_format: str,
    with_items: str | None,
    first_barcode: str | None,
) -> None:
    """Load MARC records: ISO 2709 or MARCXML, MARC-8 or UTF-8, plain, .gz or .xz.

    A load can be interrupted and run again; the same file is never loaded twice. Records that
    cannot be read are set aside with the reasons, and do not stop the rest.
    """
    if rejected is not None:
        rejected.mkdir(parents=True, exist_ok=True)
    url = context.obj.database_url
    migrate(url)
    database = open_database(url)
    console = Console(stderr=True)
    try:
        items = _item_defaults(database, files, with_items, first_barcode)
        reports = load_with_progress(
            console,
            database,
            files,
            processes=processes,
            rejected=rejected,
            record_format=record_format,
            items=items,
        )
    except LoadedElsewhere as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()
    for report in reports:
        if report.read or not report.problem:
            click.echo(summary(report))
    problems = [report.problem for report in reports if report.problem]
    if problems:
        raise click.ClickException("\n".join(problems))


def summary(report: LoadReport) -> str:
    """What became of one file, in a line for each thing to know."""
    lines = []
    if report.was_loaded_before:
        lines.append(f"{report.path}: loaded before, nothing to do ({report.before:,} records)")
    else:
        lines.append(f"{report.path}: {report.loaded:,} of {report.read:,} records loaded")
        if report.before:
            lines[-1] += f", going on after {report.before:,} of an earlier run"
    if report.rejected:
        records, reasons = report.rejected_files
        lines.append(f"  {report.rejected:,} set aside in {records}, the reasons in {reasons}")
    return "\n".join(lines)


def load_with_progress(
    console: Console,
    database: Database,
    files: tuple[Path, ...],
    *,
    processes: int | None,
    rejected: Path | None,
    record_format: str,
    items: ItemDefaults | None,
) -> list[LoadReport]:
    """Loads `files` under a progress bar with rate and time left, where a terminal is there."""
    bars: dict[Path, TaskID] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]:,.0f} records/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:

        def show(state: Loaded) -> None:
            if state.path not in bars:
                bars[state.path] = progress.add_task(state.path.name, total=state.size, rate=0.0)
            bar = bars[state.path]
            elapsed = progress.tasks[progress.task_ids.index(bar)].elapsed or 0.0
            rate = state.read / elapsed if elapsed else 0.0
            progress.update(bar, completed=state.bytes_read, rate=rate)

        return load_files(
            database,
            files,
            now=datetime.now(UTC),
            processes=processes,
            record_format=record_format,
            with_items=items,
            reject_folder=rejected,
            on_progress=show,
        )


def _item_defaults(
    database: Database, files: tuple[Path, ...], isil: str | None, first_barcode: str | None
) -> ItemDefaults | None:
    if isil is None:
        if first_barcode is not None:
            raise click.UsageError("--first-barcode needs --with-items")
        return None
    parts = _BARCODE.fullmatch(first_barcode or "")
    if parts is None:
        raise click.UsageError("--with-items needs --first-barcode with a number at its end")
    if len(files) > 1:
        raise click.UsageError("--with-items takes one file at a time")
    branch = database.read(lambda transaction: find_branch(transaction, isil)).result()
    if branch is None:
        raise click.UsageError(f"there is no branch with the ISIL {isil}")
    return ItemDefaults(branch.id, parts[1], int(parts[2]), len(parts[2]))
