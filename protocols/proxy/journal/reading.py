"""Reading a journal: day by day, and never beyond what is whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from protocols.proxy.journal.records import Record, record_in

log = logging.getLogger(__name__)

SUFFIX: Final = ".journal"


def days(folder: Path) -> list[Path]:
    """The files of a journal, the oldest first."""
    return sorted(folder.glob(f"[0-9]*{SUFFIX}"))


def read_journal(folder: Path, after: int = 0, *, since: str = "") -> Iterator[Record]:
    """All records with an id above `after`, from the files of the day `since` on, in order.

    What is not whole is left out, and said in the log: a tail that was torn off was never acted on.
    """
    for path in days(folder):
        if path.stem < since:
            continue
        for record in read_file(path):
            if record["id"] > after:
                yield record


def read_file(path: Path) -> Iterator[Record]:
    """The records of one day."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            record = record_in(line[:-1]) if line.endswith(b"\n") else None
            if record is None:
                log.warning("%s, line %d is not whole and is left out", path, number)
            else:
                yield record


def cut_torn_tail(path: Path) -> int:
    """Cuts what follows the last whole record off a file; returns how many bytes those were. They
    are put beside it, for whoever asks what happened.
    """
    position = whole = 0
    with path.open("rb+") as file:
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
