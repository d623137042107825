"""The messages of SIP2, one dataclass for each, by the names of the standard.

3M Standard Interchange Protocol, document revision 2.12 (2006), chapter 3, with the fields of
the SIP2 Extensions 1.20 that check-in needs. Fields carry the standard's field names and stand in
the order of `protocols.sip2.layouts`, because the codec fills them by position.

Dates are the 18 characters of the wire (see `protocols.sip2.dates`): most are passed on unread.
A field that may repeat is a tuple of texts; an optional field that was not sent is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args


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


@dataclass(slots=True)
class PatronStatusRequest:
    """23."""

    language: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    terminal_password: str = field(repr=False)
    patron_password: str | None = field(repr=False)


@dataclass(slots=True)
class PatronStatusResponse:
    """24."""

    patron_status: str
    language: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    personal_name: str
    valid_patron: bool | None = None
    valid_patron_password: bool | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class PatronInformation:
    """63."""

    language: str
    transaction_date: str
    summary: str
    institution_id: str
    patron_identifier: str
    terminal_password: str | None = field(default=None, repr=False)
    patron_password: str | None = field(default=None, repr=False)
    start_item: str | None = None
    end_item: str | None = None


@dataclass(slots=True)
class PatronInformationResponse:
    """64."""

    patron_status: str
    language: str
    transaction_date: str
    hold_items_count: int | None
    overdue_items_count: int | None
    charged_items_count: int | None
    fine_items_count: int | None
    recall_items_count: int | None
    unavailable_holds_count: int | None
    institution_id: str
    patron_identifier: str
    personal_name: str
    hold_items_limit: int | None = None
    overdue_items_limit: int | None = None
    charged_items_limit: int | None = None
    valid_patron: bool | None = None
    valid_patron_password: bool | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    fee_limit: str | None = None
    hold_items: tuple[str, ...] = ()
    overdue_items: tuple[str, ...] = ()
    charged_items: tuple[str, ...] = ()
    fine_items: tuple[str, ...] = ()
    recall_items: tuple[str, ...] = ()
    unavailable_hold_items: tuple[str, ...] = ()
    home_address: str | None = None
    email_address: str | None = None
    home_phone_number: str | None = None
    birth_date: str | None = None
    patron_class: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class ItemInformation:
    """17."""

    transaction_date: str
    institution_id: str
    item_identifier: str
    terminal_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class ItemInformationResponse:
    """18."""

    circulation_status: str
    security_marker: str
    fee_type: str
    transaction_date: str
    item_identifier: str
    title_identifier: str
    hold_queue_length: str | None = None
    due_date: str | None = None
    recall_date: str | None = None
    hold_pickup_date: str | None = None
    owner: str | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    media_type: str | None = None
    permanent_location: str | None = None
    current_location: str | None = None
    item_properties: str | None = None
    call_number: str | None = None
    destination_location: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Checkout:
    """11."""

    sc_renewal_policy: bool
    no_block: bool
    transaction_date: str
    nb_due_date: str
    institution_id: str
    patron_identifier: str
    item_identifier: str
    terminal_password: str = field(repr=False)
    item_properties: str | None = None
    patron_password: str | None = field(default=None, repr=False)
    fee_acknowledged: bool | None = None
    cancel: bool | None = None


@dataclass(slots=True)
class CheckoutResponse:
    """12."""

    ok: bool
    renewal_ok: bool
    magnetic_media: str
    desensitize: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    item_identifier: str
    title_identifier: str
    due_date: str
    fee_type: str | None = None
    security_inhibit: bool | None = None
    currency_type: str | None = None
    fee_amount: str | None = None
    media_type: str | None = None
    item_properties: str | None = None
    transaction_id: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Checkin:
    """09."""

    no_block: bool
    transaction_date: str
    return_date: str
    current_location: str
    institution_id: str
    item_identifier: str
    terminal_password: str = field(repr=False)
    item_properties: str | None = None
    cancel: bool | None = None


@dataclass(slots=True)
class CheckinResponse:
    """10."""

    ok: bool
    resensitize: bool
    magnetic_media: str
    alert: bool
    transaction_date: str
    institution_id: str
    item_identifier: str
    permanent_location: str
    title_identifier: str | None = None
    sort_bin: str | None = None
    patron_identifier: str | None = None
    media_type: str | None = None
    item_properties: str | None = None
    collection_code: str | None = None
    call_number: str | None = None
    destination_location: str | None = None
    alert_type: str | None = None
    hold_patron_identifier: str | None = None
    hold_patron_name: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Renew:
    """29."""

    third_party_allowed: bool
    no_block: bool
    transaction_date: str
    nb_due_date: str
    institution_id: str
    patron_identifier: str
    patron_password: str | None = field(default=None, repr=False)
    item_identifier: str | None = None
    title_identifier: str | None = None
    terminal_password: str | None = field(default=None, repr=False)
    item_properties: str | None = None
    fee_acknowledged: bool | None = None


@dataclass(slots=True)
class RenewResponse(CheckoutResponse):
    """30: as 12."""


@dataclass(slots=True)
class RenewAll:
    """65."""

    transaction_date: str
    institution_id: str
    patron_identifier: str
    patron_password: str | None = field(default=None, repr=False)
    terminal_password: str | None = field(default=None, repr=False)
    fee_acknowledged: bool | None = None


@dataclass(slots=True)
class RenewAllResponse:
    """66."""

    ok: bool
    renewed_count: int | None
    unrenewed_count: int | None
    transaction_date: str
    institution_id: str
    renewed_items: tuple[str, ...] = ()
    unrenewed_items: tuple[str, ...] = ()
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class Hold:
    """15."""

    hold_mode: str
    transaction_date: str
    institution_id: str
    patron_identifier: str
    expiration_date: str | None = None
    pickup_location: str | None = None
    hold_type: str | None = None
    patron_password: str | None = field(default=None, repr=False)
    item_identifier: str | None = None
    title_identifier: str | None = None
    terminal_password: str | None = field(default=None, repr=False)
    fee_acknowledged: bool | None = None


@dataclass(slots=True)
class HoldResponse:
    """16."""

    ok: bool
    available: bool
    transaction_date: str
    institution_id: str
    patron_identifier: str
    expiration_date: str | None = None
    queue_position: str | None = None
    pickup_location: str | None = None
    item_identifier: str | None = None
    title_identifier: str | None = None
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


@dataclass(slots=True)
class EndPatronSession:
    """35."""

    transaction_date: str
    institution_id: str
    patron_identifier: str
    terminal_password: str | None = field(default=None, repr=False)
    patron_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class EndSessionResponse:
    """36."""

    end_session: bool
    transaction_date: str
    institution_id: str
    patron_identifier: str
    screen_message: tuple[str, ...] = ()
    print_line: tuple[str, ...] = ()


Request = (
    SCStatus
    | Login
    | PatronStatusRequest
    | PatronInformation
    | ItemInformation
    | Checkout
    | Checkin
    | Renew
    | RenewAll
    | Hold
    | EndPatronSession
)
Response = (
    ACSStatus
    | LoginResponse
    | PatronStatusResponse
    | PatronInformationResponse
    | ItemInformationResponse
    | CheckoutResponse
    | CheckinResponse
    | RenewResponse
    | RenewAllResponse
    | HoldResponse
    | EndSessionResponse
)
Message = Request | Response | RequestACSResend | RequestSCResend

#: What a terminal may send, but for 97.
REQUESTS: frozenset[type] = frozenset(get_args(Request))
