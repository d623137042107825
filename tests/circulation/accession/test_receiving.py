"""Receiving: what suppliers announce, and one scan for each item that comes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from catalogue.changes.accession import add_record
from catalogue.database import Database, Transaction
from catalogue.items import find_item
from catalogue.searching.standard_numbers import readings, records_with
from circulation.accession.adding import NewItem, Obstacle
from circulation.accession.announcing import (
    Announced,
    AnnouncedDelivery,
    AnnouncedLine,
    NotAnnounced,
    announce,
)
from circulation.accession.barcode_ranges import BarcodeRange, store_range
from circulation.accession.deliveries import (
    Delivery,
    close_delivery,
    lines_of,
    open_deliveries,
    overdue_deliveries,
)
from circulation.accession.receiving import NotReceived, Received, Unexpected, receive
from circulation.accession.unexpected import settle_unexpected, unexpected_of
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.kernel.events import EventKind
from circulation.kernel.paging import Page, Place
from circulation.kernel.results import Branch, CheckedOut, Destination
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import ask

ISBN = "9780140449136"
OTHER = "9788700000018"
AVIS = "9788700000025"


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database)
    data = a_record("The Odyssey", "Homer", ISBN)

    def work(transaction: Transaction) -> None:
        add_record(transaction, data, now=library.now)
        store_range(transaction, BarcodeRange("all", None, None, "A", 1, 99, 4, False, 1))

    library.write(work)
    return library


def a_delivery(*lines: AnnouncedLine, order: str = "117", **fields: Any) -> AnnouncedDelivery:
    return AnnouncedDelivery("Bogs", order, fields.pop("branch", "DK-900101"), lines, **fields)


def try_to_announce(library: Library, delivery: AnnouncedDelivery) -> Announced | NotAnnounced:
    return library.write(
        lambda transaction: announce(library.act(transaction), delivery=delivery, fetched={})
    )


def announced(library: Library, *lines: AnnouncedLine, **fields: Any) -> Announced:
    answer = try_to_announce(library, a_delivery(*lines, **fields))
    assert isinstance(answer, Announced), answer
    return answer


def scan(
    library: Library, scanned: str, at: Branch | None = None, **options: Any
) -> Received | Unexpected | NotReceived:
    return library.write(
        lambda transaction: receive(library.act(transaction, at), scanned=scanned, **options)
    )


def received(library: Library, scanned: str, **options: Any) -> Received:
    answer = scan(library, scanned, **options)
    assert isinstance(answer, Received), answer
    return answer


def test_a_prepared_item_is_received_by_its_barcode(library: Library) -> None:
    line = AnnouncedLine(
        ISBN, barcode="S1", price=19_995, currency="DKK", department="Adults", call_number="88"
    )
    announced(library, line)
    answer = received(library, "S1")
    assert answer.check_in.destination is Destination.SHELF_HERE
    assert answer.delivery.closed == library.now
    item = library.read(lambda transaction: find_item(transaction, "S1"))
    assert item is not None
    assert (item.price, item.department, item.call_number) == (19_995, "Adults", "88")
    assert isinstance(library.check_out(a_patron(library), "S1"), CheckedOut)
    kinds = [event.kind for event in library.events_of("S1")]
    assert kinds[:2] == [EventKind.ITEM_RECEIVED, EventKind.ITEM_SEEN]


def test_copies_come_one_by_one_and_close_the_delivery(library: Library) -> None:
    announced(library, AnnouncedLine(ISBN, 2), AnnouncedLine(OTHER, title="Ny"))
    first = received(library, "0-14-044913-2")
    assert (first.barcode, first.line.received, first.line.copies) == ("A0001", 1, 2)
    assert (first.delivery.received, first.delivery.copies) == (1, 3)
    second = received(library, ISBN, item=NewItem("B2"))
    assert (second.barcode, second.line.received, second.delivery.closed) == ("B2", 2, None)
    last = received(library, OTHER)
    assert last.delivery.closed == library.now
    assert isinstance(scan(library, ISBN), Unexpected)


def test_titles_are_there_from_the_announcement_on_and_can_be_held(library: Library) -> None:
    answer = announced(library, AnnouncedLine(AVIS, title="Byens avis", author="Ø"))
    assert (answer.new_titles, answer.copies) == (1, 1)
    (record,) = library.read(lambda transaction: records_with(transaction, readings(AVIS)))
    card = a_patron(library)
    assert isinstance(ask(library, card, Wanted(record), at=library.other), HoldsPlaced)
    came = received(library, AVIS)
    assert came.check_in.destination is Destination.TRANSIT_TO_PICKUP
    assert came.check_in.to_branch.id == library.other.id


def test_a_title_whose_delivery_is_closed_cannot_be_held(library: Library) -> None:
    answer = announced(library, AnnouncedLine(AVIS, title="Byens avis"))
    library.write(lambda transaction: close_delivery(library.act(transaction), answer.delivery_id))
    (record,) = library.read(lambda transaction: records_with(transaction, readings(AVIS)))
    assert not isinstance(ask(library, a_patron(library), Wanted(record)), HoldsPlaced)


def test_an_item_for_another_branch_is_sent_on(library: Library) -> None:
    announced(library, AnnouncedLine(ISBN, branch="DK-900102"))
    answer = received(library, ISBN)
    assert answer.check_in.destination is Destination.TRANSIT_HOME
    assert answer.check_in.to_branch.id == library.other.id


def test_what_was_announced_for_the_desk_goes_first(library: Library) -> None:
    announced(library, AnnouncedLine(ISBN), order="1")
    library.pass_time(hours=1)
    announced(library, AnnouncedLine(ISBN), order="2", branch="DK-900102")
    assert received(library, ISBN, at=library.other).delivery.order_number == "2"
    assert received(library, ISBN, at=library.other).delivery.order_number == "1"


def test_what_is_here_is_not_received_again(library: Library) -> None:
    announced(library, AnnouncedLine(ISBN, barcode="S1"), AnnouncedLine(OTHER, title="Ny"))
    received(library, "S1")
    assert scan(library, "S1") == NotReceived(known_barcode="S1")


def test_a_title_that_comes_with_barcodes_asks_for_them(library: Library) -> None:
    announced(library, AnnouncedLine(ISBN, barcode="S1"), AnnouncedLine(ISBN, barcode="S2"))
    assert scan(library, ISBN) == NotReceived(announced_barcodes=("S1", "S2"))


def test_the_unexpected_is_noted_once_and_can_be_taken_in(library: Library) -> None:
    first, again = scan(library, ISBN), scan(library, ISBN)
    assert isinstance(first, Unexpected)
    assert first == again
    assert first.title == "The Odyssey"
    unknown = scan(library, OTHER, take_unexpected=True)
    assert isinstance(unknown, Unexpected)
    assert unknown.obstacle is not None
    assert unknown.obstacle.obstacle is Obstacle.RECORD_UNKNOWN
    taken = scan(library, ISBN, take_unexpected=True)
    assert isinstance(taken, Unexpected)
    assert taken.accessioned is not None

    def listed() -> list[tuple[str, str | None]]:
        found = library.read(lambda transaction: unexpected_of(transaction))
        return [(each.scanned, each.barcode) for each in found]

    assert listed() == [(ISBN, "A0001"), (OTHER, None)]
    assert library.write(
        lambda transaction: settle_unexpected(transaction, first.id, now=library.now)
    )
    assert listed() == [(OTHER, None)]
    assert (
        library.read(lambda transaction: unexpected_of(transaction, branch_id=library.other.id))
        == []
    )


def test_all_that_is_wrong_is_told_and_nothing_is_stored(library: Library) -> None:
    bad = a_delivery(
        AnnouncedLine("", 0),
        AnnouncedLine(OTHER),
        AnnouncedLine(ISBN, 2, "S1", branch="DK-1", material_group="x"),
        AnnouncedLine(ISBN, barcode="S1"),
        branch="DK-2",
        order=" ",
    )
    slip = try_to_announce(library, a_delivery(AnnouncedLine("9780140449137", title="x")))
    assert isinstance(slip, NotAnnounced)
    assert "check digit" in slip.problems[0].text
    answer = try_to_announce(library, bad)
    assert isinstance(answer, NotAnnounced)
    assert [place for place, _ in answer.problems] == [None, None, 0, 0, 1, 2, 2, 2, 3]
    assert list_open(library).lines == ()
    announced(library, AnnouncedLine(ISBN))
    twice = try_to_announce(library, a_delivery(AnnouncedLine(ISBN)))
    assert isinstance(twice, NotAnnounced)
    assert "announced already" in twice.problems[0].text


def list_open(library: Library, **options: Any) -> Page[Delivery]:
    return library.read(lambda transaction: open_deliveries(transaction, **options))


def test_lists_go_by_pages(library: Library) -> None:
    for number, day in enumerate((5, 3, None, 4)):
        expected = date(2026, 12, day) if day else None
        announced(library, AnnouncedLine(ISBN), order=str(number), expected=expected)
    seen: list[str] = []
    after: Place | None = None
    while True:
        page = list_open(library, after=after, limit=2)
        seen += [each.order_number for each in page.lines]
        after = page.next
        if after is None:
            break
    assert seen == ["1", "3", "0", "2"]
    late = library.read(
        lambda transaction: overdue_deliveries(transaction, today=date(2026, 12, 5))
    )
    assert [each.order_number for each in late.lines] == ["1", "3"]
    assert list_open(library, branch_id=library.other.id).lines == ()
    elsewhere = library.read(
        lambda transaction: overdue_deliveries(
            transaction, today=date(2026, 12, 5), branch_id=library.other.id
        )
    )
    assert elsewhere.lines == ()


def test_the_lines_tell_what_is_missing(library: Library) -> None:
    answer = announced(library, AnnouncedLine(ISBN, 3))
    received(library, ISBN)
    (line,) = library.read(
        lambda transaction: lines_of(transaction, delivery_id=answer.delivery_id)
    )
    assert (line.number, line.copies, line.received) == (ISBN, 3, 1)
    assert isinstance(scan(library, "\x01"), NotReceived)
