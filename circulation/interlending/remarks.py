"""What somebody should read about an interlibrary loan, and has not seen to yet.

A message of another library that the rules cannot act on is kept here for people: its words, its
terms, what it did not accept, and what contradicts what we know.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, many_of, one, send
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.schema import interlibrary_loans, interlibrary_remarks
from circulation.kernel.act import Act
from circulation.kernel.stored import stored_as

#: The longest text that is kept.
LONGEST = 4_000
#: How many of a kind wait about one loan. A program that goes wild must not bury what others write.
MOST_WAITING = 20
_AND_MORE = "More was written than is listed here."

_table = interlibrary_remarks


class RemarkKind(Enum):
    """What it is about. The value is what `interlibrary_remarks.kind` holds."""

    NOTE = "note"  # the other library writes something
    TERMS = "terms"  # it would lend on terms, or later: somebody has to decide
    LOST = "lost"  # it says that the item is lost
    FORWARDED = "forwarded"  # it has sent the item elsewhere
    ODD = "odd"  # what it says does not follow from what was said before
    DUE = "due"  # its owner wants it back soon, or by now
    REFUSED = "refused"  # it did not accept a message of ours, which is not sent again


class Remark(NamedTuple):
    """One of them, with the loan that it is about."""

    id: int
    interlibrary_loan_id: int
    partner: str
    request_id: str
    role: str
    title: str
    branch_id: int
    at: datetime
    kind: RemarkKind
    text: str
    settled: datetime | None


@send
def _insert(*, interlibrary_loan_id: int, at: datetime, kind: str, text: str) -> Statement:
    return insert(_table).values(locals())


@change
def _settle(*, remark_id: int, settled: datetime) -> Statement:
    return (
        update(_table)
        .where(_table.c.id == remark_id, _table.c.settled.is_(None))
        .values(settled=settled)
    )


_KIND = stored_as(_table.c.kind, RemarkKind)


@many(Remark)
def _waiting(*, loan_id: int, kind: str) -> Statement:
    return _remarks(
        _table.c.interlibrary_loan_id == loan_id,
        _table.c.kind == kind,
        _table.c.settled.is_(None),
    )


def _remarks(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*columns(Remark, _table, interlibrary_loans, kind=_KIND, id=_table.c.id))
        .join(interlibrary_loans, interlibrary_loans.c.id == _table.c.interlibrary_loan_id)
        .where(*conditions)
    )


@one(Remark)
def remark(*, remark_id: int) -> Statement:
    """The one of this number."""
    return _remarks(_table.c.id == remark_id)


@many_of(Remark)
def unsettled_remarks(*, branch_ids: Sequence[int], at_most: int) -> Statement:
    """Those of these branches that nobody has seen to, the oldest first."""
    waiting = _table.c.settled.is_(None), interlibrary_loans.c.branch_id.in_(branch_ids)
    return _remarks(*waiting).order_by(_table.c.at, _table.c.id).limit(at_most)


@many(Remark)
def remarks_of(*, loan_id: int) -> Statement:
    """All about a loan, the oldest first."""
    return _remarks(_table.c.interlibrary_loan_id == loan_id).order_by(_table.c.id)


def note_remark(act: Act, loan: InterlibraryLoan, kind: RemarkKind, text: str) -> None:
    """Puts it on the list of what somebody should read, once as long as it waits there, and of its
    kind `MOST_WAITING` about a loan: the last of them says that there are more."""
    text = text.strip()[:LONGEST]
    waiting = _waiting(act.transaction, loan_id=loan.id, kind=kind.value)
    if len(waiting) >= MOST_WAITING or any(each.text == text for each in waiting):
        return
    if len(waiting) == MOST_WAITING - 1:
        text = _AND_MORE
    _insert(act.transaction, interlibrary_loan_id=loan.id, at=act.now, kind=kind.value, text=text)


def settle_remark(transaction: Transaction, remark_id: int, now: datetime) -> bool:
    """Somebody has seen to it; False where somebody had before, or there is none."""
    return _settle(transaction, remark_id=remark_id, settled=now) > 0
