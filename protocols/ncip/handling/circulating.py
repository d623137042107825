"""Check-out, renewal and check-in (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from circulation.interlending.partner_requests import hold_of_request
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Loan, Patron, Refused
from circulation.loans import lending, renewals, returns
from circulation.loans.features import HoldHandling
from circulation.loans.wishes import LoanWish, RenewalWish
from protocols.hosting.answering import Context
from protocols.ncip.handling.once import once
from protocols.ncip.messages import Problem, Refusal, Response
from protocols.ncip.models.circulation import (
    CheckInItem,
    CheckInItemResponse,
    CheckOutItem,
    CheckOutItemResponse,
    RenewItem,
    RenewItemResponse,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import borrower_told, is_agreed, is_loan_agreed
from protocols.ncip.subjects.items import barcode_of, item_id_of, local_time, routing
from protocols.ncip.subjects.money import acknowledged, charged, required_fee
from protocols.ncip.subjects.named import Named, desk_of, user_and_item
from protocols.ncip.subjects.telling import item_fields, user_fields
from protocols.ncip.subjects.users import user_id

#: Reasons for which a repeated check-out may be refused although it was carried out: the item is on
#: loan to this user, and counts towards limits that are now reached.
_REPETITION = frozenset(
    {Reason.ALREADY_ON_LOAN_TO_PATRON, Reason.TOO_MANY_LOANS, Reason.TOO_MANY_LOANS_IN_GROUP}
)


@once(CheckOutItemResponse, by_item=True)
def check_out_item(request: CheckOutItem, caller: Partner, context: Context) -> Response:
    """Lends an item, for no longer than DesiredDateDue and the rules allow. A MandatedAction has
    happened already: if the partner may serve the user, and change an existing loan, it is recorded
    whatever the rules say, due on DesiredDateDue if there is one. A repetition, as after a lost
    answer, is answered with the existing loan.
    """
    named = user_and_item(request)
    if isinstance(named, Refusal):
        return named
    mandated = _mandated(request, named, caller, context)
    result = lending.check_out(
        context.act(desk_of(caller, context)),
        LoanWish(
            patron=named.user.identifier,
            pin=named.user.pin,
            item=named.barcode,
            no_block=mandated is not None,
            happened=mandated,
            due=request.desired_date_due,
            wanted_until=request.desired_date_due,
            fee_acknowledged=acknowledged(request.acknowledged_fee_amount),
            for_hold=_hold_of(request, caller, context),
        ),
    )
    information = None
    if isinstance(result, Refused):
        repeated = _repeated_loan(result)
        if repeated is None:
            return _refused(request, result, named)
        item, patron, loan = repeated
    else:
        item, patron, loan = result.item, result.patron, result.loan
        information = charged(result.charged, item.home_branch.agency_isil)
    return CheckOutItemResponse(
        item_id=item_id_of(item),
        user_id=user_id(patron.identifier, item.home_branch.agency_isil),
        date_due=local_time(loan.due, item.home_branch),
        renewal_count=loan.renewals,
        fiscal_transaction_information=information,
        item_optional_fields=item_fields(request, item.barcode, caller, context),
        user_optional_fields=user_fields(request, patron.identifier, caller, context),
    )


def _hold_of(request: CheckOutItem, caller: Partner, context: Context) -> int | None:
    """The hold that the RequestId means: a library may be waiting for several copies of one
    title."""
    name = request.request_id.request_identifier_value if request.request_id else None
    return hold_of_request(context.transaction, caller.agency, name) if name else None


def mandated_at(request: Any, caller: Partner, context: Context) -> datetime | None:
    """When a mandated action happened; None if the request is not one, or may not be one."""
    if request.mandated_action is None or not caller.mandated_actions:
        return None
    return request.mandated_action.date_event_occurred or context.now


def _mandated(request: Any, named: Named, caller: Partner, context: Context) -> datetime | None:
    """The same for a loan: it overrides the rules of the item's owner, too, and ends the loan of
    whoever has the item."""
    if not is_agreed(named.user.identifier, caller, context):
        return None
    is_ours = is_loan_agreed(named.barcode, caller, context)
    return mandated_at(request, caller, context) if is_ours else None


def _refused(request: Any, result: Refused, named: Named) -> Refusal:
    found = problems(type(request).__name__, result.refusals, named.quotable)
    return replace(refusal(request, *found), required_fee_amount=required_fee(result))


def _repeated_loan(refused: Refused) -> tuple[Item, Patron, Loan] | None:
    """The loan that a repeated check-out asks for again."""
    if Reason.ALREADY_ON_LOAN_TO_PATRON not in refused.reasons:
        return None
    if not _REPETITION.issuperset(refused.reasons):
        return None
    if refused.item is None or refused.patron is None or refused.loan is None:
        return None
    return refused.item, refused.patron, refused.loan


def renew_item(
    request: RenewItem, caller: Partner, context: Context, *, by_owner: bool = False
) -> Response:
    """Renews the user's loan of an item; the rules take precedence over DesiredDateDue. A
    MandatedAction has happened already: if the partner may serve the user, and change loans of the
    item, it is recorded whatever the rules say, until DesiredDateDue if there is one. `by_owner`:
    the partner has lent us the item, and renews it itself.
    """
    named = user_and_item(request)
    if isinstance(named, Refusal):
        return named
    mandated = _mandated(request, named, caller, context)
    result = renewals.renew(
        context.act(desk_of(caller, context)),
        RenewalWish(
            patron=named.user.identifier,
            pin=named.user.pin,
            item=named.barcode,
            no_block=mandated is not None,
            happened=mandated,
            due=request.desired_date_due,
            fee_acknowledged=acknowledged(request.acknowledged_fee_amount),
            by_owner=by_owner,
        ),
    )
    if isinstance(result, Refused):
        return _refused(request, result, named)
    return RenewItemResponse(
        item_id=item_id_of(result.item),
        user_id=user_id(result.patron.identifier, result.item.home_branch.agency_isil),
        date_due=local_time(result.loan.due, result.item.home_branch),
        renewal_count=result.loan.renewals,
        fiscal_transaction_information=charged(result.charged, result.item.home_branch.agency_isil),
        item_optional_fields=item_fields(request, result.item.barcode, caller, context),
        user_optional_fields=user_fields(request, result.patron.identifier, caller, context),
    )


def check_in_item(
    request: CheckInItem, caller: Partner, context: Context, *, is_returned: bool = False
) -> Response:
    """Takes an item back, and says where it goes.

    A MandatedAction says when it came, if the partner may change the loan. An item that was not on
    loan is taken back all the same; the answer is then the standard's Problem for it, which brokers
    take as done. `is_returned`: the partner has lent us the item, and the desk has taken it back,
    so that this is no problem.
    """
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    is_ours = is_loan_agreed(barcode, caller, context)
    result = returns.check_in(
        context.act(desk_of(caller, context)),
        item=barcode,
        returned=mandated_at(request, caller, context) if is_ours else None,
        holds=HoldHandling.BIND,
    )
    if isinstance(result, Refused):
        quotable: dict[str, str | None] = {"ItemIdentifierValue": barcode}
        return refusal(request, *problems("CheckInItem", result.refusals, quotable))
    if not result.was_on_loan and not is_returned:
        return refusal(
            request,
            problem(
                ProblemType.ITEM_NOT_CHECKED_OUT,
                f"the item was not on loan; it goes {result.destination.value}",
                "ItemIdentifierValue",
                barcode,
            ),
        )
    agency = result.item.home_branch.agency_isil
    card = borrower_told(result.borrower, caller, context)
    return CheckInItemResponse(
        item_id=item_id_of(result.item),
        user_id=user_id(card, agency) if card else None,
        routing_information=routing(result),
        # What a late return costs is information about the borrower, too.
        fiscal_transaction_information=charged(result.charged, agency) if card else None,
        item_optional_fields=item_fields(request, barcode, caller, context),
        user_optional_fields=user_fields(request, card, caller, context) if card else None,
    )
