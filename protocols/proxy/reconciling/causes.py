"""Why two systems differ, as far as the journal shows it, and what is done about it."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from protocols.proxy.dates import BLANK, wire_date
from protocols.proxy.reconciling.sides import Says, Side
from protocols.proxy.settings import System


class Cause(Enum):
    """The likely cause of a difference."""

    CLOCK = "the clock of a system is wrong"
    IGNORED = "Tiro took no notice of an act"
    REFUSED = "an act was refused"
    OWN_RULES = "the old system went by its own rules"
    RENEWED = "renewed in one system"
    ELSEWHERE = "done in one system, at no terminal of the proxy"
    NOT_DELIVERED = "not in the delivery"
    NOT_TOLD = "done at a terminal whose mode tells the other system nothing"
    BORROWERS = "lent to different patrons"
    HOLDS = "holds placed or ended in one system"
    CHARGED = "charged or paid in one system"
    BLOCKED = "blocked or freed in one system"


class Remedy(Enum):
    """What Tiro does about a difference."""

    CARRY = "the other system is told"
    END = "the loan is ended in the other system"
    DELIVERY = "the next delivery brings it"
    NOTHING = "nothing"


class Errand(Enum):
    """What a person must do about it."""

    NOTHING = "nothing"
    CLOCK = "set the clock"
    DUE_DATE = "set the due date in the old system"
    ITEM = "find the item, and check it in or out where it is wrong"
    PATRON = "look at the patron in both systems"
    DELIVER = "see that the next delivery has it"


class Verdict(NamedTuple):
    """Cause, remedy and errand of one difference."""

    cause: Cause
    remedy: Remedy
    errand: Errand


class Known(NamedTuple):
    """What the proxy knows of an item or a patron.

    `outcome` is that of the last act that a system was told; `is_clock_wrong`: a clock differs by
    more than a minute; `authority`: the system that decides, None where that is not clear;
    `is_told`: the mode of the terminal of its last act tells both systems; `borrower`: who is known
    to have it; `remedies`: how often it was tried; `is_returned`: the last act that the proxy saw
    was its return, so that it is lent again for no one; `is_ended`: the loan that only one system
    has is known to have ended in the other one, and is none that was made in one system alone.
    """

    outcome: str = ""
    is_clock_wrong: bool = False
    authority: System | None = None
    is_told: bool = True
    borrower: str = ""
    remedies: int = 0
    is_returned: bool = False
    is_ended: bool = True


#: How often Tiro tries by itself.
MAX_REMEDIES: Final = 2
_OF_OUTCOME: Final = {
    "ignored": Cause.IGNORED,
    "refused": Cause.REFUSED,
    "unknown": Cause.REFUSED,
    "differs": Cause.OWN_RULES,
}
_OF_PATRON: Final = {
    "patron": Cause.NOT_DELIVERED,
    "holds": Cause.HOLDS,
    "debt": Cause.CHARGED,
    "block": Cause.BLOCKED,
}


def judge(aspect: str, old: Side, new: Side, known: Known) -> Verdict:
    """Return why the sides differ, and what is done about it."""
    if aspect in _OF_PATRON:
        return _of_patron(aspect, known)
    if aspect == "loans":
        return Verdict(Cause.BORROWERS, Remedy.NOTHING, Errand.PATRON)
    cause = _cause_of_loan(old, new, known)
    remedy = _remedy_of_loan(old, new, known)
    return Verdict(cause, remedy, _errand(cause, remedy, old, new))


def _of_patron(aspect: str, known: Known) -> Verdict:
    cause = _OF_OUTCOME.get(known.outcome, _OF_PATRON[aspect])
    if known.authority == "new":
        return Verdict(cause, Remedy.NOTHING, Errand.PATRON)
    return Verdict(cause, Remedy.DELIVERY, Errand.DELIVER)


def _cause_of_loan(old: Side, new: Side, known: Known) -> Cause:
    if Says.UNKNOWN in (old.says, new.says):
        return Cause.NOT_DELIVERED
    if known.outcome == "ignored" and known.is_clock_wrong:
        return Cause.CLOCK
    if known.outcome in _OF_OUTCOME:
        return _OF_OUTCOME[known.outcome]
    if not known.is_told:
        return Cause.NOT_TOLD
    if old.says is new.says:
        return Cause.RENEWED
    return Cause.ELSEWHERE


def _remedy_of_loan(old: Side, new: Side, known: Known) -> Remedy:
    right = old if known.authority == "old" else new
    if Says.UNKNOWN in (old.says, new.says):
        return Remedy.DELIVERY if new.says is Says.UNKNOWN else Remedy.NOTHING
    if known.authority is None or not known.is_told or known.remedies >= MAX_REMEDIES:
        return Remedy.NOTHING if known.authority == "new" else Remedy.DELIVERY
    if right.says is Says.IN and known.is_ended:
        return Remedy.END
    if right.says is Says.IN:
        return Remedy.NOTHING if known.authority == "new" else Remedy.DELIVERY
    is_lent_again = known.is_returned and Says.IN in (old.says, new.says)
    if known.borrower and wire_date(right.value) != BLANK and not is_lent_again:
        is_stubborn = known.authority == "new" and known.outcome in ("differs", "refused")
        return Remedy.NOTHING if is_stubborn else Remedy.CARRY
    return Remedy.NOTHING if known.authority == "new" else Remedy.DELIVERY


def _errand(cause: Cause, remedy: Remedy, old: Side, new: Side) -> Errand:
    if cause is Cause.CLOCK:
        return Errand.CLOCK
    if remedy in (Remedy.CARRY, Remedy.END):
        return Errand.NOTHING
    if remedy is Remedy.DELIVERY:
        return Errand.DELIVER
    return Errand.DUE_DATE if old.says is new.says else Errand.ITEM
