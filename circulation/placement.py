"""What the places within a branch are called.

An item stands in a branch, and there in a department, location, sublocation and section. The item
holds codes, as its agency spells them; the names behind the codes are rows, for people to read.
A code without a name stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from catalogue.statements import Transaction, many, send
from circulation.schema import placement_names

#: The levels within the branch, the widest first.
LEVELS = ("department", "location", "sublocation", "section")

_all_names: Callable[..., list[Any]] = many(
    select(
        placement_names.c.agency_id,
        placement_names.c.level,
        placement_names.c.code,
        placement_names.c.name,
    ),
    None,
)
_names_of: Callable[..., list[Any]] = many(
    select(placement_names.c.level, placement_names.c.code, placement_names.c.name).where(
        placement_names.c.agency_id == bindparam("of_agency")
    ),
    None,
    "of_agency",
)
_insert = send(
    insert(placement_names).values(
        agency_id=bindparam("new_agency_id"),
        level=bindparam("new_level"),
        code=bindparam("new_code"),
        name=bindparam("new_name"),
    ),
    "new_agency_id",
    "new_level",
    "new_code",
    "new_name",
)
_delete = send(
    delete(placement_names).where(
        placement_names.c.agency_id == bindparam("of_agency"),
        placement_names.c.level == bindparam("of_level"),
        placement_names.c.code == bindparam("of_code"),
    ),
    "of_agency",
    "of_level",
    "of_code",
)


def all_placement_names(transaction: Transaction) -> list[tuple[int, str, str, str]]:
    """Rows of agency id, level, code and name."""
    return [tuple(row) for row in _all_names(transaction)]


def placement_names_of(transaction: Transaction, agency_id: int) -> dict[tuple[str, str], str]:
    """The agency's names, by level and code."""
    return {(row[0], row[1]): row[2] for row in _names_of(transaction, agency_id)}


def store_placement_name(
    transaction: Transaction, agency_id: int, level: str, code: str, name: str
) -> None:
    """Names a place, in place of the name it had. Raises ValueError for an unknown level."""
    if level not in LEVELS:
        raise ValueError(f"a place is a {', '.join(LEVELS)}, not a {level!r}")
    forget_placement_name(transaction, agency_id, level, code)
    _insert(transaction, agency_id, level, code, name)


def forget_placement_name(transaction: Transaction, agency_id: int, level: str, code: str) -> None:
    _delete(transaction, agency_id, level, code)
