"""What a list says of patrons who were found: enough to tell who is meant.

Address, telephone and e-mail address of a protected patron stand in no list, whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, columns, many_of
from circulation.patrons.addresses import Dwelling, addresses_of_all
from circulation.patrons.schema import patron_identifiers, patrons
from circulation.patrons.search_words import is_deceased


class _Row(NamedTuple):
    id: int
    name: str
    birth_date: date | None
    category: str
    agency_id: int
    home_branch_id: int
    phone: str
    email: str
    is_protected: bool
    is_deceased: bool


class PatronHit(NamedTuple):
    """A patron in a list. `card` is the newest that may be used, else empty; so are telephone,
    e-mail address and home (in one line) where there are none or they are protected."""

    id: int
    name: str
    birth_date: date | None
    category: str
    agency_id: int
    home_branch_id: int
    phone: str
    email: str
    is_protected: bool
    is_deceased: bool
    card: str
    address: str


class _Text(NamedTuple):
    patron_id: int
    text: str


@many_of(_Row)
def _rows(*, patron_ids: Sequence[int]) -> Statement:
    told = columns(_Row, patrons, is_deceased=is_deceased())
    return select(*told).where(patrons.c.id.in_(patron_ids))


@many_of(_Text)
def _cards(*, patron_ids: Sequence[int]) -> Statement:
    """Those that may be used and shown, the newest last."""
    its = patron_identifiers.c
    return (
        select(*columns(_Text, patron_identifiers, text=its.identifier))
        .where(
            its.patron_id.in_(patron_ids),
            its.kind == "card",
            its.masked.is_(None),
            its.blocked.is_(None),
        )
        .order_by(its.added, its.identifier)
    )


def read_hits(transaction: Transaction, patron_ids: Sequence[int]) -> list[PatronHit]:
    """What a list says of these patrons, in their order; who is unknown is left out."""
    rows = {row.id: row for row in _rows(transaction, patron_ids=patron_ids)}
    cards = dict(_cards(transaction, patron_ids=patron_ids))
    addresses = {
        each.patron_id: each.address.line
        for each in addresses_of_all(transaction, patron_ids)
        if each.address.kind is Dwelling.HOME
    }
    return [
        _hit(rows[each], cards.get(each, ""), addresses.get(each, ""))
        for each in patron_ids
        if each in rows
    ]


def _hit(row: _Row, card: str, address: str) -> PatronHit:
    if row.is_protected:
        return PatronHit(*row._replace(phone="", email=""), card, "")
    return PatronHit(*row, card, address)
