"""The part of a load that needs no database, and runs in as many processes as there are cores.

A `Batch` of bytes as found goes in; records to store, rows of the index and what was refused come
out. Ids are given by the caller beforehand: the record in slot n of the batch gets
``first_id + n``, whether or not the slots before it were refused.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, repeat
from multiprocessing import parent_process
from typing import NamedTuple

from catalogue.bitmaps import CHUNK_BITS
from catalogue.changes.made import Made
from catalogue.index.collecting import Collector, Columns
from catalogue.loading.freed_memory import keep_freed_memory
from catalogue.marc.authority_links import authority_number, with_names
from catalogue.marc.checking import Refused, accept
from catalogue.marc.mfhd import Holdings, NotHoldings, is_holdings, read_holdings
from catalogue.marc.soundness import are_sound
from catalogue.marc.sources import Found


class Batch(NamedTuple):
    """Records of one file, in order, and what they are taken for where they do not say."""

    found: list[Found]
    record_format: str
    first_id: int
    is_iso2709: bool = True  # else read, checked and without danMARC2's escapes already
    authorities: Mapping[str, bytes] = {}  # those that danMARC2 records of the batch refer to
    bytes_read: int = 0  # of the file as it lies on the disk, up to the end of the batch


class FoundHoldings(NamedTuple):
    """A holdings record (MFHD), which becomes items of another record."""

    position: int
    holdings: Holdings


class Rejected(NamedTuple):
    """What was set aside, and why."""

    found: Found
    reason: str


class Noted(NamedTuple):
    """What was loaded, and what of it could not be read as it should be."""

    found: Found
    note: str


class Prepared(NamedTuple):
    """What came of a batch, without what its owner has; read by `records_of`, `columns_of`."""

    made: list[Made]
    rejected: list[Rejected]
    columns: bytes | list[Columns]  # packed on the way from a worker
    holdings: list[FoundHoldings] = []
    authorities: list[str] = []  # the numbers of those among `made`
    unlinked: list[int] = []  # the ids of records that refer to others
    noted: list[Noted] = []


#: Python looks for cycles once for this many batches: the search goes through all that is alive,
#: and one batch leaves only some hundred objects.
BATCHES_TOGETHER = 16
_batches = count(1)


def _collect_now_and_then() -> None:
    if next(_batches) % BATCHES_TOGETHER == 0:
        gc.collect(1)


@contextmanager
def without_collector() -> Iterator[Callable[[], object]]:
    """Switches Python's search for cycles off: a load makes millions of small objects and hardly a
    cycle. The function given is to be called after each batch; now and then it does the search."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield _collect_now_and_then
    finally:
        if was_on:
            gc.enable()


def prepare(batch: Batch) -> Prepared:
    """Checks, repairs and extracts; pure, and safe with any bytes."""
    with without_collector() as collect:
        prepared = _prepare(batch)
        collect()
    return prepared


def records_of(batch: Batch, prepared: Prepared) -> Iterator[Made]:
    """The records to store, whole."""
    for record in prepared.made:
        if record.data:
            yield record
        else:
            yield record._replace(data=batch.found[record.id - batch.first_id].data)


def columns_of(prepared: Prepared) -> list[Columns]:
    """The rows of the index."""
    columns = prepared.columns
    if not isinstance(columns, bytes):
        return columns
    # Made by `prepare` in a process of our own: no foreign bytes come here.
    return [Columns(*part) for part in marshal.loads(columns)]  # noqa: S302


def _prepare(batch: Batch) -> Prepared:
    made: list[Made] = []
    rejected: list[Rejected] = []
    noted: list[Noted] = []
    holdings: list[FoundHoldings] = []
    authorities: list[str] = []
    unlinked: list[int] = []
    columns: list[Columns] = []
    collector = Collector(batch.first_id >> CHUNK_BITS)
    each = (found.data for found in batch.found)
    sound = are_sound(each) if batch.is_iso2709 else repeat(True, len(batch.found))
    for number, (found, is_sound) in enumerate(
        zip(batch.found, sound, strict=True), batch.first_id
    ):
        if found.refusal is not None:
            rejected.append(Rejected(found, found.refusal))
            continue
        record_format = found.record_format or batch.record_format
        notes: list[str] = []
        try:
            data = found.data
            if batch.is_iso2709:
                data = accept(data, record_format, known_sound=is_sound, take_note=notes.append)
        except Refused as error:
            rejected.append(Rejected(found, str(error)))
            continue
        noted += [Noted(found, note) for note in notes]
        if record_format == "marc21" and is_holdings(data):
            try:
                holdings.append(FoundHoldings(found.position, read_holdings(data)))
            except NotHoldings as error:
                rejected.append(Rejected(found, str(error)))
            continue
        if record_format == "danmarc2":
            linked = with_names(data, batch.authorities)
            data = linked.data
            if linked.missing:
                unlinked.append(number)
            if (authority := authority_number(data)) is not None:
                authorities.append(authority)
        chunk = number >> CHUNK_BITS
        if chunk != collector.chunk:
            columns += collector.columns()
            collector = Collector(chunk)
        description = collector.add(number & 0xFFFF, record_format, data)
        kept = b"" if data is found.data else data
        made.append(Made(number, found.position, record_format, description, kept))
    columns += collector.columns()
    # Tuples of lists of bytes, which marshal writes much faster than pickle does.
    packed = marshal.dumps([tuple(part) for part in columns]) if parent_process() else columns
    return Prepared(made, rejected, packed, holdings, authorities, unlinked, noted)


def start_worker() -> None:
    """Begins a worker process. It imports this module, but not what the database needs."""
    keep_freed_memory()
    gc.disable()  # as `without_collector`; `prepare` is all that is done here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that writes
    _end_with_parent()


def _end_with_parent() -> None:
    """Makes a worker process end when the load does, even by kill -9."""

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
