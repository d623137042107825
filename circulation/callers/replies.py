"""Answers kept in the transaction that did the work, so that asking again does nothing twice.

A machine whose line breaks, or that has waited too long, sends its request again: on a new
connection perhaps, and perhaps to a server that was started in the meantime. It gets the answer
that is kept here, as long as the item (or the patron, where it is about one) was not dealt with by
anybody since. Where callers give each request a key of its own, its answer simply holds for its
time (`hold_reply`). What is kept is opaque: a protocol's own bytes.

Requests hold PINs, and a PIN can be guessed from a plain digest. So digests are keyed with a secret
that is not in the database: see `reply_key`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from catalogue.database import Statement, Transaction, change, columns, is_typed, lock, one, send
from catalogue.schema import items
from circulation.callers.schema import replies
from circulation.kernel.act import Act
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


def _is_same(account: str, digest: bytes) -> ColumnElement[bool]:
    return and_(replies.c.account == account, replies.c.digest == digest)


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


class _Kept(NamedTuple):
    answer: bytes
    at: datetime
    is_dealt_with: bool


@one(_Kept)
def _find(*, account: str, digest: bytes) -> Statement:
    return select(*columns(_Kept, replies, is_dealt_with=_dealt_with_since)).where(
        _is_same(account, digest)
    )


@send
def _drop(*, account: str, digest: bytes) -> Statement:
    return delete(replies).where(_is_same(account, digest))


#: It replaces an answer that no longer counts. (Both databases spell it alike.)
_insert = insert(replies)


@send
def _keep(
    *,
    account: str,
    digest: bytes,
    at: datetime,
    answer: bytes,
    item: str | None,
    identifier: str | None,
    by_patron: bool,
) -> Statement:
    return _insert.values(
        account=account,
        digest=digest,
        at=at,
        answer=answer,
        item_id=select(items.c.id).where(is_typed(items.c.barcode, item)).scalar_subquery(),
        patron_id=select(patron_identifiers.c.patron_id)
        .where(is_typed(patron_identifiers.c.identifier, identifier))
        .scalar_subquery(),
        by_patron=by_patron,
        # Ids of events grow. All that this transaction has written are below it, and whoever
        # deals with the item later waits for this transaction and comes above it.
        mark=select(func.coalesce(func.max(events.c.id), 0)).scalar_subquery(),
    ).on_conflict_do_update(
        index_elements=[replies.c.account, replies.c.digest],
        set_={
            name: _insert.excluded[name]
            for name in ("at", "answer", "item_id", "patron_id", "by_patron", "mark")
        },
    )


@send
def _hold(
    *, account: str, digest: bytes, at: datetime, answer: bytes, patron_id: int | None
) -> Statement:
    return _insert.values(
        account=account,
        digest=digest,
        at=at,
        answer=answer,
        patron_id=patron_id,
        by_patron=false(),
        mark=literal_column("0"),
    ).on_conflict_do_update(
        index_elements=[replies.c.account, replies.c.digest],
        set_={name: _insert.excluded[name] for name in ("at", "answer", "patron_id")},
    )


#: Two connections may send one request at once: the second waits until the first is answered.
@lock
def _take_turns(*, key: int) -> Statement:
    return select(func.pg_advisory_xact_lock(key))


@change
def _purge(*, before: datetime) -> Statement:
    return delete(replies).where(
        replies.c.at.in_(
            select(replies.c.at).where(replies.c.at < before).order_by(replies.c.at).limit(AT_MOST)
        )
    )


def kept_reply(
    transaction: Transaction, key: ReplyKey, *, now: datetime, within: timedelta
) -> bytes | None:
    """The answer that this request got within the last `within`, if it is still to be given.

    None: the request is to be dealt with, and its answer kept with `keep_reply`. Call it first in
    the transaction.
    """
    _take_turns(transaction, key=int.from_bytes(key.digest[:8], signed=True))
    found = _find(transaction, account=key.account, digest=key.digest)
    if found is None or found.at < now - within or found.is_dealt_with:
        return None
    return bytes(found.answer)


def keep_reply(
    act: Act,
    key: ReplyKey,
    answer: bytes,
    *,
    item: str | None = None,
    patron: str | None = None,
    by_patron: bool = False,
) -> None:
    """Keeps the answer, until somebody deals with the item or, with `by_patron`, the patron.

    Call it last, in the transaction that did the work. `item` is a barcode and `patron` an
    identifier, for whom the request was; both may be unknown.
    """
    transaction, circulation, _, now = act
    identifier = None if patron is None else IDENTIFIERS.of(circulation).stored(patron)
    _keep(
        transaction,
        account=key.account,
        digest=key.digest,
        at=now,
        answer=answer,
        item=item,
        identifier=identifier,
        by_patron=by_patron,
    )


def hold_reply(
    transaction: Transaction, key: ReplyKey, answer: bytes, *, now: datetime, patron_id: int | None
) -> None:
    """Keeps the answer whatever is done with its item and patron: only this request has that key.

    Call it last, in the transaction that did the work. `patron_id` is whom the answer tells of: it
    is deleted with them.
    """
    _hold(
        transaction,
        account=key.account,
        digest=key.digest,
        at=now,
        answer=answer,
        patron_id=patron_id,
    )


def forget_reply(transaction: Transaction, key: ReplyKey) -> None:
    """Drops the answer to a request that is to be dealt with once more: what it did was undone."""
    _drop(transaction, account=key.account, digest=key.digest)


def forget_replies(transaction: Transaction, before: datetime) -> tuple[int, bool]:
    """Deletes answers older than `before`: how many, and whether there may be more."""
    count = _purge(transaction, before=before)
    return count, count >= AT_MOST
