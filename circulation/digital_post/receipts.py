"""What the platform tells of messages: written down as it came, and shown.

A message that was accepted is not delivered: one of three outcomes follows by itself, in minutes
or days, twice or out of order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import (
    Moment,
    Transaction,
    change,
    key_parameters,
    many,
    many_of,
    scalar,
    send,
)
from circulation.digital_post.schema import post_receipts

#: A municipality has one stream of receipts, so that those of its other systems may come too.
UNKNOWN_DAYS = 28


@dataclass(frozen=True, slots=True)
class PostReceipt:
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


_known = scalar(select(post_receipts.c.id).where(post_receipts.c.name == bindparam("name")), "name")
_WRITTEN = (
    "name",
    "message_uuid",
    "message_id",
    "transmission_id",
    "channel",
    "status",
    "error_code",
    "error_text",
    "at",
    "received",
)
_insert = send(
    insert(post_receipts).values(
        {
            post_receipts.c[name]: bindparam(f"new_{name}", type_=post_receipts.c[name].type)
            for name in _WRITTEN
        }
    ),
    *(f"new_{name}" for name in _WRITTEN),
)
_kept = select(*(post_receipts.c[name] for name in KeptReceipt._fields))
_of_messages: Callable[[Transaction, list[int]], list[KeptReceipt]] = many_of(
    lambda size: _kept.where(post_receipts.c.message_id.in_(key_parameters(size))), KeptReceipt
)
_strangers: Callable[..., list[Any]] = many(
    _kept.where(
        post_receipts.c.message_id.is_(None),
        post_receipts.c.received >= bindparam("since", type_=Moment),
    ).order_by(post_receipts.c.received, post_receipts.c.id),
    KeptReceipt,
    "since",
)


_forget: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        delete(post_receipts)
        .where(post_receipts.c.message_id.in_(key_parameters(size)))
        .returning(post_receipts.c.id)
    ),
    None,
)
_forget_strangers = change(
    delete(post_receipts).where(
        post_receipts.c.message_id.is_(None),
        post_receipts.c.received < bindparam("before", type_=Moment),
    ),
    "before",
)


def write_receipt(transaction: Transaction, receipt: PostReceipt, now: datetime) -> bool:
    """Writes a receipt down. False where it was written before: then there is nothing to do."""
    if _known(transaction, receipt.name) is not None:
        return False
    _insert(
        transaction,
        receipt.name,
        receipt.message_uuid,
        receipt.message_id,
        receipt.transmission_id,
        receipt.channel,
        receipt.status,
        receipt.error_code,
        receipt.error_text,
        receipt.at,
        now,
    )
    return True


def receipts_of(transaction: Transaction, message_ids: list[int]) -> list[KeptReceipt]:
    """What was told of messages, in the order in which it came about."""
    found = _of_messages(transaction, message_ids)
    return sorted(found, key=lambda each: (each.at, each.id))


def forget_receipts(transaction: Transaction, message_ids: list[int]) -> None:
    """The messages say nothing any more, and so do their receipts, whose texts come from others."""
    _forget(transaction, message_ids)


def forget_unknown_receipts(transaction: Transaction, until: datetime) -> int:
    """Deletes old receipts of messages that are not ours; gives how many."""
    return int(_forget_strangers(transaction, until - timedelta(days=UNKNOWN_DAYS)))


def unknown_receipts(transaction: Transaction, since: datetime) -> list[KeptReceipt]:
    """Receipts since then of messages that are not ours."""
    return _strangers(transaction, since)
