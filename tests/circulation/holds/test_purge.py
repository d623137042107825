"""Closed holds are deleted after some weeks, and what still needs them keeps them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, scalar_one
from circulation.holds.kinds import HoldKind
from circulation.holds.purge import purge_holds
from circulation.holds.results import Hold, HoldsPlaced, Wanted
from circulation.holds.schema import hold_sets, holds
from circulation.jobs.running import run_job
from circulation.loans.privacy import set_history_days
from circulation.patrons.personal_erasure import erase_person
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import number_of
from tests.builders.holds import a_hold, ask, cancel, events_of, holds_of, record_of


@scalar_one(int)
def _count_holds() -> Statement:
    return select(func.count()).select_from(holds)


@scalar_one(int)
def _count_sets() -> Statement:
    return select(func.count()).select_from(hold_sets)


@scalar_one(int)
def _count_waits() -> Statement:
    return select(func.count()).select_from(holds).where(holds.c.waits_for.is_not(None))


def purge(library: Library) -> int:
    return library.write(lambda transaction: purge_holds(transaction, library.now))[0]


def counts(library: Library) -> tuple[int, int]:
    def work(transaction: Transaction) -> tuple[int, int]:
        return _count_holds(transaction), _count_sets(transaction)

    return library.read(work)


def a_cancelled_hold(library: Library) -> Hold:
    card, barcode = a_patron(library), an_item(library)
    hold = a_hold(library, card, barcode).hold
    cancel(library, card, hold)
    return hold


def test_a_closed_hold_goes_after_28_days_and_its_events_name_nobody(library: Library) -> None:
    hold = a_cancelled_hold(library)
    library.pass_time(days=27)
    assert (purge(library), counts(library)) == (0, (1, 0))
    assert all(event.patron_id for event in events_of(library, hold))
    library.pass_time(days=2)
    assert (purge(library), counts(library)) == (1, (0, 0))
    assert [event.patron_id for event in events_of(library, hold)] == [None, None]
    assert purge(library) == 0


def test_an_erased_patron_leaves_the_series_of_others_alone(sqlite_library: Library) -> None:
    library = sqlite_library
    cards = [a_patron(library) for _ in range(2)]
    wanted = [Wanted(record_of(library, an_item(library))) for _ in range(2)]
    for card in cards:
        ask(library, card, *wanted, kind=HoldKind.SERIAL)
    erased = number_of(library, cards[0])
    for each in reversed(holds_of(library, cards[0])):
        cancel(library, cards[0], each.hold)
    library.write(lambda transaction: erase_person(library.act(transaction), erased))
    assert counts(library) == (2, 2)
    assert library.read(_count_waits) == 1


def test_the_days_are_a_setting_of_the_agency(sqlite_library: Library) -> None:
    library = sqlite_library
    library.write(lambda transaction: set_history_days(transaction, library.main.agency_id, 3))
    a_cancelled_hold(library)
    library.pass_time(days=4)
    assert purge(library) == 1


def test_open_holds_and_items_on_the_shelf_stay(sqlite_library: Library) -> None:
    library = sqlite_library
    card, barcode = a_patron(library), an_item(library)
    hold = a_hold(library, card, barcode).hold
    library.check_in(barcode)
    cancel(library, card, hold)  # the item lies on the shelf under its number still
    a_hold(library, card, an_item(library))
    library.pass_time(days=60)
    assert (purge(library), counts(library)) == (0, (2, 0))
    library.check_in(barcode)
    assert (purge(library), counts(library)) == (1, (1, 0))


def test_a_set_goes_with_its_last_hold(library: Library) -> None:
    card = a_patron(library)
    wanted = [Wanted(record_of(library, an_item(library))) for _ in range(3)]
    placed = ask(library, card, *wanted, kind=HoldKind.SERIAL)
    assert isinstance(placed, HoldsPlaced)
    first, second, third = (each.hold for each in placed.holds)
    cancel(library, card, third)
    library.pass_time(days=30)
    assert (purge(library), counts(library)) == (1, (2, 1))
    cancel(library, card, first)
    cancel(library, card, second)
    library.pass_time(days=30)
    assert (purge(library), counts(library)) == (2, (0, 0))


def test_the_job_does_it_for_a_day(sqlite_library: Library) -> None:
    library = sqlite_library
    a_cancelled_hold(library)
    library.pass_time(days=40)
    day = library.today
    early = run_job(
        library.circulation,
        library.database,
        "closed-holds",
        day=day - timedelta(days=30),
        now=library.now,
    )
    assert early.counts == {"holds deleted": 0}
    ran = run_job(library.circulation, library.database, "closed-holds", day=day, now=library.now)
    assert ran.counts == {"holds deleted": 1}
