"""Off-line acts that could not be done: of a patron or an item that is not known, for example.

What has happened while the line was down has happened, so such an act is accepted like all others.
It is kept on the list of off-line acts, with the card, the item, and when it was. It is tried again
when its card or item comes (`circulation.loans.waiting`), or until staff settle it.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import exists, insert, select

from catalogue.database import Statement, lock, scalar, scalar_one, send
from catalogue.schema import branches, items
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
    returned: datetime | None,
    state: str,
    source: str,
    amount: str | None,
    line_key: str | None,
) -> Statement:
    return insert(loan_conflicts).values(locals())


@scalar_one(bool)
def _is_noted(
    *, branch_id: int, act: str, item_barcode: str, patron_identifier: str, happened: datetime
) -> Statement:
    told = (loan_conflicts.c[name] == value for name, value in locals().items())
    return select(exists().where(*told))


@lock
def lock_reports(*, branch_id: int) -> Statement:
    """Lock the list of a branch: the same act is listed once, however many report it at once."""
    its = select(branches.c.id).where(branches.c.id == branch_id)
    return its.with_for_update(key_share=True)


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
    PAYMENT = "payment"
    REGISTRATION = "registration"


class ActState(Enum):
    """What has become of an off-line act. The value is what `loan_conflicts.state` holds."""

    OPEN = "open"  # it could not be done, and is tried again
    CONFLICT = "conflict"  # done, against the rules: for staff to see to
    DONE = "done"  # it was open, and is done now
    SETTLED = "settled"  # staff have seen to it


class Source(Enum):
    """How an off-line act became known. The value is what `loan_conflicts.source` holds."""

    SIP2 = "sip2"
    PROXY = "proxy"
    KOC = "koc"
    EVERGREEN = "evergreen"
    DESK = "desk"
    API = "api"


class OffLineReport(NamedTuple):
    """What a machine has done off line, and why it could not be done here: `refused`.

    `patron` is empty for a check-in. `returned` is given for a return that staff dated back before
    `happened`, `amount` for a payment, `line_key` for a line of a file. `patron_id` is given where
    the patron is known by more than the card.
    """

    reported: Reported
    item: str
    patron: str
    refused: Refused
    happened: datetime | None = None
    due: datetime | None = None
    source: Source | None = None
    returned: datetime | None = None
    amount: str | None = None
    line_key: str | None = None


def take_report(act: Act, report: OffLineReport) -> None:
    """Put on the list what could not be done.

    National numbers are kept as they always are. The same act is listed once, settled or not.
    """
    transaction, circulation, desk, now = act
    reported, item, patron, refused, happened, due, source, returned, amount, line_key = report
    card = IDENTIFIERS.of(circulation).stored(patron)[:_LONGEST]
    item, happened = item[:_LONGEST], happened or now
    said: dict[str, Any] = {
        "branch_id": desk.branch_id,
        "act": reported.value,
        "item_barcode": item,
        "patron_identifier": card,
        "happened": happened,
    }
    lock_reports(transaction, branch_id=desk.branch_id)
    if line_key is None and _is_noted(transaction, **said):
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
        returned=returned,
        state=ActState.OPEN.value,
        source=source.value if source is not None else "",
        amount=amount,
        line_key=line_key,
        **said,
    )
