"""Answers kept in the transaction that did the work, so that asking again does nothing twice.

A machine whose line breaks, or that has waited too long, sends its request again: on a new
connection perhaps, and perhaps to a server that was started in the meantime. It gets the answer
that is kept here, as long as the item (or the patron, where it is about one) was not dealt with by
anybody since. What is kept is opaque: a protocol's own bytes.

Requests hold PINs, and a PIN can be guessed from a plain digest. So digests are keyed with a secret
that is not in the database: see `reply_key`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from catalogue.database import Transaction, change, is_typed, lock, one, send
from catalogue.schema import items
from circulation.callers.schema import replies
from circulation.kernel.engine import Circulation
from circulation.kernel.schema import events
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.schema import patron_identifiers

#: Bytes of a digest: two requests of one account never share it by chance.
DIGEST_SIZE = 16
#: Rows that one step of purging deletes.
AT_MOST = 5_000


class ReplyKey(NamedTuple):
    """Who asked, and a digest of what was asked."""

    account: str
    digest: bytes


def reply_key(account: str, secret: str, request: bytes) -> ReplyKey:
    """The key of `request` as `account` has sent it.

    `secret` is one that the database does not hold and that outlives the process, such as the
    password hash of the account in tiro.toml.
    """
    key = blake2b(secret.encode(), digest_size=32).digest()
    return ReplyKey(account, blake2b(request, key=key, digest_size=DIGEST_SIZE).digest())


_is_same = (
    replies.c.account == bindparam("of_account"),
    replies.c.digest == bindparam("of_digest", type_=replies.c.digest.type),
)
_dealt_with_since = (
    exists()
    .where(
        events.c.id > replies.c.mark,
        or_(
            events.c.item_id == replies.c.item_id,
            and_(replies.c.by_patron, events.c.patron_id == replies.c.patron_id),
        ),
    )
    .correlate(replies)
)
_find: Callable[..., Any] = one(
    select(replies.c.answer, replies.c.at, _dealt_with_since).where(*_is_same),
    None,
    "of_account",
    "of_digest",
)
_drop = send(delete(replies).where(*_is_same), "of_account", "of_digest")
#: It replaces an answer that no longer counts. (Both databases spell it alike.)
_insert = insert(replies)
_keep = send(
    _insert.values(
        account=bindparam("new_account"),
        digest=bindparam("new_digest", type_=replies.c.digest.type),
        at=bindparam("new_at"),
        answer=bindparam("new_answer", type_=replies.c.answer.type),
        item_id=select(items.c.id).where(is_typed(items.c.barcode, "of_item")).scalar_subquery(),
        patron_id=select(patron_identifiers.c.patron_id)
        .where(is_typed(patron_identifiers.c.identifier, "of_identifier"))
        .scalar_subquery(),
        by_patron=bindparam("new_by_patron"),
        # Ids of events grow. All that this transaction has written are below it, and whoever
        # deals with the item later waits for this transaction and comes above it.
        mark=select(func.coalesce(func.max(events.c.id), 0)).scalar_subquery(),
    ).on_conflict_do_update(
        index_elements=[replies.c.account, replies.c.digest],
        set_={
            name: _insert.excluded[name]
            for name in ("at", "answer", "item_id", "patron_id", "by_patron", "mark")
        },
    ),
    "new_account",
    "new_digest",
    "new_at",
    "new_answer",
    "of_item",
    "of_identifier",
    "new_by_patron",
)
#: Two connections may send one request at once: the second waits until the first is answered.
_take_turns = lock(select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger))), "key")
_purge = change(
    delete(replies).where(
        replies.c.at.in_(
            select(replies.c.at)
            .where(replies.c.at < bindparam("before"))
            .order_by(replies.c.at)
            .limit(AT_MOST)
        )
    ),
    "before",
)


def kept_reply(
    transaction: Transaction, key: ReplyKey, *, now: datetime, within: timedelta
) -> bytes | None:
    """The answer that this request got within the last `within`, if it is still to be given.

    None: the request is to be dealt with, and its answer kept with `keep_reply`. Call it first in
    the transaction.
    """
    _take_turns(transaction, int.from_bytes(key.digest[:8], signed=True))
    found = _find(transaction, *key)
    if found is None:
        return None
    answer, at, is_dealt_with = found
    if at < now - within or is_dealt_with:
        return None
    return bytes(answer)


def keep_reply(
    circulation: Circulation,
    transaction: Transaction,
    key: ReplyKey,
    answer: bytes,
    *,
    now: datetime,
    item: str | None = None,
    patron: str | None = None,
    by_patron: bool = False,
) -> None:
    """Keeps the answer, until somebody deals with the item or, with `by_patron`, the patron.

    Call it last, in the transaction that did the work. `item` is a barcode and `patron` an
    identifier, for whom the request was; both may be unknown.
    """
    identifier = None if patron is None else IDENTIFIERS.of(circulation).stored(patron)
    _keep(transaction, key.account, key.digest, now, answer, item, identifier, by_patron)


def forget_reply(transaction: Transaction, key: ReplyKey) -> None:
    """Drops the answer to a request that is to be dealt with once more: what it did was undone."""
    _drop(transaction, *key)


def forget_replies(transaction: Transaction, before: datetime) -> tuple[int, bool]:
    """Deletes answers older than `before`: how many, and whether there may be more."""
    count = _purge(transaction, before)
    return count, count >= AT_MOST
