"""How two answers to one request differ.

What the standard leaves free is no difference: padding, the order of lists, how a date is written,
the clocks of the two systems. Where only one of them has granted the request, that alone is told:
all other fields follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from circulation.languages.installed import tags
from protocols.proxy.differences.values import day_of, folded, listed
from protocols.proxy.journal.records import bytes_of
from protocols.sip2.codec import MalformedMessage, decode
from protocols.sip2.fields import LAYOUT_OF, Fixed, Kind, Variable
from protocols.sip2.wire.text import Dialect
from protocols.sip2.wording import Text, say


class Class(Enum):
    """What a difference is about, and so who settles it. The later, the worse."""

    EQUAL = "equal"
    WORDING = "wording"  # nobody: they are counted
    DATE = "date only"  # calendars and rules
    POLICY = "policy"  # rules, before the flip
    MISSING = "missing data"  # the next delivery of data
    UNREADABLE = "unreadable"  # a person
    STATE = "state"  # an alarm: none may be left at a flip


class Difference(NamedTuple):
    """One field in which the answers differ; `old` and `new` say how, and name nobody."""

    kind: Class
    field: str
    old: str
    new: str


#: What says that a request was granted.
_GRANTED: Final = ("ok", "payment_accepted", "item_properties_ok", "end_session")
#: What is no answer, but repeats the request or tells of the system itself.
_IGNORED: Final = frozenset(
    {
        *("transaction_date", "institution_id", "item_identifier", "language", "transaction_id"),
        *("date_time_sync", "protocol_version", "timeout_period", "retries_allowed"),
        *("library_name", "terminal_location", "supported_messages", "print_line"),
    }
)
_DATES: Final = frozenset({"due_date", "hold_pickup_date", "recall_date", "expiration_date"})
#: What is on loan, waits or is owed.
_STATE: Final = frozenset(
    {
        *("circulation_status", "charged_items", "charged_items_count", "renewal_ok"),
        *("hold_items", "hold_items_count", "unavailable_hold_items", "unavailable_holds_count"),
        *("recall_items", "recall_items_count", "fine_items_count", "hold_queue_length"),
        *("renewed_items", "unrenewed_items", "renewed_count", "unrenewed_count"),
    }
)
#: What is overdue depends on the hour at which loans are due.
_BY_DATE: Final = frozenset({"overdue_items", "overdue_items_count"})
_WORDS: Final = frozenset(
    {
        *("screen_message", "title_identifier", "personal_name", "call_number", "fine_items"),
        *("item_properties", "extra_fields", "fees", "home_address", "email_address", "owner"),
        *("home_phone_number", "birth_date", "patron_class", "media_type", "collection_code"),
        *("permanent_location", "current_location", "hold_patron_name", "magnetic_media"),
        *("patron_identifier", "hold_patron_identifier", "fee_type", "sort_bin", "currency_type"),
    }
)
_DATA: Final = frozenset({"valid_patron", "valid_patron_password"})
_CHARGED: Final = "04"
_PLAIN: Final = Dialect()
_NUMBER: Final = re.compile(r"[0-9]+([.,:-][0-9]+)*")
_LONGEST: Final = 80

_UNKNOWN: Final = (Text.PATRON_UNKNOWN, Text.ITEM_UNKNOWN, Text.PIN_WRONG, Text.CHARGE_UNKNOWN)
_ON_ONE_SIDE: Final = (
    *(Text.ON_LOAN_TO_ANOTHER, Text.ALREADY_ON_LOAN_TO_PATRON, Text.ITEM_NOT_ON_LOAN),
    *(Text.NOT_ON_LOAN_TO_PATRON, Text.NOTHING_OWED, Text.ON_HOLD_FOR_ANOTHER, Text.ITEM_LOST),
    Text.COPY_KEPT_FOR_HOLD,
    Text.OWED_ELSEWHERE,
)


@cache
def _said() -> dict[str, Class]:
    """What the new system's reasons tell of its data, in every language that it speaks."""
    told = {Class.MISSING: _UNKNOWN, Class.STATE: _ON_ONE_SIDE}
    return {
        say(text, tag): kind for kind, texts in told.items() for text in texts for tag in tags()
    }


def differences(request: str, old: str, new: str) -> tuple[Difference, ...]:
    """How the answers to the request differ; messages as they stand in the journal. None: not at
    all."""
    try:
        theirs: Any = decode(bytes_of(old), _PLAIN, [])
        ours: Any = decode(bytes_of(new), _PLAIN, [])
    except MalformedMessage:
        return () if old == new else (Difference(Class.UNREADABLE, "", old[:2], new[:2]),)
    if type(theirs) is not type(ours):
        return (Difference(Class.UNREADABLE, "", old[:2], new[:2]),)
    granted = _granting(theirs, ours)
    if granted is not None:
        return (granted,)
    layout = LAYOUT_OF[type(ours)]
    found = []
    fields: tuple[Fixed | Variable, ...] = (*layout.fixed, *layout.variable)
    for each in fields:
        if each.name not in _IGNORED and each.name not in _GRANTED:
            one, other = getattr(theirs, each.name), getattr(ours, each.name)
            found += _compared(type(ours).__name__, each.name, each.kind, one, other)
    return tuple(found)


