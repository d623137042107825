"""New items and deliveries: what is asked for and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from circulation.accession.adding import Accessioned as KnownItem
from circulation.accession.adding import NewItem
from circulation.accession.deliveries import Delivery as KnownDelivery
from circulation.accession.deliveries import DeliveryLine as KnownLine
from circulation.kernel.results import CheckedIn
from circulation.kernel.set_up import SetUp
from protocols.api.models.answers import Branch, Money, branch_shown, money
from protocols.api.models.common import Barcode, Isil, Paging, Request
from protocols.api.models.item_changes import Price
from protocols.api.models.records import BASE64

_CODE = Annotated[str, Field(max_length=100)]
_Text = Annotated[str, Field(max_length=1_000)]
Scan = Annotated[str, Field(min_length=1, max_length=100, description="ISBN, ISSN, EAN, number")]


class ItemWish(Request):
    """What is said of a new item; null leaves it to the rules, a barcode to the ranges."""

    barcode: Barcode | None = None
    material_group: _CODE | None = None
    price: Price | None = None
    department: _CODE | None = None
    location: _CODE | None = None
    sublocation: _CODE | None = None
    section: _CODE | None = None
    call_number: _CODE | None = None
    part: _CODE = ""

    @property
    def item(self) -> NewItem:
        """The same for the engine."""
        price = self.price
        return NewItem(
            self.barcode,
            self.material_group,
            None if price is None else price.amount,
            None if price is None else price.currency,
            self.department,
            self.location,
            self.sublocation,
            self.section,
            self.call_number,
            self.part,
        )


class BriefRecord(Request):
    """What a record is made of where the catalogue has none with the number."""

    title: Annotated[str, Field(min_length=1, max_length=1_000)]
    author: _Text = ""


class FetchedRecord(Request):
    """A record that the caller has from another catalogue, `source`: ISO 2709 in base64."""

    iso2709: Annotated[str, Field(min_length=1, max_length=140_000, pattern=BASE64)]
    format: Literal["marc21", "danmarc2", "unimarc"]
    source: Annotated[str, Field(min_length=1, max_length=200)]


class AccessionWish(Request):
    """An item of the title with this number is in hand. It belongs to `home`, by default the
    caller's branch. Where the catalogue has no record with the number, it is `fetched`, or else
    made of `brief`. `dry_run` adds nothing."""

    number: Scan
    item: ItemWish = ItemWish()
    home: Isil | None = None
    fetched: FetchedRecord | None = None
    brief: BriefRecord | None = None
    dry_run: bool = False


class LineWish(Request):
    """So many copies of a title. `branch` null is that of the delivery."""

    number: Scan
    copies: Annotated[int, Field(ge=1, le=1_000)] = 1
    barcode: Barcode | None = None
    title: _Text = ""
    author: _Text = ""
    branch: Isil | None = None
    material_group: _CODE = ""
    price: Price | None = None
    department: _CODE = ""
    location: _CODE = ""
    sublocation: _CODE = ""
    section: _CODE = ""
    call_number: _CODE = ""


class DeliveryAnnouncement(Request):
    """What a supplier says that they will send to a branch."""

    supplier: Annotated[str, Field(min_length=1, max_length=200)]
    order: Annotated[str, Field(min_length=1, max_length=200)]
    branch: Isil
    expected: date | None = None
    lines: Annotated[tuple[LineWish, ...], Field(min_length=1, max_length=1_000)]


class DeliveriesWish(Request):
    """Several deliveries, all of them or none. `fetched`: records from other catalogues, by the
    numbers of the lines."""

    deliveries: Annotated[tuple[DeliveryAnnouncement, ...], Field(min_length=1, max_length=1_000)]
    fetched: Annotated[dict[str, FetchedRecord], Field(max_length=1_000)] = {}


class ReceiptWish(Request):
    """A scan of a barcode or number. `take_unexpected` takes in what nobody has announced, the
    record `fetched` where the catalogue has none."""

    scanned: Scan
    item: ItemWish = ItemWish()
    take_unexpected: bool = False
    fetched: FetchedRecord | None = None


class DeliveriesPaging(Paging):
    """Which deliveries: `overdue`, what should have come before today; or those with the number of
    an `order`, whether they are still waited for or not."""

    overdue: bool = False
    order: Annotated[str, Field(min_length=1, max_length=200)] | None = None


@dataclass(frozen=True, slots=True)
class PutWhere:
    """Where a new item is to be put. `number` is the place on the hold shelf."""

    destination: str
    to: Branch
    pickup: Branch | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Accessioned:
    """The item is there. `copies_before` counts those of all branches; `other_titles` have the same
    number. `is_done` false: it was tried, and undone."""

    item: str
    title_id: str
    title: str
    author: str
    origin: Literal["OWN", "FETCHED", "BRIEF"]
    source: str
    copies_before: int
    other_titles: tuple[str, ...]
    home: Branch
    placement: tuple[str, ...]
    call_number: str
    material_group: str
    price: Money | None
    put: PutWhere
    is_done: bool


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A line: so many copies of a title, and how many have come."""

    title_id: str
    title: str
    author: str
    number: str
    barcode: str | None
    branch: Branch
    copies: int
    received: int
    material_group: str
    price: Money | None
    call_number: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery, and how much of it has come."""

    id: str
    supplier: str
    order: str
    branch: Branch
    expected: date | None
    announced: datetime
    closed: datetime | None
    copies: int
    received: int


@dataclass(frozen=True, slots=True)
class DeliveryShown:
    """A delivery with its lines."""

    delivery: Delivery
    lines: tuple[DeliveryLine, ...]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What is waited for, by the day on which it is expected."""

    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Announced:
    """The delivery is noted. `new_titles` were added to the catalogue for it."""

    delivery: str
    lines: int
    copies: int
    new_titles: int
    supplier: str
    order: str


