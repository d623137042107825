"""The stock: changes of many items, inventories, what is hardly used, the figures of a year.

The answers are those of the commands as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from circulation.kernel.set_up import SetUp
from circulation.stock.inventory import FindingCount, NotSeen, Scanned, ScannedLine, Shelf
from circulation.stock.inventory import Inventory as KnownInventory
from circulation.stock.weeding import Unused
from circulation.stock.yearly import Year
from protocols.api.models.answers import Branch, Coded, branch_shown
from protocols.api.models.common import Barcode, Paging, Request, Why
from protocols.api.models.item_changes import ItemChanges

_CODE = Annotated[str, Field(max_length=100)]
FindingName = Literal["SEEN", "WRONG_PLACE", "ON_LOAN", "ELSEWHERE", "WAS_MISSING"]


@dataclass(frozen=True, slots=True)
class Shelving:
    """What can be said of where the items of an agency stand, and of what kind they are. Where
    nothing of a level is named, any code will do."""

    material_groups: tuple[Coded, ...]
    departments: tuple[Coded, ...]
    locations: tuple[Coded, ...]
    sublocations: tuple[Coded, ...]
    sections: tuple[Coded, ...]


class ShelfWish(Request):
    """Which shelves of the caller's branch; an empty level, or material group, is any."""

    department: _CODE = ""
    location: _CODE = ""
    sublocation: _CODE = ""
    section: _CODE = ""
    material_group: _CODE = ""

    @property
    def shelf(self) -> Shelf:
        return Shelf(*(getattr(self, name) for name in Shelf._fields))


class InventoryWish(ShelfWish):
    """An inventory is to be begun."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class InventoryScan(Request):
    """Barcodes as they were scanned, a shelf at most."""

    items: Annotated[tuple[Barcode, ...], Field(min_length=1, max_length=1_000)]


class UnusedQuery(Paging, ShelfWish):
    """What was not lent since that day."""

    not_lent_since: date


class YearQuery(Request):
    """Which calendar year."""

    year: Annotated[int, Field(ge=1900, le=9998)]


class ManyChanges(Request):
    """The same changes for many items, all of them or none. `dry_run` changes nothing."""

    items: Annotated[tuple[Barcode, ...], Field(min_length=1, max_length=1_000)]
    changes: ItemChanges
    dry_run: bool = False


class Withdrawal(Request):
    """Items that leave the stock for good, all of them or none. `why` is kept with each."""

    items: Annotated[tuple[Barcode, ...], Field(min_length=1, max_length=1_000)]
    why: Why | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory, and how many items were found how. `closed` is null while it goes on."""

    id: str
    name: str
    branch: Branch
    department: str
    location: str
    sublocation: str
    section: str
    material_group: str
    begun: datetime
    closed: datetime | None
    findings: dict[FindingName, int]


@dataclass(frozen=True, slots=True)
class Inventories:
    """Those of the branch that go on, the oldest first."""

    inventories: tuple[Inventory, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of an item: `finding` null where no item has the barcode, else what is to be
    done follows from it. `belongs` is its branch, `placement` its place there."""

    item: str
    finding: FindingName | None
    text: str
    title: str | None = None
    state: str | None = None
    belongs: Branch | None = None
    placement: tuple[str, ...] = ()
    call_number: str | None = None


@dataclass(frozen=True, slots=True)
class ShelfScanned:
    """What was found, in the order of the scans."""

    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class ToSeeTo:
    """An item that is not where it belongs."""

    item: str
    title: str
    call_number: str
    finding: FindingName
    scanned: datetime


@dataclass(frozen=True, slots=True)
class ToSeeToList:
    """What staff have to see to after the scans."""

    lines: tuple[ToSeeTo, ...]


@dataclass(frozen=True, slots=True)
class NotOnShelf:
    """An item that should stand on the shelves and was not scanned."""

    item: str
    title: str
    location: str
    sublocation: str
    section: str
    call_number: str


@dataclass(frozen=True, slots=True)
class NotOnShelfList:
    """What was not scanned."""

    lines: tuple[NotOnShelf, ...]


@dataclass(frozen=True, slots=True)
class DeclaredMissing:
    """How many items were declared missing. Done again until it is 0, all are."""

    items: int


@dataclass(frozen=True, slots=True)
class UnusedItem:
    """An item that is hardly used. `copies` counts the items of its title, of all branches."""

    item: str
    title: str
    author: str
    location: str
    call_number: str
    material_group: str
    added: datetime
    loans: int
    last_lent: datetime | None
    copies: int


@dataclass(frozen=True, slots=True)
class UnusedItems:
    """What could make room for something else."""

    lines: tuple[UnusedItem, ...]


@dataclass(frozen=True, slots=True)
class LoansOfYear:
    """Loans and renewals of a material by borrowers of an age."""

    material_group: str
    age_band: str
    loans: int
    renewals: int


@dataclass(frozen=True, slots=True)
class StockOfYear:
    """The items of a material now, and how many of them were added within the year."""

    material_group: str
    items: int
    added: int


@dataclass(frozen=True, slots=True)
class YearlyFigures:
    """What Danmarks Statistik asks an agency for each year."""

    agency: str
    year: int
    loans: tuple[LoansOfYear, ...]
    stock: tuple[StockOfYear, ...]
    withdrawn: int


@dataclass(frozen=True, slots=True)
class ManyChanged:
    """How many items have changed; `is_done` false: it was tried, and undone."""

    items: int
    changed: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What has left the stock. `titles_without_items` are those whose last item it was."""

    items: int
    titles_without_items: tuple[str, ...]
    is_done: bool


def inventory_shown(known: KnownInventory, counts: list[FindingCount], set_up: SetUp) -> Inventory:
    return Inventory(
        str(known.id),
        known.name,
        branch_shown(set_up.branches[known.branch_id]),
        *known.shelf,
        known.begun,
        known.closed,
        {each.finding: each.items for each in counts},  # type: ignore[misc]
    )


def found_shown(scanned: Scanned, set_up: SetUp) -> Found:
    item = scanned.item
    levels = (item.department, item.location, item.sublocation, item.section)
    return Found(
        item.barcode,
        scanned.finding.name,  # type: ignore[arg-type]
        scanned.finding.value,
        scanned.title,
        scanned.state.name,
        branch_shown(set_up.branches[scanned.branch_id]),
        tuple(filter(None, levels)),
        item.call_number,
    )


def to_see_to_shown(line: ScannedLine) -> ToSeeTo:
    return ToSeeTo(
        line.barcode,
        line.title,
        line.call_number,
        line.finding,  # type: ignore[arg-type]
        line.scanned,
    )


def not_seen_shown(line: NotSeen) -> NotOnShelf:
    return NotOnShelf(*line[1:])


def unused_shown(line: Unused) -> UnusedItem:
    return UnusedItem(*line[1:])


def year_shown(agency: str, found: Year) -> YearlyFigures:
    numbers = {(each.kind, each.material_group, each.age_band): each.number for each in found.loans}
    kinds = sorted({key[1:] for key in numbers})
    return YearlyFigures(
        agency,
        found.year,
        tuple(
            LoansOfYear(
                *key, numbers.get(("checked_out", *key), 0), numbers.get(("renewed", *key), 0)
            )
            for key in kinds
        ),
        tuple(StockOfYear(*each) for each in found.stock),
        found.withdrawn,
    )
