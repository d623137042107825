"""Items: which one a request is about, and what is told of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from catalogue.marc.iso2709 import fields, subfields
from catalogue.numbers import isbn_keys
from catalogue.records import Record, fetch_records
from catalogue.statements import Transaction
from circulation.results import Branch, CheckedIn, CirculationStatus, Item, ItemState
from protocols.ncip.messages import (
    BibliographicDescription,
    BibliographicItemId,
    BibliographicRecordId,
    Code,
    Destination,
    ItemDescription,
    ItemId,
    ItemOptionalFields,
    Location,
    LocationName,
    LocationNameInstance,
    Problem,
    RoutingInformation,
)
from protocols.ncip.problems import ProblemType, problem

#: ItemIdentifierType of every item: the word that brokers look for, case and all.
ITEM_BARCODE = Code("Item Barcode")

_STATUSES = {
    ItemState.AVAILABLE: "Available On Shelf",
    ItemState.ON_LOAN: "On Loan",
    ItemState.IN_TRANSIT: "In Transit Between Library Locations",
    ItemState.CLAIMED_RETURNED: "Claimed Returned Or Never Borrowed",
    ItemState.LOST: "Lost",
    ItemState.MISSING: "Missing",
    ItemState.ON_HOLD_SHELF: "Available For Pickup",
}

#: The field and subfields with an ISBN, by record format.
_ISBN_FIELDS = {
    "marc21": (b"020", b"a"),
    "danmarc2": (b"021", b"ae"),
    "unimarc": (b"010", b"a"),
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


def item_id_of(item: Item) -> ItemId:
    return ItemId(Code(item.home_branch.agency_isil), ITEM_BARCODE, item.barcode)


def local_time(moment: datetime, branch: Branch) -> datetime:
    """A time with the zone of the branch, as due dates are thought of."""
    return moment.astimezone(ZoneInfo(branch.timezone))


def item_optional_fields(
    transaction: Transaction, status: CirculationStatus, wanted: frozenset[str]
) -> ItemOptionalFields | None:
    """What was asked for of the item; None where that is nothing that Tiro knows."""
    item = status.item
    has_status = "circulationstatus" in wanted
    found = ItemOptionalFields(
        bibliographic_description=(
            _description(transaction, item) if "bibliographicdescription" in wanted else None
        ),
        circulation_status=Code(_STATUSES[status.state]) if has_status else None,
        hold_queue_length=status.open_holds if "holdqueuelength" in wanted else None,
        item_description=(
            ItemDescription(item.call_number or None, item.barcode)
            if "itemdescription" in wanted
            else None
        ),
        location=(permanent_location(item),) if "location" in wanted else (),
        date_due=(
            local_time(status.loan.due, item.home_branch) if has_status and status.loan else None
        ),
    )
    return None if found == ItemOptionalFields() else found


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
    """Where an item goes after its check-in."""
    return RoutingInformation(
        returned.destination.value,
        Destination(_location("Temporary Location", returned.to_branch.name)),
    )


def _location(kind: str, *names: str) -> Location:
    return Location(
        Code(kind),
        LocationName(
            tuple(LocationNameInstance(level, name) for level, name in enumerate(names, 1) if name)
        ),
    )


def _description(transaction: Transaction, item: Item) -> BibliographicDescription:
    record = next(iter(fetch_records(transaction, [item.record_id])), None)
    isbn = _isbn(record) if record and record.data else None
    number = record.control_number if record else None
    return BibliographicDescription(
        author=item.author or None,
        bibliographic_item_id=BibliographicItemId(isbn, Code("ISBN")) if isbn else None,
        bibliographic_record_id=(
            (BibliographicRecordId(number, Code(item.home_branch.agency_isil)),) if number else ()
        ),
        publication_date=str(record.year) if record and record.year else None,
        title=item.title or None,
    )


def _isbn(record: Record) -> str | None:
    """The first ISBN: in 13 digits, where its check digit is right."""
    tag, codes = _ISBN_FIELDS.get(record.format, (b"", b""))
    for name, content in fields(record.data):
        if name == tag:
            for code, value in subfields(content):
                keys = isbn_keys(value.decode("utf-8", "replace")) if code in codes else []
                if keys and len(keys[0]) in (10, 13):
                    return keys[0]
    return None
