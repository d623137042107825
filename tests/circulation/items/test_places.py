"""Where items stand: five levels, and places that the agency has."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.items.availability import circulation_status
from circulation.items.places import UnknownPlace, place_item, place_problems, store_place_name
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Refused
from tests.builders.circulation import Library, an_item


def named(library: Library, level: str, **codes: str) -> None:
    for code, name in codes.items():
        library.write(
            lambda transaction, code=code, name=name: store_place_name(  # type: ignore[misc]
                transaction, library.main.agency_id, level, code, name
            )
        )


def place(library: Library, barcode: str, **placement: Any) -> Item | Refused:
    return library.write(
        lambda transaction: place_item(library.act(transaction), item=barcode, **placement)
    )


def test_an_item_is_put_into_all_five_levels(library: Library) -> None:
    barcode = an_item(library)
    levels = {"department": "Adults", "location": "Fiction", "sublocation": "Crime"}
    placed = place(library, barcode, branch="DK-900102", **levels, section="Display")
    assert isinstance(placed, Item)
    assert placed.home_branch == library.other
    status = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert status is not None
    assert status.item == placed
    assert placed.placement == ("Adults", "Fiction", "Crime", "Display")
    event = library.events_of(barcode)[-1]
    assert event.kind is EventKind.ITEM_PLACED
    assert event.after == {"branch": library.other.id, **levels, "section": "Display"}


def test_the_same_place_again_changes_nothing(sqlite_library: Library) -> None:
    barcode = an_item(sqlite_library, department="Adults")
    before = sqlite_library.events_of(barcode)
    place(sqlite_library, barcode, department="Adults")
    assert sqlite_library.events_of(barcode) == before


def test_an_unknown_place_is_refused_with_those_there_are(sqlite_library: Library) -> None:
    library = sqlite_library
    named(library, "department", b="Children", v="Adults")
    named(library, "section", x="x")
    barcode = an_item(library)
    with pytest.raises(UnknownPlace) as refused:
        place(library, barcode, department="k", location="anything", section="y")
    assert str(refused.value) == (
        "there is no department 'k'; there are b (Children), v (Adults); "
        "there is no section 'y'; there are x"
    )
    assert isinstance(place(library, barcode, department="b", location="anything"), Item)
    assert isinstance(place(library, barcode, department=""), Item)


def test_levels_that_nobody_has_named_are_free(sqlite_library: Library) -> None:
    agency = sqlite_library.main.agency_id
    problems = sqlite_library.read(
        lambda transaction: place_problems(transaction, agency, {"location": "anywhere"})
    )
    assert problems == []


def test_unknown_items_and_branches(sqlite_library: Library) -> None:
    unknown = place(sqlite_library, "nothing")
    assert isinstance(unknown, Refused)
    assert unknown.reasons == (Reason.ITEM_UNKNOWN,)
    nowhere = place(sqlite_library, an_item(sqlite_library), branch="DK-0")
    assert isinstance(nowhere, Refused)
    assert nowhere.reasons == (Reason.BRANCH_UNKNOWN,)
