"""The fields of SIP2, each declared once; the message modules are made of them.

    @f.message("37")
    class FeePaid:
        transaction_date: f.Date
        fee_type: f.Text2
        patron_identifier: f.AA
        transaction_id: f.BK | None = None

Fields at fixed places come first, in the order of the wire, then those with ids, required ones
before optional ones (SIP2 2.12, chapter 3; CR CS CT CV CY DA PB PC are extensions, QI, QJ and QL
Tiro's own).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args

from protocols.wire.declarations import DeclarationError, declared

T = TypeVar("T")

#: Fields that stand together, by their ids: ``(("FA", "2.50"), ("FB", "I1"))``.
Fields = tuple[tuple[str, str], ...]


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

    length: int
    kind: Kind = Kind.TEXT
    name: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A field with an id, ended by the delimiter, in any place after the fixed fields."""

    code: str
    name: str
    kind: Kind = Kind.TEXT
    length: int = 255
    #: Never in a log line, masked in a trace.
    is_secret: bool = False
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How a message stands on the wire. A terminal of protocol 1.00 knows `version_1` of it."""

    code: str
    message: type
    fixed: tuple[Fixed, ...]
    variable: tuple[Variable, ...]
    version_1: tuple[Variable, ...]

    @property
    def fixed_length(self) -> int:
        """Characters before the first field with an id, the two of the code included."""
        return 2 + sum(each.length for each in self.fixed)


# Fields at fixed places

Flag = Annotated[bool, Fixed(1, Kind.FLAG)]
Bit = Annotated[bool, Fixed(1, Kind.BIT)]
Date = Annotated[str, Fixed(18, Kind.DATE)]
Count3 = Annotated[int | None, Fixed(3, Kind.COUNT)]
Count4 = Annotated[int | None, Fixed(4, Kind.COUNT)]
Text1 = Annotated[str, Fixed(1)]
Text2 = Annotated[str, Fixed(2)]
Text3 = Annotated[str, Fixed(3)]
Text4 = Annotated[str, Fixed(4)]
Text10 = Annotated[str, Fixed(10)]
Text14 = Annotated[str, Fixed(14)]

# Fields with ids

AA = Annotated[str, Variable("AA", "patron_identifier")]
AB = Annotated[str, Variable("AB", "item_identifier")]
AC = Annotated[str, Variable("AC", "terminal_password", is_secret=True)]
AD = Annotated[str, Variable("AD", "patron_password", is_secret=True)]
AE = Annotated[str, Variable("AE", "personal_name")]
AF = Annotated[tuple[str, ...], Variable("AF", "screen_message", Kind.LINES)]
AG = Annotated[tuple[str, ...], Variable("AG", "print_line", Kind.LINES)]
AH = Annotated[str, Variable("AH", "due_date")]
AJ = Annotated[str, Variable("AJ", "title_identifier")]
AL = Annotated[str, Variable("AL", "blocked_card_message")]
AM = Annotated[str, Variable("AM", "library_name")]
AN = Annotated[str, Variable("AN", "terminal_location")]
AO = Annotated[str, Variable("AO", "institution_id")]
AP = Annotated[str, Variable("AP", "current_location")]
AQ = Annotated[str, Variable("AQ", "permanent_location")]
AS = Annotated[tuple[str, ...], Variable("AS", "hold_items", Kind.LINES)]
AT = Annotated[tuple[str, ...], Variable("AT", "overdue_items", Kind.LINES)]
AU = Annotated[tuple[str, ...], Variable("AU", "charged_items", Kind.LINES)]
AV = Annotated[tuple[str, ...], Variable("AV", "fine_items", Kind.LINES)]
BD = Annotated[str, Variable("BD", "home_address")]
BE = Annotated[str, Variable("BE", "email_address")]
BF = Annotated[str, Variable("BF", "home_phone_number")]
BG = Annotated[str, Variable("BG", "owner")]
BH = Annotated[str, Variable("BH", "currency_type", length=3)]
BI = Annotated[bool, Variable("BI", "cancel", Kind.FLAG, 1)]
BK = Annotated[str, Variable("BK", "transaction_id")]
BL = Annotated[bool, Variable("BL", "valid_patron", Kind.FLAG, 1)]
BM = Annotated[tuple[str, ...], Variable("BM", "renewed_items", Kind.LINES)]
BN = Annotated[tuple[str, ...], Variable("BN", "unrenewed_items", Kind.LINES)]
BO = Annotated[bool, Variable("BO", "fee_acknowledged", Kind.FLAG, 1)]
BP = Annotated[str, Variable("BP", "start_item")]
BQ = Annotated[str, Variable("BQ", "end_item")]
BR = Annotated[str, Variable("BR", "queue_position")]
BS = Annotated[str, Variable("BS", "pickup_location")]
BT = Annotated[str, Variable("BT", "fee_type", length=2)]
BU = Annotated[tuple[str, ...], Variable("BU", "recall_items", Kind.LINES)]
BV = Annotated[str, Variable("BV", "fee_amount")]
BW = Annotated[str, Variable("BW", "expiration_date")]
BX = Annotated[str, Variable("BX", "supported_messages")]
BY = Annotated[str, Variable("BY", "hold_type", length=1)]
BZ = Annotated[int, Variable("BZ", "hold_items_limit", Kind.COUNT, 4)]
CA = Annotated[int, Variable("CA", "overdue_items_limit", Kind.COUNT, 4)]
CB = Annotated[int, Variable("CB", "charged_items_limit", Kind.COUNT, 4)]
CC = Annotated[str, Variable("CC", "fee_limit")]
CD = Annotated[tuple[str, ...], Variable("CD", "unavailable_hold_items", Kind.LINES)]
CF = Annotated[str, Variable("CF", "hold_queue_length")]
CG = Annotated[str, Variable("CG", "fee_identifier")]
CH = Annotated[str, Variable("CH", "item_properties")]
CI = Annotated[bool, Variable("CI", "security_inhibit", Kind.FLAG, 1)]
CJ = Annotated[str, Variable("CJ", "recall_date", Kind.DATE, 18)]
CK = Annotated[str, Variable("CK", "media_type", length=3)]
CL = Annotated[str, Variable("CL", "sort_bin")]
CM = Annotated[str, Variable("CM", "hold_pickup_date", Kind.DATE, 18)]
CN = Annotated[str, Variable("CN", "login_user_id")]
CO = Annotated[str, Variable("CO", "login_password", is_secret=True)]
CP = Annotated[str, Variable("CP", "location_code")]
CQ = Annotated[bool, Variable("CQ", "valid_patron_password", Kind.FLAG, 1)]
CR = Annotated[str, Variable("CR", "collection_code")]
CS = Annotated[str, Variable("CS", "call_number")]
CT = Annotated[str, Variable("CT", "destination_location")]
CV = Annotated[str, Variable("CV", "alert_type", length=2)]
CY = Annotated[str, Variable("CY", "hold_patron_identifier")]
DA = Annotated[str, Variable("DA", "hold_patron_name")]
FA = Annotated[tuple[Fields, ...], Variable("FA", "fees", Kind.GROUPS)]
PB = Annotated[str, Variable("PB", "birth_date")]
PC = Annotated[str, Variable("PC", "patron_class")]
# Tiro's own, for a proxy that keeps a journal
QB = Annotated[str, Variable("QB", "lending_branch")]
QC = Annotated[bool, Variable("QC", "compares", Kind.FLAG, 1)]
QE = Annotated[str, Variable("QE", "ended_due_date", Kind.DATE, 18)]
QI = Annotated[bool, Variable("QI", "ignored", Kind.FLAG, 1)]
QJ = Annotated[str, Variable("QJ", "journal_id", length=64)]
QL = Annotated[bool, Variable("QL", "learn_pin", Kind.FLAG, 1)]
QN = Annotated[str, Variable("QN", "cards_after")]
QP = Annotated[tuple[str, ...], Variable("QP", "cards", Kind.LINES)]
#: Fields that libraries add to an answer; they come last.
Extra = Annotated[Fields, Variable("", "extra_fields", Kind.EXTRA)]

#: Every field id used here.
FIELDS: dict[str, Variable] = {
    mark.code: mark
    for alias in list(globals().values())
    for mark in get_args(alias)[1:]
    if isinstance(mark, Variable) and mark.code
}

#: The fields of one fee in the list of summary position 6 (64): its number, amount, item, date,
#: title, type, type in words, and what has been paid.
FEE_FIELDS = ("CG", "FA", "FB", "FC", "FD", "FE", "FF", "FG")

#: Fields that hold a secret: never in a log line, masked in a trace.
SECRET_FIELDS = tuple(code for code, mark in FIELDS.items() if mark.is_secret)

#: How each message stands on the wire.
LAYOUT_OF: dict[type, Layout] = {}


@dataclass_transform(field_specifiers=(field,))
def message(code: str, version_1: str = "") -> Callable[[type[T]], type[T]]:
    """A dataclass that is a message of SIP2. Raises DeclarationError.

    `version_1` has the ids of the fields that a terminal of protocol 1.00 gets, if not all.
    """

    def declare(cls: type[T]) -> type[T]:
        # Without a docstring, dataclass makes one from the signature, which is slower than the
        # rest.
        cls.__doc__ = cls.__doc__ or cls.__name__
        made = dataclass(slots=True)(cls)
        LAYOUT_OF[made] = _layout(code, made, version_1.split())
        return made

    return declare


def _layout(code: str, declaring: type[Any], known_to_1: list[str]) -> Layout:
    fixed: list[Fixed] = []
    variable: list[Variable] = []
    for each in declared(declaring):
        place, mark = each.mark(Fixed), each.mark(Variable)
        if place is not None:
            if variable:
                raise each.wrong("a fixed field after one with an id")
            fixed.append(replace(place, name=each.name))
        elif mark is None:
            raise each.wrong("no field of SIP2")
        else:
            if mark.name != each.name:
                raise each.wrong(f"{mark.code} is {mark.name}")
            if mark.is_secret and each.field.repr:
                raise each.wrong("a secret in the repr")
            is_required = not each.is_optional and mark.kind not in _REPEATED
            if is_required and variable and not variable[-1].is_required:
                raise each.wrong("a required field after one that may be left out")
            variable.append(replace(mark, is_required=is_required))
    if not set(known_to_1) <= {mark.code for mark in variable}:
        raise DeclarationError(declaring, "", "version 1 knows a field that is none of it")
    version_1 = [mark for mark in variable if not known_to_1 or mark.code in known_to_1]
    return Layout(code, declaring, tuple(fixed), tuple(variable), tuple(version_1))


#: Kinds of fields that may stand in a message many times, or not at all.
_REPEATED = (Kind.LINES, Kind.GROUPS, Kind.EXTRA)
