"""What is on record for a patron: name, date of birth, contact details, category, expiry.

Cards are changed by `circulation.patrons.identifiers`, blocks and PINs by
`circulation.patrons.registering`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import select, update

from catalogue.database import Statement, columns, lock, one, send
from catalogue.schema import branches
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.patrons.checking import fitting
from circulation.patrons.schema import patrons
from circulation.patrons.search_words import index_patron


class PatronFields(NamedTuple):
    """What can be changed. `name` is how the patron is addressed, `expires` the last day on which
    they may borrow; texts are empty where nothing is known. `is_protected`: few are told where they
    live and how they are reached."""

    name: str
    given_name: str
    family_name: str
    birth_date: date | None
    language: str
    category: str
    email: str
    phone: str
    expires: date | None
    home_branch_id: int
    municipality: str
    is_protected: bool


class Changes(TypedDict, total=False):
    """Some of `PatronFields`."""

    name: str
    given_name: str
    family_name: str
    birth_date: date | None
    language: str
    category: str
    email: str
    phone: str
    expires: date | None
    home_branch_id: int
    municipality: str
    is_protected: bool


@lock
def _lock(*, patron_id: int) -> Statement:
    return select(patrons.c.id).where(patrons.c.id == patron_id).with_for_update()


@one(PatronFields)
def patron_fields(*, patron_id: int) -> Statement:
    """What is on record for the patron; None where there is no such patron."""
    return select(*columns(PatronFields, patrons)).where(patrons.c.id == patron_id)


@send
def _change(
    *,
    patron_id: int,
    name: str,
    given_name: str,
    family_name: str,
    birth_date: date | None,
    language: str,
    category: str,
    email: str,
    phone: str,
    expires: date | None,
    home_branch_id: int,
    municipality: str,
    is_protected: bool,
) -> Statement:
    values: dict[str, Any] = {
        field: value for field, value in locals().items() if field != "patron_id"
    }
    agency = select(branches.c.agency_id).where(branches.c.id == home_branch_id)
    values["agency_id"] = agency.scalar_subquery()
    return update(patrons).where(patrons.c.id == patron_id).values(values)


def change_patron(act: Act, patron_id: int, changes: Changes) -> PatronFields:
    """Changes what is given, and gives all as it is now. Changing nothing writes no event.

    A new given or family name changes how the patron is addressed, unless `name` says how. Whoever
    gets a home branch of another agency is a patron of that agency from now on; loans, holds,
    debts and blocks stay whose they are.
    Raises PatronUnfit for what cannot be so, and ValueError for an unknown patron.
    """
    transaction, now = act.transaction, act.now
    _lock(transaction, patron_id=patron_id)
    before = patron_fields(transaction, patron_id=patron_id)
    if before is None:
        raise ValueError(f"there is no patron {patron_id}")
    new = {name: value for name, value in changes.items() if value != getattr(before, name)}
    after = before._replace(**fitting(transaction, new, now=now))
    renamed = (before.given_name, before.family_name) != (after.given_name, after.family_name)
    if renamed and "name" not in changes:
        after = after._replace(name=f"{after.given_name} {after.family_name}".strip())
    if after == before:
        return before
    _change(transaction, patron_id=patron_id, **after._asdict())
    index_patron(transaction, patron_id)
    changed = [name for name in after._fields if getattr(after, name) != getattr(before, name)]
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_CHANGED,
            patron_id=patron_id,
            before={name: _plain(getattr(before, name)) for name in changed},
            after={name: _plain(getattr(after, name)) for name in changed},
        ),
    )
    return after


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
