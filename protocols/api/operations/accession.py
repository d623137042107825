"""New items: a number becomes an item that is ready to lend; deliveries, announced and received.

The API fetches no records from other catalogues: whoever has one adds it to the catalogue first, or
gives a title for a brief record.
"""

from __future__ import annotations

from typing import Any, Final

from circulation.accession import deliveries as engine
from circulation.accession.adding import Brief, NotAccessioned, Obstacle
from circulation.accession.adding import accession as accession_verb
from circulation.accession.announcing import (
    AnnouncedDelivery,
    AnnouncedLine,
    NotAnnounced,
)
from circulation.accession.announcing import announce as announce_verb
from circulation.accession.receiving import NotReceived
from circulation.accession.receiving import Received as KnownReceived
from circulation.accession.receiving import receive as receive_verb
from circulation.accession.unexpected import branch_of_unexpected, settle_unexpected, unexpected_of
from circulation.kernel.rights import Principal, Right
from protocols.api.authority import (
    branch_meant,
    must_have_here,
    must_work_here,
    number_of,
    today_here,
)
from protocols.api.messages import Reply
from protocols.api.models.accession import (
    Accessioned,
    AccessionWish,
    Announced,
    Deliveries,
    DeliveriesPaging,
    DeliveryShown,
    DeliveryWish,
    LineWish,
    ReceiptWish,
    Received,
    UnexpectedLine,
    UnexpectedLines,
    accessioned_shown,
    delivery_shown,
    line_shown,
    put_where,
)
from protocols.api.models.common import Paging
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.paging import LARGEST_OF_FEW, number_in, page_of, place_in
from protocols.api.problems import FieldError, Outcome, Problem
from protocols.hosting.answering import Context, Lane

_ABOUT: Final[dict[str, Any]] = {"tag": "accession", "right": Right.EDIT_CATALOGUE}


def _not_done(answer: NotAccessioned) -> Problem:
    """Why no item was added; the field is named where it is one's."""
    obstacle = answer.obstacle
    text = f"{obstacle.value} ({answer.detail})" if answer.detail else obstacle.value
    return Problem(Outcome.CONFLICT, text, errors=[FieldError("body", obstacle.name.lower(), text)])


def accession(
    request: Request[AccessionWish, None], principal: Principal, context: Context
) -> Reply:
    """Adds an item of the title with this ISBN, ISSN, EAN or control number, and says where it is
    to be put. A title that the catalogue does not have needs `brief`."""
    must_work_here(principal, context, Right.EDIT_CATALOGUE)
    wish = request.body
    right = Right.EDIT_CATALOGUE
    home = None if wish.home is None else branch_meant(wish.home, principal, context, right, "home")
    answer = accession_verb(
        context.act(principal.desk),
        number=wish.number.strip(),
        item=wish.item.item,
        home_branch_id=None if home is None else home.id,
        brief=None if wish.brief is None else Brief(wish.brief.title, wish.brief.author),
    )
    if isinstance(answer, NotAccessioned):
        raise _not_done(answer)
    return Reply(accessioned_shown(answer, is_done=not wish.dry_run), is_dry=wish.dry_run)


def announce_delivery(
    request: Request[DeliveryWish, None], principal: Principal, context: Context
) -> Announced:
    """Takes note of what a supplier will send, all of it or nothing."""
    wish = request.body
    right = Right.EDIT_CATALOGUE
    branch_meant(wish.branch, principal, context, right)
    for number, each in enumerate(wish.lines):
        if each.branch is not None:
            field = f"lines.{number}.branch"
            branch_meant(each.branch, principal, context, right, field)
    lines = tuple(map(_announced, wish.lines))
    told = AnnouncedDelivery(wish.supplier, wish.order, wish.branch, lines, wish.expected)
    answer = announce_verb(context.act(principal.desk), delivery=told, fetched={})
    if isinstance(answer, NotAnnounced):
        errors = [
            FieldError("body" if line is None else f"lines.{line}", "unfit", text)
            for line, text in answer.problems
        ]
        raise Problem(Outcome.MALFORMED, errors=errors)
    return Announced(str(answer.delivery_id), answer.lines, answer.copies, answer.new_titles)


