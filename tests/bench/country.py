"""A library the size of a country: records, items, patrons, loans and holds, in one database.

Everything can be broken off and run again. Records are written in pieces, loaded as any file is,
and deleted, so that the disk holds no more than one; a load knows by itself how far it came. Their
index is written at the end. The rest is made by the database in steps of a transaction each, and
goes on behind the last row.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from catalogue.database import Database, Transaction, migrate, open_database
from catalogue.holders import rebuild_holders
from catalogue.loading.files import BATCH_SIZE
from catalogue.loading.load_reports import LoadOptions
from catalogue.reindexing.late_indexing import load_then_index
from catalogue.reindexing.rebuilding import Progress, ReindexOptions
from catalogue.reindexing.reindexings import unfinished
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.organisation import add_agency, add_branch, add_consortium
from circulation.kernel.set_up import set_up_changed
from tests.bench.filling import cyclic, fill
from tests.bench.recombined import real_records, recombined, sample_path

#: Records of a piece: so many transactions of the load, and some 230 MB of file.
PIECE = 8 * BATCH_SIZE
#: Rows of one step.
STEP = 250_000
#: Terms after which a line is printed.
TERMS_TOLD = 200_000
#: Prime to the ten and the fifty below, so that every branch has its share of loans and holds.
AGENCIES, BRANCHES = 97, 97 * 7
SQLITE_NAME = "country.sqlite"


class Size(NamedTuple):
    """How many of each; one item in ten is on loan, one record in fifty has a hold."""

    records: int = 3_000_000
    items: int = 5_000_000
    patrons: int = 1_000_000


def url_of(where: str) -> str:
    """The database of a folder, or that of a URL."""
    return where if "://" in where else f"sqlite:///{Path(where) / SQLITE_NAME}"


def branch_isil(number: int) -> str:
    return f"DK-9{number:05}"


@dataclass
class Costs:
    """What a process and its children have used so far."""

    wall: float
    cpu: float
    read: int
    written: int

    @classmethod
    def now(cls) -> Costs:
        spent = os.times()
        lines = Path("/proc/self/io").read_text("ascii").splitlines()
        io = {key: int(value) for key, _, value in (line.partition(": ") for line in lines)}
        return cls(time.perf_counter(), sum(spent[:4]), io["read_bytes"], io["write_bytes"])


class Stopwatch:
    """Prints what was spent since the last time, and how large everything has become."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._began = self._before = Costs.now()

    def tell_all(self) -> None:
        """What was spent since the beginning."""
        self._before = self._began
        self.tell("all of this", 1)

    def tell(self, name: str, count: int) -> None:
        before, after = self._before, Costs.now()
        wall, cpu = after.wall - before.wall, max(after.cpu - before.cpu, 0.01)
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, CHILDREN))
        print(
            f"{name:28} {count:11,} in {wall:7.1f} s, {cpu:7.1f} s CPU, {count / cpu:9,.0f} per CPU"
            f" s; disk read {(after.read - before.read) / 1e6:7,.0f} MB,"
            f" written {(after.written - before.written) / 1e6:7,.0f};"
            f" database {size_of(self._database) / 1e6:7,.0f} MB; peak {peak / 1024:,.0f} MB",
            flush=True,
        )
        self._before = Costs.now()


CHILDREN = resource.RUSAGE_CHILDREN


def size_of(database: Database) -> int:
    """Bytes on disk, the log among them."""
    if database.dialect == "sqlite":
        path = Path(database.url.removeprefix("sqlite:///"))
        return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    return count_of(database, "pg_database_size(current_database())", "")


def count_of(database: Database, what: str, table: str) -> int:
    """One number; 0 for NULL."""
    source = f" FROM {table}" if table else ""
    return database.read(
        lambda t: int(t.execute(f"SELECT {what}{source}", ()).fetchone()[0] or 0), wide=True
    ).result()


def build(where: str, size: Size) -> None:
    url = url_of(where)
    folder = Path(tempfile.gettempdir() if "://" in where else where)
    folder.mkdir(parents=True, exist_ok=True)
    migrate(url)
    database = open_database(url)
    watch = Stopwatch(database)
    try:
        if not count_of(database, "max(id)", "branches"):
            database.write(_organise).result()
        _load_records(database, watch, folder, size.records)
        _fill_all(database, watch, size)
        if not count_of(database, "count(*)", "held_records"):
            database.write(rebuild_holders).result()
            watch.tell("who has which records", size.records)
        if database.dialect == "postgresql":  # which does so by itself, but not at once
            database.write(lambda t: t.execute("ANALYZE", ())).result()
        watch.tell_all()
    finally:
        database.close()


