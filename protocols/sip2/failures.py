"""The negative answer to each request: the right message, complete, and with a word for the patron.
It is for requests that cannot be dealt with at all: before the login, not open to this account, or
stopped by a fault of our own. What circulation refuses is answered by `protocols.sip2.handlers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from protocols.sip2.messages import (
    ACSStatus,
    BlockPatron,
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    EndPatronSession,
    EndSessionResponse,
    FeePaid,
    FeePaidResponse,
    Hold,
    HoldResponse,
    ItemInformation,
    ItemInformationResponse,
    ItemStatusUpdate,
    ItemStatusUpdateResponse,
    Login,
    LoginResponse,
    PatronEnable,
    PatronEnableResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
    Renew,
    RenewAll,
    RenewAllResponse,
    RenewResponse,
    Request,
    Response,
    SCStatus,
)
from protocols.sip2.wire.dates import NO_CLOCK
from protocols.sip2.wire.text import given_back

#: Patron status (24, 64): charge, renewal, recall and hold privileges denied.
ALL_DENIED = "YYYY          "
#: No language is known (24, 26).
NO_LANGUAGE = "000"
#: Circulation status, security marker and fee type "other" (18).
OTHER = "01"
#: Timeout period and retries allowed (98).
UNKNOWN = 999
#: Alert type "other" (10), and no supported messages (98).
ALERT_OTHER = "99"
NOTHING_SUPPORTED = "N" * 16
#: Timeout period (98) of a system that is off line.
OFF_LINE = 0


def _verdict(request: Any) -> bool | None:
    """CQ: a PIN that nobody looked at is not right; of one that was not sent nothing is said."""
    return False if (request.patron_password or "").strip() else None


#: Fields of an answer that are out of the request, each with how it is had.
_GIVEN_BACK: Final[dict[str, Callable[[Any], Any]]] = {
    "institution_id": lambda request: request.institution_id,
    "item_identifier": lambda request: request.item_identifier,
    "language": lambda request: request.language,
    "patron_identifier": lambda request: given_back(request.patron_identifier),
    "title_identifier": lambda request: request.title_identifier,
    "transaction_id": lambda request: request.transaction_id or None,
    "valid_patron_password": _verdict,
}


class _No(NamedTuple):
    """The answer of a pair that says no: what it says, and what it gives back of the request."""

    response: type[Any]
    given_back: tuple[str, ...]
    said: dict[str, Any]


_NOBODY: Final = {"patron_status": ALL_DENIED, "personal_name": "", "valid_patron": False}
_NO_COUNTS: Final = dict.fromkeys(
    (
        "hold_items_count",
        "overdue_items_count",
        "charged_items_count",
        "fine_items_count",
        "recall_items_count",
        "unavailable_holds_count",
    )
)
_NOT_LENT: Final = {
    "ok": False,
    "renewal_ok": False,
    "magnetic_media": "N",
    "desensitize": "N",
    "item_identifier": "",
    "title_identifier": "",
    "due_date": "",
}
_PATRON: Final = ("institution_id", "patron_identifier")
_PATRON_AND_ITEM: Final = (*_PATRON, "item_identifier")
_PATRON_WITH_PIN: Final = (*_PATRON, "valid_patron_password")

_NEGATIVE: Final[dict[type[Request], _No]] = {
    PatronStatusRequest: _No(PatronStatusResponse, (*_PATRON_WITH_PIN, "language"), _NOBODY),
    BlockPatron: _No(PatronStatusResponse, _PATRON, {**_NOBODY, "language": NO_LANGUAGE}),
    PatronEnable: _No(PatronEnableResponse, _PATRON_WITH_PIN, {**_NOBODY, "language": NO_LANGUAGE}),
    PatronInformation: _No(
        PatronInformationResponse, (*_PATRON_WITH_PIN, "language"), {**_NOBODY, **_NO_COUNTS}
    ),
    ItemInformation: _No(
        ItemInformationResponse,
        ("item_identifier",),
        {
            "circulation_status": OTHER,
            "security_marker": "00",
            "fee_type": OTHER,
            "title_identifier": "",
        },
    ),
    ItemStatusUpdate: _No(
        ItemStatusUpdateResponse, ("item_identifier",), {"item_properties_ok": False}
    ),
    Checkout: _No(CheckoutResponse, _PATRON_AND_ITEM, _NOT_LENT),
    Renew: _No(RenewResponse, _PATRON_AND_ITEM, _NOT_LENT),
    RenewAll: _No(
        RenewAllResponse,
        ("institution_id",),
        {"ok": False, "renewed_count": 0, "unrenewed_count": 0},
    ),
    Checkin: _No(
        CheckinResponse,
        ("institution_id", "item_identifier"),
        {
            "ok": False,
            "resensitize": False,
            "magnetic_media": "N",
            "alert": True,
            "permanent_location": "",
            "alert_type": ALERT_OTHER,
        },
    ),
    Hold: _No(
        HoldResponse,
        (*_PATRON_AND_ITEM, "title_identifier"),
        {"ok": False, "available": False},
    ),
    FeePaid: _No(FeePaidResponse, (*_PATRON, "transaction_id"), {"payment_accepted": False}),
    EndPatronSession: _No(EndSessionResponse, _PATRON, {"end_session": False}),
}


def failure_response(request: Request, date: str, text: str) -> Response:
    """Says no to `request`; `date` is the transaction date and `text` the screen message (AF)."""
    if isinstance(request, Login):
        return LoginResponse(ok=False)
    if isinstance(request, SCStatus):
        return ACSStatus(
            on_line_status=False,
            checkin_ok=False,
            checkout_ok=False,
            acs_renewal_policy=False,
            status_update_ok=False,
            off_line_ok=False,
            timeout_period=UNKNOWN,
            retries_allowed=UNKNOWN,
            date_time_sync=NO_CLOCK,
            protocol_version="2.00",
            institution_id="",
            supported_messages=NOTHING_SUPPORTED,
            screen_message=(text,),
        )
    negative = _NEGATIVE[type(request)]
    fields = {"transaction_date": date, "screen_message": (text,), **negative.said}
    for name in negative.given_back:
        value = _GIVEN_BACK[name](request)
        if value is not None:
            fields[name] = value
    response: Response = negative.response(**fields)
    return response


def off_line_status(request: SCStatus, text: str, *, off_line_ok: bool) -> ACSStatus:
    """98 while nothing can be changed: off line, and whether work done meanwhile is accepted later.
    A terminal that can work off line then begins to, and asks with 99 whether it is over.
    """
    response = failure_response(request, "", text)
    assert isinstance(response, ACSStatus)
    response.off_line_ok, response.timeout_period = off_line_ok, OFF_LINE
    return response
