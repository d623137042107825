"""Jobs, each for the rows of a scene only, and closures of a branch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from circulation.booking.closing import close_bookings_over
from circulation.booking.placements import move_placements
from circulation.calendars.rows import closure_rows
from circulation.closures.closing import close_branch, lift_closure
from circulation.fees.debts import block_warned
from circulation.holds.expiry import expire_holds
from circulation.holds.purge import purge_holds
from circulation.holds.recalls import recall_for_holds_that_begin
from circulation.interlending.lists import clear_up, tell_overdue
from circulation.interlending.silence import chase, remind
from circulation.jobs.table import JOBS
from circulation.kernel.act import Act
from circulation.kernel.jobs import Doing
from circulation.loans.auto_renewals import renew_automatically
from circulation.notices.unfillable import tell_of_unfillable
from circulation.patrons.blocks import end_blocks
from tests.pairs.nouns import (
    BOOKED,
    BOOKING,
    CHARGE,
    CLAIM,
    CLOSURE,
    DEPOSIT,
    HOLD,
    ITEM,
    MESSAGE,
    NOT_SENT_YET,
    ON_LOAN,
    PATRON,
    PROFILE,
    WISH,
    WITH_HOLD,
    Noun,
    Verb,
    shown,
)
from tests.pairs.scenes import Scene
from tests.pairs.states import ItemState, MoneyState

_OPEN_CHARGES: Final = frozenset(MoneyState) - {MoneyState.OVERPAID}


def _job(
    name: str,
    nouns: set[Noun],
    functions: tuple[Any, ...],
    items: frozenset[ItemState] = frozenset(),
    days: int = 0,
    money: frozenset[MoneyState] = frozenset(),
) -> Verb:
    """Return the verb that runs a job, so many days after the other verb is done."""

    def do(act: Act, scene: Scene, side: int) -> Any:
        now = act.now + timedelta(days)
        with shown(act, scene):
            return JOBS[name].step(Doing(act.circulation, act.transaction, now.date(), now, 0))

    return Verb(f"job_{name}", frozenset(nouns), functions, do, items, money)


def _close(act: Act, scene: Scene, side: int) -> Any:
    """Close the branch for longer than in every scene before."""
    days = 40 + len(closure_rows(act.transaction))
    first = act.now.date() + timedelta(1)
    with shown(act, scene):
        return close_branch(
            act,
            branch="DK-900101",
            first=first,
            last=first + timedelta(days),
            reason=f"scene {scene.number:06}",
        )


def _lift(act: Act, scene: Scene, side: int) -> Any:
    its = f"scene {scene.number:06}"
    asked = "SELECT first, last FROM closures WHERE reason = %s"
    found = act.transaction.execute(asked, (its,)).fetchone()
    if found is None:
        raise ValueError("the branch is not closed")
    return lift_closure(act, branch="DK-900101", first=found[0], last=found[1])


VERBS: Final = (
    _job("renewals", {ITEM, HOLD, CHARGE}, (renew_automatically,), ON_LOAN, 17),
    _job("blocks", {PATRON}, (end_blocks,), days=30),
    _job("holds", {HOLD, ITEM}, (expire_holds,), WITH_HOLD, 400),
    _job("recalls", {HOLD, ITEM}, (recall_for_holds_that_begin,), WITH_HOLD),
    _job("dunning", {ITEM, CHARGE, MESSAGE}, (), ON_LOAN, 30),
    _job("reminders", {CHARGE, CLAIM, MESSAGE}, (), days=60, money=_OPEN_CHARGES),
    _job("warnings", {CHARGE, MESSAGE}, (), money=_OPEN_CHARGES),
    _job("collection", {CHARGE, CLAIM}, ()),
    _job("debts", {CHARGE, PATRON, PROFILE}, (block_warned,), days=30, money=_OPEN_CHARGES),
    _job("bookings", {BOOKING, ITEM}, (close_bookings_over,), BOOKED, 60),
    _job("placements", {DEPOSIT, ITEM}, (move_placements,), frozenset({ItemState.PLACED}), 30),
    _job("unfillable-holds", {HOLD, MESSAGE}, (tell_of_unfillable,), WITH_HOLD),
    _job("closed-holds", {HOLD}, (purge_holds,), WITH_HOLD, 800),
    _job("history", {ITEM}, (), days=800),
    _job("wishes", {WISH}, (chase,), NOT_SENT_YET, 60),
    _job("owners", {WISH}, (remind,), frozenset({ItemState.BORROWED}), 60),
    _job("partners", {WISH}, (tell_overdue,), frozenset({ItemState.LENT_OUT}), 60),
    _job("interlibrary", {WISH, CHARGE}, (clear_up,), frozenset({ItemState.TO_GO_HOME})),
    Verb(
        "close_branch",
        frozenset({ITEM, HOLD, CLOSURE}),
        (close_branch,),
        _close,
        ON_LOAN | WITH_HOLD,
    ),
    Verb("lift_closure", frozenset({CLOSURE}), (lift_closure,), _lift),
)
