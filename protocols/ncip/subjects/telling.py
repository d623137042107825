"""What else a request wants to know: of the item and the user, as they are after the verb."""

from __future__ import annotations

from typing import Any

from circulation.accounts.status import patron_status
from circulation.holds.results import Hold
from circulation.items import availability
from circulation.kernel.results import Refused
from circulation.kernel.rights import Kind
from circulation.staff.lookups import Lookup, Seen
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code
from protocols.ncip.models.items import ElectronicResource, ItemOptionalFields
from protocols.ncip.models.users import UserOptionalFields
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import may_be_told_of
from protocols.ncip.subjects.items import item_optional_fields
from protocols.ncip.subjects.named import desk_of
from protocols.ncip.subjects.titles import described_title, electronic_address, record_with
from protocols.ncip.subjects.users import desired, user_optional_fields


def note_look(request: Any, what: Seen, patron_id: int, caller: Partner, context: Context) -> None:
    """Partners and web sites look at users under their own names."""
    desk = desk_of(caller, context)
    name = f"NCIP {type(request).__name__}"
    context.looked_up(Lookup(Kind.PARTNER, desk, what, name, patron_id))


def wanted_of(request: Any, caller: Partner) -> frozenset[str]:
    """The ItemElementTypes of the request, and those that the partner always gets."""
    return desired(request.item_element_type) | desired(tuple(map(Code, caller.told_unasked)))


def item_fields(
    request: Any, barcode: str, caller: Partner, context: Context
) -> ItemOptionalFields | None:
    """What the request wants to know of the item; None if nothing."""
    wanted = wanted_of(request, caller)
    if not wanted:
        return None
    status = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    return item_optional_fields(context, status, wanted) if status else None


def hold_fields(
    request: Any, hold: Hold, caller: Partner, context: Context
) -> ItemOptionalFields | None:
    """The same for what a hold is on: its item, or its title as long as any copy will do."""
    barcode = hold.bound_item or hold.item
    if barcode is not None:
        return item_fields(request, barcode, caller, context)
    wanted = wanted_of(request, caller)
    record = record_with(context.transaction, hold.record_id) if wanted else None
    address = electronic_address(record) if record and "electronicresource" in wanted else None
    found = ItemOptionalFields(
        bibliographic_description=(
            described_title(record, hold.title, hold.author, hold.pickup_branch.agency_isil)
            if "bibliographicdescription" in wanted
            else None
        ),
        electronic_resource=ElectronicResource(address) if address else None,
    )
    return None if found == ItemOptionalFields() else found


def user_fields(
    request: Any, identifier: str, caller: Partner, context: Context
) -> UserOptionalFields | None:
    """The user fields for the UserElementTypes of the request; None if it asks for none, or may not
    be told. They are in the log of look-ups, as those of LookupUser are."""
    wanted = desired(request.user_element_type)
    if not wanted or not may_be_told_of(request, identifier, caller, context):
        return None
    status = patron_status(context.act(desk_of(caller, context)), patron=identifier)
    if isinstance(status, Refused):
        return None
    note_look(request, Seen.OPENED, status.patron.id, caller, context)
    return user_optional_fields(context, status, wanted, caller)
