"""``python -m tests.crash [--kills N] [--breaks N] [--database sqlite|postgresql] [--seed N]``

Kills the server at random moments under load over SIP2, NCIP and Z39.50, and looks whether all that
was acknowledged is there, once. Both databases without --database; PostgreSQL is that of
TIRO_TEST_POSTGRESQL, in a database of its own. Exits with 1 where anything is not as it must be.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from catalogue.database import migrate
from tests.crash.campaign import Report, run
from tests.crash.stage import Stage


@contextmanager
def a_postgresql() -> Iterator[str]:
    """A new and empty database; its URL."""
    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if not server:
        raise SystemExit("PostgreSQL: set TIRO_TEST_POSTGRESQL to the URL of a server")
    base, name = server.rpartition("/")[0], f"tiro_crash_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield f"{base}/{name}"
        finally:
            break_connections(server, name)
            connection.execute(f'DROP DATABASE "{name}"')  # type: ignore[arg-type]


def break_connections(url: str, name: str | None = None) -> None:
    """Ends all connections to the database but this one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = coalesce(%s, current_database()) AND usename = current_user"
            " AND pid <> pg_backend_pid()",
            (name,),
        )


def campaign(kind: str, kills: int, breaks: int, seed: int, seconds: float) -> Report:
    with tempfile.TemporaryDirectory(prefix="tiro-crash-") as name:
        folder = Path(name)

        def carry_out(url: str) -> Report:
            migrate(url)
            stage = Stage.prepared(folder, url)
            return run(
                stage,
                kills,
                seed,
                breaks=breaks if kind == "postgresql" else 0,
                break_connections=lambda: break_connections(url),
                seconds=seconds,
                say=lambda line: print(line, flush=True),
            )

        if kind == "sqlite":
            return carry_out(f"sqlite:///{folder / 'tiro.sqlite'}")
        with a_postgresql() as url:
            return carry_out(url)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--breaks", type=int, default=20, help="of PostgreSQL's connections")
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--seconds", type=float, default=math.inf, help="at most, for a database")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    is_sound = True
    for kind in [asked.database] if asked.database else ["sqlite", "postgresql"]:
        begun = time.monotonic()
        report = campaign(kind, asked.kills, asked.breaks, asked.seed, asked.seconds)
        took = time.monotonic() - begun
        print(f"\n{kind}, seed {asked.seed}, {took:.0f} s: {report.text()}\n", flush=True)
        is_sound = is_sound and not report.violations
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
