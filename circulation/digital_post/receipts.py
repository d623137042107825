"""What the platform tells of messages: written down as it came, and shown.

A message that was accepted is not delivered: one of three outcomes follows by itself, in minutes
or days, twice or out of order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    many_of,
    scalar,
    scalars_of,
    send,
)
from circulation.digital_post.schema import post_receipts

#: A municipality has one stream of receipts, so that those of its other systems may come too.
UNKNOWN_DAYS = 28


class PostReceipt(NamedTuple):
    """One receipt. `name` is what its sender calls it, `message_id` our message, where it is ours.

    `channel` and `status` are in the sender's own words; `at` is when it came about.
    """

    name: str
    message_uuid: str
    message_id: int | None
    channel: str
    status: str
    at: datetime
    error_code: str = ""
    error_text: str = ""
    transmission_id: str = ""


class KeptReceipt(NamedTuple):
    """A receipt as it is kept; `received` is when it was taken in."""

    id: int
    name: str
    message_uuid: str
    message_id: int | None
    transmission_id: str
    channel: str
    status: str
    error_code: str
    error_text: str
    at: datetime
    received: datetime


@scalar(int)
def _known(*, name: str) -> Statement:
    return select(post_receipts.c.id).where(post_receipts.c.name == name)


@send
def _insert(
    *,
    name: str,
    message_uuid: str,
    message_id: int | None,
    transmission_id: str,
    channel: str,
    status: str,
    error_code: str,
    error_text: str,
    at: datetime,
    received: datetime,
) -> Statement:
    return insert(post_receipts).values(locals())


_kept = select(*columns(KeptReceipt, post_receipts))


@many_of(KeptReceipt)
def _of_messages(*, message_ids: Sequence[int]) -> Statement:
    return _kept.where(post_receipts.c.message_id.in_(message_ids))


@many(KeptReceipt)
def unknown_receipts(*, since: datetime) -> Statement:
    """Receipts since then of messages that are not ours."""
    return _kept.where(
        post_receipts.c.message_id.is_(None), post_receipts.c.received >= since
    ).order_by(post_receipts.c.received, post_receipts.c.id)


@scalars_of(int)
def forget_receipts(*, message_ids: Sequence[int]) -> Statement:
    """The messages say nothing any more, and so do their receipts, whose texts come from others."""
    return (
        delete(post_receipts)
        .where(post_receipts.c.message_id.in_(message_ids))
        .returning(post_receipts.c.id)
    )


@change
def _forget_strangers(*, before: datetime) -> Statement:
    return delete(post_receipts).where(
        post_receipts.c.message_id.is_(None), post_receipts.c.received < before
    )


def write_receipt(transaction: Transaction, receipt: PostReceipt, now: datetime) -> bool:
    """Writes a receipt down. False where it was written before: then there is nothing to do."""
    if _known(transaction, name=receipt.name) is not None:
        return False
    _insert(transaction, received=now, **receipt._asdict())
    return True


def receipts_of(transaction: Transaction, message_ids: list[int]) -> list[KeptReceipt]:
    """What was told of messages, in the order in which it came about."""
    found = _of_messages(transaction, message_ids=message_ids)
    return sorted(found, key=lambda each: (each.at, each.id))


def forget_unknown_receipts(transaction: Transaction, until: datetime) -> int:
    """Deletes old receipts of messages that are not ours; gives how many."""
    return _forget_strangers(transaction, before=until - timedelta(UNKNOWN_DAYS))
