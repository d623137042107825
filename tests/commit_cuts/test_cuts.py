"""Cuts during COMMIT on every channel; `python -m tests.commit_cuts` is the whole."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

import psycopg
import pytest

from catalogue.database import Database, OutcomeUnknown, open_database
from protocols.api.handlers import FAILED as API
from protocols.commands.asking.server import Server
from protocols.discovery.front import FAILED as DISCOVERY
from protocols.discovery.front import fault_of
from protocols.fbs.handlers import FAILED as FBS
from protocols.hosting.failures import Failure
from protocols.iso18626.exchange import FAILED as ISO18626
from protocols.ncip.exchange import FAILED as NCIP
from protocols.process.failures import LOOK_FIRST
from protocols.sip2.handlers import FAILED as SIP2
from protocols.z3950.handlers import FAILED as Z3950
from tests.commit_cuts import over_commands
from tests.commit_cuts import over_other_doors as doors
from tests.commit_cuts.campaign import run
from tests.commit_cuts.cutter import CUTS, Cut, Cutter
from tests.commit_cuts.over_http import HttpLine, http, let_in
from tests.conftest import a_postgresql
from tests.crash.callers import Act, Line, NcipLine, Sip2Line, Trace
from tests.crash.checks import traces
from tests.crash.scripts import lines, ncip, sip2
from tests.crash.stage import Stage
from tests.servers import free_ports

_INTERLIBRARY: Final = "SELECT count(*) FROM interlibrary_loans WHERE request_id = %s"


@dataclass
class House:
    """A server behind a cutter, and what its database holds."""

    stage: Stage
    cutter: Cutter
    database: Database
    token: str
    doors: doors.Doors
    clients: dict[str, Client] = field(default_factory=dict)

    def done(self, trace: Trace | None) -> int:
        assert trace is not None
        if trace[0] != "interlibrary":
            return traces(self.database)[trace]

        def number(transaction: Any) -> int:
            return int(transaction.execute(_INTERLIBRARY, (trace[1],)).fetchone()[0])

        return self.database.read(number).result()

    def client(self, channel: str) -> Client:
        """The only one of the channel: it goes on from test to test."""
        if channel not in self.clients:
            self.clients[channel] = Client(*CHANNELS[channel].made(self))
        return self.clients[channel]


class Client:
    """One of each channel, who goes through its script."""

    def __init__(self, line: Line, script: Iterator[Act]) -> None:
        self.line, self._script = line, script

    def ask(self, act: Act) -> bytes | None:
        """The answer; None where the line is closed in place of one."""
        try:
            return self.line.ask(act.request)
        except OSError:
            self.line.close()
            return None

    def do(self, act: Act) -> bool:
        """Whether it is granted; what is repeated until there is an answer."""
        while True:
            answer = self.ask(act)
            if answer is None:
                continue
            if act.is_passing(answer):
                time.sleep(0.05)
                continue
            assert is_granted(act, answer), (act.name, answer)
            return True

    def next_change(self) -> Act:
        """The next act that changes something; those before it are done."""
        for act in self._script:
            if act.trace is not None and act.trace[0] != "replaced":
                return act
            assert self.do(act)
        raise AssertionError


def is_granted(act: Act, answer: bytes) -> bool:
    return act.is_granted(answer) or bool(act.is_granted_again and act.is_granted_again(answer))


class Channel(NamedTuple):
    """How a client of a channel is made, and how many kinds of acts its script has."""

    made: Callable[[House], tuple[Line, Iterator[Act]]]
    acts: int


def _z3950(house: House) -> tuple[Line, Iterator[Act]]:
    return [*lines(house.stage, 1)][2]


CHANNELS: Final[dict[str, Channel]] = {
    "SIP2": Channel(lambda house: (Sip2Line(house.stage.sip2), sip2(0)), 6),
    "SIP2 over HTTP": Channel(
        lambda house: (HttpLine(house.stage.http), doors.sip2_over_http(1)), 6
    ),
    "NCIP": Channel(lambda house: (NcipLine(house.stage.ncip), ncip(0)), 4),
    "NCIP over HTTP": Channel(
        lambda house: (HttpLine(house.stage.http), doors.ncip_over_http(1)), 4
    ),
    "Z39.50": Channel(_z3950, 1),
    "HTTP": Channel(lambda house: (HttpLine(house.stage.http), http(house.token, 0)), 6),
    "desk": Channel(lambda house: (HttpLine(house.stage.http), doors.desk(house.doors)), 3),
    "FBS": Channel(lambda house: (HttpLine(house.stage.http), doors.fbs(house.doors)), 2),
    "PAIA": Channel(lambda house: (HttpLine(house.stage.http), doors.paia(house.doors)), 2),
    "ISO 18626": Channel(
        lambda house: (HttpLine(house.stage.http), doors.iso18626(house.doors)), 1
    ),
    "tiro": Channel(
        lambda house: (over_commands.here(house.stage.folder), over_commands.commands()), 2
    ),
    "tiro --server": Channel(
        lambda house: (
            over_commands.on_server(house.stage.http, house.token),
            over_commands.commands_on_server(),
        ),
        2,
    ),
    "tiro jobs run": Channel(
        lambda house: (
            over_commands.here(house.stage.folder),
            over_commands.a_job(house.cutter.direct),
        ),
        1,
    ),
}
#: Where a person reads the answer, who runs it again after a look: not at once.
_READ_BY_PERSONS: Final = ("tiro", "tiro --server", "tiro jobs run")


#: Over ISO 18626 the sender gets no confirmation, so it sends its message again.
_NO_ANSWER: Final = re.compile(rb"HTTP/1.1 503 [^\r]+\r\n([^\r]+\r\n)+\r\n")


@pytest.fixture(scope="module")
def house(
    postgresql_template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with a_postgresql(postgresql_template) as url, Cutter(url) as cutter:
        stage = Stage.prepared(tmp_path_factory.mktemp("house"), cutter.url, patience=2.0)
        found = doors.furnish(stage, url)
        token = let_in(stage)
        database = open_database(url)
        stage.start()
        try:
            yield House(stage, cutter, database, token, found)
        finally:
            cutter.let_in()
            stage.stop()
            database.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "wait", staticmethod(lambda seconds: None))


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_act_is_answered_as_done_however_its_commit_is_cut(house: House, channel: str) -> None:
    client, slow = house.client(channel), list[bytes | None]()
    for cut in CUTS:
        for number in range(CHANNELS[channel].acts):
            act = client.next_change()
            had = house.done(act.trace)
            order = house.cutter.order(
                cut, 0.05, is_reset=number % 2 == 0, of=doors.mark_of(act.trace)
            )
            answer = client.ask(act)
            house.cutter.withdraw()
            assert order.done.is_set(), (act.name, "no COMMIT was cut")
            if answer is not None and act.is_granted(answer):
                assert house.done(act.trace) == had + 1, (act.name, cut)
                continue
            # On a machine that has much else to do the time may be over: it was not done, or the
            # caller has heard nothing.
            is_refused = answer is not None and not is_open(answer)
            assert not is_refused or house.done(act.trace) == had, (act.name, cut, answer)
            slow.append(answer)
            assert client.do(act)
            assert house.done(act.trace) == had + 1, (act.name, cut)
    assert len(slow) <= CHANNELS[channel].acts, slow


class Stuck:
    """COMMITs of acts are not carried out until `end`: PostgreSQL calls a trigger for them, which
    waits for a lock that is held here."""

    _WAITING: Final = (
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4242"
        " AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    _TABLES: Final = ("events", "payments", "records", "interlibrary_loans")

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def __enter__(self) -> Stuck:
        execute = self._connection.execute
        execute(
            "CREATE OR REPLACE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql"
            " SET lock_timeout = 0 AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock_shared(4242); RETURN NULL; END'"
        )
        for table in self._TABLES:
            execute(f"DROP TRIGGER IF EXISTS waits ON {table}")  # type: ignore[arg-type]
            execute(
                f"CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON {table} DEFERRABLE"  # type: ignore[arg-type]
                " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit()"
            )
        execute("SELECT pg_advisory_lock(4242)")
        return self

    def end(self, *, committed: bool) -> None:
        """Has those that wait carried out, or ended; and waits for it."""
        execute = self._connection.execute
        ended = {pid for (pid,) in execute(self._WAITING)}  # type: ignore[arg-type]
        if not committed:
            execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", ([*ended],))
            self._wait_for(ended)
        # Whoever does it again meanwhile waits as well.
        execute("SELECT pg_advisory_unlock_all()")
        self._wait_for(ended)

    def _wait_for(self, ended: set[int]) -> None:
        while ended & {pid for (pid,) in self._connection.execute(self._WAITING)}:  # type: ignore[arg-type]
            time.sleep(0.01)

    def __exit__(self, *_: object) -> None:
        self._connection.close()


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_not_decided_in_time_is_not_refused(house: House, channel: str) -> None:
    """The connection is cut while the server carries out COMMIT, which takes it longer than the
    caller waits; it then comes to one end or the other."""
    client = house.client(channel)
    for number in range(max(2, CHANNELS[channel].acts)):
        act, is_committed = client.next_change(), number % 2 == 0
        had = house.done(act.trace)
        with Stuck(house.cutter.direct) as commits:
            order = house.cutter.order(Cut.AFTER, 0.05, of=doors.mark_of(act.trace))
            must_be_open(client, act, times=1 if channel in _READ_BY_PERSONS else 2)
            house.cutter.withdraw()
            assert order.done.is_set(), (act.name, "no COMMIT was cut")
            assert house.done(act.trace) == had, act.name
            commits.end(committed=is_committed)
            assert house.done(act.trace) == had + is_committed, act.name
        assert client.do(act), act.name
        assert house.done(act.trace) == had + 1, act.name


@pytest.fixture(scope="module")
def other(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Another process of the same library, which waits for half a second only."""
    folder, ports = tmp_path_factory.mktemp("other"), free_ports(5)
    text = (house.stage.folder / "tiro.toml").read_text()
    for port, its in zip((*house.stage.ports, house.stage.operations), ports, strict=True):
        text = re.sub(rf"\bport = {port}\b", f"port = {its}", text)
    text = text.replace(house.cutter.url, house.cutter.direct)
    (folder / "tiro.toml").write_text(text.replace("patience = 2.0", "patience = 0.5"))
    sip2_port, z3950, http_port, ncip_port, operations = ports
    stage = Stage(folder, house.cutter.direct, (sip2_port, z3950, http_port, ncip_port), operations)
    stage.start()
    yield stage
    stage.stop()


