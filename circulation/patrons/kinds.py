"""What kinds of patrons, identifiers, contacts and consents there are."""

from __future__ import annotations

from enum import Enum


class PatronKind(Enum):
    """Who a patron is. The value is what `patrons.kind` holds."""

    PERSON = "person"
    COMPANY = "company"
    GROUP = "group"  # a class, a reading circle: it borrows under a name of its own
    LIBRARY = "library"


class IdentifierKind(Enum):
    """What an identifier is. The value is what `patron_identifiers.kind` holds."""

    CARD = "card"
    LOGIN = "login"  # of a school, say
    EMAIL = "email"
    NATIONAL_ID = "national_id"
    COMPANY_NUMBER = "cvr"  # of the Central Business Register


class ContactKind(Enum):
    """The value is what `patron_contacts.kind` holds."""

    EMAIL = "email"
    PHONE = "phone"
    DIGITAL_POST = "digital_post"
    PERSON = "person"  # who speaks for a group, a company or a library


class Consent(Enum):
    """What may be consented to. The value is what `patron_consents.kind` holds."""

    KEEP_HISTORY = "keep_history"  # of loans, beyond the days for which it is kept anyway
    PERSON_REGISTRY = "person_registry"  # name and address from the national register
