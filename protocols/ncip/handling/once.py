"""Doing things once: a RequestId that comes again gets the same answer. A broker that missed an
answer sends its request again. The request is recognised by partner, service, RequestId and
subject; the answer is kept in the very transaction that did the work (see
`circulation.callers.replies`), in a form of its own, so that it can be written in the version of
the repetition. Refusals are not kept: what was in the way may be gone. Answers are kept for some
hours. After that the engine knows by itself: an existing loan, a hold that the partner has named, a
barcode in use.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from circulation.callers.replies import ReplyKey, forget_reply, keep_reply, kept_reply, reply_key
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code, Refusal, Response
from protocols.ncip.models.elements import LAYOUTS
from protocols.ncip.models.marks import Kind
from protocols.ncip.settings import Partner, folded_agency

#: How long a repetition counts as one.
WITHIN = timedelta(hours=2)
#: What distinguishes requests besides the RequestId.
_ABOUT = ("user_id", "authentication_input", "item_id", "bibliographic_id")

Handler = Callable[[Any, Partner, Context], Response]


def once(
    answer: type[Any],
    *,
    by_item: bool = False,
    still: Callable[[Any, Partner, Context], bool] | None = None,
    by_content: bool = False,
) -> Callable[[Handler], Handler]:
    """Makes a handler do what a RequestId asks for only once. `answer` is the class of the answer
    to keep. `by_item`: the kept answer holds until somebody deals with the item; otherwise for its
    full time, or as long as `still` is true. `by_content`: the service has no RequestId, and a
    repetition is the same word for word.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def respond(request: Any, caller: Partner, context: Context) -> Response:
            key = _key(request, caller, by_content, IDENTIFIERS.of(context.circulation))
            if key is None:
                return handler(request, caller, context)
            item = _barcode(request) if by_item else None
            kept = kept_reply(context.transaction, key, now=context.now, within=WITHIN, item=item)
            if kept is not None and (still is None or still(request, caller, context)):
                found: Response = thawed(answer, json.loads(kept))
                return found
            response = handler(request, caller, context)
            if isinstance(response, Refusal) or not isinstance(response, answer):
                return response
            if kept is not None:
                forget_reply(context.transaction, key)
            keep_reply(
                context.act(),
                key,
                json.dumps(frozen(response), ensure_ascii=False).encode(),
                item=item,
            )
            return response

        return respond

    return decorate


def _key(
    request: Any, caller: Partner, by_content: bool, identifiers: IdentifierKey
) -> ReplyKey | None:
    """None for a request without a RequestId, which may come twice. Its subject may include a PIN,
    and the set-up may hold the partner's secret, so the digest is under the key of `identifiers` as
    well.
    """
    name = frozen(request) if by_content else _name(request)
    if not name:
        return None
    header = request.initiation_header
    agency = header.from_agency_id.agency_id if header and header.from_agency_id else None
    about = [
        type(request).__name__,
        folded_agency(agency.value) if agency else "",
        name,
        *(frozen(getattr(request, each, None)) for each in _ABOUT),
    ]
    account = f"ncip {folded_agency(caller.agency)}"
    written = json.dumps(about, ensure_ascii=False).encode()
    return reply_key(account, identifiers.keyed(caller.shared_secret or ""), written)


def _name(request: Any) -> str | None:
    return request.request_id.request_identifier_value if request.request_id else None


def _barcode(request: Any) -> str | None:
    item_id = request.item_id
    return item_id.item_identifier_value if item_id is not None else None


def frozen(value: Any) -> Any:
    """A message, or a part of one, as JSON: without its header and empty fields."""
    if isinstance(value, Code):
        return [value.value, value.scheme]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [frozen(each) for each in value]
    rows = LAYOUTS.get(type(value))
    if rows is None:
        return value
    parts = ((row.name, getattr(value, row.name)) for row in rows)
    return {
        name: frozen(part)
        for name, part in parts
        if part not in (None, ()) and name not in ("response_header", "initiation_header")
    }


def thawed(kind: Any, value: Any) -> Any:
    """The message of the class `kind` that was given to `frozen`."""
    if kind is Kind.CODE:
        return Code(*value)
    if kind is Kind.MOMENT:
        return datetime.fromisoformat(value)
    if kind not in LAYOUTS:
        return value
    parts = {}
    for row in LAYOUTS[kind]:
        part = value.get(row.name)
        if isinstance(part, list) and not (row.kind is Kind.CODE and not _is_many(part)):
            parts[row.name] = tuple(thawed(row.kind, each) for each in part)
        elif part is not None:
            parts[row.name] = thawed(row.kind, part)
    return kind(**parts)


def _is_many(part: list[Any]) -> bool:
    """Is it several codes, each a list of two, rather than one?"""
    return not part or isinstance(part[0], list)
