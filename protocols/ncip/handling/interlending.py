"""AcceptItem (Z39.83-1-2012, 5.4.1): an item borrowed from another library has arrived.

What the other core services mean for items of interlibrary loans: `lending_out`, `borrowed_items`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from circulation.interlending.borrowing import Agreement, Incoming, accept
from circulation.interlending.partner_requests import note_request
from circulation.interlending.rows import loan_of_request
from circulation.interlending.states import Obstacle, Role
from circulation.kernel.results import Refused
from protocols.hosting.answering import Context
from protocols.ncip.handling.once import once
from protocols.ncip.messages import Code, ItemId, Problem, Response
from protocols.ncip.models.interlending import AcceptItem, AcceptItemResponse
from protocols.ncip.models.items import ItemOptionalFields
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import ITEM_BARCODE
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.pickup import pickup_branch

Handler = Callable[[Any, Partner, Context], Response]

#: What hinders an interlibrary loan, in the words of the services that report it.
_HINDRANCES: dict[Obstacle, ProblemType] = {
    Obstacle.UNKNOWN: ProblemType.UNKNOWN_REQUEST,
    Obstacle.BARCODE_IN_USE: ProblemType.CANNOT_ACCEPT_ITEM,
    Obstacle.BARCODE_WRONG: ProblemType.CANNOT_ACCEPT_ITEM,
    Obstacle.NOT_ON_LOAN: ProblemType.ITEM_NOT_CHECKED_OUT,
    Obstacle.NOT_LENT: ProblemType.ITEM_NOT_CHECKED_OUT,
    Obstacle.IS_OVER: ProblemType.REQUEST_ALREADY_PROCESSED,
    Obstacle.ALREADY_LENT: ProblemType.REQUEST_ALREADY_PROCESSED,
}


def hindrance(
    request: Any, obstacle: Obstacle, element: str = "", value: str | None = None
) -> Response:
    """The refusal for an obstacle."""
    kind = _HINDRANCES.get(obstacle, ProblemType.ELEMENT_RULE_VIOLATED)
    return refusal(request, problem(kind, obstacle.value, element, value))


def agreement_of(caller: Partner) -> Agreement:
    """The agreement with the partner on items borrowed through it."""
    return Agreement(
        partner=caller.key,
        actor=caller.known_as,
        material_group=caller.item_type,
        location=caller.item_location,
        title_prefix=caller.title_prefix,
        keeps_owner_due=caller.due_dates == "owner",
        goes_at_check_in=caller.delete_on_check_in,
        is_renewable=caller.renewals,
    )


def _is_here(request: AcceptItem, caller: Partner, context: Context) -> bool:
    """Is what came under the RequestId still here?"""
    name = request.request_id.request_identifier_value if request.request_id else None
    loan = loan_of_request(context.transaction, caller.key, Role.BORROWER, name or "")
    return loan is not None and loan.closed is None


@once(AcceptItemResponse, still=_is_here)
def accept_item(request: AcceptItem, caller: Partner, context: Context) -> Response:
    """What was asked for elsewhere has arrived: it becomes a temporary item, kept for the user.
    Every RequestedActionType keeps it for pickup, as the user is not present; without UserId it is
    kept for nobody. PickupLocation is one of the partner's words, or an ISIL. A RequestId that was
    accepted before gets the same answer.
    """
    given = request.request_id.request_identifier_value if request.request_id else None
    if given is None:
        missing = ProblemType.NEEDED_DATA_MISSING
        return refusal(request, problem(missing, "no request is named", "RequestId"))
    pickup = pickup_branch(request, caller, context)
    if isinstance(pickup, Problem):
        return refusal(request, pickup)
    user = request.user_id.user_identifier_value if request.user_id else None
    incoming = incoming_of(request.item_id, request.item_optional_fields)
    outcome = accept(
        context.act(desk_of(caller, context)),
        agreement=agreement_of(caller),
        request_id=given,
        patron=user,
        incoming=Incoming(
            incoming.barcode,
            incoming.title,
            incoming.author,
            incoming.call_number,
            request.date_for_return,
            not request.renewal_not_permitted,
        ),
        pickup_branch=pickup,
    )
    if isinstance(outcome, Obstacle):
        return hindrance(request, outcome, "ItemIdentifierValue", incoming.barcode)
    if isinstance(outcome, Refused):
        quotable = {"UserIdentifierValue": user}
        return refusal(request, *problems("AcceptItem", outcome.refusals, quotable))
    if outcome.loan.hold_id is not None and outcome.check_in is not None:
        note_request(context.transaction, caller.agency, given, outcome.loan.hold_id)
    branches = context.circulation.current_set_up(context.transaction).branches
    agency = Code(branches[outcome.loan.branch_id].agency_isil)
    return AcceptItemResponse(
        request_id=request.request_id,
        item_id=ItemId(agency, ITEM_BARCODE, outcome.loan.barcode),
    )


def incoming_of(item_id: ItemId | None, fields: ItemOptionalFields | None) -> Incoming:
    """What a message says of another library's item."""
    described = fields.bibliographic_description if fields else None
    physical = fields.item_description if fields else None
    return Incoming(
        barcode=(item_id.item_identifier_value if item_id else None) or "",
        title=(described.title if described else None) or "",
        author=(described.author if described else None) or "",
        call_number=(physical.call_number if physical else None) or "",
    )
