"""Who answers for a child: bills and letters go to them, and the account if they may see it.

From fifteen on the child decides: a guardian who does not see the account is not written to about
what the child has borrowed and owes, either.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, one, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.patrons.schema import patron_guardians, patrons
from circulation.patrons.traits import age_on

#: A guardian answers for a child up to this age.
ADULT_AGE = 18
#: From this age on children decide themselves whether a guardian looks at their account.
DECIDING_AGE = 15


class Guardian(NamedTuple):
    """`sees_account`: may they look at the child's loans and holds."""

    patron_id: int
    name: str
    since: datetime
    sees_account: bool


class Ward(NamedTuple):
    """A child whom somebody answers for."""

    patron_id: int
    name: str
    birth_date: date | None
    sees_account: bool


@many(Guardian)
def guardians_of(*, patron_id: int) -> Statement:
    """Who answers for the patron, in the order in which they were added."""
    return (
        select(
            *columns(Guardian, patrons, patron_guardians, patron_id=patron_guardians.c.guardian_id)
        )
        .select_from(patron_guardians.join(patrons, patrons.c.id == patron_guardians.c.guardian_id))
        .where(patron_guardians.c.patron_id == patron_id)
        .order_by(patron_guardians.c.since, patron_guardians.c.guardian_id)
    )


@many(Ward)
def wards_of(*, guardian_id: int) -> Statement:
    """Whom the patron answers for, by name."""
    return (
        select(*columns(Ward, patron_guardians, patrons))
        .select_from(patron_guardians.join(patrons, patrons.c.id == patron_guardians.c.patron_id))
        .where(patron_guardians.c.guardian_id == guardian_id)
        .order_by(patrons.c.name, patron_guardians.c.patron_id)
    )


@send
def _insert_guardian(
    *, patron_id: int, guardian_id: int, since: datetime, sees_account: bool
) -> Statement:
    return insert(patron_guardians).values(locals())


@change
def _delete_guardian(*, patron_id: int, guardian_id: int) -> Statement:
    return delete(patron_guardians).where(
        patron_guardians.c.patron_id == patron_id, patron_guardians.c.guardian_id == guardian_id
    )


@change
def _show_account(*, patron_id: int, guardian_id: int, sees_account: bool) -> Statement:
    return (
        update(patron_guardians)
        .where(
            patron_guardians.c.patron_id == patron_id,
            patron_guardians.c.guardian_id == guardian_id,
            patron_guardians.c.sees_account != sees_account,
        )
        .values(sees_account=sees_account)
    )


class _Person(NamedTuple):
    kind: str
    birth_date: date | None


@one(_Person)
def _person(*, patron_id: int) -> Statement:
    return select(*columns(_Person, patrons)).where(patrons.c.id == patron_id)


def add_guardian(
    act: Act, patron_id: int, guardian_id: int, *, today: date, sees_account: bool = False
) -> None:
    """From now on `guardian_id` answers for the child `patron_id`; `today` is the date at the desk.

    Raises ValueError where either is no person, the child is grown up, the guardian is a child or
    the same person, or it is so already.
    """
    transaction, now = act.transaction, act.now
    child, guardian = (
        _person(transaction, patron_id=patron_id),
        _person(transaction, patron_id=guardian_id),
    )
    if child is None or guardian is None or {child[0], guardian[0]} != {"person"}:
        raise ValueError("a child and its guardian are both persons known to the library")
    if patron_id == guardian_id:
        raise ValueError("nobody is their own guardian")
    if _is_adult(child[1], today) is True:
        raise ValueError("the patron is grown up and answers for themselves")
    if _is_adult(guardian[1], today) is False:
        raise ValueError("a child cannot answer for another")
    if any(
        known.patron_id == guardian_id for known in guardians_of(transaction, patron_id=patron_id)
    ):
        raise ValueError("this guardian is known already")
    _insert_guardian(
        transaction,
        patron_id=patron_id,
        guardian_id=guardian_id,
        since=now,
        sees_account=sees_account,
    )
    append_event(
        act,
        NewEvent(
            EventKind.GUARDIAN_ADDED, patron_id=patron_id, after={"sees_account": sees_account}
        ),
    )


def decides_who_sees(birth_date: date | None, today: date) -> bool:
    """May the child say whether its guardians see the account?"""
    return birth_date is not None and age_on(today, birth_date) >= DECIDING_AGE


def guardians_told(
    transaction: Transaction, patron_id: int, birth_date: date | None, today: date
) -> list[int]:
    """The guardians who may be written to about a child born then: their patron ids, in order."""
    must_see = decides_who_sees(birth_date, today)
    found = guardians_of(transaction, patron_id=patron_id)
    return [each.patron_id for each in found if each.sees_account or not must_see]


def show_account(
    act: Act, patron_id: int, guardian_id: int, *, today: date, sees_account: bool
) -> bool:
    """The child `patron_id` lets a guardian look at its account, or does not any longer. False
    where they do not answer for the child.

    Raises ValueError where the child is too young to say so.
    """
    transaction = act.transaction
    known = {each.patron_id: each for each in guardians_of(transaction, patron_id=patron_id)}
    if guardian_id not in known:
        return False
    child = _person(transaction, patron_id=patron_id)
    if child is None or not decides_who_sees(child.birth_date, today):
        raise ValueError(f"who sees the account is for the library to say before {DECIDING_AGE}")
    if _show_account(
        transaction, patron_id=patron_id, guardian_id=guardian_id, sees_account=sees_account
    ):
        append_event(
            act,
            NewEvent(
                EventKind.GUARDIAN_CHANGED,
                patron_id=patron_id,
                before={"sees_account": known[guardian_id].sees_account},
                after={"sees_account": sees_account},
            ),
        )
    return True


def wards_seen_by(transaction: Transaction, guardian_id: int, today: date) -> list[Ward]:
    """The children whose account the guardian may look at: not one who has grown up."""
    return [
        each
        for each in wards_of(transaction, guardian_id=guardian_id)
        if each.sees_account and _is_adult(each.birth_date, today) is not True
    ]


def remove_guardian(act: Act, patron_id: int, guardian_id: int) -> bool:
    """False where they did not answer for the patron."""
    transaction = act.transaction
    if not _delete_guardian(transaction, patron_id=patron_id, guardian_id=guardian_id):
        return False
    append_event(act, NewEvent(EventKind.GUARDIAN_REMOVED, patron_id=patron_id))
    return True


def _is_adult(birth_date: date | None, day: date) -> bool | None:
    return None if birth_date is None else age_on(day, birth_date) >= ADULT_AGE
