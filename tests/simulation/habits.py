"""What people do: how much they borrow, when they bring it back, whether they pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from random import Random

#: Of a hundred loans: renewed, late by days, late by weeks, after the bill, never.
_RENEWS, _LATE, _VERY_LATE, _BILLED, _NEVER = 14, 9, 2, 1, 0.4
#: Of ten thousand loans.
_CLAIMS, _LOSES, _SUSPENDS = 15, 10, 20
#: One patron in so many never pays.
_NEVER_PAYS = 6


class Deed(Enum):
    RETURN = "return"
    RENEW = "renew"
    CLAIM = "claim returned"
    FOUND_CLAIM = "claim withdrawn"
    LOSE = "lose"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class Intention:
    """What somebody will do with what they have borrowed."""

    day: date
    act: Deed


def stack_size(random: Random) -> int:
    return random.choice((1, 1, 2, 2, 3, 3, 4, 5, 8))


def intention(random: Random, due: date, today: date) -> Intention | None:
    """What becomes of a loan due on that day; None: nothing ever."""
    drawn = random.random() * 100
    rare = random.random() * 10_000
    if rare < _CLAIMS:
        return Intention(due + timedelta(random.randint(2, 40)), Deed.CLAIM)
    if rare < _CLAIMS + _LOSES:
        return Intention(due + timedelta(random.randint(-10, 20)), Deed.LOSE)
    if rare < _CLAIMS + _LOSES + _SUSPENDS:
        return Intention(due + timedelta(random.randint(-5, 5)), Deed.SUSPEND)
    for share, act, first, last in (
        (_RENEWS, Deed.RENEW, -6, 3),
        (_LATE, Deed.RETURN, 1, 13),
        (_VERY_LATE, Deed.RETURN, 14, 30),
        (_BILLED, Deed.RETURN, 31, 70),
    ):
        if drawn < share:
            return Intention(due + timedelta(random.randint(first, last)), act)
        drawn -= share
    if drawn < _NEVER:
        return None
    early = random.randint(0, max((due - today).days - 1, 0))
    return Intention(due - timedelta(early), Deed.RETURN)


def pays_today(random: Random, patron_id: int, is_blocked: bool) -> bool:
    """Does somebody who owes something pay it on an open day?"""
    if patron_id % _NEVER_PAYS == 0:
        return False
    return random.random() < (0.2 if is_blocked else 0.06)
