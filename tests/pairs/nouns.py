"""What a verb of the table is, and what the states of a scene are called together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from typing import Any, Final, NamedTuple

from circulation.kernel.act import Act
from tests.pairs.confining import confined
from tests.pairs.scenes import Scene
from tests.pairs.states import ItemState, MoneyState, TellingState


class Noun(Enum):
    """What a verb changes, or decides by. Verbs with a noun in common are a pair."""

    CHARGE = "charge"
    ITEM = "item"
    HOLD = "hold"
    PATRON = "patron"
    PROFILE = "details of a patron"
    BOOKING = "booking"
    DEPOSIT = "deposit"
    TITLE = "title"
    CLAIM = "debt handed over"
    MESSAGE = "message"
    WISH = "interlibrary loan"
    CLOSURE = "closure"


class Verb(NamedTuple):
    """A verb with its arguments for a scene.

    `do` is given the act, the scene, and 0 or 1 for the process that runs it. `suits` are the
    states of the item, the charge or the message in which it finds something to do; empty for all.
    `functions` are those of the engine that it tries.
    """

    name: str
    nouns: frozenset[Noun]
    functions: tuple[Callable[..., Any], ...]
    do: Callable[[Act, Scene, int], Any]
    items: frozenset[ItemState] = frozenset()
    money: frozenset[MoneyState] = frozenset()
    telling: frozenset[TellingState] = frozenset()


CHARGE, ITEM, HOLD, PATRON, PROFILE, BOOKING, DEPOSIT, TITLE, CLAIM, MESSAGE, WISH, CLOSURE = Noun
ON_LOAN = frozenset(
    {
        ItemState.LENT,
        ItemState.OVERDUE,
        ItemState.ONWARD,
        ItemState.RECALLED,
        ItemState.JUST_LENT,
        ItemState.BORROWED,
        ItemState.LENT_OUT,
    }
)
IN_HOUSE = frozenset(
    {
        ItemState.FREE,
        ItemState.WANTED,
        ItemState.SHELVED,
        ItemState.JUST_RETURNED,
        ItemState.PLACED,
        ItemState.TWINNED,
        ItemState.ARRIVED,
        ItemState.DEMANDED,
    }
)
WITH_HOLD = frozenset(
    {
        ItemState.WANTED,
        ItemState.SHELVED,
        ItemState.RECALLED,
        ItemState.TWINNED,
        ItemState.DEMANDED,
    }
)
BOOKED = frozenset({ItemState.BOOKED, ItemState.ASIDE})
IS_OWED = frozenset(
    {
        MoneyState.OWED,
        MoneyState.PARTLY_PAID,
        MoneyState.WRITTEN_OFF,
        MoneyState.HANDED_OVER,
        MoneyState.FILED,
    }
)
IS_PAID = frozenset({MoneyState.PARTLY_PAID, MoneyState.OVERPAID})
IS_CLAIMED = frozenset({MoneyState.HANDED_OVER, MoneyState.FILED})
NOT_SENT_YET = frozenset({ItemState.ASKED, ItemState.OFFERED, ItemState.SHIPPED})
HERE = frozenset({ItemState.ARRIVED, ItemState.BORROWED, ItemState.TO_GO_HOME})
WITH_PARTNER = NOT_SENT_YET | HERE | {ItemState.DEMANDED, ItemState.LENT_OUT}
WEEK: Final = timedelta(days=7)


def card_of(scene: Scene, side: int) -> str:
    """The patron of the process: they compete where both do the same."""
    return scene.waiting if side else scene.borrower


def patron_of(scene: Scene, side: int) -> int:
    return scene.waiting_id if side else scene.borrower_id


@contextmanager
def shown(act: Act, scene: Scene) -> Iterator[None]:
    """Show the act only what belongs to the scene: it walks over every row that there is."""
    with confined(
        act.transaction,
        [scene.borrower_id, scene.waiting_id, scene.other_id],
        [scene.item_id, scene.copy_id],
        case=scene.case_id,
        partners_loan=scene.partners_loan_id,
        placement=scene.placement_id,
    ):
        yield
