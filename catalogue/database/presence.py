"""A session of a server whose transactions are those of a pool: by it others see that it serves.

It holds the lock that each connection of a server holds otherwise (`catalogue.database.in_use`),
and does nothing else. Where it breaks, a thread takes another; meanwhile nothing is replaced under
a transaction, as each of those takes part in the same lock.
"""

from __future__ import annotations

import select
import socket
import threading
from typing import Any

import psycopg

from catalogue.database.connections import bounded, refuse_pool
from catalogue.database.in_use import share_with_servers
from catalogue.database.outages import TRY_EVERY


class Presence:
    """Held until `close`; `name` is what others are told has the database.

    Raises psycopg.OperationalError where the server at `url` is not to be reached or somebody has
    the database alone, and DatabasePooled.
    """

    def __init__(self, url: str, patience: float, name: str) -> None:
        self._url = url
        self._conninfo = bounded(url, patience, name)
        self._ending, self._end = socket.socketpair()
        try:
            self._connection = self._taken()
        except BaseException:
            self._ending.close()
            self._end.close()
            raise
        self._thread = threading.Thread(target=self._hold, name="tiro-presence", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.close()
        self._thread.join(TRY_EVERY)  # it may be trying to connect, and holds nothing then

    def _taken(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._conninfo, autocommit=True)
        try:
            refuse_pool(connection, self._url)
            if not share_with_servers(connection):
                raise psycopg.OperationalError("a backup or an archive is being read into it")
        except BaseException:
            connection.close()
            raise
        return connection

    def _hold(self) -> None:
        with self._ending:
            while self._lasts():
                while not select.select([self._ending], [], [], TRY_EVERY)[0]:
                    try:
                        self._connection = self._taken()
                        break
                    except psycopg.Error:
                        continue

    def _lasts(self) -> bool:
        """Waits for the end of the session: False where it was asked for."""
        with self._connection as connection:
            while True:
                waited_for = [self._ending.fileno(), connection.fileno()]
                if waited_for[0] in select.select(waited_for, [], [])[0]:
                    return False
                try:
                    connection.pgconn.consume_input()  # a setting has changed, or it is the end
                except psycopg.Error:
                    return True
