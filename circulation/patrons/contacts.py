"""Where patrons can be reached and what they prefer: addresses, pickup branch, interest period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from catalogue.database import Transaction, change, many, one, scalar, send
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Desk
from circulation.patrons.checking import fitting
from circulation.patrons.identifiers import masked
from circulation.patrons.schema import patron_contacts, patron_preferences, patrons


class ContactKind(Enum):
    """The value is what `patron_contacts.kind` holds."""

    EMAIL = "email"
    PHONE = "phone"
    POSTAL = "postal"
    DIGITAL_POST = "digital_post"
    PERSON = "person"  # who speaks for a group, a company or a library


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


_contacts = many(
    select(
        patron_contacts.c.id,
        patron_contacts.c.kind,
        patron_contacts.c.value,
        patron_contacts.c.notices,
        patron_contacts.c.verified,
    )
    .where(patron_contacts.c.patron_id == bindparam("of_patron"))
    .order_by(patron_contacts.c.id),
    _contact,
    "of_patron",
)
_insert_contact = scalar(
    insert(patron_contacts)
    .values(
        patron_id=bindparam("new_patron_id"),
        kind=bindparam("new_kind"),
        value=bindparam("new_value"),
        notices=bindparam("new_notices"),
        added=bindparam("new_added"),
    )
    .returning(patron_contacts.c.id),
    "new_patron_id",
    "new_kind",
    "new_value",
    "new_notices",
    "new_added",
)
_verify = change(
    update(patron_contacts)
    .where(
        patron_contacts.c.id == bindparam("contact_id"),
        patron_contacts.c.patron_id == bindparam("of_patron"),
        patron_contacts.c.verified.is_(None),
    )
    .values(verified=bindparam("new_verified")),
    "contact_id",
    "of_patron",
    "new_verified",
)
_delete_contact = change(
    delete(patron_contacts).where(
        patron_contacts.c.id == bindparam("contact_id"),
        patron_contacts.c.patron_id == bindparam("of_patron"),
    ),
    "contact_id",
    "of_patron",
)
_preferences = one(
    select(patron_preferences.c.pickup_branch_id, patron_preferences.c.interest_days).where(
        patron_preferences.c.patron_id == bindparam("of_patron")
    ),
    Preferences,
    "of_patron",
)
_forget_preferences = send(
    delete(patron_preferences).where(patron_preferences.c.patron_id == bindparam("of_patron")),
    "of_patron",
)
_insert_preferences = send(
    insert(patron_preferences).values(
        patron_id=bindparam("new_patron_id"),
        pickup_branch_id=bindparam(
            "new_pickup_branch_id", type_=patron_preferences.c.pickup_branch_id.type
        ),
        interest_days=bindparam("new_interest_days", type_=patron_preferences.c.interest_days.type),
    ),
    "new_patron_id",
    "new_pickup_branch_id",
    "new_interest_days",
)
_set_language = change(
    update(patrons)
    .where(patrons.c.id == bindparam("patron_id"))
    .values(language=bindparam("new_language")),
    "patron_id",
    "new_language",
)


def contacts_of(transaction: Transaction, patron_id: int) -> list[Contact]:
    """All ways to the patron, in the order in which they were given."""
    return _contacts(transaction, patron_id)


def add_contact(
    transaction: Transaction,
    patron_id: int,
    kind: ContactKind,
    value: str,
    *,
    now: datetime,
    notices: bool = True,
    desk: Desk | None = None,
) -> Contact:
    """Adds a way to the patron, not verified yet; one that is there already is given back as it is.

    A national number is kept with its last digits covered: what Digital Post goes to is an
    identifier (see `circulation.digital_post.numbers`), and the contact only says whether it may.
    A telephone number is kept in E.164. Raises PatronUnfit for an address that is none, ValueError
    for an empty one.
    """
    value = value.strip()
    if not value:
        raise ValueError("a contact must not be empty")
    field = _FIELDS.get(kind)
    if field is not None:
        value = fitting(transaction, {field: value}, now=now)[field]
    if kind is ContactKind.DIGITAL_POST:
        value = masked(value) or value
    for known in contacts_of(transaction, patron_id):
        if (known.kind, known.value) == (kind, value):
            return known
    contact_id: int = _insert_contact(transaction, patron_id, kind.value, value, notices, now)
    write_event(
        transaction,
        EventKind.CONTACT_ADDED,
        desk,
        now,
        patron_id=patron_id,
        after={"contact": contact_id, "kind": kind.value},
    )
    return Contact(contact_id, kind, value, notices, None)


def verify_contact(
    transaction: Transaction,
    patron_id: int,
    contact_id: int,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """The patron has shown that it is theirs; False where that was known, or where it is not
    theirs."""
    if not _verify(transaction, contact_id, patron_id, now):
        return False
    write_event(
        transaction,
        EventKind.CONTACT_VERIFIED,
        desk,
        now,
        patron_id=patron_id,
        after={"contact": contact_id},
    )
    return True


def remove_contact(
    transaction: Transaction,
    patron_id: int,
    contact_id: int,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> bool:
    """False where the patron has no such contact."""
    if not _delete_contact(transaction, contact_id, patron_id):
        return False
    write_event(
        transaction,
        EventKind.CONTACT_REMOVED,
        desk,
        now,
        patron_id=patron_id,
        before={"contact": contact_id},
    )
    return True


def preferences_of(transaction: Transaction, patron_id: int) -> Preferences:
    """What the patron chose; all None where nothing."""
    return _preferences(transaction, patron_id) or Preferences()


def set_preferences(
    transaction: Transaction,
    patron_id: int,
    preferences: Preferences,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> None:
    """Replaces what the patron chose."""
    before = preferences_of(transaction, patron_id)
    if before == preferences:
        return
    _forget_preferences(transaction, patron_id)
    _insert_preferences(transaction, patron_id, *preferences)
    write_event(
        transaction,
        EventKind.PATRON_CHANGED,
        desk,
        now,
        patron_id=patron_id,
        before=before._asdict(),
        after=preferences._asdict(),
    )


def set_language(
    transaction: Transaction,
    patron_id: int,
    language: str,
    *,
    now: datetime,
    desk: Desk | None = None,
) -> None:
    """The language (ISO 639-1) in which the patron is written to.

    Raises PatronUnfit for one that there is not, ValueError for an unknown patron.
    """
    fitting(transaction, {"language": language}, now=now)
    if not _set_language(transaction, patron_id, language):
        raise ValueError(f"there is no patron {patron_id}")
    write_event(
        transaction,
        EventKind.PATRON_CHANGED,
        desk,
        now,
        patron_id=patron_id,
        after={"language": language},
    )
