"""Requests for what we do not lend, which other libraries are asked for.

RequestItem of a title that we do not have, or of which no copy can be kept for the user, becomes a
case (`circulation.interlending.asking`), as the wish of a desk does. It goes by the RequestId that
the partner gave it, else by the number of the case, and its RequestStatusType is Requested Via ILL
until it is here. The same wish of the same user again is the same case.
"""

from __future__ import annotations

from datetime import datetime

from catalogue.searching.standard_numbers import NumberKind, readings
from circulation.interlending.asking import Wish, ask
from circulation.interlending.borrowing import cancel_wish
from circulation.interlending.cases import Case, cases_of_patron, find_case
from circulation.interlending.partner_requests import note_wish
from circulation.interlending.rows import loan_by_id
from circulation.interlending.states import Obstacle
from circulation.kernel.results import Refused
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from protocols.hosting.answering import Context
from protocols.ncip.handling.interlending import Handler, hindrance
from protocols.ncip.handling.lending_out import lends_for
from protocols.ncip.messages import Code, Problem, Response
from protocols.ncip.models.items import BibliographicDescription, ItemOptionalFields
from protocols.ncip.models.lookups import RequestedItem
from protocols.ncip.models.requests import (
    CancelRequestItem,
    CancelRequestItemResponse,
    LookupRequest,
    LookupRequestResponse,
    RequestItem,
    RequestItemResponse,
)
from protocols.ncip.problems.problems import problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import may_be_told_of
from protocols.ncip.subjects.items import local_time
from protocols.ncip.subjects.named import desk_of, is_given, known_user
from protocols.ncip.subjects.pickup import pickup_branch, place_of
from protocols.ncip.subjects.request_ids import card_of, unknown_request
from protocols.ncip.subjects.telling import user_fields
from protocols.ncip.subjects.titles import number_of
from protocols.ncip.subjects.users import NamedUser, desired, named_user, user_id
from protocols.ncip.subjects.wishes import (
    case_id_of,
    case_meant,
    is_brought_by,
    pickup_of,
    status_of_case,
)

#: A wish in the words of RequestType and RequestScopeType.
_HOLD, _ANY_COPY = Code("Hold"), Code("Bibliographic Item")
_TO_BE_ASKED_FOR = (NumberKind.ISBN, NumberKind.ISSN)


def forwards(request: RequestItem, caller: Partner) -> bool:
    """May other libraries be asked for it? Not on behalf of a library that wants it from us."""
    return caller.forwards_requests and not lends_for(request, caller)


def title_wanted(request: RequestItem, caller: Partner) -> Wish | None:
    """What a request says of a title that we do not have: an ISBN or ISSN, or its description. None
    where no other library would know what is meant, by a number of a list or a barcode alone.
    """
    if not forwards(request, caller):
        return None
    fields = request.item_optional_fields
    described = fields.bibliographic_description if fields is not None else None
    title, author = (described.title, described.author) if described is not None else (None, None)
    number = ""
    for each in request.bibliographic_id:
        given = number_of(each)[1] or ""
        number = number or next(
            (found.value for found in readings(given) if found.kind in _TO_BE_ASKED_FOR), ""
        )
    if not title and not number:
        return None
    return Wish(title=title or "", author=author or "", number=number)


def forwarded(
    request: RequestItem, user: NamedUser, wish: Wish, caller: Partner, context: Context
) -> Response | None:
    """Has other libraries asked for it; None where none may be asked. NeedBeforeDate is the last
    day on which it is of use. A PIN has been looked at by then.
    """
    pickup = pickup_branch(request, caller, context)
    if isinstance(pickup, Problem):
        return refusal(request, pickup)
    outcome = ask(
        context.act(desk_of(caller, context)),
        patron=user.identifier,
        wish=wish,
        pickup_branch=pickup,
        needed_before=request.need_before_date,
    )
    if isinstance(outcome, Obstacle):
        return None
    if isinstance(outcome, Refused):
        return refusal(request, *problems("RequestItem", outcome.refusals, user.quotable))
    assert outcome.case_id is not None
    name = request.request_id.request_identifier_value if request.request_id else None
    if name:
        note_wish(context.transaction, caller.agency, name, outcome.case_id)
    case = find_case(context.transaction, case_id=outcome.case_id)
    assert case is not None
    return _requested(request, case, user.identifier, caller, context)


def _requested(
    request: RequestItem, case: Case, identifier: str, caller: Partner, context: Context
) -> RequestItemResponse:
    return RequestItemResponse(
        request_id=case_id_of(case, caller, context),
        user_id=user_id(identifier, pickup_of(case, context).agency_isil),
        request_type=request.request_type or _HOLD,
        request_scope_type=_ANY_COPY,
        item_optional_fields=_titled(case),
        user_optional_fields=user_fields(request, identifier, caller, context),
    )


def brought_before(request: RequestItem, caller: Partner, context: Context) -> Case | None:
    """The wish that goes by the RequestId already, as long as it is under way."""
    case = request.request_id and case_meant(request.request_id, caller, context)
    if not case or case.closed is not None or not is_brought_by(case, caller, context):
        return None
    return case


