"""The database both engines share: short transactions in, answers out after the commit.

Work is a plain function of one `Transaction`. `write(work)` runs it in a transaction of its own
and gives the answer only when that is committed; `read(work)` runs it on a snapshot. Both return
a `concurrent.futures.Future`, so that the engines know nothing of threads or reactors: a command
line calls ``.result()``, the server hangs its reply on ``add_done_callback``.

SQLite (`catalogue.database.sqlite`) is the embedded default; PostgreSQL
(`catalogue.database.postgresql`) serves many processes. Work must not know which it runs on, must
not keep the transaction, and may be run again from the start (PostgreSQL repeats it after a
serialisation failure or a deadlock), so it changes nothing but the database.
"""

from __future__ import annotations

from pathlib import Path

from catalogue.database.contract import (
    Call,
    Database,
    DatabaseClosed,
    Following,
    Replica,
    Work,
)
from catalogue.database.metadata import Long, metadata
from catalogue.database.outages import PATIENCE, DatabaseUnavailable
from catalogue.database.statements import (
    Moment,
    Transaction,
    change,
    key_parameters,
    lock,
    many,
    many_of,
    one,
    scalar,
    send,
    send_many,
)

__all__ = [
    "Call",
    "Database",
    "DatabaseClosed",
    "DatabaseUnavailable",
    "Following",
    "Long",
    "Moment",
    "Replica",
    "Transaction",
    "Work",
    "change",
    "key_parameters",
    "lock",
    "many",
    "many_of",
    "metadata",
    "migrate",
    "one",
    "open_database",
    "scalar",
    "send",
    "send_many",
]


def open_database(
    url: str,
    patience: float = PATIENCE,
    following: Following | None = None,
    served_by: str | None = None,
) -> Database:
    """Opens ``sqlite:///path/to/file`` or ``postgresql://...``; see `migrate` for its tables.

    `patience` is how many seconds work waits for a lock that another holds, and for a database
    that has just gone. `following` names a replica (PostgreSQL only). `served_by`: a server opens
    it, which is called so; of a SQLite file there is one (`catalogue.database.in_use`). Raises
    DatabaseInUse, NotALibrary, and ValueError for another kind of URL.
    """
    kind, separator, rest = url.partition("://")
    if not separator:
        raise ValueError(
            f"not a database URL: {url!r}; write sqlite:///FILE or postgresql://HOST/NAME"
        )
    if kind == "sqlite":
        from catalogue.database.sqlite import SqliteDatabase
        from catalogue.database.sqlite_files import refuse_foreign

        path = Path(rest.removeprefix("/"))
        refuse_foreign(path)
        return SqliteDatabase(path, patience, served_by)
    if kind in ("postgresql", "postgres"):
        from catalogue.database.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(url, patience=patience, following=following, served_by=served_by)
    raise ValueError(
        f"no database of kind {kind!r}; write sqlite:///FILE or postgresql://HOST/NAME"
    )


def migrate(url: str) -> None:
    """Brings the tables of the database at `url` to this version of Tiro, from nothing or any.

    Raises DatabaseTooNew, NotALibrary and DatabaseUnavailable.
    """
    from catalogue.database.migrations.running import upgrade

    upgrade(url)
