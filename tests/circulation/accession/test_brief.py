"""Items without a number: a record of a title only, or why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Database
from catalogue.items import find_item
from catalogue.records import fetch_records
from circulation.accession.adding import Accessioned, Brief, NewItem, NotAccessioned, Obstacle
from circulation.accession.brief import accession_brief
from circulation.kernel.events import EventKind
from tests.builders.circulation import Library, a_library, an_item


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def add(
    library: Library, title: str, barcode: str | None, **options: Any
) -> Accessioned | NotAccessioned:
    return library.write(
        lambda transaction: accession_brief(
            library.act(transaction),
            brief=Brief(title, "Jensen, Johannes V."),
            item=NewItem(barcode=barcode, call_number="Jen"),
            **options,
        )
    )


def test_a_title_and_its_item(library: Library) -> None:
    added = add(library, "Kongens fald", "B-1", home_branch_id=library.other.id)
    assert isinstance(added, Accessioned)
    found = library.read(lambda transaction: find_item(transaction, "B-1"))
    assert found is not None
    assert found.branch_id == library.other.id
    (record,) = library.read(lambda transaction: fetch_records(transaction, [found.record_id]))
    assert b"Kongens fald" in record.data
    assert library.events_of("B-1")[0].kind is EventKind.ITEM_ADDED


@pytest.mark.parametrize(
    ("title", "barcode", "options", "obstacle"),
    [
        ("  ", "B-1", {}, Obstacle.TITLE_MISSING),
        ("Kongens fald", "x" * 65, {}, Obstacle.BARCODE_WRONG),
        ("Kongens fald", "TAKEN", {}, Obstacle.BARCODE_IN_USE),
        ("Kongens fald", "B-1", {"home_branch_id": 999}, Obstacle.BRANCH_UNKNOWN),
    ],
)
def test_what_is_not_added(
    library: Library,
    title: str,
    barcode: str,
    options: dict[str, Any],
    obstacle: Obstacle,
) -> None:
    an_item(library, "TAKEN")
    added = add(library, title, barcode, **options)
    assert isinstance(added, NotAccessioned)
    assert added.obstacle is obstacle
    assert library.read(lambda transaction: find_item(transaction, "B-1")) is None
