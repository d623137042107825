"""Lending what was booked, lending it onward, taking it back; and what others may borrow."""

from __future__ import annotations

from datetime import timedelta

from catalogue.database import Transaction
from circulation.booking.bookings import find_booking
from circulation.booking.delivering import lend_booking_onward
from circulation.booking.results import BookingOutcome, BookingState
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut, Refused, Renewed
from circulation.loans.onward import LentOnward
from circulation.loans.undo import Cancelled, cancel_check_out
from circulation.patrons.groups import add_group, join_group
from circulation.patrons.identifiers import find_patron
from tests.builders.bookings import (
    a_booking,
    a_set,
    aside,
    book,
    bring_back,
    cancel_it,
    day,
    deliver,
)
from tests.builders.circulation import Library, a_patron, an_item


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def lent(answer: object) -> CheckedOut:
    assert isinstance(answer, CheckedOut), answer
    return answer


def a_class(library: Library, *names: str) -> int:
    cards = [a_patron(library, given_name=name, family_name=name) for name in names]

    def work(transaction: Transaction) -> int:
        group = add_group(transaction, library.main.agency_id, "9b")
        for card in cards:
            patron = find_patron(transaction, card)
            assert patron is not None
            join_group(library.act(transaction, UNATTENDED), group, patron)
        return group

    return library.write(work)


def test_a_set_is_lent_through_the_last_day_and_comes_back(library: Library) -> None:
    first, second, third = a_set(library, 3)
    novel = an_item(library)
    booking = a_booking(library, a_patron(library), first, 0, 9, 3)
    delivered = deliver(library, booking, first, novel, second, third)
    assert reasons(delivered.answers[1]) == (Reason.NOT_FOR_BOOKING,)
    loans = [lent(answer).loan for answer in (delivered.answers[0], *delivered.answers[2:])]
    assert {loan.due.date() for loan in loans} == {day(library, 9)}
    assert delivered.booking.state is BookingState.DELIVERED
    event = library.events_of(first)[-1]
    assert (event.kind, event.after["booking"]) == (EventKind.CHECKED_OUT, booking.id)
    part = bring_back(library, booking, first, second)
    assert all(isinstance(answer, CheckedIn) for answer in part.answers)
    assert [each.barcode for each in part.missing] == [third]
    assert part.booking.state is BookingState.DELIVERED
    rest = bring_back(library, booking, third)
    assert (rest.missing, rest.booking.outcome) == ((), BookingOutcome.FULFILLED)


