"""The messages of SIP2, one dataclass for each, by the names of the standard.

3M Standard Interchange Protocol, document revision 2.12 (2006), chapter 3, with the fields of
the SIP2 Extensions 1.20 that check-in needs. Those about items and about patrons have modules of
their own; all can be had from here. Fields carry the standard's field names and stand in
the order of `protocols.sip2.wire.layouts`, because the codec fills them by position.

Dates are the 18 characters of the wire (`protocols.sip2.wire.dates`): most are passed on unread.
A field that may repeat is a tuple of texts; an optional field that was not sent is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from protocols.sip2.item_messages import (
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    ItemInformation,
    ItemInformationResponse,
    ItemStatusUpdate,
    ItemStatusUpdateResponse,
    Renew,
    RenewResponse,
)
from protocols.sip2.patron_messages import (
    BlockPatron,
    EndPatronSession,
    EndSessionResponse,
    FeePaid,
    FeePaidResponse,
    Hold,
    HoldResponse,
    PatronEnable,
    PatronEnableResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
    RenewAll,
    RenewAllResponse,
)

__all__ = [
    "REQUESTS",
    "ACSStatus",
    "BlockPatron",
    "Checkin",
    "CheckinResponse",
    "Checkout",
    "CheckoutResponse",
    "EndPatronSession",
    "EndSessionResponse",
    "FeePaid",
    "FeePaidResponse",
    "Hold",
    "HoldResponse",
    "ItemInformation",
    "ItemInformationResponse",
    "ItemStatusUpdate",
    "ItemStatusUpdateResponse",
    "Login",
    "LoginResponse",
    "Message",
    "PatronEnable",
    "PatronEnableResponse",
    "PatronInformation",
    "PatronInformationResponse",
    "PatronStatusRequest",
    "PatronStatusResponse",
    "Renew",
    "RenewAll",
    "RenewAllResponse",
    "RenewResponse",
    "Request",
    "RequestACSResend",
    "RequestSCResend",
    "Response",
    "SCStatus",
]


@dataclass(slots=True)
class SCStatus:
    """99: what the terminal (SC) is and how it feels."""

    status_code: str
    max_print_width: int | None
    protocol_version: str


@dataclass(slots=True)
class ACSStatus:
    """98: what the library system (ACS) offers this terminal."""

    on_line_status: bool
    checkin_ok: bool
    checkout_ok: bool
    acs_renewal_policy: bool
    status_update_ok: bool
    off_line_ok: bool
    timeout_period: int | None  # tenths of a second
    retries_allowed: int | None
    date_time_sync: str
    protocol_version: str
    institution_id: str
    supported_messages: str
    library_name: str | None = None
    terminal_location: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class RequestACSResend:
    """97: the terminal did not understand the last answer."""


@dataclass(slots=True)
class RequestSCResend:
    """96: the library system did not understand the last message."""


@dataclass(slots=True)
class Login:
    """93."""

    uid_algorithm: str
    pwd_algorithm: str
    login_user_id: str
    login_password: str = field(repr=False)
    location_code: str | None = None


@dataclass(slots=True)
class LoginResponse:
    """94."""

    ok: bool


Request = (
    SCStatus
    | Login
    | PatronStatusRequest
    | PatronInformation
    | BlockPatron
    | PatronEnable
    | ItemInformation
    | ItemStatusUpdate
    | Checkout
    | Checkin
    | Renew
    | RenewAll
    | Hold
    | FeePaid
    | EndPatronSession
)
Response = (
    ACSStatus
    | LoginResponse
    | PatronStatusResponse
    | PatronInformationResponse
    | PatronEnableResponse
    | ItemInformationResponse
    | ItemStatusUpdateResponse
    | CheckoutResponse
    | CheckinResponse
    | RenewResponse
    | RenewAllResponse
    | HoldResponse
    | FeePaidResponse
    | EndSessionResponse
)
Message = Request | Response | RequestACSResend | RequestSCResend

#: What a terminal may send, but for 97.
REQUESTS: frozenset[type] = frozenset(get_args(Request))
