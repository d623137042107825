"""The facts of a patron that a verb decides on, in one joined statement.

The patron is locked by a statement of its own, before the facts and after the items (see
`circulation.items.facts`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    select,
    type_coerce,
)

from catalogue.database import Moment, is_typed, lock, one
from circulation.holds.schema import holds
from circulation.kernel.reasons import Action, BlockReason, IdentifierBlock, denied_by
from circulation.kernel.results import Patron
from circulation.kernel.set_up import VERSION
from circulation.ledger.schema import patron_balances
from circulation.loans.schema import loans
from circulation.patrons.schema import (
    locked_devices,
    patron_blocks,
    patron_identifiers,
    patrons,
    pin_failures,
)


class PatronFacts(NamedTuple):
    """A patron found by an identifier, with blocks and counts: one row.

    `group_loans` counts those of the material group that was asked about.
    """

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
    expires: date | None
    note: str
    pin_hash: str | None
    identifier_kind: str
    identifier_block: str | None
    block_reasons: str | None
    loans: int
    overdue: int
    group_loans: int
    set_up_version: int
    identifier_expires: date | None
    municipality: str
    kind: str  # a value of `PatronKind`
    pin_alarms: int  # recent wrong PINs, and locked devices: 0 means that any PIN may be tried
    has_onward_loans: int  # 0 or 1, like the next two: is there anything to be looked up?
    has_account: int
    has_holds: int

    def patron(self) -> Patron:
        if self.identifier_block is not None:  # whoever found a lost card learns no other one
            return Patron._make((*self[:6], None))
        return Patron._make(self[:7])

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
        return denied_by(self.blocks(agencies))


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


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(loans)
        .where(loans.c.patron_id == patrons.c.id, loans.c.checked_in.is_(None), *conditions)
        .correlate(patrons)
        .scalar_subquery()
    )


def _count_up_to(most: str, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """The number of the patron's loans, counted up to the parameter `most`."""
    counted = (
        select(literal_column("1"))
        .select_from(loans)
        .where(loans.c.patron_id == patrons.c.id, loans.c.checked_in.is_(None), *conditions)
        .limit(bindparam(most, type_=Integer))
        .correlate(patrons)
        .subquery()
    )
    return select(func.count()).select_from(counted).correlate(patrons).scalar_subquery()


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

_NOW = bindparam("now", type_=Moment)
_PIN_FAILURES = (
    select(func.count())
    .select_from(pin_failures)
    .where(pin_failures.c.patron_id == patrons.c.id, pin_failures.c.expires > _NOW)
    .correlate(patrons)
    .scalar_subquery()
)
_LOCKED_DEVICES = (
    select(func.count())
    .select_from(locked_devices)
    .where(locked_devices.c.until > _NOW)
    .scalar_subquery()
)


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return type_coerce(exists().where(*conditions).correlate(patrons), Integer)


_NOT_LOOKED_AT: ColumnElement[int] = literal_column("0")
#: Whether the patron has what others lent onward, has ever owed anything, has open holds.
_TO_LOOK_UP = (
    _has(loans.c.co_patron_id == patrons.c.id, loans.c.checked_in.is_(None)),
    _has(patron_balances.c.patron_id == patrons.c.id),
    _has(holds.c.patron_id == patrons.c.id, holds.c.closed.is_(None)),
)


def _select_patron(
    number: ScalarSelect[int],
    overdue: ColumnElement[int],
    of_group: ScalarSelect[int],
    *to_look_up: ColumnElement[int],
) -> Select[Any]:
    return (
        select(
            patrons.c.id,
            func.coalesce(patron_identifiers.c.masked, patron_identifiers.c.identifier),
            patrons.c.name,
            patrons.c.category,
            patrons.c.language,
            patrons.c.agency_id,
            CARD_OF_PATRON,
            patrons.c.given_name,
            patrons.c.family_name,
            patrons.c.home_branch_id,
            patrons.c.birth_date,
            patrons.c.email,
            patrons.c.phone,
            patrons.c.expires,
            patrons.c.note,
            patrons.c.pin_hash,
            patron_identifiers.c.kind,
            patron_identifiers.c.blocked,
            _BLOCK_REASONS,
            number,
            overdue,
            of_group,
            VERSION,
            patron_identifiers.c.expires,
            patrons.c.municipality,
            patrons.c.kind,
            _PIN_FAILURES + _LOCKED_DEVICES,
            *to_look_up,
        )
        .select_from(
            patron_identifiers.join(patrons, patrons.c.id == patron_identifiers.c.patron_id)
        )
        .where(is_typed(patron_identifiers.c.identifier, "identifier"))
    )


_IS_OVERDUE = (loans.c.due < _NOW, loans.c.mark.is_(None))
_OF_GROUP = loans.c.material_group == bindparam("material_group")

patron_facts = one(
    _select_patron(_count(), _count(*_IS_OVERDUE), _count(_OF_GROUP), *_TO_LOOK_UP),
    PatronFacts,
    "identifier",
    "now",
    "material_group",
)
#: The same for who borrows something: loans are counted as far as a limit reaches and no further,
#: so that it costs no more to lend to somebody who has many; overdue ones are not counted.
borrower_facts = one(
    _select_patron(
        _count_up_to("most"),
        _NOT_LOOKED_AT,
        _count_up_to("most_of_group", _OF_GROUP),
        *(_NOT_LOOKED_AT,) * len(_TO_LOOK_UP),
    ),
    PatronFacts,
    "identifier",
    "now",
    "material_group",
    "most",
    "most_of_group",
)
lock_patron = lock(
    select(patrons.c.id)
    .where(
        patrons.c.id
        == select(patron_identifiers.c.patron_id)
        .where(is_typed(patron_identifiers.c.identifier, "identifier"))
        .scalar_subquery()
    )
    .with_for_update(key_share=True),
    "identifier",
)
