"""NCIP: look-ups a second over connections that are kept, and the server's CPU for each.

`python -m tests.bench ncip` loads ten thousand real records with an item on each and lends them all
to two thousand users, five to each, starts a server of its own, and asks it for users with their
loans and for items, drawn from all of them by a seed, in version 2.02 and in version 1. A client
waits for each answer before it asks again; the server has a core to itself where there are two.

Before that the same without a network and without the log of exchanges, from document to document:
so many at once, database, commits and all threads included.
"""

from __future__ import annotations

import gc
import os
import queue
import selectors
import socket
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import select

from catalogue.database import Statement, Transaction, open_database, scalars
from catalogue.items import add_item
from catalogue.schema import records
from circulation.kernel.engine import Circulation
from circulation.kernel.results import CheckedOut
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from protocols.hosting.answering import Services
from protocols.ncip.codec import decode, decode_response, encode
from protocols.ncip.exchange import Exchange
from protocols.ncip.models.elements import LAYOUTS
from protocols.ncip.models.lookups import LookupUserResponse
from protocols.ncip.settings import NcipSettings, Partner
from tests.bench.bench_sru import load_records
from tests.bench.table import Figures, Row, note
from tests.builders.circulation import a_library, a_patron
from tests.protocols.ncip.serving import Serving, serving

SECONDS = 3.0
#: The best of so many runs counts: others may be busy on the machine.
RUNS = 3
CONNECTIONS = (1, 16, 64)
USERS, LOANS = 2_000, 5
#: How many of them are asked for, one after the other.
DRAWN = 1_000
#: In process: rounds, and the documents of each.
ROUNDS, AT_ONCE = 120, 16
#: What the server is to do on one core, and how soon.
WANTED_RATE, WANTED_P99 = 1_500, 0.050

_CONFIGURATION = """\
[database]
url = "{url}"
[http]
port = 0
[logging]
level = "warning"
[ncip]
port = 0
[[ncip.partners]]
agency = "DK-710100"
branch = "DK-900101"
serves = ["DK-900100"]
"""
PARTNER = Partner("DK-710100", "DK-900101", serves=("DK-900100",))
_NAMESPACE = "http://www.niso.org/2008/ncip"
_BASE_1 = "http://www.niso.org/ncip/v1_0"
_AGENCY_1 = (
    "<UniqueAgencyId><Scheme>http://biblstandard.dk/isil/schemes/1.1/</Scheme>"
    "<Value>{}</Value></UniqueAgencyId>"
)


@scalars(int)
def _all_records() -> Statement:
    return select(records.c.id).order_by(records.c.id)


@dataclass(frozen=True)
class Question:
    """A request for each of so many users or items, by number."""

    name: str
    expected: bytes
    document: Callable[[int], str]
    number: int = USERS

    def drawn(self) -> list[bytes]:
        """`DRAWN` of them, the same each time."""
        draw = Random(self.name).choices(range(self.number), k=DRAWN)
        return [self.document(number).encode() for number in draw]


def _message(body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<NCIPMessage xmlns="{_NAMESPACE}"'
        f' xmlns:ncip="{_NAMESPACE}"'
        ' ncip:version="http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd">\n'
        f"{body}</NCIPMessage>\n"
    )


_HEADER = """  <InitiationHeader>
    <FromAgencyId><AgencyId>DK-710100</AgencyId></FromAgencyId>
    <ToAgencyId><AgencyId>DK-900100</AgencyId></ToAgencyId>
  </InitiationHeader>
"""
_HEADER_1 = (
    f"<InitiationHeader><FromAgencyId>{_AGENCY_1.format('DK-710100')}</FromAgencyId>"
    f"<ToAgencyId>{_AGENCY_1.format('DK-900100')}</ToAgencyId></InitiationHeader>"
)


def look_up_user(card: str, wanted: str) -> str:
    """A request for the user, and what is `wanted` besides."""
    return _message(
        f"<LookupUser>\n{_HEADER}"
        f"  <UserId><UserIdentifierValue>{card}</UserIdentifierValue></UserId>\n"
        "  <UserElementType>Name Information</UserElementType>\n"
        "  <UserElementType>User Privilege</UserElementType>\n"
        "  <UserElementType>Block Or Trap</UserElementType>\n"
        f"{wanted}\n</LookupUser>"
    )


def _look_up_user(number: int) -> str:
    return look_up_user(f"P{number:07}", "  <LoanedItemsDesired/>\n  <RequestedItemsDesired/>")


