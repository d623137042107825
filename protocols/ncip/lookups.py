"""The look-ups (Z39.83-1-2012, 5.3): a user, an item, the versions spoken here."""

from __future__ import annotations

from circulation import availability, patrons
from circulation.reasons import Reason
from circulation.results import CirculationStatus, Refused
from protocols.answering import Context
from protocols.ncip.circulating import desk_of
from protocols.ncip.dialects import VERSIONS
from protocols.ncip.items import barcode_of, item_id_of, item_optional_fields, local_time
from protocols.ncip.messages import (
    Code,
    CurrentBorrower,
    ItemTransaction,
    LoanedItem,
    LoanedItemsCount,
    LookupItem,
    LookupItemResponse,
    LookupUser,
    LookupUserResponse,
    LookupVersion,
    LookupVersionResponse,
    Problem,
    RequestedItemsCount,
    Response,
)
from protocols.ncip.problems import ProblemType, problem, problems, refusal
from protocols.ncip.requesting import HOLD, requested_items
from protocols.ncip.services import SERVICES
from protocols.ncip.settings import Partner
from protocols.ncip.users import desired, named_user, user_id, user_optional_fields

#: The most loans that one LookupUserResponse lists; the count is right beyond it.
LOANED_ITEMS = 500

#: What is told of an item where a LookupItem names no element.
_ALL_ITEM_ELEMENTS = frozenset(
    {
        "bibliographicdescription",
        "circulationstatus",
        "holdqueuelength",
        "itemdescription",
        "location",
    }
)


def look_up_user(request: LookupUser, caller: Partner, context: Context) -> Response:
    """What is known of a user; with a PIN, whether it is the right one."""
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    status = patrons.patron_status(
        context.circulation,
        context.transaction,
        patron=user.identifier,
        pin=user.pin,
        now=context.now,
        desk=desk_of(caller, context) if user.pin else None,
    )
    if isinstance(status, Refused):
        return refusal(request, *problems("LookupUser", status.refusals, user.quotable))
    loaned_items_count: tuple[LoanedItemsCount, ...] = ()
    loaned_item: tuple[LoanedItem, ...] = ()
    if request.loaned_items_desired:
        loans = patrons.patron_loans(
            context.circulation,
            context.transaction,
            patron=user.identifier,
            now=context.now,
            limit=LOANED_ITEMS,
        )
        if isinstance(loans, Refused):
            return refusal(request, *problems("LookupUser", loans.refusals, user.quotable))
        loaned_items_count = (LoanedItemsCount(Code("On Loan"), loans.total),)
        loaned_item = tuple(
            LoanedItem(
                item_id_of(each.item),
                date_due=local_time(each.loan.due, each.item.home_branch),
                title=each.item.title or None,
            )
            for each in loans.loans
        )
    requested = requested_items(user.identifier, context) if request.requested_items_desired else ()
    return LookupUserResponse(
        user_id=user_id(status.patron.identifier, status.home_branch.agency_isil),
        loaned_items_count=loaned_items_count,
        loaned_item=loaned_item,
        requested_items_count=(
            (RequestedItemsCount(HOLD, len(requested)),) if request.requested_items_desired else ()
        ),
        requested_item=requested,
        user_optional_fields=user_optional_fields(
            status, desired(request.user_element_type), caller
        ),
    )


def look_up_item(request: LookupItem, caller: Partner, context: Context) -> Response:
    """An item and what it is doing."""
    if request.item_id is None and request.request_id is not None:
        return refusal(
            request,
            problem(
                ProblemType.UNKNOWN_ITEM,
                "no request has this identifier",
                "RequestIdentifierValue",
                request.request_id.request_identifier_value,
            ),
        )
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    status = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if status is None:
        return refusal(
            request,
            problem(
                ProblemType.UNKNOWN_ITEM,
                Reason.ITEM_UNKNOWN.value,
                "ItemIdentifierValue",
                barcode,
            ),
        )
    wanted = desired(request.item_element_type) or _ALL_ITEM_ELEMENTS
    return LookupItemResponse(
        item_id=item_id_of(status.item),
        item_transaction=_transaction_of(request, status, caller),
        item_optional_fields=item_optional_fields(context.transaction, status, wanted),
    )


def _transaction_of(
    request: LookupItem, status: CirculationStatus, caller: Partner
) -> ItemTransaction | None:
    """Who has the item, for partners that may know."""
    borrower = status.borrower
    if not (request.current_borrower_desired and caller.sees_borrowers):
        return None
    if borrower is None or borrower.identifier is None:
        return None
    agency = status.item.home_branch.agency_isil
    return ItemTransaction(CurrentBorrower(user_id(borrower.identifier, agency)))


def look_up_version(request: LookupVersion, own_agency: str) -> LookupVersionResponse:
    """Which versions and services there are. Needs no partner and no database."""
    return LookupVersionResponse(
        from_agency_id=request.to_agency_id or Code(own_agency),
        to_agency_id=request.from_agency_id,
        version_supported=tuple(VERSIONS.values()),
        service_supported=(*sorted(SERVICES), "LookupVersion"),
    )
