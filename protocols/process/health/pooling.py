"""What `tiro check` says of a pool of connections before the database."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.database import DatabasePooled, DatabaseUnavailable
from protocols.hosting.findings import Finding, error, warning
from protocols.process.configuration import Configuration


def pool_findings(configuration: Configuration) -> Iterator[Finding]:
    """Whether it gives what Tiro needs of it, and what it cannot give can be had beside it.

    Nothing where there is none, or where the database itself does not answer or has no driver
    here, which is said elsewhere.
    """
    if configuration.database_url.startswith("sqlite:"):
        return
    try:
        from catalogue.database import pool_standing

        standing = pool_standing(configuration.database_url, configuration.database.direct)
    except DatabasePooled as problem:
        yield error(f"[database] url: {problem}")
        return
    except (DatabaseUnavailable, ModuleNotFoundError):
        return
    if standing is None:
        return
    if standing.unreachable is not None:
        yield error(f"[database] direct: {standing.unreachable}")
    elif not standing.is_same:
        yield error("[database] direct holds another database than url")
    if not standing.keeps_names:
        yield warning(
            "[database] the pool keeps no prepared statements, so that PostgreSQL plans each of"
            " them every time: set max_prepared_statements = 500 in pgbouncer.ini (1.21 or newer)"
        )
    if standing.compiles:
        yield warning(
            "[database] PostgreSQL compiles the plans of searches, which takes longer than they"
            " do, and behind a pool Tiro cannot ask it not to: set jit = off in postgresql.conf"
        )
