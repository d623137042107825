"""A country in one database: what loading it takes, and how fast it answers.

    python -m tests.bench.bench_country build FOLDER [RECORDS ITEMS PATRONS]
    python -m tests.bench.bench_country measure FOLDER

`build` (`tests.bench.country`) takes an hour or two and 30 GB of disk for the 3,000,000 records,
5,000,000 items and 1,000,000 patrons that it makes without numbers; it can be interrupted and run
again. `measure` starts `tiro serve` on the result and asks over the wire, some two minutes: what is
asked for is drawn at random, and never twice. FOLDER may be the URL of a PostgreSQL database.
"""

from __future__ import annotations

import os
import random
import select
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from catalogue.database import Database, open_database
from catalogue.index.folding import fold_words
from catalogue.query import Term
from catalogue.records import fetch_records
from catalogue.searching.evaluation import search
from circulation.patrons.pins import hash_pin
from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.result_sets import SortResponse
from protocols.z3950.messages.retrieval import PresentResponse
from protocols.z3950.messages.searching import SearchResponse
from tests.bench.bench_growth import peak_megabytes
from tests.bench.bench_z3950 import Client
from tests.bench.country import BRANCHES, Size, branch_isil, build, count_of, size_of, url_of
from tests.bench.recombined import isbn
from tests.bench.sip2_load import log_in
from tests.bench.z3950_operations import SORT_BY_TITLE, present_request, scan_request
from tests.protocols.sip2.serving import Serving
from tests.protocols.sip2.terminals import PASSWORD
from tests.protocols.z3950.pqf import search as search_request
from tests.servers import start_serving

#: Rounds of one operation of each kind, of which the first half meets a cold disk.
ROUNDS = 200
#: Records whose words are looked at, to draw some of all kinds.
LOOKED_AT = 3_000
#: Records that a rare word finds at most, and a common one at least, of a million.
RARE, COMMON = 100, 10_000
#: Records that are presented.
PAGE = 10
SECONDS = 10.0
CONNECTIONS = (1, 16)
DATE = "20261126    120000"

#: Seconds of each answer, by what was asked.
Times = defaultdict[str, list[float]]


class Words:
    """Words of titles as they come in records taken at random, so common ones come more often."""

    def __init__(self, database: Database, choose: random.Random) -> None:
        self._choose = choose
        self.records = count_of(database, "max(id)", "records")
        ids = choose.sample(range(1, self.records + 1), min(LOOKED_AT, self.records))
        found = database.read(lambda t: fetch_records(t, ids), wide=True).result()
        self._by_kind: dict[str, list[str]] = {"rare": [], "middling": [], "common": []}
        self._pairs = []
        for record in found:
            words = [word for word in fold_words(record.title) if word.isalpha()]
            authors = [word for word in fold_words(record.author) if word.isalpha()]
            if not words or not authors:
                continue
            self._pairs.append((choose.choice(authors), choose.choice(words)))
            word = choose.choice(words)
            hits = database.read(lambda t, w=word: len(search(t, Term("title", w)))).result()  # type: ignore[misc]
            part = hits * 1_000_000 / self.records
            kind = "common" if part >= COMMON else "rare" if part <= RARE else "middling"
            if hits < PAGE:
                kind = "rare"
            self._by_kind[kind].append(word)
        print(
            "words drawn: "
            + ", ".join(f"{len(set(each))} {kind}" for kind, each in self._by_kind.items())
        )

    def a(self, kind: str) -> str:
        return self._choose.choice(self._by_kind[kind])

    def operations(self) -> dict[str, list[bytes]]:
        """One of each kind, as the requests that are sent one after the other."""
        author, title = self._choose.choice(self._pairs)
        number = self._choose.randrange(1, self.records + 1)

        def word(kind: str) -> bytes:
            return encode(search_request(f"@attr 1=4 {self.a(kind)}"))

        return {
            "title word, rare": [word("rare")],
            "title word, middling": [word("middling")],
            "title word, common": [word("common")],
            "author AND title": [
                encode(search_request(f"@and @attr 1=1003 {author} @attr 1=4 {title}"))
            ],
            "ISBN + record": [
                encode(search_request(f"@attr 1=7 {isbn(number).decode()}")),
                present_request(1),
            ],
            "broad + 10 records": [
                encode(search_request(f"@attr 1=1016 {self.a('common')}")),
                present_request(PAGE),
            ],
            "scan of 20": [scan_request(f"@attr 1=4 {self.a('middling')}", 20)],
            "middling, by title + 10": [word("middling"), SORT_BY_TITLE, present_request(PAGE)],
            "common, by title + 10": [word("common"), SORT_BY_TITLE, present_request(PAGE)],
        }


