"""When a hold may be there: what is away, who is away, and when the branch is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalogue.database import Database
from circulation.holds.absences import Absence, set_absence
from circulation.holds.results import Hold
from circulation.loans.lost import declare_lost
from circulation.patrons.identifiers import find_patron
from tests.builders.bookings import a_booking, a_set, aside
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold, hold_now, pause


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def days(library: Library, card: str, hold: Hold) -> int | None:
    found = hold_now(library, card, hold)
    assert found is not None
    return found.days


def away(library: Library, card: str, absence: Absence | None) -> None:
    patron_id = library.read(lambda transaction: find_patron(transaction, card))
    assert patron_id is not None
    library.write(lambda transaction: set_absence(library.act(transaction), patron_id, absence))


def a_lent_item(library: Library, for_days: int = 28) -> str:
    library.policy(loan_days=for_days)
    return an_item(library, on_loan_to=a_patron(library))


def test_who_is_away_or_paused_holds_nobody_up(library: Library) -> None:
    barcode = a_lent_item(library)
    first, second = a_patron(library), a_patron(library)
    ahead = a_hold(library, first, barcode).hold
    mine = a_hold(library, second, barcode).hold
    late, soon = days(library, second, mine), days(library, first, ahead)
    assert soon is not None
    assert late is not None
    assert late > soon
    away(library, first, Absence(library.today, None))
    assert days(library, second, mine) == soon
    away(library, first, None)
    assert days(library, second, mine) == late
    pause(library, first, ahead, library.today)
    assert days(library, second, mine) == soon
    found = hold_now(library, second, mine)
    assert found is not None
    assert found.number_in_queue == 2  # the place is what it was


def test_ones_own_absence_is_waited_for(library: Library) -> None:
    barcode = an_item(library)
    card = a_patron(library)
    mine = a_hold(library, card, barcode).hold
    assert days(library, card, mine) == 1
    away(library, card, Absence(library.today, library.today + timedelta(days=19)))
    assert days(library, card, mine) == 20
    pause(library, card, mine, library.today + timedelta(days=20), library.today + timedelta(29))
    assert days(library, card, mine) == 30
    away(library, card, Absence(library.today, None))
    assert days(library, card, mine) is None


def test_a_copy_that_is_lost_or_kept_for_a_booking_is_no_help(library: Library) -> None:
    barcode = a_lent_item(library)
    spare = a_copy(library, barcode)
    card = a_patron(library)
    mine = a_hold(library, card, barcode).hold
    assert days(library, card, mine) == 1
    library.write(lambda transaction: declare_lost(library.act(transaction), item=spare))
    assert days(library, card, mine) == 32
    copies = a_set(library, 1)
    aside(library, a_booking(library, a_patron(library), copies[0], 5, 9), copies[0])
    waits = a_hold(library, card, copies[0]).hold
    assert days(library, card, waits) is None


def test_a_copy_on_its_way_has_yet_to_arrive(library: Library) -> None:
    barcode = an_item(library)
    library.check_in(barcode, at=library.other)  # it is sent home
    card = a_patron(library)
    mine = a_hold(library, card, barcode, at=library.other).hold
    assert days(library, card, mine) == 6
