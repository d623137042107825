"""Doing things once: a request that comes again gets the same answer, and changes nothing.

A terminal that missed an answer sends its request again, perhaps on a new connection and with
another sequence number; a kiosk without error detection has no number at all. So a request is also
known by its bytes: the same from the same account within `repeats_within` is the same request, as
long as nobody has dealt with its item (or else its patron) since. The answer is kept in the very
transaction that did the work (see `circulation.callers.replies`), so this outlasts the process too.

A refusal counts until its item or patron is dealt with, and only if the request says when it was
sent: a terminal without a clock may ask for the same thing anew, in case it is possible now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from circulation.callers.replies import ReplyKey, keep_reply, kept_reply, reply_key
from circulation.kernel.engine import Circulation
from circulation.patrons.identifiers import IDENTIFIERS
from protocols.hosting.answering import Context
from protocols.sip2.conversation.answered import Written
from protocols.sip2.messages import (
    BlockPatron,
    Checkin,
    Checkout,
    FeePaid,
    Hold,
    ItemStatusUpdate,
    PatronEnable,
    Renew,
    RenewAll,
    Request,
    Response,
)
from protocols.sip2.terminals.places import Caller

#: The requests that change something, and what they name.
_ITEM: Final = "item"
_PATRON: Final = "patron"
CHANGING: Final[dict[type, tuple[str, ...]]] = {
    Checkout: (_ITEM, _PATRON),
    Checkin: (_ITEM,),
    Renew: (_ITEM, _PATRON),
    ItemStatusUpdate: (_ITEM,),
    Hold: (_PATRON,),
    RenewAll: (_PATRON,),
    BlockPatron: (_PATRON,),
    PatronEnable: (_PATRON,),
    FeePaid: (_PATRON,),
}
#: Fields that say whether the request was granted; responses without them are always kept.
_GRANTED: Final = ("ok", "item_properties_ok", "payment_accepted")


def known_by(
    request: Request, caller: Caller, body: bytes, circulation: Circulation
) -> ReplyKey | None:
    """The key by which a retry of this request is known; None if it changes nothing, or may come
    twice.

    `body` is the request without sequence number and checksum. It may hold a PIN, and the set-up
    holds password hashes of terminals, so the digest is under the key of identifiers as well.
    """
    account = caller.account
    if account is None or type(request) not in CHANGING or not caller.settings.repeats_within:
        return None
    secret = IDENTIFIERS.of(circulation).keyed(account.password)
    return reply_key(account.login, secret, body)


def respond_once(
    request: Any,
    caller: Caller,
    context: Context,
    key: ReplyKey,
    respond: Callable[[Any, Caller, Context], Response],
    write: Callable[[Response], bytes],
) -> Written:
    """The kept answer; or that of `respond`, written with `write` and kept."""
    within = timedelta(seconds=caller.settings.repeats_within)
    deals_with = CHANGING[type(request)]
    item = (request.item_identifier or "").strip() or None if _ITEM in deals_with else None
    kept = kept_reply(context.transaction, key, now=context.now, within=within, item=item)
    if kept is not None:
        return Written(kept, is_again=True)
    response = respond(request, caller, context)
    body = write(response)
    is_granted = _is_granted(response)
    if is_granted or _is_dated(request.transaction_date):
        keep_reply(
            context.act(),
            key,
            body,
            item=item,
            patron=request.patron_identifier.strip() if _PATRON in deals_with else None,
            by_patron=not is_granted or _ITEM not in deals_with,
        )
    return Written(body)


def _is_granted(response: Response) -> bool:
    return next((getattr(response, name) for name in _GRANTED if hasattr(response, name)), True)


def _is_dated(date: str) -> bool:
    return date[:8].isdigit() and date[12:].isdigit()
