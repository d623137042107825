"""What a partner is told: the message for each kind of notice, from the lender and from the
borrower.

| notice | as the lender | as the borrower |
|---|---|---|
| asked | | RequestItem |
| shipped | ItemShipped | |
| received | | ItemReceived |
| checked_out | ItemCheckedOut | ItemCheckedOut |
| checked_in | ItemCheckedIn | ItemCheckedIn |
| renewed | ItemRenewed | ItemRenewed |
| renewal_asked | | RenewItem |
| recalled | ItemRecalled | |
| lost, found | CirculationStatusUpdated | CirculationStatusUpdated |
| sent_home | | ItemShipped |
| cancelled | ItemRequestCancelled | ItemRequestCancelled |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from catalogue.records import Record
from circulation.interlending.notices import PartnerNotice, PartnerNoticeKind
from protocols.ncip.messages import Code, ItemId, RequestId, UserId
from protocols.ncip.models.addresses import PhysicalAddress, ShippingInformation
from protocols.ncip.models.circulation import RenewItem
from protocols.ncip.models.interlending import (
    CirculationStatusUpdated,
    ItemCheckedIn,
    ItemCheckedOut,
    ItemRecalled,
    ItemReceived,
    ItemRenewed,
    ItemRequestCancelled,
    ItemShipped,
)
from protocols.ncip.models.items import (
    BibliographicDescription,
    BibliographicId,
    BibliographicItemId,
    BibliographicRecordId,
    ItemOptionalFields,
)
from protocols.ncip.models.requests import RequestItem
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import ITEM_BARCODE
from protocols.ncip.subjects.titles import isbn_of
from protocols.ncip.subjects.users import postal_address

_LOAN: Final = Code("Loan")
_WHOLE: Final = Code("Bibliographic Item")


class Telling(NamedTuple):
    """A notice, its recipient, and what else is known."""

    notice: PartnerNotice
    partner: Partner
    agency: str  # ours: the ISIL of the agency whose branch does the partner's work
    address: str  # of that branch: where parcels come from
    record: Record | None = None  # what is wanted, if it is a record of ours

    @property
    def item_id(self) -> ItemId:
        return ItemId(self._code(self.agency), ITEM_BARCODE, self.notice.barcode or None)

    @property
    def request_id(self) -> RequestId:
        return RequestId(self._code(self.agency), None, self.notice.request_id)

    @property
    def user_id(self) -> UserId | None:
        user = self.notice.facts.get("user")
        if not user:
            return None
        return UserId(self._code(self.agency), Code(self.partner.user_id_type), user)

    @property
    def due(self) -> datetime | None:
        return self.moment("due")

    def moment(self, name: str) -> datetime | None:
        text = self.notice.facts.get(name)
        return datetime.fromisoformat(text) if text else None

    def _code(self, value: str) -> Code:
        return Code(value, self.partner.agency_scheme or None)


def _due_fields(telling: Telling) -> ItemOptionalFields | None:
    return ItemOptionalFields(date_due=telling.due) if telling.due else None


def _shipped(telling: Telling) -> ItemShipped:
    where: PhysicalAddress = postal_address(telling.address)
    return ItemShipped(
        request_id=telling.request_id,
        user_id=telling.user_id,
        date_shipped=telling.notice.written,
        shipping_information=ShippingInformation(physical_address=where),
        item_optional_fields=_due_fields(telling),
    )


def _received(telling: Telling) -> ItemReceived:
    return ItemReceived(
        item_id=telling.item_id,
        user_id=telling.user_id,
        request_id=telling.request_id,
        date_received=telling.notice.written,
    )


def _checked_out(telling: Telling) -> ItemCheckedOut:
    return ItemCheckedOut(
        user_id=telling.user_id or UserId(None, None, telling.notice.request_id),
        item_id=telling.item_id,
        request_id=telling.request_id,
        date_due=telling.due,
        indeterminate_loan_period_flag=telling.due is None,
    )


def _checked_in(telling: Telling) -> ItemCheckedIn:
    return ItemCheckedIn(user_id=telling.user_id, item_id=telling.item_id)


def _renewed(telling: Telling) -> Any:
    if telling.due is None:
        return CirculationStatusUpdated(item_id=telling.item_id, circulation_status=Code("On Loan"))
    return ItemRenewed(user_id=telling.user_id, item_id=telling.item_id, date_due=telling.due)


def _renewal_asked(telling: Telling) -> RenewItem:
    return RenewItem(
        user_id=telling.user_id or UserId(None, None, telling.notice.request_id),
        item_id=telling.item_id,
        desired_date_due=telling.due,
    )


def _recalled(telling: Telling) -> ItemRecalled:
    return ItemRecalled(
        user_id=telling.user_id,
        item_id=telling.item_id,
        date_due=telling.due or telling.notice.written,
    )


def _lost(telling: Telling) -> CirculationStatusUpdated:
    return CirculationStatusUpdated(item_id=telling.item_id, circulation_status=Code("Lost"))


def _found(telling: Telling) -> CirculationStatusUpdated:
    return CirculationStatusUpdated(item_id=telling.item_id, circulation_status=Code("On Loan"))


def _cancelled(telling: Telling) -> ItemRequestCancelled:
    return ItemRequestCancelled(
        user_id=telling.user_id or UserId(None, None, telling.notice.request_id),
        request_id=telling.request_id,
        request_type=_LOAN,
        request_scope_type=_WHOLE,
    )


def _asked(telling: Telling) -> RequestItem:
    notice, record = telling.notice, telling.record
    number = notice.facts.get("number") or (isbn_of(record) if record else None)
    if number:
        wanted = BibliographicId(bibliographic_item_id=BibliographicItemId(number, Code("ISBN")))
    else:
        own = (record.control_number if record else None) or notice.request_id
        wanted = BibliographicId(
            bibliographic_record_id=BibliographicRecordId(own, Code(telling.agency))
        )
    described = BibliographicDescription(author=notice.author or None, title=notice.title or None)
    place = notice.facts.get("pickup")
    return RequestItem(
        user_id=telling.user_id,
        bibliographic_id=(wanted,),
        request_id=telling.request_id,
        request_type=_LOAN,
        request_scope_type=_WHOLE,
        item_optional_fields=ItemOptionalFields(bibliographic_description=described),
        need_before_date=telling.moment("before"),
        pickup_location=Code(place) if place else None,
    )


#: By kind of notice, but for what is told only where message and answer go apart. They are the
#: same from borrower and lender: `Telling` differs.
MESSAGES: Final[dict[PartnerNoticeKind, Callable[[Telling], Any]]] = {
    PartnerNoticeKind.ASKED: _asked,
    PartnerNoticeKind.SHIPPED: _shipped,
    PartnerNoticeKind.RECEIVED: _received,
    PartnerNoticeKind.CHECKED_OUT: _checked_out,
    PartnerNoticeKind.CHECKED_IN: _checked_in,
    PartnerNoticeKind.RENEWED: _renewed,
    PartnerNoticeKind.RENEWAL_ASKED: _renewal_asked,
    PartnerNoticeKind.RECALLED: _recalled,
    PartnerNoticeKind.LOST: _lost,
    PartnerNoticeKind.FOUND: _found,
    PartnerNoticeKind.SENT_HOME: _shipped,
    PartnerNoticeKind.CANCELLED: _cancelled,
}


def message_of(telling: Telling) -> Any:
    """The request to send, without a header."""
    return MESSAGES[telling.notice.kind](telling)
