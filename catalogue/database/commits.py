"""What became of a transaction whose COMMIT was not answered.

The server is queried by the transaction's id, on another connection. That decides for every
transaction, whether its work keeps an answer or not, as long as the server has the same history.
After a failover it may not: the id may be another transaction's there, and the outcome is unknown.
The caller's repetition then finds the kept answer, or finds that nothing was done.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from psycopg import errors

from catalogue.database.pipelines import Pipeline, TransactionId
from catalogue.database.replica_watch import POSITION

#: On a server that takes changes and has the same history; NULL on another.
_STATUS: Final = (
    "SELECT CASE WHEN NOT pg_is_in_recovery()"
    " AND left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) = %s"
    " THEN coalesce(pg_xact_status(%s::xid8), 'forgotten') END, pg_is_in_recovery()"
)
#: Ends the session of a transaction whose COMMIT has not come: it would keep its locks, and a late
#: COMMIT would be done after all. Its client has gone, so nobody else uses it.
_END_SESSION: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_xid = %s::xid8::xid AND wait_event = 'ClientRead'"
)
#: An entry of the log: its commit waits for the disk and for a synchronous replica.
_ENTRY: Final = "SELECT pg_logical_emit_message(true, 'tiro', '')"


class CommitOutcome(Enum):
    """What became of a transaction after COMMIT was sent."""

    COMMITTED = "committed"
    NOT_COMMITTED = "not committed"
    UNKNOWN = "unknown"


def find_outcome(
    connection: Pipeline, transaction: TransactionId, within: float
) -> CommitOutcome | None:
    """Return what became of the transaction; None while the server has not decided it.

    The old session may still be running its COMMIT, or waiting for a synchronous replica; one that
    waits for its client is ended. A server that does not answer `within` so many seconds is an
    error of psycopg.
    """
    usual, connection.answers_within = connection.answers_within, within
    try:
        connection.begin(writes=False)
    finally:
        connection.answers_within = usual
    try:
        asked = connection.execute(_STATUS, (transaction.timeline, transaction.number))
        status, is_in_recovery = asked.fetchone()
        if status == "in progress":
            connection.execute(_END_SESSION, (transaction.number,))
        connection.commit(writes=False)
    except errors.InvalidParameterValue:  # an id that this server has not given yet
        connection.roll_back()
        return CommitOutcome.UNKNOWN
    if is_in_recovery or status == "in progress":
        return None
    return {
        "committed": CommitOutcome.COMMITTED,
        "aborted": CommitOutcome.NOT_COMMITTED,
    }.get(status, CommitOutcome.UNKNOWN)


def confirm(connection: Pipeline, within: float) -> int:
    """Wait until what is committed by now is as durable as any commit; return the log's position.

    A server that was restarted while a commit waited for a synchronous replica shows that commit
    before the replica has it.
    """
    connection.begin(writes=True)
    connection.execute(_ENTRY)
    position: int = connection.commit(writes=True, then=POSITION, within=within)
    return position
