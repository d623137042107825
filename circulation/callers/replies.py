"""Answers kept in the transaction that did the work, so that asking again does nothing twice.

A machine whose line breaks, or that has waited too long, sends its request again: on a new
connection perhaps, and perhaps to a server that was started in the meantime. It gets the answer
that is kept here, as long as the item (or the patron, where it is about one) was not dealt with by
anybody since. The answer about an item stands beside the item's last event: as long as no other
comes, it holds. Where callers give each request a key of its own, its answer simply holds for its
time (`hold_reply`). What is kept is opaque: a protocol's own bytes.

Requests hold PINs, and a PIN can be guessed from a plain digest. So digests are keyed with a secret
that is not in the database: see `reply_key`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    lock_request,
    many,
    of_typed,
    send,
)
from catalogue.schema import items
from circulation.callers.schema import item_replies, replies
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
    digest = blake2b(request, key=_key_of(secret), digest_size=DIGEST_SIZE).digest()
    return ReplyKey(account, digest)


@lru_cache(maxsize=1024)
def _key_of(secret: str) -> bytes:
    return blake2b(secret.encode(), digest_size=32).digest()


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


def _item_id(barcode: str | None) -> ColumnElement[int]:
    return of_typed(items.c.id, items.c.barcode, barcode)


def _last_event(barcode: str) -> ColumnElement[int]:
    """The last event of the item; 0 where there is none, or no such item."""
    its = events.c.item_id == _item_id(barcode)
    return func.coalesce(select(func.max(events.c.id)).where(its).scalar_subquery(), 0)


class _Kept(NamedTuple):
    answer: bytes
    at: datetime


def _select(account: str, digest: bytes) -> Select[Any]:
    its = columns(_Kept, replies)
    return select(*its).where(_is_same(account, digest), not_(_dealt_with_since))


@many(_Kept)
def _find(*, account: str, digest: bytes) -> Statement:
    return _select(account, digest)


@many(_Kept)
def _find_of_item(*, account: str, digest: bytes, item: str) -> Statement:
    beside_event = select(*columns(_Kept, item_replies)).where(
        item_replies.c.event_id == _last_event(item),
        item_replies.c.account == account,
        item_replies.c.digest == digest,
    )
    return union_all(beside_event, _select(account, digest))


@send
def _drop(*, account: str, digest: bytes) -> Statement:
    return delete(replies).where(_is_same(account, digest))


#: They replace an answer that no longer counts. (Both databases spell it alike.)
_insert, _append = insert(replies), insert(item_replies)


def _patron_id(identifier: str | None) -> ColumnElement[int]:
    its = patron_identifiers.c
    return of_typed(its.patron_id, its.identifier, identifier)


@send
def _keep_beside_event(
    *,
    item: str,
    account: str,
    digest: bytes,
    at: datetime,
    answer: bytes,
    identifier: str | None,
) -> Statement:
    return _append.values(
        event_id=_last_event(item),
        account=account,
        digest=digest,
        at=at,
        answer=answer,
        patron_id=_patron_id(identifier),
    ).on_conflict_do_update(
        index_elements=list(item_replies.primary_key),
        set_={name: _append.excluded[name] for name in ("at", "answer")},
    )


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
        item_id=_item_id(item),
        patron_id=_patron_id(identifier),
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
    *,
    account: str,
    digest: bytes,
    at: datetime,
    answer: bytes,
    patron_id: int | None,
    until: datetime | None,
) -> Statement:
    return _insert.values(
        account=account,
        digest=digest,
        at=at,
        answer=answer,
        patron_id=patron_id,
        by_patron=false(),
        mark=literal_column("0"),
        until=until,
    ).on_conflict_do_update(
        index_elements=[replies.c.account, replies.c.digest],
        set_={name: _insert.excluded[name] for name in ("at", "answer", "patron_id", "until")},
    )


@change
def _purge(*, before: datetime) -> Statement:
    old = and_(replies.c.at < before, or_(replies.c.until.is_(None), replies.c.until < before))
    first = select(replies.c.at).where(old).order_by(replies.c.at).limit(AT_MOST)
    return delete(replies).where(replies.c.at.in_(first), old)


@change
def _purge_beside_events(*, before: datetime) -> Statement:
    old = item_replies.c.at < before
    first = select(item_replies.c.event_id).where(old).order_by(item_replies.c.event_id)
    return delete(item_replies).where(item_replies.c.event_id.in_(first.limit(AT_MOST)), old)


def kept_reply(
    transaction: Transaction,
    key: ReplyKey,
    *,
    now: datetime,
    within: timedelta,
    item: str | None = None,
) -> bytes | None:
    """The answer that this request got within the last `within`, if it is still to be given.

    None: the request is to be dealt with, and its answer kept with `keep_reply`. Call it first in
    the transaction. `item` is the barcode that the answer is kept with.
    """
    # Two connections may send one request at once: the second waits until the first is answered.
    lock_request(transaction, int.from_bytes(key.digest[:8], signed=True))
    account, digest = key
    if item is None:
        found = _find(transaction, account=account, digest=digest)
    else:
        found = _find_of_item(transaction, account=account, digest=digest, item=item)
    return next((each.answer for each in found if now - each.at <= within), None) if found else None


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
    account, digest = key
    identifier = None if patron is None else IDENTIFIERS.of(circulation).stored(patron)
    if item is not None and not by_patron:
        _keep_beside_event(
            transaction,
            item=item,
            account=account,
            digest=digest,
            at=now,
            answer=answer,
            identifier=identifier,
        )
        return
    _keep(
        transaction,
        account=account,
        digest=digest,
        at=now,
        answer=answer,
        item=item,
        identifier=identifier,
        by_patron=by_patron,
    )


def hold_reply(
    transaction: Transaction,
    key: ReplyKey,
    answer: bytes,
    *,
    now: datetime,
    patron_id: int | None,
    until: datetime | None = None,
) -> None:
    """Keeps the answer whatever is done with its item and patron: only this request has that key.

    Call it last, in the transaction that did the work. `patron_id` is whom the answer tells of: it
    is deleted with them. Where it may be asked for longer than others, `until` says how long.
    """
    _hold(
        transaction,
        account=key.account,
        digest=key.digest,
        at=now,
        answer=answer,
        patron_id=patron_id,
        until=until,
    )


def forget_reply(transaction: Transaction, key: ReplyKey) -> None:
    """Drops the answer to a request that is to be dealt with once more: what it did was undone."""
    _drop(transaction, account=key.account, digest=key.digest)


def forget_replies(transaction: Transaction, before: datetime) -> tuple[int, bool]:
    """Deletes answers older than `before`: how many, and whether there may be more."""
    counts = [purge(transaction, before=before) for purge in (_purge, _purge_beside_events)]
    return sum(counts), max(counts) >= AT_MOST
