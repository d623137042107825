"""Items: the one that a request is about, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from circulation.kernel.results import Branch, CheckedIn, CirculationStatus, Item, ItemState
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code, ItemId, Problem, agency_code
from protocols.ncip.models.circulation import Destination, RoutingInformation
from protocols.ncip.models.elements import LAYOUTS
from protocols.ncip.models.items import (
    ElectronicResource,
    ItemDescription,
    ItemOptionalFields,
    Location,
    LocationName,
    LocationNameInstance,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.titles import described, electronic_address, record_of

#: ItemIdentifierType of every item: the word that brokers look for, case included.
ITEM_BARCODE = Code("Item Barcode")

_STATUSES = {
    ItemState.AVAILABLE: "Available On Shelf",
    ItemState.ON_LOAN: "On Loan",
    ItemState.IN_TRANSIT: "In Transit Between Library Locations",
    ItemState.CLAIMED_RETURNED: "Claimed Returned Or Never Borrowed",
    ItemState.LOST: "Lost",
    ItemState.MISSING: "Missing",
    ItemState.ON_HOLD_SHELF: "Available For Pickup",
    ItemState.GOES_BACK: "Not Available",
}


def barcode_of(item_id: ItemId | None) -> str | Problem:
    """The barcode in an ItemId, whatever its ItemIdentifierType says."""
    if item_id is None:
        return problem(ProblemType.NEEDED_DATA_MISSING, "no item is given", "ItemId")
    if item_id.item_identifier_value is None:
        return problem(
            ProblemType.NEEDED_DATA_MISSING, "the item identifier is empty", "ItemIdentifierValue"
        )
    return item_id.item_identifier_value


def in_words_of(caller: Partner, answer: Any) -> Any:
    """An answer, or a part of one, with our items under the type that the partner knows."""
    if caller.item_id_type == ITEM_BARCODE.value:
        return answer
    if isinstance(answer, tuple):
        return tuple(in_words_of(caller, each) for each in answer)
    if isinstance(answer, ItemId) and answer.item_identifier_type == ITEM_BARCODE:
        return replace(answer, item_identifier_type=Code(caller.item_id_type))
    names = [row.name for row in LAYOUTS.get(type(answer), ())]
    parts = {name: getattr(answer, name) for name in names}
    changed = {name: in_words_of(caller, part) for name, part in parts.items()}
    changed = {name: part for name, part in changed.items() if part is not parts[name]}
    return replace(answer, **changed) if changed else answer


def item_id_of(item: Item) -> ItemId:
    return item_id(item.barcode, item.home_branch)


def item_id(barcode: str, home_branch: Branch) -> ItemId:
    return ItemId(agency_code(home_branch.agency_isil), ITEM_BARCODE, barcode)


def local_time(moment: datetime, branch: Branch) -> datetime:
    """A time in the zone of the branch, as due dates are meant."""
    return moment.astimezone(ZoneInfo(branch.timezone))


def item_optional_fields(
    context: Context, status: CirculationStatus, wanted: frozenset[str]
) -> ItemOptionalFields | None:
    """What was asked for of the item; None if Tiro knows none of that."""
    item, transaction = status.item, context.transaction
    has_status = "circulationstatus" in wanted
    found = ItemOptionalFields(
        bibliographic_description=(
            described(transaction, item) if "bibliographicdescription" in wanted else None
        ),
        item_use_restriction_type=(
            _restrictions(context, status) if "itemuserestrictiontype" in wanted else ()
        ),
        circulation_status=circulation_status_of(status) if has_status else None,
        hold_queue_length=status.open_holds if "holdqueuelength" in wanted else None,
        item_description=(
            ItemDescription(item.call_number or None, item.barcode)
            if "itemdescription" in wanted
            else None
        ),
        location=_locations(status) if "location" in wanted else (),
        electronic_resource=(
            _electronic_resource(context, item) if "electronicresource" in wanted else None
        ),
        date_due=(
            local_time(status.loan.due, item.home_branch) if has_status and status.loan else None
        ),
    )
    return None if found == ItemOptionalFields() else found


def circulation_status_of(status: CirculationStatus) -> Code:
    """What the item is doing, in the words of CirculationStatus."""
    if status.recalled is not None and status.state is ItemState.ON_LOAN:
        return Code("Recalled")
    return Code(_STATUSES[status.state])


def _restrictions(context: Context, status: CirculationStatus) -> tuple[Code, ...]:
    """What the rules say of the item for everybody, in the words of ItemUseRestrictionType."""
    set_up, item = context.circulation.current_set_up(context.transaction), status.item
    terms = set_up.terms(item.home_branch.id, "", item.material_group)
    found = []
    if status.not_for_loan or not terms.loanable:
        found.append(Code("Not For Loan"))
    if terms.on_site_only:
        found.append(Code("In Library Use Only"))
    if terms.loanable and not terms.on_site_only and not terms.renewals:
        found.append(Code("Renewals Not Permitted"))
    return tuple(found)


def _electronic_resource(context: Context, item: Item) -> ElectronicResource | None:
    record = record_of(context.transaction, item)
    address = electronic_address(record) if record else None
    return ElectronicResource(address) if address else None


def _locations(status: CirculationStatus) -> tuple[Location, ...]:
    """Where it belongs, and where it is for now if a booking, deposit or theme has it."""
    found = [permanent_location(status.item)]
    if status.stay is not None:
        found.append(_location("Temporary Location", status.stay.branch.name, status.stay.place))
    return tuple(found)


def permanent_location(item: Item) -> Location:
    """Where the item belongs: the branch as level 1, the places within it as 2 to 5."""
    return _location(
        "Permanent Location",
        item.home_branch.name,
        item.department,
        item.location,
        item.sublocation,
        item.section,
    )


def routing(returned: CheckedIn) -> RoutingInformation:
    """Where an item goes after its check-in, and from which day on if its branch is closed."""
    held_for, instructions = returned.held_for, returned.destination.value
    if held_for is not None and held_for.waits_until is not None:
        instructions += f", which is closed until {held_for.waits_until}: keep it here until then"
    if returned.is_before_loan:
        instructions += "; the date was before the loan: the return is recorded at its beginning"
    return RoutingInformation(
        instructions,
        Destination(_location("Temporary Location", returned.to_branch.name)),
    )


def _location(kind: str, *names: str) -> Location:
    return Location(
        Code(kind),
        LocationName(
            tuple(LocationNameInstance(level, name) for level, name in enumerate(names, 1) if name)
        ),
    )
