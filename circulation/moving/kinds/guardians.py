"""Who answers for a child, where both are patrons that were moved or are here already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from sqlalchemy import delete, insert

from catalogue.database import Statement, send_many
from circulation.moving.lookups import patrons_of
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import MOMENT, TEXT, TRUTH
from circulation.patrons.schema import patron_guardians


class GuardianRow(NamedTuple):
    """What a plan may say: `guardian` answers for `patron`."""

    patron: Annotated[str, TEXT]
    guardian: Annotated[str, TEXT]
    since: Annotated[datetime | None, MOMENT] = None
    sees_account: Annotated[bool, TRUTH] = False


class _Stored(NamedTuple):
    patron_id: int
    guardian_id: int
    since: datetime
    sees_account: bool


@send_many
def _insert(record: _Stored) -> Statement:
    return insert(patron_guardians).values(record._asdict())


@send_many
def _forget(record: _Stored) -> Statement:
    its = patron_guardians.c
    return delete(patron_guardians).where(
        its.patron_id == record.patron_id, its.guardian_id == record.guardian_id
    )


def store_guardians(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes who answers for whom, once for each pair."""
    both = [*new, *changed]
    wards, guardians = patrons_of(batch, both), patrons_of(batch, both, "guardian")
    stored: dict[tuple[int, int], _Stored] = {}
    for each in batch.left(both):
        row: GuardianRow = each.row
        patron_id, guardian_id = wards[id(each)].id, guardians[id(each)].id
        if patron_id == guardian_id:
            batch.set_aside(each, "nobody's own guardian", "guardian")
            continue
        each.row_id = patron_id
        since = row.since or batch.moving.now
        stored[patron_id, guardian_id] = _Stored(patron_id, guardian_id, since, row.sees_account)
    _forget(batch.transaction, list(stored.values()))
    _insert(batch.transaction, list(stored.values()))


GUARDIANS = Kind("guardians", GuardianRow, store_guardians)
