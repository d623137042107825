"""Items: what they are doing, what has become of them, what is written of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from catalogue.items import find_item
from circulation.items.availability import circulation_status
from circulation.items.changes import ItemChange, ItemUnfit, change_item
from circulation.items.levels import LEVELS
from circulation.items.places import UnknownPlace, place_item
from circulation.items.removal import ItemNeeded, remove_item
from circulation.items.use import use_of
from circulation.kernel.act import Act
from circulation.kernel.events import events_of_item
from circulation.kernel.moves_out import moves_out_of_item
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import CirculationStatus, ItemState, Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from circulation.loans.lost import claim_returned, declare_lost, find, withdraw_claim
from circulation.patrons.public_ids import public_ids
from circulation.staff.lookups import Seen
from protocols.api.authority import act_of, note_look, unknown_branch
from protocols.api.messages import Reply
from protocols.api.models.answers import Patron, branch_shown, item_shown, loan_shown, money
from protocols.api.models.titles import (
    ItemChanges,
    ItemEvent,
    ItemEvents,
    ItemStatus,
    ItemUse,
    OlderEvents,
    OneItemChange,
    StateChanged,
    StateWish,
    Stay,
    YearOfUse,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.problems import FieldError, Outcome, Problem, malformed, refused
from protocols.api.unknown import no_item
from protocols.hosting.answering import Context, Lane

_ITEM: Final = "/items/{item}"
_MARKS: Final = {
    "lost": declare_lost,
    "found": find,
    "claimed_returned": claim_returned,
    "claim_withdrawn": withdraw_claim,
}


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
    ids = public_ids(context.circulation, context.transaction)
    seen = {each.borrower.id for each in shown if each.borrower is not None}
    if len(seen) == 1:
        note_look(request, principal, context, Seen.LOANS, patron_id=ids.meant(seen.pop()))
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


def status_shown(status: CirculationStatus, principal: Principal, context: Context) -> ItemStatus:
    """An item as answers show it."""
    borrower, loan, stay = status.borrower, status.loan, status.stay
    sees = borrower is not None and principal.may(Right.VIEW_PATRONS, borrower.agency_id)
    shown = None
    if borrower is not None and sees:
        ids = public_ids(context.circulation, context.transaction)
        shown = Patron(ids.shown(borrower.patron_id), borrower.name, borrower.identifier)
    return ItemStatus(
        item_shown(status.item),
        status.state.name,  # type: ignore[arg-type]
        status.is_overdue,
        None if loan is None else loan.due,
        loan_shown(loan) if loan is not None and sees else None,
        shown,
        None if status.to_branch is None else branch_shown(status.to_branch),
        status.since,
        status.open_holds,
        None
        if stay is None
        else Stay(stay.kind.value, stay.name, branch_shown(stay.branch), stay.place, stay.until),
        money(status.item.price, status.item.currency),
        _may(status, principal),
    )


def _may(status: CirculationStatus, principal: Principal) -> Any:
    home, state = status.item.home_branch, status.state
    lends = principal.may(Right.LEND, principal.agency_id, principal.branch_id)
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


def _changeable(barcode: str, principal: Principal, context: Context) -> CirculationStatus:
    """An item that the caller may change. Raises Problem."""
    status = status_of(barcode, context)
    home = status.item.home_branch
    if not principal.may(Right.CHANGE_ITEMS, home.agency_id, home.id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.CHANGE_ITEMS)
    return status


def show_use(request: Plain, principal: Principal, context: Context) -> ItemUse:
    """How often an item was lent in all, when last, and in which years."""
    item = status_of(request.path["item"], context).item
    branches = context.circulation.current_set_up(context.transaction).branches
    zone = branches[item.home_branch.id].timezone
    found = use_of(context.transaction, item_id=item.id, timezone=zone)
    years = tuple(YearOfUse(*each) for each in found.years)
    return ItemUse(item.barcode, found.loans, found.renewals, found.last_lent, years)


def _home(known: CirculationStatus) -> tuple[int, int]:
    """The agency and the branch where the item belongs."""
    return known.item.home_branch.agency_id, known.item.home_branch.id


def set_state(
    request: Request[StateWish, None], principal: Principal, context: Context
) -> StateChanged | Problem:
    """Says what has become of an item: lost, found, claimed returned, withdrawn from the stock."""
    barcode, wish = request.path["item"], request.body
    known = _changeable(barcode, principal, context)
    if wish.to == "withdrawn":
        return _withdrawn(known, wish.why or "", principal, context)
    answer = _MARKS[wish.to](act_of(principal, context, *_home(known)), item=barcode)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    shown = status_now(barcode, request, principal, context)
    return StateChanged(barcode, shown, answer.has_changed)


def _withdrawn(
    known: CirculationStatus, why: str, principal: Principal, context: Context
) -> StateChanged | Problem:
    barcode = known.item.barcode
    answer = remove_item(act_of(principal, context, *_home(known)), item=barcode, why=why)
    if isinstance(answer, ItemNeeded):
        errors = [FieldError("to", each.name.lower(), each.value) for each in answer.needs]
        text = "; ".join(each.value for each in answer.needs)
        return Problem(Outcome.CONFLICT, text, errors=errors)
    return StateChanged(barcode, None, answer is not None)


def alter_item(
    request: Request[OneItemChange, None], principal: Principal, context: Context
) -> Reply:
    """Changes what is written of an item; `barcode` is the one that it bears from now on."""
    barcode, wish = request.path["item"], request.body
    _changeable(barcode, principal, context)
    barcode = change_written(barcode, wish, principal, context)
    return Reply(status_now(barcode, request, principal, context), is_dry=wish.dry_run)


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


def change_written(barcode: str, wish: ItemChanges, principal: Principal, context: Context) -> str:
    """Changes what is written of an item, and its place; gives the barcode that it then has.
    Raises Problem with all that is wrong."""
    change = ItemChange(
        **{
            name: value
            for name in ("barcode", "call_number", "material_group", "part", "float_group")
            if (value := getattr(wish, name)) is not None
        }
    )
    if "price" in wish.model_fields_set:
        price = None if wish.price is None else (wish.price.amount, wish.price.currency)
        change = change._replace(price=price)
    home = status_of(barcode, context).item.home_branch
    act, errors = act_of(principal, context, home.agency_id, home.id), []
    try:
        answer = change_item(act, barcode, change)
        assert not isinstance(answer, Refused)
        barcode = answer.barcode
    except ItemUnfit as error:
        errors = [FieldError("body", "unfit", each) for each in error.problems]
    try:
        _put_elsewhere(barcode, wish, act, principal, context)
    except Problem as problem:
        if problem.outcome is not Outcome.MALFORMED:
            raise
        errors += problem.errors
    if errors:
        raise Problem(Outcome.MALFORMED, "; ".join(each.text for each in errors), errors=errors)
    return barcode


def _put_elsewhere(
    barcode: str, wish: ItemChanges, act: Act, principal: Principal, context: Context
) -> None:
    """Puts the item into another place, where one is said. Raises Problem."""
    placement = {level: code for level in LEVELS if (code := getattr(wish, level)) is not None}
    if wish.home_branch is None and not placement:
        return
    if wish.home_branch is not None:
        home = find_branch(context.transaction, isil=wish.home_branch)
        if home is None:
            raise unknown_branch(wish.home_branch, "home_branch", context)
        if not principal.may(Right.CHANGE_ITEMS, home.agency_id, home.id):
            raise Problem(Outcome.RIGHT_MISSING, right=Right.CHANGE_ITEMS)
    try:
        place_item(act, item=barcode, branch=wish.home_branch, **placement)
    except UnknownPlace as error:
        raise malformed("location", "unknown", str(error)) from None


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(_ITEM, "An item", show_item, ItemStatus, tag="items", right=Right.LEND),
    get(
        f"{_ITEM}/use",
        "How often an item was lent",
        show_use,
        ItemUse,
        tag="items",
        right=Right.LEND,
    ),
    get(
        f"{_ITEM}/events",
        "What has happened to an item",
        show_item_events,
        ItemEvents,
        tag="items",
        right=Right.CHANGE_ITEMS,
        lane=Lane.WIDE_READ,
    ),
    post(
        f"{_ITEM}/state",
        "Say what has become of an item",
        set_state,
        StateChanged,
        body=StateWish,
        tag="items",
        right=Right.CHANGE_ITEMS,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
    Operation(
        method="PATCH",
        path=_ITEM,
        summary="Change what is written of an item",
        handler=alter_item,
        answer=ItemStatus,
        body=OneItemChange,
        tag="items",
        right=Right.CHANGE_ITEMS,
        lane=Lane.WRITE,
    ),
)