def _look_up_item(number: int) -> str:
    return _message(
        f"<LookupItem>\n{_HEADER}"
        f"  <ItemId><ItemIdentifierValue>I{number:07}</ItemIdentifierValue></ItemId>\n"
        "  <ItemElementType>Bibliographic Description</ItemElementType>\n"
        "  <ItemElementType>Circulation Status</ItemElementType>\n"
        "  <ItemElementType>Hold Queue Length</ItemElementType>\n"
        "  <ItemElementType>Location</ItemElementType>\n</LookupItem>"
    )


def _look_up_user_1(number: int) -> str:
    return (
        f'<NCIPMessage version="{_BASE_1}/imp1/dtd/ncip_v1_0.dtd"><LookupUser>{_HEADER_1}'
        f"<UniqueUserId>{_AGENCY_1.format('DK-900100')}<UserIdentifierValue>P{number:07}"
        "</UserIdentifierValue></UniqueUserId><UserElementType>"
        f"<Scheme>{_BASE_1}/schemes/userelementtype/userelementtype.scm</Scheme>"
        "<Value>Name Information</Value></UserElementType><LoanedItemsDesired/>"
        "<RequestedItemsDesired/></LookupUser></NCIPMessage>"
    )


QUESTIONS = (
    Question("LookupUser, five loans", b"LoanedItem>", _look_up_user),
    Question("LookupItem", b"CirculationStatus>", _look_up_item, USERS * LOANS),
    Question("LookupUser, five loans, 1.0", b"UserTransaction>", _look_up_user_1),
)


def _stock(url: str) -> None:
    """An item on each record, and users with loans."""
    database = open_database(url)
    library = a_library(database)

    def add(transaction: Transaction) -> None:
        for number, record in enumerate(_all_records(transaction)):
            add_item(
                transaction,
                barcode=f"I{number:07}",
                record_id=record,
                branch_id=library.main.id,
                now=library.now,
            )

    def lend(transaction: Transaction) -> None:
        act = library.act(transaction, library.main)
        for number in range(USERS * LOANS):
            wish = LoanWish(patron=f"P{number // LOANS:07}", item=f"I{number:07}")
            lent = check_out(act, wish)
            assert isinstance(lent, CheckedOut), lent

    library.write(add)
    for user in range(USERS):
        a_patron(library, f"P{user:07}")
    library.write(lend)
    database.close()


def _post(body: bytes) -> bytes:
    return (
        b"POST /ncip HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )


def _answered(waiting: bytearray) -> int:
    """The length of the answer at the beginning, 0 if it is not there yet."""
    head = waiting.find(b"\r\n\r\n")
    if head < 0:
        return 0
    at = waiting.lower().find(b"content-length:", 0, head)
    length = head + 4 + int(waiting[at + 15 : waiting.find(b"\r\n", at)])
    return length if len(waiting) >= length else 0


def _receive(client: socket.socket) -> bytes:
    """One answer."""
    received = bytearray()
    while not _answered(received):
        received += client.recv(65_536)
    return bytes(received)


@dataclass(frozen=True)
class Run:
    """What a run has come to. Times are in seconds, `size` is of an answer in bytes."""

    rate: float
    cpu: float
    p50: float
    p99: float
    size: int


def _connected(server: Serving) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.http))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _wait_until_told(server: Serving) -> None:
    """Waits until the server has worked off what was lent before it began."""
    before = -1.0
    while (now := server.cpu_seconds()) - before > 0.02:
        before = now
        time.sleep(0.5)


def _load(server: Serving, question: Question, connections: int) -> Run:
    requests = [_post(document) for document in question.drawn()]
    times: list[float] = []
    asked: dict[int, float] = {}
    turn = size = 0
    clients = [_connected(server) for _ in range(connections)]
    for number, client in enumerate(clients):
        client.sendall(requests[number % DRAWN])
    for client in clients:
        _receive(client)
    with selectors.DefaultSelector() as selector:
        # Connecting is not measured: connections are kept, and all have been answered once.
        cpu, begun = server.cpu_seconds(), time.perf_counter()
        for number, client in enumerate(clients):
            selector.register(client, selectors.EVENT_READ, bytearray())
            asked[client.fileno()] = time.perf_counter()
            client.sendall(requests[number % DRAWN])
        while (now := time.perf_counter()) < begun + SECONDS:
            for key, _ in selector.select(1.0):
                client = key.fileobj  # type: ignore[assignment]
                key.data.extend(client.recv(262_144))
                if length := _answered(key.data):
                    assert question.expected in key.data, bytes(key.data)
                    del key.data[:length]
                    now = time.perf_counter()
                    times.append(now - asked[client.fileno()])
                    turn, size = turn + 1, length
                    asked[client.fileno()] = now
                    client.sendall(requests[turn % DRAWN])
        wall = now - begun
        cpu = server.cpu_seconds() - cpu
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    times.sort()
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    return Run(len(times) / wall, cpu / len(times), p50, p99, size)


