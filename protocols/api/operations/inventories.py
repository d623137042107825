"""Inventories: shelves are scanned, and what is wrong with them is told."""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.stock import inventory as engine
from protocols.api.authority import act_of, must_have_here, must_work_here, number_of
from protocols.api.messages import Reply
from protocols.api.models.common import Paging
from protocols.api.models.stock import (
    DeclaredMissing,
    Found,
    Inventories,
    Inventory,
    InventoryScan,
    InventoryWish,
    NotOnShelfList,
    ShelfScanned,
    ToSeeToList,
    found_shown,
    inventory_shown,
    not_seen_shown,
    to_see_to_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.paging import LARGEST_OF_FEW, number_in, page_of
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane

_INVENTORY: Final = "/inventories/{inventory}"
_ABOUT: Final[dict[str, Any]] = {"tag": "stock", "right": Right.CHANGE_MANY_ITEMS}


def _named(
    request: Request[Any, Any], principal: Principal, context: Context, *, to_scan: bool = False
) -> engine.Inventory:
    """The inventory of the path. Raises Problem; to scan, also where it is closed."""
    number = number_of(request.path["inventory"], None, LARGEST_OF_FEW)
    found = engine.inventory_of(context.transaction, inventory_id=number)
    branches = context.circulation.current_set_up(context.transaction).branches
    its = None if found is None else branches.get(found.branch_id)
    if (
        found is None
        or its is None
        or not principal.may(Right.CHANGE_MANY_ITEMS, its.agency_id, its.id)
    ):
        raise Problem(Outcome.NOT_FOUND)
    if to_scan and found.closed is not None:
        raise Problem(Outcome.CONFLICT, "the inventory is closed")
    return found


def _act(inventory: engine.Inventory, principal: Principal, context: Context) -> Act:
    """What the caller does for it; whoever works at no branch does it at that of the inventory."""
    its = context.circulation.current_set_up(context.transaction).branches[inventory.branch_id]
    return act_of(principal, context, its.agency_id, its.id)


def _shown(found: engine.Inventory, context: Context) -> Inventory:
    counts = engine.findings_of(context.transaction, inventory_id=found.id)
    set_up = context.circulation.current_set_up(context.transaction)
    return inventory_shown(found, counts, set_up)


def list_inventories(request: Plain, principal: Principal, context: Context) -> Inventories:
    """Inventories of the branch that go on."""
    must_have_here(principal, Right.CHANGE_MANY_ITEMS)
    found = engine.open_inventories(context.transaction, branch_id=principal.branch_id)
    return Inventories(tuple(_shown(each, context) for each in found))


def begin_inventory(
    request: Request[InventoryWish, None], principal: Principal, context: Context
) -> Inventory:
    """Begins an inventory of shelves of the branch, which several people may scan for."""
    must_work_here(principal, context, Right.CHANGE_MANY_ITEMS)
    wish, act = request.body, context.act(principal.desk)
    return _shown(engine.begin_inventory(act, wish.name, wish.shelf), context)


def show_inventory(request: Plain, principal: Principal, context: Context) -> Inventory:
    """An inventory, and how many items were found how."""
    return _shown(_named(request, principal, context), context)


def scan_shelf(
    request: Request[InventoryScan, None], principal: Principal, context: Context
) -> ShelfScanned:
    """Notes what was found at the shelves, and says of each item what is to be done with it."""
    inventory = _named(request, principal, context, to_scan=True)
    act = _act(inventory, principal, context)
    set_up = context.circulation.current_set_up(context.transaction)
    found = []
    for barcode in request.body.items:
        answer = engine.scan_item(act, inventory, barcode.strip())
        if isinstance(answer, Refused):
            found.append(Found(barcode, None, "no item has this barcode"))
        else:
            found.append(found_shown(answer, set_up))
    return ShelfScanned(tuple(found))


def show_misplaced(request: Request[None, Paging], principal: Principal, context: Context) -> Reply:
    """What was scanned and is not where it belongs."""
    inventory, query = _named(request, principal, context), request.query
    found = engine.to_see_to(
        context.transaction, inventory, after=number_in(query), limit=query.limit
    )
    following = found[-1].item_id if len(found) == query.limit else None
    return page_of(request, ToSeeToList(tuple(map(to_see_to_shown, found))), following)


def show_not_seen(request: Request[None, Paging], principal: Principal, context: Context) -> Reply:
    """What should stand on the shelves and was not scanned."""
    inventory, query = _named(request, principal, context), request.query
    found = engine.not_seen(
        context.transaction, inventory, after=number_in(query), limit=query.limit
    )
    following = found[-1].item_id if len(found) == query.limit else None
    return page_of(request, NotOnShelfList(tuple(map(not_seen_shown, found))), following)


def declare_not_seen_missing(
    request: Plain, principal: Principal, context: Context
) -> DeclaredMissing:
    """Declares missing what was not scanned, a hundred items at most: done again, the others."""
    inventory = _named(request, principal, context, to_scan=True)
    act = _act(inventory, principal, context)
    return DeclaredMissing(engine.declare_not_seen_missing(act, inventory))


def close_inventory(request: Plain, principal: Principal, context: Context) -> Inventory:
    """Ends an inventory: nothing more is scanned."""
    inventory = _named(request, principal, context)
    engine.close_inventory(_act(inventory, principal, context), inventory)
    return _shown(_named(request, principal, context), context)


def _list(end: str, summary: str, handler: Any, answer: Any) -> Operation:
    path = f"{_INVENTORY}/{end}"
    return get(path, summary, handler, answer, query=Paging, lane=Lane.WIDE_READ, **_ABOUT)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get("/inventories", "Inventories", list_inventories, Inventories, **_ABOUT),
    post(
        "/inventories",
        "Begin an inventory",
        begin_inventory,
        Inventory,
        body=InventoryWish,
        lane=Lane.WRITE,
        **_ABOUT,
    ),
    get(_INVENTORY, "An inventory", show_inventory, Inventory, **_ABOUT),
    post(
        f"{_INVENTORY}/scans",
        "Scan shelves",
        scan_shelf,
        ShelfScanned,
        body=InventoryScan,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_ABOUT,
    ),
    _list("to-see-to", "Scanned, and not where it belongs", show_misplaced, ToSeeToList),
    _list("not-seen", "Not scanned", show_not_seen, NotOnShelfList),
    post(
        f"{_INVENTORY}/missing",
        "Declare missing what was not scanned",
        declare_not_seen_missing,
        DeclaredMissing,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_ABOUT,
    ),
    post(
        f"{_INVENTORY}/end",
        "End an inventory",
        close_inventory,
        Inventory,
        lane=Lane.WRITE,
        **_ABOUT,
    ),
)
