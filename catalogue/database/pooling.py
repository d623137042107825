"""What a pool before PostgreSQL is like, for those who check before they rely on it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from catalogue.database.connections import (
    bounded,
    first_line,
    is_pooled,
    refuse_pool,
    refuse_single_statements,
)
from catalogue.database.outages import DatabasePooled, DatabaseUnavailable
from catalogue.database.replica_watch import IDENTITY
from catalogue.database.sessions import session

#: Seconds that a server has to answer.
_PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class PoolStanding:
    """What was found of a pool.

    `unreachable`: why the server that it stands before does not answer by itself, or gives no
    session; then it is not known whether it holds the same database. `keeps_names`: whether
    statements can be prepared. `compiles`: whether plans are compiled, which costs short statements
    more than it gains them.
    """

    unreachable: str | None
    is_same: bool
    keeps_names: bool
    compiles: bool


def pool_standing(url: str, direct: str | None) -> PoolStanding | None:
    """How the pool at `url` stands; None where there is none.

    Raises DatabasePooled for one that has no transactions, or where there is no `direct`, and
    DatabaseUnavailable.
    """
    try:
        with closing(psycopg.connect(bounded(url, _PATIENCE), autocommit=True)) as connection:
            if not is_pooled(connection):
                return None
            refuse_single_statements(connection, url)
            if direct is None:
                refuse_pool(connection, url)
            identity, jit = (_value(connection, each) for each in (IDENTITY, "SHOW jit"))
        with closing(session(bounded(url, _PATIENCE), _PATIENCE)) as pooled:
            keeps_names = pooled.keeps_names
    except psycopg.Error as error:
        raise DatabaseUnavailable(first_line(error)) from None
    facts = (keeps_names, jit == "on")
    try:
        with closing(psycopg.connect(bounded(direct or url, _PATIENCE), autocommit=True)) as own:
            refuse_pool(own, direct or url)
            return PoolStanding(None, _value(own, IDENTITY) == identity, *facts)
    except (psycopg.Error, DatabasePooled) as error:
        return PoolStanding(first_line(error), True, *facts)


def _value(connection: psycopg.Connection[Any], statement: str) -> Any:
    row = connection.execute(statement).fetchone()
    return None if row is None else row[0]
