"""How many holds a patron has: what the facts of a patron say of them, and the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, select

from catalogue.database import Statement, columns, one, scalar_one
from circulation.holds.schema import captures, holds
from circulation.kernel.parts import Part
from circulation.patrons.schema import patrons


class HoldsOfPatron(NamedTuple):
    """The patron has open holds. Not read for somebody who borrows."""

    is_there: bool


HOLDS_OF_PATRON = Part(
    HoldsOfPatron,
    {
        "is_there": exists()
        .where(holds.c.patron_id == patrons.c.id, holds.c.closed.is_(None))
        .correlate(patrons)
    },
    keys=("is_there",),
    cheaper={"is_there": literal_column("0")},
)


IS_OPEN = holds.c.closed.is_(None)


class OpenHolds(NamedTuple):
    """How many open holds a patron has, and for how many of them an item lies ready."""

    number: int
    ready: int


#: An item lies on the shelf of the branch where it is to be fetched.
IS_READY = and_(
    captures.c.released.is_(None),
    captures.c.shelved.is_not(None),
    captures.c.shelf_branch_id == holds.c.pickup_branch_id,
)


def ready_of(what: ColumnElement[Any], patron_id: int) -> Select[Any]:
    """They are found by what is kept for the patron, however many holds there are."""
    kept = captures.join(holds, holds.c.id == captures.c.hold_id)
    return (
        select(what).select_from(kept).where(captures.c.patron_id == patron_id, IS_OPEN, IS_READY)
    )


def _counted(patron_id: int) -> Select[Any]:
    return select(func.count()).select_from(holds).where(holds.c.patron_id == patron_id, IS_OPEN)


@scalar_one(int)
def number_of_holds(*, patron_id: int) -> Statement:
    """How many open holds the patron has."""
    return _counted(patron_id)


@one(OpenHolds)
def open_holds(*, patron_id: int) -> Statement:
    number, ready = _counted(patron_id), ready_of(func.count(), patron_id)
    counts = {"number": number.scalar_subquery(), "ready": ready.scalar_subquery()}
    return select(*columns(OpenHolds, **counts))
