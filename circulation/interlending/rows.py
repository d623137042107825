"""Interlibrary loans as rows: read, begun, changed.

A change goes through `advance`, which asks the tables of `states`; nothing else writes the state.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, insert, select, update

from catalogue.database import Statement, Transaction, columns, lock, one, send, send_many
from circulation.interlending.schema import interlibrary_loans
from circulation.interlending.states import (
    OVER,
    BorrowingAction,
    LendingAction,
    Obstacle,
    Role,
    State,
    after,
    state_named,
)
from circulation.kernel.act import Act

_table = interlibrary_loans


class InterlibraryLoan(NamedTuple):
    """A row. `partner` is a folded agency; `user` names the patron as the partner does,
    but for national numbers (`circulation.patrons.identifiers.told_as`)."""

    id: int
    partner: str
    actor: str
    request_id: str
    role: str
    state_name: str
    item_id: int | None
    barcode: str
    record_id: int | None
    title: str
    author: str
    branch_id: int
    patron_id: int | None
    user: str
    hold_id: int | None
    loan_id: int | None
    due: datetime | None
    due_before: datetime | None
    renewable: bool
    made_here: bool
    goes_at_check_in: bool
    created: datetime
    changed: datetime
    closed: datetime | None
    details: str = "{}"
    case_id: int | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What else was said of it, by name."""
        found: dict[str, Any] = json.loads(self.details)
        return found

    def with_said(self, **said: Any) -> InterlibraryLoan:
        """The same with these details more; what is None is dropped."""
        new = {name: value for name, value in (self.said | said).items() if value is not None}
        return self._replace(details=json.dumps(new, sort_keys=True, ensure_ascii=False))

    @property
    def state(self) -> State:
        return state_named(self.role, self.state_name)

    @property
    def is_borrowed(self) -> bool:
        """Does the item belong to another library?"""
        return self.role == Role.BORROWER.value


def begun(act: Act, **known: Any) -> InterlibraryLoan:
    """An interlibrary loan that begins now at the desk: `known` is what is known of it, by field.

    We borrow, unless its role says otherwise.
    """
    loan_id = act.circulation.ids.next(act.now)
    usual: dict[str, Any] = dict.fromkeys(InterlibraryLoan._fields)
    usual |= {
        "id": loan_id,
        "request_id": str(loan_id),
        "role": Role.BORROWER.value,
        "barcode": "",
        "title": "",
        "author": "",
        "branch_id": act.desk.branch_id,
        "renewable": True,
        "made_here": True,
        "goes_at_check_in": False,
        "details": "{}",
        "created": act.now,
        "changed": act.now,
    }
    return InterlibraryLoan(**(usual | known))


def _stored(loan: InterlibraryLoan) -> dict[str, Any]:
    values = loan._asdict()
    return {"state": values.pop("state_name"), **values}


