"""What the places within a branch are called.

An item stands in a branch, and there in a department, location, sublocation and section. The item
holds codes, as its agency spells them; the names behind the codes are rows, for people to read.
Where an agency has named places of a level, an item can only be put into one of those; levels of
which it has named none are free, and a code there stands for itself. Which level belongs to which
other is not said: the names of a level are those of all branches of the agency.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, columns, many, send, taking
from catalogue.holders import update_holders
from catalogue.schema import items
from circulation.items.facts import item_facts, lock_item
from circulation.items.levels import LEVELS
from circulation.items.schema import placement_names
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Refusal, Refused


class PlaceName(NamedTuple):
    """What an agency calls one of its places."""

    agency_id: int
    level: str
    code: str
    name: str


@many(PlaceName)
def all_place_names() -> Statement:
    return select(*columns(PlaceName, placement_names))


@many(PlaceName)
def _names_of(*, agency_id: int) -> Statement:
    its = placement_names.c.agency_id == agency_id
    return select(*columns(PlaceName, placement_names)).where(its)


@send
def _insert(*, agency_id: int, level: str, code: str, name: str) -> Statement:
    return insert(placement_names).values(locals())


@send
def forget_place_name(*, agency_id: int, level: str, code: str) -> Statement:
    return delete(placement_names).where(
        placement_names.c.agency_id == agency_id,
        placement_names.c.level == level,
        placement_names.c.code == code,
    )


@send
@taking("item_id", "branch_id", *LEVELS)
def _move(**given: Any) -> Statement:
    return update(items).where(items.c.id == given.pop("item_id")).values(given)


def place_names_of(transaction: Transaction, agency_id: int) -> dict[tuple[str, str], str]:
    """The agency's names, by level and code."""
    return {(row.level, row.code): row.name for row in _names_of(transaction, agency_id=agency_id)}


class UnknownPlace(ValueError):
    """An item was to be put where the agency has no such place; the text names those it has."""


def place_problems(
    transaction: Transaction, agency_id: int, placement: Mapping[str, str]
) -> list[str]:
    """What is wrong with a placement (level -> code, empty for none): a sentence for each level."""
    names = place_names_of(transaction, agency_id)
    problems = []
    for level in LEVELS:
        code = placement.get(level, "")
        known = {other: name for (of, other), name in names.items() if of == level}
        if code and known and code not in known:
            told = ", ".join(
                other if other == name else f"{other} ({name})"
                for other, name in sorted(known.items())
            )
            problems.append(f"there is no {level} {code!r}; there are {told}")
    return problems


def store_place_name(
    transaction: Transaction, agency_id: int, level: str, code: str, name: str
) -> None:
    """Names a place, in place of the name it had. Raises ValueError for an unknown level."""
    if level not in LEVELS:
        raise ValueError(f"a place is a {', '.join(LEVELS)}, not a {level!r}")
    forget_place_name(transaction, agency_id=agency_id, level=level, code=code)
    _insert(transaction, agency_id=agency_id, level=level, code=code, name=name)


def place_item(
    act: Act, *, item: str, branch: str | None = None, **placement: str
) -> Item | Refused:
    """Puts the item with this barcode into another place: `branch` is an ISIL, then the levels.

    What is not given stays as it is; but another branch begins with no place within it. Refused
    with ITEM_UNKNOWN or BRANCH_UNKNOWN. Raises UnknownPlace with all that is wrong.
    """
    transaction, circulation = act.transaction, act.circulation
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    to = home
    if branch is not None:
        named = next((each for each in set_up.branches.values() if each.isil == branch), None)
        if named is None:
            return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home))
        to = named
    kept = {level: getattr(facts, level) if to.id == home.id else "" for level in LEVELS}
    unknown = sorted(set(placement) - set(LEVELS))
    if unknown:
        raise TypeError(f"there is no level {', '.join(unknown)}")
    wanted = kept | placement
    if problems := place_problems(transaction, to.agency_id, wanted):
        raise UnknownPlace("; ".join(problems))
    before = {"branch": home.id} | {level: getattr(facts, level) for level in LEVELS}
    after = {"branch": to.id} | wanted
    if after != before:
        _move(transaction, item_id=facts.id, branch_id=to.id, **wanted)
        if to.id != home.id:
            update_holders(transaction, (facts.record_id,))
        append_event(
            act,
            NewEvent(
                EventKind.ITEM_PLACED,
                item_id=facts.id,
                before={name: value for name, value in before.items() if value != after[name]},
                after={name: value for name, value in after.items() if value != before[name]},
            ),
        )
    placed = item_facts(transaction, barcode=item)
    assert placed is not None
    return placed.item(to)
