"""What a load is told, and what it tells: options, progress, and what became of each file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from catalogue.changes.accession import ItemDefaults
from catalogue.index.collecting import Columns
from catalogue.loading.import_plans import ImportRules


class Progress(NamedTuple):
    """How far the load of a file has come: bytes as they lie on the disk, and records."""

    path: Path
    bytes_read: int
    size: int
    read: int
    loaded: int
    rejected: int


#: The stages of a batch.
READING, WRITING = "reading", "writing the index"


class Stage(NamedTuple):
    """What is being done between two commits of a file: `READING` records into the batch, `WRITING`
    rows of the index; how many are done, and of how many, if that is known."""

    what: str
    done: int
    total: int | None = None


@dataclass(slots=True)
class LoadReport:
    """What became of one file.

    `read`, `loaded` (as new records) and `rejected` count what this run did, `before` what earlier
    runs had dealt with. Of records that were there already some are `replaced`, some `unchanged`;
    those `ambiguous` are among the rejected, and so are those that were to be skipped. `holdings`
    counts holdings records that became items of other records. `problem` is a sentence when the
    file could not be read (to its end); what was read until then is loaded. `rejected_files` are
    the records set aside and the reasons. `noted` counts records that were loaded though something
    of them could not be read; the `notes_file` says what.
    """

    path: Path
    read: int = 0
    loaded: int = 0
    rejected: int = 0
    replaced: int = 0
    unchanged: int = 0
    ambiguous: int = 0
    holdings: int = 0
    before: int = 0
    was_loaded_before: bool = False
    rejected_files: tuple[Path, ...] = ()
    noted: int = 0
    notes_file: Path | None = None
    problem: str | None = None


#: Takes the ids of records that were stored, and the rows of the index that they give.
TakeRows = Callable[[Sequence[int], Sequence[Columns]], object]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What holds for all files of a run.

    `record_format` holds for files that do not say theirs (marcXchange does). Records set aside
    go to `reject_folder`, else beside the file. `agency_id` owns the records; none shares them.
    With `rules`, records that are in the catalogue already are looked for; without, all are new.
    `holdings_branch` has the items of holdings records that name no branch of ours. The rows of
    the index go to `take_rows`, if that is given, after each commit
    (`catalogue.reindexing.late_indexing`). `processes` and `batch_size` are chosen to suit the
    machine and the library where they are None. `on_progress` is told of each commit, `on_stage`
    of what goes on between two, some of it by the thread that writes.
    """

    now: datetime
    processes: int | None = None
    batch_size: int | None = None
    agency_id: int | None = None
    record_format: str = "marc21"
    with_items: ItemDefaults | None = None
    reject_folder: Path | None = None
    rules: ImportRules | None = None
    holdings_branch: int | None = None
    take_rows: TakeRows | None = None
    on_progress: Callable[[Progress], object] = lambda progress: None
    on_stage: Callable[[Stage], object] = lambda stage: None
