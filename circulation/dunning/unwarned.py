"""Patrons who owe enough to be blocked and could not be warned: nobody is blocked automatically,
staff decide."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Unpack

from sqlalchemy import Select, or_, select

from catalogue.database import Transaction, columns
from catalogue.schema import agencies
from circulation.fees.schema import debt_warnings
from circulation.kernel.paging import Asked, Order, Page, Place, paged
from circulation.notices.kinds import NoticeState
from circulation.notices.schema import notices, stored
from circulation.patrons.schema import patrons

#: A message that is under way is no concern of the staff until it has been so for this long.
_UNDER_WAY = timedelta(days=2)


class Unwarned(NamedTuple):
    """A debt at the threshold whose warning has reached nobody. `notice_id` is the message, None
    where no rule sends any; `state` and `why` tell how far it has come."""

    patron_id: int
    patron_name: str
    agency: str
    amount: int
    currency: str
    since: datetime
    notice_id: int | None
    state: str | None
    why: str | None


@paged(
    Unwarned,
    Order(
        moment=debt_warnings.c.warned,
        key=debt_warnings.c.patron_id,
        branch=patrons.c.home_branch_id,
        place_of=lambda line: Place(line.since, line.patron_id),
    ),
)
def _unwarned(*, under_way_since: datetime) -> Select[Any]:
    told = {
        "patron_name": patrons.c.name,
        "agency": agencies.c.isil,
        "since": debt_warnings.c.warned,
        "state": notices.c.state,
        "why": notices.c.why,
    }
    return (
        select(*columns(Unwarned, debt_warnings, **told))
        .select_from(
            debt_warnings.join(patrons, patrons.c.id == debt_warnings.c.patron_id)
            .join(agencies, agencies.c.id == debt_warnings.c.agency_id)
            .outerjoin(notices, notices.c.id == debt_warnings.c.notice_id)
        )
        .where(
            debt_warnings.c.reached.is_(None),
            debt_warnings.c.blocked.is_(None),
            or_(
                notices.c.id.is_(None),
                notices.c.state.not_in(
                    stored((NoticeState.WAITING, NoticeState.SENDING, NoticeState.SENT))
                ),
                debt_warnings.c.warned < under_way_since,
            ),
        )
    )


def unwarned_debtors(
    transaction: Transaction, *, now: datetime, **page: Unpack[Asked]
) -> Page[Unwarned]:
    """Those whom a warning has not reached, the oldest first; patrons of one branch, or all."""
    return _unwarned(transaction, under_way_since=now - _UNDER_WAY, **page)
