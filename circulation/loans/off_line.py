"""Off-line reports that cannot be booked: of a patron or an item that nobody knows, say.

What has happened while the line was down has happened, so such a report is accepted like all
others. There is no loan to keep, but a line on the work list of conflicts, for staff to settle: who
was named, which item, when, and until when it was lent.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import bindparam, insert, select

from catalogue.database import scalar, send
from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from circulation.loans.schema import loan_conflicts
from circulation.patrons.identifiers import IDENTIFIERS, find_patron

_WRITTEN = (
    "item_id",
    "patron_id",
    "branch_id",
    "noted",
    "reasons",
    "act",
    "item_barcode",
    "patron_identifier",
    "happened",
    "due",
)
_insert_report = send(
    insert(loan_conflicts).values(
        {
            loan_conflicts.c[name]: bindparam(f"new_{name}", type_=loan_conflicts.c[name].type)
            for name in _WRITTEN
        }
    ),
    *(f"new_{name}" for name in _WRITTEN),
)
_same_report = scalar(
    select(loan_conflicts.c.id)
    .where(
        loan_conflicts.c.settled.is_(None),
        loan_conflicts.c.branch_id == bindparam("of_branch"),
        loan_conflicts.c.act == bindparam("of_act"),
        loan_conflicts.c.item_barcode == bindparam("of_item"),
        loan_conflicts.c.patron_identifier == bindparam("of_patron"),
        loan_conflicts.c.happened == bindparam("of_moment"),
    )
    .limit(1),
    "of_branch",
    "of_act",
    "of_item",
    "of_patron",
    "of_moment",
)

#: The longest identifier that is kept.
_LONGEST = 255


class Reported(Enum):
    """What a machine says that it has done."""

    CHECK_OUT = "check-out"
    RENEWAL = "renewal"
    CHECK_IN = "check-in"


def take_report(
    act: Act,
    reported: Reported,
    *,
    item: str,
    patron: str,
    refused: Refused,
    happened: datetime | None = None,
    due: datetime | None = None,
) -> None:
    """Notes what `check_out`, `renew` or `check_in` could not book, and why: `refused`.

    `patron` is empty for a check-in. National numbers are kept as they always are. The same report
    is noted once.
    """
    transaction, circulation, desk, now = act
    card = IDENTIFIERS.of(circulation).stored(patron)[:_LONGEST]
    item, happened = item[:_LONGEST], happened or now
    if _same_report(transaction, desk.branch_id, reported.value, item, card, happened) is not None:
        return
    patron_id = refused.patron.id if refused.patron is not None else None
    if patron_id is None and patron:
        patron_id = find_patron(transaction, patron, key=IDENTIFIERS.of(circulation))
    _insert_report(
        transaction,
        refused.item.id if refused.item is not None else None,
        patron_id,
        desk.branch_id,
        now,
        ",".join(reason.name for reason in refused.reasons),
        reported.value,
        item,
        card,
        happened,
        due,
    )
