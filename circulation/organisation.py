"""Who lends: consortium -> agency (municipality, school authority) -> branch, by ISIL."""

from __future__ import annotations

from catalogue.statements import Transaction
from circulation.results import Branch, Desk

DEFAULT_TIMEZONE = "Europe/Copenhagen"


def add_consortium(transaction: Transaction, name: str) -> int:
    """Gives the id."""
    raise NotImplementedError


def add_agency(
    transaction: Transaction,
    consortium_id: int,
    isil: str,
    name: str,
    *,
    kind: str = "public",
    timezone: str = DEFAULT_TIMEZONE,
) -> int:
    """Adds an agency (`kind` is ``public`` or ``school``) and gives its id.

    Raises ValueError for an unknown timezone or kind.
    """
    raise NotImplementedError


def add_branch(transaction: Transaction, agency_id: int, isil: str, name: str) -> int:
    """Gives the id."""
    raise NotImplementedError


def find_branch(transaction: Transaction, isil: str) -> Branch | None:
    """The branch with this ISIL, and its agency."""
    raise NotImplementedError


def branches_of_agency(transaction: Transaction, agency_isil: str) -> list[Branch]:
    """All branches of the agency with this ISIL, by ISIL of the branch; empty where unknown."""
    raise NotImplementedError


def desk_at(transaction: Transaction, isil: str, *, actor: str, device: str) -> Desk | None:
    """A desk in the branch with this ISIL; None where there is no such branch."""
    raise NotImplementedError
