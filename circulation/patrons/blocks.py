"""Blocks of a patron: given, lifted, listed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from catalogue.database import Transaction, change, many, scalar, send
from catalogue.schema import agencies
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import EVERYWHERE, BlockReason
from circulation.kernel.results import Block, Desk
from circulation.patrons.schema import patron_blocks, patrons

_agency_of_patron = scalar(
    select(patrons.c.agency_id).where(patrons.c.id == bindparam("patron_id")), "patron_id"
)
_insert_block = send(
    insert(patron_blocks).values(
        patron_id=bindparam("new_patron_id"),
        reason=bindparam("new_reason"),
        agency_id=bindparam("new_agency_id", type_=patron_blocks.c.agency_id.type),
        since=bindparam("new_since"),
        message=bindparam("new_message"),
    ),
    "new_patron_id",
    "new_reason",
    "new_agency_id",
    "new_since",
    "new_message",
)
_BLOCK = (
    patron_blocks.c.patron_id == bindparam("of_patron"),
    patron_blocks.c.reason == bindparam("of_reason"),
    func.coalesce(patron_blocks.c.agency_id, 0) == bindparam("of_agency"),  # 0: of all
)
_KEY = ("of_patron", "of_reason", "of_agency")
_set_block_message = change(
    update(patron_blocks).where(*_BLOCK).values(message=bindparam("new_message")),
    *_KEY,
    "new_message",
)
_delete_block = change(delete(patron_blocks).where(*_BLOCK), *_KEY)


def _block(reason: str, *facts: Any) -> Block:
    return Block(BlockReason(reason), *facts)


#: All blocks of a patron, whosever they are.
blocks_of = many(
    select(
        patron_blocks.c.reason,
        patron_blocks.c.since,
        patron_blocks.c.message,
        patron_blocks.c.agency_id,
        agencies.c.isil,
    )
    .select_from(patron_blocks.outerjoin(agencies, agencies.c.id == patron_blocks.c.agency_id))
    .where(patron_blocks.c.patron_id == bindparam("of_patron"))
    .order_by(patron_blocks.c.since, patron_blocks.c.reason, patron_blocks.c.id),
    _block,
    "of_patron",
)


def block_patron(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    *,
    now: datetime,
    message: str = "",
    agency_id: int | None = None,
    everywhere: bool = False,
    desk: Desk | None = None,
) -> None:
    """Blocks the patron (SIP2 01 uses BlockReason.SELF_SERVICE) at the branches of one agency.

    That is `agency_id`, else the agency of the desk, else the patron's own. `everywhere` blocks
    at all agencies instead; the reasons of `circulation.kernel.reasons.EVERYWHERE` always do.
    Repeated for the same reason and agency, it keeps the first date and takes the new message.
    """
    whose = _whose(transaction, patron_id, reason, agency_id, everywhere, desk)
    if not _set_block_message(transaction, patron_id, reason.value, whose or 0, message):
        _insert_block(transaction, patron_id, reason.value, whose, now, message)
    write_event(
        transaction,
        EventKind.PATRON_BLOCKED,
        desk,
        now,
        patron_id=patron_id,
        after={"reason": reason.value, "message": message, "agency": whose},
    )


def unblock_patron(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    *,
    now: datetime,
    agency_id: int | None = None,
    everywhere: bool = False,
    desk: Desk | None = None,
) -> bool:
    """Lifts a block (SIP2 25); False where the patron had none for this reason.

    Whose block is meant is said as in `block_patron`: that of one agency leaves those of others,
    and one of all agencies, as they are.
    """
    whose = _whose(transaction, patron_id, reason, agency_id, everywhere, desk)
    if not _delete_block(transaction, patron_id, reason.value, whose or 0):
        return False
    write_event(
        transaction,
        EventKind.PATRON_UNBLOCKED,
        desk,
        now,
        patron_id=patron_id,
        before={"reason": reason.value, "agency": whose},
    )
    return True


def _whose(
    transaction: Transaction,
    patron_id: int,
    reason: BlockReason,
    agency_id: int | None,
    everywhere: bool,
    desk: Desk | None,
) -> int | None:
    """The agency whose block it is; None for one that concerns all."""
    if everywhere or reason in EVERYWHERE:
        return None
    if agency_id is not None:
        return agency_id
    whose: int = desk.agency_id if desk is not None else _agency_of_patron(transaction, patron_id)
    return whose
