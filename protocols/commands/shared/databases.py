"""The database that a command works on: there and of this version, or a failure says why not."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, Protocol

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import Database, DatabaseUnavailable, migrate, newest_named, open_database
from protocols.process.failures import Failure

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
    """The database of the configuration. The caller closes it.

    `migrated`: it is made, or brought to this version, first. `mapped` is that of `open_database`.
    `patience`: where it is not said PATIENCE, or LONG_PATIENCE for work that `is_long`. Raises
    Failure, DatabaseTooNew and DatabaseUnavailable.
    """
    url = settings.database_url
    if migrated:
        migrate(settings.session_url)
    elif (path := url.removeprefix("sqlite:///")) != url and not Path(path).exists():
        raise Failure(
            f"there is no database {path}",
            "`tiro apply FILE` makes one with the set-up of FILE, `tiro import` one with what was "
            "exported; or set [database] url in tiro.toml.",
        )
    if patience is None:
        patience = LONG_PATIENCE if is_long else PATIENCE
    database = open_database(url, patience, mapped=mapped)
    try:
        _check_version(database, url)
    except BaseException:
        database.close()
        raise
    return database


def _check_version(database: Database, url: str) -> None:
    """Costs one statement where all is well; what is known of others is asked only then."""
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
        raise Failure(
            str(standing),
            "`tiro apply FILE` makes a library with the set-up of FILE, `tiro import` one with "
            "what was exported.",
        )
    if standing.fit is Fit.OLDER:
        raise Failure(
            str(standing), "`tiro serve` brings it up to date when it starts; keep a backup."
        )
    if standing.fit is Fit.TOO_NEW:
        raise DatabaseTooNew(f"{standing}: install the release that it was made for")
