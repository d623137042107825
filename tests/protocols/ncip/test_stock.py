"""CreateItem, UpdateItem, DeleteItem, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database
from catalogue.items import find_item
from circulation.kernel.events import EventKind
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.protocols.ncip.furnishing import described, place, request_id, service
from tests.protocols.ncip.stage import SETTINGS, Schemas, Stage, item, problem_types, text_of


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def look_up(stage: Stage, barcode: str, path: str) -> str | None:
    return text_of(stage.ask(service("LookupItem", item(barcode))), path)


def test_a_new_item_with_a_brief_record(stage: Stage) -> None:
    about = "<ItemDescription><CallNumber>Jen</CallNumber></ItemDescription>"
    body = service(
        "CreateItem",
        item("ILL-1"),
        described("Kongens fald", "Jensen, Johannes V."),
        about,
        place("Havnefilialen", "Magasin"),
    )
    answer = stage.ask(body)
    assert text_of(answer, "ItemId/ItemIdentifierValue") == "ILL-1"
    fields = "ItemOptionalFields/"
    assert look_up(stage, "ILL-1", f"{fields}BibliographicDescription/Title") == "Kongens fald"
    assert look_up(stage, "ILL-1", f"{fields}ItemDescription/CallNumber") == "Jen"
    name = f"{fields}Location/LocationName/LocationNameInstance/LocationNameValue"
    assert look_up(stage, "ILL-1", name) == "Havnefilialen"
    assert problem_types(stage.ask(body)) == ["Duplicate Item"]


def test_a_repetition_with_a_request_id_is_answered_as_before(stage: Stage) -> None:
    body = service("CreateItem", item("ILL-1"), request_id("R 1"), described("Kongens fald"))
    first, second = stage.ask(body), stage.ask(body)
    assert not problem_types(first)
    assert text_of(second, "ItemId/ItemIdentifierValue") == "ILL-1"
    kinds = [event.kind for event in stage.library.events_of("ILL-1")]
    assert kinds.count(EventKind.ITEM_ADDED) == 1


def test_the_title_that_is_there_already(stage: Stage) -> None:
    isbn = "978-87-02-00000-9"
    stage.ask(service("CreateItem", item("ILL-1"), described("Kongens fald", isbn=isbn)))
    stage.ask(service("CreateItem", item("ILL-2"), described("The same", isbn=isbn)))

    def records(barcode: str) -> int:
        found = stage.library.read(lambda transaction: find_item(transaction, barcode))
        assert found is not None
        return found.record_id

    assert records("ILL-1") == records("ILL-2")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((described("Kongens fald"),), "Needed Data Missing"),  # no barcode, and no range
        ((item("X"), "<BibliographicDescription/>"), "Needed Data Missing"),
        ((item("X"), described("A"), place("Nowhere")), "Unknown Agency"),
        (
            (
                item("X"),
                described("A"),
                "<ItemUseRestrictionType>Not For Loan</ItemUseRestrictionType>",
            ),
            "Element Rule Violated",
        ),
        (
            (item("X"), described("A"), "<CirculationStatus>On Loan</CirculationStatus>"),
            "Element Rule Violated",
        ),
        ((item("x" * 65), described("A")), "Element Rule Violated"),
    ],
)
def test_what_makes_no_item(stage: Stage, parts: tuple[str, ...], problem: str) -> None:
    assert problem_types(stage.ask(service("CreateItem", *parts))) == [problem]
    assert stage.library.read(lambda transaction: find_item(transaction, "X")) is None


def test_an_item_is_changed(stage: Stage) -> None:
    barcode = an_item(stage.library, call_number="Old", department="Børn")
    added = (
        "<AddItemFields><ItemDescription><CallNumber>New</CallNumber></ItemDescription>"
        f"{place('DK-900102')}</AddItemFields>"
    )
    assert not problem_types(stage.ask(service("UpdateItem", item(barcode), added)))
    fields = "ItemOptionalFields/"
    assert look_up(stage, barcode, f"{fields}ItemDescription/CallNumber") == "New"
    name = f"{fields}Location/LocationName/LocationNameInstance/LocationNameValue"
    assert look_up(stage, barcode, name) == "Havnefilialen"
    kinds = {event.kind for event in stage.library.events_of(barcode)}
    assert {EventKind.ITEM_PLACED, EventKind.ITEM_CHANGED} <= kinds
    gone = "<DeleteItemFields><ItemDescription/></DeleteItemFields>"
    assert not problem_types(stage.ask(service("UpdateItem", item(barcode), gone)))
    assert look_up(stage, barcode, f"{fields}ItemDescription/CallNumber") is None


def test_what_is_not_changed_with_the_item(stage: Stage) -> None:
    barcode = an_item(stage.library, call_number="Old")
    added = (
        f"<AddItemFields>{described('Another')}<ItemDescription><CallNumber>New</CallNumber>"
        "</ItemDescription></AddItemFields>"
    )
    answer = stage.ask(service("UpdateItem", item(barcode), added))
    assert problem_types(answer) == ["Unable To Add Element"]
    assert look_up(stage, barcode, "ItemOptionalFields/ItemDescription/CallNumber") == "Old"
    assert problem_types(stage.ask(service("UpdateItem", item("X"), added))) == ["Unknown Item"]


def test_an_item_goes_when_nothing_hangs_on_it(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    library.check_out(card, barcode)
    refused = stage.ask(service("DeleteItem", item(barcode)))
    assert problem_types(refused) == ["Item Access Denied"]
    assert text_of(refused, "Problem/ProblemDetail") == "it is on loan"
    library.check_in(barcode)
    assert not problem_types(stage.ask(service("DeleteItem", item(barcode))))
    assert problem_types(stage.ask(service("DeleteItem", item(barcode)))) == ["Unknown Item"]
    kept = an_item(library)
    a_hold(library, card, kept)
    library.check_in(kept)
    refused = stage.ask(service("DeleteItem", item(kept)))
    assert text_of(refused, "Problem/ProblemDetail") == "it is kept for somebody who waits"
