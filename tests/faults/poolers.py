"""A real pgbouncer before a PostgreSQL, to pause, to kill and to send elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.faults.clients import until
from tests.faults.pages import shown
from tests.servers import free_ports

#: What is not in the place of something in the file of the page.
_WITHOUT_PASSWORDS = {"auth_type = scram-sha-256": "auth_type = trust\nadmin_users = tiro"}


class Pooler:
    """One before a database of the name postgres; `url` is what Tiro is told."""

    def __init__(self, folder: Path, server: int, instead: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self._instead = instead
        self._process: subprocess.Popen[bytes] | None = None
        self._write("users", '"tiro" ""\n')
        self.configure(server)

    @property
    def url(self) -> str:
        return f"postgresql://tiro@127.0.0.1:{self.port}/tiro"

    def configure(self, server: int) -> None:
        """Writes its file anew, for a PostgreSQL at this port."""
        instead = {
            "port=5000 dbname=tiro": f"port={server} dbname=postgres",
            "listen_port = 6432": f"listen_port = {self.port}",
            "/etc/pgbouncer/userlist.txt": str(self.folder / "users"),
            **_WITHOUT_PASSWORDS,
            **self._instead,
        }
        self._write("pgbouncer.ini", shown("/etc/pgbouncer/pgbouncer.ini", instead))

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o644)  # it is read by another user

    def start(self) -> None:
        command = [_program(), "--quiet", str(self.folder / "pgbouncer.ini")]
        if os.geteuid() == 0:  # whom it does not serve
            command = [
                "setpriv",
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                *command,
            ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        until(self._listens)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(20)

    def tell(self, command: str) -> None:
        """A command of its console, such as PAUSE."""
        address = f"postgresql://tiro@127.0.0.1:{self.port}/pgbouncer"
        with psycopg.connect(address, autocommit=True) as console:
            console.pgconn.exec_(command.encode())


def _program() -> str:
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip("pgbouncer is not installed: on Debian, apt-get install pgbouncer")
    return found


@contextmanager
def a_pooler(server: int, instead: dict[str, str] | None = None) -> Iterator[Pooler]:
    """One before the PostgreSQL at this port. `instead`: other settings than those of the page."""
    folder = Path(tempfile.mkdtemp(prefix="tiro-pooler-"))
    folder.chmod(0o755)
    pooler = Pooler(folder, server, instead or {})
    pooler.start()
    try:
        yield pooler
    finally:
        pooler.end()
        shutil.rmtree(folder)
