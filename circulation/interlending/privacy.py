"""What interlibrary loans know of a patron besides the number of their row."""

from __future__ import annotations

from sqlalchemy import bindparam, update

from catalogue.database import Transaction, send
from circulation.interlending.schema import interlibrary_loans

_forget = send(
    update(interlibrary_loans)
    .where(interlibrary_loans.c.patron_id == bindparam("of_patron"))
    .values(user=""),
    "of_patron",
)


def forget_user(transaction: Transaction, patron_id: int) -> None:
    """Forgets by which name partners know the patron."""
    _forget(transaction, patron_id)
