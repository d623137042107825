"""Tariffs by days late: from which day on, how much.

A tariff is written as pairs, ``[[1, 2000], [8, 12000], [31, 23000]]``: 20.00 from the first day
late on, 120.00 from the eighth, 230.00 from the thirty-first. Nothing before its first day.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS


class Tier(NamedTuple):
    """From the day `day` late on (1 is the first), `amount` minor units."""

    day: int
    amount: int


Tiers = tuple[Tier, ...]

#: No tariff reaches further.
MOST_DAYS = 3_650


def read_tiers(written: object) -> Tiers | None:
    """The tariff of pairs of whole numbers, days and amounts both rising; None where it is none."""
    if not isinstance(written, Sequence) or not written:
        return None
    tiers = []
    for pair in written:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            return None
        day, amount = pair
        if type(day) is not int or type(amount) is not int:
            return None
        if not (1 <= day <= MOST_DAYS and 0 <= amount <= MAX_AMOUNT_MINOR_UNITS):
            return None
        tiers.append(Tier(day, amount))
    for earlier, later in pairwise(tiers):
        if later.day <= earlier.day or later.amount < earlier.amount:
            return None
    return tuple(tiers)


def tiers_text(tiers: Sequence[Sequence[int]]) -> str:
    """As a column holds it: ``1:2000,8:12000``."""
    return ",".join(f"{day}:{amount}" for day, amount in tiers)


def tiers_of_text(text: str) -> Tiers:
    """What `tiers_text` wrote."""
    pairs = (pair.split(":") for pair in text.split(","))
    return tuple(Tier(int(day), int(amount)) for day, amount in pairs)


def amount_on(tiers: Tiers, day: int) -> int:
    """What the tariff says for the day."""
    return max((tier.amount for tier in tiers if tier.day <= day), default=0)


def below(tiers: Tiers, ceilings: Tiers | None, day: int) -> int:
    """The same, but never above what the ceilings allow on the day; None allows anything."""
    amount = amount_on(tiers, day)
    return amount if ceilings is None else min(amount, amount_on(ceilings, day))


def exceeding(tiers: Tiers, ceilings: Tiers) -> Tier | None:
    """The first step of the tariff that is above its ceiling."""
    for day in sorted({tier.day for tier in (*tiers, *ceilings)}):
        if amount_on(tiers, day) > amount_on(ceilings, day):
            return Tier(day, amount_on(tiers, day))
    return None
