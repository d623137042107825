"""What was moved out of the database into files (`circulation.archiving.moving_out`), for those
who tell of what has happened: what is older is not here any more."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, columns, many, scalar, scalar_one
from catalogue.schema import items
from circulation.kernel.schema import moves_out


class MoveOut(NamedTuple):
    """What was there from before a day, and the folder that it went to.

    `digest` is the SHA-256 of the manifest in it; `events` and `loans` are the rows of its files.
    Some of them may still be in the database until it is `finished`.
    """

    id: int
    before: date
    folder: str
    digest: str
    events: int
    loans: int
    begun: datetime
    finished: datetime | None


@many(MoveOut)
def all_moves_out() -> Statement:
    """In the order in which they were begun."""
    return select(*columns(MoveOut, moves_out)).order_by(moves_out.c.id)


@scalar(date)
def moved_out_before() -> Statement:
    """The day before which events may be missing; None: nothing was moved out."""
    return select(func.max(moves_out.c.before, type_=moves_out.c.before.type))


@scalar_one(datetime)
def _added(*, item_id: int) -> Statement:
    return select(items.c.created).where(items.c.id == item_id)


def moves_out_of_item(transaction: Transaction, item_id: int) -> list[MoveOut]:
    """Those that may have taken away events of the item: it was there before their day."""
    moves = all_moves_out(transaction)
    added = _added(transaction, item_id=item_id).date() if moves else None
    return [each for each in moves if added is not None and added < each.before]
