"""The picking list, and setting copies aside for a booking."""

from __future__ import annotations

from typing import Any

from catalogue.database import Transaction
from circulation.holds.pick_list import pick_list
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.items.availability import circulation_status
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    CheckedIn,
    CheckedOut,
    CirculationStatus,
    Destination,
    ItemState,
    Refused,
    Stay,
    StayKind,
)
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_float_group
from tests.builders.bookings import (
    a_booking,
    a_set,
    aside,
    back_on_shelf,
    cancel_it,
    deliver,
    to_prepare,
)
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, ask, record_of


def status(library: Library, barcode: str) -> CirculationStatus:
    found = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert found is not None
    return found


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def goes(library: Library, barcode: str, **options: Any) -> tuple[Destination, str]:
    answer = library.check_in(barcode, **options)
    assert isinstance(answer, CheckedIn), answer
    return answer.destination, answer.to_branch.isil


def test_what_begins_soon_is_on_the_picking_list(library: Library) -> None:
    first, second, third = a_set(library, 3)
    booking = a_booking(library, a_patron(library), first, 6, 10, 2)  # prepared from day 4
    assert to_prepare(library) == []
    library.pass_time(days=1)
    (line,) = to_prepare(library)
    assert (line.booking.id, line.copies, line.short) == (booking.id, 2, 0)
    assert {copy.barcode for copy in line.candidates} == {first, second, third}
    assert to_prepare(library, at=library.other) == []
    aside(library, booking, first)
    (line,) = to_prepare(library)
    assert (line.copies, [copy.barcode for copy in line.candidates]) == (1, [second, third])
    aside(library, booking, third)
    assert to_prepare(library) == []


def test_the_list_warns_of_what_is_not_on_the_shelf(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second = a_set(library, 2)
    a_booking(library, a_patron(library), first, 7, 10, 2)
    library.check_out(a_patron(library), second)  # until day 4
    library.pass_time(days=6)
    (line,) = to_prepare(library)
    assert (line.copies, line.short, len(line.candidates)) == (2, 1, 1)


def test_what_is_set_aside_is_kept_and_sent_to_where_it_is_wanted(library: Library) -> None:
    first, _ = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 2, 9, 2, delivery_branch=library.other.isil)
    kept, unknown = aside(library, booking, first, "nothing")
    assert isinstance(kept, Stay), kept
    assert (kept.kind, kept.id, kept.branch) == (StayKind.BOOKING, booking.id, library.other)
    assert reasons(unknown) == (Reason.ITEM_UNKNOWN,)
    shown = status(library, first)
    assert (shown.state, shown.to_branch) == (ItemState.IN_TRANSIT, library.other)
    assert reasons(library.check_out(ole, first)) == (Reason.BOOKED,)
    # Handed in on the way it goes on; where it is wanted it stays.
    assert goes(library, first) == (Destination.TRANSIT_HOME, library.other.isil)
    assert goes(library, first, at=library.other) == (Destination.SHELF_HERE, library.other.isil)
    arrived = library.check_in(first, at=library.other)
    assert isinstance(arrived, CheckedIn)
    assert arrived.stay is not None
    assert arrived.stay.id == booking.id
    assert aside(library, booking, first, at=library.other)[0] == arrived.stay  # once more
    delivered = deliver(library, booking, at=library.other)
    assert [type(answer) for answer in delivered.answers] == [CheckedOut]
    assert goes(library, first, at=library.other) == (Destination.TRANSIT_HOME, library.main.isil)
    assert status(library, first).stay is None


def test_only_copies_that_the_booking_needs_are_set_aside(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second, third = a_set(library, 3)
    novel = an_item(library)
    elsewhere = a_copy(library, first, home=library.other, material_group="class-set")
    ida = a_patron(library)
    booking = a_booking(library, ida, first, 2, 9, 2)
    library.check_out(a_patron(library), third)
    answers = aside(library, booking, novel, elsewhere, third, first, second)
    assert [reasons(answer) for answer in answers[:3]] == [
        (Reason.NOT_FOR_BOOKING,),
        (Reason.NOT_FOR_BOOKING,),
        (Reason.ON_LOAN_TO_ANOTHER,),
    ]
    assert all(isinstance(answer, Stay) for answer in answers[3:])
    library.check_in(third)
    assert reasons(aside(library, booking, third)[0]) == (Reason.NOT_FOR_BOOKING,)
    assert back_on_shelf(library, second) is True
    assert back_on_shelf(library, second) is False
    assert isinstance(aside(library, booking, third)[0], Stay)


def test_nothing_is_set_aside_early_that_another_booking_needs(sqlite_library: Library) -> None:
    library = sqlite_library
    first, _ = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    later = a_booking(library, ida, first, 20, 25, 1)
    a_booking(library, ole, first, 5, 9, 2)
    assert reasons(aside(library, later, first)[0]) == (Reason.BOOKED,)


def test_what_was_set_aside_goes_home_when_the_booking_is_cancelled(library: Library) -> None:
    first, second = a_set(library, 2)
    booking = a_booking(
        library, a_patron(library), first, 2, 9, 2, delivery_branch=library.other.isil
    )
    aside(library, booking, first, second)
    library.check_in(first, at=library.other)
    cancel_it(library, booking)
    assert goes(library, first, at=library.other) == (Destination.TRANSIT_HOME, library.main.isil)
    assert goes(library, first) == (Destination.SHELF_HERE, library.main.isil)
    assert status(library, first).stay is None
    assert isinstance(library.check_out(a_patron(library), first), CheckedOut)
    assert goes(library, second, at=library.other) == (Destination.TRANSIT_HOME, library.main.isil)


def test_what_is_booked_today_is_given_to_no_hold(library: Library) -> None:
    first, second = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    a_booking(library, ida, first, 1, 9, 1)
    waiting = [a_patron(library), ole]
    for card in waiting:
        assert isinstance(ask(library, card, Wanted(record_of(library, first))), HoldsPlaced)
    listed = library.read(
        lambda transaction: pick_list(transaction, branch_id=library.main.id, now=library.now)
    )
    assert len(listed) == 1
    # One copy goes to the first who waits; the other is promised.
    assert goes(library, first)[0] is Destination.HOLD_SHELF_HERE
    assert goes(library, second)[0] is Destination.SHELF_HERE
    assert reasons(library.check_out(ole, second)) == (Reason.BOOKED,)


def test_a_branch_does_not_lose_what_it_has_promised_by_floating(sqlite_library: Library) -> None:
    library = sqlite_library

    def float_between(transaction: Transaction) -> None:
        both = frozenset({library.main.id, library.other.id})
        store_float_group(transaction, "popular", both)
        set_up_changed(transaction)

    library.write(float_between)
    library.policy(material_group="class-set", bookable=True)
    first = an_item(library, material_group="class-set", float_group="popular")
    booking = a_booking(library, a_patron(library), first, 5, 9)
    assert goes(library, first, at=library.other)[0] is Destination.TRANSIT_HOME
    cancel_it(library, booking)
    assert goes(library, first, at=library.other)[0] is Destination.FLOAT_HERE
