"""A mistake, and the database of the minute before it: what is lost, for how long nothing is lent,
and how what was done since is done again."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg

from catalogue.database import migrate, open_database
from tests.crash.callers import Caller, Heard, Line
from tests.crash.checks import broken_invariants, lost_or_twice, traces
from tests.crash.scripts import lines
from tests.crash.stage import Stage
from tests.faults.clients import until
from tests.faults.clusters import Cluster, a_cluster
from tests.faults.daemons import a_folder, as_postgres, found, write
from tests.faults.pages import shown
from tests.servers import free_ports, run_tiro

BRANCH = "DK-900101"


class Repository:
    """Where pgBackRest keeps what PostgreSQL was, by the file of the page."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self._program = found("pgbackrest", "pgbackrest")
        self._folder, self._cluster = folder, cluster
        self.configure(cluster.data)

    def configure(self, data: Path) -> None:
        text = shown(
            "/etc/pgbackrest/pgbackrest.conf",
            {
                "repo1-host=10.0.0.31\n": "",
                "/var/lib/pgbackrest": str(self._folder / "repository"),
                "/var/lib/postgresql/tiro": str(data),
                "pg1-port=5432": f"pg1-port={self._cluster.port}",
                "pg1-user=postgres": (
                    f"pg1-user=tiro\npg1-database=postgres\npg1-socket-path={self._cluster.folder}"
                ),
                "[global]\n": (
                    f"[global]\nlog-path={self._folder}\nlock-path={self._folder / 'lock'}\n"
                    f"spool-path={self._folder / 'spool'}\n"
                ),
            },
        )
        write(self._folder / "pgbackrest.conf", text)

    @property
    def command(self) -> str:
        return f"{self._program} --config={self._folder / 'pgbackrest.conf'} --stanza=tiro"

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            as_postgres([*self.command.split(), *arguments]),
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _kept() -> Iterator[tuple[Cluster, Repository]]:
    """A PostgreSQL whose log goes into a repository, which has a full backup of it."""
    with a_cluster(is_durable=True) as cluster, a_folder("repository") as folder:
        repository = Repository(folder, cluster)
        migrate(cluster.url)
        cluster.set("archive_mode", "on")
        cluster.set("archive_command", f"{repository.command} archive-push %p")
        cluster.stop()
        cluster.start()
        repository.run("stanza-create")
        yield cluster, repository


Work = list[tuple[Line, Iterator[Any]]]


def _works(work: Work, acts: int) -> Heard:
    """What terminals, brokers and cataloguers were acknowledged of so many acts."""
    heard = Heard()
    crew = [Caller(line, script, heard) for line, script in work]
    for caller in crew:
        caller.start()
    until(lambda: sum(heard.granted.copy().values()) >= acts, 120)
    for caller in crew:
        caller.end()
    for caller in crew:
        caller.join(60)
    assert heard.violations == []
    return heard


def test_the_minute_before_a_mistake(tmp_path: Path) -> None:
    with _kept() as (cluster, repository):
        stage = Stage.prepared(tmp_path, cluster.url)
        begun = time.monotonic()
        repository.run("--type=full", "backup")
        backed_up = time.monotonic() - begun
        stage.start()
        work = list(lines(stage, 2))[:6]
        before = _works(work, 150)
        minute = str(cluster.ask("SELECT clock_timestamp()"))
        time.sleep(0.1)
        after = _works(work, 100)
        cluster.ask("UPDATE loans SET due = due + interval '100 years'")
        assert stage.stop() == 0

        stopped = time.monotonic()
        cluster.stop()
        back = replace(cluster, folder=cluster.folder / "back")
        _restored(repository, cluster, back, minute)
        restored = time.monotonic() - stopped
        stage.start()
        lends_again = time.monotonic() - stopped
        try:
            _tell_what_became(back, before, after)
            print(
                f"full backup {backed_up:.1f} s; restored {restored:.1f} s after Tiro was stopped,"
                f" lends again {lends_again:.1f} s after"
            )
            _do_again(tmp_path, cluster, back, before, after)
        finally:
            stage.stop()
            back.stop("immediate")


