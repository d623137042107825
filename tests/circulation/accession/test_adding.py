"""Accession: a number becomes an item that is ready to lend."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.changes.accession import add_record
from catalogue.changes.fetched import Fetched, choose
from catalogue.database import Database, Transaction
from catalogue.items import Item, find_item
from catalogue.query import Term
from catalogue.records import Record, fetch_records
from catalogue.searching.evaluation import search
from catalogue.searching.standard_numbers import readings
from circulation.accession.adding import (
    Accessioned,
    Brief,
    NewItem,
    NotAccessioned,
    Obstacle,
    Origin,
    accession,
)
from circulation.accession.barcode_ranges import BarcodeRange, store_range
from circulation.accession.item_defaults import ITEM_DEFAULTS
from circulation.kernel.events import EventKind
from circulation.kernel.results import Branch, CheckedOut, Destination
from circulation.kernel.trees import GROUPS
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import a_hold

ISBN = "9780140449136"
ISBN_10 = "0140449132"


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database)

    def work(transaction: Transaction) -> None:
        GROUPS.store(transaction, {"book": ("Books", None), "quick": ("Quick loans", "book")})
        store_range(transaction, a_range("all", None, "A"))

    library.write(work)
    return library


def a_range(code: str, branch: Branch | None, prefix: str, **fields: Any) -> BarcodeRange:
    plain = BarcodeRange(code, None, branch.id if branch else None, prefix, 1, 99_999, 5, False, 1)
    return plain._replace(**fields)


def own_record(library: Library, isbn: str = ISBN, title: str = "The Odyssey") -> int:
    data = a_record(title, "Homer", isbn, fields=[("082", "04", ("a", "883.01"))])
    return library.write(lambda transaction: add_record(transaction, data, now=library.now))


def fetched(isbn: str = ISBN, title: str = "The Odyssey") -> Fetched:
    (number, *_) = readings(isbn)
    found = choose(
        [a_record(title, "Homer", isbn)], number, source="union", record_format="marc21"
    ).fetched
    assert found is not None
    return found


def accessioned(library: Library, number: str = ISBN, **options: Any) -> Accessioned:
    answer = attempt(library, number, **options)
    assert isinstance(answer, Accessioned), answer
    return answer


def attempt(
    library: Library, number: str = ISBN, at: Branch | None = None, **options: Any
) -> Accessioned | NotAccessioned:
    return library.write(
        lambda transaction: accession(library.act(transaction, at), number=number, **options)
    )


def obstacle(library: Library, number: str = ISBN, **options: Any) -> Obstacle:
    answer = attempt(library, number, **options)
    assert isinstance(answer, NotAccessioned), answer
    return answer.obstacle


def item_of(library: Library, barcode: str) -> Item:
    found = library.read(lambda transaction: find_item(transaction, barcode))
    assert found is not None
    return found


@pytest.mark.parametrize("scanned", [ISBN, ISBN_10, "978-0-14-044913-6", f"{ISBN}51495"])
def test_an_isbn_in_any_form_finds_the_own_record(library: Library, scanned: str) -> None:
    record = own_record(library, ISBN_10)
    answer = accessioned(library, scanned, item=NewItem("B1"))
    assert (answer.item.record_id, answer.origin, answer.copies) == (record, Origin.OWN, 0)
    assert answer.title == "The Odyssey"
    assert answer.check_in.destination is Destination.SHELF_HERE
    assert item_of(library, "B1") == answer.item


def test_the_item_is_ready_to_lend(library: Library) -> None:
    own_record(library)
    answer = accessioned(library)
    lent = library.check_out(a_patron(library), answer.item.barcode)
    assert isinstance(lent, CheckedOut)


def test_a_second_copy_joins_the_first(library: Library) -> None:
    own_record(library)
    first = accessioned(library)
    second = accessioned(library, ISBN_10, at=library.other)
    assert second.item.record_id == first.item.record_id
    assert (first.item.barcode, second.item.barcode) == ("A00001", "A00002")
    assert (first.copies, second.copies) == (0, 1)
    assert second.item.branch_id == library.other.id


def test_of_several_records_the_one_that_the_agency_holds_is_taken(library: Library) -> None:
    first = own_record(library)
    second = own_record(library)
    assert accessioned(library).item.record_id == first
    answer = accessioned(library)
    assert (answer.item.record_id, answer.others) == (first, (second,))


def test_a_fetched_record_is_added_and_found(library: Library) -> None:
    assert obstacle(library) is Obstacle.RECORD_UNKNOWN
    answer = accessioned(library, fetched=fetched())
    assert (answer.origin, answer.source, answer.author) == (Origin.FETCHED, "union", "Homer")
    found = library.read(lambda transaction: search(transaction, Term("isbn", ISBN_10)))
    assert list(found) == [answer.item.record_id]
    again = accessioned(library, fetched=fetched(title="Another"))
    assert (again.origin, again.item.record_id) == (Origin.OWN, answer.item.record_id)


def test_a_brief_record_is_the_last_resort(library: Library) -> None:
    brief = Brief("Byens\x1f avis", "Borger, Ø.")
    answer = accessioned(library, brief=brief)
    assert (answer.origin, answer.title, answer.author) == (
        Origin.BRIEF,
        "Byens avis",
        "Borger, Ø.",
    )
    (record,) = library.read(
        lambda transaction: fetch_records(transaction, [answer.item.record_id])
    )
    assert isinstance(record, Record)
    assert record.data[17:18] == b"3"
    assert accessioned(library, ISBN_10).item.record_id == record.id
    other = accessioned(library, "abc-17", brief=Brief("Local"))
    assert accessioned(library, "abc-17").item.record_id == other.item.record_id
    assert obstacle(library, "9788700000018", brief=Brief(" ")) is Obstacle.TITLE_MISSING


def test_what_is_fetched_goes_before_the_brief(library: Library) -> None:
    answer = accessioned(library, fetched=fetched(), brief=Brief("x"))
    assert answer.origin is Origin.FETCHED


def test_the_rules_give_group_price_place_and_call_number(library: Library) -> None:
    own_record(library)
    agency, branch = library.main.agency_id, library.main.id

    def work(transaction: Transaction) -> None:
        store = ITEM_DEFAULTS.store
        store(transaction, material_type="book", gives_group="quick", call_number="dewey")
        store(transaction, agency_id=agency, material_group="book", price=30_000, currency="DKK")
        store(transaction, agency_id=agency, department="Adults")
        store(transaction, branch_id=branch, department="Children", location="F")
        store(transaction, material_group="dvd", section="Films")

    library.write(work)
    item = accessioned(library).item
    assert (item.material_group, item.price, item.currency) == ("quick", 30_000, "DKK")
    assert (item.department, item.location, item.section) == ("Children", "F", "")
    assert item.call_number == "883.01"
    other = accessioned(library, at=library.other).item
    assert (other.department, other.location) == ("Adults", "")
    said = accessioned(
        library,
        item=NewItem(material_group="book", price=5, currency="EUR", location="", call_number="X"),
    ).item
    assert (said.material_group, said.price, said.currency) == ("book", 5, "EUR")
    assert (said.department, said.location, said.call_number) == ("Children", "", "X")


def test_somebody_who_waits_gets_the_new_copy(library: Library) -> None:
    own_record(library)
    first = accessioned(library)
    library.check_out(a_patron(library), first.item.barcode)
    card = a_patron(library)
    a_hold(library, card, first.item.barcode, at=library.other)
    answer = accessioned(library)
    assert answer.check_in.destination is Destination.TRANSIT_TO_PICKUP
    assert answer.check_in.held_for is not None
    assert answer.check_in.held_for.pickup_branch.id == library.other.id
    arrived = library.check_in(answer.item.barcode, at=library.other)
    assert getattr(arrived, "destination", None) is Destination.HOLD_SHELF_HERE


def test_an_item_for_another_branch_is_sent_there(library: Library) -> None:
    own_record(library)
    answer = accessioned(library, home_branch_id=library.other.id)
    assert answer.item.branch_id == library.other.id
    assert answer.check_in.destination is Destination.TRANSIT_HOME
    assert answer.check_in.to_branch.id == library.other.id


def test_events_tell_of_the_item(library: Library) -> None:
    own_record(library)
    answer = accessioned(library)
    kinds = [event.kind for event in library.events_of(answer.item.barcode)]
    assert kinds == [EventKind.ITEM_ADDED, EventKind.ITEM_SEEN]


def test_obstacles_change_nothing(library: Library) -> None:
    own_record(library)
    taken = accessioned(library).item.barcode
    assert obstacle(library, "") is Obstacle.NO_NUMBER
    assert obstacle(library, item=NewItem(taken)) is Obstacle.BARCODE_IN_USE
    assert obstacle(library, item=NewItem("")) is Obstacle.BARCODE_WRONG
    assert obstacle(library, item=NewItem("a\tb")) is Obstacle.BARCODE_WRONG
    assert obstacle(library, item=NewItem("x" * 65)) is Obstacle.BARCODE_WRONG
    unknown = NewItem(material_group="nothing")
    assert obstacle(library, item=unknown) is Obstacle.MATERIAL_GROUP_UNKNOWN
    assert obstacle(library, item=NewItem(price=5)) is Obstacle.PRICE_WRONG
    assert obstacle(library, home_branch_id=99) is Obstacle.BRANCH_UNKNOWN
    assert accessioned(library).item.barcode == "A00002"


def test_without_a_range_a_barcode_must_be_given(database: Database) -> None:
    library = a_library(database)
    own_record(library)
    assert obstacle(library) is Obstacle.NO_BARCODE
    assert accessioned(library, item=NewItem("B1")).item.barcode == "B1"


@pytest.mark.parametrize(
    "number", ["9780140449137", "978-0-14-044913-7", "0140449133", "ISBN 0140449133", "014044913X"]
)
def test_no_brief_record_is_made_of_a_slip_in_an_isbn(library: Library, number: str) -> None:
    brief = Brief("The Odyssey")
    first = attempt(library, number)
    assert isinstance(first, NotAccessioned)
    assert first.obstacle is Obstacle.RECORD_UNKNOWN  # another catalogue may have it like this
    assert "check digit" in first.detail
    again = attempt(library, number, brief=brief)
    assert isinstance(again, NotAccessioned)
    assert again.obstacle is Obstacle.CHECK_DIGIT_WRONG


@pytest.mark.parametrize("number", [ISBN, ISBN_10, "5701234567899", "12345678", "9791032300824"])
def test_other_numbers_make_one(sqlite_library: Library, number: str) -> None:
    made = accessioned(sqlite_library, number, brief=Brief("The Odyssey"), item=NewItem("B-1"))
    assert made.origin is Origin.BRIEF


def test_a_number_that_is_wrong_in_print_is_found_all_the_same(library: Library) -> None:
    own_record(library, isbn="9780140449137")
    found = accessioned(library, "9780140449137", brief=Brief("The Odyssey"))
    assert found.origin is Origin.OWN
