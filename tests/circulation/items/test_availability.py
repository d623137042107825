"""What an item is doing: computed from loan and transit."""

from __future__ import annotations

from catalogue.items import find_item
from circulation.items.availability import circulation_status, circulation_statuses
from circulation.kernel.results import CirculationStatus, ItemState
from tests.builders.circulation import NOON, Library, a_patron, an_item


def status(library: Library, barcode: str) -> CirculationStatus | None:
    return library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )


def test_the_states_of_an_item(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library, title="Peters jul")
    on_shelf = status(library, barcode)
    assert on_shelf is not None
    assert on_shelf.state is ItemState.AVAILABLE
    assert on_shelf.item.title == "Peters jul"

    library.check_out(card, barcode)
    lent = status(library, barcode)
    assert lent is not None
    assert lent.state is ItemState.ON_LOAN
    assert lent.loan is not None
    assert lent.borrower is not None
    assert (lent.borrower.identifier, lent.is_overdue) == (card, False)
    library.pass_time(days=29)
    overdue = status(library, barcode)
    assert overdue is not None
    assert overdue.is_overdue

    library.check_in(barcode, at=library.other)
    moving = status(library, barcode)
    assert moving is not None
    assert moving.state is ItemState.IN_TRANSIT
    assert (moving.to_branch, moving.since) == (library.main, library.now)
    assert (moving.loan, moving.borrower) == (None, None)

    library.check_in(barcode)
    assert status(library, barcode) == on_shelf
    assert status(library, "nothing") is None


def test_many_at_once(library: Library) -> None:
    card = a_patron(library)
    barcodes = [
        an_item(library, on_loan_to=card if number % 3 == 0 else None) for number in range(10)
    ]
    ids = []
    for barcode in barcodes:
        item = library.read(lambda transaction, barcode=barcode: find_item(transaction, barcode))  # type: ignore[misc]
        assert item is not None
        ids.append(item.id)
    found = library.read(
        lambda transaction: circulation_statuses(
            library.circulation, transaction, item_ids=[*ids, 999_999], now=NOON
        )
    )
    assert sorted(found) == ids
    assert [found[number].state is ItemState.ON_LOAN for number in ids] == [
        number % 3 == 0 for number in range(10)
    ]
