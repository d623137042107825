"""How patrons are reached, what they prefer, their PIN, and what they have borrowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from protocols.api.models.answers import Branch
from protocols.api.models.common import Isil, Request

Line = Annotated[str, Field(max_length=200)]
#: As long as a PIN may be typed; the rules of the agency say what is a good one.
Pin = Annotated[str, Field(min_length=1, max_length=100)]
LanguageCode = Annotated[str, Field(pattern="^[a-z]{2}$", description="ISO 639-1")]


class NewPin(Request):
    """A PIN that the patron has chosen."""

    pin: Pin


class OwnPin(Request):
    """The PIN that is to be replaced, and the new one."""

    old: Pin
    pin: Pin


class OwnContact(Request):
    """A further way to reach a patron; `notices`: messages may go there."""

    kind: Literal["email", "phone"]
    value: Annotated[str, Field(min_length=1, max_length=254)]
    notices: bool = True


class NewContact(OwnContact):
    """The same, and Digital Post, or who speaks for a group."""

    kind: Literal["email", "phone", "digital_post", "person"]  # type: ignore[assignment]


class NewAddress(Request):
    """Where a patron lives, or lives for some time; `lines` come first on a letter. `country` is an
    ISO 3166-1 code, empty for that of the library."""

    kind: Literal["home", "temporary"] = "home"
    lines: Line = ""
    street: Line = ""
    house_number: Line = ""
    postal_code: Line = ""
    city: Line = ""
    country: Line = ""
    valid_from: date | None = None
    valid_until: date | None = None
    notices: bool = True


class PreferenceChanges(Request):
    """What is to be changed; what is not said stays, and null takes a choice back."""

    pickup_branch: Isil | None = None
    interest_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    language: LanguageCode | None = None


class AbsenceWish(Request):
    """From which day (today, where it is not said) through which (until further notice)."""

    first: date | None = None
    last: date | None = None


class OwnDetails(Request):
    """What patrons change of themselves; what is not said stays."""

    email: Line | None = None
    phone: Line | None = None
    language: LanguageCode | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A further way to reach a patron. `verified`: when they showed that it is theirs."""

    number: str
    kind: str
    value: str
    notices: bool
    verified: datetime | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a patron lives; `text` is all of it as on a letter."""

    number: str
    kind: str
    text: str
    lines: str
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str
    valid_from: date | None
    valid_until: date | None
    notices: bool


@dataclass(frozen=True, slots=True)
class Contacts:
    """How a patron is reached besides the e-mail address and telephone number of the details. Where
    that is protected and the caller may not be told, `is_shown` is false and nothing is there."""

    is_protected: bool
    is_shown: bool
    contacts: tuple[Contact, ...]
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """From which day through which; `last` null is until further notice."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a patron has chosen; null is no choice."""

    pickup_branch: Branch | None
    interest_days: int | None
    language: str
    absence: Absence | None
    keeps_history: bool


@dataclass(frozen=True, slots=True)
class EndedLoan:
    """A loan that is over. `branch` is where it was made."""

    loan: str
    item: str
    record: str
    title: str
    author: str
    material_group: str
    branch: Branch
    checked_out: datetime
    due: datetime
    returned: datetime


@dataclass(frozen=True, slots=True)
class History:
    """A page of loans that are over, the last return first; `is_kept`: the patron has chosen to
    keep them."""

    is_kept: bool
    loans: tuple[EndedLoan, ...]
