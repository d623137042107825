"""Bulk loading: files of MARC records into the catalogue, exactly once.

The row of a file in ``loads`` says how many of its records are dealt with, and moves on in the
transaction that stores them, so a load may be interrupted at any moment, even by kill -9, and run
again: it goes on after the last commit. The same file loaded again adds nothing. Extraction runs in
several processes, ahead of the one that writes; a batch of records is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from catalogue.changes.accession import Origin, next_record_id, store
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

#: Records of one transaction: more would take more memory and hold off other writers for longer.
BATCH_SIZE = 12_288
#: The same for the first records of a catalogue: nobody waits there, and fewer rows of the index
#: are joined to others.
FIRST_BATCH_SIZE = 24_576
#: Bytes of a batch at which it ends before it has that many records.
BATCH_BYTES = 64 * 1024 * 1024
#: Records read, and rows of the index written, after which is told how far that is.
TOLD_EVERY, ROWS_TOLD = 1_000, 20_000
#: Ids left free when another writer took those meant for a batch: room for its next ones.
_LEEWAY = 256


def load_files(database: Database, paths: Iterable[Path], options: LoadOptions) -> list[LoadReport]:
    """Loads files one after the other; no record and no file stops the others.

    Raises LoadedElsewhere when another process loads the same file at the same time.
    """
    reports = []
    with (
        freed_memory_kept(),
        without_collector() as collect,
        Preparing(options.processes, BATCH_SIZE // 4) as preparing,
    ):
        for path in paths:
            report = LoadReport(path)
            reports.append(report)
            try:
                with Source(path) as source:
                    _load_file(database, source, preparing, options, report, collect)
            except UnreadableFile as error:
                report.problem = str(error)
    return reports


def _load_file(
    database: Database,
    source: Source,
    preparing: Preparing,
    options: LoadOptions,
    report: LoadReport,
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
    file = _File(database, load.id, options, aside, report)
    next_id = database.write(next_record_id).result()
    batch_size = options.batch_size or (FIRST_BATCH_SIZE if next_id == 1 else BATCH_SIZE)
    batches = _batches(database, source, load.position, options, next_id, batch_size)
    for batch, prepared in preparing.in_order(batches):
        file.commit(batch, prepared)
        collect()
        if report.rejected:
            report.rejected_files = (aside.records_path, aside.reasons_path)
        if report.noted:
            report.notes_file = aside.notes_path
        options.on_progress(
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
    """What follows `position`, in batches; raises UnreadableFile after the last of them."""

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


class _Decided(NamedTuple):
    """A batch, and what becomes of its records; holdings records are stored after the others."""

    batch: Batch
    prepared: Prepared
    made: list[Made]
    columns: list[Columns]
    plan: Plan
    copies: CopyPlan

    @property
    def refused(self) -> list[Rejected]:
        """The records that are not stored, in the order of the file."""
        found = self.batch.found
        first = found[0].position
        by_plan = [
            Rejected(found[each.position - first], each.reason)
            for each in self.plan
            if each.is_set_aside
        ]
        refused = [*self.prepared.rejected, *by_plan, *self.copies.set_aside(self.batch)]
        return sorted(refused, key=lambda each: each.found.position)


class _File(NamedTuple):
    """A file that is being loaded, batch by batch."""

    database: Database
    load_id: int
    options: LoadOptions
    aside: SetAside
    report: LoadReport

    def commit(self, batch: Batch, prepared: Prepared) -> None:
        """Stores a batch: prepared anew if its ids were taken meanwhile, decided anew if other
        records were written that are the same."""
        take_rows = self.options.take_rows
        if take_rows is not None and (prepared.authorities or prepared.unlinked):
            raise UnreadableFile(
                f"{self.report.path} holds records that refer to others, which the index must hold:"
                " it cannot be written later"
            )
        while True:
            decided = self._decide(batch, prepared)
            refused = decided.refused
            self.aside.add(refused)
            self.aside.note(prepared.noted)
            store = partial(self._store, decided, len(refused))
            outcome = self.database.write(store).result()
            if isinstance(outcome, Stored):
                if take_rows is not None:
                    take_rows([record.id for record in decided.made], decided.columns)
                self._report(decided, outcome, len(refused))
                return
            self.aside.continue_from(batch.found[0].position - 1)
            if outcome is not None:
                batch = batch._replace(first_id=outcome + _LEEWAY)
                prepared = prepare(batch)

    def _decide(self, batch: Batch, prepared: Prepared) -> _Decided:
        made, columns = list(records_of(batch, prepared)), columns_of(prepared)
        if self.options.rules is None and not prepared.holdings:
            return _Decided(batch, prepared, made, columns, [], CopyPlan([], {}))

        def work(transaction: Transaction) -> _Decided:
            plan = self._plan(transaction, made, columns)
            copies = self._plan_copies(transaction, prepared, made, plan)
            return _Decided(batch, prepared, made, columns, plan, copies)

        return self.database.read(work, wide=True).result()

    def _plan(self, transaction: Transaction, made: list[Made], columns: list[Columns]) -> Plan:
        rules = self.options.rules
        if rules is None:
            return []
        return plan_import(transaction, made, columns, rules, self.options.agency_id)

    def _plan_copies(
        self, transaction: Transaction, prepared: Prepared, made: list[Made], plan: Plan
    ) -> CopyPlan:
        if not prepared.holdings:
            return CopyPlan([], {})
        numbers = ids_by_number(made, plan)
        branch = self.options.holdings_branch
        return plan_copies(transaction, prepared.holdings, numbers, branch)

    def _store(
        self, decided: _Decided, refused: int, transaction: Transaction
    ) -> Stored | int | None:
        """Stores it all; or nothing, and gives the next free id, if the batch's are not free, or
        None if the plan holds no more."""
        batch, prepared, made, columns, plan, copies = decided
        next_id = next_record_id(transaction)
        if next_id > batch.first_id:
            return next_id
        if plan != self._plan(transaction, made, columns):
            return None
        if copies != self._plan_copies(transaction, prepared, made, plan):
            return None
        before, after = batch.found[0].position - 1, batch.found[-1].position
        loads.advance(transaction, self.load_id, before, after, refused)
        stored = self._store_records(transaction, decided)
        store_copies(transaction, copies.copies, now=self.options.now)
        if prepared.authorities or prepared.unlinked:
            refresh_links(
                transaction,
                authorities=prepared.authorities,
                record_ids=stored_ids(prepared.unlinked, made, plan),
                now=self.options.now,
            )
        return stored

    def _store_records(self, transaction: Transaction, decided: _Decided) -> Stored:
        options, made = self.options, decided.made
        columns = decided.columns if options.take_rows is None else []
        origin = Origin(options.now, options.agency_id, self.load_id, options.with_items)
        if options.rules is not None:
            return store_by_plan(transaction, made, columns, decided.plan, options.rules, origin)
        store(transaction, made, _told(columns, options.on_stage), origin)
        return Stored(len(made))

    def _report(self, decided: _Decided, stored: Stored, refused: int) -> None:
        report, prepared = self.report, decided.prepared
        report.read += len(decided.batch.found)
        report.loaded += stored.added
        report.holdings += len(prepared.holdings) - len(decided.copies.refused)
        report.replaced += stored.replaced
        report.unchanged += stored.unchanged
        report.ambiguous += sum(each.fate is Fate.AMBIGUOUS for each in decided.plan)
        report.rejected += refused
        report.noted += len(prepared.noted)


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
