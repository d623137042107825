"""Interlibrary loans for staff: what is open, what is to go home; and clearing up behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam

from catalogue.database import Transaction, many
from circulation.interlending.rows import InterlibraryLoan, loan_by_id, select_loans, store
from circulation.interlending.schema import interlibrary_loans
from circulation.interlending.temporary import remove_temporary
from circulation.kernel.engine import Circulation

_table = interlibrary_loans
#: How many rows a step of clearing up looks at.
AT_MOST = 100

_open: Callable[..., list[InterlibraryLoan]] = many(
    select_loans(_table.c.closed.is_(None)).order_by(_table.c.created, _table.c.id),
    InterlibraryLoan,
)
_named: Callable[..., list[InterlibraryLoan]] = many(
    select_loans(_table.c.request_id == bindparam("of_request")).order_by(_table.c.id),
    InterlibraryLoan,
    "of_request",
)
_left_behind: Callable[..., list[InterlibraryLoan]] = many(
    select_loans(
        _table.c.closed.is_not(None),
        _table.c.made_here,
        _table.c.item_id.is_not(None),
        _table.c.id > bindparam("after"),
    )
    .order_by(_table.c.id)
    .limit(AT_MOST),
    InterlibraryLoan,
    "after",
)


def open_loans(transaction: Transaction) -> list[InterlibraryLoan]:
    """All that are under way, the oldest first."""
    return _open(transaction)


def loans_of_request(transaction: Transaction, request_id: str) -> list[InterlibraryLoan]:
    """Those that any partner calls so."""
    return _named(transaction, request_id)


def clear_up(
    circulation: Circulation, transaction: Transaction, *, now: datetime, after: int = 0
) -> tuple[int, int | None]:
    """Takes away temporary items that had to stay for what was owed, and is owed no more.

    How many have gone, and from which id the next step goes on; None: that was all.
    """
    found = _left_behind(transaction, after)
    gone = 0
    for each in found:
        loan = loan_by_id(transaction, each.id)
        if loan is not None and remove_temporary(circulation, transaction, None, loan, now):
            store(transaction, loan._replace(item_id=None, record_id=None))
            gone += 1
    return gone, found[-1].id if len(found) == AT_MOST else None
