"""Items: copies of records that are in the catalogue already, with their place, price and state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Final, NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, scalars_of, send_many
from catalogue.holders import update_holders
from catalogue.items import is_barcode
from catalogue.schema import items
from circulation.items.schema import missing_items, transits
from circulation.kernel.trees import GROUPS
from circulation.moving.keys import new_ids
from circulation.moving.lookups import branches_of, find_items, records_of
from circulation.moving.rows import Arrival, Batch, Kind, code_shown
from circulation.moving.updates import update_planned
from circulation.moving.values import AMOUNT, BRANCH, CODE, MOMENT, TEXT, TEXTS, coded


class ItemState(Enum):
    """Where an item is that is not on loan; on loan is what a loan says."""

    AVAILABLE = "available"
    MISSING = "missing"
    TRANSIT = "transit"


class ItemRow(NamedTuple):
    """What a plan may say of an item. `record` is the control number of its record; with any
    `not_for_loan` it is not lent, and the words are for staff."""

    barcode: Annotated[str, TEXT]
    record: Annotated[str, TEXT]
    branch: Annotated[int, BRANCH]
    department: Annotated[str, CODE] = ""
    location: Annotated[str, CODE] = ""
    sublocation: Annotated[str, CODE] = ""
    section: Annotated[str, CODE] = ""
    call_number: Annotated[str, TEXT] = ""
    material_group: Annotated[str, CODE] = ""
    price: Annotated[int | None, AMOUNT] = None
    part: Annotated[str, TEXT] = ""
    float_group: Annotated[str, CODE] = ""
    not_for_loan: Annotated[tuple[str, ...], TEXTS] = ()
    created: Annotated[datetime | None, MOMENT] = None
    state: Annotated[ItemState, coded(ItemState)] = ItemState.AVAILABLE
    since: Annotated[datetime | None, MOMENT] = None
    transit_from: Annotated[int | None, BRANCH] = None
    transit_to: Annotated[int | None, BRANCH] = None


class _Stored(NamedTuple):
    id: int
    barcode: str
    record_id: int
    branch_id: int
    department: str
    location: str
    sublocation: str
    section: str
    call_number: str
    material_group: str
    price: int | None
    currency: str | None
    created: datetime
    part: str
    float_group: str
    not_for_loan: str


@send_many
def _insert(record: _Stored) -> Statement:
    return insert(items).values(record._asdict())


_PLANNED: Final = {
    "barcode": "",
    "record_id": "",
    "branch_id": "",
    "price": "price",
    "currency": "price",
} | {
    name: name
    for name in (
        *("department", "location", "sublocation", "section", "call_number"),
        *("material_group", "part", "float_group", "not_for_loan"),
    )
}
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


class _Missing(NamedTuple):
    item_id: int
    since: datetime


class Transit(NamedTuple):
    """An item on its way."""

    item_id: int
    from_branch_id: int
    to_branch_id: int
    since: datetime
    reason: str


@send_many
def _insert_missing(record: _Missing) -> Statement:
    return insert(missing_items).values(record._asdict())


@send_many
def _forget_missing(record: _Missing) -> Statement:
    return delete(missing_items).where(missing_items.c.item_id == record.item_id)


@send_many
def _insert_transit(record: Transit) -> Statement:
    return insert(transits).values(record._asdict())


@send_many
def _forget_transit(record: _Missing) -> Statement:
    return delete(transits).where(transits.c.item_id == record.item_id)


@send_many
def _forget_way_home(record: _Missing) -> Statement:
    return delete(transits).where(transits.c.item_id == record.item_id, transits.c.reason == "home")


@scalars_of(int)
def _are_missing(*, item_ids: Sequence[int]) -> Statement:
    return select(missing_items.c.item_id).where(missing_items.c.item_id.in_(item_ids))


@scalars_of(int)
def _are_moving(*, item_ids: Sequence[int]) -> Statement:
    return select(transits.c.item_id).where(transits.c.item_id.in_(item_ids))


def put_on_way(transaction: Transaction, moving: Sequence[Transit]) -> None:
    """The items are on their way there, and nowhere else."""
    forget_states(transaction, [each.item_id for each in moving])
    _insert_transit(transaction, moving)


def forget_states(transaction: Transaction, item_ids: Sequence[int]) -> None:
    """The items are in somebody's hands: neither missing nor on their way."""
    wanted = [*{*item_ids}]
    missing = _are_missing(transaction, item_ids=wanted)
    moving = _are_moving(transaction, item_ids=wanted)
    _forget_missing(transaction, [_Missing(each, _NEVER) for each in missing])
    _forget_transit(transaction, [_Missing(each, _NEVER) for each in moving])


