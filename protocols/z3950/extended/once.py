"""Inserting once: an Update that comes again octet for octet gets the answer that it got.

An origin that missed the response (the line broke, the server was restarted) sends its request
again. Replacing and deleting may safely be done again; an insertion would make a second record. So
its response is kept in the very transaction that did the work (see `circulation.callers.replies`),
and is sent again as long as the records that it made are there. A request with another referenceId,
or after `WITHIN`, is another request.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from catalogue.records import fetch_records
from circulation.callers.replies import ReplyKey, forget_reply, keep_reply, kept_reply, reply_key
from protocols.hosting.answering import Context
from protocols.z3950.codec import decode, encode
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.settings import Account

#: How long a repetition counts as one.
WITHIN: Final = timedelta(minutes=30)


def insertion_key(request: ExtendedServicesRequest, account: Account) -> ReplyKey:
    """The key by which the request of this account is known."""
    return reply_key(f"Z39.50 {account.user}", account.password, encode(request))


def given_before(key: ReplyKey, context: Context) -> ExtendedServicesResponse | None:
    """The response that the request got, if it still holds."""
    kept = kept_reply(context.transaction, key, now=context.now, within=WITHIN)
    if kept is None:
        return None
    numbers, _, octets = kept.partition(b":")
    ids = [int(number) for number in numbers.split(b",")]
    if len(fetch_records(context.transaction, ids)) < len(ids):
        forget_reply(context.transaction, key)  # a record is gone: it is made once more
        return None
    response = decode(octets)
    assert isinstance(response, ExtendedServicesResponse)
    return response


def keep(
    key: ReplyKey,
    response: ExtendedServicesResponse,
    inserted: Sequence[int],
    context: Context,
) -> None:
    """Keeps the response to a request that has made these records; call it last."""
    answer = b",".join(b"%d" % number for number in inserted) + b":" + encode(response)
    keep_reply(context.act(), key, answer)
