"""How many holds a patron has: what the facts of a patron say of them, and the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Select, and_, func, literal_column, select

from catalogue.database import Statement, scalar_one
from circulation.holds.schema import captures, holds
from circulation.kernel.parts import Part
from circulation.patrons.schema import patrons

IS_OPEN = holds.c.closed.is_(None)

#: An item lies on the shelf of the branch where it is to be fetched.
IS_READY = and_(
    captures.c.released.is_(None),
    captures.c.shelved.is_not(None),
    captures.c.shelf_branch_id == holds.c.pickup_branch_id,
)


def ready_of(what: ColumnElement[Any], patron_id: int | Column[int]) -> Select[Any]:
    """They are found by what is kept for the patron, however many holds there are."""
    kept = captures.join(holds, holds.c.id == captures.c.hold_id)
    return (
        select(what).select_from(kept).where(captures.c.patron_id == patron_id, IS_OPEN, IS_READY)
    )


def _counted(patron_id: int | Column[int]) -> Select[Any]:
    return select(func.count()).select_from(holds).where(holds.c.patron_id == patron_id, IS_OPEN)


class HoldsOfPatron(NamedTuple):
    """How many open holds a patron has, and for how many of them an item lies ready. Not counted
    for somebody who borrows."""

    number: int
    ready: int


_NOT_COUNTED: ColumnElement[int] = literal_column("0")

HOLDS_OF_PATRON = Part(
    HoldsOfPatron,
    {
        "number": _counted(patrons.c.id).correlate(patrons).scalar_subquery(),
        "ready": ready_of(func.count(), patrons.c.id).correlate(patrons).scalar_subquery(),
    },
    keys=("number",),
    cheaper={"number": _NOT_COUNTED, "ready": _NOT_COUNTED},
)
NO_HOLDS = HoldsOfPatron(0, 0)


@scalar_one(int)
def number_of_holds(*, patron_id: int) -> Statement:
    """How many open holds the patron has."""
    return _counted(patron_id)
