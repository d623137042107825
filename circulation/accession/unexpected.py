"""What was scanned in receiving and nobody had announced: a list for staff to settle."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, insert, or_, select, type_coerce, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    scalar,
    scalar_one,
    send,
)
from catalogue.schema import items, records
from circulation.accession.schema import unexpected_items
from circulation.kernel.act import Act
from circulation.kernel.paging import MOST, PAGE


class UnexpectedItem(NamedTuple):
    """A line of the list of what nobody had announced and staff have not settled."""

    id: int
    noted: datetime
    branch_id: int
    scanned: str
    actor: str
    barcode: str | None  # where it was taken in
    title: str | None


@scalar(int)
def _open_unexpected(*, branch_id: int, scanned: str) -> Statement:
    return select(unexpected_items.c.id).where(
        unexpected_items.c.branch_id == branch_id,
        unexpected_items.c.scanned == scanned,
        unexpected_items.c.settled.is_(None),
        unexpected_items.c.item_id.is_(None),
    )


@scalar_one(int)
def _insert_unexpected(*, branch_id: int, scanned: str, noted: datetime, actor: str) -> Statement:
    return insert(unexpected_items).values(locals()).returning(unexpected_items.c.id)


@send
def took_in(*, unexpected_id: int, item_id: int) -> Statement:
    """The item was taken into the library all the same."""
    its = unexpected_items.c.id == unexpected_id
    return update(unexpected_items).where(its).values(item_id=item_id)


@change
def _settle(*, unexpected_id: int, settled: datetime) -> Statement:
    return (
        update(unexpected_items)
        .where(unexpected_items.c.id == unexpected_id, unexpected_items.c.settled.is_(None))
        .values(settled=settled)
    )


def note_unexpected(act: Act, scanned: str) -> int:
    """Notes it once for each branch, until it is settled or taken in; gives the id."""
    transaction, _, desk, now = act
    noted = _open_unexpected(transaction, branch_id=desk.branch_id, scanned=scanned)
    return noted or _insert_unexpected(
        transaction, branch_id=desk.branch_id, scanned=scanned, noted=now, actor=desk.actor
    )


@many(UnexpectedItem)
def _unsettled(*, after_id: int, branch_id: int, at_most: int) -> Statement:
    """`branch_id` 0: of all branches."""
    own = {"barcode": items.c.barcode, "title": records.c.title}
    return (
        select(*columns(UnexpectedItem, unexpected_items, **own))
        .select_from(
            unexpected_items.outerjoin(items, items.c.id == unexpected_items.c.item_id).outerjoin(
                records, records.c.id == items.c.record_id
            )
        )
        .where(
            unexpected_items.c.settled.is_(None),
            unexpected_items.c.id > after_id,
            or_(
                type_coerce(branch_id, Integer) == 0,
                unexpected_items.c.branch_id == branch_id,
            ),
        )
        .order_by(unexpected_items.c.id)
        .limit(at_most)
    )


@scalar(int)
def branch_of_unexpected(*, unexpected_id: int) -> Statement:
    """The branch of a line of that list, settled or not."""
    its = unexpected_items.c
    return select(its.branch_id).where(its.id == unexpected_id)


def unexpected_of(
    transaction: Transaction, *, branch_id: int | None = None, after: int = 0, limit: int = PAGE
) -> list[UnexpectedItem]:
    """What nobody had announced and nobody has settled, the oldest first, after that id."""
    at_most = min(max(limit, 1), MOST)
    return _unsettled(transaction, after_id=after, branch_id=branch_id or 0, at_most=at_most)


def settle_unexpected(transaction: Transaction, unexpected_id: int, *, now: datetime) -> bool:
    """Takes a line off that list; False where it is not on it."""
    return _settle(transaction, unexpected_id=unexpected_id, settled=now) == 1
