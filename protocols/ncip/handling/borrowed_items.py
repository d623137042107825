"""What the core services mean for a temporary item: it goes home, or its owner answers. Each
function here wraps the handler of a service, and passes on to it all requests about other items.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from catalogue.items import find_item
from circulation.interlending.borrowing import cancel_borrowing, send_home
from circulation.interlending.owners import grant_renewal, recalled_by_owner
from circulation.interlending.rows import InterlibraryLoan, loan_of_barcode, loan_of_request
from circulation.interlending.states import BorrowingState, Obstacle, Role
from protocols.hosting.answering import Context
from protocols.ncip.handling.interlending import Handler, hindrance
from protocols.ncip.messages import Problem, Response
from protocols.ncip.models.circulation import (
    CheckInItem,
    CheckInItemResponse,
    RenewItem,
    RenewItemResponse,
)
from protocols.ncip.models.requests import CancelRequestItem, CancelRequestItemResponse
from protocols.ncip.models.statuses import RecallItem, RecallItemResponse
from protocols.ncip.models.stock import DeleteItem, DeleteItemResponse
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import barcode_of, local_time
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.users import user_id


def borrowed(barcode: str | Problem, caller: Partner, context: Context) -> InterlibraryLoan | None:
    """The open loan of another library's item to us that this partner has brought."""
    if isinstance(barcode, Problem):
        return None
    found = loan_of_barcode(context.transaction, caller.key, barcode)
    is_open = found is not None and found.closed is None and found.item_id is not None
    return found if found is not None and is_open and found.is_borrowed else None


class CheckInHandler(Protocol):
    """The handler of CheckInItem. `is_returned`: the desk has the item back already."""

    def __call__(
        self, request: CheckInItem, caller: Partner, context: Context, *, is_returned: bool = False
    ) -> Response: ...


def taking_back(inner: CheckInHandler) -> Handler:
    """CheckInItem: a temporary item goes home with it, if that is agreed. For one that the desk has
    taken back before, or that has gone home, the partner is told the same as for any other."""

    def check_in_item(request: CheckInItem, caller: Partner, context: Context) -> Response:
        barcode = barcode_of(request.item_id)
        loan = borrowed(barcode, caller, context)
        if loan is None and _has_gone(barcode, caller, context):
            return CheckInItemResponse(item_id=request.item_id)
        is_returned = loan is not None and loan.state is BorrowingState.RETURNED
        response = inner(request, caller, context, is_returned=is_returned)
        loan = borrowed(barcode, caller, context)
        if loan is not None and loan.goes_at_check_in:
            _send_home(loan, caller, context)
        return response

    return check_in_item


def _send_home(
    loan: InterlibraryLoan, caller: Partner, context: Context
) -> InterlibraryLoan | Obstacle:
    return send_home(context.act(desk_of(caller, context)), loan)


def deleting(inner: Handler) -> Handler:
    """DeleteItem: a temporary item goes home. A repetition gets the same answer."""

    def delete_item(request: DeleteItem, caller: Partner, context: Context) -> Response:
        barcode = barcode_of(request.item_id)
        loan = borrowed(barcode, caller, context)
        if loan is None:
            if _has_gone(barcode, caller, context):
                return DeleteItemResponse(item_id=request.item_id)
            return inner(request, caller, context)
        outcome = _send_home(loan, caller, context)
        if isinstance(outcome, Obstacle):
            return hindrance(request, outcome, "ItemIdentifierValue", loan.barcode)
        return DeleteItemResponse(item_id=request.item_id)

    return delete_item


def _has_gone(barcode: str | Problem, caller: Partner, context: Context) -> bool:
    if isinstance(barcode, Problem) or find_item(context.transaction, barcode) is not None:
        return False
    found = loan_of_barcode(context.transaction, caller.key, barcode)
    return found is not None and found.state is BorrowingState.COMPLETED


def cancelling(inner: Handler) -> Handler:
    """CancelRequestItem: an item that has not come yet is no longer expected."""

    def cancel_request_item(
        request: CancelRequestItem, caller: Partner, context: Context
    ) -> Response:
        given = request.request_id.request_identifier_value if request.request_id else None
        loan = given and loan_of_request(context.transaction, caller.key, Role.BORROWER, given)
        if not loan or loan.closed is not None or loan.hold_id is not None:
            return inner(request, caller, context)
        branches = context.circulation.current_set_up(context.transaction).branches
        user = user_id(loan.user, branches[loan.branch_id].agency_isil) if loan.user else None
        outcome = cancel_borrowing(context.act(desk_of(caller, context)), loan)
        if isinstance(outcome, Obstacle):
            return hindrance(request, outcome, "RequestIdentifierValue", given)
        return CancelRequestItemResponse(
            request_id=request.request_id, user_id=user or request.user_id
        )

    return cancel_request_item


class Renewing(Protocol):
    """The handler of RenewItem, which may be told that the item's owner is asking."""

    def __call__(
        self, request: RenewItem, caller: Partner, context: Context, *, by_owner: bool = False
    ) -> Response: ...


def renewing(inner: Renewing) -> Handler:
    """RenewItem: a partner that renews a borrowed item has the owner's consent. It is then never
    too early, and the owner is not asked again.
    """

    def renew_item(request: RenewItem, caller: Partner, context: Context) -> Response:
        loan = borrowed(barcode_of(request.item_id), caller, context)
        response = inner(request, caller, context, by_owner=loan is not None)
        if loan is None or not isinstance(response, RenewItemResponse):
            return response
        loan = borrowed(barcode_of(request.item_id), caller, context) or loan
        wanted = request.desired_date_due
        granted = grant_renewal(context.act(desk_of(caller, context)), loan, due=wanted)
        if isinstance(granted, Obstacle) or wanted is None or granted.due is None:
            return response
        branches = context.circulation.current_set_up(context.transaction).branches
        return replace(response, date_due=local_time(granted.due, branches[loan.branch_id]))

    return renew_item


def recalling(inner: Handler) -> Handler:
    """RecallItem: the owner of a borrowed item wants it back."""

    def recall_item(request: RecallItem, caller: Partner, context: Context) -> Response:
        loan = borrowed(barcode_of(request.item_id), caller, context)
        if loan is None:
            return inner(request, caller, context)
        outcome = recalled_by_owner(
            context.act(desk_of(caller, context)), loan, due=request.desired_date_due
        )
        if isinstance(outcome, Obstacle):
            return hindrance(request, outcome, "ItemIdentifierValue", loan.barcode)
        branch = context.circulation.current_set_up(context.transaction).branches[loan.branch_id]
        return RecallItemResponse(
            item_id=request.item_id,
            date_due=local_time(outcome.due, branch) if outcome.due else None,
        )

    return recall_item
