"""Bulk loading: files of MARC records into the catalogue, exactly once.

The row of a file in ``loads`` says how many of its records are dealt with, and moves on in the
transaction that stores them, so a load may be interrupted at any moment, even by kill -9, and run
again: it goes on behind the last commit. The same file again loads nothing. Extraction runs in
several processes, ahead of the one that writes; a batch of records is one transaction.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from catalogue import loads
from catalogue.accession import ItemDefaults, add_record, next_record_id, store
from catalogue.collecting import Columns
from catalogue.database import Database
from catalogue.marc.sources import Found, Source, UnreadableFile
from catalogue.preparation import Batch, Prepared, columns_of, end_with_parent, prepare, records_of
from catalogue.set_aside import SetAside
from catalogue.statements import Transaction

__all__ = ["ItemDefaults", "LoadReport", "Progress", "add_record", "load_files"]

#: Records of one transaction: more would take more memory and hold off other writers for longer.
BATCH_SIZE = 8_192
#: Bytes of a batch at which it ends before it has that many records.
BATCH_BYTES = 64 * 1024 * 1024
#: The most processes that are used unless told otherwise.
MOST_PROCESSES = 8
#: Ids left free when another writer took those foreseen for a batch: room for his next ones.
_LEEWAY = 256


class Progress(NamedTuple):
    """How far the load of a file has come: bytes as they lie on the disk, and records."""

    path: Path
    bytes_read: int
    size: int
    read: int
    loaded: int
    rejected: int


@dataclass(slots=True)
class LoadReport:
    """What became of one file.

    `read`, `loaded` and `rejected` count what this run did, `before` what earlier runs had dealt
    with. `problem` is a sentence when the file could not be read (to its end); what was read
    until then is loaded. `rejected_files` are the records set aside and the reasons.
    """

    path: Path
    read: int = 0
    loaded: int = 0
    rejected: int = 0
    before: int = 0
    was_loaded_before: bool = False
    rejected_files: tuple[Path, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What holds for all files of a run."""

    now: datetime
    agency_id: int | None = None
    record_format: str = "marc21"
    with_items: ItemDefaults | None = None
    reject_folder: Path | None = None
    batch_size: int = BATCH_SIZE


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
    batch_size: int = BATCH_SIZE,
    on_progress: Callable[[Progress], object] = lambda progress: None,
) -> list[LoadReport]:
    """Loads files one after the other; no record and no file stops the others.

    `record_format` holds for files that do not say theirs (marcXchange does). Records set aside
    go to `reject_folder`, else beside the file. `agency_id` owns the records; none shares them.
    Raises LoadedElsewhere when another process loads the same file at the same time.
    """
    options = LoadOptions(now, agency_id, record_format, with_items, reject_folder, batch_size)
    reports = []
    with _Preparing(processes or _cores()) as preparing:
        for path in paths:
            report = LoadReport(path)
            reports.append(report)
            try:
                with Source(path) as source:
                    _load_file(database, source, preparing, options, report, on_progress)
            except UnreadableFile as error:
                report.problem = str(error)
    return reports


def _load_file(
    database: Database,
    source: Source,
    preparing: _Preparing,
    options: LoadOptions,
    report: LoadReport,
    on_progress: Callable[[Progress], object],
) -> None:
    path = source.path
    digest = loads.digest_of(path)
    load = database.write(lambda t: loads.begin(t, digest, path.name, options.now)).result()
    report.before = load.position
    if load.finished is not None:
        report.was_loaded_before = True
        return
    aside = SetAside(options.reject_folder or path.parent, path.name, is_xml=source.is_xml)
    aside.continue_from(load.position)
    next_id = database.write(next_record_id).result()
    batches = _batches(source, load.position, options, next_id)
    for batch, prepared in preparing.in_order(batches):
        aside.add(prepared.rejected)
        prepared = _commit(database, batch, prepared, load.id, options)
        report.read += len(batch.found)
        report.loaded += len(prepared.made)
        report.rejected += len(prepared.rejected)
        if report.rejected:
            report.rejected_files = (aside.records_path, aside.reasons_path)
        on_progress(
            Progress(
                path, source.bytes_read, source.size, report.read, report.loaded, report.rejected
            )
        )
    database.write(lambda t: loads.finish(t, load.id, options.now)).result()


def _batches(source: Source, position: int, options: LoadOptions, next_id: int) -> Iterator[Batch]:
    """What lies behind `position` in batches; raises UnreadableFile behind the last of them."""
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
        if len(found) >= options.batch_size or size >= BATCH_BYTES:
            yield Batch(found, options.record_format, next_id)
            next_id += len(found)
            found, size = [], 0
    if found:
        yield Batch(found, options.record_format, next_id)
    if broken_off is not None:
        raise broken_off


def _commit(
    database: Database, batch: Batch, prepared: Prepared, load_id: int, options: LoadOptions
) -> Prepared:
    """Stores a batch, prepared anew if its ids were taken meanwhile; gives what was stored."""
    while True:
        work = partial(_store, batch, prepared, columns_of(prepared), load_id, options)
        taken_up_to = database.write(work).result()
        if taken_up_to is None:
            return prepared
        batch = batch._replace(first_id=taken_up_to + _LEEWAY)
        prepared = prepare(batch)


def _store(
    batch: Batch,
    prepared: Prepared,
    columns: list[Columns],
    load_id: int,
    options: LoadOptions,
    transaction: Transaction,
) -> int | None:
    """Stores it all; or nothing, and gives the next free id, if the batch's are not free."""
    next_id = next_record_id(transaction)
    if next_id > batch.first_id:
        return next_id
    before, after = batch.found[0].position - 1, batch.found[-1].position
    loads.advance(transaction, load_id, before, after, len(prepared.rejected))
    store(
        transaction,
        records_of(batch, prepared),
        columns,
        now=options.now,
        agency_id=options.agency_id,
        load_id=load_id,
        with_items=options.with_items,
    )
    return None


class _Preparing:
    """Prepares batches in worker processes, or here when there is but one small batch."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Preparing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def in_order(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, Prepared]]:
        """Each batch with what came of it, while the next ones are being prepared."""
        waiting: deque[tuple[Batch, Future[Prepared]]] = deque()
        broken_off: UnreadableFile | None = None
        while broken_off is None:
            try:
                batch = next(batches, None)
            except UnreadableFile as error:
                broken_off, batch = error, None
            if batch is None:
                break
            waiting.append((batch, self._submit(batch)))
            if self._pool is None or len(waiting) > self._processes:
                batch, prepared = waiting.popleft()
                yield batch, prepared.result()
        while waiting:
            batch, prepared = waiting.popleft()
            yield batch, prepared.result()
        if broken_off is not None:
            raise broken_off

    def _submit(self, batch: Batch) -> Future[Prepared]:
        if self._processes > 1 and self._pool is None and len(batch.found) >= BATCH_SIZE // 4:
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=_start_worker
            )
        if self._pool is not None:
            return self._pool.submit(prepare, batch)
        done: Future[Prepared] = Future()
        done.set_result(prepare(batch))
        return done


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that writes
    end_with_parent()


def _cores() -> int:
    return min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
