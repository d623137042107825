"""Random bookings, changes, cancellations and loans: no day ever promises more than there is.

The promise is looked at after every step and for every day, and counted anew from the rows, not by
the engine's own reckoning.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from catalogue.database import Database, Statement, Transaction, many, open_database
from catalogue.schema import items
from circulation.booking.results import Booking
from circulation.booking.schema import booking_loans, booking_supplies, bookings, stays
from circulation.calendars.due_dates import local_date
from circulation.kernel.results import CheckedOut, Refused
from circulation.loans.schema import loans
from tests.builders.bookings import (
    a_set,
    aside,
    book,
    cancel_it,
    change,
    day,
    deliver,
    extend,
)
from tests.builders.circulation import Library, a_library, a_patron
from tests.examples import examples

COPIES, PATRONS, HORIZON = 4, 3, 90


@many(tuple[int, int, date, date])
def _supplies() -> Statement:
    return (
        select(
            bookings.c.id,
            booking_supplies.c.copies,
            booking_supplies.c.reserved_from,
            booking_supplies.c.reserved_until,
        )
        .select_from(
            bookings.join(booking_supplies, booking_supplies.c.booking_id == bookings.c.id)
        )
        .where(bookings.c.closed.is_(None))
    )


@many(tuple[int, datetime, datetime | None, int])
def _loans() -> Statement:
    return (
        select(loans.c.item_id, loans.c.due, loans.c.checked_in, booking_loans.c.booking_id)
        .select_from(loans.outerjoin(booking_loans, booking_loans.c.loan_id == loans.c.id))
        .order_by(loans.c.id)
    )


@many(tuple[int, int | None, bool])
def _kept() -> Statement:
    return select(stays.c.item_id, stays.c.booking_id, stays.c.is_over)


@many(tuple[int])
def _item_ids() -> Statement:
    return select(items.c.id)


def promises(library: Library) -> list[str]:
    """The days on which more is promised than there is: a line for each, none where all is well."""

    def read(transaction: Transaction) -> tuple[list[Any], list[Any], int]:
        return (
            _supplies(transaction),
            _loans(transaction),
            len(_item_ids(transaction)),
        )

    supplies, lent, copies = library.read(read)
    today = day(library, 0)
    zone = library.main.timezone
    reserved: dict[int, tuple[int, date, date]] = {}
    for booking_id, promised, first, last in supplies:
        back = sum(1 for _, _, ended, of in lent if of == booking_id and ended is not None)
        reserved[booking_id] = (promised - back, first, last)
    wrong = []
    for number in range(HORIZON):
        when = today + timedelta(days=number)
        used = sum(held for held, first, last in reserved.values() if first <= when <= last)
        for _, due, ended, of in lent:
            if ended is not None or local_date(due, zone) < when:
                continue
            _, first, last = reserved.get(of, (0, date.max, date.min))
            used += not first <= when <= last  # else the booking counts it
        if used > copies:
            wrong.append(f"{when}: {used} of {copies}")
    return wrong


picks = st.integers(0, 5)
starts = st.integers(0, 40)
lengths = st.integers(0, 15)


class Shelves(RuleBasedStateMachine):
    """One title with a few copies, and borrowers who book it and borrow it."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.library: Library = a_library(self.database, loan_days=14, renewals=3)
        self.barcodes = a_set(self.library, COPIES)
        self.cards = [a_patron(self.library) for _ in range(PATRONS)]
        self.open: list[Booking] = []

    def tick(self) -> None:
        self.library.pass_time(seconds=1)

    @rule(patron=picks, first=starts, length=lengths, most=st.integers(1, COPIES), least=picks)
    def book(self, patron: int, first: int, length: int, most: int, least: int) -> None:
        card = self.cards[patron % PATRONS]
        minimum = min(max(least, 1), most)
        answer = book(self.library, card, self.barcodes[0], first, first + length, most, minimum)
        if isinstance(answer, Booking):
            assert minimum <= answer.copies <= most
            self.open.append(answer)
        self.tick()

    @rule(pick=picks, first=starts, length=lengths, most=st.integers(1, COPIES))
    def change(self, pick: int, first: int, length: int, most: int) -> None:
        for booking in self.picked(pick):
            begins = day(self.library, first)
            ends = begins + timedelta(days=length)
            change(self.library, booking, first=begins, last=ends, preferred=most, minimum=1)
            self.tick()

    @rule(pick=picks, last=starts)
    def extend(self, pick: int, last: int) -> None:
        for booking in self.picked(pick):
            extend(self.library, booking, last)
            self.tick()

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        for booking in self.picked(pick):
            cancel_it(self.library, booking)
            self.tick()

    @rule(pick=picks, copy=picks)
    def set_aside(self, pick: int, copy: int) -> None:
        for booking in self.picked(pick):
            try:
                aside(self.library, booking, self.barcodes[copy % COPIES])
            except AssertionError:
                return  # it is over
            self.tick()

    @rule(pick=picks, copies=st.integers(1, COPIES))
    def deliver(self, pick: int, copies: int) -> None:
        for booking in self.picked(pick):
            try:
                deliver(self.library, booking, *self.barcodes[:copies])
            except AssertionError:
                return
            self.tick()

    @rule(patron=picks, copy=picks)
    def borrow(self, patron: int, copy: int) -> None:
        self.library.check_out(self.cards[patron % PATRONS], self.barcodes[copy % COPIES])
        self.tick()

    @rule(patron=picks, copy=picks)
    def renew(self, patron: int, copy: int) -> None:
        self.library.renew(self.cards[patron % PATRONS], self.barcodes[copy % COPIES])
        self.tick()

    @rule(copy=picks)
    def hand_in(self, copy: int) -> None:
        self.library.check_in(self.barcodes[copy % COPIES])
        self.tick()

    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        self.library.pass_time(days=days)

    def picked(self, pick: int) -> list[Booking]:
        return [self.open[pick % len(self.open)]] if self.open else []

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        assert promises(self.library) == []

    @invariant()
    def an_item_is_kept_for_one_booking_that_is_open(self) -> None:
        def read(transaction: Transaction) -> tuple[set[int], list[Any]]:
            return {row[0] for row in _supplies(transaction)}, _kept(transaction)

        still_open, kept = self.library.read(read)
        assert all(booking_id in still_open or is_over for _, booking_id, is_over in kept)


