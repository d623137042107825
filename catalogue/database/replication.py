"""How far a replica is behind its primary, for those who check before they rely on it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from catalogue.database.connections import bounded, first_line
from catalogue.database.contract import Following
from catalogue.database.outages import DatabaseUnavailable
from catalogue.database.replica_watch import IDENTITY, POSITION, REPLAYED

#: Seconds that a server has to answer.
_PATIENCE: Final = 5.0

#: Whoever may not look into the statistics is shown rows without a state.
_SYNCHRONOUS: Final = (
    "SELECT count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),"
    " count(*) FILTER (WHERE sync_state IS NULL) FROM pg_stat_replication"
)


@dataclass(frozen=True, slots=True)
class ReplicationStanding:
    """What was found of a replica.

    `unreachable`: why it does not answer; then nothing else is known of it. `lag_seconds`: how long
    it took to replay what was written when it was asked; None: longer than it may. The rest is the
    primary's: whether its commits wait for a replica, and whether there is one that they wait for,
    where this may be looked at.
    """

    unreachable: str | None
    is_of_this_primary: bool
    is_replica: bool
    lag_seconds: float | None
    waits_for: str
    waits: bool
    has_synchronous: bool | None


def replication_standing(url: str, following: Following) -> ReplicationStanding:
    """How the replica stands to the primary at `url`.

    Waits as long as the replica may lag. Raises DatabaseUnavailable where the primary does not
    answer.
    """
    try:
        primary = psycopg.connect(bounded(url, _PATIENCE), autocommit=True)
    except psycopg.Error as error:
        raise DatabaseUnavailable(first_line(error)) from None
    with closing(primary):
        waits_for = str(_value(primary, "SHOW synchronous_standby_names"))
        level = str(_value(primary, "SHOW synchronous_commit"))
        row = primary.execute(_SYNCHRONOUS).fetchone()
        synchronous, hidden = (0, 0) if row is None else row
        waits = waits_for != "" and level not in ("off", "local")
        has_synchronous = None if hidden and not synchronous else synchronous > 0
        facts = (waits_for, waits, has_synchronous)
        try:
            replica = psycopg.connect(bounded(following.url, _PATIENCE), autocommit=True)
        except psycopg.Error as error:
            return ReplicationStanding(first_line(error), True, True, None, *facts)
        with closing(replica):
            is_same = _value(primary, IDENTITY) == _value(replica, IDENTITY)
            is_replica = _value(replica, REPLAYED) >= 0
            lag = _lag(primary, replica, following.lag_seconds) if is_same and is_replica else None
        return ReplicationStanding(None, is_same, is_replica, lag, *facts)


def _lag(
    primary: psycopg.Connection[Any], replica: psycopg.Connection[Any], most: float
) -> float | None:
    began, position = time.monotonic(), _value(primary, POSITION)
    while _value(replica, REPLAYED) < position:
        if time.monotonic() - began > most:
            return None
        time.sleep(0.02)
    return time.monotonic() - began


def _value(connection: psycopg.Connection[Any], statement: str) -> Any:
    row = connection.execute(statement).fetchone()
    return None if row is None else row[0]
