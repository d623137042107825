"""Deposits and themes: begun, changed, filled, ended, and what is to be moved for them."""

from __future__ import annotations

from typing import Any, Final

from circulation.booking import collecting, placements
from circulation.booking.lists import items_to_move
from circulation.booking.results import Placement as KnownPlacement
from circulation.booking.results import Station
from circulation.kernel.results import Refused, StayKind
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import (
    must_have_here,
    must_work_here,
    number_of,
    today_here,
    unknown_branch,
)
from protocols.api.messages import Reply
from protocols.api.models.bookings import CopiesDone
from protocols.api.models.placements import (
    DepositWish,
    ItemsWish,
    Placement,
    PlacementChanges,
    Placements,
    StationWish,
    TakenOut,
    ThemeWish,
    ToMoveList,
    ToMovePaging,
    placement_shown,
    to_move_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.booking_copies import copies_done
from protocols.api.operations.bookings import ABOUT
from protocols.api.operations.items import status_of
from protocols.api.paging import LARGEST_OF_FEW, number_in, page_of
from protocols.api.problems import Outcome, Problem, malformed, refused
from protocols.hosting.answering import Context, Lane

_PLACEMENT: Final = "/placements/{placement}"


def list_placements(request: Plain, principal: Principal, context: Context) -> Placements:
    """Deposits and themes of where the caller may book, those that have not ended."""
    must_have_here(principal, Right.BOOK)
    set_up = context.circulation.current_set_up(context.transaction)
    found = placements.placements(context.transaction, set_up)
    return Placements(tuple(placement_shown(each) for each in found if _is_near(each, principal)))


def _is_near(found: KnownPlacement, principal: Principal) -> bool:
    """Does it concern a branch where the caller may book?"""
    branches = (found.branch, *(each.branch for each in found.stations))
    return any(principal.may(Right.BOOK, each.agency_id, each.id) for each in branches)


def _named(
    request: Request[Any, Any], principal: Principal, context: Context, *, to_change: bool = True
) -> KnownPlacement:
    """The one of the path. It is changed by whoever may book at the branch that began it."""
    number = number_of(request.path["placement"], None, LARGEST_OF_FEW)
    set_up = context.circulation.current_set_up(context.transaction)
    found = placements.find_placement(context.transaction, set_up, number)
    if found is None or not _is_near(found, principal):
        raise Problem(Outcome.NOT_FOUND)
    if to_change and not principal.may(Right.BOOK, found.branch.agency_id, found.branch.id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.BOOK)
    return found


def show_placement(request: Plain, principal: Principal, context: Context) -> Placement:
    """A deposit or a theme, ended or not."""
    return placement_shown(_named(request, principal, context, to_change=False))


def begin_deposit(
    request: Request[DepositWish, None], principal: Principal, context: Context
) -> Placement:
    """Begins a deposit of the caller's branch, at once where its first day has come."""
    return _begin(StayKind.DEPOSIT, request.body, None, principal, context)


def begin_theme(
    request: Request[ThemeWish, None], principal: Principal, context: Context
) -> Placement:
    """Begins a theme of the caller's branch, at once where its first day has come."""
    return _begin(StayKind.THEME, request.body, request.body.loan_days, principal, context)


def _begin(
    kind: StayKind,
    wish: DepositWish,
    loan_days: int | None,
    principal: Principal,
    context: Context,
) -> Placement:
    must_work_here(principal, context, Right.BOOK)
    set_up = context.circulation.current_set_up(context.transaction)
    stations, act = _stations(wish.stations, context), context.act(principal.desk)
    new = placements.NewPlacement(kind, wish.name, stations, wish.ends, loan_days)
    try:
        made = placements.create_placement(act, set_up, new)
    except ValueError as error:
        raise malformed("stations", "unfit", str(error)) from None
    placements.move_on(act, set_up, made.id, day=today_here(principal, context))
    begun = placements.find_placement(context.transaction, set_up, made.id)
    assert begun is not None
    return placement_shown(begun)


def _stations(wishes: tuple[StationWish, ...], context: Context) -> list[Station]:
    """Raises Problem where no branch has the ISIL."""
    branches = context.circulation.current_set_up(context.transaction).branches.values()
    by_isil = {branch.isil: branch for branch in branches}
    for number, each in enumerate(wishes):
        if each.branch not in by_isil:
            raise unknown_branch(each.branch, f"stations.{number}.branch", context)
    return [Station(each.first, by_isil[each.branch], each.place.strip()) for each in wishes]


def change_placement(
    request: Request[PlacementChanges, None], principal: Principal, context: Context
) -> Placement:
    """Gives a deposit or theme other stations and another end."""
    found, wish = _named(request, principal, context), request.body
    try:
        changed = placements.change_placement(
            context.act(principal.desk),
            context.circulation.current_set_up(context.transaction),
            placement_id=found.id,
            stations=_stations(wish.stations, context),
            ends=wish.ends,
            today=today_here(principal, context),
        )
    except ValueError as error:
        raise malformed("stations", "unfit", str(error)) from None
    if changed is None:
        raise Problem(Outcome.CONFLICT, f"the {found.kind.value} has ended")
    return placement_shown(changed)


def end_placement(request: Plain, principal: Principal, context: Context) -> Placement:
    """Ends a deposit or theme: its items are to go home."""
    found = _named(request, principal, context)
    set_up = context.circulation.current_set_up(context.transaction)
    placements.end_placement(context.act(principal.desk), set_up, found.id)
    return placement_shown(_named(request, principal, context))


def put_into_placement(
    request: Request[ItemsWish, None], principal: Principal, context: Context
) -> CopiesDone | Problem:
    """Puts items into a deposit or theme, on loan or not. Each is decided on its own."""
    found, items = _named(request, principal, context), request.body.items
    act = context.act(principal.desk)
    answers = collecting.put_into(act, placement_id=found.id, barcodes=items)
    if isinstance(answers, Refused):
        return refused(answers, principal, request.language)
    return copies_done(zip(items, answers, strict=True), principal, request.language)


def take_out(request: Plain, principal: Principal, context: Context) -> TakenOut | Problem:
    """Takes an item out of its deposit or theme."""
    item = request.path["item"]
    home = status_of(item, context).item.home_branch
    if not principal.may(Right.BOOK, home.agency_id, home.id):
        raise Problem(Outcome.NOT_FOUND)
    answer = collecting.take_out(context.act(principal.desk), item=item)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return TakenOut(item, answer)


def show_items_to_move(
    request: Request[None, ToMovePaging], principal: Principal, context: Context
) -> Reply:
    """Items that stand in the wrong place: to be brought to their station, or home."""
    must_have_here(principal, Right.BOOK)
    query = request.query
    found = items_to_move(
        context.transaction,
        context.circulation.current_set_up(context.transaction),
        branch_id=principal.branch_id if query.here else None,
        after=number_in(query),
        limit=query.limit,
    )
    following = found[-1].item_id if len(found) == query.limit else None
    seen = [
        each
        for each in found
        if query.here or principal.may(Right.BOOK, each.from_branch.agency_id, each.from_branch.id)
    ]
    return page_of(request, ToMoveList(tuple(map(to_move_shown, seen))), following)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get("/placements", "Deposits and themes", list_placements, Placements, **ABOUT),
    get(_PLACEMENT, "A deposit or theme", show_placement, Placement, **ABOUT),
    post(
        "/deposits",
        "Begin a deposit",
        begin_deposit,
        Placement,
        body=DepositWish,
        lane=Lane.WRITE,
        **ABOUT,
    ),
    post(
        "/themes",
        "Begin a theme",
        begin_theme,
        Placement,
        body=ThemeWish,
        lane=Lane.WRITE,
        **ABOUT,
    ),
    Operation(
        method="PATCH",
        path=_PLACEMENT,
        summary="Change a deposit or theme",
        handler=change_placement,
        answer=Placement,
        body=PlacementChanges,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **ABOUT,
    ),
    post(
        f"{_PLACEMENT}/end",
        "End a deposit or theme",
        end_placement,
        Placement,
        lane=Lane.WRITE,
        **ABOUT,
    ),
    post(
        f"{_PLACEMENT}/items",
        "Put items into it",
        put_into_placement,
        CopiesDone,
        body=ItemsWish,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED,),
        **ABOUT,
    ),
    post(
        "/items/{item}/take-out",
        "Take an item out of it",
        take_out,
        TakenOut,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED,),
        **ABOUT,
    ),
    get(
        "/lists/to-move",
        "Items that stand in the wrong place",
        show_items_to_move,
        ToMoveList,
        query=ToMovePaging,
        lane=Lane.WIDE_READ,
        **ABOUT,
    ),
)
