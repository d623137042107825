"""Holds: placed, changed, cancelled; the queue of a title."""

from __future__ import annotations

from typing import Any, Final

from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.judging import judge_hold
from circulation.holds.lists import HoldPage, find_hold, patron_holds
from circulation.holds.placing import place_holds
from circulation.holds.reordering import Move, move_hold
from circulation.holds.results import HoldChanged, HoldState, Wanted
from circulation.holds.results import QueuedHold as KnownHold
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.holds.work_lists import record_queue
from circulation.kernel.paging import START, Place
from circulation.kernel.results import Refused
from circulation.kernel.rights import Kind, Principal, Right
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, note_look, number_of, override_of
from protocols.api.gate import Names, Spot, admit, patron_named, patron_shown
from protocols.api.messages import Reply
from protocols.api.models.answers import branch_shown, fees_shown
from protocols.api.models.holds import (
    Hold,
    HoldChanges,
    HoldDetails,
    HoldEnd,
    HoldNext,
    HoldPaging,
    HoldPlaced,
    HoldProspect,
    MoveWish,
    NewHold,
    PatronHolds,
    Queue,
    QueuedHold,
    WhatIsWanted,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.desk import identifier_of
from protocols.api.operations.screen import known_by, the_patron
from protocols.api.paging import LARGEST, LARGEST_OF_FEW, page_of, place_in
from protocols.api.problems import Outcome, Problem, reasons_of, refused
from protocols.hosting.answering import Context, Lane

_HOLD: Final = "/holds/{hold}"


def place_hold(
    request: Request[NewHold, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Places a hold for a patron. One that costs something needs `accept_fee`."""
    must_have_here(principal, Right.LEND)
    identifier = identifier_of(request.body, request, principal, context)
    return hold_placed(identifier, request, principal, context)


def hold_placed(
    identifier: str,
    request: Request[HoldDetails, None] | Request[NewHold, None],
    principal: Principal,
    context: Context,
) -> Reply | Problem:
    """A hold for the patron with that identifier."""
    wish = request.body
    named = wish.override if isinstance(wish, NewHold) else None
    answer = place_holds(
        context.act(principal.desk),
        HoldWish(
            identifier,
            [_wanted(wish)],
            pickup_branch=wish.pickup_branch,
            activates=wish.activates,
            interest_until=wish.interest_until,
            fee_acknowledged=wish.accept_fee or False,
            overriding=override_of(named, principal),
        ),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.patron.id
    placed = HoldPlaced(
        hold_shown(answer.holds[0], principal),
        patron_shown(answer.patron, context),
        tuple(each.item for each in answer.recalled),
        fees_shown(answer.charged),
    )
    beginning = "/api/v1/self" if principal.kind is Kind.PATRON else "/api/v1"
    return Reply(placed, 201, (("Location", f"{beginning}/holds/{placed.hold.id}"),))


def _wanted(wish: WhatIsWanted) -> Wanted:
    title = None if wish.title is None else number_of(wish.title, "title", LARGEST_OF_FEW)
    return Wanted(title, wish.item, wish.part)


def show_prospect(
    request: Request[None, WhatIsWanted], principal: Principal, context: Context
) -> HoldProspect | Problem:
    """What a hold of the patron could expect, and what the rules say against it, before it is
    placed."""
    must_have_here(principal, Right.LEND)
    place = patron_named(request, request.path["patron"], principal, context, Right.LEND)
    note_look(request, principal, context, Seen.HOLDS, patron_id=place.id)
    return prospect_of(place, request, principal, context)


def prospect_of(
    place: PatronPlace,
    request: Request[None, WhatIsWanted],
    principal: Principal,
    context: Context,
) -> HoldProspect | Problem:
    """A hold that the patron could place."""
    query = request.query
    wish = HoldWish(known_by(place), [_wanted(query)], pickup_branch=query.pickup_branch)
    found = judge_hold(context.act(principal.desk), wish)
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    return HoldProspect(
        branch_shown(found.pickup_branch),
        found.number_in_queue,
        found.days,
        reasons_of(found.refusals, principal, request.language),
    )


def hold_shown(queued: KnownHold, principal: Principal) -> Hold:
    """A hold as answers show it to whoever asks."""
    hold = queued.hold
    may: tuple[HoldNext, ...] = ()
    if hold.state is not HoldState.CLOSED:
        may = ("change", "pause", "cancel")
    if hold.state is HoldState.WAITING and _may_move(queued, principal):
        may = (*may, "move")
    return Hold(
        str(hold.id),
        str(hold.record_id),
        hold.title,
        hold.author,
        hold.item,
        hold.part,
        hold.state.name,  # type: ignore[arg-type]
        None if hold.outcome is None else hold.outcome.value,
        branch_shown(hold.pickup_branch),
        hold.placed,
        hold.activates,
        hold.interest_until,
        hold.paused_from,
        hold.paused_until,
        queued.number_in_queue,
        queued.days,
        hold.number,
        hold.deadline,
        may,
        hold.kind.value,
        hold.bound_item,
    )


def list_holds(
    request: Request[None, HoldPaging], principal: Principal, context: Context
) -> Reply | Problem:
    """A patron's open holds with their prospects, the oldest first."""
    place = the_patron(request, principal, context)
    note_look(request, principal, context, Seen.HOLDS, patron_id=place.id)
    return holds_of(place, request, principal, context)


def holds_of(
    place: PatronPlace,
    request: Request[None, HoldPaging],
    principal: Principal,
    context: Context,
) -> Reply | Problem:
    limit, after = request.query.limit, place_in(request.query, LARGEST) or START
    page = HoldPage(None if limit is None else limit + 1, after, request.query.ready)
    found = patron_holds(
        context.circulation, context.transaction, patron=known_by(place), now=context.now, page=page
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    lines = found.holds[:limit]
    is_last, told = len(lines) == len(found.holds), [hold_shown(each, principal) for each in lines]
    following = None if is_last else Place(lines[-1].hold.placed, lines[-1].hold.id)
    return page_of(request, PatronHolds(tuple(told)), following)


def _the_hold(
    request: Request[Any, Any], principal: Principal, context: Context
) -> tuple[int, KnownHold, PatronPlace]:
    """The hold of the path, its patron being one with whom the caller may do it, or theirs.
    Raises Problem."""
    hold_id = number_of(request.path["hold"], None)
    found = find_hold(context.circulation, context.transaction, hold_id=hold_id, now=context.now)
    if found is not None:
        pickup = found[0].hold.pickup_branch
        ours = (Spot(pickup.agency_id, pickup.id),)
        admitted = admit(found[1], Right.LEND, request, principal, context, ours=ours)
        if admitted is not None:
            return hold_id, found[0], admitted.place
    raise Problem(Outcome.NOT_FOUND)


def show_hold(request: Plain, principal: Principal, context: Context) -> Hold:
    """A hold and its prospects, also one that is over."""
    return hold_shown(_the_hold(request, principal, context)[1], principal)


def alter_hold(
    request: Request[HoldChanges, None], principal: Principal, context: Context
) -> Hold | Problem:
    """Changes pickup branch or dates of a hold, or pauses it. Its place in the queue is kept."""
    hold_id, queued, place = _the_hold(request, principal, context)
    act, wish, patron = context.act(principal.desk), request.body, known_by(place)
    request.about = place.id
    answer: HoldChanged | Refused | None = None
    if {"pickup_branch", "activates", "interest_until"} & wish.model_fields_set:
        change = HoldChange(
            patron, hold_id, wish.pickup_branch, wish.activates, wish.interest_until
        )
        answer = change_hold(act, change)
    if "pause" in wish.model_fields_set and not isinstance(answer, Refused):
        pause = wish.pause
        first, last = (None, None) if pause is None else (pause.first, pause.last)
        paused = pause_hold(act, patron=patron, hold_id=hold_id, first=first, last=last)
        if isinstance(paused, Refused):  # what was changed before is not kept
            raise refused(paused, principal, request.language)
        answer = paused
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return hold_shown(queued if answer is None else answer.queued, principal)


def end_hold(
    request: Request[None, HoldEnd], principal: Principal, context: Context
) -> Hold | Problem:
    """Cancels a hold. An item that is bound to it goes on to the next when it is in hand."""
    return hold_ended(request.query.unobtainable, request, principal, context)


def hold_ended(
    is_unobtainable: bool, request: Request[Any, Any], principal: Principal, context: Context
) -> Hold | Problem:
    """The hold of the path, cancelled."""
    hold_id, _, place = _the_hold(request, principal, context)
    request.about = place.id
    answer = cancel_hold(
        context.act(principal.desk),
        patron=known_by(place),
        hold_id=hold_id,
        unobtainable=is_unobtainable,
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return hold_shown(answer.queued, principal)


def _may_move(queued: KnownHold, principal: Principal) -> bool:
    pickup = queued.hold.pickup_branch
    return principal.may(Right.REORDER_HOLDS, pickup.agency_id, pickup.id)


def put_elsewhere(
    request: Request[MoveWish, None], principal: Principal, context: Context
) -> Hold | Problem:
    """Puts a hold elsewhere in the queue of its title. It takes the right where that hold is to be
    fetched, and where each is that comes to stand behind it."""
    hold_id, queued, place = _the_hold(request, principal, context)
    request.about, wish = place.id, request.body
    queue = record_queue(
        context.circulation, context.transaction, record_id=queued.hold.record_id, now=context.now
    )
    waiting = [each.queued for each in queue if each.queued.number_in_queue is not None]
    overtaken = waiting[wish.number - 1 : (queued.number_in_queue or wish.number) - 1]
    if not all(_may_move(each, principal) for each in (queued, *overtaken)):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.REORDER_HOLDS)
    try:
        answer = move_hold(context.act(principal.desk), Move(hold_id, wish.number, wish.why))
    except ValueError as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return hold_shown(answer, principal)


def show_queue(request: Plain, principal: Principal, context: Context) -> Queue:
    """The open holds of a title in the order in which they are served. Patrons are named to who
    may see them."""
    names = Names(Right.VIEW_PATRONS, principal, context)
    lines = []
    for each in record_queue(
        context.circulation,
        context.transaction,
        record_id=number_of(request.path["title"], None, LARGEST_OF_FEW),
        now=context.now,
    ):
        patron = names.patron(each.patron_id, each.patron_name, None)
        why = None if each.passed_over is None else each.passed_over.name.lower()
        lines.append(QueuedHold(hold_shown(each.queued, principal), patron, why))
    if hits := sum(each.patron is not None for each in lines):
        note_look(request, principal, context, Seen.LIST, hits=hits)
    return Queue(tuple(lines))


#: What the rules may say of a hold.
RULES: Final = (Outcome.REFUSED, Outcome.CONFLICT, Outcome.NOT_FOUND)

OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/holds",
        "Place a hold",
        place_hold,
        HoldPlaced,
        body=NewHold,
        tag="holds",
        right=Right.LEND,
        lane=Lane.WRITE,
        status=201,
        outcomes=RULES,
    ),
    get(_HOLD, "A hold", show_hold, Hold, tag="holds", right=Right.LEND),
    Operation(
        method="PATCH",
        path=_HOLD,
        summary="Change or pause a hold",
        handler=alter_hold,
        answer=Hold,
        body=HoldChanges,
        tag="holds",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=RULES,
    ),
    Operation(
        method="DELETE",
        path=_HOLD,
        summary="Cancel a hold",
        handler=end_hold,
        answer=Hold,
        query=HoldEnd,
        tag="holds",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=RULES,
    ),
    post(
        f"{_HOLD}/place",
        "Put a hold elsewhere in its queue",
        put_elsewhere,
        Hold,
        body=MoveWish,
        tag="holds",
        right=Right.REORDER_HOLDS,
        lane=Lane.WRITE,
        outcomes=RULES,
    ),
    get(
        "/patrons/{patron}/holds",
        "A patron's holds",
        list_holds,
        PatronHolds,
        query=HoldPaging,
        tag="patrons",
        right=Right.VIEW_PATRONS,
        outcomes=RULES,
    ),
    get(
        "/patrons/{patron}/hold-prospect",
        "What a hold could expect",
        show_prospect,
        HoldProspect,
        query=WhatIsWanted,
        tag="holds",
        right=Right.LEND,
        outcomes=RULES,
    ),
    get(
        "/titles/{title}/holds",
        "The queue of a title",
        show_queue,
        Queue,
        tag="titles",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
    ),
)