def test_both_databases_are_lost(tmp_path: Path) -> None:
    """What had been archived is there: no more than `archive_timeout` is lost."""
    with _kept() as (cluster, repository):
        stage = Stage.prepared(tmp_path, cluster.url)
        repository.run("--type=full", "backup")
        stage.start()
        work = list(lines(stage, 2))[:6]
        before = _works(work, 150)
        # As every minute by `archive_timeout`.
        segment = cluster.ask("SELECT pg_walfile_name(pg_switch_wal())")
        archived = "SELECT last_archived_wal >= '{}' FROM pg_stat_archiver"
        until(lambda: cluster.ask(archived.format(segment)))
        after = _works(work, 100)
        cluster.kill()
        stage.kill()
        shutil.rmtree(cluster.data)

        begun = time.monotonic()
        repository.run("restore")
        cluster.start()
        until(lambda: cluster.ask("SELECT pg_is_in_recovery()") is False, 60)
        restored = time.monotonic() - begun
        with closing(open_database(cluster.url)) as database:
            assert lost_or_twice(before.traces, database) == []
            assert broken_invariants(database) == []
        print(
            f"\n{sum(before.granted.values())} acknowledged until the log was last archived, none"
            f" of them lost; of {sum(after.granted.values())} after it {sum(after.traces.values())}"
            f" changed something: these are lost; restored in {restored:.1f} s"
        )


def _restored(repository: Repository, cluster: Cluster, back: Cluster, minute: str) -> None:
    """The database of that minute, in a new folder; it begins at the port of the old one."""
    back.folder.mkdir()
    back.folder.chmod(0o755)
    subprocess.run(["chown", "postgres", str(back.folder)], check=False)
    repository.configure(back.data)
    (command,) = (
        line
        for line in shown("restore", {"2026-12-01 12:33:59+01": "MINUTE"}).splitlines()
        if line.startswith("pgbackrest ")
    )
    arguments = [each.replace('"MINUTE"', minute) for each in command.split()[2:]]
    repository.run(*arguments)
    back.start()
    until(lambda: back.ask("SELECT pg_is_in_recovery()") is False, 60)


def _tell_what_became(back: Cluster, before: Heard, after: Heard) -> None:
    with closing(open_database(back.url)) as database:
        assert lost_or_twice(before.traces, database) == []
        assert broken_invariants(database) == []
    assert back.ask("SELECT count(*) FROM loans WHERE due > now() + interval '50 years'") == 0
    print(
        f"\n{sum(before.granted.values())} acknowledged before that minute, none of them lost;"
        f" {sum(after.granted.values())} after it, of which {sum(after.traces.values())} changed"
        " something: these are lost"
    )


def _do_again(folder: Path, cluster: Cluster, back: Cluster, before: Heard, after: Heard) -> None:
    """What was lent, renewed and returned since, read from the folder that was kept."""
    since = str(back.ask("SELECT max(id) FROM events"))
    old = replace(cluster, port=free_ports(1)[0])
    with (old.data / "postgresql.auto.conf").open("a") as settings:
        settings.write("archive_mode = off\n")  # it is no part of what is kept
    old.start()
    try:
        rest = _rows(old, "everything else since", {"SINCE": since})
        loans = _rows(old, "lent, renewed and returned since", {"SINCE": since, "BRANCH": BRANCH})
    finally:
        old.stop()
    path = folder / "since.json"
    path.write_text("".join(json.dumps(line) + "\n" for (line,) in loans))
    arguments = ("off-line", "play", str(path), "--at", BRANCH, "--json")
    played = run_tiro(folder / "tiro.toml", *arguments)
    assert played.returncode == 0, played.stdout + played.stderr
    counts = json.loads(played.stdout)["counts"]
    print(f"{len(loans)} loans, renewals and returns done again: {counts}")
    print(f"{len(rest)} events of other kinds are listed for people: {Counter(r[1] for r in rest)}")
    kinds = ("checked_out", "checked_in", "renewed")
    with closing(open_database(back.url)) as database:
        there = traces(database)
    for kind, what in chain(before.traces, after.traces):
        if kind in kinds:
            wanted = before.traces[kind, what] + after.traces[kind, what]
            assert there[kind, what] == wanted, (kind, what)


def _rows(cluster: Cluster, what: str, instead: dict[str, str]) -> list[Any]:
    with psycopg.connect(cluster.url) as connection:
        return connection.execute(shown(what, instead)).fetchall()  # type: ignore[arg-type]
