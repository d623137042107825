"""A PostgreSQL of one's own, to stop and to start."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import free_ports


def _programs() -> Path:
    """Where initdb and pg_ctl are; distributions do not put them on the path."""
    found = shutil.which("pg_ctl")
    places = [Path(found)] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not places:
        pytest.skip("no pg_ctl: on Debian, apt-get install postgresql")
    return places[-1].parent


@dataclass
class Cluster:
    """A server in a folder of its own; `url` names its database."""

    folder: Path
    port: int
    programs: Path

    @property
    def url(self) -> str:
        return f"postgresql://tiro@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """As the user postgres where we are root, whom PostgreSQL does not serve."""
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=120)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={self.folder} -c max_connections=40"
        # Its output would keep the pipe of pg_ctl open.
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-w", "-m", mode, "stop")


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A running one, gone with all it holds at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tiro-cluster-"))
    cluster = Cluster(folder, free_ports(1)[0], _programs())
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        cluster.run("initdb", "-U", "tiro", "--auth=trust", "-E", "UTF8", "--locale=C", "-N")
        cluster.start()
        try:
            yield cluster
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                cluster.stop("immediate")
    finally:
        shutil.rmtree(folder)
