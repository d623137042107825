"""Trees of groups of patrons: Møllevang Skole / Elever / 9b.

A group is for finding its members: a class that borrows under a name of its own is a patron of
kind ``group``, and may be a member like any other.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    scalar,
    scalar_one,
    scalars,
    send,
)
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.patrons.schema import patron_group_members, patron_groups, patrons

#: No tree of a school is deeper.
DEEPEST = 10


class Group(NamedTuple):
    """A group and how many members it has itself, without the groups below it."""

    id: int
    parent_id: int | None
    name: str
    members: int


_MEMBERS = (
    select(func.count())
    .select_from(patron_group_members)
    .where(patron_group_members.c.group_id == patron_groups.c.id)
    .correlate(patron_groups)
    .scalar_subquery()
)


@many(Group)
def groups_of(*, agency_id: int) -> Statement:
    """All groups of the agency, by name."""
    return (
        select(*columns(Group, patron_groups, members=_MEMBERS))
        .where(patron_groups.c.agency_id == agency_id)
        .order_by(patron_groups.c.name, patron_groups.c.id)
    )


@scalar(int)
def agency_of_group(*, group_id: int) -> Statement:
    """The agency that has the group."""
    return select(patron_groups.c.agency_id).where(patron_groups.c.id == group_id)


@scalar(str)
def name_of_group(*, group_id: int) -> Statement:
    """What the group is called; None where there is no such group."""
    return select(patron_groups.c.name).where(patron_groups.c.id == group_id)


@scalars(int)
def groups_with(*, patron_id: int) -> Statement:
    """The ids of the groups that the patron is a member of, by name."""
    its = patron_groups.c
    return (
        select(its.id)
        .join(patron_group_members, patron_group_members.c.group_id == its.id)
        .where(patron_group_members.c.patron_id == patron_id)
        .order_by(its.name, its.id)
    )


@scalar_one(int)
def _insert_group(*, agency_id: int, parent_id: int | None, name: str) -> Statement:
    return insert(patron_groups).values(locals()).returning(patron_groups.c.id)


def _is_it(group_id: int, patron_id: int) -> tuple[ColumnElement[bool], ...]:
    its = patron_group_members.c
    return its.group_id == group_id, its.patron_id == patron_id


@scalar_one(int)
def _is_member(*, group_id: int, patron_id: int) -> Statement:
    of_both = _is_it(group_id, patron_id)
    return select(func.count()).select_from(patron_group_members).where(*of_both)


@send
def _insert_member(*, group_id: int, patron_id: int) -> Statement:
    return insert(patron_group_members).values(locals())


@change
def _delete_member(*, group_id: int, patron_id: int) -> Statement:
    return delete(patron_group_members).where(*_is_it(group_id, patron_id))


@scalars(int)
def members_of(*, group_id: int) -> Statement:
    """The ids of the members, those of all groups below included, each once, by name."""
    its = patron_groups.c
    tree = select(its.id).where(its.id == group_id).cte("tree", recursive=True)
    tree = tree.union(select(its.id).where(its.parent_id == tree.c.id))
    members = select(patron_group_members.c.patron_id).where(
        patron_group_members.c.group_id.in_(select(tree.c.id))
    )
    by_name = (patrons.c.family_name, patrons.c.given_name, patrons.c.id)
    return select(patrons.c.id).where(patrons.c.id.in_(members)).order_by(*by_name)


def add_group(
    transaction: Transaction, agency_id: int, name: str, *, parent_id: int | None = None
) -> int:
    """Adds a group to an agency's tree and gives its id.

    Raises ValueError for an empty name, one that the parent has already, a parent of another
    agency, and a tree that gets too deep.
    """
    name = name.strip()
    if not name:
        raise ValueError("a group must have a name")
    known = {group.id: group for group in groups_of(transaction, agency_id=agency_id)}
    if parent_id is not None and parent_id not in known:
        raise ValueError("there is no such group to put it under")
    if any((group.parent_id, group.name) == (parent_id, name) for group in known.values()):
        raise ValueError(f"there is a group {name} already")
    depth, above = 1, parent_id
    while above is not None:
        depth, above = depth + 1, known[above].parent_id
    if depth > DEEPEST:
        raise ValueError(f"groups are not nested deeper than {DEEPEST}")
    return _insert_group(transaction, agency_id=agency_id, parent_id=parent_id, name=name)


def join_group(act: Act, group_id: int, patron_id: int) -> bool:
    """False where the patron is a member already. Raises ValueError for an unknown group."""
    transaction = act.transaction
    if agency_of_group(transaction, group_id=group_id) is None:
        raise ValueError(f"there is no group {group_id}")
    if _is_member(transaction, group_id=group_id, patron_id=patron_id):
        return False
    _insert_member(transaction, group_id=group_id, patron_id=patron_id)
    append_event(
        act, NewEvent(EventKind.JOINED_GROUP, patron_id=patron_id, after={"group": group_id})
    )
    return True


def leave_group(act: Act, group_id: int, patron_id: int) -> bool:
    """False where the patron was no member."""
    transaction = act.transaction
    if not _delete_member(transaction, group_id=group_id, patron_id=patron_id):
        return False
    append_event(
        act, NewEvent(EventKind.LEFT_GROUP, patron_id=patron_id, before={"group": group_id})
    )
    return True
