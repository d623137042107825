"""Who answers for a child, where both are patrons that were moved or are here already.

In a move pairs are written as they are. Where a register tells of them (`members` or `persons`
stand in the same plan), they are what staff would have done: an event each, and refused where it
cannot be. A pair that a whole delivery does not have any more has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from sqlalchemy import delete, insert

from catalogue.database import Statement, send_many
from circulation.kernel.act import Act
from circulation.moving.keys import Moved, MovedRow, moved, remember
from circulation.moving.lookups import patrons_of
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import MOMENT, TEXT, TRUTH
from circulation.patrons.guardians import add_guardian, guardians_of, remove_guardian
from circulation.patrons.registering import home_branch_of
from circulation.patrons.schema import patron_guardians

#: The guardian of a pair, by the key of the row.
_PAIR: Final = "guardians.guardian"
_REGISTERS: Final = {"members", "persons"}


class GuardianRow(NamedTuple):
    """What a plan may say: `guardian` answers for `patron`."""

    patron: Annotated[str, TEXT]
    guardian: Annotated[str, TEXT]
    since: Annotated[datetime | None, MOMENT] = None
    sees_account: Annotated[bool, TRUTH] = False
    has_ended: Annotated[bool, TRUTH] = False


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
    remembered: list[MovedRow] = []
    is_register = not batch.kinds.isdisjoint(_REGISTERS)
    for each in batch.left(both):
        row: GuardianRow = each.row
        patron_id, guardian_id = wards[id(each)].id, guardians[id(each)].id
        if patron_id == guardian_id:
            batch.set_aside(each, "nobody's own guardian", "guardian")
            continue
        each.row_id = patron_id
        remembered.append(MovedRow(batch.moving.source, _PAIR, each.key, guardian_id, 0))
        if row.has_ended:
            _part(batch, patron_id, guardian_id)
        elif is_register:
            _join(batch, each, patron_id, guardian_id)
        else:
            since = row.since or batch.moving.now
            its = _Stored(patron_id, guardian_id, since, row.sees_account)
            stored[patron_id, guardian_id] = its
    _forget(batch.transaction, list(stored.values()))
    _insert(batch.transaction, list(stored.values()))
    remember(batch.transaction, remembered)


def _act(batch: Batch, patron_id: int) -> Act:
    moving, home = batch.moving, home_branch_of(batch.transaction, patron_id=patron_id)
    assert home is not None
    return Act(batch.transaction, moving.circulation, moving.desk(home), moving.now)


def _join(batch: Batch, arrival: Arrival, patron_id: int, guardian_id: int) -> None:
    known = guardians_of(batch.transaction, patron_id=patron_id)
    if any(each.patron_id == guardian_id for each in known):
        return
    act = _act(batch, patron_id)
    today, sees_account = batch.moving.set_up.day(batch.moving.now), arrival.row.sees_account
    try:
        add_guardian(act, patron_id, guardian_id, today=today, sees_account=sees_account)
    except ValueError:
        batch.set_aside(arrival, "neither a child nor somebody grown up", "guardian")


def _part(batch: Batch, patron_id: int, guardian_id: int) -> None:
    remove_guardian(_act(batch, patron_id), patron_id, guardian_id)


def end_guardians(batch: Batch, gone: Sequence[Moved]) -> None:
    """They do not answer for these children any more."""
    source, keys = batch.moving.source, [each.key for each in gone]
    pairs = moved(batch.transaction, keys=keys, source=source, kind=_PAIR)
    guardian_of = {each.key: each.row_id for each in pairs}
    for each in gone:
        _part(batch, each.row_id, guardian_of[each.key])


GUARDIANS = Kind("guardians", GuardianRow, store_guardians, end_guardians)
