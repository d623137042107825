"""PostgreSQL behind pgbouncer, which gives each transaction another session."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from catalogue.database import (
    Database,
    DatabaseInUse,
    DatabasePooled,
    DatabaseUnavailable,
    Transaction,
    migrate,
    nobody_else,
    open_database,
)
from catalogue.database.backups import back_up
from protocols.commands.command_line import tiro
from tests.contracts.counters import add_counter, all_counters
from tests.crash.callers import Caller, Heard
from tests.crash.checks import broken_invariants, lost_or_twice, wrong_index
from tests.crash.scripts import lines
from tests.crash.stage import Stage
from tests.faults.clients import CAN_AGAIN, CANNOT, until
from tests.faults.clusters import Cluster, a_cluster, a_pair
from tests.faults.poolers import Pooler, a_pooler
from tests.servers import run_tiro

PATIENCE = 20.0
HERE = "host-a process 4711 serves it"
#: The settings of pgbouncer.ini that are not those of the page.
SINGLE = {"pool_mode = transaction": "pool_mode = statement"}
WHOLE = {"pool_mode = transaction": "pool_mode = session"}
NAMELESS = {"max_prepared_statements = 500": "max_prepared_statements = 0"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with a_cluster() as cluster:
        migrate(cluster.url)
        yield cluster


@contextmanager
def _served(cluster: Cluster, pooler: Pooler, patience: float = PATIENCE) -> Iterator[Database]:
    with closing(
        open_database(pooler.url, patience, served_by=HERE, direct=cluster.url)
    ) as database:
        yield database


def _advisory_locks(cluster: Cluster) -> int:
    return int(cluster.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))


@pytest.mark.parametrize("instead", [{}, NAMELESS, WHOLE])
def test_transactions_are_done_and_leave_no_session_as_it_was_not(
    cluster: Cluster, instead: dict[str, str]
) -> None:
    one_session = {"default_pool_size = 20": "default_pool_size = 1"}
    with a_pooler(cluster.port, {} if instead == WHOLE else one_session | instead) as pooler:
        with _served(cluster, pooler) as first, _served(cluster, pooler) as second:
            for number in range(20):
                for name, database in (("first", first), ("second", second)):
                    database.write(add_counter(f"{instead} {name} {number}")).result(PATIENCE)
                    database.read(all_counters).result(PATIENCE)
            names = {str(digest) for (digest,) in first.read(all_counters).result(PATIENCE)}
            assert {f"{instead} second {number}" for number in range(20)} <= names
            assert _advisory_locks(cluster) == 2
        with closing(open_database(pooler.url, PATIENCE)) as database:
            held = database.read(
                lambda transaction: transaction.execute(
                    "SELECT current_setting('lock_timeout'), current_setting('jit'),"
                    " current_setting('search_path')",
                    (),
                ).fetchone()
            ).result(PATIENCE)
        assert held == ("0", "on", '"$user", public')
    until(lambda: _advisory_locks(cluster) == 0)


def test_a_column_that_changes_its_type_is_read_through_the_pool(cluster: Cluster) -> None:
    """The pool keeps the statement prepared for new connections as well."""

    def read(transaction: Transaction) -> list[tuple[object, ...]]:
        return transaction.execute("SELECT * FROM amounts", ()).fetchall()

    with (
        a_pooler(cluster.port) as pooler,
        _served(cluster, pooler) as database,
        psycopg.connect(cluster.url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE amounts AS SELECT 1::integer AS number")
        for _ in range(5):
            assert database.read(read).result() == [(1,)]
        connection.execute("ALTER TABLE amounts ALTER number TYPE varchar USING 'one'")
        for _ in range(5):
            assert database.read(read).result() == [("one",)]


def test_a_lock_is_waited_for_as_long_as_patience_goes(cluster: Cluster) -> None:
    with a_pooler(cluster.port) as pooler, _served(cluster, pooler, 1.0) as database:
        database.write(add_counter("before")).result(PATIENCE)
        with psycopg.connect(cluster.url) as other:
            other.execute("LOCK TABLE loads IN EXCLUSIVE MODE")
            begun = time.monotonic()
            with pytest.raises(DatabaseUnavailable, match="lock timeout"):
                database.write(add_counter("meanwhile")).result(PATIENCE)
            assert time.monotonic() - begun < 10
        database.write(add_counter("afterwards")).result(PATIENCE)


def test_nothing_is_replaced_while_a_server_has_it_or_before_it_is_done(
    cluster: Cluster, tmp_path: Path
) -> None:
    with a_pooler(cluster.port) as pooler:
        with _served(cluster, pooler) as database:
            database.read(all_counters).result(PATIENCE)
            with pytest.raises(DatabaseInUse, match=HERE), nobody_else(cluster.url, "import"):
                pass
            # Where the session broke and another is not had yet, each transaction still counts.
            cluster.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE application_name = '{HERE}'"
            )
            until(lambda: _advisory_locks(cluster) == 1)
        until(lambda: _advisory_locks(cluster) == 0)
        with (
            nobody_else(cluster.url, "import"),
            pytest.raises(Exception, match="is being read into it"),
        ):
            open_database(pooler.url, served_by=HERE, direct=cluster.url)
        for what in (
            lambda: back_up(pooler.url, tmp_path / "backup"),
            lambda: nobody_else(pooler.url, "import").__enter__(),
            lambda: open_database(pooler.url, served_by=HERE),
        ):
            with pytest.raises(DatabasePooled, match=r"\[database\] direct"):
                what()


def test_commands_that_need_a_session_ask_the_server_itself(
    cluster: Cluster, tmp_path: Path
) -> None:
    """And the others the pool: a backup, an archive, and both read into another database."""
    copy, archive = str(tmp_path / "copy"), str(tmp_path / "archive")
    cluster.ask("CREATE DATABASE moved")
    with a_pooler(cluster.port) as old, a_pooler(cluster.port, database="moved") as new:
        for name, pooler in (("old", old), ("new", new)):
            direct = cluster.url if name == "old" else cluster.url.replace("/postgres", "/moved")
            text = f'[database]\nurl = "{pooler.url}"\ndirect = "{direct}"\n'
            (tmp_path / f"{name}.toml").write_text(text)
            (tmp_path / f"{name}.toml").chmod(0o600)
        for name, *arguments in (
            ("old", "backup", copy),
            ("old", "export", archive),
            ("new", "import", "--create", archive, "--told"),
            ("new", "restore", copy, "--replace"),
            ("new", "reindex"),
        ):
            done = run_tiro(tmp_path / f"{name}.toml", *arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        with closing(open_database(new.url)) as database:
            database.write(add_counter("after the move")).result(PATIENCE)


def test_what_is_wrong_with_a_pool_is_said(cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "tiro.toml"

    def check(url: str, direct: str | None) -> list[str]:
        named = "" if direct is None else f'direct = "{direct}"\n'
        path.write_text(f'[database]\nurl = "{url}"\n{named}')
        path.chmod(0o640)
        done = CliRunner().invoke(tiro, ["--config", str(path), "check", "--running", "--json"])
        found = [f"{each['severity']}: {each['text']}" for each in json.loads(done.stdout)]
        return [each for each in found if "[database]" in each]

    assert check(cluster.url, None) == []
    with a_pooler(cluster.port) as pooler:
        compiles = "warning: [database] PostgreSQL compiles the plans of searches"
        assert [each[: len(compiles)] for each in check(pooler.url, cluster.url)] == [compiles]
        (without,) = check(pooler.url, None)
        assert without.startswith("error: [database] url: ")
        assert "name the server itself in [database] direct" in without
        itself = check(pooler.url, pooler.url)
        assert itself[0].startswith("error: [database] direct: ")
        (gone, _) = check(pooler.url, "postgresql://tiro@127.0.0.1:1/postgres")
        assert gone.startswith("error: [database] direct: ")
        (other, _) = check(pooler.url, cluster.url.replace("/postgres", "/template1"))
        assert other == "error: [database] direct holds another database than url"
    with a_pooler(cluster.port, SINGLE) as pooler:
        (single,) = check(pooler.url, cluster.url)
        assert "set pool_mode = transaction" in single
        with pytest.raises(DatabasePooled, match="pool_mode = transaction"):
            open_database(pooler.url, served_by=HERE, direct=cluster.url)
    with a_pooler(cluster.port, NAMELESS) as pooler:
        assert any("max_prepared_statements" in each for each in check(pooler.url, cluster.url))


def test_a_pool_that_gives_no_session_is_an_outage(cluster: Cluster) -> None:
    """Work is refused when it has waited as long as it may, and is done again by itself."""
    with a_pooler(cluster.port) as pooler, _served(cluster, pooler, 1.0) as database:
        database.write(add_counter("before the pause")).result(PATIENCE)
        pooler.tell("PAUSE")
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            database.write(add_counter("in the pause")).result(PATIENCE)
        with pytest.raises(DatabaseUnavailable):
            database.read(all_counters).result(PATIENCE)
        assert time.monotonic() - begun < 12
        pooler.tell("RESUME")
        until(lambda: database.trouble() is None)
        database.write(add_counter("after the pause")).result(PATIENCE)
        names = {digest for (digest,) in database.read(all_counters).result(PATIENCE)}
        assert "after the pause" in names
        assert "in the pause" not in names


# Two servers, as if on two hosts


def _paused(pooler: Pooler) -> None:
    pooler.tell("PAUSE")
    time.sleep(1.0)
    pooler.tell("RESUME")


def _restarted(how: signal.Signals) -> Callable[[Pooler], None]:
    def restart(pooler: Pooler) -> None:
        pooler.end(how)
        time.sleep(0.3)
        pooler.start()

    return restart


_TROUBLES: dict[str, Callable[[Pooler], None]] = {
    "paused": _paused,
    "killed": _restarted(signal.SIGKILL),
    "stopped": _restarted(signal.SIGINT),
    "sessions renewed": lambda pooler: pooler.tell("RECONNECT"),
    "sessions killed": lambda pooler: (pooler.tell("KILL tiro"), pooler.tell("RESUME tiro"))[0],
}


@pytest.mark.parametrize("trouble", list(_TROUBLES))
def test_what_two_servers_acknowledged_is_there_once(tmp_path: Path, trouble: str) -> None:
    with a_cluster() as cluster, a_pooler(cluster.port) as pooler:
        heard = _under_load(
            tmp_path, cluster.url, pooler, lambda: _TROUBLES[trouble](pooler), trouble
        )
        _is_sound(cluster.url, heard)


@pytest.mark.parametrize("how", ["killed", "stopped in order"])
def test_a_failover_behind_the_pool(tmp_path: Path, how: str) -> None:
    """The pool is told of the new primary by whoever promoted it."""
    with a_pair() as pair, a_pooler(pair.primary.port) as pooler:

        def fail_over() -> None:
            pair.primary.kill() if how == "killed" else pair.primary.stop()
            time.sleep(0.7)
            pair.standby.promote()
            pooler.configure(pair.standby.port)
            pooler.tell("RELOAD")

        heard = _under_load(tmp_path, pair.url, pooler, fail_over, how)
        _is_sound(pair.standby.url, heard)


def _under_load(
    folder: Path, direct: str, pooler: Pooler, trouble: Callable[[], None], name: str
) -> Heard:
    """What the callers of two servers on one database heard before, in and after the trouble."""
    migrate(direct)
    heard, crew, stages = Heard(), [], []
    for number in range(2):
        (folder / str(number)).mkdir()
        stages.append(
            Stage.prepared(folder / str(number), pooler.url, direct=direct, is_furnished=number > 0)
        )
    try:
        for number, stage in enumerate(stages):
            stage.start()
            # Each caller has patrons and items of its own, at one of the two; two at both want
            # the same.
            crew += [
                Caller(line, script, heard)
                for place, (line, script) in enumerate(lines(stage, 2))
                if number == (place // 3 if place < 6 else place - 6)
            ]
        for caller in crew:
            caller.start()
        until(lambda: _granted(heard) > 100, 60)
        trouble()
        over, before = time.monotonic(), _granted(heard)
        until(lambda: _granted(heard) > before + len(crew), 60)
        recovered = time.monotonic() - over
        until(lambda: _granted(heard) > before + 100, 60)
    finally:
        for caller in crew:
            caller.end()
        for caller in crew:
            caller.join(60)
        ended = [stage.stop() for stage in stages if stage.server is not None]
    print(
        f"\n{name}: {_granted(heard)} requests acknowledged, {sum(heard.retries.values())} asked"
        f" again, {heard.refused_for_now} times told: not for now; answers again"
        f" {recovered:.1f} s after it was over"
    )
    assert not any(caller.is_alive() for caller in crew)
    assert ended == [0, 0]
    assert heard.violations == []
    for stage in stages:
        log = stage.log.read_text()
        assert "Traceback" not in log, log
        assert log.count(CANNOT) == log.count(CAN_AGAIN), log
    return heard


def _granted(heard: Heard) -> int:
    return sum(heard.granted.copy().values())


def _is_sound(url: str, heard: Heard) -> None:
    with closing(open_database(url)) as database:
        assert lost_or_twice(heard.traces, database) == []
        assert broken_invariants(database) == []
        assert wrong_index(database) == []
