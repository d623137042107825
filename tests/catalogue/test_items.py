"""Items: added, found by barcode, gathered for records."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Database
from catalogue.items import BarcodeInUse, Item, add_item, find_item, items_of_records
from tests.builders.catalogue import NOW, a_record, add_branch, add_records


@pytest.fixture
def ids(database: Database) -> tuple[list[int], int]:
    """Two records and a branch."""
    return (
        database.write(lambda w: add_records(w, [a_record(), a_record()])).result(),
        database.write(add_branch).result(),
    )


def add(database: Database, **said: Any) -> int:
    return database.write(lambda w: add_item(w, now=NOW, **said)).result()


def test_an_item_is_found_as_it_was_added(database: Database, ids: tuple[list[int], int]) -> None:
    (record, _), branch = ids
    bare = add(database, barcode="1", record_id=record, branch_id=branch)
    full = add(
        database,
        barcode="2",
        record_id=record,
        branch_id=branch,
        department="Adults",
        location="Fiction",
        sublocation="Window",
        call_number="Hamsun",
        material_group="book",
        price=24900,
        currency="DKK",
    )
    find = database.read(lambda w: (find_item(w, "1"), find_item(w, "2"), find_item(w, "3")))
    assert find.result() == (
        Item(bare, "1", record, branch, "", "", "", "", "", None, None),
        Item(
            full, "2", record, branch, "Adults", "Fiction", "Window", "Hamsun", "book", 24900, "DKK"
        ),
        None,
    )


def test_a_barcode_is_given_once(database: Database, ids: tuple[list[int], int]) -> None:
    (record, other), branch = ids
    add(database, barcode="1", record_id=record, branch_id=branch)
    with pytest.raises(BarcodeInUse) as refused:
        add(database, barcode="1", record_id=other, branch_id=branch)
    assert refused.value.barcode == "1"


@pytest.mark.parametrize(
    "said", [{"barcode": ""}, {"price": 100}, {"currency": "DKK"}], ids=["barcode", "price", "kr"]
)
def test_half_an_item_is_refused(
    database: Database, ids: tuple[list[int], int], said: dict[str, Any]
) -> None:
    (record, _), branch = ids
    with pytest.raises(ValueError, match=r"needs a barcode|go together"):
        add(database, **{"barcode": "1", "record_id": record, "branch_id": branch, **said})
    assert database.read(lambda w: items_of_records(w, [record])).result() == {record: []}


def test_items_are_gathered_by_record(database: Database, ids: tuple[list[int], int]) -> None:
    (first, second), branch = ids
    for barcode, record in (("b", first), ("a", first), ("c", second)):
        add(database, barcode=barcode, record_id=record, branch_id=branch)
    found = database.read(lambda w: items_of_records(w, [second, first, second, 99])).result()
    barcodes = {record: [item.barcode for item in items] for record, items in found.items()}
    assert barcodes == {second: ["c"], first: ["b", "a"], 99: []}
