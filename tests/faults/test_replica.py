"""A replica that answers searches, and one that takes the place of its primary."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from catalogue.database import (
    Database,
    DatabaseUnavailable,
    Following,
    Transaction,
    migrate,
    open_database,
)
from tests.contracts.counters import add_counter, all_counters
from tests.crash.callers import Caller, Heard
from tests.crash.checks import broken_invariants, lost_or_twice, wrong_index
from tests.crash.scripts import lines, sip2
from tests.crash.stage import Stage
from tests.faults.clients import CAN_AGAIN, CANNOT, OFF_LINE, ON_LINE, Clients, clients_of, until
from tests.faults.clusters import Pair, a_pair

PATIENCE = 20.0
LAG = 0.8
NOT_USED, USED_AGAIN = "is not used: ", "answers reads again"


@contextmanager
def _following(pair: Pair, patience: float = PATIENCE) -> Iterator[Database]:
    """A database whose searches go to the standby, and do by now."""
    database = open_database(pair.url, patience, Following(pair.standby.url, LAG))
    try:
        until(lambda: _is_in_use(database))
        yield database
    finally:
        database.close()


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with a_pair(synchronous=False) as pair:
        migrate(pair.url)
        yield pair


@pytest.fixture
def database(pair: Pair) -> Iterator[Database]:
    with _following(pair) as database:
        yield database


def _is_in_use(database: Database) -> bool:
    assert database.replica is not None
    return database.replica.is_in_use


def _answered(database: Database) -> int:
    assert database.replica is not None
    return database.replica.answered


def _instead(database: Database) -> dict[str, int]:
    assert database.replica is not None
    return dict(database.replica.instead)


def _is_on_replica(transaction: Transaction) -> bool:
    return bool(transaction.execute("SELECT pg_is_in_recovery()", ()).fetchone()[0])


def _where(database: Database) -> str:
    is_there = database.read(_is_on_replica, may_lag=True).result(PATIENCE)
    return "replica" if is_there else "primary"


def _seen(database: Database) -> set[str]:
    return {digest for (digest,) in database.read(all_counters, may_lag=True).result(PATIENCE)}


def _lines(caplog: pytest.LogCaptureFixture, text: str) -> int:
    """Count the lines with a text, those of the fixtures too: a busy machine may be behind there,
    and the log is told of it once a minute."""
    records = [*caplog.get_records("setup"), *caplog.records]
    return sum(text in record.getMessage() for record in records)


# Reads


def test_reads_that_may_lag_are_the_replicas_and_all_others_the_primarys(
    database: Database,
) -> None:
    for wide in (False, True):
        assert database.read(_is_on_replica, wide=wide, may_lag=True).result(PATIENCE)
        assert not database.read(_is_on_replica, wide=wide).result(PATIENCE)
    assert not database.write(_is_on_replica).result(PATIENCE)


def test_each_sees_every_write_that_was_answered_before_it(database: Database) -> None:
    """Wherever it is answered; that the replica replays meanwhile is a matter of a millisecond."""
    reads = 200
    for number in range(reads):
        database.write(add_counter(f"own-{number}")).result(PATIENCE)
        assert f"own-{number}" in _seen(database)
    answered, instead = _answered(database), sum(_instead(database).values())
    print(f"\n{answered} of {reads} reads after a write were the replica's")
    assert answered + instead == reads
    assert answered > 0


def test_they_do_in_many_threads(database: Database) -> None:
    missed: list[str] = []

    def write_and_look(thread: int) -> None:
        for number in range(25):
            name = f"thread-{thread}-{number}"
            database.write(add_counter(name)).result(PATIENCE)
            if name not in _seen(database):
                missed.append(name)

    threads = [threading.Thread(target=write_and_look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []


@contextmanager
def _replaying_nothing(pair: Pair) -> Iterator[None]:
    pair.standby.ask("SELECT pg_wal_replay_pause()")
    until(lambda: pair.standby.ask("SELECT pg_get_wal_replay_pause_state()") == "paused")
    try:
        yield
    finally:
        pair.standby.ask("SELECT pg_wal_replay_resume()")


def test_a_replica_that_lags_is_not_used(
    pair: Pair, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with _replaying_nothing(pair):
        assert _where(database) == "replica"  # nothing has happened that it does not know
        database.write(add_counter("own")).result(PATIENCE)
        assert "own" in _seen(database)  # at once, though it has not lagged for long
        assert _instead(database) == {"behind": 1}
        until(lambda: not _is_in_use(database))
        assert _where(database) == "primary"
        assert "own" in _seen(database)
        until(lambda: database.replica.lag_seconds > LAG)  # type: ignore[union-attr, operator]
        assert _lines(caplog, f"{NOT_USED}it is more than {LAG:g} s behind") == 1
    until(lambda: _is_in_use(database))
    assert _where(database) == "replica"
    assert "own" in _seen(database)
    assert _lines(caplog, USED_AGAIN) == 1


def test_writes_of_others_are_seen_within_the_lag(pair: Pair, database: Database) -> None:
    with _replaying_nothing(pair):
        with psycopg.connect(pair.primary.url) as other:
            other.execute(
                "INSERT INTO loads (digest, name, position, rejected, started)"
                " VALUES ('others', 'counter', 0, 0, now())"
            )
        answered = time.monotonic()
        asked = time.monotonic()
        while "others" not in _seen(database):
            assert asked - answered < LAG
            time.sleep(0.01)
            asked = time.monotonic()
        print(f"\nseen {asked - answered:.2f} s after it was answered")
    until(lambda: _is_in_use(database))


def test_what_a_search_has_seen_the_next_one_sees(pair: Pair, database: Database) -> None:
    """Even where the primary answered the first, and the replica the second."""
    with _replaying_nothing(pair):
        database.write(add_counter("mine")).result(PATIENCE)
        with psycopg.connect(pair.primary.url) as other:
            other.execute(
                "INSERT INTO loads (digest, name, position, rejected, started)"
                " VALUES ('theirs', 'counter', 0, 0, now())"
            )
        assert "theirs" in _seen(database)  # for the sake of mine
    for _ in range(200):
        assert "theirs" in _seen(database)
    until(lambda: _is_in_use(database))


def test_a_read_that_fails_on_the_replica_alone_is_the_primarys(database: Database) -> None:
    """As one does whose rows had to be cleared away for replaying to go on."""

    def divides(transaction: Transaction) -> int:
        text = "SELECT 6 / (1 - pg_is_in_recovery()::int)"
        return int(transaction.execute(text, ()).fetchone()[0])

    assert database.read(divides, may_lag=True).result(PATIENCE) == 6
    assert _instead(database) == {"failed": 1}
    assert _where(database) == "replica"


def test_a_read_that_fails_of_itself_fails(database: Database) -> None:
    def fails(transaction: Transaction) -> None:
        raise LookupError("nothing of the kind")

    with pytest.raises(LookupError, match="of the kind"):
        database.read(fails, may_lag=True).result(PATIENCE)
    assert _where(database) == "replica"


def _once_more(act: Callable[[], object], seconds: float, database: Database) -> float:
    """Reads all the time until the act is done and the replica not used; gives the longest."""
    longest, end = 0.0, time.monotonic() + seconds
    acting = threading.Thread(target=act)
    acting.start()
    while acting.is_alive() or _is_in_use(database):
        assert time.monotonic() < end
        began = time.monotonic()
        _seen(database)
        longest = max(longest, time.monotonic() - began)
    acting.join()
    return longest


def test_a_replica_that_stops_is_not_missed(
    pair: Pair, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    longest = _once_more(lambda: pair.standby.stop("immediate"), 20, database)
    print(f"\nthe longest read took {longest:.2f} s")
    assert longest < 3
    assert _where(database) == "primary"
    assert _lines(caplog, NOT_USED) == 1
    pair.standby.start()
    until(lambda: _is_in_use(database))
    until(lambda: _where(database) == "replica")  # each thread has lost its connection
    assert _lines(caplog, USED_AGAIN) == 1
    assert database.trouble() is None


def test_nor_is_one_that_hangs(pair: Pair, database: Database) -> None:
    """It keeps its connections and says nothing: reads under way are the primary's then."""
    assert _where(database) == "replica"
    try:
        longest = _once_more(pair.standby.pause, 20, database)
    finally:
        pair.standby.go_on()
    print(f"\nthe longest read took {longest:.2f} s")
    assert longest < 4
    until(lambda: _is_in_use(database))
    until(lambda: _where(database) == "replica")


