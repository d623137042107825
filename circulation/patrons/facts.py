"""The facts of a patron that a verb decides on, in one joined statement.

The patron is locked by a statement of its own, before the facts and after the items (see
`circulation.items.facts`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ScalarSelect, String, cast, func, literal_column, select

from catalogue.database import Statement, Transaction, bind, is_typed, lock, one
from circulation.kernel.parts import Noun
from circulation.kernel.reasons import Action, BlockReason, IdentifierBlock, denied_by
from circulation.kernel.results import Patron
from circulation.kernel.set_up import VERSION
from circulation.patrons.schema import (
    locked_devices,
    patron_blocks,
    patron_identifiers,
    patrons,
    pin_failures,
)


class PatronFacts(NamedTuple):
    """A patron found by an identifier, with blocks: one row, with the parts that features join."""

    id: int
    identifier: str
    name: str
    category: str
    language: str
    agency_id: int
    card: str | None
    given_name: str
    family_name: str
    home_branch_id: int
    birth_date: date | None
    email: str
    phone: str
    is_protected: bool
    expires: date | None
    note: str
    pin_hash: str | None
    identifier_kind: str
    identifier_block: str | None
    block_reasons: str | None
    set_up_version: int
    identifier_expires: date | None
    municipality: str
    kind: str  # a value of `PatronKind`
    pin_alarms: int  # recent wrong PINs, and locked devices: 0 means that any PIN may be tried
    present: int
    parts: tuple[Any, ...]

    def patron(self) -> Patron:
        return Patron(
            self.id,
            self.identifier,
            self.name,
            self.category,
            self.language,
            self.agency_id,
            # Whoever found a lost card learns no other one.
            self.card if self.identifier_block is None else None,
        )

    def blocks(self, agencies: Collection[int]) -> list[BlockReason]:
        """The reasons of the blocks that are one of these agencies', or concern all: in the order
        of the enumeration. For the agencies that count somewhere see
        `circulation.kernel.agreements.Agreements.counted_at`."""
        if not self.block_reasons:
            return []
        each = (block.split("/") for block in self.block_reasons.split(","))
        found = {reason for reason, whose in each if not whose or int(whose) in agencies}
        return [reason for reason in BlockReason if reason.value in found]

    def blocked_identifier(self) -> IdentifierBlock | None:
        return None if self.identifier_block is None else IdentifierBlock(self.identifier_block)

    def is_expired(self, today: date) -> bool:
        return self.expires is not None and self.expires < today

    def is_identifier_expired(self, today: date) -> bool:
        return self.identifier_expires is not None and self.identifier_expires < today

    def denied(self, today: date, agencies: Collection[int]) -> frozenset[Action]:
        """What the patron may not do with this identifier today, where the blocks of these
        agencies count."""
        if (
            self.identifier_block is not None
            or self.is_expired(today)
            or self.is_identifier_expired(today)
        ):
            return frozenset(Action)
        return denied_by(self.blocks(agencies)) if self.block_reasons else frozenset()


def card_of(patron_id: Column[int]) -> ScalarSelect[str]:
    """The newest card of the patron that may still be used: the name they go by on a machine.

    A national number that serves as a card comes last, and covered. Other identifiers are never
    shown.
    """
    return (
        select(func.coalesce(patron_identifiers.c.masked, patron_identifiers.c.identifier))
        .where(
            patron_identifiers.c.patron_id == patron_id,
            patron_identifiers.c.kind == "card",
            patron_identifiers.c.blocked.is_(None),
        )
        .order_by(
            patron_identifiers.c.masked.is_not(None),
            patron_identifiers.c.added.desc(),
            patron_identifiers.c.identifier,
        )
        .limit(1)
        .correlate(patron_id.table)
        .scalar_subquery()
    )


CARD_OF_PATRON = card_of(patrons.c.id)


# Written as a literal: a separator given as text is put into the SQL only when it is executed.
_COMMA: Any = literal_column("','")
_SLASH: Any = literal_column("'/'")
_WHOSE = func.coalesce(cast(patron_blocks.c.agency_id, String), literal_column("''"))
#: ``debt/2,deceased/``: each with the id of its agency, where it is not of all.
_BLOCK_REASONS = (
    select(func.aggregate_strings(patron_blocks.c.reason.concat(_SLASH).concat(_WHOSE), _COMMA))
    .where(patron_blocks.c.patron_id == patrons.c.id)
    .correlate(patrons)
    .scalar_subquery()
)

_PIN_FAILURES = (
    select(func.count())
    .select_from(pin_failures)
    .where(pin_failures.c.patron_id == patrons.c.id, pin_failures.c.expires > bind("now"))
    .correlate(patrons)
    .scalar_subquery()
)
_LOCKED_DEVICES = (
    select(func.count())
    .select_from(locked_devices)
    .where(locked_devices.c.until > bind("now"))
    .scalar_subquery()
)


#: With `select(cheaply=True)`, as far as somebody who borrows is asked about: loans are counted as
#: far as a limit reaches and no further, so that it costs no more to lend to somebody who has many.
PATRON = Noun(
    "patrons.facts:PATRON",
    PatronFacts,
    {
        **{
            name: patrons.c[name]
            for name in (
                "id",
                "name",
                "category",
                "language",
                "agency_id",
                "given_name",
                "family_name",
                "home_branch_id",
                "birth_date",
                "email",
                "phone",
                "is_protected",
                "expires",
                "note",
                "pin_hash",
                "municipality",
                "kind",
            )
        },
        "identifier": func.coalesce(patron_identifiers.c.masked, patron_identifiers.c.identifier),
        "card": CARD_OF_PATRON,
        "identifier_kind": patron_identifiers.c.kind,
        "identifier_block": patron_identifiers.c.blocked,
        "identifier_expires": patron_identifiers.c.expires,
        "block_reasons": _BLOCK_REASONS,
        "set_up_version": VERSION,
        "pin_alarms": _PIN_FAILURES + _LOCKED_DEVICES,
    },
    patron_identifiers.join(patrons, patrons.c.id == patron_identifiers.c.patron_id),
)


@one(PATRON)
def patron_facts(*, identifier: str, now: datetime) -> Statement:
    """With all of what features know."""
    return PATRON.select().where(is_typed(patron_identifiers.c.identifier, identifier))


@one(PATRON)
def borrower_facts(
    *, identifier: str, now: datetime, material_group: str, most: int, most_of_group: int
) -> Statement:
    """The same for who borrows something of the group, of loans `most` and `most_of_group` at
    most."""
    return PATRON.select(cheaply=True).where(is_typed(patron_identifiers.c.identifier, identifier))


def patron_alone(transaction: Transaction, *, identifier: str, now: datetime) -> PatronFacts | None:
    """The patron, with none of what features know: nothing of what they have is counted."""
    return borrower_facts(
        transaction,
        identifier=identifier,
        now=now,
        material_group="",
        most=0,
        most_of_group=0,
    )


@lock
def lock_patron_by_id(*, patron_id: int) -> Statement:
    return select(patrons.c.id).where(patrons.c.id == patron_id).with_for_update(key_share=True)


@lock
def lock_patron(*, identifier: str) -> Statement:
    its = is_typed(patron_identifiers.c.identifier, identifier)
    owner = select(patron_identifiers.c.patron_id).where(its).scalar_subquery()
    return select(patrons.c.id).where(patrons.c.id == owner).with_for_update(key_share=True)
