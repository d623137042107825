"""Roles as people write them for an account: ``librarian``, ``head@DK-900101``, ``head@all``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from catalogue.database import Transaction
from circulation.kernel.organisation import all_agencies
from circulation.kernel.set_up import all_branches
from circulation.languages.sentences import Sentence
from circulation.staff.roles import HeldRole

EVERYWHERE: Final = "all"


class NoSuchPlace(ValueError):
    """There is no agency and no branch of that name; `known` are those that there are."""

    def __init__(self, place: str, known: list[str]) -> None:
        super().__init__(Sentence("NO_AGENCY_OR_BRANCH", place=place))
        self.place, self.known = place, known


def held_roles(
    transaction: Transaction, words: Iterable[str], agency_id: int
) -> tuple[HeldRole, ...]:
    """Each once; without a place one holds at the agency. Raises NoSuchPlace."""
    branches = {each.isil: each.id for each in all_branches(transaction)}
    agencies = {each.isil: each.id for each in all_agencies(transaction)}
    held: dict[HeldRole, None] = {}
    for word in words:
        role, at, place = word.partition("@")
        if not at:
            held[HeldRole(role, agency_id=agency_id)] = None
        elif place == EVERYWHERE:
            held[HeldRole(role)] = None
        elif place in agencies:
            held[HeldRole(role, agency_id=agencies[place])] = None
        elif place in branches:
            held[HeldRole(role, branch_id=branches[place])] = None
        else:
            raise NoSuchPlace(place, [*branches, *agencies])
    return tuple(held)


def words_of(transaction: Transaction, held: Iterable[HeldRole]) -> list[str]:
    """The same roles as people write them, each with its place."""
    branches = {each.id: each.isil for each in all_branches(transaction)}
    agencies = {each.id: each.isil for each in all_agencies(transaction)}
    words = []
    for each in held:
        if each.branch_id is not None:
            place = branches[each.branch_id]
        else:
            place = EVERYWHERE if each.agency_id is None else agencies[each.agency_id]
        words.append(f"{each.role}@{place}")
    return words
