"""Pupils and teachers, as the register of a school has them: who they are, and in which class.

Each file has all of them. Whoever is there already, by school login, national number or card, is
not registered twice. Where their home is a school that the plan speaks of, they are what the
register says; who belongs to another library stays what they are there, and is in a class besides.
A new class, as all have them each summer, is another group. Who is not in the file any more has
left: they are in that class no longer, and if the school was their home, their time is over. What
they have on loan is still theirs to hand in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, scalar
from circulation.kernel.act import Act
from circulation.moving.keys import Moved, MovedRow, known_under, moved, remember
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import BIRTH_DATE, BRANCH, CODE, TEXT, TRUTH
from circulation.notices.kinds import Basis
from circulation.notices.silence import begin_silent_batch, keep_silent
from circulation.patrons.changes import Changes, change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.groups import add_group, join_group, leave_group
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierTaken,
    NoIdentifierKey,
    add_identifier,
    find_patron,
)
from circulation.patrons.kinds import IdentifierKind
from circulation.patrons.registering import NewPatron, home_branch_of, register_patron
from circulation.patrons.schema import patron_groups

#: The group that a row has put somebody in, by the key of the row.
_CLASS: Final = "members.group"


class _SeveralPatrons(Exception):
    """The numbers of one row are those of several patrons."""


class MemberRow(NamedTuple):
    """What a plan may say of a pupil or teacher. `group` is the way to their class, parted by
    strokes: ``Islev Skole/7/7B``. Without a card they borrow by their login. E-mail address and
    telephone number are taken where none is known."""

    login: Annotated[str, TEXT]
    home_branch: Annotated[int, BRANCH]
    category: Annotated[str, CODE]
    given_name: Annotated[str, TEXT]
    family_name: Annotated[str, TEXT]
    card: Annotated[str, TEXT] = ""
    national_id: Annotated[str, TEXT] = ""
    birth_date: Annotated[date | None, BIRTH_DATE] = None
    email: Annotated[str, TEXT] = ""
    phone: Annotated[str, TEXT] = ""
    is_protected: Annotated[bool | None, TRUTH] = None
    group: Annotated[str, TEXT] = ""


@scalar(int)
def _group(*, agency_id: int, parent: int, name: str) -> Statement:
    its = patron_groups.c
    is_below = func.coalesce(its.parent_id, 0) == parent
    return select(its.id).where(its.agency_id == agency_id, its.name == name, is_below)


def store_members(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Registers who is new, changes who is there, with their class; a row whole or not at all."""
    transaction, source = batch.transaction, batch.moving.source
    begin_silent_batch(transaction, source, until=batch.moving.until)
    for each in [*new, *changed]:
        try:
            transaction.whole(lambda row=each: _store(batch, row))  # type: ignore[misc]
        except PatronUnfit as unfit:
            batch.set_aside(each, "cannot be so", ", ".join(p.field for p in unfit.problems))
        except _SeveralPatrons as several:
            batch.set_aside(each, "the numbers of several patrons", str(several))
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
    number = _known(act, row) or arrival.row_id
    if number is None:
        number = register_patron(act, _new(row))
        keep_silent(batch.transaction, moving.source, Basis.PATRON, [number])
    elif home_branch_of(batch.transaction, patron_id=number) in batch.branches:
        change_patron(act, number, _changes(act, number, row))
    if row.is_protected is not None:
        change_patron(act, number, {"is_protected": row.is_protected})
    _give_numbers(act, number, row)
    if "group" in batch.fields:
        _put_into(batch, act, arrival.key, number, _way(act, row.group))
    arrival.row_id = number


def _known(act: Act, row: MemberRow) -> int | None:
    key = IDENTIFIERS.of(act.circulation)
    found = {
        name: number
        for name in ("login", "national_id", "card")
        if (text := getattr(row, name))
        and (number := find_patron(act.transaction, text, key=key)) is not None
    }
    if len({*found.values()}) > 1:
        raise _SeveralPatrons(", ".join(found))
    return next(iter(found.values()), None)


def _changes(act: Act, number: int, row: MemberRow) -> Changes:
    changes: Changes = {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "category": row.category,
        "home_branch_id": row.home_branch,
        "expires": None,
    }
    before = patron_fields(act.transaction, patron_id=number)
    assert before is not None
    if not before.email:
        changes["email"] = row.email
    if not before.phone:
        changes["phone"] = row.phone
    return changes


def _give_numbers(act: Act, number: int, row: MemberRow) -> None:
    key = IDENTIFIERS.of(act.circulation)
    for text, kind in (
        (row.login, IdentifierKind.LOGIN),
        (row.card, IdentifierKind.CARD),
        (row.national_id, IdentifierKind.NATIONAL_ID),
    ):
        if text and find_patron(act.transaction, text, key=key) is None:
            add_identifier(act, number, text, kind.value)


def _new(row: MemberRow) -> NewPatron:
    return NewPatron(
        home_branch=row.home_branch,
        category=row.category,
        given_name=row.given_name,
        family_name=row.family_name,
        card=row.card or row.login,
        birth_date=row.birth_date,
        email=row.email,
        phone=row.phone,
        national_id=row.national_id or None,
    )


def _way(act: Act, path: str) -> int | None:
    """The group at the end of the path, made where there is none."""
    agency_id, group_id = act.desk.agency_id, None
    for name in filter(None, (part.strip() for part in path.split("/"))):
        found = _group(act.transaction, agency_id=agency_id, parent=group_id or 0, name=name)
        if found is None:
            found = add_group(act.transaction, agency_id, name, parent_id=group_id)
        group_id = found
    return group_id


def _put_into(batch: Batch, act: Act, key: str, patron_id: int, group_id: int | None) -> None:
    """In this group, and no more in the one that the same row has put them in before. Groups that
    staff have put them in are none of the register's."""
    source = batch.moving.source
    for before in moved(batch.transaction, keys=[key], source=source, kind=_CLASS):
        if before.row_id != group_id:
            leave_group(act, before.row_id, patron_id)
    if group_id is not None:
        join_group(act, group_id, patron_id)
    remember(batch.transaction, [MovedRow(source, _CLASS, key, group_id or 0, 0)])


def let_go(batch: Batch, gone: Sequence[Moved]) -> None:
    """They have left: what they have is still to be handed in, but nothing more is lent to them.

    Not where they belong to another library, or are in another school still.
    """
    moving, transaction = batch.moving, batch.transaction
    leaving = {(moving.source, each.key) for each in gone}
    for each in gone:
        before = patron_fields(transaction, patron_id=each.row_id)
        assert before is not None  # the keys of patrons who are erased are deleted with them
        home = before.home_branch_id
        act = Act(transaction, moving.circulation, moving.desk(home), moving.now)
        _put_into(batch, act, each.key, each.row_id, None)
        elsewhere = {*known_under(transaction, kind="members", row_id=each.row_id)} - leaving
        today = moving.set_up.day(moving.now, home)
        is_over = before.expires is not None and before.expires < today
        if home in batch.branches and not elsewhere and not is_over:
            change_patron(act, each.row_id, {"expires": today})


MEMBERS = Kind("members", MemberRow, store_members, let_go)
