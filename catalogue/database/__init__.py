"""The database both engines share: short transactions in, answers out after the commit.

Work is a plain function of one `Transaction`. `write(work)` runs it in a transaction of its own
and gives the answer only when that is committed; `read(work)` runs it on a snapshot. Both return
a `concurrent.futures.Future`, so that the engines know nothing of threads or reactors: a command
line calls ``.result()``, the server hangs its reply on ``add_done_callback``.

SQLite (`catalogue.database.sqlite`) is the embedded default; PostgreSQL
(`catalogue.database.postgresql`) serves many processes. Work must not know which it runs on, must
not keep the transaction, and may be run again from the start (PostgreSQL repeats it after a
serialisation failure or a deadlock), so it changes nothing but the database.

Everything outside this folder imports these names from here. Those of `_LATE` are loaded with the
module that defines them when they are first asked for, because that module needs alembic or a
driver.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from catalogue.database.compiling import bind
from catalogue.database.contract import Call, Database, DatabaseClosed, Following, Replica, Work
from catalogue.database.in_use import DatabaseInUse, FileLock, kept_from_others, nobody_else
from catalogue.database.migrations.versions import newest_named
from catalogue.database.moments import Moment
from catalogue.database.opening import migrate, open_database
from catalogue.database.outages import PATIENCE, DatabasePooled, DatabaseUnavailable, OutcomeUnknown
from catalogue.database.request_locks import lock_request
from catalogue.database.shapes import Shape
from catalogue.database.statements import (
    Statement,
    change,
    columns,
    compile_statements,
    lock,
    many,
    many_of,
    one,
    scalar,
    scalar_one,
    scalars,
    scalars_of,
    send,
    send_many,
    taking,
)
from catalogue.database.tables import Long, metadata
from catalogue.database.transactions import Kept, Transaction
from catalogue.database.typed_codes import is_typed, of_typed

if TYPE_CHECKING:
    from catalogue.database.backups import BackupFailed, back_up, restore
    from catalogue.database.condition import Sizes, Tables, is_fit, sizes, tables_of
    from catalogue.database.migrations.running import (
        DatabaseTooNew,
        Fit,
        known_revisions,
        standing_of,
        upgrade,
    )
    from catalogue.database.pooling import pool_standing
    from catalogue.database.replication import ReplicationStanding, replication_standing
    from catalogue.database.sqlite_files import OUTAGES, NotALibrary, outage_of

__all__ = [
    "OUTAGES",
    "PATIENCE",
    "BackupFailed",
    "Call",
    "Database",
    "DatabaseClosed",
    "DatabaseInUse",
    "DatabasePooled",
    "DatabaseTooNew",
    "DatabaseUnavailable",
    "FileLock",
    "Fit",
    "Following",
    "Kept",
    "Long",
    "Moment",
    "NotALibrary",
    "OutcomeUnknown",
    "Replica",
    "ReplicationStanding",
    "Shape",
    "Sizes",
    "Statement",
    "Tables",
    "Transaction",
    "Work",
    "back_up",
    "bind",
    "change",
    "columns",
    "compile_statements",
    "is_fit",
    "is_typed",
    "kept_from_others",
    "known_revisions",
    "lock",
    "lock_request",
    "many",
    "many_of",
    "metadata",
    "migrate",
    "newest_named",
    "nobody_else",
    "of_typed",
    "one",
    "open_database",
    "outage_of",
    "pool_standing",
    "replication_standing",
    "restore",
    "scalar",
    "scalar_one",
    "scalars",
    "scalars_of",
    "send",
    "send_many",
    "sizes",
    "standing_of",
    "tables_of",
    "taking",
    "upgrade",
]

_LATE: Final = {
    "BackupFailed": "backups",
    "DatabaseTooNew": "migrations.running",
    "Fit": "migrations.running",
    "NotALibrary": "sqlite_files",
    "OUTAGES": "sqlite_files",
    "ReplicationStanding": "replication",
    "Sizes": "condition",
    "Tables": "condition",
    "back_up": "backups",
    "is_fit": "condition",
    "known_revisions": "migrations.running",
    "outage_of": "sqlite_files",
    "pool_standing": "pooling",
    "replication_standing": "replication",
    "restore": "backups",
    "sizes": "condition",
    "standing_of": "migrations.running",
    "tables_of": "condition",
    "upgrade": "migrations.running",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
