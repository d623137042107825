"""A PostgreSQL of one's own, to stop and to start; and a pair, of which one follows the other."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.clients import until
from tests.servers import free_ports


def _programs() -> Path:
    """Where initdb and pg_ctl are; distributions do not put them on the path."""
    found = shutil.which("pg_ctl")
    places = (
        [Path(found).resolve()]
        if found
        else sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    )
    if not places:
        pytest.skip("no pg_ctl: on Debian, apt-get install postgresql")
    return places[-1].parent


@dataclass
class Cluster:
    """A server in a folder of its own; `url` names its database."""

    folder: Path
    port: int
    programs: Path
    is_durable: bool = False  # whether what is committed is on its disk, as in earnest

    @property
    def url(self) -> str:
        return f"postgresql://tiro@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, program: str, *arguments: str) -> None:
        """As the user postgres where we are root, whom PostgreSQL does not serve."""
        command = [str(self.programs / program), "-D", str(self.data), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=120)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1"
        options += f" -c fsync={'on' if self.is_durable else 'off'}"
        options += f" -c unix_socket_directories={self.folder} -c max_connections=40"
        # Its output would keep the pipe of pg_ctl open.
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-w", "-m", mode, "stop")

    @property
    def process(self) -> int:
        """The id of the postmaster."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """SIGKILL to all of its processes, as a host that loses its power."""
        processes = [self.process, *self._children()]
        self._send(signal.SIGKILL, processes)
        while any(Path(f"/proc/{each}/stat").exists() for each in processes[1:]):
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink()

    def pause(self) -> None:
        """It keeps its connections and answers nobody, as one whose disk hangs."""
        # The postmaster first: it starts no more of them once they are counted.
        self._send(signal.SIGSTOP, [self.process])
        self._send(signal.SIGSTOP, self._children())

    def go_on(self) -> None:
        self._send(signal.SIGCONT, [self.process, *self._children()])

    @staticmethod
    def _send(number: signal.Signals, processes: list[int]) -> None:
        """To each that is still there: one whose client has left ends when it goes on."""
        for each in processes:
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def _children(self) -> list[int]:
        tasks = Path(f"/proc/{self.process}/task/{self.process}/children")
        return [int(each) for each in tasks.read_text().split()]

    def promote(self) -> None:
        """Makes a primary of a replica; waits until it takes changes."""
        self.run("pg_ctl", "-w", "promote")

    def ask(self, statement: str) -> Any:
        """The one value of what the statement finds, if it finds something."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(statement)  # type: ignore[arg-type]
            row = None if found.description is None else found.fetchone()
            return None if row is None else row[0]

    def set(self, name: str, value: str) -> None:
        """A setting of the server that needs no restart."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")  # type: ignore[arg-type]
            connection.execute("SELECT pg_reload_conf()")


def _a_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tiro-cluster-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    return folder


@contextmanager
def _running(cluster: Cluster) -> Iterator[Cluster]:
    cluster.start()
    try:
        yield cluster
    finally:
        if (cluster.data / "postmaster.pid").exists():
            cluster.stop("immediate")


@contextmanager
def a_cluster(*, is_durable: bool = False) -> Iterator[Cluster]:
    """A running one, gone with all it holds at the end."""
    cluster = Cluster(_a_folder(), free_ports(1)[0], _programs(), is_durable)
    try:
        cluster.run("initdb", "-U", "tiro", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")
        with _running(cluster):
            yield cluster
    finally:
        shutil.rmtree(cluster.folder)


@dataclass
class Pair:
    """A primary, and the standby that streams from it."""

    primary: Cluster
    standby: Cluster

    @property
    def url(self) -> str:
        """Names both: whoever takes changes is meant."""
        ports = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://tiro@{ports}/postgres"

    def is_in_step(self) -> bool:
        """Whether the standby streams, synchronously where that is asked for."""
        wanted = "sync" if self.primary.ask("SHOW synchronous_standby_names") else "async"
        return bool(
            self.primary.ask(
                "SELECT count(*) = 1 FROM pg_stat_replication"
                f" WHERE state = 'streaming' AND sync_state = '{wanted}'"
            )
        )


@contextmanager
def a_pair(*, synchronous: bool = True) -> Iterator[Pair]:
    """`synchronous`: the primary acknowledges what the standby has as well."""
    with a_cluster() as primary:
        standby = Cluster(_a_folder(), free_ports(1)[0], primary.programs)
        try:
            copied = f"host=127.0.0.1 port={primary.port} user=tiro application_name=standby"
            standby.run("pg_basebackup", "-d", copied, "-R", "-c", "fast", "-X", "stream", "-N")
            with _running(standby):
                pair = Pair(primary, standby)
                if synchronous:
                    primary.set("synchronous_standby_names", "standby")
                until(pair.is_in_step)
                yield pair
        finally:
            shutil.rmtree(standby.folder)
