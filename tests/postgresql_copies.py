"""PostgreSQL databases for tests, used again instead of dropped.

To create a database and to drop it costs seconds where a disk is slow, as each drop is a
checkpoint. So one that a test is done with is brought back to what it was as a copy of its
template: its rows are deleted, the few of a migrated database put back, its sequences started
anew. One whose tables, indexes or settings are no longer those of the template, or that has grown,
is dropped.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

#: Beyond so many bytes more than the template a database is dropped: what is deleted leaves room
#: behind, and statistics that are true of nothing.
GROWTH = 16 * 1024 * 1024

#: Everything but rows: a change of any of it makes another sum.
_SHAPE = """
SELECT md5(string_agg(said, ';' ORDER BY said)) FROM (
  SELECT concat_ws('|', c.relname, c.relkind, c.relpersistence, c.reloptions, a.attnum, a.attname,
      a.atttypid, a.atttypmod, a.attnotnull, a.attisdropped)
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws('|', pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws('|', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws('|', tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL
  SELECT concat_ws('|', proname, prosrc) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
  UNION ALL
  SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
  UNION ALL
  SELECT concat_ws('|', s.setrole, s.setconfig) FROM pg_db_role_setting s
    JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
) AS shape(said)
"""


class _Copy(NamedTuple):
    """A database as it was made: what it is like, and the rows of each table that has any."""

    name: str
    shape: str
    size: int
    rows: dict[str, bytes]


class Copies:
    """Copies of a template, lent one by one. `base` is the server's URL without a database."""

    def __init__(self, base: str, template: str) -> None:
        self._base = base
        self._template = template
        self._free: list[_Copy] = []
        self._tables: list[str] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a copy that is like new, and is taken back at the end."""
        copy = self._free.pop() if self._free else self._made()
        try:
            yield f"{self._base}/{copy.name}"
        finally:
            with self._connected("postgres") as connection:
                _end_sessions(connection, copy.name)
            if self._is_like_new(copy):
                self._free.append(copy)
            else:
                self._drop(copy.name)

    def close(self) -> None:
        """Drops all that is not lent."""
        while self._free:
            self._drop(self._free.pop().name)

    def _connected(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(f"{self._base}/{database}", autocommit=True)

    def _made(self) -> _Copy:
        name = f"tiro_test_{uuid.uuid4().hex[:12]}"
        with self._connected("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(self._template)
                )
            )
        with self._connected(name) as connection:
            self._tables = [
                table
                for (table,) in connection.execute(
                    "SELECT relname FROM pg_class WHERE relkind = 'r'"
                    " AND relnamespace = 'public'::regnamespace ORDER BY relname"
                )
            ]
            rows = {table: _read(connection, table) for table in self._filled(connection)}
            return _Copy(name, _value(connection, _SHAPE), _size(connection), rows)

    def _filled(self, connection: Any) -> list[str]:
        """The tables with rows."""
        each = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
        asked = sql.SQL(" UNION ALL ").join(
            each.format(sql.Literal(table), sql.Identifier(table)) for table in self._tables
        )
        return [table for (table,) in connection.execute(asked)]

    def _is_like_new(self, copy: _Copy) -> bool:
        """Brings it back to what it was; False where that cannot be."""
        with self._connected(copy.name) as connection:
            is_master = _value(connection, "SELECT current_setting('is_superuser')") == "on"
            if not is_master or _value(connection, _SHAPE) != copy.shape:
                return False
            if _size(connection) > copy.size + GROWTH:
                return False
            connection.execute("SET synchronous_commit = off")
            # Rows go in any order then, and no trigger minds.
            connection.execute("SET session_replication_role = replica")
            with connection.transaction():
                for table in self._filled(connection):
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                for table, rows in copy.rows.items():
                    _write(connection, table, rows)
                connection.execute(
                    "SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false)"
                    " FROM pg_sequences WHERE last_value IS NOT NULL"
                )
        return True

    def _drop(self, name: str) -> None:
        with self._connected("postgres") as connection:
            drop_database(connection, name)


def drop_database(connection: Any, name: str) -> None:
    """Drops it, even from under a process that a test has killed.

    Ends our own connections only: WITH (FORCE) would have to be allowed to disturb an autovacuum
    worker, which a plain DROP sends away by itself.
    """
    _end_sessions(connection, name)
    connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _end_sessions(connection: Any, name: str) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND usename = current_user",
        (name,),
    )


def _value(connection: Any, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]


def _size(connection: Any) -> int:
    return int(_value(connection, "SELECT pg_database_size(current_database())"))


def _read(connection: Any, table: str) -> bytes:
    with connection.cursor() as cursor:
        copied = cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table)))
        with copied as copy:
            return b"".join(copy)


def _write(connection: Any, table: str, rows: bytes) -> None:
    with connection.cursor() as cursor:
        copied = cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table)))
        with copied as copy:
            copy.write(rows)
