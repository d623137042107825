"""Tables of the next release under this one: an expanded database, and one that was contracted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from catalogue.database import open_database
from catalogue.database.migrations.running import (
    DatabaseTooNew,
    Fit,
    engine_on,
    newest_revision,
    standing_of,
    upgrade,
)
from protocols.demo.seeding import seed
from tests.callers import ITEM, LOGIN, calling, said
from tests.servers import start_serving, tiro_process
from tests.test_serve import CHECK_IN, CHECK_OUT, ask


@pytest.fixture
def seeded_url(database_url: str) -> str:
    database = open_database(database_url)
    seed(database, patrons=3, items=5, now=datetime(2026, 11, 25, tzinfo=UTC))
    database.close()
    return database_url


def run_sql(url: str, *statements: str) -> None:
    """Each in a transaction of its own."""
    engine = engine_on(url)
    try:
        for statement in statements:
            with engine.begin() as connection:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def expand(url: str, revision: str = "9999") -> None:
    """What an expanding migration may do, done to every table."""
    engine = engine_on(url)
    tables = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    run_sql(
        url,
        *(f"ALTER TABLE {table} ADD COLUMN of_next_release VARCHAR" for table in sorted(tables)),
        "CREATE TABLE of_next_release (id INTEGER PRIMARY KEY, item_id INTEGER)",
        "CREATE INDEX of_next_release_items ON items (of_next_release)",
        f"UPDATE alembic_version SET version_num = '{revision}'",
    )


def test_it_works_on_while_the_tables_are_expanded_and_starts_on_them(
    seeded_url: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    server = start_serving(tmp_path, seeded_url)
    try:
        assert ask(server, CHECK_OUT)[0].startswith(b"121")
        with calling(server, program):
            expand(seeded_url)
        # The release to come writes its column, and this one goes on with the same row.
        run_sql(seeded_url, "UPDATE items SET of_next_release = 'theirs'")
        assert ask(server, CHECK_IN)[0].startswith(b"101")
        (tmp_path / "second").mkdir()
        assert server.stop() == 0
        again = start_serving(tmp_path / "second", seeded_url)
        try:
            lent, returned = ask(again, CHECK_OUT, CHECK_IN)
            assert lent.startswith(b"121")
            assert returned.startswith(b"101")
            assert again.stop() == 0
        finally:
            again.process.kill()
        log = again.log.read_text()
        assert "the database is newer than this Tiro, which may work with it" in log
        assert "Traceback" not in log + server.log.read_text()
        jobs = tiro_process(tmp_path / "second" / "tiro.toml", "jobs", "run")
        assert jobs.returncode == 0, jobs.stderr
    finally:
        server.process.kill()
    engine = engine_on(seeded_url)
    with engine.begin() as connection:
        kept = connection.execute(text("SELECT of_next_release FROM items")).scalars().all()
    engine.dispose()
    assert set(kept) == {"theirs"}


def test_code_that_is_too_old_does_not_start(seeded_url: str, tmp_path: Path) -> None:
    expand(seeded_url)
    run_sql(seeded_url, "UPDATE compatibility SET oldest_code = '9998'")
    with pytest.raises(DatabaseTooNew, match="must not work with it"):
        upgrade(seeded_url)
    path = tmp_path / "tiro.toml"
    path.write_text(f'[database]\nurl = "{seeded_url}"\n[http]\nport = 0\n')
    for command in ("serve", "check"):
        done = tiro_process(path, command)
        assert done.returncode == 1
        assert f"(revision 9999, Tiro's {newest_revision()})" in done.stderr, done.stderr


def test_a_database_says_how_it_stands(database_url: str, tmp_path: Path) -> None:
    assert standing_of(database_url).fit is Fit.SAME
    run_sql(database_url, "UPDATE alembic_version SET version_num = '0022'")
    assert standing_of(database_url).fit is Fit.OLDER
    expand(database_url)
    assert standing_of(database_url).fit is Fit.NEWER
    run_sql(database_url, "DROP TABLE compatibility")
    assert standing_of(database_url).fit is Fit.TOO_NEW
    assert standing_of(f"sqlite:///{tmp_path}/empty.sqlite").fit is Fit.EMPTY


def test_an_old_database_is_brought_up_to_date_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite"
    upgrade(url, "0012")
    with caplog.at_level("INFO"):
        upgrade(url)
    assert "the database is older than this Tiro (revision 0012" in caplog.text
    assert standing_of(url).fit is Fit.SAME


def test_a_change_waits_for_who_uses_the_table_and_lets_others_pass(
    postgresql_template: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """A long transaction on a table keeps a migration waiting, and nobody behind the migration."""
    import threading
    import time

    import psycopg

    from tests.conftest import a_postgresql

    with a_postgresql(postgresql_template) as url:
        run_sql(
            url,
            "ALTER TABLE events DROP COLUMN request_id",
            "UPDATE alembic_version SET version_num = '0022'",
        )
        with psycopg.connect(url) as long, psycopg.connect(url, autocommit=True) as other:
            long.execute("SELECT count(*) FROM events")
            migration = threading.Thread(target=upgrade, args=(url, "0023"))
            migration.start()
            waits = []
            for _ in range(12):
                began = time.monotonic()
                other.execute("SELECT count(*) FROM events")
                waits.append(time.monotonic() - began)
                time.sleep(0.25)
            assert max(waits) < 3.0
            long.rollback()
            migration.join(30)
        assert "a table is in use" in caplog.text
        assert standing_of(url).revision == "0023"


def test_a_database_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "tiro.toml"
    url = "postgresql://tiro:sesame@127.0.0.1:1/nowhere"
    path.write_text(f'[database]\nurl = "{url}"\n')
    done = tiro_process(path, "serve")
    assert done.returncode == 1
    assert "the database cannot be reached" in done.stderr
    assert "sesame" not in done.stderr
    assert "Traceback" not in done.stderr


def test_two_releases_hold_the_same_line(seeded_url: str, tmp_path: Path) -> None:
    """A conversation that began before the tables were expanded goes on after."""
    server = start_serving(tmp_path, seeded_url)
    try:
        with socket.create_connection(("127.0.0.1", server.sip2), 10) as line:
            assert said(line, LOGIN) == b"941\r"
            before = said(line, ITEM)
            expand(seeded_url)
            assert said(line, ITEM)[:10] == before[:10]
        assert server.stop() == 0
    finally:
        server.process.kill()