def select_loans(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Rows for a statement that makes an `InterlibraryLoan` of each."""
    return select(*columns(InterlibraryLoan, _table, state_name=_table.c.state)).where(*conditions)


@one(InterlibraryLoan)
def _by_id(*, loan_id: int) -> Statement:
    return select_loans(_table.c.id == loan_id)


@one(InterlibraryLoan)
def _of_item(*, item_id: int) -> Statement:
    return select_loans(_table.c.item_id == item_id, _table.c.closed.is_(None))


@one(InterlibraryLoan)
def last_loan_of_item(*, item_id: int) -> Statement:
    """The open one that the item is in, else the one that was over last."""
    return (
        select_loans(_table.c.item_id == item_id)
        .order_by(_table.c.closed.is_(None).desc(), _table.c.changed.desc())
        .limit(1)
    )


@one(InterlibraryLoan)
def _of_hold(*, hold_id: int) -> Statement:
    return select_loans(_table.c.hold_id == hold_id, _table.c.closed.is_(None))


@one(InterlibraryLoan)
def _of_request(*, partner: str, role: str, request_id: str) -> Statement:
    return (
        select_loans(
            _table.c.partner == partner, _table.c.role == role, _table.c.request_id == request_id
        )
        # One that is open before those that are over.
        .order_by(_table.c.closed.is_(None).desc(), _table.c.id.desc())
        .limit(1)
    )


@one(InterlibraryLoan)
def _of_barcode(*, partner: str, barcode: str) -> Statement:
    return (
        select_loans(_table.c.partner == partner, _table.c.barcode == barcode)
        .order_by(_table.c.closed.is_(None).desc(), _table.c.id.desc())
        .limit(1)
    )


#: Two messages about one loan wait for each other.
@lock
def _lock(*, loan_id: int) -> Statement:
    return select(_table.c.id).where(_table.c.id == loan_id).with_for_update()


@send_many
def _insert(loan: InterlibraryLoan) -> Statement:
    return insert(_table).values(_stored(loan))


_FIXED = ("id", "partner", "actor", "request_id", "role", "created", "made_here", "case_id")


@send_many
def _update(loan: InterlibraryLoan) -> Statement:
    changed = {name: value for name, value in _stored(loan).items() if name not in _FIXED}
    return update(_table).where(_table.c.id == loan.id).values(changed)


@send
def readdress_loan(*, loan_id: int, partner: str, actor: str, branch_id: int) -> Statement:
    """Another partner is asked for it than the one that was to be."""
    return (
        update(_table)
        .where(_table.c.id == loan_id)
        .values(partner=partner, actor=actor, branch_id=branch_id)
    )


def loan_by_id(transaction: Transaction, loan_id: int) -> InterlibraryLoan | None:
    """The interlibrary loan of this number, locked."""
    _lock(transaction, loan_id=loan_id)
    return _by_id(transaction, loan_id=loan_id)


def loan_of_request(
    transaction: Transaction, partner: str, role: Role, request_id: str
) -> InterlibraryLoan | None:
    """The one of the partner's request, locked: that which is open, else the last."""
    found = _of_request(transaction, partner=partner, role=role.value, request_id=request_id)
    return found and loan_by_id(transaction, found.id)


def loan_of_barcode(
    transaction: Transaction, partner: str, barcode: str
) -> InterlibraryLoan | None:
    """The one of the partner that this barcode stands in, open or the last, locked."""
    found = _of_barcode(transaction, partner=partner, barcode=barcode)
    return found and loan_by_id(transaction, found.id)


def loan_of_item(transaction: Transaction, *, item_id: int) -> InterlibraryLoan | None:
    """Return the open interlibrary loan that the item is in, locked."""
    found = _of_item(transaction, item_id=item_id)
    return _still_open(transaction, found)


def loan_of_hold(transaction: Transaction, *, hold_id: int) -> InterlibraryLoan | None:
    """Return the open interlibrary loan that the hold was placed for, locked."""
    found = _of_hold(transaction, hold_id=hold_id)
    return _still_open(transaction, found)


def _still_open(
    transaction: Transaction, found: InterlibraryLoan | None
) -> InterlibraryLoan | None:
    locked = found and loan_by_id(transaction, found.id)
    return locked if locked is not None and locked.closed is None else None


def insert_loan(transaction: Transaction, loan: InterlibraryLoan) -> None:
    """Begins it."""
    _insert(transaction, [loan])


def advance(
    act: Act, loan: InterlibraryLoan, action: LendingAction | BorrowingAction, **changes: Any
) -> InterlibraryLoan | Obstacle:
    """Does the action to it, with further changes of the row; or says why not.

    When it is over it names nobody any more.
    """
    transaction, now = act.transaction, act.now
    following = after(loan.state, action)
    if isinstance(following, Obstacle):
        return following
    new = loan._replace(state_name=following.value, **changes)
    if following in OVER:
        new = new._replace(patron_id=None, user="", closed=loan.closed or now)
    if new != loan:
        new = new._replace(changed=now)
        store(transaction, new)
    return new


def store(transaction: Transaction, loan: InterlibraryLoan) -> None:
    """Writes the row as it is now."""
    _update(transaction, [loan])
