"""Loads as large as the library: the records first, then their index in one go, in its own order.

A load writes the index batch by batch, and the rows of a batch lie all over it: the larger the
index, the more pages of it each batch changes, up to one for each of its terms. So what is written
to load a library grows with the square of its size. Here the rows of all batches are laid on disk
and go into the index at the end, each page of it once, as a reindexing does with the records that
it has read (`catalogue.reindexing.rebuilding`). Until then the records are not found.

A load that was broken off goes on with the files after the last commit, and reads the records
stored before again. Where it is not to go on, `tiro reindex` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from catalogue.changes.accession import next_record_id
from catalogue.database import Database, Transaction
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions, LoadReport, TakeRows
from catalogue.reindexing import reindexings
from catalogue.reindexing.rebuilding import Progress, ReindexOptions, reindex


def load_then_index(
    database: Database,
    paths: Iterable[Path],
    options: LoadOptions,
    reindexing: ReindexOptions,
    on_terms: Callable[[Progress], object] = lambda progress: None,
) -> list[LoadReport]:
    """`catalogue.loading.files.load_files` with the index at the end.

    Raises what `catalogue.reindexing.rebuilding.reindex` does. What needs the index of records
    that have just been loaded cannot be had: `rules` that look for the same ones raise ValueError,
    and a file ends as unreadable where danMARC2 refers to other records.
    """
    if options.rules is not None:
        raise ValueError("records cannot be looked for in an index that is written later")
    reports: list[LoadReport] = []

    def load(take_rows: TakeRows) -> None:
        reports.extend(load_files(database, paths, replace(options, take_rows=take_rows)))

    first_id = database.write(_first_id).result()
    # Anew: the terms that were done before the break lack what is loaded now.
    reindexing = replace(reindexing, first_id=first_id, anew=True)
    reindex(database, reindexing, adding=load, on_progress=on_terms)
    return reports


def _first_id(transaction: Transaction) -> int:
    """The first record that may not be in the index: of a load that was broken off, or the next."""
    broken_off = reindexings.unfinished(transaction)
    return next_record_id(transaction) if broken_off is None else broken_off.first_id
