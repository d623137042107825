"""The negative answer to each request: the right message, complete, and with a word for the patron.
It is for requests that cannot be dealt with at all: before the login, not open to this account, or
stopped by a fault of our own. What circulation refuses is answered by `protocols.sip2.handlers`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, cast

from protocols.sip2.fields import LAYOUT_OF, Fixed, Kind, Variable
from protocols.sip2.messages import (
    LAYOUTS,
    REQUESTS,
    ACSStatus,
    BlockPatron,
    Checkin,
    FeePaid,
    Hold,
    LoginResponse,
    PatronEnable,
    PatronInformation,
    PatronStatusRequest,
    Request,
    Response,
    SCStatus,
    answer_code,
)
from protocols.sip2.wire.dates import NO_CLOCK
from protocols.sip2.wire.text import given_back

#: Patron status (24, 64): charge, renewal, recall and hold privileges denied.
ALL_DENIED = "YYYY          "
#: Alert type "other" (10).
ALERT_OTHER = "99"
#: Timeout period (98) of a system that is off line.
OFF_LINE = 0
#: Circulation status and fee type "other" (18).
OTHER: Final = "01"
#: Timeout period and retries allowed (98).
_UNKNOWN: Final = 999

#: What required fields say if nothing was done, by their kind, unless they are named below.
_NEGATIVE: Final[dict[Kind, object]] = {
    Kind.BIT: False,
    Kind.FLAG: False,
    Kind.TEXT: "",
    Kind.COUNT: None,
}
_NEGATIVE_BY_NAME: Final[dict[str, object]] = {
    "alert": True,
    "circulation_status": OTHER,
    "date_time_sync": NO_CLOCK,
    "desensitize": "N",
    "fee_type": OTHER,
    "language": "000",
    "magnetic_media": "N",
    "patron_status": ALL_DENIED,
    "protocol_version": "2.00",
    "renewed_count": 0,
    "retries_allowed": _UNKNOWN,
    "security_marker": "00",
    "supported_messages": "N" * 16,
    "timeout_period": _UNKNOWN,
    "unrenewed_count": 0,
}
#: Required fields that repeat what the request said, where it did.
_REPEATED: Final = ("institution_id", "item_identifier", "language", "patron_identifier")


def _beginning(request: type) -> tuple[type, dict[str, Any], tuple[str, ...]]:
    """The class of the answer to a request, its required fields, and those that it repeats."""
    layout = LAYOUTS[answer_code(LAYOUT_OF[request].code)]
    required: list[Fixed | Variable] = [*layout.fixed]
    required += (each for each in layout.variable if each.is_required)
    said = {
        each.name: _NEGATIVE_BY_NAME.get(each.name, _NEGATIVE.get(each.kind)) for each in required
    }
    asked = {each.name for each in fields(request)}
    return layout.message, said, tuple(name for name in _REPEATED if name in said and name in asked)


_BEGINNINGS: Final = {request: _beginning(request) for request in REQUESTS}


def failure_response(request: Request, date: str, text: str) -> Response:
    """Says no to `request`; `date` is the transaction date and `text` the screen message (AF)."""
    kind, said, repeated = _BEGINNINGS[type(request)]
    response: Any = kind(**said)
    for name in repeated:
        setattr(response, name, given_back(getattr(request, name) or ""))
    if "transaction_date" in said:
        response.transaction_date = date
    if not isinstance(response, LoginResponse):
        response.screen_message = (text,)
    match request:
        case PatronStatusRequest() | PatronEnable() | PatronInformation():
            response.valid_patron = False
            # A PIN that nobody looked at is not right; of one that was not sent nothing is said.
            is_sent = bool((request.patron_password or "").strip())
            response.valid_patron_password = False if is_sent else None
        case BlockPatron():
            response.valid_patron = False
        case Checkin():
            response.alert_type = ALERT_OTHER
        case Hold():
            response.item_identifier = request.item_identifier
            response.title_identifier = request.title_identifier
        case FeePaid():
            response.transaction_id = request.transaction_id or None
    return cast("Response", response)


def off_line_status(request: SCStatus, text: str, *, off_line_ok: bool) -> ACSStatus:
    """98 while nothing can be changed: off line, and whether work done meanwhile is accepted later.

    A terminal that can work off line then begins to, and asks with 99 whether it is over.
    """
    response = failure_response(request, "", text)
    assert isinstance(response, ACSStatus)
    response.off_line_ok, response.timeout_period = off_line_ok, OFF_LINE
    return response
