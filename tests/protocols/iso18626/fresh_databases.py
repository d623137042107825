"""Two fresh databases, as often as wanted: files, or databases on a server that are used again."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg

from catalogue.database import migrate
from tests.conftest import IN_MEMORY
from tests.postgresql_copies import Copies, drop_database

#: Of the lender's database and the borrower's.
Urls = tuple[str, str]


def folder_for_databases() -> Path | None:
    """In memory where that is possible: a killed process loses nothing that a disk would keep."""
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None


@contextmanager
def _sqlite(folder: Path) -> Iterator[Urls]:
    template = folder / "template.sqlite"
    if not template.exists():
        migrate(f"sqlite:///{template}")
    paths = [folder / f"{name}.sqlite" for name in ("lender", "borrower")]
    for path in paths:
        shutil.copy(template, path)
    yield f"sqlite:///{paths[0]}", f"sqlite:///{paths[1]}"
    for path in paths:
        for each in folder.glob(f"{path.name}*"):
            each.unlink()


@contextmanager
def _postgresql(copies: Copies) -> Iterator[Urls]:
    with copies.lent() as lender, copies.lent() as borrower:
        yield lender, borrower


@contextmanager
def _template(server: str) -> Iterator[str]:
    """A migrated database on the server, to make others of."""
    name = f"tiro_killed_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            migrate(f"{server.rpartition('/')[0]}/{name}")
            yield name
        finally:
            drop_database(connection, name)


@contextmanager
def fresh_databases(
    kind: str, folder: Path
) -> Iterator[Callable[[], AbstractContextManager[Urls]]]:
    """What makes two fresh databases, as often as wanted."""
    if kind == "sqlite":
        yield lambda: _sqlite(folder)
        return
    server = os.environ["TIRO_TEST_POSTGRESQL"]
    with _template(server) as template:
        copies = Copies(server.rpartition("/")[0], template)
        try:
            yield lambda: _postgresql(copies)
        finally:
            copies.close()
