"""The stock: changes of many items, what is hardly used, the figures of a year."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from circulation.items.levels import LEVELS
from circulation.items.places import place_names_of
from circulation.items.removal import ItemNeeded, remove_item
from circulation.kernel.rights import Principal, Right
from circulation.kernel.trees import GROUPS
from circulation.stock.weeding import unused_items
from circulation.stock.yearly import figures_of_year
from protocols.api.authority import act_of, must_have_here, must_work_here
from protocols.api.messages import Reply
from protocols.api.models.answers import Coded
from protocols.api.models.stock import (
    ManyChanged,
    ManyChanges,
    Shelving,
    UnusedItems,
    UnusedQuery,
    Withdrawal,
    Withdrawn,
    YearlyFigures,
    YearQuery,
    unused_shown,
    year_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.item_changes import change_written
from protocols.api.operations.items import status_of
from protocols.api.paging import number_in, page_of
from protocols.api.problems import FieldError, Outcome, Problem
from protocols.api.unknown import no_item
from protocols.hosting.answering import Context, Lane


def show_shelving(request: Plain, principal: Principal, context: Context) -> Shelving:
    """What a form for items has to choose from: kinds of material, and the places of the caller's
    agency at each level."""
    must_work_here(principal, context, Right.LEND)
    names = place_names_of(context.transaction, principal.agency_id)
    places = (
        tuple(Coded(code, name) for (its, code), name in sorted(names.items()) if its == level)
        for level in LEVELS
    )
    groups = GROUPS.all(context.transaction)
    return Shelving(tuple(Coded(each.code, each.name) for each in groups), *places)


def _all_known(items: tuple[str, ...], principal: Principal, context: Context) -> None:
    """Raises Problem where there is not every item, or one is not the caller's to change."""
    errors = []
    for number, barcode in enumerate(items):
        try:
            home = status_of(barcode, context).item.home_branch
        except Problem:
            text = no_item(context.transaction, barcode)
            errors.append(FieldError(f"items.{number}", "unknown", text))
            continue
        if not principal.may(Right.CHANGE_MANY_ITEMS, home.agency_id, home.id):
            raise Problem(Outcome.RIGHT_MISSING, right=Right.CHANGE_MANY_ITEMS)
    if errors:
        raise Problem(Outcome.MALFORMED, errors=errors)


def change_many_items(
    request: Request[ManyChanges, None], principal: Principal, context: Context
) -> Reply:
    """Changes many items in the same way: all of them, or none with everything that is wrong."""
    wish = request.body
    if wish.changes.barcode is not None and len(wish.items) > 1:
        text = "one barcode is for one item"
        raise Problem(Outcome.MALFORMED, text, errors=[FieldError("changes.barcode", "one", text)])
    _all_known(wish.items, principal, context)
    changed, errors = 0, []
    for number, barcode in enumerate(wish.items):
        before = status_of(barcode, context).item
        try:
            now = change_written(barcode, wish.changes, principal, context)
        except Problem as problem:
            if problem.outcome is not Outcome.MALFORMED:
                raise
            errors += [
                FieldError(f"items.{number}", each.rule, each.text) for each in problem.errors
            ]
            continue
        changed += status_of(now, context).item != before
    if errors:
        raise Problem(Outcome.MALFORMED, errors=errors)
    return Reply(ManyChanged(len(wish.items), changed, not wish.dry_run), is_dry=wish.dry_run)


def withdraw_items(
    request: Request[Withdrawal, None], principal: Principal, context: Context
) -> Reply:
    """Takes items out of the stock for good: all of them, or none with all that stands in the
    way."""
    wish = request.body
    _all_known(wish.items, principal, context)
    errors, alone = [], []
    for number, barcode in enumerate(dict.fromkeys(wish.items)):
        home = status_of(barcode, context).item.home_branch
        act = act_of(principal, context, home.agency_id, home.id)
        answer = remove_item(act, item=barcode, why=wish.why or "")
        if isinstance(answer, ItemNeeded):
            field = f"items.{number}"
            errors += [FieldError(field, each.name.lower(), each.value) for each in answer.needs]
        elif answer is not None and answer.is_last:
            alone.append(str(answer.item.record_id))
    if errors:
        raise Problem(Outcome.CONFLICT, errors=errors)
    done = Withdrawn(len(wish.items), tuple(alone), not wish.dry_run)
    return Reply(done, is_dry=wish.dry_run)


def show_unused(
    request: Request[None, UnusedQuery], principal: Principal, context: Context
) -> Reply:
    """What stands on the shelves of the branch and was not lent since a day: to be weeded."""
    must_have_here(principal, Right.VIEW_REPORTS)
    query = request.query
    since = query.not_lent_since
    found = unused_items(
        context.transaction,
        branch_id=principal.branch_id,
        not_since=datetime(since.year, since.month, since.day, tzinfo=UTC),
        shelf=query.shelf,
        after=number_in(query),
        limit=query.limit,
    )
    following = found[-1].item_id if len(found) == query.limit else None
    return page_of(request, UnusedItems(tuple(map(unused_shown, found))), following)


def show_year(
    request: Request[None, YearQuery], principal: Principal, context: Context
) -> YearlyFigures:
    """The figures that Danmarks Statistik asks the caller's agency for. Stock is counted as it is
    now, so fetch them when the year has just ended."""
    must_have_here(principal, Right.VIEW_REPORTS)
    set_up = context.circulation.current_set_up(context.transaction)
    isil = set_up.agency_isil(principal.agency_id)
    if not isil:
        raise Problem(Outcome.NOT_FOUND)
    year = request.query.year
    found = figures_of_year(context.transaction, set_up, agency_id=principal.agency_id, year=year)
    return year_shown(isil, found)


_MANY: Final[dict[str, Any]] = {
    "tag": "stock",
    "right": Right.CHANGE_MANY_ITEMS,
    "lane": Lane.WRITE,
}
_REPORT: Final[dict[str, Any]] = {
    "tag": "reports",
    "right": Right.VIEW_REPORTS,
    "lane": Lane.WIDE_READ,
}
OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/shelving",
        "What items can be, and where they stand",
        show_shelving,
        Shelving,
        tag="stock",
        right=Right.LEND,
    ),
    post(
        "/stock/changes",
        "Change many items",
        change_many_items,
        ManyChanged,
        body=ManyChanges,
        outcomes=(Outcome.REFUSED,),
        **_MANY,
    ),
    post(
        "/stock/withdrawals",
        "Withdraw many items",
        withdraw_items,
        Withdrawn,
        body=Withdrawal,
        outcomes=(Outcome.CONFLICT,),
        **_MANY,
    ),
    get(
        "/lists/unused",
        "Items that are hardly used",
        show_unused,
        UnusedItems,
        query=UnusedQuery,
        **_REPORT,
    ),
    get(
        "/statistics/yearly",
        "The figures of a year",
        show_year,
        YearlyFigures,
        query=YearQuery,
        **_REPORT,
    ),
)
