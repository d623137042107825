"""The hold shelf: until when, for whom, and what is taken away."""

from __future__ import annotations

from datetime import UTC, datetime

from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.kernel.events import EventKind
from circulation.kernel.results import CheckedOut, Destination
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_hold,
    ask,
    cancel,
    clear,
    events_of,
    goes_to,
    outcome_of,
    record_of,
    shelf,
)


def test_the_pickup_period_ends_with_an_open_day_and_numbers_are_anonymous(
    library: Library,
) -> None:
    one, two = an_item(library), an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    a_hold(library, ida, one)
    a_hold(library, ole, two)
    goes_to(library, one)
    goes_to(library, two)
    deadline = datetime(2026, 12, 2, 22, 59, 59, tzinfo=UTC)
    assert [(each.number, each.item, each.deadline) for each in shelf(library)] == [
        (1, one, deadline),
        (2, two, deadline),
    ]
    library.check_out(ida, one)
    a_hold(library, a_patron(library), three := an_item(library))
    goes_to(library, three)
    assert [(each.number, each.item) for each in shelf(library)] == [(1, three), (2, two)]
    assert shelf(library, only_to_go=True) == []


def test_clearing_the_shelf_passes_to_the_next_or_home(library: Library) -> None:
    barcode = an_item(library, home=library.other)
    ida, ole = a_patron(library), a_patron(library)
    first = a_hold(library, ida, barcode).hold
    second = a_hold(library, ole, barcode).hold
    assert goes_to(library, barcode) == (Destination.HOLD_SHELF_HERE, first.id)
    assert clear(library) == []
    library.pass_time(days=8)
    assert [each.item for each in shelf(library, only_to_go=True)] == [barcode]
    (passed,) = clear(library)
    assert outcome_of(library, first) == "not_collected"
    assert passed.held_for is not None
    assert (passed.destination, passed.held_for.hold_id) == (
        Destination.HOLD_SHELF_HERE,
        second.id,
    )
    assert clear(library) == []
    library.pass_time(days=8)
    (home,) = clear(library)
    assert (home.destination, home.to_branch) == (Destination.TRANSIT_HOME, library.other)
    assert outcome_of(library, second) == "not_collected"


def test_a_cancelled_hold_leaves_its_item_on_the_shelf_until_it_is_taken_away(
    library: Library,
) -> None:
    barcode = an_item(library)
    ida = a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    cancel(library, ida, hold)
    assert [each.is_to_go for each in shelf(library)] == [True]
    kinds = [event.kind for event in events_of(library, hold)]
    assert kinds[-2:] == [EventKind.HOLD_RELEASED, EventKind.HOLD_CLOSED]
    again = a_hold(library, ida, barcode).hold  # the patron changes their mind
    (passed,) = clear(library)
    assert passed.held_for is not None
    assert passed.held_for.hold_id == again.id


def test_anybody_may_take_what_waits_for_nobody_any_more(library: Library) -> None:
    barcode = an_item(library)
    ida, ole = a_patron(library), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    cancel(library, ida, hold)
    assert isinstance(library.check_out(ole, barcode), CheckedOut)
    assert shelf(library) == []


def test_a_parallel_set_ends_when_what_stood_ready_was_not_fetched(library: Library) -> None:
    one, two = an_item(library), an_item(library)
    ida = a_patron(library)
    wanted = [Wanted(record_of(library, barcode)) for barcode in (one, two)]
    answer = ask(library, ida, *wanted, kind=HoldKind.PARALLEL)
    assert isinstance(answer, HoldsPlaced)
    goes_to(library, one)
    library.pass_time(days=8)
    clear(library)
    outcomes = [outcome_of(library, each.hold) for each in answer.holds]
    assert outcomes == ["not_collected", "superseded"]
