"""Who answers for a child: bills and letters go to them, and the account if they may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, change, many, one, send
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk
from circulation.patrons.schema import patron_guardians, patrons
from circulation.patrons.traits import age_on

#: A guardian answers for a child up to this age.
ADULT_AGE = 18


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


_guardians = many(
    select(
        patron_guardians.c.guardian_id,
        patrons.c.name,
        patron_guardians.c.since,
        patron_guardians.c.sees_account,
    )
    .select_from(patron_guardians.join(patrons, patrons.c.id == patron_guardians.c.guardian_id))
    .where(patron_guardians.c.patron_id == bindparam("of_patron"))
    .order_by(patron_guardians.c.since, patron_guardians.c.guardian_id),
    Guardian,
    "of_patron",
)
_wards = many(
    select(
        patron_guardians.c.patron_id,
        patrons.c.name,
        patrons.c.birth_date,
        patron_guardians.c.sees_account,
    )
    .select_from(patron_guardians.join(patrons, patrons.c.id == patron_guardians.c.patron_id))
    .where(patron_guardians.c.guardian_id == bindparam("of_guardian"))
    .order_by(patrons.c.name, patron_guardians.c.patron_id),
    Ward,
    "of_guardian",
)
_insert_guardian = send(
    insert(patron_guardians).values(
        patron_id=bindparam("new_patron_id"),
        guardian_id=bindparam("new_guardian_id"),
        since=bindparam("new_since"),
        sees_account=bindparam("new_sees_account"),
    ),
    "new_patron_id",
    "new_guardian_id",
    "new_since",
    "new_sees_account",
)
_delete_guardian = change(
    delete(patron_guardians).where(
        patron_guardians.c.patron_id == bindparam("of_patron"),
        patron_guardians.c.guardian_id == bindparam("of_guardian"),
    ),
    "of_patron",
    "of_guardian",
)
_person: Callable[..., Any] = one(
    select(patrons.c.kind, patrons.c.birth_date).where(patrons.c.id == bindparam("patron_id")),
    None,
    "patron_id",
)


def guardians_of(transaction: Transaction, patron_id: int) -> list[Guardian]:
    """Who answers for the patron, in the order in which they were added."""
    return _guardians(transaction, patron_id)


def wards_of(transaction: Transaction, guardian_id: int) -> list[Ward]:
    """Whom the patron answers for, by name."""
    return _wards(transaction, guardian_id)


def add_guardian(
    transaction: Transaction,
    patron_id: int,
    guardian_id: int,
    *,
    now: datetime,
    today: date,
    sees_account: bool = False,
    desk: Desk | None = None,
) -> None:
    """From now on `guardian_id` answers for the child `patron_id`; `today` is the date at the desk.

    Raises ValueError where either is no person, the child is grown up, the guardian is a child or
    the same person, or it is so already.
    """
    child, guardian = _person(transaction, patron_id), _person(transaction, guardian_id)
    if child is None or guardian is None or {child[0], guardian[0]} != {"person"}:
        raise ValueError("a child and its guardian are both persons known to the library")
    if patron_id == guardian_id:
        raise ValueError("nobody is their own guardian")
    if _is_adult(child[1], today) is True:
        raise ValueError("the patron is grown up and answers for themselves")
    if _is_adult(guardian[1], today) is False:
        raise ValueError("a child cannot answer for another")
    if any(known.patron_id == guardian_id for known in guardians_of(transaction, patron_id)):
        raise ValueError("this guardian is known already")
    _insert_guardian(transaction, patron_id, guardian_id, now, sees_account)
    write_event(
        transaction,
        EventKind.GUARDIAN_ADDED,
        desk,
        now,
        patron_id=patron_id,
        after={"sees_account": sees_account},
    )


def remove_guardian(
    transaction: Transaction,
    patron_id: int,
    guardian_id: int,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """False where they did not answer for the patron."""
    if not _delete_guardian(transaction, patron_id, guardian_id):
        return False
    write_event(transaction, EventKind.GUARDIAN_REMOVED, desk, now, patron_id=patron_id)
    return True


def _is_adult(birth_date: date | None, day: date) -> bool | None:
    return None if birth_date is None else age_on(day, birth_date) >= ADULT_AGE