def test_no_day_ever_promises_more_than_there_is(sqlite_template: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    numbers = iter(range(10**6))

    class OnSqlite(Shelves):
        def __init__(self) -> None:
            path = folder / f"{next(numbers)}.sqlite"
            shutil.copy(sqlite_template, path)
            self.database = open_database(f"sqlite:///{path}")
            super().__init__()

        def teardown(self) -> None:
            self.database.close()

    try:
        run_state_machine_as_test(
            OnSqlite,
            settings=examples(20, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
        )
    finally:
        shutil.rmtree(folder)


def test_what_was_lent_before_its_booking_begins_is_not_promised_meanwhile(
    library: Library,
) -> None:
    """Once found by the machine above."""
    barcodes = a_set(library, COPIES)
    card = a_patron(library)
    later, now = book(library, card, barcodes[0], 4, 4), book(library, card, barcodes[0], 0, 0)
    assert isinstance(later, Booking)
    assert isinstance(now, Booking)
    aside(library, later, barcodes[0])
    deliver(library, later, *barcodes)  # for either booking, and two besides
    assert isinstance(book(library, card, barcodes[0], 0, 0), Refused)
    assert promises(library) == []


def test_desks_that_book_and_lend_at_once_promise_nothing_twice(library: Library) -> None:
    barcodes = a_set(library, COPIES)
    cards = [a_patron(library) for _ in range(8)]
    failures: list[BaseException] = []
    booked: list[Booking] = []
    lent: list[CheckedOut] = []

    def desk(number: int) -> None:
        draw = random.Random(number)
        for _ in range(6):
            act: Callable[[], Any] = draw.choice(
                [
                    lambda: book(
                        library,
                        cards[number],
                        barcodes[0],
                        first := draw.randrange(20),
                        first + draw.randrange(10),
                        draw.randrange(1, COPIES + 1),
                        1,
                    ),
                    lambda: library.check_out(cards[number], draw.choice(barcodes)),
                    lambda: library.check_in(draw.choice(barcodes)),
                    lambda: cancel_it(library, draw.choice(booked)) if booked else None,
                ]
            )
            try:
                answer = act()
            except BaseException as error:  # it must reach the test, not the thread's end
                failures.append(error)
                return
            if isinstance(answer, Booking) and answer.outcome is None:
                booked.append(answer)
            if isinstance(answer, CheckedOut):
                lent.append(answer)

    threads = [threading.Thread(target=desk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert booked
    assert lent
    assert promises(library) == []


def test_the_last_copy_is_lent_or_booked_and_never_both(library: Library) -> None:
    """One desk lends the only copy while another books it: whoever comes first has it."""
    for _ in range(6):
        (barcode,) = a_set(library, 1)
        outcomes = _at_once(
            partial(library.check_out, a_patron(library), barcode),
            partial(book, library, a_patron(library), barcode, 1, 5),
        )
        assert sorted(isinstance(each, CheckedOut | Booking) for each in outcomes) == [False, True]


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What the acts give that are begun at one and the same moment, in the order of their ends."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = []

    def run(act: Callable[[], Any]) -> None:
        start.wait()
        outcomes.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