def _organise(transaction: Transaction) -> None:
    """Agencies with branches, the branches of each with one number after the other."""
    consortium = add_consortium(transaction, name="Landet")
    for number in range(AGENCIES):
        agency = add_agency(
            transaction, consortium, f"DK-8{number:05}", f"Kommune {number}s Biblioteker"
        )
        for branch in range(1, BRANCHES // AGENCIES + 1):
            isil = branch_isil(number * BRANCHES // AGENCIES + branch)
            add_branch(transaction, agency, isil, f"Filial {number}.{branch}")
    LOAN_POLICIES.store(transaction, loan_days=28, renewals=2, max_loans=100, max_holds=100)
    set_up_changed(transaction)


def _load_records(database: Database, watch: Stopwatch, folder: Path, records: int) -> None:
    """The records, and the index at the end. What was broken off is read again."""
    loaded, is_open = database.read(_loaded_so_far).result()
    wanted = {_piece(number): first for number, first in enumerate(range(1, records + 1, PIECE))}
    if not is_open and wanted.keys() <= loaded:
        return
    told = 0

    def terms(state: Progress) -> None:
        nonlocal told
        if state.terms - told >= TERMS_TOLD:
            watch.tell("terms of the index", state.terms - told)
            told = state.terms

    missing = {name: first for name, first in wanted.items() if name not in loaded}
    now = datetime.now(UTC)
    reports = load_then_index(
        database,
        _written(watch, folder, missing, records),
        LoadOptions(now, reject_folder=folder),
        ReindexOptions(str(os.getpid()), now, folder=folder),
        terms,
    )
    watch.tell("the last terms", 1)
    if problems := [report.problem for report in reports if report.problem]:
        raise SystemExit("\n".join(problems))


def _piece(number: int) -> str:
    return f"piece-{number:04}-of-{PIECE}.mrc"


def _written(
    watch: Stopwatch, folder: Path, missing: dict[str, int], records: int
) -> Iterator[Path]:
    """Files, each there as long as it is loaded."""
    real = real_records(sample_path()) if missing else []
    for name, first in missing.items():
        path, count = folder / name, min(PIECE, records + 1 - first)
        with path.open("wb") as file:
            file.writelines(recombined(real, count, first, first))
        watch.tell(f"written {name}", count)
        yield path
        watch.tell(f"loaded {name}", count)
        path.unlink()


def _loaded_so_far(transaction: Transaction) -> tuple[set[str], bool]:
    """The names of files that are stored to their end; is there more of the index to be written?"""
    found = transaction.execute("SELECT name FROM loads WHERE finished IS NOT NULL", ())
    return {name for (name,) in found.fetchall()}, unfinished(transaction) is not None


def _fill_all(database: Database, watch: Stopwatch, size: Size) -> None:
    records = count_of(database, "max(id)", "records")
    words = _words(database, size, records)
    counts = {
        "items": size.items,
        "patrons": size.patrons,
        "patron_identifiers": size.patrons,
        "loans": size.items // 10,
        "holds": min(records, size.items) // 50,
    }
    for table, count in counts.items():
        # Keys that are texts do not tell how far it came; every number has made one row.
        key = "count(*)" if table == "patron_identifiers" else "max(id)"
        done = count_of(database, key, table)
        for first in range(done + 1, count + 1, STEP):
            numbers = range(first, min(first + STEP, count + 1))
            database.write(
                lambda t, table=table, numbers=numbers: fill(t, table, numbers, words)  # type: ignore[misc]
            ).result()
            watch.tell(table, len(numbers))


def _words(database: Database, size: Size, records: int) -> dict[str, object]:
    """Items and patrons are of all branches alike. Who waits waits for an item of the own branch,
    which is on loan."""
    first = count_of(database, "min(id)", "branches")
    branch = cyclic("i", BRANCHES, first)
    of_hold = "(i * 50)"  # the item that the hold is for
    times = max(size.patrons // BRANCHES - 1, 1)
    return {
        # Of records that were refused nothing but the number is gone.
        "record": f"(SELECT min(r.id) FROM records AS r WHERE r.id >= {cyclic('i', records)})",
        "branch": branch,
        "agency": f"(SELECT b.agency_id FROM branches AS b WHERE b.id = {branch})",
        "borrower": cyclic("i * 7", size.patrons),
        "lender": cyclic("(i * 10)", BRANCHES, first),
        "wanted": f"(SELECT record_id FROM items WHERE items.id = {of_hold})",
        "holder": f"{of_hold} - {of_hold} / {BRANCHES} * {BRANCHES}"
        f" + {BRANCHES} * ({cyclic('i', times)})",
        "pickup": cyclic(of_hold, BRANCHES, first),
    }
