"""Check-out, renewal and check-in (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from circulation import availability, lending, patrons, renewals, returns
from circulation.organisation import desk_at
from circulation.reasons import Reason
from circulation.results import Desk, Item, Loan, Patron, Refused
from circulation.routing import HoldHandling
from protocols.answering import Context
from protocols.ncip.items import (
    barcode_of,
    item_id_of,
    item_optional_fields,
    local_time,
    routing,
)
from protocols.ncip.messages import (
    CheckInItem,
    CheckInItemResponse,
    CheckOutItem,
    CheckOutItemResponse,
    ItemOptionalFields,
    Problem,
    RenewItem,
    RenewItemResponse,
    Response,
    UserOptionalFields,
)
from protocols.ncip.problems import ProblemType, problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.users import desired, named_user, user_id, user_optional_fields

#: What a check-out may be refused for and still be a repetition of one that was carried out: the
#: item is on loan to this user, and counts towards the limits it has reached.
_REPETITION = frozenset(
    {Reason.ALREADY_ON_LOAN_TO_PATRON, Reason.TOO_MANY_LOANS, Reason.TOO_MANY_LOANS_IN_GROUP}
)


class UnknownBranch(LookupError):
    """The configuration lets a partner work at a branch that does not exist."""


def desk_of(caller: Partner, context: Context) -> Desk:
    branch = caller.branch
    desk = desk_at(context.transaction, branch, actor=caller.known_as, device="NCIP")
    if desk is None:
        raise UnknownBranch(f"[ncip] partner {caller.known_as}: there is no branch {branch!r}")
    return desk


def check_out_item(request: CheckOutItem, caller: Partner, context: Context) -> Response:
    """Lends an item. DesiredDateDue gives way to the rules.

    A repetition, as after an answer that got lost, is answered with the loan there is.
    """
    user = named_user(request)
    barcode = barcode_of(request.item_id)
    missing = [each for each in (user, barcode) if isinstance(each, Problem)]
    if isinstance(user, Problem) or isinstance(barcode, Problem):
        return refusal(request, *missing)
    result = lending.check_out(
        context.circulation,
        context.transaction,
        desk=desk_of(caller, context),
        patron=user.identifier,
        pin=user.pin,
        item=barcode,
        now=context.now,
    )
    if isinstance(result, Refused):
        repeated = _repeated_loan(result)
        if repeated is None:
            quotable = {**user.quotable, "ItemIdentifierValue": barcode}
            return refusal(request, *problems("CheckOutItem", result.refusals, quotable))
        item, patron, loan = repeated
    else:
        item, patron, loan = result.item, result.patron, result.loan
    return CheckOutItemResponse(
        item_id=item_id_of(item),
        user_id=user_id(patron.identifier, item.home_branch.agency_isil),
        date_due=local_time(loan.due, item.home_branch),
        renewal_count=loan.renewals,
        item_optional_fields=_item_fields(request, item, context),
        user_optional_fields=_user_fields(request, patron.identifier, caller, context),
    )


def _repeated_loan(refused: Refused) -> tuple[Item, Patron, Loan] | None:
    """The loan that a repeated check-out asks for again."""
    if Reason.ALREADY_ON_LOAN_TO_PATRON not in refused.reasons:
        return None
    if not _REPETITION.issuperset(refused.reasons):
        return None
    if refused.item is None or refused.patron is None or refused.loan is None:
        return None
    return refused.item, refused.patron, refused.loan


def renew_item(request: RenewItem, caller: Partner, context: Context) -> Response:
    """Renews the user's loan of an item. DesiredDateDue gives way to the rules."""
    user = named_user(request)
    barcode = barcode_of(request.item_id)
    missing = [each for each in (user, barcode) if isinstance(each, Problem)]
    if isinstance(user, Problem) or isinstance(barcode, Problem):
        return refusal(request, *missing)
    result = renewals.renew(
        context.circulation,
        context.transaction,
        desk=desk_of(caller, context),
        patron=user.identifier,
        pin=user.pin,
        item=barcode,
        now=context.now,
    )
    if isinstance(result, Refused):
        quotable = {**user.quotable, "ItemIdentifierValue": barcode}
        return refusal(request, *problems("RenewItem", result.refusals, quotable))
    return RenewItemResponse(
        item_id=item_id_of(result.item),
        user_id=user_id(result.patron.identifier, result.item.home_branch.agency_isil),
        date_due=local_time(result.loan.due, result.item.home_branch),
        renewal_count=result.loan.renewals,
        item_optional_fields=_item_fields(request, result.item, context),
        user_optional_fields=_user_fields(request, result.patron.identifier, caller, context),
    )


def check_in_item(request: CheckInItem, caller: Partner, context: Context) -> Response:
    """Takes an item back, and says where it goes.

    An item that was not on loan is taken back all the same; the answer is the Problem that the
    standard has for it, which brokers take as done.
    """
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    result = returns.check_in(
        context.circulation,
        context.transaction,
        desk=desk_of(caller, context),
        item=barcode,
        now=context.now,
        # Whoever waits for it is told when staff have it in hand.
        holds=HoldHandling.BIND,
    )
    if isinstance(result, Refused):
        quotable: dict[str, str | None] = {"ItemIdentifierValue": barcode}
        return refusal(request, *problems("CheckInItem", result.refusals, quotable))
    if not result.was_on_loan:
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
    card = None
    if caller.sees_borrowers and result.borrower is not None:
        card = result.borrower.identifier
    return CheckInItemResponse(
        item_id=item_id_of(result.item),
        user_id=user_id(card, agency) if card else None,
        routing_information=routing(result),
        item_optional_fields=_item_fields(request, result.item, context),
        user_optional_fields=_user_fields(request, card, caller, context) if card else None,
    )


def _item_fields(
    request: CheckOutItem | RenewItem | CheckInItem, item: Item, context: Context
) -> ItemOptionalFields | None:
    """What the request wants to be told of the item, as it is after the verb."""
    wanted = desired(request.item_element_type)
    if not wanted:
        return None
    status = availability.circulation_status(
        context.circulation, context.transaction, item=item.barcode, now=context.now
    )
    return item_optional_fields(context.transaction, status, wanted) if status else None


def _user_fields(
    request: CheckOutItem | RenewItem | CheckInItem,
    identifier: str,
    caller: Partner,
    context: Context,
) -> UserOptionalFields | None:
    wanted = desired(request.user_element_type)
    if not wanted:
        return None
    status = patrons.patron_status(
        context.circulation, context.transaction, patron=identifier, now=context.now
    )
    if isinstance(status, Refused):
        return None
    return user_optional_fields(status, wanted, caller)
