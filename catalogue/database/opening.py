"""A database opened by its URL, and brought up to date. What is heavy is imported when it is."""

from __future__ import annotations

from pathlib import Path

from catalogue.database.contract import Database, Following
from catalogue.database.outages import PATIENCE


def open_database(
    url: str,
    patience: float = PATIENCE,
    following: Following | None = None,
    served_by: str | None = None,
    *,
    direct: str | None = None,
    mapped: bool = True,
) -> Database:
    """Opens ``sqlite:///path/to/file`` or ``postgresql://...``; see `migrate` for its tables.

    `patience` is how many seconds work waits for a lock that another holds, and for a database
    that has just gone. `following` names a replica (PostgreSQL only). `served_by` is the name of
    the server that opens it; a SQLite file has one server (`catalogue.database.in_use`). `direct`
    is for that of a pooled `url`: PostgreSQL itself (`catalogue.database.sessions`). Without
    `mapped` pages of a SQLite file are read and not mapped: up to 256 MB less for whoever goes
    through all of it. Raises DatabaseInUse, DatabasePooled, NotALibrary, and
    ValueError for another kind of URL.
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
        return SqliteDatabase(path, patience, served_by, mapped=mapped)
    if kind in ("postgresql", "postgres"):
        from catalogue.database.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(
            url, patience=patience, following=following, served_by=served_by, direct=direct
        )
    raise ValueError(
        f"no database of kind {kind!r}; write sqlite:///FILE or postgresql://HOST/NAME"
    )


def migrate(url: str) -> None:
    """Brings the tables of the database at `url` to this version of Tiro, from nothing or any.

    Raises DatabaseTooNew, NotALibrary and DatabaseUnavailable.
    """
    from catalogue.database.migrations.running import upgrade

    upgrade(url)