def worst(found: tuple[Difference, ...]) -> Class:
    """The worst class of them; EQUAL where there is none."""
    order = list(Class)
    return max((each.kind for each in found), key=order.index, default=Class.EQUAL)


def _granting(theirs: Any, ours: Any) -> Difference | None:
    for name in _GRANTED:
        one, other = getattr(theirs, name, None), getattr(ours, name, None)
        if one == other:
            continue
        refuser = theirs if other else ours
        lines = refuser.screen_message or ("",)
        kind = Class.POLICY
        if refuser is ours:
            kind = next((found for line in lines if (found := _said().get(line))), Class.POLICY)
        words = _NUMBER.sub("#", lines[0])[:_LONGEST]
        return Difference(kind, name, "granted" if one else words, "granted" if other else words)
    return None


def _compared(message: str, name: str, kind: Kind, one: Any, other: Any) -> list[Difference]:
    """Those of one field, which is compared as the first of these says that it suits."""
    if name in _DATES:
        return _dates(name, one, other)
    if kind is Kind.LINES and name not in _WORDS:
        return _lists(name, listed(one), listed(other))
    if name == "patron_identifier" and message == "CheckinResponse":
        return _told(Class.STATE, name, bool(one), bool(other))
    if name in _AS:
        return _AS[name](message, name, one, other)
    if name in _WORDS:
        same = folded(one) == folded(other)
        return [] if same else _told(Class.WORDING, name, bool(one), bool(other), is_always=True)
    if name in _DATA:
        return _told(Class.MISSING, name, bool(one), bool(other))
    return _plainly(name, kind, one, other)


def _plainly(name: str, kind: Kind, one: Any, other: Any) -> list[Difference]:
    """Flags, numbers and codes."""
    if one == other or (one in (None, "") and other in (None, "")):
        return []
    if one is None or other is None:
        return _told(Class.WORDING, name, one is not None, other is not None)
    found = Class.STATE if name in _STATE else Class.POLICY
    if name in _BY_DATE:
        found = Class.DATE
    if kind is Kind.COUNT:
        return [Difference(found, name, "more" if one > other else "fewer", "")]
    return [Difference(found, name, _shown(one), _shown(other))]


def _privileges(message: str, name: str, one: str, other: str) -> list[Difference]:
    pairs = zip(one, other, strict=True)
    return [
        Difference(Class.POLICY, f"{name} {place}", left, right)
        for place, (left, right) in enumerate(pairs)
        if (left == "Y") != (right == "Y")
    ]


def _status(message: str, name: str, one: str, other: str) -> list[Difference]:
    """On loan in one system alone is a state; how else an item is called, each has its own way."""
    if one == other:
        return []
    is_charged = _CHARGED in (one, other)
    return [Difference(Class.STATE if is_charged else Class.POLICY, name, one, other)]


def _amount(message: str, name: str, one: str | None, other: str | None) -> list[Difference]:
    """What is owed is a state, what a loan costs a policy."""
    is_debt = message.startswith("Patron")
    return _amounts(Class.STATE if is_debt else Class.POLICY, name, one, other)


_AS: Final[dict[str, Callable[[str, str, Any, Any], list[Difference]]]] = {
    "patron_status": _privileges,
    "circulation_status": _status,
    "fee_amount": _amount,
}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    return _NUMBER.sub("#", str(value))[:_LONGEST]


def _told(
    kind: Class, name: str, one: bool, other: bool, *, is_always: bool = False
) -> list[Difference]:
    """That only one of them says something of the field, or says yes."""
    if one == other and not is_always:
        return []
    words = {True: "something", False: "nothing"}
    if one and other:
        return [Difference(kind, name, "", "")]
    return [Difference(kind, name, words[one], words[other])]


def _dates(name: str, one: str | None, other: str | None) -> list[Difference]:
    """Days count, not hours: loans due at the end of a day or at its beginning are alike."""
    if not one or not other:
        return _told(Class.DATE, name, bool(one), bool(other))
    first, second = day_of(one), day_of(other)
    if first is None or second is None:
        return [] if one.strip() == other.strip() else [Difference(Class.DATE, name, "?", "?")]
    days = (second - first).days
    return [Difference(Class.DATE, name, "", f"{days:+} days")] if days else []


def _amounts(kind: Class, name: str, one: str | None, other: str | None) -> list[Difference]:
    def amount(text: str | None) -> float | None:
        try:
            return float((text or "0").strip().replace(",", ".") or 0)
        except ValueError:
            return None

    first, second = amount(one), amount(other)
    if first == second:
        return []
    is_more = first is not None and second is not None and first > second
    return [Difference(kind, name, "more" if is_more else "less", "")]


def _lists(name: str, one: frozenset[str], other: frozenset[str]) -> list[Difference]:
    if one == other:
        return []
    kind = Class.DATE if name in _BY_DATE else Class.STATE
    return [
        Difference(
            kind, name, "has others" if one - other else "", "has others" if other - one else ""
        )
    ]
