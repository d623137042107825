"""What happens to an item: recalls, reports, statuses, an undone check-out (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from typing import Any

from circulation.holds.recalls import cancel_recall, recall
from circulation.items import availability
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CirculationStatus, ItemState, Refused
from circulation.kernel.results import Refusal as EngineRefusal
from circulation.loans.lost import MarkingVerb, claim_returned, declare_lost, find, withdraw_claim
from circulation.loans.undo import cancel_check_out
from protocols.hosting.answering import Context
from protocols.ncip.handling.lookups import unknown_item
from protocols.ncip.messages import Problem, Refusal, Response, UserId
from protocols.ncip.models.statuses import (
    CancelRecallItem,
    CancelRecallItemResponse,
    RecallItem,
    RecallItemResponse,
    ReportCirculationStatusChange,
    ReportCirculationStatusChangeResponse,
    UndoCheckOutItem,
    UndoCheckOutItemResponse,
    UpdateCirculationStatus,
    UpdateCirculationStatusResponse,
)
from protocols.ncip.models.users import UserOptionalFields
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import borrower_told
from protocols.ncip.subjects.items import barcode_of, circulation_status_of, item_id_of, local_time
from protocols.ncip.subjects.named import desk_of, is_given, known_user, user_and_item
from protocols.ncip.subjects.telling import item_fields, user_fields
from protocols.ncip.subjects.users import folded, named_user, user_id

#: What UpdateCirculationStatus does, by the new status and the present one. If they are the same,
#: nothing; all other statuses come about by lending and returning.
_BACK = frozenset({"availableonshelf", "waitingtobereshelved", "circulationstatusundefined"})
_VERBS: dict[tuple[str, ItemState], MarkingVerb] = {
    ("lost", ItemState.ON_LOAN): declare_lost,
    ("lost", ItemState.CLAIMED_RETURNED): declare_lost,
    ("lost", ItemState.AVAILABLE): declare_lost,
    ("lost", ItemState.IN_TRANSIT): declare_lost,
    ("missing", ItemState.AVAILABLE): declare_lost,
    ("missing", ItemState.IN_TRANSIT): declare_lost,
    ("claimedreturnedorneverborrowed", ItemState.ON_LOAN): claim_returned,
    ("onloan", ItemState.CLAIMED_RETURNED): withdraw_claim,
    ("onloan", ItemState.LOST): find,
    **{(status, ItemState.MISSING): find for status in _BACK},
}
_SAME = {("lost", ItemState.MISSING)}


def recall_item(request: RecallItem, caller: Partner, context: Context) -> Response:
    """Brings the due date of an item's loan forward as far as the rules allow, or to
    DesiredDateDue."""
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    recalled = recall(
        context.act(desk_of(caller, context)), item=barcode, wanted_by=request.desired_date_due
    )
    if isinstance(recalled, Refused):
        return _refused(request, recalled, barcode)
    status = _status(barcode, context)
    return RecallItemResponse(
        item_id=item_id_of(status.item),
        user_id=_borrower(status, caller, context),
        date_due=local_time(recalled.due, status.item.home_branch),
        item_optional_fields=item_fields(request, barcode, caller, context),
        user_optional_fields=_borrower_fields(request, status, caller, context),
    )


def cancel_recall_item(request: CancelRecallItem, caller: Partner, context: Context) -> Response:
    """Gives the loan its old due date back, unless somebody is waiting for the title."""
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    cancelled = cancel_recall(context.act(desk_of(caller, context)), item=barcode)
    if isinstance(cancelled, Refused):
        return _refused(request, cancelled, barcode)
    if cancelled is None:
        return refusal(
            request,
            problem(
                ProblemType.RECALL_CANNOT_BE_CANCELLED,
                "the loan was not recalled",
                "ItemIdentifierValue",
                barcode,
            ),
        )
    status = _status(barcode, context)
    return CancelRecallItemResponse(
        item_id=item_id_of(status.item),
        user_id=_borrower(status, caller, context),
        item_optional_fields=item_fields(request, barcode, caller, context),
        user_optional_fields=_borrower_fields(request, status, caller, context),
    )


def report_circulation_status_change(
    request: ReportCirculationStatusChange, caller: Partner, context: Context
) -> Response:
    """What a user says of an item they have on loan: returned, never borrowed, lost, missing."""
    named = user_and_item(request)
    if isinstance(named, Refusal):
        return named
    verb = _reported(request)
    if verb is None:
        return refusal(
            request,
            problem(ProblemType.NEEDED_DATA_MISSING, "nothing is reported", "ItemReportedReturned"),
        )
    user = known_user(request, named.user, context.act(desk_of(caller, context)))
    if isinstance(user, Refusal):
        return user
    now = availability.circulation_status(
        context.circulation, context.transaction, item=named.barcode, now=context.now
    )
    if now is None:
        return refusal(request, unknown_item(named.barcode))
    if now.borrower is None or now.borrower.patron_id != user.patron.id:
        theirs = Refused((EngineRefusal(Reason.NOT_ON_LOAN_TO_PATRON),), now.item)
        return _refused(request, theirs, named.barcode)
    marked = verb(context.act(desk_of(caller, context)), item=named.barcode)
    if isinstance(marked, Refused):
        return _refused(request, marked, named.barcode)
    identifier = user.patron.identifier
    return ReportCirculationStatusChangeResponse(
        item_id=item_id_of(marked.item),
        user_id=user_id(identifier, marked.item.home_branch.agency_isil),
        item_optional_fields=item_fields(request, named.barcode, caller, context),
        user_optional_fields=user_fields(request, identifier, caller, context),
    )


def _reported(request: ReportCirculationStatusChange) -> MarkingVerb | None:
    if request.item_reported_returned is not None or request.item_reported_never_borrowed:
        return claim_returned
    if request.item_reported_lost or request.item_reported_missing:
        return declare_lost
    return None


def update_circulation_status(
    request: UpdateCirculationStatus, caller: Partner, context: Context
) -> Response:
    """Says that an item is lost, missing, found or claimed; no other status can be set."""
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    if request.circulation_status is None:
        return refusal(
            request,
            problem(ProblemType.NEEDED_DATA_MISSING, "no status is given", "CirculationStatus"),
        )
    now = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if now is None:
        return refusal(request, unknown_item(barcode))
    wanted = folded(request.circulation_status.value)
    is_so = wanted == folded(circulation_status_of(now).value) or (wanted, now.state) in _SAME
    verb = _VERBS.get((wanted, now.state))
    if verb is None and not is_so:
        return refusal(
            request,
            problem(
                ProblemType.ELEMENT_RULE_VIOLATED,
                f"what an item is doing is computed, not set: it is {now.state.value}",
                "CirculationStatus",
                request.circulation_status.value,
            ),
        )
    if verb is not None and not is_so:
        marked = verb(context.act(desk_of(caller, context)), item=barcode)
        if isinstance(marked, Refused):
            return _refused(request, marked, barcode)
    return UpdateCirculationStatusResponse(item_id=item_id_of(now.item))


def undo_check_out_item(request: UndoCheckOutItem, caller: Partner, context: Context) -> Response:
    """Undoes the partner's own check-out of the item of just now."""
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    now = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if now is None:
        return refusal(request, unknown_item(barcode))
    told: UserId | None = None
    if is_given(request):
        named = named_user(request)
        if isinstance(named, Problem):
            return refusal(request, named)
        user = known_user(request, named, context.act(desk_of(caller, context)))
        if isinstance(user, Refusal):
            return user
        if now.borrower is not None and now.borrower.patron_id != user.patron.id:
            theirs = Refused((EngineRefusal(Reason.NOT_ON_LOAN_TO_PATRON),), now.item)
            return _refused(request, theirs, barcode)
        told = user_id(user.patron.identifier, now.item.home_branch.agency_isil)
    undone = cancel_check_out(context.act(desk_of(caller, context)), item=barcode)
    if isinstance(undone, Refused):
        return _refused(request, undone, barcode)
    return UndoCheckOutItemResponse(item_id=item_id_of(undone.item), user_id=told)


def _refused(request: Any, refused: Refused, barcode: str) -> Response:
    quotable: dict[str, str | None] = {"ItemIdentifierValue": barcode}
    return refusal(request, *problems(type(request).__name__, refused.refusals, quotable))


def _status(barcode: str, context: Context) -> CirculationStatus:
    status = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    assert status is not None
    return status


def _borrower(status: CirculationStatus, caller: Partner, context: Context) -> UserId | None:
    card = borrower_told(status.borrower, caller, context)
    return user_id(card, status.item.home_branch.agency_isil) if card else None


def _borrower_fields(
    request: Any, status: CirculationStatus, caller: Partner, context: Context
) -> UserOptionalFields | None:
    card = borrower_told(status.borrower, caller, context)
    return user_fields(request, card, caller, context) if card else None
