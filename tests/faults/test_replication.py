"""What `tiro check` says of a replica, and what else works on a pair by a URL that names both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.database import Fit, back_up, migrate, open_database, restore, standing_of
from tests.contracts.counters import add_counter, all_counters
from tests.faults.clients import until
from tests.faults.clusters import Pair, a_pair
from tests.servers import free_ports, run_tiro

CANNOT_LOSE = "commits do not wait for the replica"


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with a_pair(synchronous=False) as pair:
        migrate(pair.url)
        yield pair


def _check(folder: Path, url: str, replica: str, lag: float = 5.0) -> tuple[int, list[str]]:
    """The status, and what is said of the database."""
    path = folder / "tiro.toml"
    ports = dict(zip(("http", "sip2", "z3950", "ncip"), free_ports(4), strict=True))
    lines = [f'[database]\nurl = "{url}"\nreplica = "{replica}"\nreplica_lag_seconds = {lag}']
    lines += [f"[{name}]\nport = {port}" for name, port in ports.items()]
    path.write_text("\n".join(lines))
    path.chmod(0o640)
    done = run_tiro(path, "check", "--json")
    found = [f"{each['severity']}: {each['text']}" for each in json.loads(done.stdout)]
    return done.returncode, [each for each in found if "[database]" in each]


def test_nothing_where_commits_wait_for_it_and_it_is_in_step(pair: Pair, tmp_path: Path) -> None:
    pair.primary.set("synchronous_standby_names", "standby")
    try:
        until(pair.is_in_step)
        assert _check(tmp_path, pair.url, pair.standby.url) == (0, [])
        pair.primary.set("synchronous_commit", "local")
        until(lambda: pair.primary.ask("SHOW synchronous_commit") == "local")
        code, (said,) = _check(tmp_path, pair.url, pair.standby.url)
        assert code == 0
        assert CANNOT_LOSE in said
    finally:
        pair.primary.set("synchronous_commit", "on")
        pair.primary.set("synchronous_standby_names", "")
        until(pair.is_in_step)


def test_a_failover_that_may_lose_something(pair: Pair, tmp_path: Path) -> None:
    code, (said,) = _check(tmp_path, pair.url, pair.standby.url)
    assert code == 0
    assert said.startswith("warning: [database] commits do not wait for the replica")
    assert "synchronous_standby_names" in said


def test_a_synchronous_replica_that_is_not_there(pair: Pair, tmp_path: Path) -> None:
    pair.primary.set("synchronous_standby_names", "nobody")
    try:
        until(lambda: pair.primary.ask("SHOW synchronous_standby_names") == "nobody")
        _, (said,) = _check(tmp_path, pair.url, pair.standby.url)
        assert "none is connected" in said
        assert "(nobody)" in said
    finally:
        pair.primary.set("synchronous_standby_names", "")
        until(pair.is_in_step)


def test_one_that_is_no_replica_of_it(pair: Pair, tmp_path: Path) -> None:
    code, (said, _) = _check(tmp_path, pair.url, pair.primary.url)
    assert code == 0
    assert "is a primary itself" in said
    another = pair.standby.url.replace("/postgres", "/template1")
    code, (said, _) = _check(tmp_path, pair.url, another)
    assert code == 1
    assert said == "error: [database] replica is no replica of this database: it holds another one"


def test_one_that_cannot_be_reached(pair: Pair, tmp_path: Path) -> None:
    nowhere = "postgresql://tiro:sesame@127.0.0.1:1/postgres"
    code, (said, _) = _check(tmp_path, pair.url, nowhere)
    assert code == 0
    assert said.startswith("warning: [database] replica cannot be reached: ")
    assert "sesame" not in said


def test_one_that_lags(pair: Pair, tmp_path: Path) -> None:
    pair.standby.ask("SELECT pg_wal_replay_pause()")
    database = open_database(pair.url)
    try:
        database.write(add_counter("lagging")).result(10)
        code, (said, _) = _check(tmp_path, pair.url, pair.standby.url, 0.3)
    finally:
        database.close()
        pair.standby.ask("SELECT pg_wal_replay_resume()")
    assert code == 0
    assert "is more than replica_lag_seconds (0.3 s) behind" in said


def test_a_url_of_several_hosts_means_the_one_that_takes_changes(
    pair: Pair, tmp_path: Path
) -> None:
    """Whichever stands first; for migrations and backups as for all else."""
    primary, standby = (f"127.0.0.1:{each.port}" for each in (pair.primary, pair.standby))
    for hosts in (f"{primary},{standby}", f"{standby},{primary}"):
        url = f"postgresql://tiro@{hosts}/postgres"
        assert standing_of(url).fit is Fit.SAME
        database = open_database(url)
        try:
            database.write(add_counter(hosts)).result(10)
        finally:
            database.close()
    back_up(url, tmp_path / "backup")
    pair.primary.ask("CREATE DATABASE restored")
    # libpq, unlike the server, does not go on to the next host where one lacks the database.
    until(
        lambda: pair.standby.ask("SELECT count(*) FROM pg_database WHERE datname = 'restored'") == 1
    )
    other = url.replace("/postgres", "/restored")
    restore(other, tmp_path / "backup")
    database = open_database(other)
    try:
        found = {digest for (digest,) in database.read(all_counters).result(10)}
    finally:
        database.close()
    assert {f"{primary},{standby}", f"{standby},{primary}"} <= found
