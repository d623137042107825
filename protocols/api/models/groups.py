"""Groups of patrons, as schools have them: a school, its years, its classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from circulation.patrons.groups import Group as KnownGroup
from protocols.api.models.answers import Patron
from protocols.api.models.common import Isil, Number, Request


class GroupQuery(Request):
    """Of the agency of which branch: the caller's, where none is named."""

    branch: Isil | None = None


class NewGroup(GroupQuery):
    """A group, under another where one is named."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    under: Number | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group, and how many members it has itself, without the groups below it."""

    group: str
    under: str | None
    name: str
    members: int


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of an agency, by name."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is, or is not any more, a member. Has it changed anything?"""

    patron: Patron
    changed: bool


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a group, those of the groups below it included, by name."""

    members: tuple[Patron, ...]


def groups_shown(found: Sequence[KnownGroup]) -> Groups:
    return Groups(
        tuple(
            Group(
                str(each.id),
                None if each.parent_id is None else str(each.parent_id),
                each.name,
                each.members,
            )
            for each in found
        )
    )