def test_searches_go_on_without_a_primary_until_the_lag_has_passed(pair: Pair) -> None:
    lag = 4.0
    database = open_database(pair.url, 1.0, Following(pair.standby.url, lag))
    try:
        until(lambda: _is_in_use(database))
        pair.primary.stop("immediate")
        ended = time.monotonic()
        try:
            while time.monotonic() < ended + lag / 2:
                assert _where(database) == "replica"
                time.sleep(0.05)
            with pytest.raises(DatabaseUnavailable):
                database.read(_is_on_replica).result(PATIENCE)
            until(lambda: not _is_in_use(database), lag)
            with pytest.raises(DatabaseUnavailable):
                _where(database)
            assert _instead(database) == {"unknown": 1}
        finally:
            pair.primary.start()
        until(lambda: _is_in_use(database))
        assert _where(database) == "replica"
    finally:
        database.close()


def test_a_database_opens_and_closes_without_its_replica(pair: Pair) -> None:
    nowhere = Following("postgresql://tiro@127.0.0.1:1/postgres", LAG)
    database = open_database(pair.url, PATIENCE, nowhere)
    assert _where(database) == "primary"
    assert sum(_instead(database).values()) == 1
    began = time.monotonic()
    database.close()
    assert time.monotonic() - began < 5


