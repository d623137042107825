"""Holds in the small library of `tests.builders.circulation`, a verb for each of the engine's."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from catalogue.items import add_item, find_item
from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.lists import patron_holds
from circulation.holds.pick_list import ToFetch, begin_fetching, pick_list
from circulation.holds.placing import place_holds
from circulation.holds.results import (
    Hold,
    HoldChanged,
    HoldsPlaced,
    PatronHolds,
    QueuedHold,
    Wanted,
)
from circulation.holds.schema import holds
from circulation.holds.shelf import OnShelf, clear_shelf, hold_shelf
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.kernel.events import Event, events_of_hold
from circulation.kernel.organisation import add_branch, find_branch
from circulation.kernel.results import Branch, CheckedIn, Destination, Refused
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_transport_cost
from tests.builders.circulation import Library


@many(tuple[int, str | None])
def _outcomes() -> Statement:
    return select(holds.c.id, holds.c.outcome)


def record_of(library: Library, barcode: str) -> int:
    item = library.read(lambda transaction: find_item(transaction, barcode))
    assert item is not None
    return item.record_id


def title(library: Library, of: str, part: str = "") -> Wanted:
    """The title of the item `of`, to be asked for."""
    return Wanted(record_of(library, of), part=part)


def a_copy(library: Library, of: str, *, home: Branch | None = None, **details: Any) -> str:
    """Another item of the title that the item `of` belongs to."""
    barcode = f"I{library.number():07}"
    record_id = record_of(library, of)
    library.write(
        lambda transaction: add_item(
            transaction,
            barcode=barcode,
            record_id=record_id,
            branch_id=(home or library.main).id,
            now=library.now,
            **details,
        )
    )
    return barcode


def ask(
    library: Library, card: str, *wanted: Wanted, at: Branch | None = None, **options: Any
) -> HoldsPlaced | Refused:
    return library.write(
        lambda transaction: place_holds(
            library.act(transaction),
            HoldWish(patron=card, wanted=wanted, pickup_branch=at.isil if at else None, **options),
        )
    )


def a_hold(
    library: Library, card: str, of: str, *, only_item: bool = False, **options: Any
) -> QueuedHold:
    """A hold on the title of the item `of`, or on that item."""
    wanted = Wanted(item=of) if only_item else Wanted(record_of(library, of))
    answer = ask(library, card, wanted, **options)
    assert isinstance(answer, HoldsPlaced), answer
    (placed,) = answer.holds
    return placed


def change(library: Library, card: str, hold: Hold, **changes: Any) -> HoldChanged | Refused:
    return library.write(
        lambda transaction: change_hold(
            library.act(transaction), HoldChange(patron=card, hold_id=hold.id, **changes)
        )
    )


def pause(
    library: Library, card: str, hold: Hold, first: date | None, last: date | None = None
) -> HoldChanged | Refused:
    return library.write(
        lambda transaction: pause_hold(
            library.act(transaction), patron=card, hold_id=hold.id, first=first, last=last
        )
    )


def cancel(library: Library, card: str, hold: Hold) -> HoldChanged | Refused:
    return library.write(
        lambda transaction: cancel_hold(library.act(transaction), patron=card, hold_id=hold.id)
    )


def clear(library: Library, at: Branch | None = None) -> list[CheckedIn]:
    return library.write(lambda transaction: clear_shelf(library.act(transaction, at)))


def shelf(library: Library, at: Branch | None = None, **options: Any) -> list[OnShelf]:
    return library.read(
        lambda transaction: hold_shelf(
            transaction, branch_id=(at or library.main).id, now=library.now, **options
        )
    )


def to_fetch(library: Library, at: Branch | None = None, **options: Any) -> list[ToFetch]:
    return library.read(
        lambda transaction: pick_list(
            transaction, branch_id=(at or library.main).id, now=library.now, **options
        )
    )


def fetch(library: Library, barcode: str, at: Branch | None = None) -> ToFetch | Refused:
    return library.write(
        lambda transaction: begin_fetching(library.act(transaction, at), item=barcode)
    )


def holds_of(library: Library, card: str) -> list[QueuedHold]:
    answer = library.read(
        lambda transaction: patron_holds(
            library.circulation, transaction, patron=card, now=library.now
        )
    )
    assert isinstance(answer, PatronHolds), answer
    return list(answer.holds)


def hold_now(library: Library, card: str, hold: Hold) -> QueuedHold | None:
    """The hold as it is now; None where it is closed."""
    return next((each for each in holds_of(library, card) if each.hold.id == hold.id), None)


def outcome_of(library: Library, hold: Hold) -> str | None:
    """The outcome of the hold as stored, None while it is open."""
    outcomes: dict[int, str | None] = dict(library.read(lambda transaction: _outcomes(transaction)))
    return outcomes[hold.id]


def events_of(library: Library, hold: Hold) -> list[Event]:
    def work(transaction: Transaction) -> list[Event]:
        return events_of_hold(transaction, hold_id=hold.id)

    return library.read(work)


def goes_to(library: Library, barcode: str, **options: object) -> tuple[Destination, int | None]:
    answer = library.check_in(barcode, **options)
    assert isinstance(answer, CheckedIn), answer
    return answer.destination, answer.held_for.hold_id if answer.held_for else None


def a_branch(library: Library, number: int) -> Branch:
    def work(transaction: Transaction) -> Branch:
        isil = f"DK-9001{number:02}"
        add_branch(transaction, library.main.agency_id, isil, f"Filial {number}")
        found = find_branch(transaction, isil=isil)
        assert found is not None
        return found

    return library.write(work)


def costs(library: Library, *rows: tuple[Branch, Branch, int | None]) -> None:
    def work(transaction: Transaction) -> None:
        for origin, target, cost in rows:
            store_transport_cost(transaction, origin.id, target.id, cost)
        set_up_changed(transaction)

    library.write(work)
