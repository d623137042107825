"""Interlibrary loans as rows: read, begun, changed.

A change goes through `advance`, which asks the tables of `states`; nothing else writes the state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, insert, select, update

from catalogue.database import Transaction, change, lock, many, one, send
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
        "created": act.now,
        "changed": act.now,
    }
    return InterlibraryLoan(**(usual | known))


_NAMES = tuple("state" if name == "state_name" else name for name in InterlibraryLoan._fields)
_COLUMNS = tuple(_table.c[name] for name in _NAMES)


def select_loans(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Rows for a statement that makes an `InterlibraryLoan` of each."""
    return select(*_COLUMNS).where(*conditions)


_by_id = one(select_loans(_table.c.id == bindparam("of_id")), InterlibraryLoan, "of_id")
_open_of_item = one(
    select_loans(_table.c.item_id == bindparam("of_item"), _table.c.closed.is_(None)),
    InterlibraryLoan,
    "of_item",
)
_last_of_item = one(
    select_loans(_table.c.item_id == bindparam("of_item"))
    .order_by(_table.c.closed.is_(None).desc(), _table.c.changed.desc())
    .limit(1),
    InterlibraryLoan,
    "of_item",
)
_open_of_hold = one(
    select_loans(_table.c.hold_id == bindparam("of_hold"), _table.c.closed.is_(None)),
    InterlibraryLoan,
    "of_hold",
)
_of_request = one(
    select_loans(
        _table.c.partner == bindparam("of_partner"),
        _table.c.role == bindparam("of_role"),
        _table.c.request_id == bindparam("of_request"),
    )
    # One that is open before those that are over.
    .order_by(_table.c.closed.is_(None).desc(), _table.c.id.desc())
    .limit(1),
    InterlibraryLoan,
    "of_partner",
    "of_role",
    "of_request",
)
_of_barcode: Callable[..., list[InterlibraryLoan]] = many(
    select_loans(
        _table.c.partner == bindparam("of_partner"), _table.c.barcode == bindparam("of_barcode")
    )
    .order_by(_table.c.closed.is_(None).desc(), _table.c.id.desc())
    .limit(1),
    InterlibraryLoan,
    "of_partner",
    "of_barcode",
)
_wanted: Callable[..., list[InterlibraryLoan]] = many(
    select_loans(
        _table.c.partner == bindparam("of_partner"),
        _table.c.role == Role.BORROWER.value,
        _table.c.patron_id == bindparam("of_patron"),
        _table.c.title == bindparam("of_title"),
        _table.c.author == bindparam("of_author"),
        _table.c.item_id.is_(None),
        _table.c.closed.is_(None),
    ).limit(1),
    InterlibraryLoan,
    "of_partner",
    "of_patron",
    "of_title",
    "of_author",
)
#: Two messages about one loan wait for each other.
_lock = lock(
    select(_table.c.id).where(_table.c.id == bindparam("of_id")).with_for_update(), "of_id"
)
_insert = send(
    insert(_table).values(
        {_table.c[name]: bindparam(f"new_{name}", type_=_table.c[name].type) for name in _NAMES}
    ),
    *(f"new_{name}" for name in _NAMES),
)
_CHANGED = tuple(
    name
    for name in _NAMES
    if name not in ("id", "partner", "actor", "request_id", "role", "created", "made_here")
)
_update = change(
    update(_table)
    .where(_table.c.id == bindparam("of_id"))
    .values(
        {_table.c[name]: bindparam(f"new_{name}", type_=_table.c[name].type) for name in _CHANGED}
    ),
    "of_id",
    *(f"new_{name}" for name in _CHANGED),
)


def loan_by_id(transaction: Transaction, loan_id: int) -> InterlibraryLoan | None:
    """The interlibrary loan of this number, locked."""
    _lock(transaction, loan_id)
    return _by_id(transaction, loan_id)


def loan_of_item(transaction: Transaction, item_id: int) -> InterlibraryLoan | None:
    """The open one that the item is in."""
    return _open_of_item(transaction, item_id)


def last_loan_of_item(transaction: Transaction, item_id: int) -> InterlibraryLoan | None:
    """The open one that the item is in, else the one that was over last."""
    return _last_of_item(transaction, item_id)


def loan_of_hold(transaction: Transaction, hold_id: int) -> InterlibraryLoan | None:
    """The open one that the hold was placed for."""
    return _open_of_hold(transaction, hold_id)


def loan_of_request(
    transaction: Transaction, partner: str, role: Role, request_id: str
) -> InterlibraryLoan | None:
    """The one of the partner's request, locked: that which is open, else the last."""
    found = _of_request(transaction, partner, role.value, request_id)
    return found and loan_by_id(transaction, found.id)


def loan_of_barcode(
    transaction: Transaction, partner: str, barcode: str
) -> InterlibraryLoan | None:
    """The one of the partner that this barcode stands in, open or the last, locked."""
    found = _of_barcode(transaction, partner, barcode)
    return loan_by_id(transaction, found[0].id) if found else None


def loan_wanted(
    transaction: Transaction, partner: str, patron_id: int, title: str, author: str
) -> InterlibraryLoan | None:
    """The open one by which the patron wants this title and which has brought nothing yet."""
    return next(iter(_wanted(transaction, partner, patron_id, title, author)), None)


def insert_loan(transaction: Transaction, loan: InterlibraryLoan) -> None:
    """Begins it."""
    _insert(transaction, *loan)


def advance(
    transaction: Transaction,
    loan: InterlibraryLoan,
    action: LendingAction | BorrowingAction,
    now: datetime,
    **changes: Any,
) -> InterlibraryLoan | Obstacle:
    """Does the action to it, with further changes of the row; or says why not.

    When it is over it names nobody any more.
    """
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
    values = dict(zip(_NAMES, loan, strict=True))
    _update(transaction, loan.id, *(values[name] for name in _CHANGED))