def _announced(line: LineWish) -> AnnouncedLine:
    given = line.model_dump(exclude={"price"})
    if line.price is None:
        return AnnouncedLine(**given)
    return AnnouncedLine(**given, price=line.price.amount, currency=line.price.currency)


def receive(
    request: Request[ReceiptWish, None], principal: Principal, context: Context
) -> Received | Problem:
    """Receives one item by its announced barcode or the number of its title."""
    must_work_here(principal, context, Right.EDIT_CATALOGUE)
    wish = request.body
    answer = receive_verb(
        context.act(principal.desk),
        scanned=wish.scanned,
        item=wish.item.item,
        take_unexpected=wish.take_unexpected,
    )
    if isinstance(answer, NotReceived):
        return _not_received(answer)
    if isinstance(answer, KnownReceived):
        set_up = context.circulation.current_set_up(context.transaction)
        return Received(
            answer.barcode,
            answer.line.title,
            delivery_shown(answer.delivery, set_up),
            None,
            put_where(answer.check_in),
            None,
        )
    added, obstacle = answer.accessioned, answer.obstacle
    return Received(
        None if added is None else added.item.barcode,
        answer.title,
        None,
        str(answer.id),
        None if added is None else put_where(added.check_in),
        None if obstacle is None else obstacle.obstacle.value,
    )


def _not_received(answer: NotReceived) -> Problem:
    if answer.problem is not None:
        return _not_done(answer.problem)
    if answer.known_barcode is not None:
        return _not_done(NotAccessioned(Obstacle.BARCODE_IN_USE, answer.known_barcode))
    barcodes = ", ".join(answer.announced_barcodes)
    text = f"scan the barcode: {barcodes}"
    return Problem(Outcome.CONFLICT, text, errors=[FieldError("scanned", "has_barcode", text)])


def list_deliveries(
    request: Request[None, DeliveriesPaging], principal: Principal, context: Context
) -> Reply:
    """Deliveries that the branch waits for, by the day on which they are expected."""
    must_have_here(principal, Right.EDIT_CATALOGUE)
    query = request.query
    asked: dict[str, Any] = {
        "branch_id": principal.branch_id,
        "after": place_in(query),
        "limit": query.limit,
    }
    if query.overdue:
        today = today_here(principal, context)
        page = engine.overdue_deliveries(context.transaction, today=today, **asked)
    else:
        page = engine.open_deliveries(context.transaction, **asked)
    set_up = context.circulation.current_set_up(context.transaction)
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
    engine.close_delivery(context.act(principal.desk), found.id)
    return show_delivery(request, principal, context)


def show_unexpected(
    request: Request[None, Paging], principal: Principal, context: Context
) -> Reply:
    """What was scanned at the branch and nobody had announced."""
    must_have_here(principal, Right.EDIT_CATALOGUE)
    query = request.query
    found = unexpected_of(
        context.transaction,
        branch_id=principal.branch_id,
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
    settle_unexpected(context.transaction, number, now=context.now)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/accessions",
        "Add an item",
        accession,
        Accessioned,
        body=AccessionWish,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
        **_ABOUT,
    ),
    post(
        "/deliveries",
        "Announce a delivery",
        announce_delivery,
        Announced,
        body=DeliveryWish,
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
    get("/deliveries/{delivery}", "A delivery", show_delivery, DeliveryShown, **_ABOUT),
    post(
        "/deliveries/{delivery}/end",
        "Close a delivery",
        close_delivery,
        DeliveryShown,
        lane=Lane.WRITE,
        **_ABOUT,
    ),
    post(
        "/deliveries/scans",
        "Receive an item",
        receive,
        Received,
        body=ReceiptWish,
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
