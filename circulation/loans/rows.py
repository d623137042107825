"""Loans as rows: beginning, ending and prolonging one."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, update

from catalogue.database import change, send
from circulation.loans.schema import loans

_BEGUN = (
    "id",
    "item_id",
    "patron_id",
    "branch_id",
    "material_group",
    "checked_out",
    "due",
    "renewals",
    "checked_in",
    "checked_in_branch_id",
)

#: Parameters in the order of the columns; the last two are None for an open loan.
begin_loan = send(
    insert(loans).values(
        {loans.c[name]: bindparam(f"new_{name}", type_=loans.c[name].type) for name in _BEGUN}
    ),
    *(f"new_{name}" for name in _BEGUN),
)

#: Each of these touches one row, or none where the loan has ended meanwhile.
end_loan = change(
    update(loans)
    .where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_(None))
    .values(
        checked_in=bindparam("new_checked_in"),
        checked_in_branch_id=bindparam("new_checked_in_branch_id"),
    ),
    "loan_id",
    "new_checked_in",
    "new_checked_in_branch_id",
)
prolong_loan = change(
    update(loans)
    .where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_(None))
    .values(due=bindparam("new_due"), renewals=bindparam("new_renewals"), recalled=None),
    "loan_id",
    "new_due",
    "new_renewals",
)


class LoanChangedMeanwhile(RuntimeError):
    """A loan that was open when its item was locked is not any more: a lock was left out."""


def must_touch_one(count: int) -> None:
    """Undoes the work, by an error, where ending or prolonging a loan touched no row."""
    if count != 1:
        raise LoanChangedMeanwhile(f"{count} open loans were changed instead of one")
