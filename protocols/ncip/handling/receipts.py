"""Notifications that partners send (Z39.83-1-2012, 5.5): what has happened on the other side. Each
is acknowledged by an empty response. Its RequestId, else its ItemId, identifies the loan; our own
record of that says whether we lend or borrow.
"""

from __future__ import annotations

from typing import Any

from circulation.holds.changing import cancel_hold
from circulation.interlending.asking import declined
from circulation.interlending.borrowing import (
    cancel_borrowing,
    expect,
    send_home,
    shipped,
)
from circulation.interlending.owners import grant_renewal, recalled_by_owner, refuse_renewal
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    loan_of_barcode,
    loan_of_request,
)
from circulation.interlending.states import BorrowingAction, LendingAction, Obstacle, Role
from circulation.kernel.results import Refused
from circulation.loans import renewals
from circulation.loans.wishes import RenewalWish
from protocols.hosting.answering import Context
from protocols.ncip.handling.interlending import agreement_of, hindrance, incoming_of
from protocols.ncip.messages import Refusal, Response
from protocols.ncip.models.interlending import (
    CirculationStatusUpdated,
    ItemCheckedIn,
    ItemCheckedOut,
    ItemRecalled,
    ItemReceived,
    ItemRenewed,
    ItemRequestCancelled,
    ItemRequested,
    ItemShipped,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import is_agreed
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.users import folded

#: Values of CirculationStatus about a renewal that was asked for, and about loss.
_NOT_RENEWED = frozenset({"itemnotrenewed", "notrenewed", "renewaldenied"})
_LOST = frozenset({"lost", "missing"})


def acknowledged(request: Any) -> Refusal:
    """The empty response: a refusal without a Problem."""
    return Refusal(type(request).__name__, ())


def item_requested(request: ItemRequested, caller: Partner, context: Context) -> Response:
    """Our user has asked for it elsewhere: it is expected."""
    given = request.request_id.request_identifier_value if request.request_id else None
    barcode = request.item_id.item_identifier_value if request.item_id else None
    name = given or barcode
    user = request.user_id.user_identifier_value if request.user_id else None
    if name is None or user is None:
        missing = "RequestId" if name is None else "UserId"
        return refusal(
            request, problem(ProblemType.NEEDED_DATA_MISSING, "this must be named", missing)
        )
    outcome = expect(
        context.act(desk_of(caller, context)),
        agreement=agreement_of(caller),
        request_id=name,
        patron=user,
        incoming=incoming_of(request.item_id, request.item_optional_fields),
    )
    if isinstance(outcome, Refused):
        return _refused(request, outcome, {"UserIdentifierValue": user})
    return acknowledged(request)


def item_shipped(request: ItemShipped, caller: Partner, context: Context) -> Response:
    """The owner has sent it to us; or the borrower has sent ours back."""
    loan = loan_meant(request, caller, context)
    if loan is None and request.request_id is not None:
        loan = _expected_unseen(request, caller, context)
    if loan is None:
        return _unknown(request)
    if not loan.is_borrowed:
        return _outcome(
            request,
            advance(context.act(), loan, LendingAction.SEND_BACK),
        )
    barcode = request.item_id.item_identifier_value if request.item_id else None
    return _outcome(
        request,
        shipped(context.act(), loan, barcode=barcode or ""),
    )


def item_received(request: ItemReceived, caller: Partner, context: Context) -> Response:
    """It has arrived at the borrower; or is back at its owner."""
    return _there(request, LendingAction.ARRIVE, caller, context)


def item_checked_in(request: ItemCheckedIn, caller: Partner, context: Context) -> Response:
    """The borrower's user has returned it; or its owner has it back."""
    return _there(request, LendingAction.SEND_BACK, caller, context)


def _there(request: Any, action: LendingAction, caller: Partner, context: Context) -> Response:
    loan = loan_meant(request, caller, context)
    if loan is None:
        return _unknown(request)
    if not loan.is_borrowed:
        return _outcome(request, advance(context.act(), loan, action))
    return _outcome(
        request,
        send_home(context.act(desk_of(caller, context)), loan),
    )


def item_checked_out(request: ItemCheckedOut, caller: Partner, context: Context) -> Response:
    """The owner has lent it to us, until a day; or the borrower has lent ours to its user."""
    loan = loan_meant(request, caller, context)
    if loan is None:
        return _unknown(request)
    if not loan.is_borrowed:
        said = advance(context.act(), loan, LendingAction.ARRIVE)
        return _outcome(request, said)
    barcode = request.item_id.item_identifier_value if request.item_id else None
    return _outcome(
        request,
        shipped(
            context.act(),
            loan,
            barcode=barcode or "",
            due=request.date_due if caller.due_dates == "owner" else None,
        ),
    )


def item_renewed(request: ItemRenewed, caller: Partner, context: Context) -> Response:
    """The owner has renewed it; or the borrower wants ours longer, which our rules decide."""
    loan = loan_meant(request, caller, context)
    if loan is None:
        return _unknown(request)
    desk = desk_of(caller, context)
    if loan.is_borrowed:
        return _outcome(
            request,
            grant_renewal(context.act(desk), loan, due=request.date_due),
        )
    renewed = renewals.renew(
        context.act(desk), RenewalWish(patron=loan.user, item=loan.barcode, seen=False)
    )
    if isinstance(renewed, Refused):
        return _refused(request, renewed, {"ItemIdentifierValue": loan.barcode})
    return acknowledged(request)


def item_recalled(request: ItemRecalled, caller: Partner, context: Context) -> Response:
    """Its owner wants it back."""
    loan = loan_meant(request, caller, context)
    if loan is None or not loan.is_borrowed:
        return _unknown(request)
    return _outcome(
        request,
        recalled_by_owner(context.act(desk_of(caller, context)), loan, due=request.date_due),
    )


def item_request_cancelled(
    request: ItemRequestCancelled, caller: Partner, context: Context
) -> Response:
    """The owner does not lend it, or the user no longer wants it; or the borrower does not want
    ours."""
    loan = loan_meant(request, caller, context)
    if loan is None:
        return _unknown(request)
    desk = desk_of(caller, context)
    if loan.is_borrowed:
        # Our patron may have cancelled at the broker what it asked for in their name.
        is_our_wish = loan.request_id == str(loan.id) and loan.hold_id is None
        if is_our_wish and loan.closed is None:
            ended = declined(context.act(desk), loan, "", BorrowingAction.CANCEL)
        else:
            ended = cancel_borrowing(context.act(desk), loan)
        return _outcome(request, ended)
    if loan.hold_id is None or loan.closed is not None:
        said = advance(context.act(), loan, LendingAction.CANCEL)
        return _outcome(request, said)
    cancelled = cancel_hold(context.act(desk), patron=loan.user, hold_id=loan.hold_id)
    if isinstance(cancelled, Refused):
        return _refused(request, cancelled, {})
    return acknowledged(request)


def circulation_status_updated(
    request: CirculationStatusUpdated, caller: Partner, context: Context
) -> Response:
    """The owner does not renew it, or it was lost; other statuses are only acknowledged."""
    loan = loan_meant(request, caller, context)
    if loan is None:
        return _unknown(request)
    status = folded(request.circulation_status.value) if request.circulation_status else ""
    if loan.is_borrowed and status in _NOT_RENEWED:
        refused = refuse_renewal(context.act(desk_of(caller, context)), loan)
        return _outcome(request, refused)
    if not loan.is_borrowed and status in _LOST:
        said = advance(context.act(), loan, LendingAction.LOSE)
        return _outcome(request, said)
    return acknowledged(request)


def loan_meant(request: Any, caller: Partner, context: Context) -> InterlibraryLoan | None:
    """The loan that a message of the partner is about: the open one, or the last."""
    request_id = getattr(request, "request_id", None)
    name = request_id.request_identifier_value if request_id else None
    if name is not None:
        of_roles = [
            found
            for role in Role
            if (found := loan_of_request(context.transaction, caller.key, role, name)) is not None
        ]
        if of_roles:
            return min(of_roles, key=lambda each: each.closed is not None)
    barcode = request.item_id.item_identifier_value if request.item_id else None
    return (barcode and loan_of_barcode(context.transaction, caller.key, barcode)) or None


def _expected_unseen(
    request: ItemShipped, caller: Partner, context: Context
) -> InterlibraryLoan | None:
    """Something sent without notice: from now on it is expected, for its user if they are known
    here and the partner may serve them."""
    name = request.request_id.request_identifier_value if request.request_id else None
    if name is None:
        return None
    given = request.user_id.user_identifier_value if request.user_id else None
    if given is not None and not is_agreed(given, caller, context):
        given = None
    for user in (given, None):
        outcome = expect(
            context.act(desk_of(caller, context)),
            agreement=agreement_of(caller),
            request_id=name,
            patron=user,
            incoming=incoming_of(request.item_id, request.item_optional_fields),
        )
        if isinstance(outcome, InterlibraryLoan):
            return outcome
    return None


def _refused(request: Any, refused: Refused, quotable: dict[str, str | None]) -> Response:
    """Why it could not be recorded, in the types that a notification may use."""
    return refusal(request, *problems(type(request).__name__, refused.refusals, quotable))


def _unknown(request: Any) -> Response:
    return hindrance(request, Obstacle.UNKNOWN, "RequestId")


def _outcome(request: Any, outcome: InterlibraryLoan | Obstacle) -> Response:
    if isinstance(outcome, Obstacle):
        return hindrance(request, outcome)
    return acknowledged(request)
