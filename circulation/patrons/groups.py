"""Trees of groups of patrons: Møllevang Skole / Elever / 9b.

A group is for finding its members: a class that borrows under a name of its own is a patron of
kind ``group``, and may be a member like any other.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from catalogue.database import Transaction, change, many, scalar, send
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk
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
_groups = many(
    select(patron_groups.c.id, patron_groups.c.parent_id, patron_groups.c.name, _MEMBERS)
    .where(patron_groups.c.agency_id == bindparam("of_agency"))
    .order_by(patron_groups.c.name, patron_groups.c.id),
    Group,
    "of_agency",
)
_agency_of = scalar(
    select(patron_groups.c.agency_id).where(patron_groups.c.id == bindparam("group_id")), "group_id"
)
_insert_group = scalar(
    insert(patron_groups)
    .values(
        agency_id=bindparam("new_agency_id"),
        parent_id=bindparam("new_parent_id", type_=patron_groups.c.parent_id.type),
        name=bindparam("new_name"),
    )
    .returning(patron_groups.c.id),
    "new_agency_id",
    "new_parent_id",
    "new_name",
)
_is_member = scalar(
    select(func.count())
    .select_from(patron_group_members)
    .where(
        patron_group_members.c.group_id == bindparam("of_group"),
        patron_group_members.c.patron_id == bindparam("of_patron"),
    ),
    "of_group",
    "of_patron",
)
_insert_member = send(
    insert(patron_group_members).values(
        group_id=bindparam("new_group_id"), patron_id=bindparam("new_patron_id")
    ),
    "new_group_id",
    "new_patron_id",
)
_delete_member = change(
    delete(patron_group_members).where(
        patron_group_members.c.group_id == bindparam("of_group"),
        patron_group_members.c.patron_id == bindparam("of_patron"),
    ),
    "of_group",
    "of_patron",
)
_tree = (
    select(patron_groups.c.id)
    .where(patron_groups.c.id == bindparam("of_group"))
    .cte("tree", recursive=True)
)
_tree = _tree.union(select(patron_groups.c.id).where(patron_groups.c.parent_id == _tree.c.id))
_members = many(
    select(patrons.c.id)
    .where(
        patrons.c.id.in_(
            select(patron_group_members.c.patron_id).where(
                patron_group_members.c.group_id.in_(select(_tree.c.id))
            )
        )
    )
    .order_by(patrons.c.family_name, patrons.c.given_name, patrons.c.id),
    int,
    "of_group",
)


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
    known = {group.id: group for group in groups_of(transaction, agency_id)}
    if parent_id is not None and parent_id not in known:
        raise ValueError("there is no such group to put it under")
    if any((group.parent_id, group.name) == (parent_id, name) for group in known.values()):
        raise ValueError(f"there is a group {name} already")
    depth, above = 1, parent_id
    while above is not None:
        depth, above = depth + 1, known[above].parent_id
    if depth > DEEPEST:
        raise ValueError(f"groups are not nested deeper than {DEEPEST}")
    new_id: int = _insert_group(transaction, agency_id, parent_id, name)
    return new_id


def groups_of(transaction: Transaction, agency_id: int) -> list[Group]:
    """All groups of the agency, by name."""
    return _groups(transaction, agency_id)


def members_of(transaction: Transaction, group_id: int) -> list[int]:
    """The ids of the members, those of all groups below included, each once, by name."""
    return _members(transaction, group_id)


def join_group(
    transaction: Transaction,
    group_id: int,
    patron_id: int,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """False where the patron is a member already. Raises ValueError for an unknown group."""
    if _agency_of(transaction, group_id) is None:
        raise ValueError(f"there is no group {group_id}")
    if _is_member(transaction, group_id, patron_id):
        return False
    _insert_member(transaction, group_id, patron_id)
    write_event(
        transaction,
        EventKind.JOINED_GROUP,
        desk,
        now,
        patron_id=patron_id,
        after={"group": group_id},
    )
    return True


def leave_group(
    transaction: Transaction,
    group_id: int,
    patron_id: int,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """False where the patron was no member."""
    if not _delete_member(transaction, group_id, patron_id):
        return False
    write_event(
        transaction,
        EventKind.LEFT_GROUP,
        desk,
        now,
        patron_id=patron_id,
        before={"group": group_id},
    )
    return True
