"""What putting records in order costs in the engine alone, by how many of how many they are.

    python -m tests.bench.bench_sort DATABASE-URL [KEYS]

The records of a library are drawn at random; of SQLite that is the whole cost, in milliseconds of
CPU. With KEYS the rows of keys are multiplied first until there are so many, in a database that is
of use for nothing else afterwards: a copy, that is, in SQLite.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from collections.abc import Callable

from pyroaring import BitMap

from catalogue.database import Database, Transaction, open_database
from catalogue.searching.result_order import ResultOrder
from catalogue.searching.sorting import SortKey, sort
from tests.bench.country import count_of

SIZES = (300, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
TITLE, YEAR = SortKey("title"), SortKey("year", descending=True)
ORDERS = {"title": (TITLE,), "year": (YEAR,), "year, title": (YEAR, TITLE)}
REPEATS = 3


def multiply(path: str, wanted: int) -> None:
    """Copies the rows of keys under further ids, with other ends of their titles."""
    connection = sqlite3.connect(path, isolation_level=None)
    (last,) = connection.execute("SELECT max(record_id) FROM sort_keys").fetchone()
    for first in range(last, wanted, last):
        connection.execute(
            "INSERT INTO sort_keys SELECT record_id + ?, CASE title WHEN x'' THEN title ELSE"
            " CAST(title || ' ' || char(97 + abs(random()) % 26, 97 + abs(random()) % 26) AS BLOB)"
            " END, author, year FROM sort_keys WHERE record_id <= ?",
            (first, last),
        )
    connection.close()


def milliseconds(database: Database, work: Callable[[Transaction], object]) -> float:
    def timed(transaction: Transaction) -> float:
        taken = []
        for _ in range(REPEATS):
            begun = time.thread_time()
            work(transaction)
            taken.append(time.thread_time() - begun)
        return min(taken) * 1e3

    return database.read(timed, wide=True).result()


def costs(database: Database, records: BitMap, keys: tuple[SortKey, ...]) -> str:
    first = milliseconds(database, lambda t: ResultOrder(records, keys).ids(t, 1, 10))
    deep = milliseconds(database, lambda t: sort(t, records, keys, offset=1_000, limit=10))
    return f"{first:6.1f} {deep:6.1f}"


def main(*arguments: str) -> None:
    """Without arguments it only says how it is run."""
    if not arguments:
        print(__doc__)
        return
    url = arguments[0]
    if len(arguments) > 1:
        multiply(url.removeprefix("sqlite:///"), int(arguments[1]))
    database, choose = open_database(url), random.Random(3)
    total = count_of(database, "max(record_id)", "sort_keys")
    print(f"{total:,} rows of keys; ms of CPU: the first ten, and records 1,001 to 1,010")
    for size in (*(size for size in SIZES if size < total), total):
        records = BitMap(choose.sample(range(1, total + 1), size))
        told = [f"{name}: {costs(database, records, keys)}" for name, keys in ORDERS.items()]
        print(f"{size:9,} records  " + "   ".join(told), flush=True)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
