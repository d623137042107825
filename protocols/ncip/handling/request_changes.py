"""Existing requests: LookupRequest (Z39.83-1-2012, 5.3.3) and UpdateRequestItem (5.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from catalogue.items import items_of_records
from circulation.holds.changing import change_hold
from circulation.holds.lists import find_hold
from circulation.holds.results import Hold, QueuedHold
from circulation.holds.wishes import HoldChange
from circulation.kernel.results import Refused
from circulation.staff.lookups import Seen
from protocols.hosting.answering import Context
from protocols.ncip.handling.requesting import HOLD, day_of, scope_of, status_of
from protocols.ncip.messages import Code, ItemId, Problem, Refusal, Response
from protocols.ncip.models.items import BibliographicDescription, ItemOptionalFields
from protocols.ncip.models.requests import (
    AddRequestFields,
    DeleteRequestFields,
    LookupRequest,
    LookupRequestResponse,
    UpdateRequestItem,
    UpdateRequestItemResponse,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import may_be_told_of
from protocols.ncip.subjects.items import ITEM_BARCODE, local_time
from protocols.ncip.subjects.named import desk_of, is_given, known_user
from protocols.ncip.subjects.pickup import pickup_wanted, place_of, shipping_to
from protocols.ncip.subjects.request_ids import (
    card_of,
    found_request,
    hold_for_item,
    is_made_by,
    is_named_by,
    item_id_of_hold,
    request_id_of,
    unknown_request,
)
from protocols.ncip.subjects.telling import hold_fields, item_fields, note_look, user_fields
from protocols.ncip.subjects.users import desired, midnight_of, named_user, user_id


def look_up_request(request: LookupRequest, caller: Partner, context: Context) -> Response:
    """A request and how far it has come: by RequestId, or by the user and an item.

    Its user is named to a partner that named them itself, placed it, or sees borrowers, and may
    serve that user. The title is always given, whether an item is bound to it or any copy will do;
    ItemElementType may ask for more.
    """
    found = _request_of(request, caller, context)
    if isinstance(found, Refusal):
        return found
    queued, patron_id = found
    hold = queued.hold
    card = _card_told(request, hold, patron_id, caller, context)
    if card is not None:
        note_look(request, Seen.HOLDS, patron_id, caller, context)
    wanted = desired(request.request_element_type)
    zone = ZoneInfo(hold.pickup_branch.timezone)

    def told(name: str) -> bool:
        return not wanted or name in wanted

    return LookupRequestResponse(
        request_id=request_id_of(hold, caller, context),
        item_id=item_id_of_hold(hold),
        user_id=(
            user_id(card, hold.pickup_branch.agency_isil) if card and told("userid") else None
        ),
        request_type=HOLD if told("requesttype") else None,
        request_scope_type=scope_of(hold) if told("requestscopetype") else None,
        request_status_type=status_of(hold) if told("requeststatustype") else None,
        hold_queue_position=queued.number_in_queue if told("holdqueueposition") else None,
        shipping_information=(
            shipping_to(hold.pickup_branch, caller) if told("shippinginformation") else None
        ),
        earliest_date_needed=(
            midnight_of(hold.activates, zone)
            if hold.activates and told("earliestdateneeded")
            else None
        ),
        need_before_date=(
            midnight_of(hold.interest_until, zone) if told("needbeforedate") else None
        ),
        pickup_location=place_of(hold.pickup_branch, caller) if told("pickuplocation") else None,
        pickup_expiry_date=(
            local_time(hold.deadline, hold.pickup_branch)
            if hold.deadline and told("pickupexpirydate")
            else None
        ),
        date_of_user_request=(
            local_time(hold.placed, hold.pickup_branch) if told("dateofuserrequest") else None
        ),
        item_optional_fields=_titled(hold_fields(request, hold, caller, context), hold),
        user_optional_fields=user_fields(request, card, caller, context) if card else None,
    )


def _titled(fields: ItemOptionalFields | None, hold: Hold) -> ItemOptionalFields | None:
    """Adds the title of the request, if nothing more of it was asked for."""
    if not hold.title or (fields is not None and fields.bibliographic_description is not None):
        return fields
    title = BibliographicDescription(title=hold.title)
    return replace(fields or ItemOptionalFields(), bibliographic_description=title)


def _card_told(
    request: LookupRequest, hold: Hold, patron_id: int, caller: Partner, context: Context
) -> str | None:
    card = card_of(patron_id, context)
    is_known = is_given(request) or caller.sees_borrowers or is_named_by(hold, caller, context)
    if card is None or not is_known or not may_be_told_of(request, card, caller, context):
        return None
    return card


def update_request_item(request: UpdateRequestItem, caller: Partner, context: Context) -> Response:
    """Changes when and where a request is to be served; it keeps its place in the queue.

    A partner changes the requests that it has made and those of its institutions; others only if
    the message names their user, unless otherwise agreed (`Partner.any_hold`). AddRequestFields
    replaces what is there. Of DeleteRequestFields only EarliestDateNeeded can be removed: every
    hold has an end and a place of pickup. User and item cannot change.
    """
    found = _request_of(request, caller, context)
    if isinstance(found, Refusal):
        return found
    queued, patron_id = found
    card = card_of(patron_id, context)
    if card is None:
        return refusal(request, unknown_request(str(queued.hold.id)))
    if not _may_change(request, queued.hold, card, caller, context):
        return refusal(
            request,
            problem(
                ProblemType.UNAUTHORIZED_COMBINATION_FOR_AGENCY,
                "a request that this partner has not made, without its user",
                "RequestIdentifierValue",
                request.request_id.request_identifier_value if request.request_id else None,
            ),
        )
    given = request.add_request_fields or AddRequestFields()
    impossible = [*_not_to_delete(request.delete_request_fields), *_not_to_add(given, queued.hold)]
    if impossible:
        return refusal(request, *impossible)
    pickup = pickup_wanted(given, caller, context)
    if isinstance(pickup, Problem):
        return refusal(request, pickup)
    desk = desk_of(caller, context)
    zone = ZoneInfo(queued.hold.pickup_branch.timezone)
    earliest = day_of(given.earliest_date_needed, zone)
    deleted = request.delete_request_fields
    if earliest is None and deleted is not None and deleted.earliest_date_needed is not None:
        earliest = context.now.astimezone(zone).date()
    changed = change_hold(
        context.act(desk),
        HoldChange(
            patron=card,
            hold_id=queued.hold.id,
            pickup_branch=pickup,
            activates=earliest,
            interest_until=day_of(given.need_before_date, zone),
        ),
    )
    if isinstance(changed, Refused):
        until = given.need_before_date
        quotable = {"NeedBeforeDate": until.isoformat() if until else None}
        return refusal(request, *problems("UpdateRequestItem", changed.refusals, quotable))
    return _updated(request, changed.queued.hold, card, caller, context)


def _updated(
    request: UpdateRequestItem, hold: Hold, card: str, caller: Partner, context: Context
) -> Response:
    item_id = item_id_of_hold(hold) or _any_item(hold, context)
    if item_id is None:
        return refusal(
            request, problem(ProblemType.UNKNOWN_ITEM, "the title has no item any more", "ItemId")
        )
    barcode = item_id.item_identifier_value or ""
    return UpdateRequestItemResponse(
        item_id=item_id,
        user_id=user_id(card, hold.pickup_branch.agency_isil),
        request_type=HOLD,
        request_scope_type=scope_of(hold),
        item_optional_fields=item_fields(request, barcode, caller, context),
        user_optional_fields=user_fields(request, card, caller, context),
    )


def _may_change(
    request: UpdateRequestItem, hold: Hold, card: str, caller: Partner, context: Context
) -> bool:
    return (
        caller.any_hold
        or is_given(request)
        or caller.is_institution(card)
        or is_made_by(hold, caller, context)
    )


def _any_item(hold: Hold, context: Context) -> ItemId | None:
    """The answer must name an item: if any copy of the title will do, the first."""
    copies = items_of_records(context.transaction, [hold.record_id])[hold.record_id]
    if not copies:
        return None
    return ItemId(Code(hold.pickup_branch.agency_isil), ITEM_BARCODE, copies[0].barcode)


def _not_to_delete(deleted: DeleteRequestFields | None) -> list[Problem]:
    if deleted is None:
        return []
    return [
        problem(ProblemType.UNABLE_TO_DELETE_ELEMENT, "every request has one", element)
        for element, value in (
            ("NeedBeforeDate", deleted.need_before_date),
            ("PickupLocation", deleted.pickup_location),
        )
        if value is not None
    ]


def _not_to_add(given: AddRequestFields, hold: Hold) -> list[Problem]:
    is_other_scope = given.request_scope_type is not None and desired(
        [given.request_scope_type]
    ) != desired([scope_of(hold)])
    return [
        problem(ProblemType.UNABLE_TO_ADD_ELEMENT, "place another request for that", element)
        for element, is_there in (
            ("UserId", given.user_id is not None),
            ("ItemId", given.item_id is not None),
            ("RequestScopeType", is_other_scope),
        )
        if is_there
    ]


def _request_of(
    request: Any, caller: Partner, context: Context
) -> tuple[QueuedHold, int] | Refusal:
    """The hold that a request is about, and the id of its patron. A PIN must be right."""
    user = named_user(request) if is_given(request) else None
    if isinstance(user, Problem):
        return refusal(request, user)
    patron_id: int | None = None
    if user is not None:
        status = known_user(request, user, context.act(desk_of(caller, context)))
        if isinstance(status, Refusal):
            return status
        patron_id = status.patron.id
    if request.request_id is not None:
        found = found_request(request.request_id, caller, context)
        if isinstance(found, Problem):
            return refusal(request, found)
        if patron_id not in (None, found[1]):
            value = request.request_id.request_identifier_value
            return refusal(request, unknown_request(value))
        return found
    if user is None:
        return refusal(
            request,
            problem(ProblemType.NEEDED_DATA_MISSING, "no request is given", "RequestId"),
        )
    hold_id = hold_for_item(request, user.identifier, context)
    if isinstance(hold_id, Problem):
        return refusal(request, hold_id)
    hold = find_hold(context.circulation, context.transaction, hold_id=hold_id, now=context.now)
    return hold or refusal(request, unknown_request(None))
