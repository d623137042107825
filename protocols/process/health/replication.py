"""What `tiro check` says of the replica of the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalogue.database import DatabaseUnavailable
from protocols.hosting.findings import Finding, error, warning
from protocols.process.configuration import Configuration

if TYPE_CHECKING:  # it needs the driver, which only those have who have a replica
    from catalogue.database import ReplicationStanding

_READS = "searches go to the primary until it does"


def replica_findings(configuration: Configuration) -> Iterator[Finding]:
    """Whether it answers, is one of this database and in step, and has what is acknowledged.

    Nothing where there is none, or where the database itself does not answer or has no driver
    here, which is said elsewhere.
    """
    following = configuration.database.following
    if following is None:
        return
    try:
        from catalogue.database import replication_standing

        standing = replication_standing(configuration.database_url, following)
    except (DatabaseUnavailable, ModuleNotFoundError):
        return
    yield from _of_replica(standing, following.lag_seconds)
    yield from _of_commits(standing)


def _of_replica(standing: ReplicationStanding, most: float) -> Iterator[Finding]:
    where = "[database] replica"
    if standing.unreachable is not None:
        yield warning(f"{where} cannot be reached: {standing.unreachable}; {_READS}")
    elif not standing.is_of_this_primary:
        yield error(f"{where} is no replica of this database: it holds another one")
    elif not standing.is_replica:
        yield warning(
            f"{where} is a primary itself and answers no searches: after a failover name the new"
            " replica"
        )
    elif standing.lag_seconds is None:
        yield warning(
            f"{where} is more than replica_lag_seconds ({most:g} s) behind; searches go to the"
            " primary until it is not"
        )


def _of_commits(standing: ReplicationStanding) -> Iterator[Finding]:
    if not standing.waits:
        yield warning(
            "[database] commits do not wait for the replica, so that a failover may lose what was"
            " acknowledged: set synchronous_standby_names on the primary, and synchronous_commit"
            " to on, or to remote_apply if searches are never to lag"
        )
    elif standing.has_synchronous is False:
        yield warning(
            "[database] commits wait for a synchronous replica, and none is connected: nothing can"
            f" be changed until one of synchronous_standby_names ({standing.waits_for}) is"
        )