def _tell(server: Serving, question: Question, connections: int) -> None:
    best = max((_load(server, question, connections) for _ in range(RUNS)), key=lambda r: r.rate)
    wanted = "" if best.rate >= WANTED_RATE and best.p99 < WANTED_P99 else "  BELOW WHAT IS WANTED"
    print(
        f"{question.name:28} {connections:3} connections {best.rate:6,.0f}/s"
        f" {1 / best.cpu:6,.0f} a second of CPU {best.cpu * 1e6:5.0f} us"
        f"  p50 {best.p50 * 1e3:5.2f} ms  p99 {best.p99 * 1e3:5.2f} ms {best.size:6} bytes{wanted}",
        flush=True,
    )
    figures = Figures(best.cpu * 1e6, best.rate, best.p50 * 1e3, best.p99 * 1e3)
    note(Row(f"NCIP, {question.name}", connections, figures))


def _shortest(work: Callable[[], object]) -> float:
    """Seconds that `work` takes where nothing comes between: the best of many short runs."""
    return min(timeit.repeat(work, number=10, repeat=300)) / 10


class Process:
    """What a server is without its sockets and its log."""

    def __init__(self, url: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._database = open_database(url)
        self._services = Services(
            self._database,
            Circulation(),
            clock=lambda: datetime.now(UTC),
            call_from_thread=self._calls.put,
            call_later=lambda _, release: self._calls.put(release),
        )
        self._exchange = Exchange(NcipSettings(partners=(PARTNER,)), self._services)

    def ask(self, documents: Sequence[bytes]) -> list[bytes]:
        """All of them at once; gives their answers when the last has come."""
        answers: list[bytes] = []
        for document in documents:
            self._exchange.answer(document, answers.append)
        while len(answers) < len(documents):
            self._calls.get(timeout=20)()
        return answers

    def close(self) -> None:
        self._database.close()
        while not self._calls.empty():
            self._calls.get()()
        self._services.close()


def exchanges(url: str) -> None:
    """What an exchange costs from document to document: CPU of all threads, commits included."""
    process = Process(url)
    for question in QUESTIONS:
        documents = question.drawn()
        process.ask(documents[:AT_ONCE])
        gc.collect()  # as the server does when it has begun
        gc.freeze()
        gc.set_threshold(10_000, 100, 20)
        costs = []
        for begin in range(0, ROUNDS * AT_ONCE, AT_ONCE):
            asked = [documents[number % DRAWN] for number in range(begin, begin + AT_ONCE)]
            before = time.process_time()
            answers = process.ask(asked)
            costs.append((time.process_time() - before) / AT_ONCE * 1e6)
            assert all(question.expected in answer for answer in answers), answers
        quick = statistics.median(sorted(costs)[: ROUNDS // 2])
        print(
            f"{question.name:28} {AT_ONCE:3} at once in process {1e6 / quick:6,.0f} a second of CPU"
            f" {quick:5.0f} us ({statistics.median(costs):.0f} in the median of all rounds)",
            flush=True,
        )
    process.close()


def codec(answer: bytes) -> None:
    """What reading a request and writing its answer cost."""
    question = _look_up_user(1).encode()
    response, dialect = decode_response(answer)
    assert isinstance(response, LookupUserResponse)
    assert type(response) in LAYOUTS
    for name, work in (
        ("decode a LookupUser", lambda: decode(question)),
        ("encode its answer", lambda: encode(response, dialect)),
    ):
        print(f"{name:28} {_shortest(work) * 1e6:6.1f} us")


def _ask(server: Serving, question: Question) -> bytes:
    with socket.create_connection(("127.0.0.1", server.http)) as client:
        client.sendall(_post(question.document(1).encode()))
        return _receive(client).partition(b"\r\n\r\n")[2]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = load_records(folder)
        _stock(url)
        exchanges(url)
        with serving(folder, _CONFIGURATION.format(url=url)) as server:
            codec(_ask(server, QUESTIONS[0]))
            _wait_until_told(server)
            cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
            if len(cores) > 1:
                for task in os.listdir(f"/proc/{server.pid}/task"):  # the log's writer, too
                    os.sched_setaffinity(int(task), {cores[0]})
                os.sched_setaffinity(0, set(cores[1:]))
            for question in QUESTIONS:
                for connections in CONNECTIONS:
                    _tell(server, question, connections)
            if len(cores) > 1:
                os.sched_setaffinity(0, set(cores))


if __name__ == "__main__":
    main()
