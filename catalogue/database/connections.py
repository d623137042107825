"""Connections to PostgreSQL: to which host of a URL, and how long a silent one is trusted.

A URL may name several hosts (``postgresql://a,b/tiro``), as libpq does; of these a connection goes
to the first that takes changes, unless the URL says otherwise (``target_session_attrs``). So after
a failover it finds the new primary by itself.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

#: Seconds for which a server that does not answer is trusted, where another can be asked.
BELIEVED_FOR: Final = 2.0


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


def connected(conninfo: str, patience: float) -> psycopg.Connection[Any]:
    """A connection for short statements.

    Compiling a plan takes PostgreSQL far longer than running any of them, and it expects the
    opposite as long as it has not counted the rows of new tables.
    """
    connection = psycopg.connect(conninfo, autocommit=True)
    connection.execute(f"SET jit = off; SET lock_timeout = {round(patience * 1000)}")
    return connection


def first_line(error: BaseException) -> str:
    """What an error says, without the statement and the hints that follow."""
    return str(error).strip().partition("\n")[0]
