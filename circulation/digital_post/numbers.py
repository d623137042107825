"""Which number a letter to a patron is addressed to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import or_, select

from catalogue.database import Statement, Transaction, columns, many, many_of, scalar
from circulation.patrons.identifiers import IdentifierKey
from circulation.patrons.kinds import IdentifierKind
from circulation.patrons.schema import patron_identifiers, sealed_numbers
from circulation.patrons.seals import Seal, Unreadable, of_patron

_COMPANY = IdentifierKind.COMPANY_NUMBER.value
_CVR = re.compile(r"[0-9]{8}", re.ASCII)


@scalar(bytes)
def _sealed_of(*, patron_id: int) -> Statement:
    return select(sealed_numbers.c.sealed).where(sealed_numbers.c.patron_id == patron_id)


class _Usable(NamedTuple):
    identifier: str
    kind: str
    masked: str | None


@many(_Usable)
def _usable(*, patron_id: int) -> Statement:
    return select(*columns(_Usable, patron_identifiers)).where(
        patron_identifiers.c.patron_id == patron_id,
        patron_identifiers.c.blocked.is_(None),
    )


class _Shown(NamedTuple):
    patron_id: int
    identifier: str
    masked: str | None
    is_sealed: bool


@many_of(_Shown)
def _shown(*, patron_ids: Sequence[int]) -> Statement:
    return (
        select(
            *columns(_Shown, patron_identifiers, is_sealed=sealed_numbers.c.patron_id.is_not(None))
        )
        .select_from(
            patron_identifiers.outerjoin(
                sealed_numbers, sealed_numbers.c.patron_id == patron_identifiers.c.patron_id
            )
        )
        .where(
            patron_identifiers.c.patron_id.in_(patron_ids),
            patron_identifiers.c.blocked.is_(None),
            or_(
                patron_identifiers.c.masked.is_not(None),
                patron_identifiers.c.kind == _COMPANY,
            ),
        )
        .order_by(patron_identifiers.c.added, patron_identifiers.c.identifier)
    )


@dataclass(frozen=True, slots=True)
class PostNumber:
    """A number to write to. Only `shown` may be stored, logged or shown; repr() has nothing else.

    `id_type` is ``CPR`` or ``CVR``, as MeMo calls them.
    """

    id_type: str
    number: str = field(repr=False)
    shown: str


def post_number(
    transaction: Transaction,
    patron_id: int,
    stored: Callable[[str], str],
    seal: Seal | None,
) -> PostNumber | None:
    """The number that a letter to the patron goes to: a person's, or else a company's.

    `stored` is that of the installation's `IdentifierKey`: a number that was sealed is used only
    while it is an identifier of the patron that is not blocked. None where there is no such.
    Raises Unreadable where it was sealed under another key.
    """
    identifiers = _usable(transaction, patron_id=patron_id)
    hashes = {identifier: mask for identifier, _, mask in identifiers if mask is not None}
    if seal is not None and hashes:
        sealed = _sealed_of(transaction, patron_id=patron_id)
        if sealed is not None:
            number = seal.opened(bytes(sealed), of_patron(patron_id))
            mask = hashes.get(stored(number))
            if mask is not None:
                return PostNumber("CPR", number, mask)
    for identifier, kind, _ in identifiers:
        if kind == _COMPANY and _CVR.fullmatch(identifier):
            return PostNumber("CVR", identifier, identifier)
    return None


def number_to_write_to(
    transaction: Transaction, patron_id: int | None, keys: IdentifierKey
) -> PostNumber | None:
    """As `post_number`, with the keys of an installation; None too where it cannot be read."""
    if patron_id is None:
        return None
    try:
        return post_number(transaction, patron_id, keys.stored, keys.seal)
    except Unreadable:
        return None


def shown_numbers(transaction: Transaction, patron_ids: list[int]) -> dict[int, str]:
    """Which of the patrons can be written to, each with the number as it may be shown."""
    found: dict[int, str] = {}
    for row in _shown(transaction, patron_ids=patron_ids):
        if row.masked is not None:
            if row.is_sealed:
                found[row.patron_id] = row.masked
        elif _CVR.fullmatch(row.identifier):
            found.setdefault(row.patron_id, row.identifier)
    return found
