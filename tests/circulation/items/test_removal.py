"""Taking items out of the stock: what stands in the way, and what goes with them."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from catalogue.items import find_item
from catalogue.records import fetch_records
from circulation.holds.results import HoldsPlaced, HoldState, Wanted
from circulation.items.removal import (
    ItemNeed,
    ItemNeeded,
    ItemRemoved,
    references,
    remove_item,
)
from circulation.kernel.events import EventKind, events_of_item
from circulation.kernel.personal import CUT
from circulation.loans.lost import declare_lost
from tests.builders.bookings import a_booking, a_set, aside
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.fees import danish_fees
from tests.builders.holds import (
    a_copy,
    a_hold,
    ask,
    cancel,
    events_of,
    goes_to,
    holds_of,
    outcome_of,
    record_of,
)


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def remove(library: Library, barcode: str) -> ItemRemoved | ItemNeeded | None:
    return library.write(lambda transaction: remove_item(library.act(transaction), item=barcode))


def needs(library: Library, barcode: str) -> tuple[ItemNeed, ...]:
    found = remove(library, barcode)
    assert isinstance(found, ItemNeeded)
    assert library.read(lambda transaction: find_item(transaction, barcode)) is not None
    return found.needs


def test_every_column_that_names_an_item_is_decided() -> None:
    """A new table is in the way until somebody says what becomes of its rows."""
    for column in references():
        assert column.info.get("fate") in ("cut", "deleted"), column
        assert column.nullable or column.info != CUT, column


def test_an_item_goes_and_its_record_stays(library: Library) -> None:
    first = an_item(library)
    second = a_copy(library, first)
    record_id = record_of(library, first)
    removed = remove(library, second)
    assert isinstance(removed, ItemRemoved)
    assert not removed.is_last
    removed = remove(library, first)
    assert isinstance(removed, ItemRemoved)
    assert removed.is_last
    assert library.read(lambda transaction: fetch_records(transaction, [record_id]))
    assert remove(library, first) is None


def test_the_event_stays_and_tells_what_it_was(library: Library) -> None:
    barcode = an_item(library, title="Peters jul")
    item = library.read(lambda transaction: find_item(transaction, barcode))
    assert item is not None
    remove(library, barcode)

    event = library.read(lambda transaction: events_of_item(transaction, item_id=item.id))[-1]
    assert event.kind is EventKind.ITEM_REMOVED
    assert event.before["barcode"] == barcode
    assert event.before["title"] == "Peters jul"


def test_what_is_on_loan_stays_and_what_was_goes_with_its_loans(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    library.check_out(card, barcode)
    assert needs(library, barcode) == (ItemNeed.ON_LOAN,)
    library.check_in(barcode)
    assert isinstance(remove(library, barcode), ItemRemoved)


def test_what_somebody_waits_for_stays(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    hold = a_hold(library, card, barcode).hold
    library.check_in(barcode)
    assert needs(library, barcode) == (ItemNeed.KEPT,)
    cancel(library, card, hold)
    assert isinstance(remove(library, barcode), ItemRemoved)
    assert holds_of(library, card) == []


def test_who_waits_for_just_this_item_waits_for_the_title_in_their_place(library: Library) -> None:
    first = an_item(library, part="2")
    second = a_copy(library, first, part="2")
    a_copy(library, first, part="1")
    library.check_out(a_patron(library), first)
    card = a_patron(library)
    placed = a_hold(library, card, second, only_item=True)
    assert isinstance(remove(library, second), ItemRemoved)
    [left] = holds_of(library, card)
    assert left.hold.id == placed.hold.id
    assert (left.hold.item, left.hold.part, left.number_in_queue) == (None, "2", 1)
    assert events_of(library, left.hold)[-1].kind is EventKind.HOLD_CHANGED
    library.check_in(first)
    assert needs(library, first) == (ItemNeed.KEPT,)


def test_who_waits_for_the_part_already_waits_once(library: Library) -> None:
    item = an_item(library, part="2")
    card = a_patron(library)
    by_item = a_hold(library, card, item, only_item=True).hold
    asked = ask(library, card, Wanted(record_of(library, item), part="2"))
    assert isinstance(asked, HoldsPlaced), asked
    [by_part] = asked.holds
    assert isinstance(remove(library, item), ItemRemoved)
    assert [each.hold.id for each in holds_of(library, card)] == [by_part.hold.id]
    assert outcome_of(library, by_item) == "merged"


def test_what_is_on_its_way_to_somebody_goes_and_they_wait_again(library: Library) -> None:
    barcode = an_item(library)
    spare = a_copy(library, barcode)
    library.check_out(a_patron(library), spare)
    card = a_patron(library)
    placed = a_hold(library, card, barcode, at=library.other)
    library.check_in(barcode)
    assert holds_of(library, card)[0].hold.state is HoldState.ON_THE_WAY
    assert isinstance(remove(library, barcode), ItemRemoved)
    [left] = holds_of(library, card)
    assert (left.hold.id, left.hold.state) == (placed.hold.id, HoldState.WAITING)
    assert goes_to(library, spare)[1] == placed.hold.id


def test_a_booking_goes_on_without_what_was_set_aside_for_it(library: Library) -> None:
    copies = a_set(library, 2)
    aside(library, a_booking(library, a_patron(library), copies[0], 5, 9), copies[0])
    item = library.read(lambda transaction: find_item(transaction, copies[0]))
    assert item is not None
    assert isinstance(remove(library, copies[0]), ItemRemoved)
    kinds = [
        event.kind
        for event in library.read(lambda transaction: events_of_item(transaction, item_id=item.id))
    ]
    assert kinds[-2:] == [EventKind.STAY_ENDED, EventKind.ITEM_REMOVED]


def test_what_is_owed_for_stays(library: Library) -> None:
    danish_fees(library)
    card, barcode = a_patron(library), an_item(library)
    library.check_out(card, barcode)
    library.pass_time(days=90)
    library.check_in(barcode)
    assert needs(library, barcode) == (ItemNeed.MONEY,)


def test_what_is_missing_may_go(library: Library) -> None:
    barcode = an_item(library)
    library.write(lambda transaction: declare_lost(library.act(transaction), item=barcode))
    assert isinstance(remove(library, barcode), ItemRemoved)
