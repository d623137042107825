"""The life cycle of a loan as each kind of partner asks for it: services in their order.

Taken from what brokers document and send; `protocols.ncip.asking.checking` runs them against any
responder, and the tests against ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from protocols.ncip.messages import AuthenticationInput, Code, ItemId, RequestId, UserId
from protocols.ncip.models.addresses import PhysicalAddress, ShippingInformation
from protocols.ncip.models.agencies import LookupAgency
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem, RenewItem
from protocols.ncip.models.interlending import (
    AcceptItem,
    ItemCheckedIn,
    ItemCheckedOut,
    ItemReceived,
    ItemRequested,
    ItemShipped,
)
from protocols.ncip.models.item_sets import LookupItemSet
from protocols.ncip.models.items import (
    BibliographicDescription,
    BibliographicId,
    BibliographicRecordId,
    ItemDescription,
    ItemOptionalFields,
)
from protocols.ncip.models.lookups import LookupItem, LookupUser
from protocols.ncip.models.requests import (
    AddRequestFields,
    CancelRequestItem,
    LookupRequest,
    RequestItem,
    UpdateRequestItem,
)
from protocols.ncip.models.stock import DeleteItem
from protocols.ncip.subjects.items import ITEM_BARCODE
from protocols.ncip.subjects.users import postal_address

_LOAN, _HOLD = Code("Loan"), Code("Hold")
_WHOLE, _ITEM = Code("Bibliographic Item"), Code("Item")
_DESCRIPTION = Code("Bibliographic Description")
_FIELDS: Final = ("Bibliographic Description", "Circulation Status", "Item Description")
_USER_FIELDS: Final = ("Name Information", "User Privilege", "Block Or Trap")


@dataclass(frozen=True)
class Sandbox:
    """What the steps are about. `user` is a patron, or the institution that borrows; `barcode` that
    of an item of the responder, or of the temporary one; `number` that of its title."""

    agency: str
    user: str
    barcode: str
    request_id: str
    now: datetime
    due: datetime
    number: str = ""
    pickup: str = ""
    pin: str = ""
    title: str = "A sandbox item"
    author: str = "Nobody"

    @property
    def user_id(self) -> UserId:
        return UserId(Code(self.agency), None, self.user)

    @property
    def item_id(self) -> ItemId:
        return ItemId(Code(self.agency), ITEM_BARCODE, self.barcode)

    @property
    def request(self) -> RequestId:
        return RequestId(Code(self.agency), None, self.request_id)

    @property
    def place(self) -> Code | None:
        return Code(self.pickup) if self.pickup else None

    @property
    def title_id(self) -> BibliographicId:
        own = BibliographicRecordId(self.number or self.request_id, None, Code("SYSNUMBER"))
        return BibliographicId(bibliographic_record_id=own)


def _codes(names: Sequence[str]) -> tuple[Code, ...]:
    return tuple(map(Code, names))


def _look_up_user(box: Sandbox) -> LookupUser:
    return LookupUser(user_id=box.user_id, user_element_type=_codes(_USER_FIELDS))


def _log_in(box: Sandbox) -> LookupUser:
    def typed(kind: str, data: str) -> AuthenticationInput:
        return AuthenticationInput(data, Code("text/plain"), Code(kind))

    return LookupUser(
        authentication_input=(typed("User Id", box.user), typed("PIN", box.pin)),
        user_element_type=_codes(_USER_FIELDS),
        loaned_items_desired=True,
        requested_items_desired=True,
        user_fiscal_account_desired=True,
    )


def _look_up_item(box: Sandbox) -> LookupItem:
    return LookupItem(item_id=box.item_id, item_element_type=_codes(_FIELDS))


def _look_up_item_set(box: Sandbox) -> LookupItemSet:
    return LookupItemSet(bibliographic_id=(box.title_id,), item_element_type=_codes(_FIELDS))


def _look_up_agency(box: Sandbox) -> LookupAgency:
    return LookupAgency(
        agency_id=Code(box.agency), agency_element_type=(Code("Agency Address Information"),)
    )


def _request(box: Sandbox) -> RequestItem:
    is_title = bool(box.number)
    return RequestItem(
        user_id=box.user_id,
        item_id=() if is_title else (box.item_id,),
        bibliographic_id=(box.title_id,) if is_title else (),
        request_id=box.request,
        request_type=_LOAN,
        request_scope_type=_WHOLE if is_title else _ITEM,
        pickup_location=box.place,
        item_element_type=_codes(_FIELDS),
    )


def _page(box: Sandbox) -> RequestItem:
    """As crosslink asks by default: for a title, an Item of it, and no details."""
    return RequestItem(
        user_id=box.user_id,
        item_id=() if box.number else (box.item_id,),
        bibliographic_id=(box.title_id,) if box.number else (),
        request_id=box.request,
        request_type=Code("Page"),
        request_scope_type=_ITEM,
        pickup_location=box.place,
    )


def _hold(box: Sandbox) -> RequestItem:
    return RequestItem(
        user_id=box.user_id,
        item_id=(box.item_id,),
        request_id=box.request,
        request_type=_HOLD,
        request_scope_type=_ITEM,
        pickup_location=box.place,
    )


def _look_up_request(box: Sandbox) -> LookupRequest:
    return LookupRequest(
        request_id=box.request, request_element_type=_codes(("Request Status Type", "User Id"))
    )


def _move_request(box: Sandbox) -> UpdateRequestItem:
    return UpdateRequestItem(
        request_id=box.request,
        add_request_fields=AddRequestFields(need_before_date=box.due),
    )


def _cancel(box: Sandbox) -> CancelRequestItem:
    return CancelRequestItem(
        user_id=box.user_id, request_id=box.request, request_type=_HOLD, request_scope_type=_ITEM
    )


def _check_out(box: Sandbox) -> CheckOutItem:
    return CheckOutItem(
        user_id=box.user_id,
        item_id=box.item_id,
        request_id=box.request,
        item_element_type=(_DESCRIPTION,),
    )


def _check_out_unasked(box: Sandbox) -> CheckOutItem:
    return CheckOutItem(user_id=box.user_id, item_id=box.item_id)


def _renew(box: Sandbox) -> RenewItem:
    return RenewItem(user_id=box.user_id, item_id=box.item_id, desired_date_due=box.due)


def _check_in(box: Sandbox) -> CheckInItem:
    return CheckInItem(item_id=box.item_id)


def _check_in_told(box: Sandbox) -> CheckInItem:
    return CheckInItem(item_id=box.item_id, item_element_type=(_DESCRIPTION,))


def _delete(box: Sandbox) -> DeleteItem:
    return DeleteItem(item_id=box.item_id)


def _accept(box: Sandbox) -> AcceptItem:
    return AcceptItem(
        request_id=box.request,
        requested_action_type=Code("Hold For Pickup"),
        user_id=box.user_id,
        item_id=box.item_id,
        date_for_return=box.due,
        item_optional_fields=ItemOptionalFields(
            bibliographic_description=BibliographicDescription(author=box.author, title=box.title),
            item_description=ItemDescription(call_number="ILL"),
        ),
        pickup_location=box.place,
    )


def _accept_and_notify(box: Sandbox) -> AcceptItem:
    return replace(_accept(box), requested_action_type=Code("Hold For Pickup And Notify"))


def _requested(box: Sandbox) -> ItemRequested:
    described = BibliographicDescription(author=box.author, title=box.title)
    return ItemRequested(
        user_id=box.user_id,
        bibliographic_id=box.title_id,
        request_id=box.request,
        request_type=_LOAN,
        request_scope_type=_WHOLE,
        item_optional_fields=ItemOptionalFields(bibliographic_description=described),
    )


def _shipped(box: Sandbox) -> ItemShipped:
    where: PhysicalAddress = postal_address("The other library")
    return ItemShipped(
        request_id=box.request,
        user_id=box.user_id,
        date_shipped=box.now,
        shipping_information=ShippingInformation(physical_address=where),
    )


def _received(box: Sandbox) -> ItemReceived:
    return ItemReceived(item_id=box.item_id, request_id=box.request, date_received=box.now)


def _checked_out(box: Sandbox) -> ItemCheckedOut:
    return ItemCheckedOut(
        user_id=box.user_id, item_id=box.item_id, request_id=box.request, date_due=box.due
    )


def _checked_in(box: Sandbox) -> ItemCheckedIn:
    return ItemCheckedIn(item_id=box.item_id)


Step = Callable[[Sandbox], Any]


class LifeCycle(NamedTuple):
    """What the partner asks of the lending and of the borrowing library. `is_institution`: it
    borrows for an institutional patron; else for users that it registers, or for our own.
    """

    lender: tuple[Step, ...]
    borrower: tuple[Step, ...]
    is_institution: bool = True
    #: The PickupLocation that the partner uses if it has not been told our words.
    lender_place: str = ""
    borrower_place: str = ""


#: By preset (`protocols.ncip.partners.presets`).
LIFE_CYCLES: Final[dict[str, LifeCycle]] = {
    "relais": LifeCycle(
        (_look_up_user, _check_out_unasked, _check_in),
        (_look_up_user, _accept, _check_in),
        borrower_place="DELIVERY",
    ),
    "reshare": LifeCycle(
        (_look_up_user, _page, _check_out, _check_in_told),
        (_look_up_user, _accept, _check_out, _check_in_told, _delete),
        lender_place="ILL Office",
        borrower_place="Main Library",
    ),
    "dcb": LifeCycle(
        (_look_up_item_set, _request, _check_out, _received, _checked_out, _shipped, _check_in),
        (_look_up_user, _requested, _shipped, _accept, _check_out, _check_in, _checked_in),
    ),
    "vdx": LifeCycle(
        (_look_up_user, _request, _check_out, _renew, _check_in),
        (_look_up_user, _accept, _check_out, _check_in),
    ),
    "alma": LifeCycle(
        (_request, _check_out, _renew, _check_in),
        (_look_up_user, _accept_and_notify, _check_in),
    ),
    "shareit": LifeCycle(
        (_look_up_user, _check_out_unasked, _check_in),
        (_look_up_user, _accept, _check_out, _check_in),
    ),
    "illiad": LifeCycle(
        (_check_out_unasked, _check_in), (_accept_and_notify, _check_in), borrower_place="ILL"
    ),
    "oclc": LifeCycle(
        (_look_up_user, _request, _look_up_request, _check_out, _check_in),
        (_look_up_user, _accept, _check_out, _renew, _check_in),
        lender_place="129479",
        borrower_place="129479",
    ),
    "danzig": LifeCycle(
        (_log_in, _look_up_item, _hold, _look_up_request, _move_request, _cancel),
        (_look_up_user, _accept, _check_in, _checked_in),
        is_institution=False,
    ),
    "nncipp": LifeCycle(
        (_request, _check_out, _received, _renew, _shipped, _check_in),
        (_requested, _shipped, _accept, _check_out, _check_in, _checked_in),
    ),
    "vufind": LifeCycle(
        (_log_in, _look_up_agency, _look_up_item_set, _hold, _look_up_request, _cancel),
        (),
        is_institution=False,
    ),
}
