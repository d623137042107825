"""Where patrons live: a home, and for some time another place, in the parts that a letter needs.

Where a patron's address is protected (`patrons.is_protected`), few are told it: the status of the
patron leaves out telephone and e-mail address, lists leave out all of it, and protocols never tell
it. Letters go there all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many_of, scalar_one
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.stored import stored_as
from circulation.patrons.checking import PatronProblem, PatronUnfit
from circulation.patrons.schema import patron_addresses
from circulation.patrons.search_words import index_patron

_COUNTRY: Final = re.compile("[A-Z]{2}")


class Dwelling(Enum):
    """Which of a patron's addresses it is. The value is what `patron_addresses.kind` holds."""

    HOME = "home"
    TEMPORARY = "temporary"  # goes before home as long as it holds


class NewAddress(NamedTuple):
    """An address as it is written down; what is not known is empty.

    `lines` come first on a letter: ``c/o Ørsted``, or the whole address where it came as a text.
    `country` is an ISO 3166-1 code of two letters, empty for that of the library. It holds from the
    day `valid_from` through `valid_until`; None sets no bound.
    """

    kind: Dwelling = Dwelling.HOME
    lines: str = ""
    street: str = ""
    house_number: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class Address(NamedTuple):
    """One of a patron's addresses; `notices`: may letters be sent there?"""

    id: int
    kind: Dwelling
    lines: str
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str
    valid_from: date | None
    valid_until: date | None
    notices: bool

    @property
    def text(self) -> str:
        """As on a letter, line by line."""
        parts = (
            self.lines,
            f"{self.street} {self.house_number}".strip(),
            f"{self.postal_code} {self.city}".strip(),
            self.country,
        )
        return "\n".join(filter(None, parts))

    @property
    def line(self) -> str:
        """The same in one line."""
        return ", ".join(self.text.splitlines())

    def holds_on(self, day: date) -> bool:
        """Do they live there on that day?"""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class AddressOf(NamedTuple):
    """An address, and whose it is."""

    patron_id: int
    address: Address


class _Row(NamedTuple):
    patron_id: int
    id: int
    kind: Dwelling
    lines: str
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str
    valid_from: date | None
    valid_until: date | None
    notices: bool


@many_of(_Row)
def _rows(*, patron_ids: Sequence[int]) -> Statement:
    kind = stored_as(patron_addresses.c.kind, Dwelling)
    return (
        select(*columns(_Row, patron_addresses, kind=kind))
        .where(patron_addresses.c.patron_id.in_(patron_ids))
        .order_by(patron_addresses.c.id)
    )


def addresses_of_all(transaction: Transaction, patron_ids: Sequence[int]) -> list[AddressOf]:
    """All addresses of these patrons, the oldest first."""
    return [
        AddressOf(row.patron_id, Address._make(row[1:]))
        for row in _rows(transaction, patron_ids=patron_ids)
    ]


@scalar_one(int)
def _insert(
    *,
    patron_id: int,
    kind: str,
    lines: str,
    street: str,
    house_number: str,
    postal_code: str,
    city: str,
    country: str,
    valid_from: date | None,
    valid_until: date | None,
    notices: bool,
    added: datetime,
) -> Statement:
    return insert(patron_addresses).values(locals()).returning(patron_addresses.c.id)


@change
def _delete(*, address_id: int, patron_id: int) -> Statement:
    its = patron_addresses.c
    return delete(patron_addresses).where(its.id == address_id, its.patron_id == patron_id)


@change
def _let_write(*, patron_id: int, notices: bool) -> Statement:
    its = patron_addresses.c
    is_other = its.notices != notices
    return (
        update(patron_addresses).where(its.patron_id == patron_id, is_other).values(notices=notices)
    )


def address_on(addresses: Iterable[Address], day: date) -> Address | None:
    """Where a letter goes on that day: to the newest temporary address that holds, else to the
    newest home; None where there is none."""
    holding = [each for each in addresses if each.holds_on(day)]
    holding.sort(key=lambda each: (each.kind is Dwelling.TEMPORARY, each.id))
    return holding[-1] if holding else None


def addresses_of(transaction: Transaction, patron_id: int) -> list[Address]:
    """All addresses of the patron, in the order in which they were given."""
    return [each.address for each in addresses_of_all(transaction, [patron_id])]


def add_address(act: Act, patron_id: int, new: NewAddress, *, notices: bool = True) -> Address:
    """Writes down an address; one that is there already is given back as it is.

    Raises PatronUnfit for one that says nothing, ends before it begins, or is in a country that is
    no code.
    """
    plain: Any = [each.strip() if isinstance(each, str) else each for each in new]
    new = NewAddress._make(plain)
    if problems := _problems(new):
        raise PatronUnfit(problems)
    for known in addresses_of(act.transaction, patron_id):
        if known[1:-1] == new:
            return known
    parts = new._asdict() | {"kind": new.kind.value}
    address_id: int = _insert(
        act.transaction, patron_id=patron_id, notices=notices, added=act.now, **parts
    )
    index_patron(act.transaction, patron_id)
    append_event(
        act,
        NewEvent(
            EventKind.CONTACT_ADDED,
            patron_id=patron_id,
            after={"address": address_id, "kind": new.kind.value},
        ),
    )
    return Address(address_id, *new, notices)


def let_write(act: Act, patron_id: int, *, notices: bool) -> None:
    """Letters may be sent to the patron's addresses, or to none of them."""
    if not _let_write(act.transaction, patron_id=patron_id, notices=notices):
        return
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_CHANGED,
            patron_id=patron_id,
            before={"letters": not notices},
            after={"letters": notices},
        ),
    )


def remove_address(act: Act, patron_id: int, address_id: int) -> bool:
    """False where the patron has no such address."""
    if not _delete(act.transaction, address_id=address_id, patron_id=patron_id):
        return False
    index_patron(act.transaction, patron_id)
    append_event(
        act,
        NewEvent(EventKind.CONTACT_REMOVED, patron_id=patron_id, before={"address": address_id}),
    )
    return True


def _problems(new: NewAddress) -> list[PatronProblem]:
    found = []
    if not any(new[1:7]):
        found.append(PatronProblem("address", "an address must not be empty"))
    if new.country and not _COUNTRY.fullmatch(new.country):
        wrong = f"{new.country!r} is no code of a country (ISO 3166-1), such as SE"
        found.append(PatronProblem("country", wrong))
    if new.valid_from and new.valid_until and new.valid_until < new.valid_from:
        found.append(PatronProblem("valid_until", "an address does not end before it begins"))
    return found
