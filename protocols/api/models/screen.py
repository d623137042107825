"""A patron's first screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from protocols.api.models.answers import Branch, Item, Loan, Money, Patron


@dataclass(frozen=True, slots=True)
class Block:
    """A block. `agency` None concerns all; it is lifted on the day `ends`, if there is one."""

    reason: str
    since: datetime
    message: str
    agency: str | None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed to one agency, and can be paid there; fees and compensations apart."""

    agency: str
    agency_name: str
    fees: Money
    compensations: Money


@dataclass(frozen=True, slots=True)
class PatronLoan:
    """One line of the loans. Of a loan lent onward: who has it now, or whose it is. `mark`: the
    item was declared lost, or the patron says that they have returned it."""

    item: Item
    loan: Loan
    is_overdue: bool
    is_recalled: bool
    lent_onward_to: Patron | None
    lent_onward_by: Patron | None
    mark: Literal["lost", "claimed_returned"] | None


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
    hold, recall. `history_days`: without the consent keep_history the library keeps a loan with the
    patron's name for so many days after the return, and longer only while the patron owes money or
    an item is missing.
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
    history_days: int