# Commits that wait for the replica


def _metric(clients: Clients, name: str, **labels: str) -> float:
    _, text = clients.http("/metrics", clients.stage.operations)
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    )


def test_a_commit_that_the_replica_does_not_answer_is_left_open_and_then_all_are_refused(
    tmp_path: Path,
) -> None:
    with a_pair() as pair:
        migrate(pair.url)
        stage = Stage.prepared(tmp_path, pair.url, 1.0, replica=pair.standby.url)
        with clients_of(stage) as clients:
            until(lambda: _metric(clients, "tiro_replica_in_use") == 1)
            clients.finds_a_book()
            assert _metric(clients, "tiro_replica_reads_total") > 1
            assert _metric(clients, "tiro_replica_lag_seconds") < 1
            pair.standby.stop("immediate")
            # What meets it first is not answered: nobody can tell whether it will be kept.
            with suppress(ConnectionError):  # work of the server may have met it before
                clients.refuses(clients.lends_by_sip2, clients.sip2)
            clients.sip2.close()
            for other in (1, 2, 3):
                begun = time.monotonic()
                assert clients.refuses(next(sip2(other)), clients.sip2).startswith(b"120")
                assert clients.status().startswith(OFF_LINE)
                assert time.monotonic() - begun < 5
            assert clients.told(CANNOT) == 1
            clients.finds_a_book()
            assert _metric(clients, "tiro_replica_in_use") == 0
            assert _metric(clients, "tiro_replica_reads_at_primary_total", reason="gone") > 0
            pair.standby.start()
            until(lambda: clients.told(CAN_AGAIN) == 1)
            until(lambda: clients.status().startswith(ON_LINE))
            # What nobody could tell has happened after all, and the same bytes are told so.
            answer = clients.sip2.ask(clients.lends_by_sip2.request)
            assert clients.lends_by_sip2.is_granted(answer), answer
        database = open_database(pair.url)
        try:
            assert broken_invariants(database) == []
        finally:
            database.close()


def test_a_commit_whose_wait_was_given_up_is_not_acknowledged() -> None:
    """The server takes it, with a warning that a failover may lose it."""
    with a_pair() as pair:
        migrate(pair.url)
        database = open_database(pair.url, PATIENCE)
        try:
            pair.standby.stop("immediate")
            writing = database.write(add_counter("doubtful"))
            waits = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type LIKE 'cl%'"
            until(lambda: pair.primary.ask(f"SELECT count(*) {waits}") == 1)
            assert not writing.done()
            pair.primary.ask(f"SELECT pg_cancel_backend(pid) {waits}")
            with pytest.raises(DatabaseUnavailable, match="given up"):
                writing.result(PATIENCE)
            assert "doubtful" in _seen(database)
        finally:
            database.close()


