"""Titles, items that come and go, deposits and inventories."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from circulation.accession.adding import NewItem, accession
from circulation.booking.collecting import put_into, take_out
from circulation.booking.placements import (
    NewPlacement,
    change_placement,
    create_placement,
    end_placement,
    move_on,
)
from circulation.booking.results import Station
from circulation.kernel.act import Act
from circulation.kernel.results import Refused, StayKind
from circulation.records.changes import delete_record, merge_records, replace_record
from circulation.stock.inventory import (
    Inventory,
    close_inventory,
    declare_not_seen_missing,
    inventory_of,
    scan_item,
)
from tests.builders.catalogue import a_record
from tests.pairs.nouns import DEPOSIT, HOLD, IN_HOUSE, ITEM, TITLE, WEEK, Verb
from tests.pairs.scenes import Scene
from tests.pairs.states import ItemState

_TWINNED: Final = frozenset({ItemState.TWINNED})
_PLACED: Final = frozenset({ItemState.PLACED})


def _merge(act: Act, scene: Scene, side: int) -> Any:
    return merge_records(act, scene.twin_id, scene.record_id)


def _merge_back(act: Act, scene: Scene, side: int) -> Any:
    return merge_records(act, scene.record_id, scene.twin_id)


def _replace(act: Act, scene: Scene, side: int) -> Any:
    data = a_record(f"New {side}", control_number=f"Title {scene.number}a")
    return replace_record(act, scene.record_id, data)


def _accession(act: Act, scene: Scene, side: int) -> Any:
    return accession(
        act, number=f"Title {scene.number}a", item=NewItem(barcode=f"N{scene.number:06}")
    )


def _stations(act: Act, side: int) -> list[Station]:
    branches = act.circulation.current_set_up(act.transaction).branches.values()
    return [
        Station(act.now.date() - timedelta(side), each, "shelf")
        for each in branches
        if each.isil == "DK-900102"
    ]


def _create_placement(act: Act, scene: Scene, side: int) -> Any:
    set_up = act.circulation.current_set_up(act.transaction)
    made = create_placement(
        act, set_up, NewPlacement(StayKind.DEPOSIT, f"Box {scene.number}", _stations(act, side))
    )
    answers = put_into(act, placement_id=made.id, barcodes=[scene.item])
    if isinstance(answers, Refused) or isinstance(answers[0], Refused):
        raise ValueError("without an item there is no deposit")
    return answers


def _change_placement(act: Act, scene: Scene, side: int) -> Any:
    set_up = act.circulation.current_set_up(act.transaction)
    return change_placement(
        act,
        set_up,
        placement_id=scene.placement_id,
        stations=_stations(act, side),
        ends=act.now.date() + WEEK * (2 + side),
        today=act.now.date(),
    )


def _move_on(act: Act, scene: Scene, side: int) -> Any:
    set_up = act.circulation.current_set_up(act.transaction)
    return move_on(act, set_up, scene.placement_id, day=act.now.date())


def _end_placement(act: Act, scene: Scene, side: int) -> Any:
    set_up = act.circulation.current_set_up(act.transaction)
    return end_placement(act, set_up, scene.placement_id)


def _inventory(act: Act, scene: Scene) -> Inventory:
    """Return the inventory of the shelf on which the items of the scene stand."""
    found = inventory_of(act.transaction, inventory_id=scene.inventory_id)
    if found is None or found.closed is not None:
        raise ValueError("the inventory is over")
    return found


VERBS: Final = (
    Verb("replace_record", frozenset({TITLE}), (replace_record,), _replace),
    Verb(
        "delete_record",
        frozenset({TITLE, HOLD, ITEM}),
        (delete_record,),
        lambda act, scene, side: delete_record(act, scene.twin_id or scene.record_id),
        _TWINNED,
    ),
    Verb("merge_records", frozenset({TITLE, HOLD, ITEM}), (merge_records,), _merge, _TWINNED),
    Verb(
        "merge_records_back",
        frozenset({TITLE, HOLD, ITEM}),
        (merge_records,),
        _merge_back,
        _TWINNED,
    ),
    Verb("accession", frozenset({TITLE, HOLD}), (accession,), _accession),
    Verb(
        "put_into_deposit",
        frozenset({DEPOSIT, ITEM, HOLD}),
        (create_placement, put_into),
        _create_placement,
        IN_HOUSE,
    ),
    Verb(
        "put_copy_into_deposit",
        frozenset({DEPOSIT}),
        (put_into,),
        lambda act, scene, side: put_into(
            act, placement_id=scene.placement_id, barcodes=[scene.copy]
        ),
        _PLACED,
    ),
    Verb(
        "take_out_of_deposit",
        frozenset({DEPOSIT, ITEM}),
        (take_out,),
        lambda act, scene, side: take_out(act, item=scene.item),
        _PLACED,
    ),
    Verb("change_deposit", frozenset({DEPOSIT}), (change_placement,), _change_placement, _PLACED),
    Verb("move_deposit_on", frozenset({DEPOSIT}), (move_on,), _move_on, _PLACED),
    Verb("end_deposit", frozenset({DEPOSIT, ITEM}), (end_placement,), _end_placement, _PLACED),
    Verb(
        "scan_item",
        frozenset({ITEM}),
        (scan_item,),
        lambda act, scene, side: scan_item(act, _inventory(act, scene), scene.item),
        IN_HOUSE | {ItemState.MISSING},
    ),
    Verb(
        "declare_not_seen_missing",
        frozenset({ITEM}),
        (declare_not_seen_missing,),
        lambda act, scene, side: declare_not_seen_missing(act, _inventory(act, scene)),
        IN_HOUSE,
    ),
    Verb(
        "close_inventory",
        frozenset({ITEM}),
        (close_inventory,),
        lambda act, scene, side: close_inventory(act, _inventory(act, scene)),
        IN_HOUSE,
    ),
)
