"""The messages of SIP2, one dataclass for each, and their layouts as tables.

3M Standard Interchange Protocol, document revision 2.12 (2006), chapter 3, with the fields of
the SIP2 Extensions 1.20 that check-in needs. Classes and fields carry the standard's names;
`LAYOUTS` says how each class stands on the wire: the fixed fields in their order, then the fields
with ids, required ones first. The dataclass fields are in the order of the layout, because the
codec fills them by position.

Dates are the 18 characters of the wire (see `protocols.sip2.dates`): most are passed on unread.
A field that may repeat is a tuple of texts; an optional field that was not sent is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What the characters of a field stand for."""

    TEXT = "characters, as they are"
    FLAG = "Y or N: bool"
    BIT = "1 or 0: bool"
    COUNT = "digits, padded with zeros: int; blanks for unknown: None"
    DATE = "18 characters YYYYMMDDZZZZHHMMSS, as they are"
    LINES = "text in a field that may repeat: tuple of str"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A field at a fixed place after the message code."""

    name: str
    length: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Variable:
    """A field with an id, ended by the delimiter, in any place after the fixed fields."""

    code: str
    name: str
    is_required: bool
    kind: Kind
    length: int = 255


@dataclass(frozen=True, slots=True)
class Layout:
    """How a message stands on the wire."""

    code: str
    message: type
    fixed: tuple[Fixed, ...]
    variable: tuple[Variable, ...]

    @property
    def fixed_length(self) -> int:
        """Characters before the first field with an id, the two of the code included."""
        return 2 + sum(each.length for each in self.fixed)


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
class RenewResponse:
    """30: as 12."""

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
    | EndSessionResponse
)
Message = Request | Response | RequestACSResend | RequestSCResend

#: Every field id used here: its name, kind and greatest length.
FIELDS: dict[str, tuple[str, Kind, int]] = {
    "AA": ("patron_identifier", Kind.TEXT, 255),
    "AB": ("item_identifier", Kind.TEXT, 255),
    "AC": ("terminal_password", Kind.TEXT, 255),
    "AD": ("patron_password", Kind.TEXT, 255),
    "AE": ("personal_name", Kind.TEXT, 255),
    "AF": ("screen_message", Kind.LINES, 255),
    "AG": ("print_line", Kind.LINES, 255),
    "AH": ("due_date", Kind.TEXT, 255),
    "AJ": ("title_identifier", Kind.TEXT, 255),
    "AM": ("library_name", Kind.TEXT, 255),
    "AN": ("terminal_location", Kind.TEXT, 255),
    "AO": ("institution_id", Kind.TEXT, 255),
    "AP": ("current_location", Kind.TEXT, 255),
    "AQ": ("permanent_location", Kind.TEXT, 255),
    "AS": ("hold_items", Kind.LINES, 255),
    "AT": ("overdue_items", Kind.LINES, 255),
    "AU": ("charged_items", Kind.LINES, 255),
    "AV": ("fine_items", Kind.LINES, 255),
    "BD": ("home_address", Kind.TEXT, 255),
    "BE": ("email_address", Kind.TEXT, 255),
    "BF": ("home_phone_number", Kind.TEXT, 255),
    "BG": ("owner", Kind.TEXT, 255),
    "BH": ("currency_type", Kind.TEXT, 3),
    "BI": ("cancel", Kind.FLAG, 1),
    "BK": ("transaction_id", Kind.TEXT, 255),
    "BL": ("valid_patron", Kind.FLAG, 1),
    "BM": ("renewed_items", Kind.LINES, 255),
    "BN": ("unrenewed_items", Kind.LINES, 255),
    "BO": ("fee_acknowledged", Kind.FLAG, 1),
    "BP": ("start_item", Kind.TEXT, 255),
    "BQ": ("end_item", Kind.TEXT, 255),
    "BT": ("fee_type", Kind.TEXT, 2),
    "BU": ("recall_items", Kind.LINES, 255),
    "BV": ("fee_amount", Kind.TEXT, 255),
    "BX": ("supported_messages", Kind.TEXT, 255),
    "BZ": ("hold_items_limit", Kind.COUNT, 4),
    "CA": ("overdue_items_limit", Kind.COUNT, 4),
    "CB": ("charged_items_limit", Kind.COUNT, 4),
    "CC": ("fee_limit", Kind.TEXT, 255),
    "CD": ("unavailable_hold_items", Kind.LINES, 255),
    "CF": ("hold_queue_length", Kind.TEXT, 255),
    "CH": ("item_properties", Kind.TEXT, 255),
    "CI": ("security_inhibit", Kind.FLAG, 1),
    "CJ": ("recall_date", Kind.DATE, 18),
    "CK": ("media_type", Kind.TEXT, 3),
    "CL": ("sort_bin", Kind.TEXT, 255),
    "CM": ("hold_pickup_date", Kind.DATE, 18),
    "CN": ("login_user_id", Kind.TEXT, 255),
    "CO": ("login_password", Kind.TEXT, 255),
    "CP": ("location_code", Kind.TEXT, 255),
    "CQ": ("valid_patron_password", Kind.FLAG, 1),
    "CR": ("collection_code", Kind.TEXT, 255),
    "CS": ("call_number", Kind.TEXT, 255),
    "CT": ("destination_location", Kind.TEXT, 255),
    "CV": ("alert_type", Kind.TEXT, 2),
    "CY": ("hold_patron_identifier", Kind.TEXT, 255),
    "DA": ("hold_patron_name", Kind.TEXT, 255),
    "PB": ("birth_date", Kind.TEXT, 255),
    "PC": ("patron_class", Kind.TEXT, 255),
}

#: Fields that hold a secret: never in a log line, masked in a trace.
SECRET_FIELDS = ("AC", "AD", "CO")


def _fixed(text: str) -> tuple[Fixed, ...]:
    """``name:flag name:date name:count4 name:text2``, in order."""
    lengths = {"flag": 1, "bit": 1, "date": 18}
    fields = []
    for part in text.split():
        name, _, kind = part.partition(":")
        word = kind.rstrip("0123456789")
        length = lengths.get(word) or int(kind[len(word) :])
        fields.append(Fixed(name, length, Kind[word.upper()]))
    return tuple(fields)


def _variable(required: str, optional: str) -> tuple[Variable, ...]:
    fields = []
    for codes, is_required in ((required, True), (optional, False)):
        for code in codes.split():
            name, kind, length = FIELDS[code]
            fields.append(Variable(code, name, is_required, kind, length))
    return tuple(fields)


def _layout(code: str, message: type, fixed: str, required: str = "", optional: str = "") -> Layout:
    return Layout(code, message, _fixed(fixed), _variable(required, optional))


_CHARGE = (
    "ok:bit renewal_ok:flag magnetic_media:text1 desensitize:text1 transaction_date:date",
    "AO AA AB AJ AH",
    "BT CI BH BV CK CH BK AF AG",
)

_ALL = (
    _layout("99", SCStatus, "status_code:text1 max_print_width:count3 protocol_version:text4"),
    _layout(
        "98",
        ACSStatus,
        "on_line_status:flag checkin_ok:flag checkout_ok:flag acs_renewal_policy:flag"
        " status_update_ok:flag off_line_ok:flag timeout_period:count3 retries_allowed:count3"
        " date_time_sync:date protocol_version:text4",
        "AO BX",
        "AM AN AF AG",
    ),
    _layout("97", RequestACSResend, ""),
    _layout("96", RequestSCResend, ""),
    _layout("93", Login, "uid_algorithm:text1 pwd_algorithm:text1", "CN CO", "CP"),
    _layout("94", LoginResponse, "ok:bit"),
    _layout("23", PatronStatusRequest, "language:text3 transaction_date:date", "AO AA AC", "AD"),
    _layout(
        "24",
        PatronStatusResponse,
        "patron_status:text14 language:text3 transaction_date:date",
        "AO AA AE",
        "BL CQ BH BV AF AG",
    ),
    _layout(
        "63",
        PatronInformation,
        "language:text3 transaction_date:date summary:text10",
        "AO AA",
        "AC AD BP BQ",
    ),
    _layout(
        "64",
        PatronInformationResponse,
        "patron_status:text14 language:text3 transaction_date:date hold_items_count:count4"
        " overdue_items_count:count4 charged_items_count:count4 fine_items_count:count4"
        " recall_items_count:count4 unavailable_holds_count:count4",
        "AO AA AE",
        "BZ CA CB BL CQ BH BV CC AS AT AU AV BU CD BD BE BF PB PC AF AG",
    ),
    _layout("17", ItemInformation, "transaction_date:date", "AO AB", "AC"),
    _layout(
        "18",
        ItemInformationResponse,
        "circulation_status:text2 security_marker:text2 fee_type:text2 transaction_date:date",
        "AB AJ",
        "CF AH CJ CM BG BH BV CK AQ AP CH CS CT AF AG",
    ),
    _layout(
        "11",
        Checkout,
        "sc_renewal_policy:flag no_block:flag transaction_date:date nb_due_date:date",
        "AO AA AB AC",
        "CH AD BO BI",
    ),
    _layout("12", CheckoutResponse, *_CHARGE),
    _layout(
        "09",
        Checkin,
        "no_block:flag transaction_date:date return_date:date",
        "AP AO AB AC",
        "CH BI",
    ),
    _layout(
        "10",
        CheckinResponse,
        "ok:bit resensitize:flag magnetic_media:text1 alert:flag transaction_date:date",
        "AO AB AQ",
        "AJ CL AA CK CH CR CS CT CV CY DA AF AG",
    ),
    _layout(
        "29",
        Renew,
        "third_party_allowed:flag no_block:flag transaction_date:date nb_due_date:date",
        "AO AA",
        "AD AB AJ AC CH BO",
    ),
    _layout("30", RenewResponse, *_CHARGE),
    _layout("65", RenewAll, "transaction_date:date", "AO AA", "AD AC BO"),
    _layout(
        "66",
        RenewAllResponse,
        "ok:bit renewed_count:count4 unrenewed_count:count4 transaction_date:date",
        "AO",
        "BM BN AF AG",
    ),
    _layout("35", EndPatronSession, "transaction_date:date", "AO AA", "AC AD"),
    _layout("36", EndSessionResponse, "end_session:flag transaction_date:date", "AO AA", "AF AG"),
)

#: How each message stands on the wire, by its code.
LAYOUTS: dict[str, Layout] = {layout.code: layout for layout in _ALL}
