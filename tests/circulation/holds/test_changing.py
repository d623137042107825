"""Changing holds: the branch of pickup, and whose they are."""

from __future__ import annotations

from datetime import UTC, datetime

from circulation.holds.results import HoldChanged, HoldState
from circulation.reasons import Reason
from circulation.results import Destination, Refused
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_branch,
    a_hold,
    cancel,
    change,
    clear,
    goes_to,
    shelf,
)


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def test_nobody_touches_the_hold_of_another(library: Library) -> None:
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, an_item(library)).hold
    assert reasons(cancel(library, ole, hold)) == (Reason.HOLD_UNKNOWN,)
    cancel(library, ida, hold)
    assert reasons(cancel(library, ida, hold)) == (Reason.HOLD_UNKNOWN,)


def test_the_pickup_branch_can_be_changed_while_the_item_is_on_its_way(library: Library) -> None:
    third = a_branch(library, 3)
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode, at=library.other).hold
    goes_to(library, barcode)
    changed = change(library, ida, hold, pickup_branch=third.isil)
    assert isinstance(changed, HoldChanged)
    assert changed.queued.hold.state is HoldState.ON_THE_WAY
    assert goes_to(library, barcode, at=library.other) == (Destination.TRANSIT_TO_PICKUP, hold.id)
    assert goes_to(library, barcode, at=third) == (Destination.HOLD_SHELF_HERE, hold.id)


def test_and_when_it_stands_on_the_shelf_already(library: Library) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    change(library, ida, hold, pickup_branch=library.other.isil)
    library.pass_time(days=30)  # what is to be sent on is not given up meanwhile
    (sent,) = clear(library)
    assert (sent.destination, sent.to_branch) == (Destination.TRANSIT_TO_PICKUP, library.other)
    assert goes_to(library, barcode, at=library.other) == (Destination.HOLD_SHELF_HERE, hold.id)
    assert shelf(library) == []
    assert [each.number for each in shelf(library, library.other)] == [1]


def test_a_change_taken_back_leaves_it_where_it_stands(library: Library) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    change(library, ida, hold, pickup_branch=library.other.isil)
    library.pass_time(days=3)
    changed = change(library, ida, hold, pickup_branch=library.main.isil)
    assert isinstance(changed, HoldChanged)
    assert changed.queued.hold.state is HoldState.READY
    assert changed.queued.hold.deadline == datetime(2026, 12, 5, 22, 59, 59, tzinfo=UTC)
    assert clear(library) == []