#: What is sent again to another process: acts with a key, each on patrons and items of its own.
_AT_TWO: Final[dict[str, Callable[[House, Stage], tuple[Line, Iterator[Act]]]]] = {
    "SIP2": lambda house, at: (Sip2Line(at.sip2), sip2(2)),
    "NCIP": lambda house, at: (NcipLine(at.ncip), ncip(2)),
    "HTTP": lambda house, at: (HttpLine(at.http), http(house.token, 2)),
}
_AT_ONCE: Final = 16


@pytest.mark.parametrize("channel", _AT_TWO)
def test_another_process_does_it_once_while_the_first_does_not_know(
    house: House, other: Stage, channel: str
) -> None:
    """The same message, sixteen times at once, at a process that knows nothing of the first."""
    first = Client(*_AT_TWO[channel](house, house.stage))
    with ThreadPoolExecutor(_AT_ONCE + 1) as threads:
        for is_committed in (True, False):
            act = first.next_change()
            had = house.done(act.trace)
            heard: SimpleQueue[bytes] = SimpleQueue()

            def ask(stage: Stage, act: Act = act, heard: SimpleQueue[bytes] = heard) -> bytes:
                """The answer that grants it; what was heard before is kept."""
                line, _ = _AT_TWO[channel](house, stage)
                try:
                    while True:
                        try:
                            answer = line.ask(act.request)
                        except OSError:
                            line.close()
                            answer = b""
                        if act.is_granted(answer):
                            return answer
                        heard.put(answer)
                finally:
                    line.close()

            with Stuck(house.cutter.direct) as commits:
                order = house.cutter.order(Cut.AFTER, 0.05, of=doors.mark_of(act.trace))
                answers = [threads.submit(ask, house.stage)]
                assert order.done.wait(60)
                answers += [threads.submit(ask, other) for _ in range(_AT_ONCE)]
                open_ones = [heard.get(timeout=60) for _ in range(2 * _AT_ONCE)]
                assert house.done(act.trace) == had
                commits.end(committed=is_committed)
            found = [_without_head(each.result(60)) for each in answers]
            assert house.done(act.trace) == had + 1, act.name
            assert len({*found}) == 1, found
            for answer in open_ones:
                assert not answer or b"outcome_unknown" in answer, answer
            first.line.close()


