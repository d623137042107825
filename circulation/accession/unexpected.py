"""What was scanned in receiving and nobody had announced: a list for staff to settle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, insert, or_, select, update

from catalogue.database import Moment, Transaction, change, many, scalar, send
from catalogue.schema import items, records
from circulation.accession.deliveries import MOST, PAGE
from circulation.accession.schema import unexpected_items
from circulation.kernel.results import Desk


class UnexpectedItem(NamedTuple):
    """A line of the list of what nobody had announced and staff have not settled."""

    id: int
    noted: datetime
    branch_id: int
    scanned: str
    actor: str
    barcode: str | None  # where it was taken in
    title: str | None


_open_unexpected = scalar(
    select(unexpected_items.c.id).where(
        unexpected_items.c.branch_id == bindparam("branch_id"),
        unexpected_items.c.scanned == bindparam("scanned"),
        unexpected_items.c.settled.is_(None),
        unexpected_items.c.item_id.is_(None),
    ),
    "branch_id",
    "scanned",
)
_insert_unexpected = scalar(
    insert(unexpected_items)
    .values(
        branch_id=bindparam("new_branch_id"),
        scanned=bindparam("new_scanned"),
        noted=bindparam("new_noted", type_=Moment),
        actor=bindparam("new_actor"),
    )
    .returning(unexpected_items.c.id),
    "new_branch_id",
    "new_scanned",
    "new_noted",
    "new_actor",
)
_take_in = send(
    update(unexpected_items)
    .where(unexpected_items.c.id == bindparam("of"))
    .values(item_id=bindparam("new_item_id")),
    "of",
    "new_item_id",
)
_settle = change(
    update(unexpected_items)
    .where(unexpected_items.c.id == bindparam("of"), unexpected_items.c.settled.is_(None))
    .values(settled=bindparam("new_settled", type_=Moment)),
    "of",
    "new_settled",
)


def note_unexpected(transaction: Transaction, desk: Desk, scanned: str, now: datetime) -> int:
    """Notes it once for each branch, until it is settled or taken in; gives the id."""
    noted: int | None = _open_unexpected(transaction, desk.branch_id, scanned)
    if noted is None:
        noted = _insert_unexpected(transaction, desk.branch_id, scanned, now, desk.actor)
    assert noted is not None
    return noted


def took_in(transaction: Transaction, unexpected_id: int, item_id: int) -> None:
    """The item was taken into the library all the same."""
    _take_in(transaction, unexpected_id, item_id)


_UNSETTLED = (
    select(
        unexpected_items.c.id,
        unexpected_items.c.noted,
        unexpected_items.c.branch_id,
        unexpected_items.c.scanned,
        unexpected_items.c.actor,
        items.c.barcode,
        records.c.title,
    )
    .select_from(
        unexpected_items.outerjoin(items, items.c.id == unexpected_items.c.item_id).outerjoin(
            records, records.c.id == items.c.record_id
        )
    )
    .where(
        unexpected_items.c.settled.is_(None),
        unexpected_items.c.id > bindparam("after_id"),
        or_(
            bindparam("of_all", type_=Integer()) == 1,
            unexpected_items.c.branch_id == bindparam("branch_id"),
        ),
    )
    .order_by(unexpected_items.c.id)
    .limit(bindparam("at_most"))
)
_unsettled: Callable[..., list[Any]] = many(
    _UNSETTLED, UnexpectedItem, "after_id", "of_all", "branch_id", "at_most"
)


def unexpected_of(
    transaction: Transaction, *, branch_id: int | None = None, after: int = 0, limit: int = PAGE
) -> list[UnexpectedItem]:
    """What nobody had announced and nobody has settled, the oldest first, after that id."""
    at_most = min(max(limit, 1), MOST)
    return _unsettled(transaction, after, int(branch_id is None), branch_id or 0, at_most)


def settle_unexpected(transaction: Transaction, unexpected_id: int, *, now: datetime) -> bool:
    """Takes a line off that list; False where it is not on it."""
    return _settle(transaction, unexpected_id, now) == 1
