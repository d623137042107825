"""Does a search take longer in a larger library? For terms that find equally many records.

    python -m tests.bench.bench_growth [SMALL [LARGE]]        (50,000 and 200,000 records)

Loads recombined records (`tests.bench.recombined`) into two SQLite databases and searches each in
a process of its own, whose largest size is printed as well: first the engine alone, with one
question of each kind again and again. Then two servers of Z39.50 in turns, with hundreds of words
that find about as many records in either: medians of the CPU that a search costs the server. A
million takes some 8 GB of disk.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, many, migrate, open_database
from catalogue.index.access_points import ACCESS_POINTS, Kind
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions
from catalogue.query import And, Term
from catalogue.schema import postings
from catalogue.searching.evaluation import search
from catalogue.searching.facets import facets
from catalogue.searching.scanning import scan
from catalogue.searching.sorting import SortKey, sort
from protocols.z3950.codec import encode
from tests.bench.bench_search import Operation, finding, finding_and_fetching, measure
from tests.bench.bench_z3950 import ROUNDS, Server, Turns, asked_first, started
from tests.bench.bench_z3950 import load as load_server
from tests.bench.recombined import isbn, write_recombined
from tests.bench.z3950_operations import SORT_BY_TITLE, present_request, scan_request
from tests.protocols.z3950.pqf import search as search_request
from tests.servers import free_ports

#: Different operations of each kind, and who asks them at once.
VARIED, CONNECTIONS = 300, 4
SEED = 20261201
#: The requests of an operation.
Wired = list[bytes]

_total = func.sum(postings.c.count)


@many(tuple[bytes, int])
def _common(*, access_point: int, least: int, most: int) -> Statement:
    return (
        select(postings.c.term, _total)
        .where(postings.c.access_point == access_point)
        .group_by(postings.c.term)
        .having(_total.between(least, most))
        .order_by(postings.c.term)
    )


def words_finding(transaction: Transaction, point: str, hits: int) -> list[tuple[int, str]]:
    """Words that find about as many records, and by how many they miss."""
    index = ACCESS_POINTS[point].index(Kind.WORD)
    found = _common(transaction, access_point=index, least=hits * 3 // 4, most=hits * 4 // 3)
    # Words of letters: numbers are together in one part of the index and favour the cache.
    return [(abs(number - hits), word.decode()) for word, number in found if word.isalpha()]


def operations(transaction: Transaction) -> dict[str, Operation]:
    def word(point: str, hits: int) -> Term:
        return Term(point, min(words_finding(transaction, point, hits))[1])

    rare, middling, common = (word("title", hits) for hits in (10, 300, 3_000))
    broad = word("any", 10_000)
    found = search(transaction, common)
    by_title = (SortKey("title"),)
    return {
        "title word, 10 records": finding(rare),
        "title word, 300 records": finding(middling),
        "title word, 3,000 records": finding(common),
        "author AND title, 300 each": finding(And(word("author", 300), middling)),
        "ISBN + record": finding_and_fetching(Term("isbn", "9780000202505"), 1),
        "broad, 10,000, + 10 records": finding_and_fetching(broad, 10),
        "scan of 20": lambda t: scan(t, Term("title", middling.text)).entries,
        "3,000 by title, 10 of them": lambda t: sort(t, found, by_title, limit=10),
        "3,000 by year, 10 of them": lambda t: sort(t, found, (SortKey("year"),), limit=10),
        "languages of 3,000": lambda t: facets(t, found, "language"),
    }


def sent(transaction: Transaction, records: int) -> dict[str, list[Wired]]:
    """Up to `VARIED` of each kind, drawn by a seed from a library of so many records."""
    choose = random.Random(SEED)

    def some(point: str, hits: int) -> list[str]:
        words = [word for _, word in words_finding(transaction, point, hits)]
        return choose.sample(words, min(VARIED, len(words)))

    rare, middling, common = (some("title", hits) for hits in (10, 300, 3_000))
    pairs = list(zip(some("author", 300), middling, strict=False))
    numbers = [choose.randrange(1, records + 1) for _ in range(VARIED)]
    title = "@attr 1=4"
    return {
        "title word, 10 records": [[search_for(f"{title} {word}")] for word in rare],
        "title word, 300 records": [[search_for(f"{title} {word}")] for word in middling],
        "title word, 3,000 records": [[search_for(f"{title} {word}")] for word in common],
        "author AND title": [
            [search_for(f"@and @attr 1=1003 {author} {title} {word}")] for author, word in pairs
        ],
        "ISBN + record": [
            [search_for(f"@attr 1=7 {isbn(number).decode()}"), present_request(1)]
            for number in numbers
        ],
        "broad + 10 records": [
            [search_for(f"@attr 1=1016 {word}"), present_request(10)]
            for word in some("any", 10_000)
        ],
        "scan of 20": [[scan_request(f"{title} {word}", 20)] for word in middling],
        "3,000 by title, 10 of them": [
            [search_for(f"{title} {word}"), SORT_BY_TITLE, present_request(10)] for word in common
        ],
    }


def search_for(text: str) -> bytes:
    return encode(search_request(text))


def wait_for_rest(server: Server) -> None:
    """Until it does nothing by itself: what was loaded last is numbered."""
    before, after = -1.0, server.cpu_seconds()
    while after - before > 0.03:
        time.sleep(3)
        before, after = after, server.cpu_seconds()


def over_z3950(urls: Sequence[str], counts: Sequence[int], folder: Path) -> None:
    """Prints what a search of each kind costs a server of either library, in turns."""
    operations = []
    for url, count in zip(urls, counts, strict=True):
        database = open_database(url)
        operations.append(database.read(partial(sent, records=count), wide=True).result())
        database.close()
    with ExitStack() as stack:
        servers = []
        for url, port in zip(urls, free_ports(len(urls)), strict=True):
            command = [sys.executable, "-m", "tests.protocols.z3950.serving", url, str(port)]
            server = started(f"tiro-{port}", port, *command, folder=folder)
            servers.append(stack.enter_context(server))
        for server in servers:
            wait_for_rest(server)
        for name in operations[0]:
            turns, first = [], []
            for server, each in zip(servers, operations, strict=True):
                answered, figures = asked_first(server, each[name], least=0)
                assert all(answered), name
                turns.append(Turns(each[name]))
                first.append(figures.cpu_us)
            spent: list[list[float]] = [[] for _ in servers]
            for _ in range(ROUNDS):
                for found, server, turn in zip(spent, servers, turns, strict=True):
                    found.append(load_server(server, turn, CONNECTIONS).cpu)
            varied = " and ".join(str(len(each[name])) for each in operations)
            for what, (before, after) in (
                (f"{name}, first time", first),
                (name, map(statistics.median, spent)),
            ):
                times = f"{after / before:8.2f}"
                print(f"{what:35}{before:9.1f} us{after:9.1f} us{times}{varied:>15}", flush=True)


def measure_all(url: str) -> dict[str, object]:
    database = open_database(url)

    def work(transaction: Transaction) -> dict[str, tuple[float, int]]:
        return {
            name: measure(operation, transaction)
            for name, operation in operations(transaction).items()
        }

    figures = database.read(work).result()
    database.close()
    return {"figures": figures, "peak": peak_megabytes()}


def peak_megabytes(process: int | str = "self") -> int:
    """The largest size of a process; getrusage would give that of the one that started it."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) // 1024


