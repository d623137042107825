"""The work that holds make: what to fetch, the hold shelf, and what nothing can fill."""

from __future__ import annotations

from typing import Final

from circulation.holds.pick_list import ToFetch as KnownLine
from circulation.holds.pick_list import begin_fetching, give_up_fetching, note_not_found
from circulation.holds.shelf import clear_shelf
from circulation.holds.unfillable import unfillable_holds
from circulation.holds.work_lists import fetch_page, shelf_page
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.staff.lookups import Seen
from protocols.api.authority import branch_or_all, must_have_here, must_work_here, note_look
from protocols.api.gate import Names
from protocols.api.messages import Reply
from protocols.api.models.answers import branch_shown
from protocols.api.models.desk import StackResult, StackResults
from protocols.api.models.lists import (
    Fetching,
    FetchWish,
    HoldShelf,
    Hopeless,
    HopelessHolds,
    ListPaging,
    OnShelf,
    PickList,
    PickPaging,
    ShelfPaging,
    ToFetch,
)
from protocols.api.operation import Operation, Plain, Request, post
from protocols.api.operations.desk import returned, together
from protocols.api.operations.lists import a_list
from protocols.api.paging import number_in, page_of, spot_in
from protocols.api.problems import Outcome, Problem, refused
from protocols.hosting.answering import Context, Lane


def show_pick_list(
    request: Request[None, PickPaging], principal: Principal, context: Context
) -> Reply:
    """What to fetch from the shelves of the branch, in the order of the shelves."""
    must_work_here(principal, context, Right.USE_LISTS)
    found = fetch_page(
        context.transaction,
        branch_id=principal.branch_id,
        now=context.now,
        only_unmarked=request.query.unmarked,
        after=spot_in(request.query),
        limit=request.query.limit,
    )
    return page_of(request, PickList(tuple(map(_to_fetch, found.lines))), found.next)


def _to_fetch(line: KnownLine) -> ToFetch:
    return ToFetch(
        line.item,
        line.title,
        line.author,
        line.location,
        line.sublocation,
        line.call_number,
        str(line.hold_id),
        branch_shown(line.pickup_branch),
        line.fetched_by,
        line.fetched_since,
        line.sought_by,
        line.sought,
    )


def fetch(
    request: Request[FetchWish, None], principal: Principal, context: Context
) -> Fetching | Problem:
    """Notes that somebody goes to fetch an item of the pick list, does not any more, or has not
    found it: then another copy is fetched where one would do."""
    must_have_here(principal, Right.USE_LISTS)
    act, item = context.act(principal.desk), request.path["item"]
    if request.body.done == "given_up":
        give_up_fetching(act, item=item)
        return Fetching(None)
    verb = note_not_found if request.body.done == "not_found" else begin_fetching
    answer = verb(act, item=item)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return Fetching(_to_fetch(answer))


def show_shelf(
    request: Request[None, ShelfPaging], principal: Principal, context: Context
) -> Reply:
    """What stands on the hold shelf of the branch, by number."""
    must_have_here(principal, Right.USE_LISTS)
    found = shelf_page(
        context.transaction,
        branch_id=principal.branch_id,
        now=context.now,
        only_to_go=request.query.to_go,
        after=spot_in(request.query),
        limit=request.query.limit,
    )
    lines = tuple(
        OnShelf(
            each.number, each.item, each.hold.title, str(each.hold.id), each.deadline, each.is_to_go
        )
        for each in found.lines
    )
    return page_of(request, HoldShelf(lines), found.next)


def clear(request: Plain, principal: Principal, context: Context) -> StackResults:
    """Takes from the hold shelf of the branch what does not belong there any more, and says where
    each item goes. Holds that were not collected end."""
    must_have_here(principal, Right.USE_LISTS)
    cleared = clear_shelf(context.act(principal.desk))
    return together(
        [
            StackResult(each.item.barcode, checked_in=returned(each, request, principal, context))
            for each in cleared
        ]
    )


def show_hopeless(
    request: Request[None, ListPaging], principal: Principal, context: Context
) -> Reply:
    """Holds for pickup at the branch that nothing can fill any more, and why."""
    must_have_here(principal, Right.USE_LISTS)
    found = unfillable_holds(
        context.circulation,
        context.transaction,
        pickup_branch_id=branch_or_all(principal, Right.USE_LISTS),
        after=number_in(request.query),
        limit=request.query.limit,
    )
    names = Names(Right.USE_LISTS, principal, context)
    lines = tuple(
        Hopeless(
            str(each.hold.id),
            str(each.hold.record_id),
            each.hold.title,
            names.patron(each.patron_id, each.patron_name, None),
            each.hold.placed,
            each.why.name.lower(),
            each.hold.author,
            each.hold.part,
            branch_shown(each.hold.pickup_branch),
            each.hold.interest_until,
        )
        for each in found.holds
    )
    note_look(request, principal, context, Seen.LIST, hits=len(found.holds))
    return page_of(request, HopelessHolds(lines), found.next)


OPERATIONS: Final[tuple[Operation, ...]] = (
    a_list("pick", "The pick list", show_pick_list, PickList, PickPaging),
    post(
        "/lists/pick/{item}",
        "Go to fetch an item",
        fetch,
        Fetching,
        body=FetchWish,
        tag="lists",
        right=Right.USE_LISTS,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED,),
    ),
    a_list("shelf", "The hold shelf", show_shelf, HoldShelf, ShelfPaging),
    post(
        "/lists/shelf/clearing",
        "Clear the hold shelf",
        clear,
        StackResults,
        tag="lists",
        right=Right.USE_LISTS,
        lane=Lane.WRITE,
    ),
    a_list("hopeless", "Holds that nothing can fill", show_hopeless, HopelessHolds),
)
