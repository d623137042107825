"""Reading a journal: day by day, and never beyond what is whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from protocols.proxy.journal.records import Record, record_in

log = logging.getLogger(__name__)

SUFFIX: Final = ".journal"


class Place(NamedTuple):
    """Between two records: the day of a file, and how many bytes stand there before."""

    day: str
    offset: int


#: Before the first record.
BEGIN: Final = Place("", 0)


def days(folder: Path) -> list[Path]:
    """The files of a journal, the oldest first."""
    return sorted(folder.glob(f"[0-9]*{SUFFIX}"))


def name_of(folder: Path) -> str:
    """The name that the journal was given when it was begun; empty where that is not there."""
    for path in days(folder)[:1]:
        for record, _ in read_file(path):
            return str(record.get("journal", ""))
    return ""


def read_journal(folder: Path, *, since: str = "") -> Iterator[Record]:
    """All records, from the files of the day `since` on, in order.

    What is not whole is left out, and said in the log: a tail that was torn off was never acted on.
    """
    for record, _ in read_from(folder, Place(since, 0)):
        yield record


def size_after(folder: Path, place: Place) -> int:
    """How many bytes the journal has after a place."""
    sizes = {path.stem: path.stat().st_size for path in days(folder) if path.stem >= place.day}
    return sum(sizes.values()) - place.offset


def read_from(folder: Path, place: Place) -> Iterator[tuple[Record, Place]]:
    """All records after a place, in order, each with the place after it."""
    for path in days(folder):
        if path.stem < place.day:
            continue
        offset = place.offset if path.stem == place.day else 0
        for record, after in read_file(path, offset):
            yield record, Place(path.stem, after)


def read_file(path: Path, offset: int = 0) -> Iterator[tuple[Record, int]]:
    """The records of one day after so many bytes, each with the offset after it.

    It may be read while it is written: a line without its end is the last one. One that is no
    record is read again, since a write that failed is taken back.
    """
    with path.open("rb") as file:
        file.seek(offset)
        is_again = False
        while (line := file.readline()).endswith(b"\n"):
            record = record_in(line[:-1])
            if record is None and not is_again:
                is_again = True
                file.seek(offset)
                continue
            is_again = False
            offset += len(line)
            if record is None:
                log.warning("%s: %d bytes before %d are no record", path, len(line), offset)
            else:
                yield record, offset


def cut_torn_tail(path: Path, whole: int = 0) -> int:
    """Cuts what follows the last whole record off a file; returns how many bytes those were. They
    are put beside it, for whoever asks what happened. The first `whole` bytes are known to be.
    """
    position = whole
    with path.open("rb+") as file:
        file.seek(whole)
        for line in file:
            position += len(line)
            if line.endswith(b"\n") and record_in(line[:-1]) is not None:
                whole = position
        if position == whole:
            return 0
        file.seek(whole)
        path.with_name(f"{path.name}.torn-{whole}").write_bytes(file.read())
        file.truncate(whole)
        file.flush()
        os.fsync(file.fileno())
    log.warning("%d torn bytes were cut off %s and put beside it", position - whole, path)
    return position - whole
