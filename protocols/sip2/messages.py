"""The messages of SIP2, one dataclass for each, by the names of the standard.

3M Standard Interchange Protocol, document revision 2.12 (2006), chapter 3, with the fields of the
SIP2 Extensions 1.20 that check-in needs. Those about items and about patrons have modules of their
own; all can be imported from here. Fields have the standard's names; their types say how they look
on the wire (`protocols.sip2.fields`).

Dates are the 18 characters of the wire (`protocols.sip2.wire.dates`): most are passed on unread.
A field that may repeat is a tuple of texts; an optional field that was not sent is None.
"""

from dataclasses import field
from typing import get_args

from protocols.sip2 import fields as f
from protocols.sip2.fields import LAYOUT_OF, Layout
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
    "LAYOUTS",
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
    "answer_code",
]


@f.message("99")
class SCStatus:
    """What the terminal (SC) is and how it is doing."""

    status_code: f.Text1
    max_print_width: f.Count3
    protocol_version: f.Text4


@f.message("98", version_1="AO AM AN AF AG")
class ACSStatus:
    """What the library system (ACS) offers this terminal."""

    on_line_status: f.Flag
    checkin_ok: f.Flag
    checkout_ok: f.Flag
    acs_renewal_policy: f.Flag
    status_update_ok: f.Flag
    off_line_ok: f.Flag
    timeout_period: f.Count3  # tenths of a second
    retries_allowed: f.Count3
    date_time_sync: f.Date
    protocol_version: f.Text4
    institution_id: f.AO
    supported_messages: f.BX
    library_name: f.AM | None = None
    terminal_location: f.AN | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("97")
class RequestACSResend:
    """The terminal did not understand the last answer."""


@f.message("96")
class RequestSCResend:
    """The library system did not understand the last message."""


@f.message("93")
class Login:
    uid_algorithm: f.Text1
    pwd_algorithm: f.Text1
    login_user_id: f.CN
    login_password: f.CO = field(repr=False)
    location_code: f.CP | None = None


@f.message("94")
class LoginResponse:
    ok: f.Bit


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


def answer_code(code: str) -> str:
    """The code of the answer to a request: 98 to 99, 24 to 01, else the next number."""
    return {"99": "98", "01": "24"}.get(code) or f"{int(code) + 1:02}"


#: How each message stands on the wire, by its code.
LAYOUTS: dict[str, Layout] = {
    layout.code: layout for layout in map(LAYOUT_OF.__getitem__, get_args(Message))
}

#: What a terminal may send, except 97.
REQUESTS: frozenset[type] = frozenset(get_args(Request))
