"""Patrons, what they have and what is known of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from circulation.kernel.reasons import BlockReason
from protocols.api.models.answers import Branch, Coded
from protocols.api.models.common import BatchName, Card, Isil, Paging, PatronId, Request, Sentence
from protocols.api.models.screen import PatronLoan

Name = Annotated[str, Field(min_length=1, max_length=200)]
Short = Annotated[str, Field(max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=100)]
PatronKindName = Literal["person", "company", "group", "library"]
BlockName = Annotated[BlockReason, Field(strict=False)]
#: What no name has: control characters, line ends, and marks that turn the text after them around.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def _is_seen(name: str) -> str:
    if _UNSEEN.search(name) or (
        name and not any(each.isprintable() and not each.isspace() for each in name)
    ):
        raise ValueError("a name is something that can be read, on one line")
    return name


class NewPatron(Request):
    """A patron to register, with a first card. Their branch is `home_branch`, else the desk's.
    A person has a `given_name`; a company, group or library has a name in either field.
    `silent_batch`: they are part of that load from another system, and nobody is told of it."""

    card: Card
    category: Code
    given_name: Annotated[Short, AfterValidator(_is_seen)] = ""
    family_name: Annotated[Short, AfterValidator(_is_seen)] = ""
    kind: PatronKindName = "person"
    home_branch: Isil | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None
    birth_date: date | None = None
    national_id: Card | None = None
    email: Short = ""
    phone: Short = ""
    expires: date | None = None
    note: Sentence = ""
    municipality: Short = ""
    silent_batch: BatchName | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What a new patron can be: where no categories are named, any code will do. `branches` are
    those of which the caller may register patrons."""

    categories: tuple[Coded, ...]
    languages: tuple[str, ...]
    branches: tuple[Branch, ...]


class PatronChanges(Request):
    """What is to be changed of a patron; what is not said stays."""

    given_name: Annotated[Name, AfterValidator(_is_seen)] | None = None
    family_name: Annotated[Name, AfterValidator(_is_seen)] | None = None
    name: Name | None = None
    birth_date: date | None = None
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None
    category: Code | None = None
    email: Short | None = None
    phone: Short | None = None
    expires: date | None = None
    municipality: Short | None = None
    is_protected: bool | None = None
    home_branch: Isil | None = None


class NewIdentifier(Request):
    """A further card or another identifier; `replaces` is one that is not to be used any more."""

    identifier: Card
    kind: Literal["card", "login", "email", "national_id", "cvr"] = "card"
    expires: date | None = None
    replaces: Card | None = None


class IdentifierChange(Request):
    """A card is lost or found again (`blocked` null), or ends at another day."""

    identifier: Card
    blocked: Literal["lost", "stolen", "replaced", "withdrawn"] | None = None
    expires: date | None = None


class NewBlock(Request):
    """A block of the desk's agency, or `everywhere`; it is lifted on the day `ends`, if given."""

    reason: BlockName = BlockReason.OTHER
    message: Sentence = ""
    everywhere: bool = False
    ends: date | None = None


class NewGuardian(Request):
    """Who answers for a child, and whether they may see what it has."""

    guardian: PatronId
    sees_account: bool = False


class LoanPaging(Paging):
    """Which part of the loans; `overdue` those alone that are overdue."""

    overdue: bool = False


@dataclass(frozen=True, slots=True)
class PatronLoans:
    """A page of the loans by due date, and how many there are in all."""

    total: int
    loans: tuple[PatronLoan, ...]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Somebody has looked at a patron: what, from where and by what."""

    at: datetime
    kind: str
    actor: str
    device: str
    what: str
    context: str


@dataclass(frozen=True, slots=True)
class LookUps:
    """The newest first."""

    lookups: tuple[LookUp, ...]
