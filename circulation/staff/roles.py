"""Roles: named sets of rights. Part of the set-up.

Four are built in; library.toml may add others, and may say itself what one of the four is. An
account has roles at a branch, at an agency or everywhere; what they give together are its grants.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.kernel.rights import Reach, Right
from circulation.kernel.set_up import SetUpPart
from circulation.staff.schema import roles


class Role(NamedTuple):
    """A named set of rights."""

    code: str
    name: str
    rights: frozenset[Right]


class HeldRole(NamedTuple):
    """A role that somebody has: at a branch, at an agency, or, with neither id, everywhere."""

    role: str
    agency_id: int | None = None
    branch_id: int | None = None

    @property
    def is_everywhere(self) -> bool:
        return self.agency_id is None and self.branch_id is None


Grants = Mapping[Right, Reach]

_ASSISTANT: Final = frozenset({Right.LEND, Right.VIEW_PATRONS, Right.TAKE_FEES, Right.USE_LISTS})
_LIBRARIAN: Final = _ASSISTANT | {
    Right.EDIT_PATRONS,
    Right.WAIVE_FEES,
    Right.OVERRIDE_SOFT,
    Right.BACKDATE,
    Right.REORDER_HOLDS,
    Right.CHANGE_ITEMS,
    Right.EDIT_CATALOGUE,
    Right.BOOK,
    Right.VIEW_NOTICES,
    Right.SEND_NOTICES,
    Right.VIEW_REPORTS,
    Right.VIEW_RULES,
}
_HEAD: Final = _LIBRARIAN | {
    Right.VIEW_HISTORY,
    Right.VIEW_PROTECTED_ADDRESSES,
    Right.ERASE_PATRONS,
    Right.REVERSE_FEES,
    Right.COLLECT_DEBTS,
    Right.OVERRIDE_HARD,
    Right.CHANGE_MANY_ITEMS,
    Right.VIEW_LOOKUPS,
}
BUILT_IN: Final = {
    each.code: each
    for each in (
        Role("assistant", "Assistant", _ASSISTANT),
        Role("librarian", "Librarian", _LIBRARIAN),
        Role("head", "Head of a library", _HEAD),
        Role("administrator", "Administrator", frozenset(Right)),
    )
}


def _read(rights: str) -> frozenset[Right]:
    """Out of a JSON array; one of a newer release says nothing here."""
    known = {each.value: each for each in Right}
    return frozenset(known[each] for each in json.loads(rights) if each in known)


def _role(code: str, name: str, rights: str) -> Role:
    return Role(code, name, _read(rights))


@many(_role)
def stored_roles() -> Statement:
    """The roles of the set-up, by code; those built in are not among them."""
    return select(*columns(_role, roles)).order_by(roles.c.code)


@send
def forget_role(*, code: str) -> Statement:
    return delete(roles).where(roles.c.code == code)


@send
def _insert(*, code: str, name: str, rights: str) -> Statement:
    return insert(roles).values(locals())


def store_role(transaction: Transaction, role: Role) -> None:
    """The role, in place of one with the same code.

    Call `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    forget_role(transaction, code=role.code)
    rights = json.dumps(sorted(each.value for each in role.rights))
    _insert(transaction, code=role.code, name=role.name, rights=rights)


class Roles:
    """All roles of one set-up. Never changed, but for what it remembers."""

    __slots__ = ("_grants", "by_code")

    #: Combinations of roles that are remembered.
    _KEPT: Final = 5_000

    def __init__(self, stored: Iterable[Role]) -> None:
        self.by_code = BUILT_IN | {each.code: each for each in stored}
        self._grants: dict[tuple[tuple[HeldRole, ...], int | None], Grants] = {}

    def grants(self, held: tuple[HeldRole, ...], waiving_limit: int | None = None) -> Grants:
        """What roles give together. A role that is not there any more gives nothing."""
        grants = self._grants.get((held, waiving_limit))
        if grants is None:
            if len(self._grants) >= self._KEPT:
                self._grants.clear()
            grants = self._grants[held, waiving_limit] = {
                right: self._reach(right, held, waiving_limit)
                for right in Right
                if any(self._gives(each, right) for each in held)
            }
        return grants

    def _gives(self, held: HeldRole, right: Right) -> bool:
        role = self.by_code.get(held.role)
        return role is not None and right in role.rights

    def _reach(self, right: Right, held: tuple[HeldRole, ...], waiving_limit: int | None) -> Reach:
        its = [each for each in held if self._gives(each, right)]
        return Reach(
            everywhere=any(each.is_everywhere for each in its),
            agencies=frozenset(each.agency_id for each in its if each.agency_id is not None),
            branches=frozenset(each.branch_id for each in its if each.branch_id is not None),
            limit=waiving_limit if right is Right.WAIVE_FEES else None,
        )


ROLES = SetUpPart("roles", lambda transaction: Roles(stored_roles(transaction)))


@lru_cache(maxsize=1_000)
def grants_of_program(rights: str, agency_id: int | None) -> Grants:
    """What the rights of a program (a JSON array) give: at its agency, or (None) everywhere."""
    agencies = frozenset() if agency_id is None else frozenset({agency_id})
    return dict.fromkeys(_read(rights), Reach(everywhere=agency_id is None, agencies=agencies))


def reaches_within(reach: Reach, other: Reach, agency_of: Mapping[int, int]) -> bool:
    """Does `reach` go nowhere where `other` does not, and not beyond its limit?

    `agency_of` gives the agency of each branch.
    """
    if other.limit is not None and (reach.limit is None or reach.limit > other.limit):
        return False
    if other.everywhere:
        return True
    return (
        not reach.everywhere
        and reach.agencies <= other.agencies
        and all(
            branch in other.branches or agency_of.get(branch) in other.agencies
            for branch in reach.branches
        )
    )


def beyond(wanted: Grants, own: Grants, agency_of: Mapping[int, int]) -> list[Right]:
    """The rights that `wanted` gives and `own` does not, or not as far: nobody gives others, or
    takes over by a new password, more than they have."""
    return [
        right
        for right, reach in wanted.items()
        if right not in own or not reaches_within(reach, own[right], agency_of)
    ]
