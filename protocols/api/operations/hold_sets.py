"""Holds that are placed together: all or none, any one of them, or one after the other."""

from __future__ import annotations

from typing import Final

from circulation.holds.kinds import HoldKind
from circulation.holds.placing import place_holds
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import must_have_here, number_of, override_of
from protocols.api.gate import patron_shown
from protocols.api.models.answers import fees_shown
from protocols.api.models.holds import HoldSetPlaced, NewHoldSet, NotPlaced, RecalledFor
from protocols.api.operation import Operation, Request, post
from protocols.api.operations.desk import identifier_of
from protocols.api.operations.holds import RULES, hold_shown
from protocols.api.paging import LARGEST_OF_FEW
from protocols.api.problems import Problem, reasons_of, refused
from protocols.hosting.answering import Context, Lane


def place_hold_set(
    request: Request[NewHoldSet, None], principal: Principal, context: Context
) -> HoldSetPlaced | Problem:
    """Places several holds for a patron, all or none."""
    must_have_here(principal, Right.LEND)
    wish = request.body
    if wish.priority:
        must_have_here(principal, Right.REORDER_HOLDS)
    wanted = [
        Wanted(
            None
            if each.title is None
            else number_of(each.title, f"wanted.{number}.title", LARGEST_OF_FEW),
            each.item,
            each.part,
        )
        for number, each in enumerate(wish.wanted)
    ]
    answer = place_holds(
        context.act(principal.desk),
        HoldWish(
            identifier_of(wish, request, principal, context),
            wanted,
            HoldKind(wish.kind),
            pickup_branch=wish.pickup_branch,
            activates=wish.activates,
            interest_until=wish.interest_until,
            priority=wish.priority,
            fee_acknowledged=wish.accept_fee or False,
            overriding=override_of(wish.override, principal),
        ),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.patron.id
    return HoldSetPlaced(
        tuple(hold_shown(each, principal) for each in answer.holds),
        patron_shown(answer.patron, context),
        tuple(
            NotPlaced(
                None if each.record_id is None else str(each.record_id),
                each.item,
                each.part,
                reasons_of(refusals, principal, request.language),
            )
            for each, refusals in answer.refused
        ),
        tuple(RecalledFor(each.item, each.due, each.previous_due) for each in answer.recalled),
        fees_shown(answer.charged),
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/holds/sets",
        "Place several holds together",
        place_hold_set,
        HoldSetPlaced,
        body=NewHoldSet,
        tag="holds",
        right=Right.LEND,
        lane=Lane.WRITE,
        status=201,
        outcomes=RULES,
    ),
)
