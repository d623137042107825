"""Rebuilding the index while searches and writes go on.

First the records are read, a stretch at a time, and the rows they give are laid on disk in order
(`index_runs`); descriptions and sort keys that no longer agree with their records are corrected on
the way. Then these rows and those of the index are compared side by side: what the index lacks is
added and what it should not have is taken out, a page of terms in each transaction, with the
position reached (`reindexings`). A run that was broken off reads the records again and goes on with
the terms.

Other writers go on meanwhile. Records added are behind the last id that was read, and left alone.
Those replaced or removed are noted (`changed_records`): what they give is made of what they are at
the moment of each page. So at the end the index is that of a fresh load, whatever it was before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import func, select

from catalogue.bitmaps import CHUNK_BITS
from catalogue.changes.accession import next_record_id
from catalogue.changes.changed_records import forget_changed
from catalogue.database import Database, Statement, Transaction, columns, many, scalar_one
from catalogue.index.access_points import ACCESS_POINTS, searched_points
from catalogue.index.collecting import Collector, Columns
from catalogue.loading.load_reports import TakeRows
from catalogue.reindexing import reindexings
from catalogue.reindexing.index_comparison import PAGE_ROWS, PAGE_TERMS, Comparison
from catalogue.reindexing.index_rules import note_made_anew
from catalogue.reindexing.index_runs import Runs
from catalogue.reindexing.redescribing import Described, redescribe
from catalogue.schema import records, sort_keys

#: Records that are read in one go.
STRETCH = 8_192

_LOWER = (1 << CHUNK_BITS) - 1


class Progress(NamedTuple):
    """How far it has come: records read of all, then terms compared."""

    read: int
    records: int
    terms: int


@dataclass(frozen=True, slots=True)
class ReindexOptions:
    """What is made anew: records from `first_id` on and, where `access_points` are given, these
    alone; then descriptions and sort keys are left alone.

    `run` names this run of the program, unlike any other. One that was interrupted is gone on
    with, unless it is to be done `anew`. What is read is kept in a folder of its own within
    `folder` (None: where temporary files go), which takes about as much room as the index.
    """

    run: str
    now: datetime
    first_id: int = 1
    access_points: Sequence[str] = ()
    anew: bool = False
    folder: Path | None = None
    stretch: int = STRETCH
    page_terms: int = PAGE_TERMS
    page_rows: int = PAGE_ROWS


@dataclass(slots=True)
class ReindexReport:
    """What was done: records read, terms gone through, rows of the index and descriptions that
    were wrong. `was_resumed`: an earlier run had done a part of the terms."""

    records: int = 0
    terms: int = 0
    rows_changed: int = 0
    descriptions_changed: int = 0
    was_resumed: bool = False


@scalar_one(int)
def _count_from(*, first_id: int) -> Statement:
    return select(func.count()).select_from(records).where(records.c.id >= first_id)


@many(Described)
def _stretch(*, after: int, last: int, at_most: int) -> Statement:
    return (
        select(
            *columns(
                Described,
                records,
                record_format=records.c.format,
                title_key=sort_keys.c.title,
                author_key=sort_keys.c.author,
                year_key=sort_keys.c.year,
            )
        )
        .outerjoin(sort_keys, sort_keys.c.record_id == records.c.id)
        .where(records.c.id > after, records.c.id <= last)
        .order_by(records.c.id)
        .limit(at_most)
    )


def indexes_of(access_points: Iterable[str]) -> list[int]:
    """The indexes in which these access points are searched. Raises ValueError for a name that
    there is not, or of a point that has none of its own."""
    found: set[int] = set()
    for name in access_points:
        point = ACCESS_POINTS.get(name)
        if point is None:
            raise ValueError(f"there is no access point {name}")
        if point.within:
            raise ValueError(f"{name} has no index: it is searched within {point.within}")
        for part in searched_points(name):
            found.update(part.index(kind) for kind in part.kinds)
    return sorted(found)


def reindex(
    database: Database,
    options: ReindexOptions,
    *,
    adding: Callable[[TakeRows], object] | None = None,
    on_progress: Callable[[Progress], object] = lambda progress: None,
) -> ReindexReport:
    """Makes the index what a fresh load would make it.

    `adding`, called when all records are read, may store more that are not in the index, and
    hands over their rows.
    Raises ReindexedElsewhere, TooManyChanges, ValueError for access points that cannot be chosen.
    """
    indexes = indexes_of(options.access_points)
    report = ReindexReport()
    begun, last_id, number = database.write(partial(_begin, options, indexes)).result()
    report.was_resumed = begun.position is not None
    with TemporaryDirectory(prefix="tiro-reindex-", dir=options.folder) as name:
        runs = Runs(Path(name))
        for columns in _read(database, options, last_id, report):
            runs.add(part for part in columns if not indexes or part.access_point in indexes)
            on_progress(Progress(report.records, number, 0))
        known = BitMap(range(options.first_id, last_id + 1))

        def take(ids: Sequence[int], columns: Sequence[Columns]) -> None:
            known.update(ids)
            for _, part in groupby(columns, key=attrgetter("chunk")):  # a run is of one chunk
                runs.add(part)

        if adding is not None:
            adding(take)
        sizes = options.page_terms, options.page_rows
        comparing = Comparison(database, begun, options.run, known, *sizes)
        is_needed = adding is None or bool(known)
        for terms, rows in comparing.pages(runs.rows(), indexes) if is_needed else ():
            report.terms += terms
            report.rows_changed += rows
            on_progress(Progress(report.records, number, report.terms))
    database.write(partial(_finish, options, begun, indexes)).result()
    return report


def _begin(
    options: ReindexOptions, indexes: Sequence[int], transaction: Transaction
) -> tuple[reindexings.Reindexing, int, int]:
    """The reindexing, the last record of it, and how many there are."""
    last, first_id = next_record_id(transaction) - 1, options.first_id
    begun = reindexings.begin(
        transaction, options.run, first_id, indexes, options.now, anew=options.anew
    )
    forget_changed(transaction)
    return begun, last, _count_from(transaction, first_id=first_id)


def _finish(
    options: ReindexOptions,
    begun: reindexings.Reindexing,
    indexes: Sequence[int],
    transaction: Transaction,
) -> None:
    reindexings.finish(transaction, begun.id, options.run, options.now)
    if begun.first_id == 1 and not indexes:
        note_made_anew(transaction)
    forget_changed(transaction)


def _read(
    database: Database, options: ReindexOptions, last_id: int, report: ReindexReport
) -> Iterator[list[Columns]]:
    """The rows of a stretch of records in one chunk, in turn; puts descriptions right."""
    after = options.first_id - 1
    while True:
        end = min(last_id, (after + 1) | _LOWER)
        stretch = partial(_stretch, after=after, last=end, at_most=options.stretch)
        found = database.read(stretch, wide=True).result()
        collector = Collector((after + 1) >> CHUNK_BITS)
        wrong = []
        for record in found:
            description = collector.add(
                record.id & _LOWER, record.record_format, bytes(record.data)
            )
            if not record.is_described_by(description):
                wrong.append(record.id)
        if found:
            yield collector.columns()
        if wrong and not options.access_points:
            database.write(partial(redescribe, ids=wrong)).result()
            report.descriptions_changed += len(wrong)
        report.records += len(found)
        after = found[-1].id if len(found) == options.stretch else end
        if after >= last_id:
            return
