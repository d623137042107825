"""Who lends: consortium -> agency (municipality, school authority) -> branch, by ISIL.

An ISIL, or a consortium's name, that is taken breaks a constraint, and the driver's integrity
error comes up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, func, insert, select, update

from catalogue.database import Transaction, many, one, scalar, send
from catalogue.schema import agencies, branches, consortia
from circulation.kernel.results import Branch, Desk
from circulation.kernel.schema import agency_settings
from circulation.kernel.set_up import (
    BRANCH_COLUMNS,
    BRANCH_TABLES,
    DEFAULT_TIMEZONE,
    set_up_changed,
)

_KINDS = ("public", "school")


class Agency(NamedTuple):
    """A municipality's libraries, or a school authority's."""

    id: int
    isil: str
    name: str
    kind: str
    timezone: str
    shares_stock: bool = False  # of a school: others see what it has, and may hold it


_insert_consortium = scalar(
    insert(consortia).values(name=bindparam("new_name")).returning(consortia.c.id), "new_name"
)
_insert_agency = scalar(
    insert(agencies)
    .values(
        consortium_id=bindparam("new_consortium_id"),
        isil=bindparam("new_isil"),
        name=bindparam("new_name"),
        kind=bindparam("new_kind"),
    )
    .returning(agencies.c.id),
    "new_consortium_id",
    "new_isil",
    "new_name",
    "new_kind",
)
_insert_settings = send(
    insert(agency_settings).values(
        agency_id=bindparam("new_agency_id"), timezone=bindparam("new_timezone")
    ),
    "new_agency_id",
    "new_timezone",
)
_insert_branch = scalar(
    insert(branches)
    .values(
        agency_id=bindparam("new_agency_id"),
        isil=bindparam("new_isil"),
        name=bindparam("new_name"),
    )
    .returning(branches.c.id),
    "new_agency_id",
    "new_isil",
    "new_name",
)
_branch_by_isil = one(
    select(*BRANCH_COLUMNS).select_from(BRANCH_TABLES).where(branches.c.isil == bindparam("isil")),
    Branch,
    "isil",
)
_branches_by_agency = many(
    select(*BRANCH_COLUMNS)
    .select_from(BRANCH_TABLES)
    .where(agencies.c.isil == bindparam("isil"))
    .order_by(branches.c.isil),
    Branch,
    "isil",
)


_all_agencies = many(
    select(
        agencies.c.id,
        agencies.c.isil,
        agencies.c.name,
        agencies.c.kind,
        func.coalesce(agency_settings.c.timezone, DEFAULT_TIMEZONE),
        agencies.c.shares_stock,
    )
    .select_from(agencies.outerjoin(agency_settings))
    .order_by(agencies.c.isil),
    Agency,
)
_all_branches = many(
    select(*BRANCH_COLUMNS).select_from(BRANCH_TABLES).order_by(branches.c.isil), Branch
)
_all_consortia: Callable[..., list[Any]] = many(
    select(consortia.c.id, consortia.c.name).order_by(consortia.c.id), None
)
_rename_consortium = send(
    update(consortia).where(consortia.c.id == bindparam("of")).values(name=bindparam("new_name")),
    "of",
    "new_name",
)
_change_agency = send(
    update(agencies)
    .where(agencies.c.id == bindparam("of"))
    .values(name=bindparam("new_name"), kind=bindparam("new_kind")),
    "of",
    "new_name",
    "new_kind",
)
_rename_branch = send(
    update(branches).where(branches.c.id == bindparam("of")).values(name=bindparam("new_name")),
    "of",
    "new_name",
)
_delete_settings = send(
    delete(agency_settings).where(agency_settings.c.agency_id == bindparam("of")), "of"
)
_delete_agency = send(delete(agencies).where(agencies.c.id == bindparam("of")), "of")
_delete_branch = send(delete(branches).where(branches.c.id == bindparam("of")), "of")


def add_consortium(transaction: Transaction, name: str) -> int:
    """Gives the id."""
    new_id: int = _insert_consortium(transaction, name)
    return new_id


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
    _check_agency(kind, timezone)
    new_id: int = _insert_agency(transaction, consortium_id, isil, name, kind)
    _insert_settings(transaction, new_id, timezone)
    set_up_changed(transaction)
    return new_id


def change_agency(
    transaction: Transaction, agency_id: int, name: str, *, kind: str, timezone: str
) -> None:
    """Gives the agency another name, kind or timezone; raises ValueError as `add_agency` does."""
    _check_agency(kind, timezone)
    _change_agency(transaction, agency_id, name, kind)
    _delete_settings(transaction, agency_id)
    _insert_settings(transaction, agency_id, timezone)
    set_up_changed(transaction)


def _check_agency(kind: str, timezone: str) -> None:
    if kind not in _KINDS:
        raise ValueError(f"an agency is of kind {' or '.join(_KINDS)}, not {kind!r}")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown timezone {timezone!r}") from error


def add_branch(transaction: Transaction, agency_id: int, isil: str, name: str) -> int:
    """Gives the id."""
    new_id: int = _insert_branch(transaction, agency_id, isil, name)
    set_up_changed(transaction)
    return new_id


def rename_consortium(transaction: Transaction, consortium_id: int, name: str) -> None:
    _rename_consortium(transaction, consortium_id, name)


def rename_branch(transaction: Transaction, branch_id: int, name: str) -> None:
    _rename_branch(transaction, branch_id, name)
    set_up_changed(transaction)


def remove_agency(transaction: Transaction, agency_id: int) -> None:
    """Removes an agency that nothing names any more; otherwise a constraint breaks."""
    _delete_settings(transaction, agency_id)
    _delete_agency(transaction, agency_id)
    set_up_changed(transaction)


def remove_branch(transaction: Transaction, branch_id: int) -> None:
    """Removes a branch that nothing names any more; otherwise a constraint breaks."""
    _delete_branch(transaction, branch_id)
    set_up_changed(transaction)


def all_consortia(transaction: Transaction) -> list[tuple[int, str]]:
    """Ids and names; most libraries have one."""
    return [(row[0], row[1]) for row in _all_consortia(transaction)]


def all_agencies(transaction: Transaction) -> list[Agency]:
    """All agencies by ISIL."""
    return _all_agencies(transaction)


def all_branches(transaction: Transaction) -> list[Branch]:
    """The branches of all agencies, by ISIL."""
    return _all_branches(transaction)


def find_branch(transaction: Transaction, isil: str) -> Branch | None:
    """The branch with this ISIL, and its agency."""
    return _branch_by_isil(transaction, isil)


def branches_of_agency(transaction: Transaction, agency_isil: str) -> list[Branch]:
    """All branches of the agency with this ISIL, by ISIL of the branch; empty where unknown."""
    return _branches_by_agency(transaction, agency_isil)


def desk_at(transaction: Transaction, isil: str, *, actor: str, device: str) -> Desk | None:
    """A desk in the branch with this ISIL; None where there is no such branch."""
    branch = find_branch(transaction, isil)
    if branch is None:
        return None
    return Desk(actor, device, branch.agency_id, branch.id)
