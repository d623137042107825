"""PostgreSQL databases for tests, used again instead of dropped.

To create a database and to drop it costs seconds where a disk is slow, as each drop is a
checkpoint. So one that a test is done with is brought back to what it was as a copy of its
template: its rows are deleted, the few of a migrated database put back, its sequences started
anew. One whose tables, indexes or settings are no longer those of the template, or that has grown,
is dropped.

A session reads the catalogues of PostgreSQL and plans every statement anew, which takes longer than
all that a test does in it. So the sessions of a test that opened its copy by `opened` stay, and go
on in the next one that opens it so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import psycopg
from psycopg import sql

from catalogue.database import Database, Work, open_database
from catalogue.database.postgresql import PostgresqlDatabase

T = TypeVar("T")

#: With so many bytes in its tables a database is dropped: what is deleted leaves room behind, and
#: statistics that are true of nothing.
LIMIT = 16 * 1024 * 1024
#: What PostgreSQL calls the sessions that stay (``application_name``).
STAYING: Final = "tiro tests"
#: Seconds for which work that a test has left behind is waited for.
PATIENCE: Final = 10.0

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

#: Made in the session that keeps a copy, where its plans stay. Sends the sessions away that are not
#: to stay, and looks every other millisecond whether they have gone; deletes all rows, in any order
#: and past all triggers (`session_replication_role`); gives the bytes of the tables.
_EMPTYING = """
CREATE FUNCTION pg_temp.emptied(staying text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  each record;
  bytes bigint := 0;
BEGIN
  FOR turn IN 1..2500 LOOP
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
        AND application_name <> staying;
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


class _Kept(PostgresqlDatabase):
    """One whose sessions stay when it is closed, until it is opened again."""

    def __init__(self, url: str) -> None:
        self._answers: list[Future[Any]] = []
        self.is_open = True
        super().__init__(f"{url}?application_name={STAYING.replace(' ', '%20')}")
        self.url = url

    def _submit(self, work: Work[T], *, writes: bool, may_lag: bool = False) -> Future[T]:
        answer = super()._submit(work, writes=writes, may_lag=may_lag)
        self._answers.append(answer)
        return answer

    def open_again(self) -> None:
        self._closed, self.is_open = False, True

    def close(self) -> None:
        """Finishes the work handed in; the sessions stay."""
        with self._closing:
            self._closed = True
        wait(self._answers, PATIENCE)
        self.is_open = False

    def is_sound(self) -> bool:
        """Was it closed, with nothing under way and no error of the server's?"""
        is_idle = all(answer.done() for answer in self._answers)
        self._answers.clear()
        return not self.is_open and is_idle and self.outage.reason is None

    def end(self) -> None:
        self._closed = False
        super().close()


@dataclass
class _Copy:
    """A database as it was made: what it is like, and the rows of each table that has any.

    `keeper` is a session that stays there, and knows by heart how it is emptied; `kept` are those
    of the tests.
    """

    name: str
    keeper: psycopg.Connection[Any]
    shape: str
    rows: dict[str, bytes]
    kept: _Kept | None = None

    def opened(self, url: str) -> Database:
        """By the sessions that are there, if they are free."""
        if self.kept is None:
            self.kept = _Kept(url)
        elif self.kept.is_open:
            return open_database(url)
        else:
            self.kept.open_again()
        return self.kept

    def end_kept(self) -> None:
        if self.kept is not None:
            self.kept.end()
            self.kept = None


#: The copies that are lent, by their URLs.
_LENT: dict[str, _Copy] = {}


def opened(url: str) -> Database:
    """The database at `url`, by sessions that outlast it where it is a copy of `Copies`: for tests
    that are not about sessions."""
    copy = _LENT.get(url)
    return open_database(url) if copy is None else copy.opened(url)


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
        url = f"{self._base}/{copy.name}"
        _LENT[url] = copy
        try:
            yield url
        finally:
            del _LENT[url]
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
        copy.end_kept()
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
    if copy.kept is not None and not copy.kept.is_sound():
        copy.end_kept()
    try:
        if _value(keeper, "SELECT current_setting('is_superuser')") != "on":
            return False
        if _value(keeper, _SHAPE) != copy.shape:
            return False
        keeper.execute("SET session_replication_role = replica")
        with keeper.transaction():
            size = _value(keeper, f"SELECT pg_temp.emptied('{STAYING}')")
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
