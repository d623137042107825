"""A loan to another library, which RequestItem and CheckOutItem of a partner may begin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from circulation.holds.copies import copies_of_record
from circulation.holds.facts import holds_of_record
from circulation.holds.lists import find_hold
from circulation.holds.results import Hold
from circulation.holds.targeting import assign
from circulation.interlending.lending import lent_to_partner, request_lending
from circulation.interlending.partner_requests import hold_of_request
from circulation.items.availability import circulation_status
from circulation.kernel.organisation import find_branch
from protocols.hosting.answering import Context
from protocols.ncip.handling.institutions import institution_in, register_institution
from protocols.ncip.handling.interlending import Handler
from protocols.ncip.messages import Code, ItemId, Response
from protocols.ncip.models.circulation import CheckOutItem, CheckOutItemResponse
from protocols.ncip.models.requests import RequestItem, RequestItemResponse
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import ITEM_BARCODE, barcode_of, item_optional_fields
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.telling import wanted_of

#: What is told of a copy by default.
_TOLD_OF_COPIES: Final = frozenset({"itemdescription", "location"})


def requesting(inner: Handler) -> Handler:
    """RequestItem: from an institution it asks for a loan to another library."""

    def request_item(request: RequestItem, caller: Partner, context: Context) -> Response:
        register_institution(request, caller, context)
        response = inner(request, caller, context)
        if isinstance(response, RequestItemResponse) and lends_for(request, caller):
            found = _begin_lending(response, caller, context)
            if found is not None and response.item_id is None:
                return _with_copy(request, response, found, caller, context)
        return response

    return request_item


def lends_for(request: Any, caller: Partner) -> bool:
    """Does the request ask for a loan to another library?"""
    if caller.lends_to == "institutions":
        return institution_in(request, caller) is not None
    return caller.lends_to == "anybody"


def _begin_lending(response: RequestItemResponse, caller: Partner, context: Context) -> Hold | None:
    name = response.request_id.request_identifier_value if response.request_id else None
    user = response.user_id.user_identifier_value if response.user_id else None
    if name is None or user is None:
        return None
    hold_id = hold_of_request(context.transaction, caller.agency, name)
    if hold_id is None and name.isdecimal():
        hold_id = int(name)
    found = hold_id and find_hold(
        context.circulation, context.transaction, hold_id=hold_id, now=context.now
    )
    if not found:
        return None
    request_lending(
        context.act(desk_of(caller, context)),
        partner=caller.key,
        actor=caller.known_as,
        request_id=name,
        user=user,
        hold=found[0].hold,
    )
    return found[0].hold


def _with_copy(
    request: RequestItem,
    response: RequestItemResponse,
    hold: Hold,
    caller: Partner,
    context: Context,
) -> RequestItemResponse:
    """The answer with the copy that will probably be fetched: one on its shelf. Brokers want a
    barcode and a call number, and take an answer without them for a failure. The hold remains one
    on the title: if the copy is gone, another will do.
    """
    copies = copies_of_record(context.transaction, record_id=hold.record_id)
    shelved = [each for each in copies if each.is_on_shelf]
    queue = holds_of_record(context.transaction, record_id=hold.record_id)
    set_up = context.circulation.current_set_up(context.transaction)
    assigned = assign(queue, copies, set_up, context.now)
    whose = {each.copy.id: each.hold.id for each in assigned}
    branch = find_branch(context.transaction, isil=caller.branch)
    here = branch.id if branch else None
    # Its own first; else one that nobody else is waiting for, as several may be asked for at once.
    shelved.sort(
        key=lambda each: (
            whose.get(each.id) != hold.id,
            each.id in whose,
            each.branch_id != here,
        )
    )
    if not shelved:
        return response
    barcode = shelved[0].barcode
    status = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if status is None:
        return response
    wanted = wanted_of(request, caller) or _TOLD_OF_COPIES
    return replace(
        response,
        item_id=ItemId(Code(status.item.home_branch.agency_isil), ITEM_BARCODE, barcode),
        item_optional_fields=item_optional_fields(context, status, wanted),
    )


def lending(inner: Handler) -> Handler:
    """CheckOutItem: to an institution it is a loan to another library, whether or not it was asked
    for."""

    def check_out_item(request: CheckOutItem, caller: Partner, context: Context) -> Response:
        register_institution(request, caller, context)
        response = inner(request, caller, context)
        if isinstance(response, CheckOutItemResponse) and lends_for(request, caller):
            barcode = barcode_of(request.item_id)
            if isinstance(barcode, str):
                _note_lent(request, response, barcode, caller, context)
        return response

    return check_out_item


def _note_lent(
    request: CheckOutItem,
    response: CheckOutItemResponse,
    barcode: str,
    caller: Partner,
    context: Context,
) -> None:
    user = response.user_id.user_identifier_value if response.user_id else None
    name = request.request_id.request_identifier_value if request.request_id else None
    lent_to_partner(
        context.act(desk_of(caller, context)),
        partner=caller.key,
        actor=caller.known_as,
        request_id=name or "",
        user=user or "",
        item=barcode,
    )
