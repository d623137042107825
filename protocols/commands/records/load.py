"""`tiro load`: files of MARC records into the catalogue."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

import click

from catalogue.changes.accession import ItemDefaults
from catalogue.changes.overlaying import Protected
from catalogue.database import Database, Transaction
from catalogue.loading.files import load_files
from catalogue.loading.import_plans import LOCAL_FIELDS, ImportRules, Overlay
from catalogue.loading.load_reports import READING, WRITING, LoadOptions, LoadReport, Stage
from catalogue.loading.load_reports import Progress as Loaded
from catalogue.loading.record_matches import MatchKey
from catalogue.reindexing.late_indexing import load_then_index
from catalogue.reindexing.rebuilding import Progress as Reindexed
from catalogue.reindexing.rebuilding import ReindexOptions
from circulation.kernel.organisation import find_branch
from protocols.api.unknown import no_branch
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json as json_option
from protocols.commands.shared.saying import say
from protocols.commands.shared.values import ISIL
from protocols.process.failures import Failure

#: What is counted in each stage.
_UNITS = {READING: "records", WRITING: "rows"}
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
    help="What ISO 2709 and MARCXML files hold; marcXchange and lines say so themselves.",
)
@click.option(
    "--with-items",
    type=ISIL,
    help="Give every record one item at this branch.",
)
@click.option(
    "--first-barcode",
    metavar="BARCODE",
    help="Barcode of the item of a file's first record, such as I0000101; the record after it "
    "has the next number.",
)
@click.option(
    "--holdings-at",
    type=ISIL,
    help="Branch of the items of holdings records (MFHD) that name no branch of ours.",
)
@click.option(
    "--match",
    metavar="KEY,...",
    help="Look for records that are there already, by control-number, isbn-title, or one after "
    "the other.",
)
@click.option(
    "--overlay",
    type=click.Choice([each.value for each in Overlay]),
    help="What is done with them: take the new text and add items, do nothing, add items only, or "
    "set the new record aside.  [default: replace]",
)
@click.option(
    "--protect",
    metavar="TAG,...",
    help="Fields that keep the library's own content, x for any character.  [default: 59x,9xx]",
)
@click.option(
    "--index-at-end",
    is_flag=True,
    help="Write the index when all files are read: for loads as large as the library. No record is "
    "found before.",
)
@json_option
@click.pass_context
def load(
    context: click.Context,
    files: tuple[Path, ...],
    processes: int | None,
    rejected: Path | None,
    record_format: str,
    with_items: str | None,
    first_barcode: str | None,
    holdings_at: str | None,
    match: str | None,
    overlay: str | None,
    protect: str | None,
    index_at_end: bool,
    as_json: bool,
) -> None:
    """Load MARC records: MARC 21, danMARC2, UNIMARC, and holdings records of MARC 21.

    ISO 2709, MARCXML, marcXchange, or danMARC2 in lines; UTF-8, MARC-8, or Latin-1 (danMARC2);
    plain, .gz or .xz.

    A load can be interrupted and run again; the same file is never loaded twice. Records that
    cannot be read are set aside with the reasons, and do not stop the rest.
    """
    rules = _import_rules(match, overlay, protect)
    if rules is not None and index_at_end:
        raise click.UsageError("--match looks into the index, which --index-at-end writes later")
    if rejected is not None:
        rejected.mkdir(parents=True, exist_ok=True)
    database = open_configured(context.obj, migrated=True, is_long=True)
    try:
        items = _item_defaults(database, files, with_items, first_barcode)
        reports = load_with_progress(
            database,
            files,
            processes=processes,
            reject_folder=rejected,
            record_format=record_format,
            with_items=items,
            rules=rules,
            holdings_branch=_branch(database, holdings_at) if holdings_at else None,
            index_at_end=index_at_end,
        )
    finally:
        database.close()
    if as_json:
        say([_facts(report) for report in reports], True)
    for report in [] if as_json else reports:
        if report.read or not report.problem:
            click.echo(summary(report))
    problems = [report.problem for report in reports if report.problem]
    if problems:
        raise Failure(
            "\n".join(problems), "Correct this, and run the command again. Loaded records stay."
        )


def _facts(report: LoadReport) -> dict[str, Any]:
    return {
        "file": str(report.path),
        "read": report.read,
        "loaded": report.loaded,
        "loaded_before": report.before,
        "was_loaded_before": report.was_loaded_before,
        "replaced": report.replaced,
        "unchanged": report.unchanged,
        "holdings": report.holdings,
        "rejected": report.rejected,
        "rejected_files": [str(each) for each in report.rejected_files or ()],
        "noted": report.noted,
        "notes_file": str(report.notes_file) if report.notes_file else None,
        "ambiguous": report.ambiguous,
        "problem": report.problem or None,
    }


def summary(report: LoadReport) -> str:
    """What became of one file, in a line for each thing to know."""
    lines = []
    if report.was_loaded_before:
        lines.append(f"{report.path}: loaded before, nothing to do ({report.before:,} records)")
    else:
        lines.append(f"{report.path}: {report.loaded:,} of {report.read:,} records loaded")
        if report.before:
            lines[-1] += f", going on after {report.before:,} of an earlier run"
    if report.replaced or report.unchanged:
        lines.append(
            f"  {report.replaced:,} replaced and {report.unchanged:,} unchanged of those that were"
            " there already"
        )
    if report.holdings:
        lines.append(f"  {report.holdings:,} holdings records became items")
    if report.rejected:
        records, reasons = report.rejected_files
        lines.append(f"  {report.rejected:,} set aside in {records}, the reasons in {reasons}")
    if report.noted:
        lines.append(
            f"  {report.noted:,} loaded with something unreadable; what it is, in"
            f" {report.notes_file}"
        )
    if report.ambiguous:
        lines.append(f"  {report.ambiguous:,} of these could be more than one record")
    return "\n".join(lines)


class Options(TypedDict, total=False):
    """Those of `catalogue.loading.load_reports.LoadOptions` that a command knows."""

    processes: int | None
    reject_folder: Path | None
    record_format: str
    with_items: ItemDefaults | None
    rules: ImportRules | None
    holdings_branch: int | None


def load_with_progress(
    database: Database,
    files: tuple[Path, ...],
    *,
    index_at_end: bool = False,
    **options: Unpack[Options],
) -> list[LoadReport]:
    """Loads `files` under a progress bar with rate and time left, where a terminal is there."""
    with progress() as report:

        def show(state: Loaded) -> None:
            report(state.path.name, "records", state.bytes_read, state.size, state.read)

        def show_stage(stage: Stage) -> None:
            report(stage.what, _UNITS[stage.what], stage.done, stage.total)

        def show_terms(state: Reindexed) -> None:
            report("index", "terms", state.terms)

        now = datetime.now(UTC)
        loading = LoadOptions(now=now, on_progress=show, on_stage=show_stage, **options)
        if not index_at_end:
            return load_files(database, files, loading)
        reindexing = ReindexOptions(run=uuid.uuid4().hex, now=now)
        return load_then_index(database, files, loading, reindexing, show_terms)


def _import_rules(
    match: str | None, overlay: str | None, protect: str | None
) -> ImportRules | None:
    if match is None:
        if overlay is not None or protect is not None:
            raise click.UsageError("--overlay and --protect need --match")
        return None
    known = {key.value: key for key in MatchKey}
    names = [name.strip() for name in match.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise click.UsageError(f"--match knows {', '.join(known)}, and not {', '.join(unknown)}")
    protected = LOCAL_FIELDS
    if protect is not None:
        try:
            protected = Protected(tag.strip() for tag in protect.split(",") if tag.strip())
        except ValueError as error:
            raise click.UsageError(f"--protect: {error}") from error
    keys = tuple(known[name] for name in dict.fromkeys(names))
    return ImportRules(keys, Overlay(overlay or Overlay.REPLACE.value), protected)


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
    return ItemDefaults(_branch(database, isil), parts[1], int(parts[2]), len(parts[2]))


def _branch(database: Database, isil: str) -> int:
    def work(transaction: Transaction) -> int:
        branch = find_branch(transaction, isil=isil)
        if branch is None:
            raise click.UsageError(no_branch(transaction, isil))
        return branch.id

    return database.read(work).result()
