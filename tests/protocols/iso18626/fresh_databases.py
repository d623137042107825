"""Two fresh databases, as often as wanted: files, or copies on a server."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from catalogue.database import migrate

#: Of the lender's database and the borrower's.
Urls = tuple[str, str]


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
def _postgresql(server: str, template: str) -> Iterator[Urls]:
    """Two copies of the template."""
    import psycopg

    from tests.postgresql_copies import drop_database

    base, names = server.rpartition("/")[0], [f"tiro_killed_{uuid.uuid4().hex}" for _ in range(2)]
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            for name in names:
                made = f'CREATE DATABASE "{name}" TEMPLATE "{template}"'
                connection.execute(made)  # type: ignore[arg-type]
            yield f"{base}/{names[0]}", f"{base}/{names[1]}"
        finally:
            for name in names:
                drop_database(connection, name)


@contextmanager
def _template(server: str) -> Iterator[str]:
    """A migrated database on the server, to make others of."""
    import psycopg

    from tests.postgresql_copies import drop_database

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
        yield lambda: _postgresql(server, template)