def _without_head(answer: bytes) -> bytes:
    """Of HTTP the body: the head has the number of the request."""
    return answer.partition(b"\r\n\r\n")[2] or answer


def test_a_command_asks_a_server_three_times_again_and_then_says_what_is_not_known(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, waits = house.client("tiro --server"), list[float]()
    monkeypatch.setattr(Server, "wait", staticmethod(waits.append))
    act = client.next_change()
    had = house.done(act.trace)
    with Stuck(house.cutter.direct) as commits:
        house.cutter.order(Cut.AFTER, 0.05, of=doors.mark_of(act.trace))
        status, printed, complaint = client.line.ask(act.request).decode().split("\n", 2)
        assert (status, printed) == ("1", "")
        told = json.loads(complaint)
        assert told == {"error": "It is not known whether this was done.", "advice": LOOK_FIRST}
        assert waits == [5.0, 5.0, 5.0]  # as Retry-After says
        commits.end(committed=False)
    assert house.done(act.trace) == had
    assert client.do(act)
    # One that finds out while it waits has its answer.
    act = client.next_change()
    had = house.done(act.trace)
    with Stuck(house.cutter.direct) as commits:
        house.cutter.order(Cut.AFTER, 0.05, of=doors.mark_of(act.trace))
        end = partial(commits.end, committed=True)
        monkeypatch.setattr(Server, "wait", staticmethod(lambda seconds: end()))
        assert act.is_granted(client.line.ask(act.request))
    assert house.done(act.trace) == had + 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_cannot_be_looked_up_is_not_refused(house: House, channel: str) -> None:
    """The database cannot be reached after the cut; the repetition finds it so too."""
    client = house.client(channel)
    act = client.next_change()
    had = house.done(act.trace)
    order = house.cutter.order(Cut.AFTER, 0.05, shut=math.inf, of=doors.mark_of(act.trace))
    try:
        must_be_open(client, act, times=1 if channel in _READ_BY_PERSONS else 2)
        assert order.done.is_set(), (act.name, "no COMMIT was cut")
        assert house.done(act.trace) == had + 1, act.name
    finally:
        house.cutter.withdraw()
        house.cutter.let_in()
    assert client.do(act), act.name
    assert house.done(act.trace) == had + 1, act.name


def must_be_open(client: Client, act: Act, times: int) -> None:
    """The caller hears nothing, or that it is not known; so does who asks again."""
    for _ in range(times):
        answer = client.ask(act)
        # It may have found a connection in spite of all, and what was kept.
        assert answer is None or is_open(answer) or is_granted(act, answer), (act.name, answer)


def is_open(answer: bytes) -> bool:
    """Whether an answer says that it is not known what became of the request."""
    if _NO_ANSWER.fullmatch(answer):
        return True
    return b"outcome_unknown" in answer or LOOK_FIRST.encode() in answer


def test_every_protocol_says_what_is_not_known() -> None:
    for table in (API, DISCOVERY, FBS, ISO18626, NCIP, SIP2, Z3950):
        assert set(table) == set(Failure)
    for fault in (fault_of(OutcomeUnknown(), "request"), FBS[Failure.UNKNOWN]):
        assert fault.fault.value == (503, "outcome_unknown")


def test_nothing_is_refused_and_done_under_load(
    postgresql_template: tuple[str, str], tmp_path: Path
) -> None:
    with a_postgresql(postgresql_template) as url, Cutter(url) as cutter:
        report = run(Stage.prepared(tmp_path, cutter.url, 2.0), cutter, 12, 1, callers=1)
    assert report.is_sound, report.text()
