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

#: With so many bytes in its tables a database is dropped: what is deleted leaves room behind, and
#: statistics that are true of nothing.
LIMIT = 16 * 1024 * 1024

#: Everything but rows: whatever changes a table, an index, a trigger or a setting writes a row of
#: these catalogues anew, in a later transaction than all before.
_SHAPE = """
SELECT string_agg(concat_ws(' ', number, newest), ', ') FROM (
  SELECT count(*), max(xmin::text::bigint) FROM pg_class WHERE relpersistence <> 't'
  UNION ALL SELECT count(*), max(a.xmin::text::bigint)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE relpersistence <> 't'
  UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_attrdef
  UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_constraint
  UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_trigger
  UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_namespace
    WHERE nspname !~ '^pg_(toast_)?temp_'
  UNION ALL SELECT count(*), max(s.xmin::text::bigint) FROM pg_db_role_setting s
    JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
) AS shape(number, newest)
"""

#: Made in the session that keeps a copy, where its plans stay. Sends the other sessions away, and
#: looks every other millisecond whether they have gone; deletes all rows, in any order and past
#: all triggers (`session_replication_role`); gives the bytes of the tables.
_EMPTYING = """
CREATE FUNCTION pg_temp.emptied() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  each record;
  bytes bigint := 0;
BEGIN
  FOR turn IN 1..2500 LOOP
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid();
    EXIT WHEN NOT FOUND;
    PERFORM pg_sleep(0.002);
    PERFORM pg_stat_clear_snapshot();
  END LOOP;
  FOR each IN SELECT oid::regclass AS name, pg_relation_size(oid) AS size FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
  LOOP
    bytes := bytes + each.size;
    EXECUTE format('DELETE FROM %s', each.name);
  END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
  RETURN bytes;
END $$
"""


class _Copy(NamedTuple):
    """A database as it was made: what it is like, and the rows of each table that has any.

    `keeper` is a session that stays there, and knows by heart how it is emptied.
    """

    name: str
    keeper: psycopg.Connection[Any]
    shape: str
    rows: dict[str, bytes]


class Copies:
    """Copies of a template, lent one by one. `base` is the server's URL without a database."""

    def __init__(self, base: str, template: str) -> None:
        self._base = base
        self._template = template
        self._free: list[_Copy] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a copy that is like new, and is taken back at the end."""
        copy = self._free.pop() if self._free else self._made()
        try:
            yield f"{self._base}/{copy.name}"
        finally:
            if _is_like_new(copy):
                self._free.append(copy)
            else:
                self._drop(copy)

    def close(self) -> None:
        """Drops all that is not lent."""
        while self._free:
            self._drop(self._free.pop())

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
            # What a power cut would lose matters to no test, and a commit waits for no disk.
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(
                    sql.Identifier(name)
                )
            )
        keeper = self._connected(name)
        rows = {table: _read(keeper, table) for table in _filled(keeper)}
        keeper.execute(_EMPTYING)
        return _Copy(name, keeper, _value(keeper, _SHAPE), rows)

    def _drop(self, copy: _Copy) -> None:
        copy.keeper.close()
        with self._connected("postgres") as connection:
            drop_database(connection, copy.name)


def _filled(connection: Any) -> list[str]:
    """The tables with rows."""
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname"
    ).fetchall()
    each = sql.SQL("SELECT FROM {} LIMIT 1")
    return [
        table
        for (table,) in tables
        if connection.execute(each.format(sql.Identifier(table))).rowcount
    ]


def _is_like_new(copy: _Copy) -> bool:
    """Brings it back to what it was; False where that cannot be."""
    keeper = copy.keeper
    try:
        if _value(keeper, "SELECT current_setting('is_superuser')") != "on":
            return False
        if _value(keeper, _SHAPE) != copy.shape:
            return False
        keeper.execute("SET session_replication_role = replica")
        with keeper.transaction():
            size = _value(keeper, "SELECT pg_temp.emptied()")
            for table, rows in copy.rows.items():
                _write(keeper, table, rows)
    except psycopg.OperationalError:  # a test has sent the keeper away, or restarted the server
        return False
    return bool(size <= LIMIT)


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
