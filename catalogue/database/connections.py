"""Connections to PostgreSQL: to which host of a URL, and how long a silent one is trusted.

A URL may name several hosts (``postgresql://a,b/tiro``), as libpq does; of these a connection goes
to the first that takes changes, unless the URL says otherwise (``target_session_attrs``). So after
a failover it finds the new primary by itself.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from catalogue.database.outages import DatabasePooled

#: Seconds for which a server that does not answer is trusted, where another can be asked.
BELIEVED_FOR: Final = 2.0
#: The process that answers: that of which a connection was told when it began, or a pool's.
BACKEND: Final = "SELECT pg_backend_pid()"


def _hosts(told: dict[str, Any]) -> int:
    return str(told.get("host") or told.get("hostaddr") or "").count(",") + 1


def conninfo_of(url: str) -> str:
    """`url` for libpq; of several hosts, the one that takes changes is meant."""
    told: dict[str, Any] = conninfo_to_dict(url)
    if _hosts(told) > 1:
        told.setdefault("target_session_attrs", "read-write")
    return make_conninfo("", **told)


def bounded(url: str, patience: float, name: str | None = None) -> str:
    """The same, with bounds on how long a server that does not answer is trusted.

    All hosts have been tried before `patience` seconds are over, but for each at least 2 seconds,
    which is as short as libpq can wait. A host that vanished without a word is noticed within
    about the same time, by probes, even where an answer is all that is waited for. `name` is what
    PostgreSQL calls the connection (``application_name``), where the URL gives no other.
    """
    told: dict[str, Any] = conninfo_to_dict(conninfo_of(url))
    if name is not None:
        told.setdefault("application_name", name)
    told.setdefault("connect_timeout", max(2, min(10, round(patience / _hosts(told)))))
    told.setdefault("tcp_user_timeout", round(patience * 1000))
    told.setdefault("keepalives_idle", max(1, round(patience / 3)))
    told.setdefault("keepalives_interval", max(1, round(patience / 5)))
    told.setdefault("keepalives_count", 3)
    return make_conninfo("", **told)


def place_of(url: str) -> str:
    """What the log calls the database, without a password."""
    told = conninfo_to_dict(url)
    return f"{told.get('dbname') or 'of PostgreSQL'} at {told.get('host') or 'this host'}"


def first_line(error: BaseException) -> str:
    """What an error says, without the statement and the hints that follow."""
    return str(error).strip().partition("\n")[0]


def is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Whether a pooler stands between, which gives each transaction another session."""
    row = connection.execute(BACKEND).fetchone()
    return row is not None and row[0] != connection.pgconn.backend_pid


def refuse_single_statements(connection: psycopg.Connection[Any], url: str) -> None:
    """Raises DatabasePooled for a pool that gives each statement another session."""
    try:
        connection.execute("BEGIN")
        connection.execute("ROLLBACK")
    except psycopg.Error as error:
        if "statement pooling" not in str(error):
            raise
        raise DatabasePooled(
            f"the database {place_of(url)} is reached through a pool of single statements, which"
            " has no transactions: set pool_mode = transaction in pgbouncer.ini"
        ) from None


def refuse_pool(connection: psycopg.Connection[Any], url: str) -> None:
    """For what holds a session: raises DatabasePooled where the address is that of a pool."""
    if is_pooled(connection):
        raise DatabasePooled(
            f"the database {place_of(url)} is reached through a pool of connections, of which none"
            " can be held: name the server itself in [database] direct"
        )
