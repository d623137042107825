"""Does a search take longer in a larger library? For terms that find equally many records.

    python -m tests.bench.bench_growth [SMALL [LARGE]]        (50,000 and 200,000 records)

Loads recombined records (`tests.bench.recombined`) into two SQLite databases and searches each in
a process of its own, whose largest size is printed as well: first the engine alone, then a server
of Z39.50, as a client sees it. A million takes some 8 GB of disk.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
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
from protocols.z3950.codec import decode, encode
from tests.bench.bench_search import Operation, finding, finding_and_fetching, measure
from tests.bench.bench_z3950 import Client
from tests.bench.recombined import write_recombined
from tests.bench.z3950_operations import present_request, scan_request
from tests.protocols.z3950.pqf import search as search_request
from tests.protocols.z3950.serving import a_server

WIRE_REPETITIONS = 500

_total = func.sum(postings.c.count)


@many(tuple[bytes, int])
def _common(*, access_point: int, least: int, most: int) -> Statement:
    return (
        select(postings.c.term, _total)
        .where(postings.c.access_point == access_point)
        .group_by(postings.c.term)
        .having(_total.between(least, most))
        .order_by(postings.c.term)
        .limit(1_000)
    )


def a_word(transaction: Transaction, point: str, hits: int) -> Term:
    """A word that finds about as many records, the nearest there is."""
    index = ACCESS_POINTS[point].index(Kind.WORD)
    found = _common(transaction, access_point=index, least=hits * 3 // 4, most=hits * 4 // 3)
    # Words of letters: numbers are together in one part of the index and favour the cache.
    words = [(abs(number - hits), word) for word, number in found if word.isalpha()]
    return Term(point, min(words)[1].decode())


def operations(transaction: Transaction) -> dict[str, Operation]:
    def word(point: str, hits: int) -> Term:
        return a_word(transaction, point, hits)

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


def words_to_send(transaction: Transaction) -> dict[str, str]:
    """The words of the operations above, for a client."""
    return {
        "rare": a_word(transaction, "title", 10).text,
        "middling": a_word(transaction, "title", 300).text,
        "common": a_word(transaction, "title", 3_000).text,
        "author": a_word(transaction, "author", 300).text,
        "broad": a_word(transaction, "any", 10_000).text,
    }


def latencies(url: str, words: dict[str, str]) -> dict[str, float]:
    """Median microseconds from request to answer, for one client of a server of its own."""
    title = "@attr 1=4"
    operations = {
        "title word, 10 records": [encode(search_request(f"{title} {words['rare']}"))],
        "title word, 300 records": [encode(search_request(f"{title} {words['middling']}"))],
        "title word, 3,000 records": [encode(search_request(f"{title} {words['common']}"))],
        "author AND title": [
            encode(
                search_request(f"@and @attr 1=1003 {words['author']} {title} {words['middling']}")
            )
        ],
        "ISBN + record": [encode(search_request("@attr 1=7 9780000202505")), present_request(1)],
        "broad + 10 records": [
            encode(search_request(f"@attr 1=1016 {words['broad']}")),
            present_request(10),
        ],
        "scan of 20": [scan_request(f"{title} {words['middling']}", 20)],
    }
    found = {}
    with a_server(url) as port:
        client = Client(port)
        for name, requests in operations.items():
            taken = []
            for _ in range(WIRE_REPETITIONS):
                begun = time.perf_counter()
                for number in range(len(requests)):
                    client.requests, client.next = requests, number
                    client.ask()
                    while not (answer := client.receive()):
                        pass
                taken.append(time.perf_counter() - begun)
            decode(answer)
            found[name] = statistics.median(taken) * 1e6
        client.close()
    return found


def measure_all(url: str) -> dict[str, object]:
    database = open_database(url)

    def work(transaction: Transaction) -> dict[str, tuple[float, int]]:
        return {
            name: measure(operation, transaction)
            for name, operation in operations(transaction).items()
        }

    figures = database.read(work).result()
    words = database.read(words_to_send).result()
    database.close()
    return {"figures": figures, "peak": peak_megabytes(), "words": words}


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
        for count in (small, large):
            url = load(Path(folder), count)
            command = [sys.executable, "-m", "tests.bench.bench_growth", "--measure", url]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(answer.stdout))
            results[-1]["wire"] = latencies(url, results[-1]["words"])
    first, second = (result["figures"] for result in results)
    print(f"{'':30}{small:>12,}{large:>14,}{'times':>8}{'records found':>18}")
    for name, (before, hits) in first.items():
        after, more = second[name]
        print(f"{name:30}{before:9.1f} us{after:11.1f} us{after / before:8.2f}{hits:9}{more:9}")
    print(f"{'peak memory':30}{results[0]['peak']:9} MB{results[1]['peak']:11} MB")
    print("over Z39.50")
    for name, before in results[0]["wire"].items():
        after = results[1]["wire"][name]
        print(f"{name:30}{before:9.1f} us{after:11.1f} us{after / before:8.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure_all(sys.argv[2])))
    else:
        main(*map(int, sys.argv[1:3]))
