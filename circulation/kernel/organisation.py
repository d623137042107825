"""Who lends: consortium -> agency (municipality, school authority) -> branch, by ISIL.

An ISIL, or a consortium's name, that is taken breaks a constraint, and the driver's integrity
error comes up.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update

from catalogue.database import Statement, Transaction, columns, many, one, scalar_one, send
from catalogue.schema import agencies, branches, consortia
from circulation.kernel.results import DEFAULT_TIMEZONE, Branch, Desk
from circulation.kernel.schema import agency_settings
from circulation.kernel.set_up import select_branches, set_up_changed

_KINDS = ("public", "school")


class Agency(NamedTuple):
    """A municipality's libraries, or a school authority's."""

    id: int
    isil: str
    name: str
    kind: str
    timezone: str
    shares_stock: bool = False  # of a school: others see what it has, and may hold it


@scalar_one(int)
def add_consortium(*, name: str) -> Statement:
    """Gives the id."""
    return insert(consortia).values(name=name).returning(consortia.c.id)


@scalar_one(int)
def _insert_agency(*, consortium_id: int, isil: str, name: str, kind: str) -> Statement:
    return insert(agencies).values(locals()).returning(agencies.c.id)


@send
def _insert_settings(*, agency_id: int, timezone: str) -> Statement:
    return insert(agency_settings).values(agency_id=agency_id, timezone=timezone)


@scalar_one(int)
def _insert_branch(*, agency_id: int, isil: str, name: str) -> Statement:
    return insert(branches).values(locals()).returning(branches.c.id)


@one(Branch)
def find_branch(*, isil: str) -> Statement:
    """The branch with this ISIL, and its agency."""
    return select_branches().where(branches.c.isil == isil)


@many(Agency)
def all_agencies() -> Statement:
    """All agencies by ISIL."""
    timezone = func.coalesce(agency_settings.c.timezone, DEFAULT_TIMEZONE)
    return (
        select(*columns(Agency, agencies, timezone=timezone))
        .select_from(agencies.outerjoin(agency_settings))
        .order_by(agencies.c.isil)
    )


class Consortium(NamedTuple):
    """Libraries that share one system."""

    id: int
    name: str


@many(Consortium)
def all_consortia() -> Statement:
    """Most libraries have one."""
    return select(*columns(Consortium, consortia)).order_by(consortia.c.id)


@send
def rename_consortium(*, consortium_id: int, name: str) -> Statement:
    return update(consortia).where(consortia.c.id == consortium_id).values(name=name)


@send
def _change_agency(*, agency_id: int, name: str, kind: str) -> Statement:
    return update(agencies).where(agencies.c.id == agency_id).values(name=name, kind=kind)


@send
def _rename_branch(*, branch_id: int, name: str) -> Statement:
    return update(branches).where(branches.c.id == branch_id).values(name=name)


@send
def _delete_settings(*, agency_id: int) -> Statement:
    return delete(agency_settings).where(agency_settings.c.agency_id == agency_id)


@send
def _delete_agency(*, agency_id: int) -> Statement:
    return delete(agencies).where(agencies.c.id == agency_id)


@send
def _delete_branch(*, branch_id: int) -> Statement:
    return delete(branches).where(branches.c.id == branch_id)


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
    new_id = _insert_agency(
        transaction, consortium_id=consortium_id, isil=isil, name=name, kind=kind
    )
    _insert_settings(transaction, agency_id=new_id, timezone=timezone)
    set_up_changed(transaction)
    return new_id


def change_agency(
    transaction: Transaction, agency_id: int, name: str, *, kind: str, timezone: str
) -> None:
    """Gives the agency another name, kind or timezone; raises ValueError as `add_agency` does."""
    _check_agency(kind, timezone)
    _change_agency(transaction, agency_id=agency_id, name=name, kind=kind)
    _delete_settings(transaction, agency_id=agency_id)
    _insert_settings(transaction, agency_id=agency_id, timezone=timezone)
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
    new_id = _insert_branch(transaction, agency_id=agency_id, isil=isil, name=name)
    set_up_changed(transaction)
    return new_id


def rename_branch(transaction: Transaction, branch_id: int, name: str) -> None:
    _rename_branch(transaction, branch_id=branch_id, name=name)
    set_up_changed(transaction)


def remove_agency(transaction: Transaction, agency_id: int) -> None:
    """Removes an agency that nothing names any more; otherwise a constraint breaks."""
    _delete_settings(transaction, agency_id=agency_id)
    _delete_agency(transaction, agency_id=agency_id)
    set_up_changed(transaction)


def remove_branch(transaction: Transaction, branch_id: int) -> None:
    """Removes a branch that nothing names any more; otherwise a constraint breaks."""
    _delete_branch(transaction, branch_id=branch_id)
    set_up_changed(transaction)


def desk_at(transaction: Transaction, isil: str, *, actor: str, device: str) -> Desk | None:
    """A desk in the branch with this ISIL; None where there is no such branch."""
    branch = find_branch(transaction, isil=isil)
    if branch is None:
        return None
    return Desk(actor, device, branch.agency_id, branch.id)