def ask(client: Client, requests: list[bytes]) -> tuple[float, bool]:
    """Seconds from the first request to the last answer; was one of them refused?"""
    answers = []
    begun = time.perf_counter()
    for number in range(len(requests)):
        client.requests, client.next = requests, number
        client.ask()
        while not (answer := client.receive()):
            pass
        answers.append(answer)
    taken = time.perf_counter() - begun
    return taken, any(_is_refused(decode(answer)) for answer in answers)


def _is_refused(answer: object) -> bool:
    match answer:
        case SearchResponse():
            return not answer.search_status
        case PresentResponse():
            return bool(answer.present_status)
        case SortResponse():
            return bool(answer.sort_status)
        case _:
            return False


def searches(port: int, words: Words, rounds: int, until: Callable[[], bool]) -> Times:
    client, times = Client(port), Times(list)
    for _ in range(rounds):
        for name, requests in words.operations().items():
            taken, is_refused = ask(client, requests)
            times[name + (", refused" if is_refused else "")].append(taken)
        if until():
            break
    client.close()
    return times


class Lending:
    """What the terminals send: every item and patron once, most of them the branch's own."""

    def __init__(self, size: Size, choose: random.Random) -> None:
        self.size = size
        self._choose = choose
        self._seen: set[int] = set()
        self.refused = Counter[str]()

    def _number(self, most: int, branch: int) -> int:
        """Of the branch, and one time in five of any."""
        if self._choose.random() < 0.2:
            return self._choose.randrange(1, most + 1)
        return BRANCHES * self._choose.randrange(1, most // BRANCHES) + branch

    def _item(self, branch: int, *, on_loan: bool) -> int:
        while True:
            number = self._number(self.size.items, branch)
            if (number % 10 == 0) == on_loan and number not in self._seen:
                self._seen.add(number)
                return number

    def messages(self, branch: int) -> Iterator[tuple[str, str]]:
        """Without end: a check-out, a check-in, and now and then a hold on what is on loan."""
        for round_ in range(1 << 30):
            patron = self._number(self.size.patrons, branch)
            item = self._item(branch, on_loan=False)
            yield "check-out", f"11NN{DATE}{DATE}AO|AAP{patron}|ABI{item}|AC|"
            yield "check-in", f"09N{DATE}{DATE}AP|AO|ABI{item}|AC|"
            if round_ % 4 == 0:
                item = self._item(branch, on_loan=True)
                yield "hold", f"15+{DATE}AO|AAP{patron}|ABI{item}|"
                yield "patron information", f"63001{DATE}  Y       AO|AAP{patron}|"


_GOOD = {"check-out": b"121", "check-in": b"101", "hold": b"161", "patron information": b"64"}


def lend(port: int, lending: Lending, connections: int, seconds: float) -> Times:
    """Terminals of different branches, each sending its next message when the last is answered."""
    times = Times(list)
    poll = select.epoll()
    terminals: dict[int, tuple[socket.socket, Iterator[tuple[str, str]]]] = {}
    end = time.perf_counter() + seconds
    with ExitStack() as stack:
        for number in range(connections):
            connection = stack.enter_context(log_in(port, login(number)))
            terminals[connection.fileno()] = connection, lending.messages(branch_of(number))
            poll.register(connection.fileno(), select.EPOLLIN)
        waiting: dict[int, tuple[str, float]] = {}

        def send(number: int) -> None:
            connection, messages = terminals[number]
            name, message = next(messages)
            waiting[number] = name, time.perf_counter()
            connection.sendall(message.encode() + b"\r")

        for number in terminals:
            send(number)
        while waiting:
            for number, _ in poll.poll():
                answer = terminals[number][0].recv(8192)
                now = time.perf_counter()
                name, sent = waiting.pop(number)
                times[name].append(now - sent)
                lending.refused[name] += not answer.startswith(_GOOD[name])
                if now < end or name == "check-out":  # nothing more is left on loan
                    send(number)
    return times


def branch_of(terminal: int) -> int:
    return terminal * 37 % BRANCHES


def login(terminal: int) -> bytes:
    return f"9300CNterminal{terminal}|CO{PASSWORD}|".encode()


def accounts() -> str:
    """Of the terminals, as they stand in the configuration."""
    password = hash_pin(PASSWORD)
    return "".join(
        f'''
[[sip2.accounts]]
login = "terminal{number}"
password = "{password}"
branch = "{branch_isil(branch_of(number) + 1)}"
'''
        for number in range(max(CONNECTIONS))
    )


def show(title: str, times: Times) -> None:
    print(title)
    together = [each for name in times if "by title" not in name for each in times[name]]
    for name, found in {**times, "all but those by title": together}.items():
        found.sort()
        p50, p95, p99 = (
            found[min(len(found) * part // 100, len(found) - 1)] for part in (50, 95, 99)
        )
        print(
            f"  {name:26}{len(found):8,} times  p50 {p50 * 1e3:7.2f} ms  p95 {p95 * 1e3:7.2f} ms"
            f"  p99 {p99 * 1e3:7.2f} ms  most {found[-1] * 1e3:7.1f} ms",
            flush=True,
        )


def chill(url: str) -> None:
    """Takes what is stored out of the memory of the kernel, as far as it lets itself be asked."""
    if not url.startswith("sqlite"):
        return
    path = Path(url.removeprefix("sqlite:///"))
    for each in path.parent.glob(f"{path.name}*"):
        with each.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(where: str) -> None:
    url, choose = url_of(where), random.Random()
    database = open_database(url)
    counts = (count_of(database, "max(id)", table) for table in ("records", "items", "patrons"))
    size = Size(*counts)
    print(f"{size}, {size_of(database) / 1e6:,.0f} MB")
    words = Words(database, choose)
    database.close()
    lending = Lending(size, choose)
    chill(url)
    with tempfile.TemporaryDirectory(prefix="tiro-country-") as folder:
        server = start_serving(Path(folder), url, more=accounts())
        memory, process = server.process.pid, Serving(server.process, server.sip2)
        try:
            print(f"{peak_megabytes(memory)} MB when it is ready")
            half = ROUNDS // 2
            show("searches, the disk cold", searches(server.z3950, words, half, lambda: False))
            show("searches", searches(server.z3950, words, half, lambda: False))
            for connections in CONNECTIONS:
                cpu = process.cpu_seconds()
                found = lend(server.sip2, lending, connections, SECONDS)
                cpu = (process.cpu_seconds() - cpu) / sum(map(len, found.values()))
                show(f"lending, {connections} at once, {cpu * 1e6:.0f} us of CPU a message", found)
            print(f"  refused, as items stay within their agency: {dict(+lending.refused)}")
            is_over = threading.Event()
            meanwhile: list[Times] = []
            searching = threading.Thread(
                target=lambda: meanwhile.append(
                    searches(server.z3950, words, 1 << 20, is_over.is_set)
                )
            )
            searching.start()
            found = lend(server.sip2, lending, CONNECTIONS[-1], SECONDS)
            is_over.set()
            searching.join()
            show(f"lending, {CONNECTIONS[-1]} at once, and searches", found)
            show("searches meanwhile", *meanwhile)
            print(f"{peak_megabytes(memory)} MB at the most")
        finally:
            server.stop()


def main(*arguments: str) -> None:
    """Without arguments it only says how it is run."""
    match arguments:
        case ("build", where):
            build(where, Size())
        case ("build", where, records, items, patrons):
            build(where, Size(int(records), int(items), int(patrons)))
        case ("measure", where):
            measure(where)
        case _:
            print(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
