"""Converts archives of earlier releases into what this one would have written.

An archive has the tables of its release. So it is read into a temporary database of that revision;
the migrations bring this up to date, as they do with any library, and it is written out again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Column, Integer, MetaData, String, Table, column, func, select

from catalogue.database import Long, Moment, Statement, Transaction, open_database, scalars
from circulation.archiving.exporting import export
from circulation.archiving.forms import Columns
from circulation.archiving.importing import import_archive
from circulation.archiving.manifest import read_manifest
from circulation.archiving.tables import archived_tables


@scalars(str)
def _names(*, table: str) -> Statement:
    told = func.pragma_table_info(table).table_valued(column("name", String))
    return select(told.c.name)


#: A table that no longer exists: a migration reads from it what had not been announced yet.
_NOTICE_PROGRESS = Table(
    "notice_progress",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("seen", Long),
    Column("seen_at", Moment),
    Column("safe", Long),
)


@contextmanager
def up_to_date(
    folder: Path,
    *,
    newest: str,
    known: Collection[str],
    upgrade: Callable[[str, str], None],
) -> Iterator[Path]:
    """The archive in `folder` as one of the revision `newest`, for a ``with`` block.

    An archive of that revision is used as it is. `known` are all revisions that
    `upgrade(url, revision)` can create and bring up to date. This needs disk space for a temporary
    database and a second archive. Raises UnreadableArchive.
    """
    manifest = read_manifest(folder, known)
    if manifest.revision == newest:
        yield folder
        return
    with TemporaryDirectory(prefix="tiro-archive-") as place:
        url = f"sqlite:///{Path(place) / 'former.sqlite'}"
        upgrade(url, manifest.revision)
        with closing(open_database(url)) as database:
            import_archive(database, folder, revision=manifest.revision, tables_of=_tables)
        upgrade(url, newest)
        archive = Path(place) / "archive"
        with closing(open_database(url)) as database:
            now = datetime.fromisoformat(manifest.written)
            export(database, archive, revision=newest, now=now, form=manifest.form)
        yield archive


def _tables(transaction: Transaction) -> Iterator[tuple[Table, Columns]]:
    """The tables the database has, each with those of its columns that exist."""
    for table in (*archived_tables(), _NOTICE_PROGRESS):
        names = set(_names(transaction, table=table.name))
        if names:
            yield table, [column for column in table.columns if column.name in names]
