"""The look-ups (Z39.83-1-2012, 5.3): a user, an item, the versions spoken here."""

from __future__ import annotations

from typing import Any

from circulation.accounts.loans import BriefLoans
from circulation.holds.facts import holds_of_record
from circulation.holds.results import Hold
from circulation.items import availability
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CirculationStatus
from circulation.staff.lookups import Seen
from protocols.hosting.answering import Context
from protocols.ncip.handling.requesting import HOLD, requested_items
from protocols.ncip.messages import (
    Code,
    LookupVersion,
    LookupVersionResponse,
    Problem,
    Refusal,
    Response,
)
from protocols.ncip.models.lookups import (
    CurrentBorrower,
    CurrentRequester,
    ItemTransaction,
    LoanedItem,
    LoanedItemsCount,
    LookupItem,
    LookupItemResponse,
    LookupUser,
    LookupUserResponse,
    RequestedItemsCount,
)
from protocols.ncip.models.services import SERVICES
from protocols.ncip.models.users import AuthenticateUser, AuthenticateUserResponse
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import borrower_told, may_name
from protocols.ncip.subjects.items import (
    barcode_of,
    item_id,
    item_id_of,
    item_optional_fields,
    local_time,
)
from protocols.ncip.subjects.money import fiscal_accounts
from protocols.ncip.subjects.named import desk_of, known_user, known_user_and_loans
from protocols.ncip.subjects.request_ids import (
    card_of,
    found_request,
    item_id_of_hold,
    request_id_of,
)
from protocols.ncip.subjects.telling import hold_fields, note_look
from protocols.ncip.subjects.titles import ids_of_record
from protocols.ncip.subjects.users import desired, named_user, user_id, user_optional_fields
from protocols.ncip.wire.dialects import VERSIONS

#: The most loans that one LookupUserResponse lists; the count is right even beyond it.
LOANED_ITEMS = 500

#: What is told of an item if a LookupItem names no element.
ALL_ITEM_ELEMENTS = frozenset(
    {
        "bibliographicdescription",
        "circulationstatus",
        "holdqueuelength",
        "itemdescription",
        "location",
    }
)


def look_up_user(request: LookupUser, caller: Partner, context: Context) -> Response:
    """What is known of a user, and whether the PIN, if any, is right."""
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    desk = desk_of(caller, context)
    act, loans = context.act(desk), None
    if request.loaned_items_desired:
        found = known_user_and_loans(request, user, act, LOANED_ITEMS)
        if isinstance(found, Refusal):
            return found
        status, loans = found
    else:
        known = known_user(request, user, act)
        if isinstance(known, Refusal):
            return known
        status = known
    note_look(request, Seen.OPENED, status.patron.id, caller, context)
    requested = (
        requested_items(user.identifier, status, caller, context)
        if request.requested_items_desired
        else ()
    )
    return LookupUserResponse(
        user_id=user_id(status.patron.identifier, status.home_branch.agency_isil),
        user_fiscal_account=(
            fiscal_accounts(user.identifier, status, desk.agency_id, context)
            if request.user_fiscal_account_desired
            else ()
        ),
        loaned_items_count=(LoanedItemsCount(Code("On Loan"), loans.total),) if loans else (),
        loaned_item=_loaned_items(loans) if loans else (),
        requested_items_count=(
            (RequestedItemsCount(HOLD, len(requested)),) if request.requested_items_desired else ()
        ),
        requested_item=requested,
        user_optional_fields=user_optional_fields(
            context, status, desired(request.user_element_type), caller
        ),
    )


def authenticate_user(request: AuthenticateUser, caller: Partner, context: Context) -> Response:
    """Are these the right credentials? Only version 1 has this; there must be a secret."""
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    if user.pin is None:
        return refusal(
            request,
            problem(ProblemType.NEEDED_DATA_MISSING, "no secret is given", "AuthenticationInput"),
        )
    status = known_user(request, user, context.act(desk_of(caller, context)))
    if isinstance(status, Refusal):
        return status
    return AuthenticateUserResponse(
        user_id=user_id(status.patron.identifier, status.home_branch.agency_isil)
    )


