"""Records replaced, deleted and merged under the work of the library: items, loans, holds."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import update

from catalogue.changes import accession
from catalogue.changes.former_records import NoSuchRecord, former_record
from catalogue.database import Statement, Transaction, many, metadata, send
from catalogue.items import add_item
from catalogue.schema import items, records
from circulation.holds.changes import HoldOutcome
from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, HoldState, Wanted
from circulation.kernel.events import Event, EventKind, events_of_hold, select_events
from circulation.kernel.results import CheckedIn, CheckedOut, Destination
from circulation.kernel.schema import events
from circulation.patrons.kinds import PatronKind
from circulation.records import changes as record_changes
from circulation.records.changes import Need, RecordDeleted, RecordNeeded, RecordsMerged
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_patron
from tests.builders.holds import a_hold, ask, cancel, holds_of, record_of


@many(Event)
def _all_events() -> Statement:
    return select_events(events.c.kind.like("record%")).order_by(events.c.id)


def a_title(library: Library, title: str, *barcodes: str) -> int:
    def work(transaction: Transaction) -> int:
        number = accession.add_record(
            transaction, a_record(title, control_number=title), now=library.now
        )
        for barcode in barcodes:
            add_item(
                transaction,
                barcode=barcode,
                record_id=number,
                branch_id=library.main.id,
                now=library.now,
            )
        return number

    return library.write(work)


def merge(library: Library, record_id: int, survivor_id: int) -> RecordsMerged:
    return library.write(
        lambda transaction: record_changes.merge_records(
            library.act(transaction), record_id, survivor_id
        )
    )


def delete(library: Library, record_id: int) -> RecordDeleted | RecordNeeded:
    return library.write(
        lambda transaction: record_changes.delete_record(library.act(transaction), record_id)
    )


def outcome_of(library: Library, hold_id: int) -> str | None:
    closed = [
        event
        for event in library.read(lambda transaction: events_of_hold(transaction, hold_id=hold_id))
        if event.kind is EventKind.HOLD_CLOSED
    ]
    return closed[-1].after["outcome"] if closed else None


def test_each_change_writes_one_event(library: Library) -> None:
    def add(transaction: Transaction) -> int:
        return record_changes.add_record(library.act(transaction), a_record("Ny"))

    number = library.write(add)
    for text, is_changed in (("Nyere", True), ("Nyere", False)):
        assert is_changed is library.write(
            lambda transaction, text=text: record_changes.replace_record(
                library.act(transaction), number, a_record(text)
            )
        )
    other = a_title(library, "En anden")
    merge(library, number, other)
    assert delete(library, other) == RecordDeleted(other, "En anden")
    found = library.read(_all_events)
    assert [
        (event.kind, event.before.get("record"), event.after.get("record")) for event in found
    ] == [
        (EventKind.RECORD_ADDED, None, number),
        (EventKind.RECORD_REPLACED, None, number),
        (EventKind.RECORDS_MERGED, number, other),
        (EventKind.RECORD_DELETED, other, None),
    ]
    assert {event.actor for event in found} == {"kiosk"}


def test_all_that_stands_in_the_way_of_deleting_is_told(library: Library) -> None:
    number = a_title(library, "Peters jul", "A1", "A2")
    borrower, waiting = a_patron(library), a_patron(library)
    assert isinstance(library.check_out(borrower, "A1"), CheckedOut)
    hold = a_hold(library, waiting, "A1")
    assert delete(library, number) == RecordNeeded(
        ((Need.ITEMS, 2), (Need.LOANS, 1), (Need.HOLDS, 1))
    )
    assert [each.hold.id for each in holds_of(library, waiting)] == [hold.hold.id]


def test_holds_that_are_over_go_with_the_record_and_their_events_stay(library: Library) -> None:
    survivor = a_title(library, "Tom")
    number = a_title(library, "Peters jul", "A1")
    card = a_patron(library)
    hold = a_hold(library, card, "A1").hold
    cancel(library, card, hold)
    merge(library, number, survivor)
    only = a_title(library, "Uden eksemplarer")
    library.write(lambda transaction: _move_item(transaction, barcode="A1", record_id=only))
    assert delete(library, survivor) == RecordDeleted(survivor, "Tom")
    assert library.read(lambda transaction: events_of_hold(transaction, hold_id=hold.id))
    former = library.read(lambda transaction: former_record(transaction, record_id=number))
    assert former is not None
    assert former.survivor_id is None
    with pytest.raises(NoSuchRecord):
        delete(library, number)


@send
def _move_item(*, barcode: str, record_id: int) -> Statement:
    return update(items).where(items.c.barcode == barcode).values(record_id=record_id)


def test_items_loans_and_holds_go_over(library: Library) -> None:
    number, survivor = a_title(library, "Jul", "A1"), a_title(library, "Peters jul", "B1")
    borrower, first, second = (a_patron(library) for _ in range(3))
    library.check_out(borrower, "A1")
    earlier = a_hold(library, first, "A1").hold
    library.pass_time(minutes=1)
    later = a_hold(library, second, "B1").hold
    assert merge(library, number, survivor) == RecordsMerged(
        number, survivor, "Peters jul", items=1, holds=1, closed_holds=0
    )
    assert record_of(library, "A1") == survivor
    [moved], [stayed] = holds_of(library, first), holds_of(library, second)
    assert (moved.hold.id, moved.hold.record_id, moved.number_in_queue) == (earlier.id, survivor, 1)
    assert (stayed.hold.id, stayed.number_in_queue) == (later.id, 2)
    # The loan goes on, and the copy serves the one queue.
    returned = library.check_in("A1")
    assert isinstance(returned, CheckedIn)
    assert returned.was_on_loan
    assert returned.destination is Destination.HOLD_SHELF_HERE
    assert returned.held_for is not None
    assert returned.held_for.hold_id == earlier.id


def test_who_waits_for_both_waits_once(library: Library) -> None:
    number, survivor = a_title(library, "Jul", "A1"), a_title(library, "Peters jul", "B1")
    borrower, eager, served = (a_patron(library) for _ in range(3))
    for barcode in ("A1", "B1"):
        library.check_out(borrower, barcode)
    first = a_hold(library, eager, "B1").hold
    in_vain = a_hold(library, served, "B1").hold
    library.pass_time(minutes=1)
    second = a_hold(library, eager, "A1").hold
    ready = a_hold(library, served, "A1", priority=-1).hold
    library.check_in("A1")
    assert holds_of(library, served)[1].hold.state is HoldState.READY
    merged = merge(library, number, survivor)
    assert (merged.holds, merged.closed_holds) == (1, 2)
    assert [each.hold.id for each in holds_of(library, eager)] == [first.id]
    assert outcome_of(library, second.id) == HoldOutcome.MERGED.name
    [kept] = holds_of(library, served)
    assert (kept.hold.id, kept.hold.state) == (ready.id, HoldState.READY)
    assert outcome_of(library, in_vain.id) == HoldOutcome.MERGED.name


def test_a_library_waits_for_as_many_as_it_has_asked_for(library: Library) -> None:
    number, survivor = a_title(library, "Jul", "A1"), a_title(library, "Peters jul", "B1")
    card = a_patron(library, kind=PatronKind.LIBRARY)
    for barcode in ("A1", "B1"):
        a_hold(library, card, barcode)
    merged = merge(library, number, survivor)
    assert (merged.holds, merged.closed_holds) == (1, 0)
    assert [each.hold.record_id for each in holds_of(library, card)] == [survivor, survivor]


def test_a_series_of_both_titles_goes_on(library: Library) -> None:
    number, survivor = a_title(library, "Jul", "A1"), a_title(library, "Peters jul", "B1")
    last = a_title(library, "Nytår", "C1")
    card = a_patron(library)
    placed = ask(
        library, card, Wanted(number), Wanted(survivor), Wanted(last), kind=HoldKind.SERIAL
    )
    assert isinstance(placed, HoldsPlaced)
    merge(library, number, survivor)
    first, second = holds_of(library, card)
    assert (first.hold.record_id, first.hold.waits_for) == (survivor, None)
    assert (second.hold.record_id, second.hold.waits_for) == (last, first.hold.id)


def test_a_hold_on_an_id_that_is_no_more_is_placed_on_the_survivor(library: Library) -> None:
    number, survivor = a_title(library, "Jul"), a_title(library, "Peters jul", "B1")
    merge(library, number, survivor)
    placed = ask(library, a_patron(library), Wanted(number), interest_until=date(2027, 1, 1))
    assert isinstance(placed, HoldsPlaced)
    assert placed.holds[0].hold.record_id == survivor


def test_every_reference_to_a_record_is_moved_or_stands_in_the_way() -> None:
    references = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column is records.c.id
    }
    others = len(record_changes._other_references())
    assert len(references) == len(record_changes._KNOWN) + others
    assert references >= record_changes._KNOWN


def test_holds_placed_while_records_are_merged_are_all_on_the_survivor(library: Library) -> None:
    survivor = a_title(library, "Peters jul", "B1")
    others = [a_title(library, f"Jul {n}", f"A{n}") for n in range(6)]
    cards = [a_patron(library) for _ in range(6)]

    def place(card: str, number: int) -> None:
        assert isinstance(ask(library, card, Wanted(number)), HoldsPlaced)

    threads = [
        threading.Thread(target=place, args=pair) for pair in zip(cards, others, strict=True)
    ]
    for number, thread in zip(others, threads, strict=True):
        thread.start()
        merge(library, number, survivor)
    for thread in threads:
        thread.join()
    waiting = [holds_of(library, card) for card in cards]
    assert [len(each) for each in waiting] == [1] * 6
    assert {each[0].hold.record_id for each in waiting} == {survivor}
