"""Bulk loading: files of MARC records into the catalogue, exactly once.

The row of a file in ``loads`` says how many of its records are dealt with, and moves on in the
transaction that stores them, so a load may be interrupted at any moment, even by kill -9, and run
again: it goes on behind the last commit. The same file again loads nothing. Extraction runs in
several processes, ahead of the one that writes; a batch of records is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from catalogue.changes.accession import ItemDefaults, add_record, next_record_id, store
from catalogue.changes.authorities import authorities_of, linked_numbers
from catalogue.changes.linked_records import refresh_links
from catalogue.changes.made import Made
from catalogue.database import Database, Transaction
from catalogue.index.collecting import Columns
from catalogue.loading import loads
from catalogue.loading.freed_memory import freed_memory_kept
from catalogue.loading.holdings_records import CopyPlan, plan_copies, store_copies
from catalogue.loading.import_plans import (
    Fate,
    ImportRules,
    Plan,
    Stored,
    ids_by_number,
    plan_import,
    store_by_plan,
    stored_ids,
)
from catalogue.loading.load_reports import (
    READING,
    WRITING,
    LoadOptions,
    LoadReport,
    Progress,
    Stage,
    TakeRows,
)
from catalogue.loading.preparation import (
    Batch,
    Prepared,
    Rejected,
    columns_of,
    prepare,
    records_of,
    without_collector,
)
from catalogue.loading.set_aside import SetAside
from catalogue.loading.workers import Preparing
from catalogue.marc.sources import Found, Source, UnreadableFile

__all__ = ["ItemDefaults", "LoadReport", "Progress", "add_record", "load_files"]

#: Records of one transaction: more would take more memory and hold off other writers for longer.
BATCH_SIZE = 12_288
#: The same for the first records of a catalogue: nobody waits there, and of the rows of the index
#: fewer are joined to others.
FIRST_BATCH_SIZE = 24_576
#: Bytes of a batch at which it ends before it has that many records.
BATCH_BYTES = 64 * 1024 * 1024
#: Records read, and rows of the index written, after which is told how far that is.
TOLD_EVERY, ROWS_TOLD = 1_000, 20_000
#: Ids left free when another writer took those foreseen for a batch: room for his next ones.
_LEEWAY = 256


def load_files(
    database: Database,
    paths: Iterable[Path],
    *,
    now: datetime,
    processes: int | None = None,
    agency_id: int | None = None,
    record_format: str = "marc21",
    with_items: ItemDefaults | None = None,
    reject_folder: Path | None = None,
    batch_size: int | None = None,
    rules: ImportRules | None = None,
    holdings_branch: int | None = None,
    take_rows: TakeRows | None = None,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    on_stage: Callable[[Stage], object] = lambda stage: None,
) -> list[LoadReport]:
    """Loads files one after the other; no record and no file stops the others.

    `record_format` holds for files that do not say theirs (marcXchange does). Records set aside
    go to `reject_folder`, else beside the file. `agency_id` owns the records; none shares them.
    With `rules`, records that are in the catalogue already are looked for; without, all are new.
    `holdings_branch` has the items of holdings records that name no branch of ours. The rows of
    the index go to `take_rows`, if that is given, after each commit
    (`catalogue.reindexing.late_indexing`). `on_progress` is told of each commit, `on_stage` of what
    goes on between two, some of it by the thread that writes. Raises LoadedElsewhere when another
    process loads the same file at the same time.
    """
    options = LoadOptions(
        now,
        batch_size,
        agency_id,
        record_format,
        with_items,
        reject_folder,
        rules,
        holdings_branch,
        take_rows,
        on_stage,
    )
    reports = []
    with (
        freed_memory_kept(),
        without_collector() as collect,
        Preparing(processes, BATCH_SIZE // 4) as preparing,
    ):
        for path in paths:
            report = LoadReport(path)
            reports.append(report)
            try:
                with Source(path) as source:
                    _load_file(database, source, preparing, options, report, on_progress, collect)
            except UnreadableFile as error:
                report.problem = str(error)
    return reports


def _load_file(
    database: Database,
    source: Source,
    preparing: Preparing,
    options: LoadOptions,
    report: LoadReport,
    on_progress: Callable[[Progress], object],
    collect: Callable[[], object],
) -> None:
    path = source.path
    digest = loads.digest_of(path)
    load = database.write(lambda t: loads.begin(t, digest, path.name, options.now)).result()
    report.before = load.position
    if load.finished is not None:
        report.was_loaded_before = True
        return
    aside = SetAside(options.reject_folder or path.parent, path.name, source.ending)
    aside.continue_from(load.position)
    next_id = database.write(next_record_id).result()
    batch_size = options.batch_size or (FIRST_BATCH_SIZE if next_id == 1 else BATCH_SIZE)
    batches = _batches(database, source, load.position, options, next_id, batch_size)
    for batch, prepared in preparing.in_order(batches):
        _commit(database, batch, prepared, load.id, options, aside, report)
        collect()
        if report.rejected:
            report.rejected_files = (aside.records_path, aside.reasons_path)
        if report.noted:
            report.notes_file = aside.notes_path
        on_progress(
            Progress(
                path, batch.bytes_read, source.size, report.read, report.loaded, report.rejected
            )
        )
    database.write(lambda t: loads.finish(t, load.id, options.now, report.loaded)).result()


def _batches(
    database: Database,
    source: Source,
    position: int,
    options: LoadOptions,
    next_id: int,
    batch_size: int,
) -> Iterator[Batch]:
    """What lies behind `position` in batches; raises UnreadableFile behind the last of them."""

    def batch_of(found: list[Found], first_id: int) -> Batch:
        wanted = linked_numbers(found, options.record_format)
        authorities = (
            database.read(lambda t: authorities_of(t, wanted), wide=True).result() if wanted else {}
        )
        return Batch(
            found,
            options.record_format,
            first_id,
            source.is_iso2709,
            authorities,
            source.bytes_read,
        )

    found: list[Found] = []
    size = 0
    broken_off: UnreadableFile | None = None
    records = source.records()
    while broken_off is None:
        try:
            record = next(records, None)
        except UnreadableFile as error:
            broken_off, record = error, None
        if record is None:
            break
        if record.position <= position:
            continue
        found.append(record)
        size += len(record.data)
        if len(found) % TOLD_EVERY == 0:
            options.on_stage(Stage(READING, record.position))
        if len(found) >= batch_size or size >= BATCH_BYTES:
            yield batch_of(found, next_id)
            next_id += len(found)
            found, size = [], 0
    if found:
        yield batch_of(found, next_id)
    if broken_off is not None:
        raise broken_off


def _commit(
    database: Database,
    batch: Batch,
    prepared: Prepared,
    load_id: int,
    options: LoadOptions,
    aside: SetAside,
    report: LoadReport,
) -> None:
    """Stores a batch: prepared anew if its ids were taken meanwhile, decided anew if other records
    were written that are the same."""
    if options.take_rows is not None and (prepared.authorities or prepared.unlinked):
        raise UnreadableFile(
            f"{report.path} holds records that refer to others, which the index must hold:"
            " it cannot be written later"
        )
    while True:
        made, columns = list(records_of(batch, prepared)), columns_of(prepared)
        plan = _plan(database, made, columns, options)
        copies = _plan_copies(database, prepared, made, plan, options)
        refused = prepared.rejected + _set_aside(batch, plan) + copies.set_aside(batch)
        aside.add(sorted(refused, key=lambda each: each.found.position))
        aside.note(prepared.noted)
        now_indexed = columns if options.take_rows is None else []
        work = partial(
            _store, batch, prepared, made, now_indexed, plan, copies, len(refused), load_id, options
        )
        outcome = database.write(work).result()
        if isinstance(outcome, Stored):
            if options.take_rows is not None:
                options.take_rows([record.id for record in made], columns)
            report.read += len(batch.found)
            report.loaded += outcome.added
            report.holdings += len(prepared.holdings) - len(copies.refused)
            report.replaced += outcome.replaced
            report.unchanged += outcome.unchanged
            report.ambiguous += sum(each.fate is Fate.AMBIGUOUS for each in plan)
            report.rejected += len(refused)
            report.noted += len(prepared.noted)
            return
        aside.continue_from(batch.found[0].position - 1)
        if outcome is not None:
            batch = batch._replace(first_id=outcome + _LEEWAY)
            prepared = prepare(batch)


def _plan(
    database: Database, made: list[Made], columns: list[Columns], options: LoadOptions
) -> Plan:
    rules = options.rules
    if rules is None:
        return []
    return database.read(
        lambda t: plan_import(t, made, columns, rules, options.agency_id), wide=True
    ).result()


def _plan_copies(
    database: Database, prepared: Prepared, made: list[Made], plan: Plan, options: LoadOptions
) -> CopyPlan:
    """What becomes of the holdings records of a batch, whose other records are stored first."""
    if not prepared.holdings:
        return CopyPlan([], {})
    numbers = ids_by_number(made, plan)
    return database.read(
        lambda t: plan_copies(t, prepared.holdings, numbers, options.holdings_branch), wide=True
    ).result()


def _set_aside(batch: Batch, plan: Plan) -> list[Rejected]:
    first = batch.found[0].position
    return [
        Rejected(batch.found[each.position - first], each.reason)
        for each in plan
        if each.is_set_aside
    ]


def _store(
    batch: Batch,
    prepared: Prepared,
    made: list[Made],
    columns: list[Columns],
    plan: Plan,
    copies: CopyPlan,
    refused: int,
    load_id: int,
    options: LoadOptions,
    transaction: Transaction,
) -> Stored | int | None:
    """Stores it all; or nothing, and gives the next free id, if the batch's are not free, or None
    if the plan holds no more."""
    next_id = next_record_id(transaction)
    if next_id > batch.first_id:
        return next_id
    rules = options.rules
    if rules is not None and plan != plan_import(
        transaction, made, columns, rules, options.agency_id
    ):
        return None
    if prepared.holdings and copies != plan_copies(
        transaction, prepared.holdings, ids_by_number(made, plan), options.holdings_branch
    ):
        return None
    before, after = batch.found[0].position - 1, batch.found[-1].position
    loads.advance(transaction, load_id, before, after, refused)
    stored = _store_records(transaction, made, columns, plan, load_id, options)
    store_copies(transaction, copies.copies, now=options.now)
    if prepared.authorities or prepared.unlinked:
        refresh_links(
            transaction,
            authorities=prepared.authorities,
            record_ids=stored_ids(prepared.unlinked, made, plan),
            now=options.now,
        )
    return stored


def _store_records(
    transaction: Transaction,
    made: list[Made],
    columns: list[Columns],
    plan: Plan,
    load_id: int,
    options: LoadOptions,
) -> Stored:
    rules = options.rules
    if rules is not None:
        return store_by_plan(
            transaction,
            made,
            columns,
            plan,
            rules,
            now=options.now,
            agency_id=options.agency_id,
            load_id=load_id,
            with_items=options.with_items,
        )
    store(
        transaction,
        made,
        _told(columns, options.on_stage),
        now=options.now,
        agency_id=options.agency_id,
        load_id=load_id,
        with_items=options.with_items,
    )
    return Stored(len(made))


def _told(columns: list[Columns], on_stage: Callable[[Stage], object]) -> Iterator[Columns]:
    """The rows in parts, telling how many of them have been taken."""
    total = sum(len(each.terms) for each in columns)
    done = 0
    for index, chunk, terms, counts, bitmaps in columns:
        for start in range(0, len(terms), ROWS_TOLD):
            on_stage(Stage(WRITING, done, total))
            rows = slice(start, start + ROWS_TOLD)
            part = Columns(index, chunk, terms[rows], counts[rows], bitmaps[rows])
            yield part
            done += len(part.terms)
