"""The statement of the domain about bookings, by its number: 20.

20. Booking cannot exceed free copies in the period including buffer; minimum vs preferred.
"""

from __future__ import annotations

from circulation.booking.results import Booking, BookingOutcome
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused
from tests.builders.bookings import a_booking, a_set, book, bring_back, day, deliver
from tests.builders.circulation import Library, a_patron


def refused(answer: object) -> tuple[Reason, int | None]:
    assert isinstance(answer, Refused), answer
    (refusal,) = answer.refusals
    return refusal.reason, refusal.limit


def test_statement_20_no_more_than_are_free_in_the_period(library: Library) -> None:
    first, *_ = a_set(library, 5)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 10, 20, 3)
    assert (booking.copies, booking.is_partial) == (3, False)
    assert refused(book(library, ole, first, 15, 25, 3)) == (Reason.NOT_ENOUGH_COPIES, 2)
    assert a_booking(library, ole, first, 15, 25, 2).copies == 2
    assert refused(book(library, ole, first, 18, 18, 1)) == (Reason.NOT_ENOUGH_COPIES, 0)


def test_statement_20_the_days_before_and_after_count(library: Library) -> None:
    first, *_ = a_set(library, 2)  # 2 days before, 1 after
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 10, 20, 2)
    (supply,) = booking.supplies
    assert (supply.reserved_from, supply.reserved_until) == (day(library, 8), day(library, 21))
    # The one ends on day 20 and a day after; the next must leave it two days before its first.
    assert refused(book(library, ole, first, 23, 30, 1)) == (Reason.NOT_ENOUGH_COPIES, 0)
    assert isinstance(book(library, ole, first, 24, 30, 1), Booking)
    assert refused(book(library, ole, first, 4, 7, 1)) == (Reason.NOT_ENOUGH_COPIES, 0)
    assert isinstance(book(library, ole, first, 4, 6, 1), Booking)


def test_statement_20_between_minimum_and_preferred(library: Library) -> None:
    first, *_ = a_set(library, 5)
    ida, ole = a_patron(library), a_patron(library)
    a_booking(library, ida, first, 10, 20, 2)
    assert refused(book(library, ole, first, 10, 20, 5, 4)) == (Reason.NOT_ENOUGH_COPIES, 3)
    booking = a_booking(library, ole, first, 10, 20, 5, 2)
    assert (booking.copies, booking.preferred, booking.minimum) == (3, 5, 2)
    assert booking.is_partial


def test_statement_20_loans_count_until_they_are_due(library: Library) -> None:
    first, _ = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    assert isinstance(library.check_out(ida, first), CheckedOut)  # for 28 days
    assert refused(book(library, ole, first, 5, 9, 2)) == (Reason.NOT_ENOUGH_COPIES, 1)
    # Two days before the first have to be free as well.
    assert refused(book(library, ole, first, 30, 40, 2)) == (Reason.NOT_ENOUGH_COPIES, 1)
    assert isinstance(book(library, ole, first, 31, 40, 2), Booking)


def test_statement_20_no_loan_takes_what_is_booked(library: Library) -> None:
    first, second = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 10, 20, 2)
    lent = library.check_out(ole, first)
    assert isinstance(lent, CheckedOut), lent
    # Day 8 is the first of the two before the booking begins.
    assert lent.loan.due.date() == day(library, 7)
    library.pass_time(days=8)
    assert refused(library.check_out(ole, second)) == (Reason.BOOKED, None)
    library.check_in(first)
    delivered = deliver(library, booking, first, second)
    assert all(isinstance(each, CheckedOut) for each in delivered.answers)
    returned = bring_back(library, delivered.booking, first, second)
    assert (returned.missing, returned.booking.outcome) == ((), BookingOutcome.FULFILLED)
    assert isinstance(library.check_out(ole, second), CheckedOut)
