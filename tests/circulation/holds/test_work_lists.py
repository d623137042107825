"""The work lists of holds by pages, and the queue of a title with why somebody is passed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from circulation.holds.kinds import HoldKind
from circulation.holds.queues import PassedOver
from circulation.holds.work_lists import Slice, fetch_page, record_queue, shelf_page
from circulation.kernel.paging import MOST
from circulation.kernel.results import Branch
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, ask, cancel, fetch, goes_to, pause, record_of, title


def page(library: Library, of: Any, at: Branch | None = None, **options: Any) -> Slice[Any]:
    found: Slice[Any] = library.read(
        lambda transaction: of(
            transaction, branch_id=(at or library.main).id, now=library.now, **options
        )
    )
    return found


def wanted(library: Library, *call_numbers: str) -> list[str]:
    """Items that somebody waits for, one for each call number."""
    barcodes = [an_item(library, call_number=number) for number in call_numbers]
    for barcode in barcodes:
        a_hold(library, a_patron(library), barcode)
    return barcodes


def test_what_is_to_be_fetched_comes_by_pages_in_the_order_of_the_shelves(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    c, a, b = wanted(library, "C", "A", "B")
    first = page(library, fetch_page, limit=2)
    assert [line.item for line in first.lines] == [a, b]
    assert first.next == ("", "", "B", b)
    second = page(library, fetch_page, limit=2, after=first.next)
    assert [line.item for line in second.lines] == [c]
    assert second.next is None
    assert page(library, fetch_page, limit=3).next is None  # just all of them
    assert page(library, fetch_page, at=library.other) == Slice((), None)
    fetch(library, a)
    rest = page(library, fetch_page, only_unmarked=True)
    assert [line.item for line in rest.lines] == [b, c]
    assert [line.item for line in page(library, fetch_page).lines] == [a, b, c]


@pytest.mark.parametrize(("limit", "lines"), [(0, 1), (-5, 1), (1, 1), (2, 2), (MOST + 1, 3)])
def test_a_page_has_one_line_at_least(sqlite_library: Library, limit: int, lines: int) -> None:
    wanted(sqlite_library, "A", "B", "C")
    assert len(page(sqlite_library, fetch_page, limit=limit).lines) == lines


def test_what_stands_on_the_hold_shelf_comes_by_number_and_usually_what_is_to_go(
    sqlite_library: Library,
) -> None:
    library = sqlite_library
    cards = [a_patron(library) for _ in range(11)]
    barcodes = [an_item(library) for _ in cards]
    holds = [a_hold(library, card, item) for card, item in zip(cards, barcodes, strict=True)]
    for barcode in barcodes:
        goes_to(library, barcode)
    everything = page(library, shelf_page, only_to_go=False)
    assert [line.number for line in everything.lines] == list(range(1, 12))
    assert page(library, shelf_page) == Slice((), None)
    first = page(library, shelf_page, only_to_go=False, limit=9)
    second = page(library, shelf_page, only_to_go=False, limit=9, after=first.next)
    assert [line.item for line in second.lines] == barcodes[9:]  # 10 comes after 9
    assert (first.next, second.next) == (("0000000009",), None)
    cancel(library, cards[1], holds[1].hold)
    cancel(library, cards[4], holds[4].hold)
    to_go = page(library, shelf_page, limit=1)
    assert [line.item for line in to_go.lines] == [barcodes[1]]
    rest = page(library, shelf_page, limit=1, after=to_go.next)
    assert [line.item for line in rest.lines] == [barcodes[4]]
    assert rest.next is None


def test_the_queue_says_why_somebody_is_passed_over(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode, other = an_item(library), an_item(library)
    today, cards = library.today, [a_patron(library) for _ in range(6)]
    a_hold(library, cards[0], barcode)
    goes_to(library, barcode)  # bound: nobody is passed over for it
    a_hold(library, cards[1], barcode)
    a_hold(library, cards[2], barcode, activates=today + timedelta(days=1))
    pause(library, cards[3], a_hold(library, cards[3], barcode).hold, today, today)
    ask(
        library,
        cards[4],
        title(library, other),
        title(library, barcode),
        kind=HoldKind.SERIAL,
    )
    a_hold(library, cards[5], barcode, interest_until=today)
    about = {"record_id": record_of(library, barcode)}
    for days, found in (
        (
            0,
            [
                None,
                None,
                PassedOver.NOT_ACTIVE,
                PassedOver.PAUSED,
                PassedOver.NOT_ITS_TURN,
                None,
            ],
        ),
        (1, [None, None, None, None, PassedOver.NOT_ITS_TURN, PassedOver.OUT_OF_INTEREST]),
    ):
        now = library.now + timedelta(days=days)
        queue = library.read(
            lambda transaction, now=now: record_queue(  # type: ignore[misc]
                library.circulation, transaction, now=now, **about
            )
        )
        assert [each.passed_over for each in queue] == found
        assert [each.queued.number_in_queue for each in queue] == [None, 1, 2, 3, 4, 5]
