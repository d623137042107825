"""Who is written to, and about whom: what is known of them when a message is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, columns, many_of
from circulation.digital_post.numbers import shown_numbers
from circulation.fees.schema import debt_warnings
from circulation.holds.absences import Absence
from circulation.holds.schema import patron_absences
from circulation.kernel.reasons import BlockReason
from circulation.patrons.addresses import Address, addresses_of_all
from circulation.patrons.contacts import Contact
from circulation.patrons.kinds import ContactKind
from circulation.patrons.schema import patron_blocks, patron_contacts, patrons


@dataclass(slots=True)
class Person:
    """A patron as messages need them."""

    id: int
    home_branch_id: int
    category: str
    name: str
    given_name: str
    language: str
    email: str
    phone: str
    expires: date | None
    birth_date: date | None = None
    #: Reason, and the id of the agency whose block it is; None for all.
    blocks: set[tuple[str, int | None]] = field(default_factory=set)
    contacts: list[Contact] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    #: The number that Digital Post goes to, as it may be shown.
    post_number: str | None = None
    absence: Absence | None = None
    #: The agencies whose warning holds that what is owed to them will exclude from borrowing.
    warned_by: set[int] = field(default_factory=set)

    @property
    def is_dead(self) -> bool:
        return (BlockReason.DECEASED.value, None) in self.blocks

    def is_absent(self, day: date) -> bool:
        """Has the patron said that they are away on that day."""
        away = self.absence
        return away is not None and away.first <= day and (away.last is None or day <= away.last)


class _Registered(NamedTuple):
    id: int
    home_branch_id: int
    category: str
    name: str
    given_name: str
    language: str
    email: str
    phone: str
    expires: date | None
    birth_date: date | None


@many_of(_Registered)
def _persons(*, patron_ids: Sequence[int]) -> Statement:
    return select(*columns(_Registered, patrons)).where(patrons.c.id.in_(patron_ids))


@many_of(tuple[int, str, int | None])
def _blocks(*, patron_ids: Sequence[int]) -> Statement:
    return select(
        patron_blocks.c.patron_id, patron_blocks.c.reason, patron_blocks.c.agency_id
    ).where(patron_blocks.c.patron_id.in_(patron_ids))


def _contact(
    patron_id: int, contact_id: int, kind: str, value: str, notices: bool, verified: Any
) -> tuple[int, Contact]:
    return patron_id, Contact(contact_id, ContactKind(kind), value, bool(notices), verified)


@many_of(_contact)
def _contacts(*, patron_ids: Sequence[int]) -> Statement:
    return (
        select(*columns(_contact, patron_contacts, contact_id=patron_contacts.c.id))
        .where(patron_contacts.c.patron_id.in_(patron_ids))
        .order_by(patron_contacts.c.id)
    )


@many_of(tuple[int, int])
def _warnings(*, patron_ids: Sequence[int]) -> Statement:
    return select(debt_warnings.c.patron_id, debt_warnings.c.agency_id).where(
        debt_warnings.c.patron_id.in_(patron_ids)
    )


@many_of(tuple[int, date, date | None])
def _absences(*, patron_ids: Sequence[int]) -> Statement:
    return select(
        patron_absences.c.patron_id,
        patron_absences.c.absent_from,
        patron_absences.c.absent_until,
    ).where(patron_absences.c.patron_id.in_(patron_ids))


def read_persons(transaction: Transaction, patron_ids: list[int]) -> dict[int, Person]:
    """The patrons by id; who is unknown is left out."""
    if not patron_ids:
        return {}
    found = {row.id: Person(*row) for row in _persons(transaction, patron_ids=patron_ids)}
    for patron_id, reason, of_agency in _blocks(transaction, patron_ids=patron_ids):
        found[patron_id].blocks.add((reason, of_agency))
    contacts: dict[int, dict[int, Contact]] = {}
    for patron_id, contact in _contacts(transaction, patron_ids=patron_ids):
        contacts.setdefault(patron_id, {})[contact.id] = contact
    for patron_id, by_id in contacts.items():
        found[patron_id].contacts = list(by_id.values())
    for patron_id, address in addresses_of_all(transaction, patron_ids):
        found[patron_id].addresses.append(address)
    for patron_id, shown in shown_numbers(transaction, patron_ids).items():
        found[patron_id].post_number = shown
    for patron_id, first, last in _absences(transaction, patron_ids=patron_ids):
        found[patron_id].absence = Absence(first, last)
    for patron_id, agency_id in _warnings(transaction, patron_ids=patron_ids):
        found[patron_id].warned_by.add(agency_id)
    return found
