"""Barcodes from ranges."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.changes.accession import add_record
from catalogue.database import Database, Transaction, open_database
from catalogue.items import add_item
from circulation.accession.barcode_ranges import (
    BarcodeRange,
    NoBarcodes,
    check_digit,
    forget_range,
    next_barcode,
    store_range,
)
from circulation.accession.item_defaults import Place
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, an_item


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def store(library: Library, code: str, **fields: Any) -> None:
    values = {
        "agency_id": None, "branch_id": None, "prefix": code, "first_number": 1,
        "last_number": 9, "digits": 2, "check_digit": False, "next_number": 1,
    } | fields  # fmt: skip
    library.write(lambda transaction: store_range(transaction, BarcodeRange(code, **values)))


def take(library: Library, branch_id: int | None = None) -> str:
    place = Place(library.main.agency_id, branch_id or library.main.id)
    return library.write(lambda transaction: next_barcode(transaction, place))


def test_numbers_are_given_out_once_until_there_are_none(library: Library) -> None:
    store(library, "A", last_number=3)
    assert [take(library) for _ in range(3)] == ["A01", "A02", "A03"]
    with pytest.raises(NoBarcodes, match="used up"):
        take(library)
    store(library, "A", last_number=4)
    assert take(library) == "A04"


def test_the_nearest_range_is_used(library: Library) -> None:
    with pytest.raises(NoBarcodes, match="no range"):
        take(library)
    store(library, "X")
    store(library, "Y", agency_id=library.main.agency_id)
    store(library, "Z", branch_id=library.other.id)
    assert (take(library), take(library, library.other.id)) == ("Y01", "Z01")
    library.write(lambda transaction: forget_range(transaction, code="Y"))
    assert take(library) == "X01"


def test_barcodes_in_use_are_passed_over(library: Library) -> None:
    store(library, "A")
    for barcode in ("A01", "A02", "A04", "A0", "A03x", "B01"):
        an_item(library, barcode)
    assert [take(library) for _ in range(3)] == ["A03", "A05", "A06"]


def test_a_long_run_in_use_is_passed_over(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    library = a_library(database)
    store(library, "A", last_number=9_999, digits=4)
    data = a_record()

    def work(transaction: Transaction) -> None:
        record = add_record(transaction, data, now=library.now)
        for number in range(1, 521):
            barcode = f"A{number:04}"
            add_item(
                transaction,
                barcode=barcode,
                record_id=record,
                branch_id=library.main.id,
                now=library.now,
            )

    library.write(work)
    assert take(library) == "A0521"
    database.close()


def test_check_digits() -> None:
    assert check_digit("7992739871") == "3"
    made = BarcodeRange("A", None, None, "", 1, 9, 5, True, 1)
    assert made.number(made.barcode(12)) == 12
    assert made.barcode(12) == "000125"
    assert made.number("000129") is None
    assert made.number("x") is None


@pytest.mark.parametrize(
    "fields",
    [
        {"digits": 0},
        {"digits": 16},
        {"first_number": 5, "last_number": 4},
        {"last_number": 100},
        {"prefix": "x" * 21},
        {"prefix": "a\n"},
    ],
)
def test_ranges_that_cannot_be(library: Library, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        store(library, "A", **fields)
