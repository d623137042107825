"""The longest queues: titles that most people wait for."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, columns, many
from catalogue.schema import branches, items, records
from circulation.holds.schema import holds


class QueueLength(NamedTuple):
    """A title, its open holds, and its copies wherever they are."""

    record_id: int
    title: str
    waiting: int
    copies: int


@many(QueueLength)
def longest_queues(*, agency_id: int, at_most: int) -> Statement:
    """Those of holds that are picked up at the agency's branches, the longest first."""
    waiting = func.count(holds.c.id)
    copies = (
        select(func.count(items.c.id)).where(items.c.record_id == records.c.id).scalar_subquery()
    )
    its = {"record_id": records.c.id, "waiting": waiting, "copies": copies}
    return (
        select(*columns(QueueLength, records, **its))
        .select_from(
            holds.join(records, records.c.id == holds.c.record_id).join(
                branches, branches.c.id == holds.c.pickup_branch_id
            )
        )
        .where(holds.c.closed.is_(None), branches.c.agency_id == agency_id)
        .group_by(records.c.id, records.c.title)
        .order_by(waiting.desc(), records.c.id)
        .limit(at_most)
    )