def test_any_desk_delivers_and_takes_back(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second = a_set(library, 2)
    ida = a_patron(library)
    booking = a_booking(library, ida, first, 1, 9, 2)
    # Within the days before, as if the teacher came to a machine.
    assert lent(library.check_out(ida, first)).loan.due.date() == day(library, 9)
    assert lent(library.check_out(ida, second)).loan.due.date() == day(library, 9)
    library.check_in(first)
    library.check_in(second)
    assert is_fulfilled(library, booking.id)
    assert isinstance(library.check_out(a_patron(library), first), CheckedOut)


def is_fulfilled(library: Library, booking_id: int) -> bool:
    def work(transaction: Transaction) -> bool:
        set_up = library.circulation.current_set_up(transaction)
        booking = find_booking(transaction, set_up, booking_id)
        return booking is not None and booking.outcome is BookingOutcome.FULFILLED

    return library.read(work)


def test_more_than_was_booked_is_an_ordinary_loan(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second, _ = a_set(library, 3)
    ida = a_patron(library)
    a_booking(library, ida, first, 0, 9, 1)
    assert lent(library.check_out(ida, first)).loan.due.date() == day(library, 9)
    assert lent(library.check_out(ida, second)).loan.due.date() == day(library, 28)


def test_the_class_has_the_copies_at_once(library: Library) -> None:
    first, second, third = a_set(library, 3)
    group = a_class(library, "Anna", "Bo")
    booking = a_booking(
        library, a_patron(library), first, 0, 9, 3, group_id=group, lends_onward=True
    )
    delivered = deliver(library, booking, first, second, third)
    assert delivered.lent_onward == {first: "Anna Anna", second: "Bo Bo"}
    missing = bring_back(library, booking, first, third).missing
    assert [(each.barcode, each.holder) for each in missing] == [(second, "Bo Bo")]


def test_copies_are_lent_onward_later(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second, third = a_set(library, 3)
    group = a_class(library, "Anna", "Bo")
    booking = a_booking(library, a_patron(library), first, 0, 9, 2, group_id=group)
    deliver(library, booking, first, second)
    pupil = a_patron(library, given_name="Eva", family_name="Ny")

    def onward(*pairs: tuple[str, str]) -> dict[str, LentOnward | Refused]:
        answers = library.write(
            lambda transaction: lend_booking_onward(
                library.act(transaction), booking_id=booking.id, pairs=pairs
            )
        )
        assert not isinstance(answers, Refused)
        return answers

    answers = onward((first, pupil), (third, pupil))
    assert isinstance(answers[first], LentOnward)
    assert reasons(answers[third]) == (Reason.NOT_FOR_BOOKING,)
    (rest,) = onward().values()
    assert isinstance(rest, LentOnward)
    assert rest.holder is not None
    assert rest.holder.name == "Anna Anna"


def test_fewer_than_were_promised_can_be_all(sqlite_library: Library) -> None:
    library = sqlite_library
    first, _ = a_set(library, 2)
    booking = a_booking(library, a_patron(library), first, 0, 9, 2)
    deliver(library, booking, first)
    back = bring_back(library, booking, first)
    assert back.booking.outcome is None
    again = bring_back(library, booking, is_all=True)
    assert again.booking.outcome is BookingOutcome.FULFILLED


def test_a_cancelled_check_out_leaves_the_booking_as_it_was(library: Library) -> None:
    first, second = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 0, 9, 2)
    aside(library, booking, first)
    lent(library.check_out(ida, first))
    undone = library.write(
        lambda transaction: cancel_check_out(library.act(transaction), item=first)
    )
    assert isinstance(undone, Cancelled), undone
    assert reasons(library.check_out(ole, first)) == (Reason.BOOKED,)
    assert reasons(library.check_out(ole, second)) == (Reason.BOOKED,)
    assert len(deliver(library, booking, first, second).booking.supplies) == 1


def test_a_loan_is_cut_short_or_refused_as_the_rules_say(library: Library) -> None:
    first, second = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    a_booking(library, ida, first, 10, 20, 1)
    # There is a copy for the booking and one for somebody else.
    assert lent(library.check_out(ole, first)).loan.due.date() == day(library, 28)
    assert lent(library.check_out(ole, second)).loan.due.date() == day(library, 7)
    library.check_in(second)
    library.policy(material_group="class-set", bookable=True, before_bookings="refuse")
    assert reasons(library.check_out(ole, second)) == (Reason.BOOKED,)
    library.policy(material_group="class-set", bookable=True, before_bookings="refuse", loan_days=7)
    assert lent(library.check_out(ole, second)).loan.due.date() == day(library, 7)


def test_a_renewal_ends_where_a_booking_begins(library: Library) -> None:
    (first,) = a_set(library, 1)
    ida, ole = a_patron(library), a_patron(library)
    lent(library.check_out(ole, first))
    booking = a_booking(library, ida, first, 40, 50, 1)
    library.pass_time(days=20)
    renewed = library.renew(ole, first)
    assert isinstance(renewed, Renewed), renewed
    assert renewed.loan.due.date() == day(library, 40 - 20 - 3)
    assert reasons(library.renew(ole, first)) == (Reason.BOOKED,)
    cancel_it(library, booking)
    assert isinstance(library.renew(ole, first), Renewed)


def test_a_loan_for_a_booking_is_not_renewed_into_the_next(sqlite_library: Library) -> None:
    library = sqlite_library
    (first,) = a_set(library, 1)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 0, 5, 1)
    deliver(library, booking, first)
    a_booking(library, ole, first, 12, 15, 1)
    # The day after the last is for tidying: the copy is due back all the same.
    assert reasons(library.renew(ida, first)) == (Reason.BOOKED,)


def test_off_line_loans_of_what_is_booked_are_accepted_and_noted(sqlite_library: Library) -> None:
    library = sqlite_library
    (first,) = a_set(library, 1)
    ida, ole = a_patron(library), a_patron(library)
    a_booking(library, ida, first, 1, 5, 1)
    answer = lent(
        library.check_out(ole, first, no_block=True, happened=library.now - timedelta(hours=1))
    )
    assert [refusal.reason for refusal in answer.overridden] == [Reason.BOOKED]
    assert answer.loan.due.date() == day(library, 28)


def test_titles_that_were_never_booked_are_lent_as_ever(sqlite_library: Library) -> None:
    library = sqlite_library
    first, _ = a_set(library, 2)
    ida = a_patron(library)
    assert lent(library.check_out(ida, first)).loan.due.date() == day(library, 28)
    late = book(library, ida, first, 5, 9, 2)
    assert reasons(late) == (Reason.NOT_ENOUGH_COPIES,)
