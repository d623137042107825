"""Deliveries: announced by suppliers, waited for, and what comes unannounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalogue.changes.fetched import Fetched
from circulation.accession import deliveries as engine
from circulation.accession.announcing import (
    AnnouncedDelivery,
    AnnouncedLine,
    NotAnnounced,
    unknown_numbers,
)
from circulation.accession.announcing import announce as announce_verb
from circulation.accession.unexpected import branch_of_unexpected, settle_unexpected, unexpected_of
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import (
    branch_meant,
    branch_or_all,
    must_have_here,
    number_of,
    today_here,
)
from protocols.api.messages import Reply
from protocols.api.models.accession import (
    AllAnnounced,
    Announced,
    Deliveries,
    DeliveriesPaging,
    DeliveriesWish,
    DeliveryAnnouncement,
    DeliveryShown,
    LineWish,
    UnexpectedLine,
    UnexpectedLines,
    UnknownNumbers,
    delivery_shown,
    line_shown,
)
from protocols.api.models.common import Paging
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.accession import fetched_record
from protocols.api.paging import LARGEST_OF_FEW, day_place_in, number_in, page_of
from protocols.api.problems import FieldError, Outcome, Problem
from protocols.hosting.answering import Context, Lane

_ABOUT: Final[dict[str, Any]] = {"tag": "accession", "right": Right.EDIT_CATALOGUE}


def announce_delivery(
    request: Request[DeliveryAnnouncement, None], principal: Principal, context: Context
) -> Announced:
    """Takes note of what a supplier will send, all of it or nothing."""
    answer = _noted(request.body, "", {}, principal, context)
    if isinstance(answer, list):
        raise Problem(Outcome.MALFORMED, errors=answer)
    return answer


def announce_deliveries(
    request: Request[DeliveriesWish, None], principal: Principal, context: Context
) -> AllAnnounced:
    """Takes note of several deliveries, all of them or none with all that is wrong."""
    wish = request.body
    fetched = {
        number: fetched_record(each, f"fetched.{number}") for number, each in wish.fetched.items()
    }
    noted: list[Announced] = []
    errors: list[FieldError] = []
    for number, each in enumerate(wish.deliveries):
        answer = _noted(each, f"deliveries.{number}.", fetched, principal, context)
        if isinstance(answer, list):
            errors += answer
        else:
            noted.append(answer)
    if errors:
        raise Problem(Outcome.MALFORMED, errors=errors)
    return AllAnnounced(tuple(noted))


def list_unknown_numbers(
    request: Request[DeliveriesWish, None], principal: Principal, context: Context
) -> UnknownNumbers:
    """The numbers in these deliveries of which the catalogue has no record: whoever can fetches
    them elsewhere before the deliveries are announced."""
    for number, each in enumerate(request.body.deliveries):
        field = f"deliveries.{number}.branch"
        branch_meant(each.branch, principal, context, Right.EDIT_CATALOGUE, field)
    found = [
        number
        for each in request.body.deliveries
        for number in unknown_numbers(context.transaction, _told(each))
    ]
    return UnknownNumbers(tuple(dict.fromkeys(found)))


def _told(wish: DeliveryAnnouncement) -> AnnouncedDelivery:
    lines = tuple(map(_announced, wish.lines))
    return AnnouncedDelivery(wish.supplier, wish.order, wish.branch, lines, wish.expected)


def _noted(
    wish: DeliveryAnnouncement,
    within: str,
    fetched: Mapping[str, Fetched | None],
    principal: Principal,
    context: Context,
) -> Announced | list[FieldError]:
    """The delivery, noted; or all that is wrong with it, `within` being the part of the request in
    which it stands. Raises Problem."""
    right = Right.EDIT_CATALOGUE
    branches = {f"{within}branch": wish.branch}
    branches |= {
        f"{within}lines.{number}.branch": each.branch
        for number, each in enumerate(wish.lines)
        if each.branch is not None
    }
    errors: list[FieldError] = []
    for field, isil in branches.items():
        try:
            branch_meant(isil, principal, context, right, field)
        except Problem as problem:
            if problem.outcome is not Outcome.MALFORMED:
                raise
            errors += problem.errors
    if errors:
        return errors
    known = {number: each for number, each in fetched.items() if each is not None}
    answer = announce_verb(context.act(principal.desk), delivery=_told(wish), fetched=known)
    if isinstance(answer, NotAnnounced):
        return [
            FieldError(
                within.rstrip(".") or "body" if line is None else f"{within}lines.{line}",
                "unfit",
                text,
            )
            for line, text in answer.problems
        ]
    return Announced(
        str(answer.delivery_id),
        answer.lines,
        answer.copies,
        answer.new_titles,
        wish.supplier,
        wish.order,
    )


def _announced(line: LineWish) -> AnnouncedLine:
    given = line.model_dump(exclude={"price"})
    if line.price is None:
        return AnnouncedLine(**given)
    return AnnouncedLine(**given, price=line.price.amount, currency=line.price.currency)


def list_deliveries(
    request: Request[None, DeliveriesPaging], principal: Principal, context: Context
) -> Reply:
    """Deliveries that the branch waits for, by the day on which they are expected."""
    must_have_here(principal, Right.EDIT_CATALOGUE)
    query = request.query
    set_up = context.circulation.current_set_up(context.transaction)
    here = branch_or_all(principal, Right.EDIT_CATALOGUE)
    if query.order is not None:
        known = engine.deliveries_of_order(context.transaction, order_number=query.order)
        found = [each for each in known if here in (None, each.branch_id)]
        return Reply(Deliveries(tuple(delivery_shown(each, set_up) for each in found)))
    asked: dict[str, Any] = {
        "branch_id": here,
        "after": day_place_in(query),
        "limit": query.limit,
    }
    if query.overdue:
        today = today_here(principal, context)
        page = engine.overdue_deliveries(context.transaction, today=today, **asked)
    else:
        page = engine.open_deliveries(context.transaction, **asked)
    shown = tuple(delivery_shown(each, set_up) for each in page.lines)
    return page_of(request, Deliveries(shown), page.next)


def _delivery(
    request: Request[Any, Any], principal: Principal, context: Context
) -> engine.Delivery:
    """The delivery of the path. Raises Problem."""
    number = number_of(request.path["delivery"], None, LARGEST_OF_FEW)
    found = engine.get_delivery(context.transaction, delivery_id=number)
    branches = context.circulation.current_set_up(context.transaction).branches
    its = None if found is None else branches[found.branch_id]
    if (
        found is None
        or its is None
        or not principal.may(Right.EDIT_CATALOGUE, its.agency_id, its.id)
    ):
        raise Problem(Outcome.NOT_FOUND)
    return found


def show_delivery(request: Plain, principal: Principal, context: Context) -> DeliveryShown:
    """A delivery with its lines."""
    found = _delivery(request, principal, context)
    set_up = context.circulation.current_set_up(context.transaction)
    lines = engine.lines_of(context.transaction, delivery_id=found.id)
    return DeliveryShown(
        delivery_shown(found, set_up), tuple(line_shown(each, set_up) for each in lines)
    )


def close_delivery(request: Plain, principal: Principal, context: Context) -> DeliveryShown:
    """Waits no longer for what is missing of a delivery."""
    found = _delivery(request, principal, context)
    if not engine.close_delivery(context.act(principal.desk), found.id):
        raise Problem(Outcome.CONFLICT, "this delivery is closed already")
    return show_delivery(request, principal, context)


def show_unexpected(
    request: Request[None, Paging], principal: Principal, context: Context
) -> Reply:
    """What was scanned at the branch and nobody had announced."""
    must_have_here(principal, Right.EDIT_CATALOGUE)
    query = request.query
    found = unexpected_of(
        context.transaction,
        branch_id=branch_or_all(principal, Right.EDIT_CATALOGUE),
        after=number_in(query),
        limit=query.limit,
    )
    lines = tuple(
        UnexpectedLine(str(each.id), each.noted, each.scanned, each.actor, each.barcode, each.title)
        for each in found
    )
    following = found[-1].id if len(found) == query.limit else None
    return page_of(request, UnexpectedLines(lines), following)


def settle_unexpected_line(request: Plain, principal: Principal, context: Context) -> None:
    """Takes a line off that list: it was seen to."""
    must_have_here(principal, Right.EDIT_CATALOGUE)
    number = number_of(request.path["line"], None, LARGEST_OF_FEW)
    branch_id = branch_of_unexpected(context.transaction, unexpected_id=number)
    branches = context.circulation.current_set_up(context.transaction).branches
    its = None if branch_id is None else branches[branch_id]
    if its is None or not principal.may(Right.EDIT_CATALOGUE, its.agency_id, its.id):
        raise Problem(Outcome.NOT_FOUND)
    if not settle_unexpected(context.transaction, number, now=context.now):
        raise Problem(Outcome.NOT_FOUND, "there is no such line on the list")


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/deliveries",
        "Announce a delivery",
        announce_delivery,
        Announced,
        body=DeliveryAnnouncement,
        lane=Lane.WRITE,
        **_ABOUT,
    ),
    get(
        "/deliveries",
        "Deliveries that are waited for",
        list_deliveries,
        Deliveries,
        query=DeliveriesPaging,
        lane=Lane.WIDE_READ,
        **_ABOUT,
    ),
    post(
        "/deliveries/batch",
        "Announce several deliveries",
        announce_deliveries,
        AllAnnounced,
        body=DeliveriesWish,
        lane=Lane.WRITE,
        **_ABOUT,
    ),
    post(
        "/deliveries/unknown-numbers",
        "Titles to be fetched",
        list_unknown_numbers,
        UnknownNumbers,
        body=DeliveriesWish,
        lane=Lane.WIDE_READ,
        is_once=False,
        **_ABOUT,
    ),
    get("/deliveries/{delivery}", "A delivery", show_delivery, DeliveryShown, **_ABOUT),
    post(
        "/deliveries/{delivery}/end",
        "Close a delivery",
        close_delivery,
        DeliveryShown,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_ABOUT,
    ),
    get(
        "/lists/unexpected",
        "Scanned, and not announced",
        show_unexpected,
        UnexpectedLines,
        query=Paging,
        lane=Lane.WIDE_READ,
        **_ABOUT,
    ),
    post(
        "/lists/unexpected/{line}/settle",
        "Settle a line",
        settle_unexpected_line,
        None,
        status=204,
        **_ABOUT,
    ),
)
