"""Interlibrary loans for staff: what is open, what is to go home; and clearing up behind them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, or_, select

from catalogue.database import Statement, Transaction, many, scalar
from circulation.callers.partners import PARTNERS, USUAL_PROTOCOL
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.rows import InterlibraryLoan, loan_by_id, select_loans, store
from circulation.interlending.schema import interlibrary_loans, partner_notices
from circulation.interlending.states import LendingState, Role
from circulation.interlending.temporary import remove_temporary
from circulation.kernel.act import Act

_table = interlibrary_loans
#: How many rows a step of clearing up looks at.
AT_MOST = 100


@many(InterlibraryLoan)
def open_loans() -> Statement:
    """All that are under way, the oldest first."""
    return select_loans(_table.c.closed.is_(None)).order_by(_table.c.created, _table.c.id)


@scalar(bool)
def _is_open(*, partner: str) -> Statement:
    return select(
        or_(
            exists().where(_table.c.partner == partner, _table.c.closed.is_(None)),
            exists().where(
                partner_notices.c.partner == partner,
                partner_notices.c.sent.is_(None),
                partner_notices.c.given_up.is_(None),
            ),
        )
    )


def is_under_way(transaction: Transaction, partner: str) -> bool:
    """Is a loan open with the partner (its folded agency), or something to be told to it?"""
    return bool(_is_open(transaction, partner=partner))


@many(InterlibraryLoan)
def loans_of_request(*, request_id: str) -> Statement:
    """Those that any partner calls so."""
    return select_loans(_table.c.request_id == request_id).order_by(_table.c.id)


@many(InterlibraryLoan)
def _left_behind(*, after: int) -> Statement:
    return (
        select_loans(
            _table.c.closed.is_not(None),
            _table.c.made_here,
            _table.c.item_id.is_not(None),
            _table.c.id > after,
        )
        .order_by(_table.c.id)
        .limit(AT_MOST)
    )


@many(InterlibraryLoan)
def _overdue(*, until: datetime, after: int) -> Statement:
    """What we have lent that is late, and whose borrower was not told so since it is."""
    told = exists().where(
        partner_notices.c.interlibrary_loan_id == _table.c.id,
        partner_notices.c.kind == PartnerNoticeKind.OVERDUE.value,
        partner_notices.c.written > _table.c.due,
    )
    return (
        select_loans(
            _table.c.role == Role.LENDER.value,
            or_(
                _table.c.state == LendingState.LENT.value,
                _table.c.state == LendingState.RECALLED.value,
            ),
            _table.c.due < until,
            _table.c.closed.is_(None),
            _table.c.id > after,
            ~told,
        )
        .order_by(_table.c.id)
        .limit(AT_MOST)
    )


def tell_overdue(act: Act, until: datetime, *, after: int = 0) -> tuple[int, int | None]:
    """Tells other libraries once what is late there, where their protocol has a word for it.

    How many were told, and from which id the next step goes on; None: that was all.
    """
    found = _overdue(act.transaction, until=until, after=after)
    for each in found:
        loan_by_id(act.transaction, each.id)
    locked = {each.id for each in found}
    partners = PARTNERS.of(act.circulation.current_set_up(act.transaction))
    told = 0
    # Under the locks: one may have come back, or another run may have told of it.
    for each in _overdue(act.transaction, until=until, after=after):
        is_apart = each.partner in partners and partners[each.partner].protocol != USUAL_PROTOCOL
        if each.id in locked and is_apart:
            tell(act, each, PartnerNoticeKind.OVERDUE, due=each.due)
            told += 1
    return told, found[-1].id if len(found) == AT_MOST else None


def clear_up(act: Act, *, after: int = 0) -> tuple[int, int | None]:
    """Takes away temporary items that had to stay for what was owed, and is owed no more.

    How many have gone, and from which id the next step goes on; None: that was all.
    """
    transaction = act.transaction
    found = _left_behind(transaction, after=after)
    gone = 0
    for each in found:
        loan = loan_by_id(transaction, each.id)
        if loan is not None and remove_temporary(act, loan):
            store(transaction, loan._replace(item_id=None, record_id=None))
            gone += 1
    return gone, found[-1].id if len(found) == AT_MOST else None
