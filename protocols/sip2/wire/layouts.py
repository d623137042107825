"""How each message of SIP2 stands on the wire, as tables; the codec is generated from them.

`LAYOUTS` gives the fixed fields of a message in their order, then its fields with ids, required
ones first (SIP2 2.12, chapter 3; CR CS CT CV CY DA PB PC are extensions).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

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
    RequestACSResend,
    RequestSCResend,
    SCStatus,
)


class Kind(Enum):
    """What the characters of a field stand for."""

    TEXT = "characters, as they are"
    FLAG = "Y or N: bool"
    BIT = "1 or 0: bool"
    COUNT = "digits, padded with zeros: int; blanks for unknown: None"
    DATE = "18 characters YYYYMMDDZZZZHHMMSS, as they are"
    LINES = "text in a field that may repeat: tuple of str"
    GROUPS = "fields that repeat together: tuple of tuples of (id, text)"
    EXTRA = "fields with ids that the message has not of its own: tuple of (id, text)"


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
    "AL": ("blocked_card_message", Kind.TEXT, 255),
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
    "BR": ("queue_position", Kind.TEXT, 255),
    "BS": ("pickup_location", Kind.TEXT, 255),
    "BT": ("fee_type", Kind.TEXT, 2),
    "BU": ("recall_items", Kind.LINES, 255),
    "BV": ("fee_amount", Kind.TEXT, 255),
    "BW": ("expiration_date", Kind.TEXT, 255),
    "BX": ("supported_messages", Kind.TEXT, 255),
    "BY": ("hold_type", Kind.TEXT, 1),
    "BZ": ("hold_items_limit", Kind.COUNT, 4),
    "CA": ("overdue_items_limit", Kind.COUNT, 4),
    "CB": ("charged_items_limit", Kind.COUNT, 4),
    "CC": ("fee_limit", Kind.TEXT, 255),
    "CD": ("unavailable_hold_items", Kind.LINES, 255),
    "CF": ("hold_queue_length", Kind.TEXT, 255),
    "CG": ("fee_identifier", Kind.TEXT, 255),
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
    "FA": ("fees", Kind.GROUPS, 255),
    "PB": ("birth_date", Kind.TEXT, 255),
    "PC": ("patron_class", Kind.TEXT, 255),
}

#: The fields of one fee in the list of summary position 6 (64): its number, amount, item, date,
#: title, type and the type in words, what is paid of it.
FEE_FIELDS = ("CG", "FA", "FB", "FC", "FD", "FE", "FF", "FG")

#: Fields that hold a secret: never in a log line, masked in a trace.
SECRET_FIELDS = ("AC", "AD", "CO")


#: Answers that libraries add fields of their own to; it stands last.
_EXTENDED = ("10", "18", "24", "64")
_EXTRA = (Variable("", "extra_fields", False, Kind.EXTRA),)


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
    variable = _variable(required, optional)
    return Layout(code, message, _fixed(fixed), variable + (_EXTRA if code in _EXTENDED else ()))


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
        "BZ CA CB BL CQ BH BV CC AS AT AU AV BU CD FA BD BE BF PB PC AF AG",
    ),
    _layout("01", BlockPatron, "card_retained:flag transaction_date:date", "AO AL AA AC"),
    _layout("25", PatronEnable, "transaction_date:date", "AO AA", "AC AD"),
    _layout(
        "26",
        PatronEnableResponse,
        "patron_status:text14 language:text3 transaction_date:date",
        "AO AA AE",
        "BL CQ AF AG",
    ),
    _layout("17", ItemInformation, "transaction_date:date", "AO AB", "AC"),
    _layout(
        "18",
        ItemInformationResponse,
        "circulation_status:text2 security_marker:text2 fee_type:text2 transaction_date:date",
        "AB AJ",
        "CF AH CJ CM BG BH BV CK AQ AP CH CS CT AF AG",
    ),
    _layout("19", ItemStatusUpdate, "transaction_date:date", "AO AB CH", "AC"),
    _layout(
        "20",
        ItemStatusUpdateResponse,
        "item_properties_ok:bit transaction_date:date",
        "AB",
        "AJ CH AF AG",
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
        "AJ CL AA CK CH CR CS CT CV CY DA CM AF AG",
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
    _layout(
        "15",
        Hold,
        "hold_mode:text1 transaction_date:date",
        "AO AA",
        "BW BS BY AD AB AJ AC BO",
    ),
    _layout(
        "16",
        HoldResponse,
        "ok:bit available:flag transaction_date:date",
        "AO AA",
        "BW BR BS AB AJ AF AG",
    ),
    _layout(
        "37",
        FeePaid,
        "transaction_date:date fee_type:text2 payment_type:text2 currency_type:text3",
        "BV AO AA",
        "AC AD CG BK",
    ),
    _layout(
        "38", FeePaidResponse, "payment_accepted:flag transaction_date:date", "AO AA", "BK AF AG"
    ),
    _layout("35", EndPatronSession, "transaction_date:date", "AO AA", "AC AD"),
    _layout("36", EndSessionResponse, "end_session:flag transaction_date:date", "AO AA", "AF AG"),
)

#: How each message stands on the wire, by its code.
LAYOUTS: dict[str, Layout] = {layout.code: layout for layout in _ALL}

#: What of a message a terminal of protocol 1.00 knows, by the codes of its fields.
_VERSION_1 = {
    "98": "AO AM AN AF AG",
    "24": "AO AA AE AF AG",
    "12": "AO AA AB AJ AH AF AG",
    "10": "AO AB AQ AJ AF AG",
}
#: How messages are written to a terminal of protocol 1.00.
LAYOUTS_1: dict[str, Layout] = LAYOUTS | {
    code: replace(
        LAYOUTS[code], variable=tuple(v for v in LAYOUTS[code].variable if v.code in known.split())
    )
    for code, known in _VERSION_1.items()
}
