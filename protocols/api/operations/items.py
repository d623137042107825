"""Items: what they are doing, and what has become of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from catalogue.items import find_item
from circulation.items.availability import circulation_status
from circulation.items.use import use_of
from circulation.kernel.events import events_of_item
from circulation.kernel.moves_out import moves_out_of_item
from circulation.kernel.results import CirculationStatus, ItemState, Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from circulation.staff.lookups import Seen
from protocols.api.authority import note_look
from protocols.api.gate import NOT_SERVED, Names, Spot, admit, relation_named
from protocols.api.models.answers import branch_shown, item_shown, loan_shown, money
from protocols.api.models.items import (
    ItemEvent,
    ItemEvents,
    ItemStatus,
    ItemUse,
    OlderEvents,
    Stay,
    YearOfUse,
)
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.problems import Outcome, Problem
from protocols.api.unknown import no_item
from protocols.hosting.answering import Context, Lane

ITEM: Final = "/items/{item}"


def show_item(request: Plain, principal: Principal, context: Context) -> ItemStatus:
    """An item and what it is doing. Whose loan it is is told to who may see them."""
    return status_now(request.path["item"], request, principal, context)


def status_now(
    barcode: str, request: Request[Any, Any], principal: Principal, context: Context
) -> ItemStatus:
    """What the item is doing. Whoever is shown its borrower is noted. Raises Problem."""
    shown = status_shown(status_of(barcode, context), principal, context)
    note_borrowers([shown], request, principal, context)
    written = find_item(context.transaction, barcode)
    assert written is not None
    return replace(shown, part=written.part, float_group=written.float_group)


def note_borrowers(
    shown: Sequence[ItemStatus],
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
) -> None:
    """Notes that the caller was shown whose loans these are: one patron, or several as a list."""
    seen = {each.borrower.id for each in shown if each.borrower is not None}
    if len(seen) == 1:
        about = relation_named(seen.pop(), context)
        note_look(request, principal, context, Seen.LOANS, patron_id=about)
    elif seen:
        note_look(request, principal, context, Seen.LIST, hits=len(seen))


def status_of(barcode: str, context: Context) -> CirculationStatus:
    """What the item with this barcode is doing. Raises Problem where there is none."""
    found = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if found is None:
        raise Problem(Outcome.NOT_FOUND, no_item(context.transaction, barcode))
    return found


def refused_item(
    request: Request[Any, Any], barcode: str, principal: Principal, context: Context, right: Right
) -> Refused | None:
    """Return why nothing is done with the loan of an item: its borrower is not served here."""
    status = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if status is None or status.borrower is None:
        return None
    borrower = status.borrower.patron_id
    found = admit(borrower, right, request, principal, context, ours=spots_of(status))
    return None if found is not None else NOT_SERVED


def spots_of(status: CirculationStatus) -> tuple[Spot, ...]:
    """Return where an item belongs."""
    home = status.item.home_branch
    return (Spot(home.agency_id, home.id),)


def status_shown(status: CirculationStatus, principal: Principal, context: Context) -> ItemStatus:
    """An item as answers show it."""
    borrower, loan, stay = status.borrower, status.loan, status.stay
    shown = None
    if borrower is not None:
        names = Names(Right.VIEW_PATRONS, principal, context)
        shown = names.patron(borrower.patron_id, borrower.name, borrower.identifier)
    return ItemStatus(
        item_shown(status.item),
        status.state.name,  # type: ignore[arg-type]
        status.is_overdue,
        None if loan is None else loan.due,
        loan_shown(loan) if loan is not None and shown is not None else None,
        shown,
        None if status.to_branch is None else branch_shown(status.to_branch),
        status.since,
        status.open_holds,
        None
        if stay is None
        else Stay(stay.kind.value, stay.name, branch_shown(stay.branch), stay.place, stay.until),
        money(status.item.price, status.item.currency),
        _may(status, principal),
        not_for_loan=status.not_for_loan if _lends(principal) else "",
    )


def _lends(principal: Principal) -> bool:
    return principal.may(Right.LEND, principal.agency_id, principal.branch_id)


def _may(status: CirculationStatus, principal: Principal) -> Any:
    home, state = status.item.home_branch, status.state
    lends = _lends(principal)
    changes = principal.may(Right.CHANGE_ITEMS, home.agency_id, home.id)
    is_lent = status.loan is not None
    can = (
        ("check_in", lends and (is_lent or state is not ItemState.AVAILABLE)),
        ("renew", lends and state is ItemState.ON_LOAN),
        ("claim_returned", changes and state is ItemState.ON_LOAN),
        ("declare_lost", changes and state not in (ItemState.LOST, ItemState.MISSING)),
        ("find", changes and state in (ItemState.LOST, ItemState.MISSING)),
        ("change", changes),
        ("withdraw", changes and not is_lent),
    )
    return tuple(name for name, holds in can if holds)


def show_use(request: Plain, principal: Principal, context: Context) -> ItemUse:
    """How often an item was lent in all, when last, and in which years."""
    item = status_of(request.path["item"], context).item
    branches = context.circulation.current_set_up(context.transaction).branches
    zone = branches[item.home_branch.id].timezone
    found = use_of(context.transaction, item_id=item.id, timezone=zone)
    years = tuple(YearOfUse(*each) for each in found.years)
    return ItemUse(item.barcode, found.loans, found.renewals, found.last_lent, years)


def show_item_events(request: Plain, principal: Principal, context: Context) -> ItemEvents:
    """What has happened to an item, and who did it. Nothing is told of patrons."""
    barcode = request.path["item"]
    item = status_of(barcode, context).item
    home = item.home_branch
    if not principal.may(Right.CHANGE_ITEMS, home.agency_id, home.id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.CHANGE_ITEMS)
    return ItemEvents(
        barcode,
        tuple(
            ItemEvent(
                each.at,
                each.kind.value,
                each.actor,
                tuple(each.after.get("overridden", ())),
                str(each.after.get("why", "")),
            )
            for each in events_of_item(context.transaction, item_id=item.id)
        ),
        tuple(
            OlderEvents(
                each.before,
                each.folder,
                each.digest,
                Sentence(
                    "EVENTS_MOVED_OUT",
                    day=each.before.isoformat(),
                    moved=each.begun.date().isoformat(),
                    folder=each.folder,
                ).in_language(request.language),
            )
            for each in moves_out_of_item(context.transaction, item.id)
        ),
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(ITEM, "An item", show_item, ItemStatus, tag="items", right=Right.LEND),
    get(
        f"{ITEM}/use",
        "How often an item was lent",
        show_use,
        ItemUse,
        tag="items",
        right=Right.LEND,
    ),
    get(
        f"{ITEM}/events",
        "What has happened to an item",
        show_item_events,
        ItemEvents,
        tag="items",
        right=Right.CHANGE_ITEMS,
        lane=Lane.WIDE_READ,
    ),
)
