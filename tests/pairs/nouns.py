"""What a verb of the table is, and what the states of a scene are called together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import Any, Final, NamedTuple

from circulation.kernel.act import Act
from tests.pairs.scenes import ItemState, MoneyState, Scene


class Noun(Enum):
    """What a verb changes, or decides by. Verbs with a noun in common are a pair."""

    CHARGE = "charge"
    ITEM = "item"
    HOLD = "hold"
    PATRON = "patron"
    PROFILE = "details of a patron"
    BOOKING = "booking"


class Verb(NamedTuple):
    """A verb with its arguments for a scene.

    `do` is given the act, the scene, and 0 or 1 for the process that runs it. `suits` are the
    states of the item or the charge in which it finds something to do; empty for all.
    `functions` are those of the engine that it tries.
    """

    name: str
    nouns: frozenset[Noun]
    functions: tuple[Callable[..., Any], ...]
    do: Callable[[Act, Scene, int], Any]
    items: frozenset[ItemState] = frozenset()
    money: frozenset[MoneyState] = frozenset()


CHARGE, ITEM, HOLD, PATRON, PROFILE, BOOKING = Noun
ON_LOAN = frozenset(
    {ItemState.LENT, ItemState.OVERDUE, ItemState.ONWARD, ItemState.RECALLED, ItemState.JUST_LENT}
)
IN_HOUSE = frozenset({ItemState.FREE, ItemState.WANTED, ItemState.SHELVED, ItemState.JUST_RETURNED})
WITH_HOLD = frozenset({ItemState.WANTED, ItemState.SHELVED, ItemState.RECALLED})
BOOKED = frozenset({ItemState.BOOKED, ItemState.ASIDE})
IS_OWED = frozenset({MoneyState.OWED, MoneyState.PARTLY_PAID, MoneyState.WRITTEN_OFF})
IS_PAID = frozenset({MoneyState.PARTLY_PAID, MoneyState.OVERPAID})
WEEK: Final = timedelta(days=7)


def card_of(scene: Scene, side: int) -> str:
    """The patron of the process: they compete where both do the same."""
    return scene.waiting if side else scene.borrower


def patron_of(scene: Scene, side: int) -> int:
    return scene.waiting_id if side else scene.borrower_id
