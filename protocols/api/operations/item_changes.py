"""Items: what has become of them is said, and what is written of them is changed."""

from __future__ import annotations

from typing import Final

from circulation.items.changes import ItemChange, ItemUnfit, change_item
from circulation.items.levels import LEVELS
from circulation.items.places import UnknownPlace, place_item
from circulation.items.removal import ItemNeeded, remove_item
from circulation.kernel.act import Act
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import CirculationStatus, Refused
from circulation.kernel.rights import Principal, Right
from circulation.loans.lost import claim_returned, declare_lost, find, withdraw_claim
from protocols.api.authority import act_of, unknown_branch
from protocols.api.messages import Reply
from protocols.api.models.item_changes import ItemChanges, OneItemChange, StateWish
from protocols.api.models.items import ItemStatus, StateChanged
from protocols.api.operation import Operation, Request, post
from protocols.api.operations.items import ITEM, status_now, status_of
from protocols.api.problems import FieldError, Outcome, Problem, malformed, refused
from protocols.hosting.answering import Context, Lane

_TEXTS: Final = (
    *("barcode", "call_number", "material_group", "part", "float_group", "not_for_loan"),
)
_MARKS: Final = {
    "lost": declare_lost,
    "found": find,
    "claimed_returned": claim_returned,
    "claim_withdrawn": withdraw_claim,
}


def _changeable(barcode: str, principal: Principal, context: Context) -> CirculationStatus:
    """An item that the caller may change. Raises Problem."""
    status = status_of(barcode, context)
    home = status.item.home_branch
    if not principal.may(Right.CHANGE_ITEMS, home.agency_id, home.id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.CHANGE_ITEMS)
    return status


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


def change_written(barcode: str, wish: ItemChanges, principal: Principal, context: Context) -> str:
    """Changes what is written of an item, and its place; gives the barcode that it then has.
    Raises Problem with all that is wrong."""
    change = ItemChange(
        **{name: value for name in _TEXTS if (value := getattr(wish, name)) is not None}
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
    post(
        f"{ITEM}/state",
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
        path=ITEM,
        summary="Change what is written of an item",
        handler=alter_item,
        answer=ItemStatus,
        body=OneItemChange,
        tag="items",
        right=Right.CHANGE_ITEMS,
        lane=Lane.WRITE,
    ),
)
