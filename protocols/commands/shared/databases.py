"""The database that a command works on: there and of this version, or a failure says why not."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, Protocol

import click

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import Database, DatabaseUnavailable, migrate, newest_named, open_database
from protocols.process.failures import Failure, without_password

#: Seconds that a command waits for a lock, or for a server that does not answer.
PATIENCE: Final = 15.0
#: The same for one that works for minutes, beside others that do.
LONG_PATIENCE: Final = 60.0

# The command line says itself, once, that a database cannot be worked with.
logging.getLogger("catalogue.database.outages").addHandler(logging.NullHandler())


class Configured(Protocol):
    """What names a database, as `protocols.commands.shared.settings.Settings`."""

    @property
    def database_url(self) -> str: ...

    @property
    def session_url(self) -> str: ...


def open_configured(
    settings: Configured,
    *,
    migrated: bool = False,
    is_long: bool = False,
    mapped: bool = True,
    patience: float | None = None,
) -> Database:
    """Open the database of the configuration, which must hold a library. The caller closes it.

    Args:
        migrated: bring an older database to this version first.
        is_long: wait LONG_PATIENCE seconds for a lock, instead of PATIENCE.
        mapped: as for `open_database`.
        patience: seconds to wait for a lock, in place of either.

    Raises:
        Failure: there is no library at that address, or it is older and not `migrated`.
        DatabaseTooNew: a later release made the database, and this one must not work with it.
        DatabaseUnavailable: the database cannot be reached.
    """
    url = settings.database_url
    if migrated:
        refuse_missing(settings.session_url)
        migrate(settings.session_url)
    elif is_missing_file(url):
        raise missing_library(url)
    if patience is None:
        patience = LONG_PATIENCE if is_long else PATIENCE
    database = open_database(url, patience, mapped=mapped)
    try:
        _check_version(database, url)
    except BaseException:
        database.close()
        raise
    return database


def is_missing_file(url: str) -> bool:
    """Return whether the address is that of an SQLite file which does not exist."""
    path = url.removeprefix("sqlite:///")
    return path != url and not Path(path).exists()


def missing_library(url: str) -> Failure:
    """Return the failure of a command that needs a library, where the address has none."""
    place = without_password(url).removeprefix("sqlite:///")
    return Failure(
        f"there is no library in the database {place}",
        "Check [database] url in tiro.toml. A new library is created by `tiro new FOLDER` or "
        "`tiro serve --create`, one from an archive by `tiro import --create FOLDER`.",
    )


def refuse_missing(url: str) -> None:
    """Raise Failure where the database does not exist or has no tables; nothing is created."""
    from catalogue.database import Fit, standing_of

    if is_missing_file(url) or standing_of(url).fit is Fit.EMPTY:
        raise missing_library(url)


def _check_version(database: Database, url: str) -> None:
    """Refuse a database that this version must not work with; warn of one that is newer.

    Costs one statement where the revision is this version's; others are examined only then.
    """
    try:
        revision = database.read(
            lambda transaction: transaction.execute(
                "SELECT version_num FROM alembic_version", ()
            ).fetchone()
        ).result()
    except DatabaseUnavailable:
        raise
    except Exception:  # no such table, of either driver; the diagnosis tells of anything else
        revision = None
    if revision is not None and revision[0] == newest_named():
        return
    from catalogue.database import DatabaseTooNew, Fit, standing_of

    standing = standing_of(url)
    if standing.fit is Fit.EMPTY:
        raise missing_library(url)
    if standing.fit is Fit.OLDER:
        raise Failure(
            str(standing), "`tiro serve` brings it up to date when it starts; keep a backup."
        )
    if standing.fit is Fit.TOO_NEW:
        raise DatabaseTooNew(f"{standing}: install the release that it was made for")
    if standing.fit is Fit.NEWER:
        click.echo(f"warning: {standing}: install the newer release here, too", err=True)
