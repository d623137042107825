"""A connection to PostgreSQL made ready for transactions: with a session of its own, or a pool's.

A pooler (pgbouncer with ``pool_mode = transaction``) gives each transaction another session of
PostgreSQL. That is found out by the number of the process that answers, which is not the one that
the connection was told; so nothing need be set. What a session would hold is then said in each
transaction, in a trip that is made anyway: how long a lock is waited for, and that a server works
with the database, which an import or a restore must not replace at that moment. Names of prepared
statements are used if the pooler keeps them (pgbouncer 1.21 or newer, ``max_prepared_statements``).

What needs a session asks the server itself (`catalogue.database.connections.refuse_pool`).
"""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors

from catalogue.database.connections import BACKEND
from catalogue.database.in_use import ADVISORY_LOCK, share_with_servers
from catalogue.database.pipelines import Pipeline

_LOCK_TIMEOUT: Final = "SELECT set_config('lock_timeout', %s, false)"
_OF_THAT_NAME: Final = "SELECT name FROM pg_prepared_statements WHERE name = %s"


def session(conninfo: str, patience: float, *, served: bool = False) -> Pipeline:
    """A connection for short statements; one of a server (`served`) takes part in its lock.

    Compiling a plan takes PostgreSQL far longer than running any of them, and it expects the
    opposite as long as it has not counted the rows of new tables. A lock is waited for for
    `patience` seconds. Raises psycopg.OperationalError.
    """
    pipeline = Pipeline(psycopg.connect(conninfo, autocommit=True))
    try:
        pipeline.answers_within = patience + 1.0
        pipeline.begin(writes=False)
        if pipeline.execute(BACKEND).fetchone()[0] == pipeline.backend:
            pipeline.answers_within = None
            _keep(pipeline, patience, served)
        else:
            pipeline.commit(writes=False)
            _of_a_pool(pipeline, patience, served)
    except BaseException:
        pipeline.close()
        raise
    return pipeline


def _keep(pipeline: Pipeline, patience: float, served: bool) -> None:
    pipeline.execute("SET jit = off")
    pipeline.execute(_LOCK_TIMEOUT, (str(_milliseconds(patience)),))
    if served and not share_with_servers(pipeline):
        raise psycopg.OperationalError("a backup or an archive is being read into it")
    pipeline.commit(writes=False)


def _of_a_pool(pipeline: Pipeline, patience: float, served: bool) -> None:
    pipeline.keeps_names = _keeps_names(pipeline)
    # No query, after which a transaction could not ask for one snapshot any more.
    pipeline.first = (f"SET LOCAL lock_timeout = {_milliseconds(patience)}",)
    if served:
        # Waited for: what is replaced is all there again at its end.
        pipeline.first += (f"SELECT pg_advisory_xact_lock_shared({ADVISORY_LOCK})",)


def _keeps_names(pipeline: Pipeline) -> bool:
    """Whether the pooler keeps names: it has others for the server then.

    Where it does not, another session knows nothing of them, or what somebody else prepared.
    """
    pipeline.begin(writes=True)
    try:
        name = pipeline.prepare(_OF_THAT_NAME)
        is_found = pipeline.execute(_OF_THAT_NAME, (name,)).fetchone() is not None
        if is_found:
            pipeline.execute(f"DEALLOCATE {name}")
        pipeline.commit(writes=True)
    except errors.DuplicatePreparedStatement:
        pipeline.roll_back()
        return False
    return not is_found


def _milliseconds(patience: float) -> int:
    return round(patience * 1000)
