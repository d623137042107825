"""Off-line reports that cannot be booked: of a patron or an item that nobody knows, say.

What has happened while the line was down has happened, so such a report is accepted like all
others. There is no loan to keep, so it becomes a line on the work list of conflicts, for staff to
settle: who was named, which item, when, and until when it was lent.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import exists, insert, select

from catalogue.database import Statement, scalar, scalar_one, send
from catalogue.schema import items
from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from circulation.loans.schema import loan_conflicts, loans
from circulation.patrons.identifiers import IDENTIFIERS, find_patron


@send
def _insert_report(
    *,
    item_id: int | None,
    patron_id: int | None,
    branch_id: int,
    noted: datetime,
    reasons: str,
    act: str | None,
    item_barcode: str | None,
    patron_identifier: str | None,
    happened: datetime | None,
    due: datetime | None,
) -> Statement:
    return insert(loan_conflicts).values(locals())


@scalar_one(bool)
def _is_noted(
    *, branch_id: int, act: str, item_barcode: str, patron_identifier: str, happened: datetime
) -> Statement:
    told = (loan_conflicts.c[name] == value for name, value in locals().items())
    return select(exists().where(loan_conflicts.c.settled.is_(None), *told))


@scalar(datetime)
def lent_since(*, barcode: str) -> Statement:
    """Since when the item is on loan: a return of before that does not end this loan."""
    return (
        select(loans.c.checked_out)
        .select_from(loans.join(items, items.c.id == loans.c.item_id))
        .where(items.c.barcode == barcode, loans.c.checked_in.is_(None))
    )


def is_same_second(told: datetime, began: datetime) -> bool:
    """Is that the second, told by a machine, in which something began? It comes after that, then,
    though the whole second is before it."""
    return told == began.replace(microsecond=0)


#: The longest identifier that is kept.
_LONGEST = 255


class Reported(Enum):
    """What a machine says that it has done."""

    CHECK_OUT = "check-out"
    RENEWAL = "renewal"
    CHECK_IN = "check-in"


class OffLineReport(NamedTuple):
    """What a machine has done off line, and why it could not be booked: `refused`.

    `patron` is empty for a check-in.
    """

    reported: Reported
    item: str
    patron: str
    refused: Refused
    happened: datetime | None = None
    due: datetime | None = None


def take_report(act: Act, report: OffLineReport) -> None:
    """Notes what `check_out`, `renew` or `check_in` could not book.

    National numbers are kept as they always are. The same report is noted once.
    """
    transaction, circulation, desk, now = act
    reported, item, patron, refused, happened, due = report
    card = IDENTIFIERS.of(circulation).stored(patron)[:_LONGEST]
    item, happened = item[:_LONGEST], happened or now
    said: dict[str, Any] = {
        "branch_id": desk.branch_id,
        "act": reported.value,
        "item_barcode": item,
        "patron_identifier": card,
        "happened": happened,
    }
    if _is_noted(transaction, **said):
        return
    patron_id = refused.patron.id if refused.patron is not None else None
    if patron_id is None and patron:
        patron_id = find_patron(transaction, patron, key=IDENTIFIERS.of(circulation))
    _insert_report(
        transaction,
        item_id=refused.item.id if refused.item is not None else None,
        patron_id=patron_id,
        noted=now,
        reasons=",".join(reason.name for reason in refused.reasons),
        due=due,
        **said,
    )
