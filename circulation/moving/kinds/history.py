"""Loans that are over: counted for the item, and kept with the patron who has consented alone.

A loan that was open in an earlier delivery, and has the same key there, is the one that is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, columns, many_of, send_many
from circulation.loans.schema import loans
from circulation.moving.keys import moved
from circulation.moving.kinds.uses import LentThere, note_loans
from circulation.moving.lookups import items_of, patrons_of
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import BRANCH, LAST_MOMENT, MOMENT, SMALL, TEXT
from circulation.patrons.kinds import Consent
from circulation.patrons.schema import patron_consents


class PastLoanRow(NamedTuple):
    """What a plan may say of a loan that is over."""

    item: Annotated[str, TEXT]
    checked_out: Annotated[datetime, MOMENT]
    checked_in: Annotated[datetime, MOMENT]
    due: Annotated[datetime | None, LAST_MOMENT] = None
    renewals: Annotated[int, SMALL] = 0
    branch: Annotated[int | None, BRANCH] = None
    patron: Annotated[str, TEXT] = ""


class _Stored(NamedTuple):
    id: int
    item_id: int
    patron_id: int | None
    branch_id: int
    material_group: str
    checked_out: datetime
    due: datetime
    renewals: int
    checked_in: datetime
    checked_in_branch_id: int


@send_many
def _insert(record: _Stored) -> Statement:
    return insert(loans).values(record._asdict())


class _Ended(NamedTuple):
    id: int
    checked_in: datetime


@send_many
def _end(record: _Ended) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == record.id)
        .values(checked_in=record.checked_in, checked_in_branch_id=loans.c.branch_id)
    )


class _Consented(NamedTuple):
    patron_id: int
    kind: str


@many_of(_Consented)
def _consents(*, patron_ids: Sequence[int]) -> Statement:
    its = patron_consents
    return select(*columns(_Consented, its)).where(its.c.patron_id.in_(patron_ids))


def store_past_loans(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes loans that are over; what is over does not change."""
    new = _not_here(batch, new)
    lent = items_of(batch, new)
    elsewhere = batch.moving.set_up.elsewhere
    for each in batch.left(new):
        branch_id = lent[id(each)].branch_id if each.row.branch is None else each.row.branch
        if elsewhere.was_taken_over(branch_id, each.row.checked_out):
            batch.keep(each)  # it was made here
    new = batch.left(new)
    borrowers = patrons_of(batch, [each for each in new if each.row.patron])
    ids = [*{each.id for each in borrowers.values()}]
    keeping = {
        each.patron_id
        for each in _consents(batch.transaction, patron_ids=ids)
        if each.kind == Consent.KEEP_HISTORY.value
    }
    stored = []
    for each in batch.left(new):
        row: PastLoanRow = each.row
        each.row_id = batch.moving.circulation.ids.next(batch.moving.now)
        item, borrower = lent[id(each)], borrowers.get(id(each))
        branch_id = item.branch_id if row.branch is None else row.branch
        keeper = borrower.id if borrower is not None and borrower.id in keeping else None
        stored.append(
            _Stored(
                each.row_id,
                item.id,
                keeper,
                branch_id,
                item.material_group,
                row.checked_out,
                row.due or row.checked_in,
                row.renewals,
                row.checked_in,
                branch_id,
            )
        )
    _insert(batch.transaction, stored)
    note_loans(batch, (LentThere(its.item_id, its.checked_out, its.renewals) for its in stored))


def _not_here(batch: Batch, new: Sequence[Arrival]) -> list[Arrival]:
    """Those that are not known as loans yet; of the others, the return is told."""
    keys = [each.key for each in new]
    here = {
        each.key: each.row_id
        for each in moved(batch.transaction, keys=keys, source=batch.moving.source, kind="loans")
    }
    for each in new:
        each.row_id = here.get(each.key)
    known = [each for each in new if each.row_id is not None]
    _end(batch.transaction, [_Ended(each.number, each.row.checked_in) for each in known])
    return [each for each in new if each.row_id is None]


HISTORY = Kind("history", PastLoanRow, store_past_loans)
