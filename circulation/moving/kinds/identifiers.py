"""What patrons go by: cards, former ones too, logins, national numbers, each of one patron."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, columns, many_of, send_many
from circulation.kernel.reasons import IdentifierBlock
from circulation.moving.rows import Arrival, Batch
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierKey,
    identifier_problem,
    masked,
    national_birth_date,
    national_digits,
)
from circulation.patrons.kinds import IdentifierKind
from circulation.patrons.schema import patron_identifiers
from circulation.patrons.sealed_numbers import keep_number


class Named(NamedTuple):
    """One identifier of a patron as it is stored."""

    identifier: str
    patron_id: int
    kind: str
    blocked: str | None
    added: datetime
    masked: str | None


class _Owned(NamedTuple):
    identifier: str
    patron_id: int


@many_of(_Owned)
def _owners(*, identifiers: Sequence[str]) -> Statement:
    its = patron_identifiers
    return select(*columns(_Owned, its)).where(its.c.identifier.in_(identifiers))


@send_many
def _insert(record: Named) -> Statement:
    return insert(patron_identifiers).values(record._asdict())


@send_many
def _update(record: Named) -> Statement:
    its = patron_identifiers
    return (
        update(its)
        .where(its.c.identifier == record.identifier)
        .values(kind=record.kind, blocked=record.blocked)
    )


def _said(row: NamedTuple) -> Iterable[tuple[str, IdentifierKind, IdentifierBlock | None]]:
    """What a row of a patron names, the card in use first."""
    its = row._asdict()
    card, national = IdentifierKind.CARD, IdentifierKind.NATIONAL_ID
    yield its["card"], card, its["card_blocked"]
    yield from ((each, card, None) for each in its["other_cards"])
    yield from ((each, card, IdentifierBlock.REPLACED) for each in its["replaced_cards"])
    yield from ((each, card, IdentifierBlock.LOST) for each in its["lost_cards"])
    yield from ((each, IdentifierKind.LOGIN, None) for each in (its["login"],) if each)
    yield from ((each, national, None) for each in (its["national_id"],) if each)


def names_of(batch: Batch, arrivals: Sequence[Arrival]) -> dict[int, list[Named]]:
    """What each row names, by the `id()` of the row. Set aside: a number that is none, or that
    belongs to somebody else, here or in the file."""
    key = IDENTIFIERS.of(batch.moving.circulation)
    wanted = {id(each): _named(batch, each, key) for each in arrivals}
    sought = [*{name.identifier for several in wanted.values() for name in several}]
    owners = {
        each.identifier: each.patron_id for each in _owners(batch.transaction, identifiers=sought)
    }
    for arrival in batch.left(arrivals):
        its = wanted[id(arrival)]
        if any(owners.get(name.identifier, name.patron_id) != name.patron_id for name in its):
            batch.set_aside(arrival, "a number of somebody else's", "card")
        else:
            owners |= {name.identifier: name.patron_id for name in its}
    return wanted


def _named(batch: Batch, arrival: Arrival, key: IdentifierKey) -> list[Named]:
    found: dict[str, Named] = {}
    for typed, kind, block in _said(arrival.row):
        stored = key.stored(typed)
        if kind is IdentifierKind.NATIONAL_ID and national_birth_date(typed) is None:
            batch.set_aside(arrival, "no national number", "national_id")
        elif kind is IdentifierKind.NATIONAL_ID and stored == typed:
            batch.set_aside(arrival, "no key for national numbers: identifier_key", "national_id")
        elif identifier_problem(typed, kind.value) is not None:
            batch.set_aside(arrival, "no number that can be typed", kind.value)
        else:
            blocked = None if block is None else block.value
            mask = masked(typed) if stored != typed else None
            name = Named(stored, arrival.number, kind.value, blocked, batch.moving.now, mask)
            found.setdefault(stored, name)
    return list(found.values())


def store_names(batch: Batch, names: Sequence[Named]) -> None:
    """Writes those that are new; those that are there are what the file says of them now. One that
    the file does not have any more stays: it may have been given here."""
    sought = [each.identifier for each in names]
    there = {each.identifier for each in _owners(batch.transaction, identifiers=sought)}
    _insert(batch.transaction, [each for each in names if each.identifier not in there])
    _update(batch.transaction, [each for each in names if each.identifier in there])


def seal_numbers(batch: Batch, arrivals: Sequence[Arrival]) -> None:
    """Keeps national numbers sealed where letters are to be sent to them."""
    seal = IDENTIFIERS.of(batch.moving.circulation).seal
    for arrival in arrivals if seal is not None else ():
        digits = national_digits(arrival.row.national_id)
        if digits is not None and seal is not None:
            keep_number(batch.transaction, arrival.number, digits, seal, batch.moving.now)