def forwarded_before(
    request: RequestItem, identifier: str, caller: Partner, context: Context
) -> Response | None:
    """The answer to a request that has come before; None if it is new, or over, or another's."""
    case = brought_before(request, caller, context)
    if case is None or case.patron_id != _patron_named(identifier, context):
        return None
    return _requested(request, case, identifier, caller, context)


def cancelling_wishes(inner: Handler) -> Handler:
    """CancelRequestItem: nobody wants any more what other libraries were asked for."""

    def cancel_request_item(
        request: CancelRequestItem, caller: Partner, context: Context
    ) -> Response:
        case = request.request_id and case_meant(request.request_id, caller, context)
        if not case:
            return inner(request, caller, context)
        value = request.request_id.request_identifier_value if request.request_id else None
        user = named_user(request)
        if isinstance(user, Problem):
            return refusal(request, user)
        if case.patron_id is None or case.patron_id != _patron_named(user.identifier, context):
            return refusal(request, unknown_request(value))
        loan = loan_by_id(context.transaction, case.loan_id) if case.loan_id else None
        if loan is None:
            return refusal(request, unknown_request(value))
        name = case_id_of(case, caller, context)
        outcome = cancel_wish(context.act(desk_of(caller, context)), loan)
        if isinstance(outcome, Obstacle):
            return hindrance(request, outcome, "RequestIdentifierValue", value)
        return CancelRequestItemResponse(
            request_id=name,
            user_id=user_id(user.identifier, pickup_of(case, context).agency_isil),
            user_optional_fields=user_fields(request, user.identifier, caller, context),
        )

    return cancel_request_item


def looking_up_wishes(inner: Handler) -> Handler:
    """LookupRequest: how far other libraries are with what they were asked for. The user is told as
    of a hold, as long as it is under way."""

    def look_up_request(request: LookupRequest, caller: Partner, context: Context) -> Response:
        case = request.request_id and case_meant(request.request_id, caller, context)
        if not case:
            return inner(request, caller, context)
        named: NamedUser | None = None
        if is_given(request):
            user = named_user(request)
            if isinstance(user, Problem):
                return refusal(request, user)
            named = user
            status = known_user(request, user, context.act(desk_of(caller, context)))
            if not hasattr(status, "patron"):
                return status
            if status.patron.id != case.patron_id:
                value = request.request_id.request_identifier_value if request.request_id else ""
                return refusal(request, unknown_request(value))
        return _looked_up(request, case, named, caller, context)

    return look_up_request


def _looked_up(
    request: LookupRequest,
    case: Case,
    named: NamedUser | None,
    caller: Partner,
    context: Context,
) -> LookupRequestResponse:
    wanted = desired(request.request_element_type)
    pickup = pickup_of(case, context)
    card = None if case.patron_id is None else card_of(case.patron_id, context)
    is_known = named is not None or caller.sees_borrowers or is_brought_by(case, caller, context)
    if card and not (is_known and may_be_told_of(request, card, caller, context)):
        card = None

    def told(name: str) -> bool:
        return not wanted or name in wanted

    return LookupRequestResponse(
        request_id=case_id_of(case, caller, context),
        user_id=user_id(card, pickup.agency_isil) if card and told("userid") else None,
        request_type=_HOLD if told("requesttype") else None,
        request_scope_type=_ANY_COPY if told("requestscopetype") else None,
        request_status_type=status_of_case(case) if told("requeststatustype") else None,
        need_before_date=_local(case.before, case, context) if told("needbeforedate") else None,
        pickup_location=place_of(pickup, caller) if told("pickuplocation") else None,
        date_of_user_request=(
            _local(case.created, case, context) if told("dateofuserrequest") else None
        ),
        item_optional_fields=_titled(case),
        user_optional_fields=user_fields(request, card, caller, context) if card else None,
    )


def wishes_of(patron_id: int, caller: Partner, context: Context) -> tuple[RequestedItem, ...]:
    """What other libraries are asked for on behalf of the user, for a LookupUserResponse."""
    found = cases_of_patron(context.transaction, patron_id=patron_id)
    return tuple(
        RequestedItem(
            request_id=case_id_of(case, caller, context),
            request_type=_HOLD,
            request_status_type=status_of_case(case),
            date_placed=local_time(case.created, pickup_of(case, context)),
            pickup_location=place_of(pickup_of(case, context), caller),
            title=case.title or None,
        )
        for case in found
    )


def _titled(case: Case) -> ItemOptionalFields | None:
    if not case.title:
        return None
    description = BibliographicDescription(title=case.title, author=case.author or None)
    return ItemOptionalFields(bibliographic_description=description)


def _local(moment: datetime | None, case: Case, context: Context) -> datetime | None:
    return None if moment is None else local_time(moment, pickup_of(case, context))


def _patron_named(identifier: str, context: Context) -> int | None:
    key = IDENTIFIERS.of(context.circulation)
    return find_patron(context.transaction, identifier, key=key)
