"""Pupils and teachers, as the register of a school has them: who they are, and in which class.

Each file has all of them. Whoever is there already, by school login, national number or card, is
changed and not registered twice; a new class, as all have them each summer, is another group. Who
is not in the file any more has left: they are in no group of the school, and their time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, many, scalar
from circulation.kernel.act import Act
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import BRANCH, CODE, DAY, TEXT
from circulation.notices.kinds import Basis
from circulation.notices.silence import begin_silent_batch, keep_silent
from circulation.patrons.changes import Changes, change_patron
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.groups import add_group, join_group, leave_group
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierKind,
    IdentifierTaken,
    NoIdentifierKey,
    add_identifier,
    find_patron,
)
from circulation.patrons.registering import NewPatron, home_branch_of, register_patron
from circulation.patrons.schema import patron_group_members, patron_groups


class MemberRow(NamedTuple):
    """What a plan may say of a pupil or teacher. `group` is the way to their class, parted by
    strokes: ``Islev Skole/7/7B``. Without a card they borrow by their login."""

    login: Annotated[str, TEXT]
    home_branch: Annotated[int, BRANCH]
    category: Annotated[str, CODE]
    given_name: Annotated[str, TEXT]
    family_name: Annotated[str, TEXT]
    card: Annotated[str, TEXT] = ""
    national_id: Annotated[str, TEXT] = ""
    birth_date: Annotated[date | None, DAY] = None
    email: Annotated[str, TEXT] = ""
    group: Annotated[str, TEXT] = ""


@many(tuple[int, str])
def _groups_of(*, patron_id: int, agency_id: int) -> Statement:
    its = patron_groups.c
    return (
        select(its.id, its.name)
        .select_from(patron_group_members.join(patron_groups))
        .where(patron_group_members.c.patron_id == patron_id, its.agency_id == agency_id)
    )


@scalar(int)
def _group(*, agency_id: int, parent: int, name: str) -> Statement:
    its = patron_groups.c
    is_below = func.coalesce(its.parent_id, 0) == parent
    return select(its.id).where(its.agency_id == agency_id, its.name == name, is_below)


def store_members(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Registers who is new and changes who is there, with their class."""
    begin_silent_batch(batch.transaction, batch.moving.source, until=batch.moving.until)
    for each in [*new, *changed]:
        try:
            _store(batch, each)
        except PatronUnfit as unfit:
            batch.set_aside(each, "cannot be so", ", ".join(p.field for p in unfit.problems))
        except IdentifierTaken:
            batch.set_aside(each, "a number of somebody else's", "login")
        except NoIdentifierKey:
            batch.set_aside(each, "no key for national numbers: identifier_key", "national_id")
        except ValueError:
            batch.set_aside(each, "no way to a group", "group")


def _store(batch: Batch, arrival: Arrival) -> None:
    row: MemberRow = arrival.row
    moving = batch.moving
    act = Act(batch.transaction, moving.circulation, moving.desk(row.home_branch), moving.now)
    number = arrival.row_id or _known(batch.transaction, act, row)
    if number is None:
        number = register_patron(act, _new(row))
        keep_silent(batch.transaction, moving.source, Basis.PATRON, [number])
    else:
        changes: Changes = {
            "given_name": row.given_name,
            "family_name": row.family_name,
            "category": row.category,
            "home_branch_id": row.home_branch,
            "expires": None,
        }
        if row.email:
            changes["email"] = row.email
        change_patron(act, number, changes)
    if find_patron(batch.transaction, row.login) is None:
        add_identifier(act, number, row.login, IdentifierKind.LOGIN.value)
    if "group" in batch.fields:
        _put_into(act, number, row.group)
    arrival.row_id = number


def _known(transaction: Transaction, act: Act, row: MemberRow) -> int | None:
    key = IDENTIFIERS.of(act.circulation)
    for number in (row.login, row.national_id, row.card):
        found = find_patron(transaction, number, key=key) if number else None
        if found is not None:
            return found
    return None


def _new(row: MemberRow) -> NewPatron:
    return NewPatron(
        home_branch=row.home_branch,
        category=row.category,
        given_name=row.given_name,
        family_name=row.family_name,
        card=row.card or row.login,
        birth_date=row.birth_date,
        email=row.email,
        national_id=row.national_id or None,
    )


def _put_into(act: Act, patron_id: int, path: str) -> None:
    """In this group, and in no other of the agency."""
    agency_id, group_id = act.desk.agency_id, 0
    for name in filter(None, (part.strip() for part in path.split("/"))):
        found = _group(act.transaction, agency_id=agency_id, parent=group_id, name=name)
        if found is None:
            found = add_group(act.transaction, agency_id, name, parent_id=group_id or None)
        group_id = found
    there = {
        each for each, _ in _groups_of(act.transaction, patron_id=patron_id, agency_id=agency_id)
    }
    for other in there - {group_id}:
        leave_group(act, other, patron_id)
    if group_id and group_id not in there:
        join_group(act, group_id, patron_id)


def let_go(batch: Batch, ids: Sequence[int]) -> None:
    """They have left: what they have is still to be handed in, but nothing more is lent to them."""
    moving = batch.moving
    for patron_id in ids:
        home = home_branch_of(batch.transaction, patron_id=patron_id)
        if home is None:
            continue
        act = Act(batch.transaction, moving.circulation, moving.desk(home), moving.now)
        _put_into(act, patron_id, "")
        change_patron(act, patron_id, {"expires": moving.set_up.day(moving.now, home)})


MEMBERS = Kind("members", MemberRow, store_members, let_go)
