"""What agencies have agreed to do for each other. Part of the set-up.

An agency keeps to itself: a debt is owed to the agency that charged it, a block is that agency's,
and nobody else takes its money (bibliotekslov § 31 excludes from borrowing "at the library"). What
an agency owns it has a say in wherever it is lent. The public libraries and the schools of one
municipality may agree otherwise, on each of four matters:

* `debts`: debts to one, and blocks by one, count at the others too;
* `payments`: each takes payments for what is owed to the others;
* `lending`: whoever lends decides alone what may be lent, whatever the owner's rules say;
* `patrons`: the desks of each serve the patrons of the others: see them, lend to them, renew and
  book for them, and place their holds.

No matter implies another. An item is taken back at any desk, without an agreement.

An agreement is between all its agencies, both ways. Two agreements do not make a third: agencies
share what an agreement that names them both says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.kernel.schema import agreement_agencies, agreements

#: What an agreement can be about.
MATTERS = ("debts", "payments", "lending", "patrons")


class _Agreement(NamedTuple):
    code: str
    debts: bool
    payments: bool
    lending: bool
    patrons: bool


@many(_Agreement)
def _all() -> Statement:
    return select(*columns(_Agreement, agreements)).order_by(agreements.c.code)


class _Party(NamedTuple):
    code: str
    agency_id: int


@many(_Party)
def _all_agencies() -> Statement:
    return select(*columns(_Party, agreement_agencies)).order_by(
        agreement_agencies.c.code, agreement_agencies.c.agency_id
    )


@send
def _insert(*, code: str, debts: bool, payments: bool, lending: bool, patrons: bool) -> Statement:
    return insert(agreements).values(locals())


@send
def _insert_agency(*, code: str, agency_id: int) -> Statement:
    return insert(agreement_agencies).values(code=code, agency_id=agency_id)


@send
def _forget(*, code: str) -> Statement:
    return delete(agreements).where(agreements.c.code == code)


@send
def _forget_agencies(*, code: str) -> Statement:
    return delete(agreement_agencies).where(agreement_agencies.c.code == code)


class Agreement(NamedTuple):
    """An agreement as it is stored: between which agencies, by id, and on which matters."""

    code: str
    agencies: frozenset[int]
    debts: bool
    payments: bool
    lending: bool
    patrons: bool = False


class Agreements:
    """All agreements of one set-up, asked for one agency. Never changed."""

    __slots__ = ("_sharing", "rows")

    def __init__(self, rows: Iterable[Agreement] = ()) -> None:
        self.rows = tuple(rows)
        self._sharing: dict[tuple[str, int], frozenset[int]] = {}
        for row in self.rows:
            for matter in MATTERS:
                if not getattr(row, matter):
                    continue
                for agency_id in row.agencies:
                    before = self._sharing.get((matter, agency_id), frozenset())
                    self._sharing[matter, agency_id] = before | row.agencies

    def counted_at(self, agency_id: int) -> frozenset[int]:
        """The agencies whose debts and blocks count at this one: itself and who shares them."""
        return self._shared("debts", agency_id)

    def collected_at(self, agency_id: int) -> frozenset[int]:
        """The agencies for which this one takes payments, itself among them."""
        return self._shared("payments", agency_id)

    def served_at(self, agency_id: int) -> frozenset[int]:
        """Return the agencies whose patrons the desks of this one serve, itself among them."""
        return self._shared("patrons", agency_id)

    def lends_freely(self, lender_id: int, owner_id: int) -> bool:
        """Does the lender decide alone what of the owner's may be lent?"""
        return lender_id != owner_id and owner_id in self._shared("lending", lender_id)

    def _shared(self, matter: str, agency_id: int) -> frozenset[int]:
        return self._sharing.get((matter, agency_id)) or frozenset((agency_id,))


def _matters(agreement: Agreement | _Agreement) -> dict[str, bool]:
    return {name: getattr(agreement, name) for name in MATTERS}


def read_agreements(transaction: Transaction) -> list[Agreement]:
    """All agreements, by code."""
    parties: dict[str, set[int]] = {}
    for party in _all_agencies(transaction):
        parties.setdefault(party.code, set()).add(party.agency_id)
    return [
        Agreement(row.code, frozenset(parties.get(row.code, ())), **_matters(row))
        for row in _all(transaction)
    ]


def store_agreement(transaction: Transaction, agreement: Agreement) -> None:
    """Stores the agreement in place of what had its code."""
    forget_agreement(transaction, agreement.code)
    _insert(transaction, code=agreement.code, **_matters(agreement))
    for agency_id in sorted(agreement.agencies):
        _insert_agency(transaction, code=agreement.code, agency_id=agency_id)


def forget_agreement(transaction: Transaction, code: str) -> None:
    """Removes the agreement, where there is one."""
    _forget_agencies(transaction, code=code)
    _forget(transaction, code=code)
