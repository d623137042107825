"""Patrons, what they have and what is known of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from circulation.kernel.reasons import BlockReason
from protocols.api.models.common import (
    BatchName,
    Branch,
    Card,
    Coded,
    Isil,
    Money,
    Paging,
    PatronId,
    Request,
    Sentence,
)
from protocols.api.models.desk import Item, Loan, Patron

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
    `silent_batch`: they are part of that load from another system, and nobody is told of it."""

    card: Card
    category: Code
    given_name: Annotated[Name, AfterValidator(_is_seen)]
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
    """A block of the desk's agency, or `everywhere`."""

    reason: BlockName = BlockReason.OTHER
    message: Sentence = ""
    everywhere: bool = False


class NewGuardian(Request):
    """Who answers for a child, and whether they may see what it has."""

    guardian: PatronId
    sees_account: bool = False


class LoanPaging(Paging):
    """Which part of the loans; `overdue` those alone that are overdue."""

    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A block. `agency` None concerns all."""

    reason: str
    since: datetime
    message: str
    agency: str | None


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed to one agency; fees and compensations apart."""

    agency: str
    fees: Money
    compensations: Money


@dataclass(frozen=True, slots=True)
class PatronLoan:
    """One line of the loans. Of a loan lent onward: who has it now, or whose it is."""

    item: Item
    loan: Loan
    is_overdue: bool
    is_recalled: bool
    lent_onward_to: Patron | None
    lent_onward_by: Patron | None


@dataclass(frozen=True, slots=True)
class PatronLoans:
    """A page of the loans by due date, and how many there are in all."""

    total: int
    loans: tuple[PatronLoan, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What is on record. `is_protected`: few are told how and where the patron is reached."""

    name: str
    given_name: str
    family_name: str
    birth_date: date | None
    language: str
    category: str
    email: str
    phone: str
    expires: date | None
    municipality: str
    home_branch: Branch
    note: str
    has_pin: bool
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Identifier:
    """A card or another identifier, as it may be shown."""

    shown: str
    kind: str
    blocked: str | None
    expires: date | None
    added: datetime


@dataclass(frozen=True, slots=True)
class Related:
    """A guardian, or a child that the patron answers for."""

    id: str
    name: str
    sees_account: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each. `ready`: holds that wait to be fetched."""

    loans: int
    overdue: int
    recalled: int
    holds: int
    ready: int
    max_loans: int | None


PatronNext = Literal[
    "lend", "renew_all", "hold", "pay", "edit", "block", "unblock", "history", "decide_who_sees"
]


@dataclass(frozen=True, slots=True)
class PatronScreen:
    """Everything of a patron's first screen: one answer. `loans` is the first page.

    `denied` is what the patron may not do now, from blocks, expiry and card: check_out, renew,
    hold, recall.
    """

    id: str
    card: str | None
    details: Details
    is_expired: bool
    blocks: tuple[Block, ...]
    denied: tuple[str, ...]
    counts: Counts
    owed: tuple[Owed, ...]
    identifiers: tuple[Identifier, ...]
    guardians: tuple[Related, ...]
    wards: tuple[Related, ...]
    consents: dict[str, datetime]
    loans: tuple[PatronLoan, ...]
    may: tuple[PatronNext, ...]


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
