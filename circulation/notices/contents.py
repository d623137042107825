"""What a message is about, as it stands now: the rows of its cause, with names for templates.

Each row says by itself whom it belongs to and how it stands; what of it may still be told is
decided in `circulation.notices.validity`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, columns, many_of
from catalogue.schema import branches, items, records
from circulation.holds.schema import captures, holds
from circulation.kernel.parts import Registry
from circulation.ledger.schema import charges
from circulation.loans.schema import loans
from circulation.notices.causes import Cause


class LoanTold(NamedTuple):
    """A loan; `branch` is where it was made, `checked_in` when it ended."""

    id: int
    patron_id: int | None
    co_patron_id: int | None
    barcode: str
    title: str
    author: str
    checked_out: datetime
    due: datetime
    renewals: int
    checked_in: datetime | None
    mark: str | None
    suspended_until: datetime | None
    recalled: datetime | None
    branch: str


class HoldTold(NamedTuple):
    """A hold; from `number` on, how its item stands on the shelf."""

    id: int
    patron_id: int
    title: str
    author: str
    branch: str
    interest_until: date
    closed: datetime | None
    outcome: str | None
    barcode: str | None
    number: int | None
    shelved: datetime | None
    deadline: datetime | None
    released: datetime | None


class ChargeTold(NamedTuple):
    """A charge; amounts in minor units."""

    id: int
    patron_id: int | None
    kind: str
    reason: str
    amount: int
    balance: int
    currency: str
    created: datetime


@many_of(LoanTold)
def loans_told(*, ids: Sequence[int]) -> Statement:
    return (
        select(*columns(LoanTold, loans, items, records, id=loans.c.id, branch=branches.c.name))
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id)
            .join(records, records.c.id == items.c.record_id)
            .join(branches, branches.c.id == loans.c.branch_id)
        )
        .where(loans.c.id.in_(ids))
        .order_by(loans.c.due, loans.c.id)
    )


@many_of(HoldTold)
def holds_told(*, ids: Sequence[int]) -> Statement:
    return (
        select(
            *columns(
                HoldTold,
                holds,
                records,
                items,
                captures,
                id=holds.c.id,
                patron_id=holds.c.patron_id,
                branch=branches.c.name,
            )
        )
        .select_from(
            holds.join(records, records.c.id == holds.c.record_id)
            .join(branches, branches.c.id == holds.c.pickup_branch_id)
            .outerjoin(captures, captures.c.hold_id == holds.c.id)
            .outerjoin(items, items.c.id == captures.c.item_id)
        )
        .where(holds.c.id.in_(ids))
        .order_by(captures.c.number, holds.c.id)
    )


@many_of(ChargeTold)
def charges_told(*, ids: Sequence[int]) -> Statement:
    return (
        select(*columns(ChargeTold, charges))
        .where(charges.c.id.in_(ids))
        .order_by(charges.c.created, charges.c.id)
    )


@dataclass
class Contents:
    """The rows of one or several causes."""

    loans: list[LoanTold] = field(default_factory=list)
    holds: list[HoldTold] = field(default_factory=list)
    charges: list[ChargeTold] = field(default_factory=list)
    bookings: list[Any] = field(default_factory=list)

    def of(self, noun: str) -> list[Any]:
        """The rows of a `Basis`."""
        found: list[Any] = getattr(self, noun)
        return found

    def only(self, cause: Cause) -> Contents:
        """The rows that are of that cause."""
        return Contents(
            **{noun: [row for row in self.of(noun) if row.id in cause.rows(noun)] for noun in NOUNS}
        )


NOUNS = ("loans", "holds", "charges", "bookings")


class Rows(NamedTuple):
    """How the rows of one noun are read: ``read(transaction, ids=...)``."""

    noun: str
    read: Callable[..., list[Any]]


OWN_ROWS = (Rows("loans", loans_told), Rows("holds", holds_told), Rows("charges", charges_told))
#: Each noun once; of a noun that nobody has brought there are no rows.
ROWS_TOLD: Registry[Rows] = Registry("notices.contents:ROWS_TOLD")


def read_contents(transaction: Transaction, causes: list[Cause]) -> Contents:
    """All rows of the causes as they stand now, each once; what is gone is left out."""
    found = {}
    for noun, read in ROWS_TOLD:
        wanted = sorted({each for cause in causes for each in cause.rows(noun)})
        found[noun] = read(transaction, ids=wanted)
    return Contents(**found)
