"""Blocks of a patron: given, lifted, listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from catalogue.database import Statement, change, columns, many, scalar, send
from catalogue.schema import agencies
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import EVERYWHERE, BlockReason
from circulation.kernel.results import Block
from circulation.kernel.stored import stored_as
from circulation.patrons.facts import lock_patron_by_id
from circulation.patrons.schema import patron_blocks, patrons
from circulation.patrons.search_words import index_patron

#: Blocks that one transaction lifts.
MAX_ENDED: Final = 500
#: What ends when somebody has died, by the id of the patron; loans and debts do not.
AT_DEATH: Registry[Callable[[Act, int], object]] = Registry("patrons.blocks:AT_DEATH")


@scalar(int)
def _agency_of_patron(*, patron_id: int) -> Statement:
    return select(patrons.c.agency_id).where(patrons.c.id == patron_id)


@send
def _insert_block(
    *,
    patron_id: int,
    reason: str,
    agency_id: int | None,
    since: datetime,
    message: str,
    ends: date | None,
) -> Statement:
    return insert(patron_blocks).values(locals())


def _block_of(patron_id: int, reason: str, agency: int) -> tuple[ColumnElement[bool], ...]:
    return (
        patron_blocks.c.patron_id == patron_id,
        patron_blocks.c.reason == reason,
        func.coalesce(patron_blocks.c.agency_id, 0) == agency,  # 0: of all
    )


@change
def _set_block_message(
    *, patron_id: int, reason: str, agency: int, message: str, ends: date | None
) -> Statement:
    its = _block_of(patron_id, reason, agency)
    return update(patron_blocks).where(*its).values(message=message, ends=ends)


@change
def _delete_block(*, patron_id: int, reason: str, agency: int) -> Statement:
    return delete(patron_blocks).where(*_block_of(patron_id, reason, agency))


def has_died(patron_id: ColumnElement[int]) -> ColumnElement[bool]:
    """A condition on patrons by their id."""
    return exists().where(
        patron_blocks.c.patron_id == patron_id, patron_blocks.c.reason == BlockReason.DECEASED.value
    )


@many(Block)
def blocks_of(*, patron_id: int) -> Statement:
    """All blocks of a patron, whosever they are."""
    told = {
        "reason": stored_as(patron_blocks.c.reason, BlockReason),
        "agency_isil": agencies.c.isil,
    }
    return (
        select(*columns(Block, patron_blocks, **told))
        .select_from(patron_blocks.outerjoin(agencies, agencies.c.id == patron_blocks.c.agency_id))
        .where(patron_blocks.c.patron_id == patron_id)
        .order_by(patron_blocks.c.since, patron_blocks.c.reason, patron_blocks.c.id)
    )


def block_patron(
    act: Act,
    patron_id: int,
    reason: BlockReason,
    *,
    message: str = "",
    agency_id: int | None = None,
    everywhere: bool = False,
    ends: date | None = None,
) -> None:
    """Blocks the patron (SIP2 01 uses BlockReason.SELF_SERVICE) at the branches of one agency.

    That is `agency_id`, else the agency of the desk, else the patron's own. `everywhere` blocks
    at all agencies instead; the reasons of `circulation.kernel.reasons.EVERYWHERE` always do.
    Repeated for the same reason and agency, it keeps the first date and takes the new message and
    end. The daily job lifts it on the day `ends`, without a day staff do.
    Who has died waits for nothing any more: holds and bookings end.
    """
    transaction = act.transaction
    lock_patron_by_id(transaction, patron_id=patron_id)
    whose = _whose(act, patron_id, reason, agency_id, everywhere)
    if not _set_block_message(
        transaction,
        patron_id=patron_id,
        reason=reason.value,
        agency=whose or 0,
        message=message,
        ends=ends,
    ):
        _insert_block(
            transaction,
            patron_id=patron_id,
            reason=reason.value,
            agency_id=whose,
            since=act.now,
            message=message,
            ends=ends,
        )
    if reason is BlockReason.DECEASED:
        index_patron(act.transaction, patron_id)
    after = {"reason": reason.value, "message": message, "agency": whose}
    if ends is not None:
        after["ends"] = ends.isoformat()
    append_event(act, NewEvent(EventKind.PATRON_BLOCKED, patron_id=patron_id, after=after))
    if reason is BlockReason.DECEASED:
        for end in AT_DEATH:
            end(act, patron_id)


class _Ended(NamedTuple):
    patron_id: int
    reason: str
    agency_id: int | None


@many(_Ended)
def _ended(*, day: date) -> Statement:
    its = patron_blocks.c
    order = its.patron_id, its.id
    return (
        select(*columns(_Ended, patron_blocks))
        .where(its.ends <= day)
        .order_by(*order)
        .limit(MAX_ENDED)
    )


def end_blocks(act: Act, day: date) -> int:
    """Lift the blocks whose last day is over, `MAX_ENDED` at most; return how many there were."""
    found = _ended(act.transaction, day=day)
    for each in found:
        reason, is_everywhere = BlockReason(each.reason), each.agency_id is None
        unblock_patron(
            act, each.patron_id, reason, agency_id=each.agency_id, everywhere=is_everywhere
        )
    return len(found)


def unblock_patron(
    act: Act,
    patron_id: int,
    reason: BlockReason,
    *,
    agency_id: int | None = None,
    everywhere: bool = False,
) -> bool:
    """Lifts a block (SIP2 25); False where the patron had none for this reason.

    Whose block is meant is said as in `block_patron`: that of one agency leaves those of others,
    and one of all agencies, as they are.
    """
    lock_patron_by_id(act.transaction, patron_id=patron_id)
    whose = _whose(act, patron_id, reason, agency_id, everywhere)
    if not _delete_block(
        act.transaction, patron_id=patron_id, reason=reason.value, agency=whose or 0
    ):
        return False
    if reason is BlockReason.DECEASED:
        index_patron(act.transaction, patron_id)
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_UNBLOCKED,
            patron_id=patron_id,
            before={"reason": reason.value, "agency": whose},
        ),
    )
    return True


def _whose(
    act: Act, patron_id: int, reason: BlockReason, agency_id: int | None, everywhere: bool
) -> int | None:
    """The agency whose block it is; None for one that concerns all."""
    if everywhere or reason in EVERYWHERE:
        return None
    if agency_id is not None:
        return agency_id
    return act.desk.agency_id or _agency_of_patron(act.transaction, patron_id=patron_id)
