"""Doing things once: a request that comes again gets the same answer, and changes nothing.

A terminal that missed an answer sends its request again, perhaps on a new connection and with
another sequence number; a kiosk without error detection has no number at all. So a request is also
known by its bytes: the same from the same account within `repeats_within` is the same request, as
long as nobody has dealt with its item (or else its patron) since. The answer is kept in the very
transaction that did the work (see `circulation.callers.replies`), so this outlasts the process too.

A refusal counts until its item or patron is dealt with, and only if the request says when it was
sent: a terminal without a clock may ask for the same thing anew, in case it is possible now.

A proxy that keeps a journal names each act by an id (QJ), so that what it tells us hours later,
over whatever connection, is done once. Such an answer holds for `JOURNAL_KEPT`, whatever is done
with item and patron since; a refusal does not hold: it may be told again when more is known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from catalogue.generated import OnDemand
from circulation.callers.replies import (
    DIGEST_SIZE,
    ReplyKey,
    hold_reply,
    keep_reply,
    kept_reply,
    reply_key,
)
from circulation.kernel.engine import Circulation
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from protocols.hosting.answering import Context
from protocols.sip2.conversation.answered import Written
from protocols.sip2.failures import failure_response
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
from protocols.sip2.wording import Text, say

log = logging.getLogger(__name__)

#: How long the answer to a journal id is kept: longer than a system is down and made good.
JOURNAL_KEPT: Final = timedelta(days=30)
#: What the key of identifiers makes a secret of, for journals.
_JOURNAL: Final = "journal"
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
    if account is None or account.judges or type(request) not in CHANGING:
        return None
    if not caller.settings.repeats_within:
        return None
    secret = IDENTIFIERS.of(circulation).keyed(account.password)
    return reply_key(account.login, secret, body)


def journal_key(request: Request, caller: Caller, circulation: Circulation) -> ReplyKey | None:
    """The key of a request that is named by a journal (QJ), where the account follows one. A new
    password of the account does not change it."""
    account = caller.account
    if account is None or account.follows == "no" or type(request) not in CHANGING:
        return None
    journal_id: str = getattr(request, "journal_id", None) or ""
    if not journal_id.strip():
        return None
    secret = IDENTIFIERS.of(circulation).keyed(_JOURNAL)
    return reply_key(account.login, secret, journal_id.strip().encode())


def respond_as_followed(
    request: Any,
    caller: Caller,
    context: Context,
    key: ReplyKey,
    respond: Callable[[Any, Caller, Context], Response],
    write: Callable[[Response], bytes],
) -> Written:
    """The answer that was given to this journal id, or that of `respond`, which is kept.

    The same id with another act is a fault of the journal: nothing is done, and the log says so.
    """
    act = _act_of(request, context)
    kept = kept_reply(context.transaction, key, now=context.now, within=JOURNAL_KEPT)
    if kept is not None and kept.startswith(act):
        return Written(kept[DIGEST_SIZE:], is_again=True)
    if kept is not None:
        log.error("%s sent another act under a journal id that is taken", caller.device)
        text = say(Text.JOURNAL_ID_TAKEN, caller.words)
        return Written(write(failure_response(request, caller.date(context.now), text)))
    response = respond(request, caller, context)
    body = write(response)
    if _is_granted(response):
        hold_reply(
            context.transaction,
            key,
            act + body,
            now=context.now,
            patron_id=_patron_of(request, response, context),
            until=context.now + JOURNAL_KEPT,
        )
    return Written(body)


def _act_of(request: Any, context: Context) -> bytes:
    """A digest of which act it is: of whom and what it speaks, and when that happened."""
    names = ("patron_identifier", "item_identifier", "title_identifier", "transaction_date")
    told = [type(request).__name__, *(str(getattr(request, name, "")) for name in names)]
    secret = IDENTIFIERS.of(context.circulation).keyed(_JOURNAL)
    return reply_key("", secret, "\0".join(told).encode("utf-8", "surrogatepass")).digest


def _patron_of(request: Any, response: Any, context: Context) -> int | None:
    """Whom the answer tells of."""
    named = getattr(request, "patron_identifier", None) or response.patron_identifier
    if not named:
        return None
    key = IDENTIFIERS.of(context.circulation)
    return find_patron(context.transaction, named.strip(), key=key)


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
    name = _GRANTED_IN[type(response)]
    return name is None or getattr(response, name)


def _granted_in(kind: type) -> str | None:
    return next((name for name in _GRANTED if hasattr(kind, name)), None)


_GRANTED_IN: Final = OnDemand(_granted_in)


def _is_dated(date: str) -> bool:
    return date[:8].isdigit() and date[12:].isdigit()
