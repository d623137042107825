"""Answers about items that change no loan: Item Information (17), Item Status Update (19)."""

from __future__ import annotations

from datetime import datetime

from circulation.items.availability import circulation_status
from circulation.items.media import MediaType, media_of_group
from circulation.items.properties import properties_of, set_properties
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CirculationStatus, Item, ItemState
from circulation.loans.lost import find
from circulation.loans.rows import due_of_last_ended, lending_branch
from protocols.hosting.answering import Context
from protocols.sip2.failures import OTHER
from protocols.sip2.handling.facts import item_fields, stands_in
from protocols.sip2.handling.forms import FBS_CODES, fbs_form, is_fbs, tell_item
from protocols.sip2.messages import (
    ItemInformation,
    ItemInformationResponse,
    ItemStatusUpdate,
    ItemStatusUpdateResponse,
)
from protocols.sip2.terminals.options import is_beside_another
from protocols.sip2.terminals.places import Caller, Place
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wording import Text, say

#: Circulation status (18).
CIRCULATION_STATUS: dict[ItemState, str] = {
    ItemState.AVAILABLE: "03",
    ItemState.ON_LOAN: "04",
    ItemState.IN_TRANSIT: "10",
    ItemState.CLAIMED_RETURNED: "11",
    ItemState.LOST: "12",
    ItemState.MISSING: "13",
    ItemState.ON_HOLD_SHELF: "08",
    ItemState.GOES_BACK: "01",
}
#: On loan, and recalled because somebody is waiting.
RECALLED = "07"
#: Media type (CK); 000 is other, and also stands for unknown.
MEDIA_TYPES: dict[MediaType, str] = {
    MediaType.OTHER: "000",
    MediaType.BOOK: "001",
    MediaType.MAGAZINE: "002",
    MediaType.BOUND_JOURNAL: "003",
    MediaType.AUDIO_TAPE: "004",
    MediaType.VIDEO: "005",
    MediaType.CD: "006",
    MediaType.DISKETTE: "007",
    MediaType.BOOK_WITH_DISKETTE: "008",
    MediaType.BOOK_WITH_CD: "009",
    MediaType.BOOK_WITH_AUDIO_TAPE: "010",
}
#: Magnetic media (12, 30, 10): a strong field would wipe it.
_MAGNETIC = {True: "Y", False: "N", None: "U"}
#: For what is not lent and so must not be desensitized.
NOT_MAGNETIC = "N"


def media_of(item: Item, context: Context) -> tuple[str, str]:
    """Media type (CK) and magnetic media, as the item's material group has them in the set-up."""
    set_up = context.circulation.set_up_at_hand(context.transaction)
    media = media_of_group(set_up, item.material_group)
    return MEDIA_TYPES[media.type or MediaType.OTHER], _MAGNETIC[media.is_magnetic]


def due_date_of(due: datetime, caller: Caller, place: Place) -> str:
    """AH, as the account wants it."""
    form = "date-and-time" if caller.account is None else caller.account.due_date
    if form == "date-and-time":
        return local_date(due, place.zone)
    return due.astimezone(place.zone).strftime("%Y-%m-%d" if form == "day" else form)


def _stands_at(status: CirculationStatus) -> str | None:
    """AP: where an item on the premises is; a deposit or theme may have brought it there."""
    if status.state is not ItemState.AVAILABLE:
        return None
    return (status.stay.seen_branch if status.stay else status.item.home_branch).isil


def item_information(
    request: ItemInformation, caller: Caller, context: Context
) -> ItemInformationResponse:
    """17 -> 18."""
    place = caller.place(context, request.institution_id)
    today = local_date(context.now, place.zone)
    barcode = request.item_identifier.strip()
    account = caller.account
    if account is not None and account.find_on_item_information and caller.may_write:
        _find(barcode, place, context)
    found = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if found is None:
        return ItemInformationResponse(
            circulation_status=OTHER,
            security_marker="00",
            fee_type=OTHER,
            transaction_date=today,
            item_identifier=request.item_identifier,
            title_identifier="",
            screen_message=(_unknown(caller),),
        )
    item = found.item
    is_recalled = found.recalled is not None and found.state is ItemState.ON_LOAN
    response = ItemInformationResponse(
        circulation_status=RECALLED if is_recalled else CIRCULATION_STATUS[found.state],
        security_marker="00",
        fee_type=OTHER,
        transaction_date=today,
        item_identifier=request.item_identifier,
        title_identifier=item.title,
        hold_queue_length=str(found.open_holds) if found.open_holds else None,
        due_date=due_date_of(found.loan.due, caller, place) if found.loan else None,
        recall_date=local_date(found.recalled, place.zone) if found.recalled else None,
        owner=item.home_branch.agency_isil,
        media_type=media_of(item, context)[0],
        permanent_location=stands_in(item, caller.account),
        current_location=_stands_at(found),
        item_properties=found.properties,
        call_number=item.call_number or None,
        destination_location=found.to_branch.isil if found.to_branch else None,
        extra_fields=item_fields(item, caller.account),
    )
    if request.compares and is_beside_another(caller.account):
        _tell_proxy(response, found, place, context)
    form = fbs_form(caller, place, context)
    if form is not None:
        tell_item(response, item, caller, place, context)
        response.permanent_location = form.stands_in(item)
    return response


def _tell_proxy(
    response: ItemInformationResponse, found: CirculationStatus, place: Place, context: Context
) -> None:
    """Say to a proxy that compares two systems where the loan was made (QB), or until when the last
    one was that ended (QE).
    """
    if found.loan is not None:
        response.lending_branch = lending_branch(context.transaction, loan_id=found.loan.id)
        return
    due = due_of_last_ended(context.transaction, item_id=found.item.id)
    response.ended_due_date = None if due is None else local_date(due, place.zone)


def _find(barcode: str, place: Place, context: Context) -> None:
    """The item is at the machine, so a missing one is found. A loan stays as it is."""
    found = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if found is not None and found.state is ItemState.MISSING:
        find(context.act(place.desk), item=barcode)


def item_status_update(
    request: ItemStatusUpdate, caller: Caller, context: Context
) -> ItemStatusUpdateResponse:
    """19 -> 20: what the terminal says of the item is written down, and shown in 18."""
    place = caller.place(context, request.institution_id)
    barcode = request.item_identifier.strip()
    response = ItemStatusUpdateResponse(
        item_properties_ok=set_properties(
            context.act(place.desk), item=barcode, properties=request.item_properties
        ),
        transaction_date=local_date(context.now, place.zone),
        item_identifier=request.item_identifier,
    )
    if not response.item_properties_ok:
        response.screen_message = (_unknown(caller),)
        return response
    response.item_properties = properties_of(context.transaction, barcode=barcode)
    found = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    response.title_identifier = found.item.title if found is not None else None
    return response


def _unknown(caller: Caller) -> str:
    """AF: there is no such item."""
    if is_fbs(caller.account):
        return f"[{FBS_CODES[Reason.ITEM_UNKNOWN]}]"
    return say(Text.ITEM_UNKNOWN, caller.words)