@dataclass(frozen=True, slots=True)
class AllAnnounced:
    """The deliveries that were noted, in the order in which they were given."""

    deliveries: tuple[Announced, ...]


@dataclass(frozen=True, slots=True)
class UnknownNumbers:
    """Numbers of lines of which the catalogue has no record: what is worth fetching."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """What a scan has received: `item` null where it was not taken in. `delivery` is what it came
    with; null where nobody had announced it, and `unexpected` is then its line on that list."""

    item: str | None
    title: str | None
    delivery: Delivery | None
    unexpected: str | None
    put: PutWhere | None
    why_not: str | None


@dataclass(frozen=True, slots=True)
class UnexpectedLine:
    """What was scanned and nobody had announced. `item` where it was taken in."""

    id: str
    noted: datetime
    scanned: str
    by: str
    item: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class UnexpectedLines:
    """What staff have not settled, the oldest first."""

    lines: tuple[UnexpectedLine, ...]


def put_where(returned: CheckedIn) -> PutWhere:
    held = returned.held_for
    return PutWhere(
        returned.destination.name,
        branch_shown(returned.to_branch),
        None if held is None else branch_shown(held.pickup_branch),
        None if held is None else held.number,
    )


def accessioned_shown(answer: KnownItem, *, is_done: bool) -> Accessioned:
    item = answer.item
    levels = (item.department, item.location, item.sublocation, item.section)
    return Accessioned(
        item.barcode,
        str(item.record_id),
        answer.title,
        answer.author,
        answer.origin.name,  # type: ignore[arg-type]
        answer.source,
        answer.copies,
        tuple(map(str, answer.others)),
        branch_shown(answer.check_in.item.home_branch),
        tuple(filter(None, levels)),
        item.call_number,
        item.material_group,
        money(item.price, item.currency),
        put_where(answer.check_in),
        is_done,
    )


def delivery_shown(found: KnownDelivery, set_up: SetUp) -> Delivery:
    return Delivery(
        str(found.id),
        found.supplier,
        found.order_number,
        branch_shown(set_up.branches[found.branch_id]),
        found.expected,
        found.announced,
        found.closed,
        found.copies,
        found.received,
    )


def line_shown(found: KnownLine, set_up: SetUp) -> DeliveryLine:
    return DeliveryLine(
        str(found.record_id),
        found.title,
        found.author,
        found.number,
        found.barcode,
        branch_shown(set_up.branches[found.branch_id]),
        found.copies,
        found.received,
        found.material_group,
        money(found.price, found.currency),
        found.call_number,
    )
