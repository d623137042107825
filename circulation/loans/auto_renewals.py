"""Loans that are renewed automatically when they are about to fall due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, columns, many
from catalogue.schema import items
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.parts import Registry
from circulation.kernel.results import Refused, Renewed
from circulation.kernel.set_up import read_set_up
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.renewals import renew
from circulation.loans.schema import loans
from circulation.loans.wishes import RenewalWish
from circulation.patrons.identifiers import known_as
from circulation.patrons.schema import patrons

#: The actor of the events.
ACTOR = "auto-renewal"

#: What follows where a loan was not renewed automatically: the act, the loan, and why not.
NOT_RENEWED: Registry[Callable[[Act, OpenLoan, Refused], None]] = Registry(
    "loans.auto_renewals:NOT_RENEWED"
)


class _FallingDue(NamedTuple):
    loan_id: int
    due: datetime
    barcode: str
    category: str
    material_group: str
    branch_id: int


@many(_FallingDue)
def _falling_due(*, since: datetime, until: datetime, after_id: int, at_most: int) -> Statement:
    return (
        select(
            *columns(
                _FallingDue,
                loans,
                items,
                patrons,
                loan_id=loans.c.id,
                material_group=loans.c.material_group,
                branch_id=loans.c.branch_id,
            )
        )
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id).join(
                patrons, patrons.c.id == loans.c.patron_id
            )
        )
        .where(
            loans.c.checked_in.is_(None),
            loans.c.due >= since,
            loans.c.due <= until,
            loans.c.id > after_id,
        )
        .order_by(loans.c.id)
        .limit(at_most)
    )


@dataclass(frozen=True, slots=True)
class AutoRenewed:
    """One page of automatic renewals; go on after the loan `last_id`, None when all are done."""

    renewed: tuple[Renewed, ...]
    refused: tuple[Refused, ...]
    last_id: int | None


def renew_automatically(
    act: Act, *, within: timedelta = timedelta(days=1), after_id: int = 0, limit: int = 200
) -> AutoRenewed:
    """Renews loans due between `now` and `within` later whose rules say ``auto_renew``.

    It is an ordinary renewal without the item at hand, and is refused for the same reasons: where
    somebody waits, the count is used up, or the patron is blocked or has no valid card. One that
    was made is not made again: its due date has moved on. Where another system looks after the
    branch, it renews loans itself. Looks at `limit` loans at most.
    """
    transaction, now = act.transaction, act.now
    set_up = read_set_up(transaction)
    page = _falling_due(
        transaction, since=now, until=now + within, after_id=after_id, at_most=limit
    )
    renewed, refused = [], []
    for row in page:
        if set_up.elsewhere.has(row.branch_id, now):
            continue
        if not set_up.terms(row.branch_id, row.category, row.material_group).auto_renew:
            continue
        lock_item(transaction, barcode=row.barcode)
        facts = item_facts(transaction, barcode=row.barcode)
        loan = None if facts is None else OPEN_LOAN.of(facts)
        if loan is None or loan.due > now + within:  # returned or renewed meanwhile
            continue
        borrower = known_as(transaction, patron_id=loan.patron_id)
        if borrower is None:
            continue
        there = act._replace(desk=set_up.desk(row.branch_id, ACTOR))
        answer = renew(there, RenewalWish(borrower, row.barcode, seen=False))
        if isinstance(answer, Renewed):
            renewed.append(answer)
        else:
            refused.append(answer)
            for tell in NOT_RENEWED:
                tell(there, loan, answer)
    is_last = len(page) < limit
    return AutoRenewed(tuple(renewed), tuple(refused), None if is_last else page[-1].loan_id)
