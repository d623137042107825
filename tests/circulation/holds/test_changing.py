"""Changing holds: the branch of pickup, and whose they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from circulation.holds.results import HoldChanged, HoldState
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Destination, Refused
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_branch,
    a_hold,
    cancel,
    change,
    clear,
    goes_to,
    hold_now,
    pause,
    shelf,
)
from tests.builders.pins import hashed


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


def test_a_change_taken_back_waits_as_long_as_its_material_group_does(library: Library) -> None:
    library.policy(material_group="film", pickup_days=2)
    barcode, ida = an_item(library, material_group="film"), a_patron(library)
    hold = a_hold(library, ida, barcode).hold
    goes_to(library, barcode)
    first = hold_now(library, ida, hold)
    assert first is not None
    assert first.hold.deadline == datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)
    change(library, ida, hold, pickup_branch=library.other.isil)
    changed = change(library, ida, hold, pickup_branch=library.main.isil)
    assert isinstance(changed, HoldChanged)
    assert changed.queued.hold.deadline == first.hold.deadline


TODAY = date(2026, 11, 25)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "is_right"),
    [
        ({"interest_until": TODAY}, True),
        ({"interest_until": YESTERDAY}, False),
        ({"activates": TOMORROW, "interest_until": TOMORROW}, True),
        ({"activates": TOMORROW, "interest_until": TODAY}, False),
        ({"activates": date(2027, 5, 24)}, True),  # the last day of interest
        ({"activates": date(2027, 5, 25)}, False),
        ({"activates": YESTERDAY}, True),
    ],
)
def test_no_hold_begins_after_its_end_or_ends_before_today(
    sqlite_library: Library, changes: dict[str, Any], is_right: bool
) -> None:
    library, card = sqlite_library, a_patron(sqlite_library)
    hold = a_hold(library, card, an_item(library)).hold
    assert hold.interest_until == date(2027, 5, 24)
    answer = change(library, card, hold, **changes)
    if is_right:
        assert isinstance(answer, HoldChanged)
        assert answer.queued.hold == hold._replace(**changes)
        return
    assert reasons(answer) == (Reason.HOLD_DATES_WRONG,)
    assert isinstance(answer, Refused)
    assert answer.patron is not None
    assert answer.patron.identifier == card
    found = hold_now(library, card, hold)
    assert found is not None
    assert found.hold == hold


def test_a_pause_may_be_one_day_and_does_not_end_before_it_begins(sqlite_library: Library) -> None:
    library, card = sqlite_library, a_patron(sqlite_library)
    hold = a_hold(library, card, an_item(library)).hold
    wrong = pause(library, card, hold, TOMORROW, TODAY)
    assert reasons(wrong) == (Reason.HOLD_DATES_WRONG,)
    assert isinstance(wrong, Refused)
    assert wrong.patron is not None
    assert wrong.patron.identifier == card
    for first, last in ((TODAY, TODAY), (TODAY, None), (None, TODAY)):
        answer = pause(library, card, hold, first, last)
        assert isinstance(answer, HoldChanged)
        paused = answer.queued.hold
        assert (paused.paused_from, paused.paused_until) == (first, last if first else None)


def test_whoever_may_not_change_a_hold_is_told_why_and_as_whom(sqlite_library: Library) -> None:
    library = sqlite_library
    ida, ole = a_patron(library), a_patron(library, pin_hash=hashed("1234"))
    hold = a_hold(library, ida, an_item(library)).hold
    unknown = change(library, "nobody", hold)
    assert reasons(unknown) == (Reason.PATRON_UNKNOWN,)
    wrong = change(library, ole, hold, pin="4321")
    assert reasons(wrong) == (Reason.PIN_WRONG,)
    others = change(library, ole, hold, pin="1234")
    assert reasons(others) == (Reason.HOLD_UNKNOWN,)
    nowhere = change(library, ida, hold, pickup_branch="DK-900199")
    assert reasons(nowhere) == (Reason.BRANCH_UNKNOWN,)
    for answer, card in ((unknown, None), (wrong, None), (others, ole), (nowhere, ida)):
        assert isinstance(answer, Refused)
        assert (answer.patron and answer.patron.identifier) == card
    assert reasons(cancel(library, ida, hold._replace(id=1))) == (Reason.HOLD_UNKNOWN,)