def store_items(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes items; a barcode is that of one item, here and in the file."""
    transaction = batch.transaction
    _check(batch, new, changed)
    found = records_of(batch, [*new, *changed])
    new, changed = batch.left(new), batch.left(changed)
    for each, number in zip(new, new_ids(transaction, items, len(new)), strict=True):
        each.row_id = number
    both = [*new, *changed]
    stored = {id(each): _stored(batch, each, found[id(each)]) for each in both}
    _insert(transaction, [stored[id(each)] for each in new])
    update_planned(batch, items, [stored[id(each)] for each in changed], _PLANNED)
    _store_states(batch, new, changed)
    update_holders(transaction, {each.record_id for each in stored.values()})


def _check(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    known = {node.code for node in GROUPS.all(batch.transaction)}
    owners = {
        barcode: item.id
        for barcode, item in find_items(
            batch, {each.row.barcode for each in [*new, *changed]}, "barcode"
        ).items()
    }
    for each in [*new, *changed]:
        row: ItemRow = each.row
        own = -id(each) if each.row_id is None else each.row_id
        if not is_barcode(row.barcode):
            batch.set_aside(each, "no barcode", "barcode")
        elif owners.setdefault(row.barcode, own) != own:
            batch.set_aside(each, "a barcode of another item", "barcode")
        elif known and row.material_group and row.material_group not in known:
            code = code_shown(row.material_group)
            remedy = f"give {code} a material group that there is, or add it to library.toml"
            batch.set_aside(each, "unknown material group", code, remedy=remedy if code else "")
        elif row.state is ItemState.TRANSIT and row.transit_to is None:
            batch.set_aside(each, "nothing there", "transit_to")
        elif row.price is not None and row.price < 0:
            batch.set_aside(each, "no amount", "price")


def _stored(batch: Batch, arrival: Arrival, record_id: int) -> _Stored:
    row: ItemRow = arrival.row
    return _Stored(
        arrival.number,
        row.barcode,
        record_id,
        row.branch,
        row.department,
        row.location,
        row.sublocation,
        row.section,
        row.call_number,
        row.material_group,
        row.price,
        None if row.price is None else batch.moving.currency,
        row.created or batch.moving.now,
        row.part,
        row.float_group,
        "; ".join(dict.fromkeys(row.not_for_loan)),
    )


def _store_states(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    now = batch.moving.now
    before = [_Missing(each.number, now) for each in changed]
    if "state" in batch.fields:
        _forget_missing(batch.transaction, before)
        _forget_way_home(batch.transaction, before)
    missing, moving = [], []
    for each in [*new, *changed]:
        row: ItemRow = each.row
        since = row.since or now
        if row.state is ItemState.MISSING:
            missing.append(_Missing(each.number, since))
        elif row.state is ItemState.TRANSIT:
            assert row.transit_to is not None  # `_check`
            began = row.branch if row.transit_from is None else row.transit_from
            moving.append(Transit(each.number, began, row.transit_to, since, "home"))
    _insert_missing(batch.transaction, missing)
    put_on_way(batch.transaction, moving)


ITEMS = Kind("items", ItemRow, store_items, branches=branches_of(items, "branch_id"))
