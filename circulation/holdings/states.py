"""What a library has of a record, and what it is doing: as others are told of it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, many_of
from catalogue.records import control_numbers_of
from catalogue.schema import items
from circulation.calendars.due_dates import local_date
from circulation.items.availability import holdings
from circulation.kernel.act import Act
from circulation.kernel.results import CirculationStatus, ItemState
from circulation.kernel.set_up import SetUp


class HeldState(Enum):
    """What can be had of an item, in one word. The value is that of the data well."""

    ON_SHELF = "OnShelf"
    ON_LOAN = "OnLoan"
    NOT_FOR_LOAN = "NotForLoan"
    LOST = "Lost"
    GONE = "Decommissioned"


_STATES: Final = {
    ItemState.AVAILABLE: HeldState.ON_SHELF,
    ItemState.ON_LOAN: HeldState.ON_LOAN,
    ItemState.IN_TRANSIT: HeldState.ON_LOAN,
    ItemState.CLAIMED_RETURNED: HeldState.ON_LOAN,
    ItemState.LOST: HeldState.LOST,
    ItemState.MISSING: HeldState.LOST,
    ItemState.ON_HOLD_SHELF: HeldState.ON_LOAN,
}


class HeldItem(NamedTuple):
    """An item as others are told of it. `due` is when it is expected back, at its branch."""

    barcode: str
    branch: str  # ISIL
    branch_name: str
    department: str
    location: str
    sublocation: str
    material_group: str
    part: str
    state: HeldState
    due: date | None
    accession: date


class RecordHoldings(NamedTuple):
    """What an agency has of a record, which is `known_as` by its control number; nothing, where
    there is no item any more. `number` is that of the change: the later wins. `gone` are barcodes
    that were told before and are not among the items."""

    record_id: int
    agency_id: int
    agency: str  # ISIL
    known_as: str
    number: int
    items: tuple[HeldItem, ...]
    gone: tuple[str, ...] = ()

    @property
    def digest(self) -> bytes:
        """The same for the same items in the same states, whenever they were told."""
        told = json.dumps(as_json(self)["items"], ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(f"{self.known_as}\n{told}".encode(), digest_size=8).digest()


def as_json(each: RecordHoldings) -> dict[str, Any]:
    """The same for programs."""
    return {
        "agency": each.agency,
        "record": each.known_as,
        "number": each.number,
        "items": [
            {
                "barcode": item.barcode,
                "branch": item.branch,
                "department": item.department,
                "location": item.location,
                "sublocation": item.sublocation,
                "material_group": item.material_group,
                "part": item.part,
                "state": item.state.value,
                "due": item.due and item.due.isoformat(),
                "accession": item.accession.isoformat(),
            }
            for item in each.items
        ],
    }


class _Shelved(NamedTuple):
    id: int
    part: str
    created: datetime


@many_of(_Shelved)
def _shelved(*, item_ids: Sequence[int]) -> Statement:
    return select(items.c.id, items.c.part, items.c.created).where(items.c.id.in_(item_ids))


def held(act: Act, numbers: dict[int, int]) -> dict[tuple[int, int], RecordHoldings]:
    """What agencies have of the records, by record and agency; `numbers` are those of their last
    changes. Records without a control number are left out: nobody else could know them."""
    transaction = act.transaction
    set_up = act.circulation.current_set_up(transaction)
    ids = sorted(numbers)
    found = holdings(act.circulation, transaction, record_ids=ids, now=act.now)
    names = control_numbers_of(transaction, sorted(found))
    item_ids = [each.item.id for its in found.values() for each in its]
    shelved = {each.id: each for each in _shelved(transaction, item_ids=item_ids)}
    by_agency: defaultdict[tuple[int, int], list[HeldItem]] = defaultdict(list)
    isils: dict[int, str] = {}
    for record_id, statuses in found.items():
        for status in statuses:
            branch = status.item.home_branch
            isils[branch.agency_id] = branch.agency_isil
            if record_id in names and status.state in _STATES:
                its = by_agency[record_id, branch.agency_id]
                its.append(_held_item(status, shelved[status.item.id], set_up))
    return {
        (record_id, agency_id): RecordHoldings(
            record_id, agency_id, isils[agency_id], names[record_id], numbers[record_id], tuple(its)
        )
        for (record_id, agency_id), its in by_agency.items()
    }


def _held_item(status: CirculationStatus, shelved: _Shelved, set_up: SetUp) -> HeldItem:
    item, branch = status.item, status.item.home_branch
    state = _STATES[status.state]
    if state is HeldState.ON_SHELF:
        terms = set_up.terms(branch.id, "", item.material_group)
        if status.not_for_loan or not terms.loanable or terms.on_site_only:
            state = HeldState.NOT_FOR_LOAN
    due = None
    if status.loan is not None and state is HeldState.ON_LOAN:
        due = local_date(status.loan.due, branch.timezone)
    return HeldItem(
        item.barcode,
        branch.isil,
        branch.name,
        item.department,
        item.location,
        item.sublocation,
        item.material_group,
        shelved.part,
        state,
        due,
        local_date(shelved.created, branch.timezone),
    )
