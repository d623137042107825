"""What holds know of a patron."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from catalogue.database import Transaction, scalar, send
from circulation.holds.schema import captures, holds
from circulation.patrons.personal_data import Hindrance, PersonalData

_open_holds: Callable[..., int] = scalar(
    select(func.count())
    .select_from(holds)
    .where(holds.c.patron_id == bindparam("patron_id"), holds.c.closed.is_(None)),
    "patron_id",
)
_items_on_shelf: Callable[..., int] = scalar(
    select(func.count())
    .select_from(captures)
    .where(captures.c.patron_id == bindparam("patron_id")),
    "patron_id",
)
_forget_waits = send(
    update(holds)
    .where(
        holds.c.waits_for.in_(select(holds.c.id).where(holds.c.patron_id == bindparam("patron_id")))
    )
    .values(waits_for=None),
    "patron_id",
)


def _forget(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """The holds of the patron go: those of others wait for them no more."""
    _forget_waits(transaction, patron_id)


PERSONAL = PersonalData(
    (
        Hindrance(_open_holds, "there are holds that are open"),
        Hindrance(_items_on_shelf, "an item lies on the hold shelf still"),
    ),
    _forget,
)