# Failover


def test_work_moves_from_a_primary_that_takes_no_more_changes_to_the_one_that_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A planned change of places: no connection breaks, and nothing is refused."""
    with a_pair(synchronous=False) as pair:
        migrate(pair.url)
        database = open_database(pair.url, PATIENCE)
        try:
            database.write(add_counter("before")).result(PATIENCE)
            pair.primary.set("default_transaction_read_only", "on")
            until(lambda: pair.primary.ask("SHOW default_transaction_read_only") == "on")
            pair.standby.promote()
            database.write(add_counter("after")).result(PATIENCE)
            names = "SELECT string_agg(digest, ' ' ORDER BY digest) FROM loads"
            assert pair.standby.ask(names) == "after before"
            assert pair.primary.ask(names) == "before"
            assert _lines(caplog, CANNOT) == 0
        finally:
            database.close()


def test_a_failover_that_takes_longer_than_the_patience(tmp_path: Path) -> None:
    """Terminals are told that they are off line, and are served again by themselves."""
    with a_pair() as pair:
        migrate(pair.url)
        stage = Stage.prepared(tmp_path, pair.url, 1.0, replica=pair.standby.url)
        with clients_of(stage) as clients:
            pair.primary.kill()
            for _ in range(3):
                begun = time.monotonic()
                clients.is_refused_for_now()
                assert time.monotonic() - begun < 20
            pair.standby.promote()
            until(lambda: clients.told(CAN_AGAIN) == 1)
            assert clients.status().startswith(ON_LINE)
            clients.is_served()
            clients.log_tells_once()


_ENDS: dict[str, Callable[[Pair], None]] = {
    "killed": lambda pair: pair.primary.kill(),
    "stopped at once": lambda pair: pair.primary.stop("immediate"),
    "stopped in order": lambda pair: pair.primary.stop("fast"),
}


@pytest.mark.parametrize("how", list(_ENDS))
def test_a_failover(tmp_path: Path, how: str) -> None:
    """Load over all three protocols: what was acknowledged is there, once, and all go on."""
    with a_pair() as pair:
        migrate(pair.url)
        stage = Stage.prepared(tmp_path, pair.url, replica=pair.standby.url)
        stage.start()
        heard = Heard()
        crew = [Caller(line, script, heard) for line, script in lines(stage, 2)]
        for caller in crew:
            caller.start()
        try:
            until(lambda: _granted(heard) > 150, 60)
            _ENDS[how](pair)
            ended, before = time.monotonic(), _granted(heard)
            time.sleep(0.7)  # whoever watches over the two needs a moment
            pair.standby.promote()
            promoted = time.monotonic()
            until(lambda: _granted(heard) > before + len(crew), 60)
            recovered = time.monotonic()
            until(lambda: _granted(heard) > before + 150, 60)
        finally:
            for caller in crew:
                caller.end()
            for caller in crew:
                caller.join(60)
            assert stage.stop() == 0
        assert not any(caller.is_alive() for caller in crew)  # nobody is left hanging
        print(
            f"\n{how}: {_granted(heard)} requests acknowledged, {sum(heard.retries.values())} asked"
            f" again, {heard.refused_for_now} times told: not for now; answers again"
            f" {recovered - ended:.1f} s after the end, {recovered - promoted:.1f} s after the"
            " promotion"
        )
        assert heard.violations == []
        assert recovered - promoted < 10
        _is_sound(pair, heard, stage)


def _granted(heard: Heard) -> int:
    return sum(heard.granted.copy().values())


def _is_sound(pair: Pair, heard: Heard, stage: Stage) -> None:
    database = open_database(pair.url)
    try:
        assert database.read(_is_on_replica).result(PATIENCE) is False
        assert lost_or_twice(heard.traces, database) == []
        assert broken_invariants(database) == []
        assert wrong_index(database) == []
    finally:
        database.close()
    log = stage.log.read_text()
    assert "Traceback" not in log, log
    assert log.count(CANNOT) <= 1, log
    assert log.count(NOT_USED) <= 1, log


@pytest.fixture(autouse=True)
def _all_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "catalogue")
