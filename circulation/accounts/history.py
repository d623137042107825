"""Loans of a patron that are over, as far as they still name the patron."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select

from catalogue.database import Statement, Transaction, columns, many
from catalogue.schema import items, records
from circulation.kernel.paging import END, MOST, Page, Place
from circulation.loans.schema import loans


class EndedLoan(NamedTuple):
    """A loan that is over. `branch_id` is where it was made."""

    id: int
    barcode: str
    record_id: int
    title: str
    author: str
    material_group: str
    branch_id: int
    checked_out: datetime
    due: datetime
    checked_in: datetime


@many(EndedLoan)
def _ended(*, patron_id: int, before: datetime, before_id: int, at_most: int) -> Statement:
    its = loans.c
    # The page first, and then what its lines are about: PostgreSQL would look up the items of all
    # loans that ended at the same moment, as those of a class do, to put them in order.
    page = (
        select(its.id)
        .where(
            its.patron_id == patron_id,
            its.checked_in.is_not(None),
            # Said twice: the first condition is what the index can be walked by.
            its.checked_in <= before,
            or_(its.checked_in < before, its.id < before_id),
        )
        .order_by(its.checked_in.desc(), its.id.desc())
        .limit(at_most)
    )
    own = {"id": its.id, "branch_id": its.branch_id, "material_group": its.material_group}
    return (
        select(*columns(EndedLoan, loans, items, records, **own))
        .select_from(loans)
        .join(items, items.c.id == its.item_id)
        .join(records, records.c.id == items.c.record_id)
        .where(its.id.in_(page))
        .order_by(its.checked_in.desc(), its.id.desc())
    )


def ended_loans(
    transaction: Transaction, *, patron_id: int, after: Place | None, limit: int
) -> Page[EndedLoan]:
    """The loans that are over, the last return first: a page behind that place."""
    at_most, (before, before_id) = min(max(limit, 1), MOST), after or END
    found = _ended(
        transaction,
        patron_id=patron_id,
        before=before,
        before_id=before_id,
        at_most=at_most + 1,
    )
    lines = tuple(found[:at_most])
    if len(found) <= at_most:
        return Page(lines, None)
    return Page(lines, Place(lines[-1].checked_in, lines[-1].id))