def _loaned_items(loans: BriefLoans) -> tuple[LoanedItem, ...]:
    return tuple(
        [
            LoanedItem(
                item_id(barcode, branch),
                bibliographic_id=ids_of_record(control_number, branch.agency_isil),
                date_due=local_time(due, branch),
                title=title or None,
            )
            for barcode, title, control_number, branch, due in loans.loans
        ]
    )


def look_up_item(request: LookupItem, caller: Partner, context: Context) -> Response:
    """An item and what it is doing; by RequestId, the item that is on its way to its requester."""
    hold: Hold | None = None
    if request.item_id is None and request.request_id is not None:
        found = found_request(request.request_id, caller, context)
        if isinstance(found, Problem):
            return refusal(request, no_such_item(found))
        hold = found[0].hold
        if item_id_of_hold(hold) is None:  # no item yet: the answer is about the request alone
            return LookupItemResponse(
                request_id=request_id_of(hold, caller, context),
                item_optional_fields=hold_fields(request, hold, caller, context),
            )
    barcode = barcode_of(item_id_of_hold(hold) if hold else request.item_id)
    if isinstance(barcode, Problem):
        return refusal(request, barcode)
    status = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if status is None:
        return refusal(request, unknown_item(barcode))
    wanted = desired(request.item_element_type) or ALL_ITEM_ELEMENTS
    return LookupItemResponse(
        request_id=request_id_of(hold, caller, context) if hold else None,
        item_id=item_id_of(status.item),
        hold_pickup_date=(
            local_time(hold.deadline, hold.pickup_branch) if hold and hold.deadline else None
        ),
        date_recalled=(
            local_time(status.recalled, status.item.home_branch) if status.recalled else None
        ),
        item_transaction=_transaction_of(request, status, caller, context),
        item_optional_fields=item_optional_fields(context, status, wanted),
    )


def unknown_item(barcode: str) -> Problem:
    return problem(
        ProblemType.UNKNOWN_ITEM, Reason.ITEM_UNKNOWN.value, "ItemIdentifierValue", barcode
    )


def no_such_item(found: Problem) -> Problem:
    """LookupItem has no problem type for requests."""
    return problem(
        ProblemType.UNKNOWN_ITEM,
        found.problem_detail or "",
        found.problem_element or "",
        found.problem_value,
    )


def _transaction_of(
    request: LookupItem, status: CirculationStatus, caller: Partner, context: Context
) -> ItemTransaction | None:
    """Who has the item and who is waiting for its title, for partners that may know."""
    borrower = current_borrower(request, status, caller, context)
    requesters = current_requesters(request, status, caller, context)
    if borrower is None and not requesters:
        return None
    return ItemTransaction(borrower, requesters)


def current_borrower(
    request: Any, status: CirculationStatus, caller: Partner, context: Context
) -> CurrentBorrower | None:
    """Who has the item, for partners that may know."""
    if not request.current_borrower_desired:
        return None
    card = borrower_told(status.borrower, caller, context)
    if not card or status.borrower is None:
        return None
    note_look(request, Seen.LOANS, status.borrower.patron_id, caller, context)
    return CurrentBorrower(user_id(card, status.item.home_branch.agency_isil))


def current_requesters(
    request: Any, status: CirculationStatus, caller: Partner, context: Context
) -> tuple[CurrentRequester, ...]:
    """Who is waiting for the title, the next to be served first, for partners that may know."""
    if not (request.current_requesters_desired and caller.sees_borrowers and status.open_holds):
        return ()
    agency, told = status.item.home_branch.agency_isil, []
    for hold in holds_of_record(context.transaction, record_id=status.item.record_id):
        card = card_of(hold.patron_id, context)
        if card and may_name(hold.patron_id, card, caller, context):
            note_look(request, Seen.HOLDS, hold.patron_id, caller, context)
            told.append(CurrentRequester(user_id(card, agency)))
    return tuple(told)


def look_up_version(request: LookupVersion, own_agency: str) -> LookupVersionResponse:
    """The versions and services that there are. Needs no partner and no database."""
    return LookupVersionResponse(
        from_agency_id=request.to_agency_id or Code(own_agency),
        to_agency_id=request.from_agency_id,
        version_supported=tuple(VERSIONS.values()),
        service_supported=(*sorted(SERVICES), "LookupVersion"),
    )
