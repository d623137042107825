"""What each system says of an item (18) or a patron (64), and where the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, NamedTuple

from protocols.proxy.dates import shown_day
from protocols.proxy.journal.records import text_of
from protocols.proxy.kinds import all_fields, text_field
from protocols.proxy.settings import DialectSettings

#: The summary (63) that asks for items on loan.
CHARGED_SUMMARY: Final = "  Y       "
_CHARGED: Final = b"04"
_PLAIN: Final = DialectSettings()
#: On loan, in other words: recalled, overdue, claimed returned, lost.
_MAY_BE_CHARGED: Final = frozenset({b"04", b"05", b"07", b"11", b"12"})
#: Not on loan: other, on order, available, in process, on the hold shelf, to be shelved,
#: in transit, missing.
_IS_IN: Final = frozenset({b"01", b"02", b"03", b"06", b"08", b"09", b"10", b"13"})
#: What denies a patron something besides a block: too many loans, overdue items, debts.
_OTHER_DENIALS: Final = (5, 6, 7, 8, 9, 10, 11, 12, 13)


class Says(Enum):
    """What a system says of one aspect of an item or a patron."""

    ON_LOAN = "on loan until"
    IN = "not on loan"
    UNKNOWN = "not known"
    HOLDS = "holds"
    OWES = "owes"
    BLOCKED = "blocked"
    FREE = "not blocked"
    KNOWN = "known"
    HAS = "has on loan"


class Side(NamedTuple):
    """What one system says: `value` is a date, a number or an amount."""

    says: Says
    value: str = ""

    @property
    def listed(self) -> list[str]:
        """As the journal has it."""
        return [self.says.name, self.value]

    @classmethod
    def of(cls, listed: list[str]) -> Side:
        return cls(Says[listed[0]], listed[1])


#: Aspects that differ: what the old system says of each, and the new one.
Unequal = dict[str, tuple[Side, Side]]


def item_side(answer: bytes) -> Side | None:
    """What an 18 says of the loan; None where it says nothing that can be compared: half an answer,
    or a status that the standard does not have, is no return."""
    if answer[:2] != b"18" or not text_field(answer, "AB"):
        return None
    status, due = answer[2:4], text_field(answer, "AH")
    if status in _MAY_BE_CHARGED:
        if status != _CHARGED and not due:
            return None  # lost or claimed returned, with or without a loan
        return Side(Says.ON_LOAN, shown_day(due))
    if status == b"01" and not text_field(answer, "AJ"):
        return Side(Says.UNKNOWN)
    return Side(Says.IN) if status in _IS_IN else None


def branch_in(answer: bytes) -> str:
    """Where the item is, or belongs, as an 18 of the new system says; empty where it does not."""
    return text_field(answer, "AQ") or text_field(answer, "AP")


def lent_at_in(answer: bytes) -> str:
    """The branch that has lent the item, as an 18 of the new system says."""
    return text_field(answer, "QB")


def ended_due_in(answer: bytes) -> str:
    """The day on which the last loan that ended was due, as an 18 of the new system says."""
    due = text_field(answer, "QE")
    return shown_day(due) if due else ""


def compare_items(old: bytes, new: bytes) -> Unequal | None:
    """Compare two answers (18) about an item; None where one of them says nothing of a loan."""
    theirs, ours = item_side(old), item_side(new)
    if theirs is None or ours is None:
        return None
    return {} if _agree(theirs, ours) else {"loan": (theirs, ours)}


def _agree(theirs: Side, ours: Side) -> bool:
    if Says.UNKNOWN in (theirs.says, ours.says):
        # What only one of them knows is of no account while nobody has it.
        return Says.ON_LOAN not in (theirs.says, ours.says)
    if theirs.says is Says.ON_LOAN and ours.says is Says.ON_LOAN:
        return theirs.value == ours.value or not theirs.value
    return theirs.says is ours.says


def compare_patrons(old: bytes, new: bytes, dialect: DialectSettings) -> Unequal | None:
    """Compare two answers (64) about a patron, but for what they have on loan; None where one of
    them is no such answer."""
    if old[:2] != b"64" or new[:2] != b"64":
        return None
    is_known = text_field(old, "BL") != "N", text_field(new, "BL") != "N"
    if is_known[0] != is_known[1]:
        sides = [Side(Says.KNOWN if each else Says.UNKNOWN) for each in is_known]
        return {"patron": (sides[0], sides[1])}
    if not is_known[0]:
        return {}
    found: Unequal = {}
    if _is_blocked(old) != _is_blocked(new) and not _is_denied_otherwise(old, new):
        blocked = [Side(Says.BLOCKED if _is_blocked(each) else Says.FREE) for each in (old, new)]
        found["block"] = blocked[0], blocked[1]
    holds = _holds(old, dialect), _holds(new, _PLAIN)
    if holds[0] is not None and holds[1] is not None and holds[0] != holds[1]:
        found["holds"] = Side(Says.HOLDS, str(holds[0])), Side(Says.HOLDS, str(holds[1]))
    if "64.BV" not in dialect.leaves_out:
        owed = _amount(old), _amount(new)
        if owed[0] is not None and owed[1] is not None and owed[0] != owed[1]:
            found["debt"] = Side(Says.OWES, f"{owed[0]:.2f}"), Side(Says.OWES, f"{owed[1]:.2f}")
    return found


def _is_blocked(answer: bytes) -> bool:
    return answer[2:3] == b"Y"


def _is_denied_otherwise(*answers: bytes) -> bool:
    return any(each[2 + place : 3 + place] == b"Y" for each in answers for place in _OTHER_DENIALS)


def _count(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


def _holds(answer: bytes, dialect: DialectSettings) -> int | None:
    ready, waiting = _count(answer[37:41]), _count(answer[57:61])
    if ready is None or dialect.hold_counts == "one":
        return ready
    return ready + (waiting or 0)


def _amount(answer: bytes) -> Decimal | None:
    try:
        return Decimal(text_field(answer, "BV").replace(",", ".") or "0")
    except InvalidOperation:
        return None


def loans_in(answer: bytes) -> frozenset[str] | None:
    """The items that a patron has on loan; None where the list is not complete."""
    if answer[:2] != b"64":
        return None
    listed = {text_of(each).partition("%")[0].strip() for each in all_fields(answer, b"AU")}
    listed.discard("")
    count = _count(answer[45:49])
    return None if count is not None and count != len(listed) else frozenset(listed)


def listed_sides(found: Unequal) -> dict[str, list[list[str]]]:
    """As the journal has it."""
    return {aspect: [side.listed for side in sides] for aspect, sides in found.items()}


def sides_listed(listed: Mapping[str, list[list[str]]]) -> Unequal:
    """Read what the journal has."""
    return {aspect: (Side.of(old), Side.of(new)) for aspect, (old, new) in listed.items()}


def is_left_out(name: str, counts: Mapping[str, int], least: int) -> bool:
    """Return whether a field such as ``64.BV`` was in none of at least so many answers."""
    return counts.get(name.partition(".")[0], 0) >= least and not counts.get(name)
