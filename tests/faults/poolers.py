"""A real pgbouncer before a PostgreSQL, to pause, to kill and to send elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.faults.clients import until
from tests.faults.daemons import Daemon, a_folder, found, write
from tests.faults.pages import shown
from tests.servers import free_ports

PASSWORD = "secret"


class Pooler(Daemon):
    """One before a PostgreSQL at a port of this host; `url` is what Tiro is told."""

    def __init__(self, folder: Path, server: int, database: str, instead: dict[str, str]) -> None:
        self.port = free_ports(1)[0]
        self._folder, self._database, self._instead = folder, database, instead
        write(folder / "users", f'"tiro" "{PASSWORD}"\n')
        program = found("pgbouncer", "pgbouncer")
        super().__init__([program, "--quiet", str(folder / "pgbouncer.ini")], folder / "log")
        self.configure(server)

    @property
    def url(self) -> str:
        return self._url("tiro")

    def _url(self, database: str) -> str:
        return f"postgresql://tiro:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def configure(self, server: int) -> None:
        """Writes its file anew, for a PostgreSQL at this port."""
        instead = {
            "port=5000 dbname=tiro": f"port={server} dbname={self._database}",
            "listen_port = 6432": f"listen_port = {self.port}",
            "/etc/pgbouncer/userlist.txt": str(self._folder / "users"),
            "unix_socket_dir =": "unix_socket_dir =\nadmin_users = tiro",
            **self._instead,
        }
        write(self._folder / "pgbouncer.ini", shown("/etc/pgbouncer/pgbouncer.ini", instead))

    def start(self) -> None:
        super().start()
        until(self._listens)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def tell(self, command: str) -> None:
        """A command of its console, such as PAUSE."""
        with psycopg.connect(self._url("pgbouncer"), autocommit=True) as console:
            console.pgconn.exec_(command.encode())


@contextmanager
def a_pooler(
    server: int, instead: dict[str, str] | None = None, database: str = "postgres"
) -> Iterator[Pooler]:
    """One before the PostgreSQL at this port. `instead`: other settings than those of the page."""
    with a_folder("pooler") as folder:
        pooler = Pooler(folder, server, database, instead or {})
        pooler.start()
        try:
            yield pooler
        finally:
            pooler.end()