def load(folder: Path, count: int) -> str:
    path, url = folder / f"{count}.mrc", f"sqlite:///{folder}/{count}.sqlite"
    write_recombined(path, count)
    migrate(url)
    database = open_database(url)
    started = time.perf_counter()
    load_files(database, [path], LoadOptions(now=datetime.now(UTC), reject_folder=folder))
    database.close()
    path.unlink()
    size = (folder / f"{count}.sqlite").stat().st_size / 1e6
    print(f"{count:,} records loaded in {time.perf_counter() - started:.0f} s, {size:,.0f} MB")
    return url


def main(small: int = 50_000, large: int = 200_000) -> None:
    with tempfile.TemporaryDirectory(prefix="tiro-growth-") as folder:
        results = []
        urls = [load(Path(folder), count) for count in (small, large)]
        for url in urls:
            command = [sys.executable, "-m", "tests.bench.bench_growth", "--measure", url]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(answer.stdout))
        first, second = (result["figures"] for result in results)
        print(f"{'':30}{small:>12,}{large:>14,}{'times':>8}{'records found':>18}")
        for name, (before, hits) in first.items():
            after, more = second[name]
            print(f"{name:30}{before:9.1f} us{after:11.1f} us{after / before:8.2f}{hits:9}{more:9}")
        print(f"{'peak memory':30}{results[0]['peak']:9} MB{results[1]['peak']:11} MB")
        print(f"{f'over Z39.50, {CONNECTIONS} connections':59}{'times':>8}{'different':>15}")
        over_z3950(urls, (small, large), Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure_all(sys.argv[2])))
    else:
        main(*map(int, sys.argv[1:3]))
