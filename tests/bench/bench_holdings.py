"""Holdings told to a web hook by a real server that is killed, while items change without pause and
the hook has bad days.

`python -m tests.bench holdings` makes a library, runs `tiro serve` on it, and has items lent and
handed in over SIP2, TIRO_BENCH_HOLDINGS of them (1,000,000 by default), on SQLite and, where
TIRO_TEST_POSTGRESQL names one, on PostgreSQL (TIRO_BENCH_DATABASE says which, if only one is
wanted). Meanwhile the hook is down, slow, or breaks off when it has kept what it was told, and the
server is killed as by kill -9 and started anew. In the end the hook must have what there is. What
is printed: changes a second, kills, records told, the most memory of a server, and rows left over.
"""

from __future__ import annotations

import os
import random
import select
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import tests.servers as servers
from catalogue.changes.accession import ItemDefaults, Origin, next_record_id, prepare, store
from catalogue.database import Database, Transaction, migrate, open_database
from circulation.holdings.following import is_waiting
from circulation.holdings.progress import waiting_for
from circulation.holdings.rows import all_sinks
from circulation.holdings.states import held
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from protocols.demo.configuration import demo_configuration
from tests.bench.bench_oai import _databases
from tests.builders.catalogue import a_record
from tests.builders.circulation import a_library, a_patron
from tests.protocols.holdings.well import Hook, Key, running

