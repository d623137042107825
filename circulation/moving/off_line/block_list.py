"""The cards that no desk is to lend to while the line is down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, case, exists, literal_column, or_, select

from catalogue.database import Statement, Transaction, columns, many
from circulation.kernel.reasons import DENIED, Action, BlockReason
from circulation.patrons.schema import patron_blocks, patron_identifiers, patrons


class Barred(NamedTuple):
    """A card, and why in one letter: L lost, B barred, E expired."""

    card: str
    why: str


_BARRING: Final[list[ColumnElement[str]]] = [
    literal_column(f"'{reason.value}'")
    for reason in BlockReason
    if Action.CHECK_OUT in DENIED[reason]
]


@many(Barred)
def barred_cards(
    *,
    agency_id: int,
    day: date,
    after: str,
    at_most: int,
    served: Sequence[int],
) -> Statement:
    """Those of patrons whom the agency may not lend to on that day, by card: the first of those
    after a card. `served` names the agencies whose patrons are meant."""
    card, block = patron_identifiers.c, patron_blocks.c
    is_barred = exists().where(
        block.patron_id == card.patron_id,
        block.reason.in_(_BARRING),
        or_(block.agency_id.is_(None), block.agency_id == agency_id),
    )
    is_expired = or_(patrons.c.expires < day, card.expires < day)
    why = case(
        (card.blocked.is_not(None), literal_column("'L'")),
        (is_barred, literal_column("'B'")),
        else_=literal_column("'E'"),
    )
    return (
        select(*columns(Barred, card=card.identifier, why=why))
        .select_from(patron_identifiers.join(patrons, patrons.c.id == card.patron_id))
        .where(
            card.kind == "card",
            card.masked.is_(None),
            card.identifier > after,
            or_(card.blocked.is_not(None), is_barred, is_expired),
            patrons.c.agency_id.in_(served),
        )
        .order_by(card.identifier)
        .limit(at_most)
    )


def all_barred_cards(
    transaction: Transaction,
    *,
    agency_id: int,
    day: date,
    served: Sequence[int],
    at_once: int = 5_000,
) -> Iterator[Barred]:
    """All of them."""
    after = ""
    while found := barred_cards(
        transaction, agency_id=agency_id, day=day, served=served, after=after, at_most=at_once
    ):
        yield from found
        after = found[-1].card
