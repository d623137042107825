"""How patrons can be reached and what they prefer: telephone, pickup branch, interest period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, one, scalar_one, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.patrons.checking import fitting
from circulation.patrons.identifiers import masked
from circulation.patrons.kinds import ContactKind
from circulation.patrons.schema import patron_contacts, patron_preferences
from circulation.patrons.search_words import index_patron

#: What is checked of a contact as the same field of a patron is.
_FIELDS = {ContactKind.EMAIL: "email", ContactKind.PHONE: "phone"}


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a patron. `notices`: may notices be sent there? `verified`: when the patron
    showed that it is theirs.
    """

    id: int
    kind: ContactKind
    value: str
    notices: bool
    verified: datetime | None


class Preferences(NamedTuple):
    """What a patron chose for themselves; None is no choice."""

    pickup_branch_id: int | None = None
    interest_days: int | None = None


def _contact(
    contact_id: int, kind: str, value: str, notices: bool, verified: datetime | None
) -> Contact:
    return Contact(contact_id, ContactKind(kind), value, bool(notices), verified)


@many(_contact)
def contacts_of(*, patron_id: int) -> Statement:
    """All ways to the patron, in the order in which they were given."""
    return (
        select(*columns(_contact, patron_contacts, contact_id=patron_contacts.c.id))
        .where(patron_contacts.c.patron_id == patron_id)
        .order_by(patron_contacts.c.id)
    )


@scalar_one(int)
def _insert_contact(
    *, patron_id: int, kind: str, value: str, notices: bool, added: datetime
) -> Statement:
    return insert(patron_contacts).values(locals()).returning(patron_contacts.c.id)


@change
def _verify(*, contact_id: int, patron_id: int, verified: datetime | None) -> Statement:
    return (
        update(patron_contacts)
        .where(
            patron_contacts.c.id == contact_id,
            patron_contacts.c.patron_id == patron_id,
            patron_contacts.c.verified.is_(None),
        )
        .values(verified=verified)
    )


@change
def _delete_contact(*, contact_id: int, patron_id: int) -> Statement:
    return delete(patron_contacts).where(
        patron_contacts.c.id == contact_id, patron_contacts.c.patron_id == patron_id
    )


@one(Preferences)
def _preferences(*, patron_id: int) -> Statement:
    return select(*columns(Preferences, patron_preferences)).where(
        patron_preferences.c.patron_id == patron_id
    )


@send
def _forget_preferences(*, patron_id: int) -> Statement:
    return delete(patron_preferences).where(patron_preferences.c.patron_id == patron_id)


@send
def _insert_preferences(
    *, patron_id: int, pickup_branch_id: int | None, interest_days: int | None
) -> Statement:
    return insert(patron_preferences).values(locals())


def add_contact(
    act: Act, patron_id: int, kind: ContactKind, value: str, *, notices: bool = True
) -> Contact:
    """Adds a way to the patron, not verified yet; one that is there already is given back as it is.

    A national number is kept with its last digits covered: what Digital Post goes to is an
    identifier (see `circulation.digital_post.numbers`), and the contact only says whether it may.
    A telephone number is kept in E.164. Raises PatronUnfit for an address that is none, ValueError
    for an empty one.
    """
    transaction, now = act.transaction, act.now
    value = value.strip()
    if not value:
        raise ValueError("a contact must not be empty")
    field = _FIELDS.get(kind)
    if field is not None:
        value = fitting(transaction, {field: value}, now=now)[field]
    if kind is ContactKind.DIGITAL_POST:
        value = masked(value) or value
    for known in contacts_of(transaction, patron_id=patron_id):
        if (known.kind, known.value) == (kind, value):
            return known
    contact_id: int = _insert_contact(
        transaction, patron_id=patron_id, kind=kind.value, value=value, notices=notices, added=now
    )
    index_patron(transaction, patron_id)
    append_event(
        act,
        NewEvent(
            EventKind.CONTACT_ADDED,
            patron_id=patron_id,
            after={"contact": contact_id, "kind": kind.value},
        ),
    )
    return Contact(contact_id, kind, value, notices, None)


def verify_contact(act: Act, patron_id: int, contact_id: int) -> bool:
    """The patron has shown that it is theirs; False where that was known, or where it is not
    theirs."""
    transaction, now = act.transaction, act.now
    if not _verify(transaction, contact_id=contact_id, patron_id=patron_id, verified=now):
        return False
    append_event(
        act,
        NewEvent(EventKind.CONTACT_VERIFIED, patron_id=patron_id, after={"contact": contact_id}),
    )
    return True


def remove_contact(act: Act, patron_id: int, contact_id: int) -> bool:
    """False where the patron has no such contact."""
    transaction = act.transaction
    if not _delete_contact(transaction, contact_id=contact_id, patron_id=patron_id):
        return False
    index_patron(transaction, patron_id)
    append_event(
        act,
        NewEvent(EventKind.CONTACT_REMOVED, patron_id=patron_id, before={"contact": contact_id}),
    )
    return True


def preferences_of(transaction: Transaction, patron_id: int) -> Preferences:
    """What the patron chose; all None where nothing."""
    return _preferences(transaction, patron_id=patron_id) or Preferences()


def set_preferences(act: Act, patron_id: int, preferences: Preferences) -> None:
    """Replaces what the patron chose."""
    transaction = act.transaction
    before = preferences_of(transaction, patron_id)
    if before == preferences:
        return
    _forget_preferences(transaction, patron_id=patron_id)
    _insert_preferences(transaction, patron_id=patron_id, **preferences._asdict())
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_CHANGED,
            patron_id=patron_id,
            before=before._asdict(),
            after=preferences._asdict(),
        ),
    )