CHANGES: Final = int(os.environ.get("TIRO_BENCH_HOLDINGS", "1000000"))
#: Seconds after which it ends with fewer changes.
SECONDS: Final = float(os.environ.get("TIRO_BENCH_SECONDS", "inf"))
ONLY: Final = os.environ.get("TIRO_BENCH_DATABASE", "")
#: Of each terminal so many items, each of a record of its own.
TERMINALS, ITEMS = 16, min(500, max(20, CHANGES // 400))
#: Changes between two kills, at least and at most: some thirty in all.
KILLS = (CHANGES // 50, CHANGES // 15)
#: Seconds in which everything must have been told in the end.
PATIENCE = 900.0
_AT = "20261125    120000"
_SINK = (
    '\n[holdings.sinks.hook]\ndriver = "webhook"\nurl = "{url}"\nsecret = "{secret}"\ntimeout = 5\n'
)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, _databases(Path(name)) as urls:
        for url in urls:
            if url.startswith(ONLY):
                with running(Hook()) as hook:
                    assert isinstance(hook, Hook)
                    _measure(url, hook, Path(name))


def _measure(url: str, hook: Hook, folder: Path) -> None:
    migrate(url)
    _furnish(url)
    served = _Served(url, folder, hook)
    served.start()
    is_over = threading.Event()
    spoiling = threading.Thread(target=_spoil, args=(hook, is_over))
    began = time.perf_counter()
    spoiling.start()
    made = _change(served)
    seconds = time.perf_counter() - began
    is_over.set()
    spoiling.join()
    hook.is_down = hook.breaks_off = False
    hook.seconds = 0.0
    database = open_database(url)
    late = _wait_until_told(database)
    served.stop()
    assert hook.held() == _wanted(database), "what it has is not what there is"
    told = sum(each.told for each in database.read(all_sinks).result())
    left = _count(database, "outbox WHERE follower = 'holdings'"), _count(database, "change_notes")
    print(
        f"{url.partition(':')[0]:<12} {made:,} changes in {seconds:,.0f} s;"
        f" {served.kills} kills; {told:,} records told in {hook.requests:,} calls; the same in the"
        f" end, {late:.0f} s after the last change; {served.memory:.0f} MiB at most;"
        f" {left} rows of outbox and notes left",
        flush=True,
    )
    database.close()


def _furnish(url: str) -> None:
    """A library whose items terminals lend and take back, each those of its own."""
    database = open_database(url)
    library = a_library(database, max_loans=10_000)
    for number in range(TERMINALS):
        a_patron(library, f"P{number}")
        items = ItemDefaults(library.main.id, f"I{number:03}", 0, 5, "book")
        data = [
            a_record(f"Title {each}", control_number=f"{50_000_000 + number * 10_000 + each}")
            for each in range(ITEMS)
        ]

        def work(
            transaction: Transaction, data: list[bytes] = data, items: ItemDefaults = items
        ) -> None:
            made, columns = prepare(next_record_id(transaction), data, "marc21")
            placed = [each._replace(position=place) for place, each in enumerate(made, 1)]
            store(transaction, placed, columns, Origin(library.now, None, None, items))

        library.write(work)
    database.close()


@dataclass
class _Served:
    """The server, which is killed every now and then; `memory` is the most that any has held."""

    url: str
    folder: Path
    hook: Hook
    kills: int = 0
    memory: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(20261130))
    _server: servers.RunningServer | None = None
    _until: int = 0

    def start(self, made: int = 0) -> None:
        ports = sip2, z3950, http, ncip = servers.free_ports(4)
        text = demo_configuration(sip2=sip2, z3950=z3950, http=http, ncip=ncip, operations=0)
        text = text.replace("sqlite:///tiro.sqlite", self.url)
        address = f"http://127.0.0.1:{self.hook.port}/"
        config = self.folder / "tiro.toml"
        sink = _SINK.format(url=address, secret="x" * 16)
        config.write_text(text + sink + servers.LOOPBACK_ALLOWED)
        arguments = ("--config", str(config), "serve")
        self._server = servers.launch(self.folder, arguments, ports, 300.0)
        self._until = made + self.chance.randint(*KILLS)

    def terminals(self) -> list[socket.socket]:
        assert self._server is not None
        found = []
        for _ in range(TERMINALS):
            connection = socket.create_connection(("127.0.0.1", self._server.sip2), 30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(b"9300CNkiosk|COkiosk|\r")
            assert connection.recv(100) == b"941\r"
            found.append(connection)
        return found

    def is_enough(self, made: int, end: float) -> bool:
        """Not while it is dead: in the end a server tells the rest."""
        is_over = made >= CHANGES or time.monotonic() > end
        return is_over and self._server is not None and self._server.process.poll() is None

    def is_to_die(self, made: int) -> bool:
        return made > self._until

    def kill(self) -> None:
        assert self._server is not None
        self._look()
        self._server.kill()
        self.kills += 1

    def stop(self) -> None:
        assert self._server is not None
        self._look()
        self._server.stop()

    def _look(self) -> None:
        assert self._server is not None
        status = Path(f"/proc/{self._server.process.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
        self.memory = max(self.memory, int(line.split()[1]) / 1024)


def _messages(number: int) -> Iterator[bytes]:
    """What a terminal sends: it lends an item, and takes another back."""
    chance = random.Random(number)
    branch = "AODK-900100|"
    while True:
        item = f"I{number:03}{chance.randrange(1, ITEMS + 1) - 1:05}"
        if chance.random() < 0.5:
            yield f"11NN{_AT}{_AT}{branch}AAP{number}|AB{item}|AC|BON|\r".encode()
        else:
            yield f"09N{_AT}{_AT}APDK-900101|{branch}AB{item}|AC|\r".encode()


def _change(served: _Served) -> int:
    """Has items changed, and the server killed while they are; gives how many changes were
    answered. A renewal, and a check-in of what is in, are changes as well."""
    scripts = [_messages(number) for number in range(TERMINALS)]
    made, end = 0, time.monotonic() + SECONDS
    while not served.is_enough(made, end):
        terminals = dict(enumerate(served.terminals()))
        made = _work(served, terminals, scripts, made, end)
        for each in terminals.values():
            each.close()
        if not served.is_enough(made, end):
            served.start(made)
    return made


def _work(
    served: _Served,
    terminals: dict[int, socket.socket],
    scripts: list[Iterator[bytes]],
    made: int,
    end: float,
) -> int:
    poll = select.epoll()
    numbers = {}
    for number, connection in terminals.items():
        numbers[connection.fileno()] = number
        poll.register(connection.fileno(), select.EPOLLIN)
        connection.sendall(next(scripts[number]))
    with suppress(OSError, EOFError):
        while not served.is_enough(made, end):
            for place, _ in poll.poll(30):
                number = numbers[place]
                answer = terminals[number].recv(4096)
                if not answer:
                    raise EOFError
                made += answer.startswith((b"121", b"101"))
                terminals[number].sendall(next(scripts[number]))
            if served.is_to_die(made) and not served.is_enough(made, end):
                print(f"  {made:,} changes", flush=True)
                served.kill()
    poll.close()
    return made


def _wait_until_told(database: Database) -> float:
    """The seconds until the server has told everything."""
    began = time.monotonic()

    def look(transaction: Transaction) -> bool:
        sinks = all_sinks(transaction)
        behind = any(any(waiting_for(transaction, each)) for each in sinks)
        return not behind and not is_waiting(transaction)

    while not database.read(look).result():
        assert time.monotonic() - began < PATIENCE, "it is not told"
        time.sleep(0.5)
    time.sleep(2.0)
    return time.monotonic() - began - 2.0


def _wanted(database: Database) -> dict[Key, dict[str, str]]:
    """What the hook should have: what there is."""

    def work(transaction: Transaction) -> dict[Key, dict[str, str]]:
        act = Act(transaction, Circulation(), UNATTENDED, datetime.now(UTC))
        ids = [row[0] for row in transaction.execute("SELECT id FROM records", ()).fetchall()]
        found: dict[Key, dict[str, str]] = {}
        for start in range(0, len(ids), 500):
            for its in held(act, dict.fromkeys(ids[start : start + 500], 0)).values():
                key = its.agency.rpartition("-")[2], its.known_as
                found[key] = {item.barcode: item.state.value for item in its.items}
        return found

    return database.read(work, wide=True).result()


def _spoil(hook: Hook, over: threading.Event) -> None:
    chance = random.Random(7)
    while not over.wait(0.5):
        day = chance.choice(["well", "down", "slow", "breaks off", "well"])
        hook.is_down, hook.breaks_off = day == "down", day == "breaks off"
        hook.seconds = 0.2 if day == "slow" else 0.0


def _count(database: Database, table: str) -> int:
    row = database.read(
        lambda transaction: transaction.execute(f"SELECT count(*) FROM {table}", ()).fetchone()
    ).result()
    return int(row[0])
