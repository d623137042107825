"""Patrons found by what somebody knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from circulation.patrons.searching import PAGE
from protocols.api.models.answers import Branch
from protocols.api.models.common import Cursor, Limit, Request


class PatronSearch(Request):
    """What is known of a patron: words of their name or address, or the beginnings of them, their
    date of birth, telephone number, e-mail address or card. What it says stands in no address, and
    so neither does `cursor`, which is the `next` of the page before."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    limit: Limit = PAGE
    cursor: Cursor | None = None


HitNext = Literal["open", "lend", "edit"]


@dataclass(frozen=True, slots=True)
class PatronHit:
    """A patron in a list. `card` is the newest that may be used; what is not known is empty, and so
    are telephone, e-mail address and home of a protected patron."""

    id: str
    card: str
    name: str
    birth_date: date | None
    category: str
    home_branch: Branch
    address: str
    phone: str
    email: str
    is_protected: bool
    is_deceased: bool
    may: tuple[HitNext, ...]


@dataclass(frozen=True, slots=True)
class PatronsFound:
    """A page of those who were found. `next` is the cursor of the page behind it, where there is
    one. Where it is not `is_complete`, there are patrons who are found by a whole card or other
    identifier alone until the job `patron-search` has run, after an upgrade."""

    patrons: tuple[PatronHit, ...]
    next: str | None
    is_complete: bool
    may: tuple[Literal["register"], ...]
