"""Placing, changing, cancelling and lengthening bookings; the calendar; whose they were."""

from __future__ import annotations

import pytest

from catalogue.database import Statement, Transaction, many
from circulation.booking.bookings import find_booking
from circulation.booking.changes import BookingChanged
from circulation.booking.lists import (
    availability_calendar,
    branch_bookings,
    patron_bookings,
    title_bookings,
)
from circulation.booking.results import Booking, BookingOutcome, BookingState, DayFree
from circulation.jobs.running import run_job
from circulation.kernel.events import Event, select_events
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, Branch, CheckedOut, Refused
from circulation.kernel.schema import events
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.transport import store_transport_cost
from circulation.loans.lost import declare_lost
from circulation.loans.privacy import DEFAULT_DAYS
from circulation.patrons.consents import give_consent
from circulation.patrons.groups import add_group, join_group
from circulation.patrons.identifiers import find_patron
from circulation.patrons.kinds import Consent
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.personal_export import export_person
from tests.builders.bookings import (
    a_booking,
    a_set,
    book,
    bring_back,
    cancel_it,
    change,
    day,
    deliver,
    extend,
)
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, record_of


@many(Event)
def _told() -> Statement:
    return select_events(events.c.kind.like("booking%")).order_by(events.c.id)


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def again(library: Library, booking: Booking) -> Booking:
    def work(transaction: Transaction) -> Booking | None:
        set_up = library.circulation.current_set_up(transaction)
        return find_booking(transaction, set_up, booking.id)

    found = library.read(work)
    assert found is not None
    return found


def number_of(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def calendar(library: Library, barcode: str, first: int, last: int) -> list[DayFree]:
    return library.read(
        lambda transaction: availability_calendar(
            library.act(transaction, UNATTENDED),
            record_id=record_of(library, barcode),
            first=day(library, first),
            last=day(library, last),
        )
    )


def test_what_cannot_be_booked(sqlite_library: Library) -> None:
    library = sqlite_library
    first, *_ = a_set(library, 2, max_booking_days=30)
    novel = an_item(library)
    ida = a_patron(library)
    assert reasons(book(library, "nobody", first, 1, 5)) == (Reason.PATRON_UNKNOWN,)
    assert reasons(book(library, ida, "nothing", 1, 5)) == (Reason.ITEM_UNKNOWN,)
    assert reasons(book(library, ida, novel, 1, 5)) == (Reason.NOT_BOOKABLE,)
    assert reasons(book(library, ida, first, 5, 1)) == (Reason.BOOKING_DATES_WRONG,)
    assert reasons(book(library, ida, first, -1, 5)) == (Reason.BOOKING_DATES_WRONG,)
    assert reasons(book(library, ida, first, 1, 5, 2, 3)) == (Reason.NOT_ENOUGH_COPIES,)
    assert reasons(book(library, ida, first, 1, 5, 3)) == (Reason.NOT_ENOUGH_COPIES,)
    assert reasons(book(library, ida, first, 1, 31)) == (Reason.BOOKING_TOO_LONG,)
    assert isinstance(book(library, ida, first, 1, 30), Booking)
    unknown = book(library, ida, first, 1, 5, delivery_branch="DK-1")
    assert reasons(unknown) == (Reason.BRANCH_UNKNOWN,)
    assert reasons(book(library, ida, first, 1, 5, suppliers=["DK-1"])) == (Reason.BRANCH_UNKNOWN,)


def test_who_may_book_is_a_rule(sqlite_library: Library) -> None:
    library = sqlite_library
    first, *_ = a_set(library, 2)
    library.policy(patron_category="pupil", material_group="class-set", bookable=False)
    pupil, teacher = a_patron(library, category="pupil"), a_patron(library, category="teacher")
    assert reasons(book(library, pupil, first, 1, 5)) == (Reason.NOT_BOOKABLE,)
    assert isinstance(book(library, teacher, first, 1, 5), Booking)


def test_the_size_of_the_class_is_suggested(sqlite_library: Library) -> None:
    library = sqlite_library
    first, *_ = a_set(library, 5)
    teacher = a_patron(library)
    pupils = [number_of(library, a_patron(library)) for _ in range(3)]

    def work(transaction: Transaction) -> int:
        group = add_group(transaction, library.main.agency_id, "9b")
        for pupil in pupils:
            join_group(library.act(transaction, UNATTENDED), group, pupil)
        return group

    group = library.write(work)
    booking = a_booking(library, teacher, first, 1, 5, None, group_id=group)
    assert (booking.copies, booking.minimum, booking.group_name) == (3, 3, "9b")
    with pytest.raises(ValueError, match="group"):
        book(library, teacher, first, 1, 5, group_id=group + 1)


def test_branches_supply_in_the_order_asked(library: Library) -> None:
    first, *_ = a_set(library, 2)
    for _ in range(3):
        a_copy(library, first, home=library.other, material_group="class-set")
    ida = a_patron(library)  # of the main branch, where it is delivered
    booking = a_booking(library, ida, first, 1, 5, 4)
    assert {each.branch.isil: each.copies for each in booking.supplies} == {
        library.main.isil: 2,
        library.other.isil: 2,
    }
    assert booking.delivery_branch == library.main
    only = book(library, ida, first, 1, 5, 2, suppliers=[library.other.isil])
    assert reasons(only) == (Reason.NOT_ENOUGH_COPIES,)
    later = a_booking(library, ida, first, 20, 25, 4, suppliers=[library.other.isil, "DK-900101"])
    assert [each.copies for each in later.supplies if each.branch == library.other] == [3]


def test_agencies_supply_one_another_where_they_share(sqlite_library: Library) -> None:
    library = sqlite_library

    def add_school(transaction: Transaction) -> Branch:
        agency = add_agency(transaction, 1, "DK-900200", "Prøveskolen", kind="school")
        add_branch(transaction, agency, "DK-900201", "Skolebiblioteket")
        set_up_changed(transaction)
        school = find_branch(transaction, isil="DK-900201")
        assert school is not None
        return school

    school = library.write(add_school)

    def share(transaction: Transaction) -> None:
        store_transport_cost(transaction, library.main.id, school.id, 2)
        store_transport_cost(transaction, school.id, library.main.id, 2)
        set_up_changed(transaction)

    first, *_ = a_set(library, 2)
    teacher, reader = a_patron(library, home_branch=school.id), a_patron(library)
    assert reasons(book(library, teacher, first, 5, 9)) == (Reason.NOT_BOOKABLE,)
    library.write(share)
    booking = a_booking(library, teacher, first, 5, 9)
    assert booking.delivery_branch == school
    of_school, *_ = a_set(library, 2, home=school)
    assert reasons(book(library, reader, of_school, 5, 9)) == (Reason.NOT_BOOKABLE,)


def test_a_change_frees_what_was_booked_and_is_all_or_nothing(library: Library) -> None:
    first, *_ = a_set(library, 3)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 10, 20, 2)
    other = a_booking(library, ole, first, 10, 20, 1)
    assert reasons(change(library, booking, preferred=3)) == (Reason.NOT_ENOUGH_COPIES,)
    assert again(library, booking) == booking
    moved = change(library, booking, first=day(library, 12), last=day(library, 22), note="9b")
    assert isinstance(moved, BookingChanged), moved
    assert (moved.before, moved.after) == (booking, again(library, booking))
    assert (moved.after.first, moved.after.note) == (day(library, 12), "9b")
    fewer = change(library, booking, preferred=1)
    assert isinstance(fewer, BookingChanged), fewer
    assert (fewer.after.copies, fewer.after.minimum) == (1, 1)
    assert isinstance(change(library, other, preferred=2), BookingChanged)
    gone = cancel_it(library, other)
    assert isinstance(gone, Booking), gone
    assert (gone.state, gone.outcome) == (BookingState.CLOSED, BookingOutcome.CANCELLED)
    assert reasons(cancel_it(library, other)) == (Reason.BOOKING_UNKNOWN,)
    assert reasons(change(library, other, note="x")) == (Reason.BOOKING_UNKNOWN,)
    assert isinstance(change(library, booking, preferred=3), BookingChanged)


def test_a_booking_under_way_is_lengthened_with_its_loans(library: Library) -> None:
    first, second = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    booking = a_booking(library, ida, first, 0, 5, 2)
    deliver(library, booking, first, second)
    assert reasons(change(library, booking, last=day(library, 6))) == (Reason.BOOKING_UNDER_WAY,)
    assert reasons(cancel_it(library, booking)) == (Reason.BOOKING_UNDER_WAY,)
    next_one = a_booking(library, ole, first, 20, 25, 1)
    longer = extend(library, booking, 16)
    assert isinstance(longer, BookingChanged), longer
    assert longer.after.last == day(library, 16)
    assert {each.due.date() for each in bring_back(library, booking).missing} == {day(library, 16)}
    assert reasons(extend(library, booking, 17)) == (Reason.NOT_ENOUGH_COPIES,)
    assert reasons(extend(library, booking, -1)) == (Reason.BOOKING_DATES_WRONG,)
    cancel_it(library, next_one)
    assert isinstance(extend(library, booking, 17), BookingChanged)


def test_what_is_lost_or_missing_is_no_copy(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second = a_set(library, 2)
    ida = a_patron(library)
    library.write(lambda transaction: declare_lost(library.act(transaction), item=first))
    assert reasons(book(library, ida, second, 1, 5, 2)) == (Reason.NOT_ENOUGH_COPIES,)


def test_the_calendar_shows_what_is_free_on_each_day(library: Library) -> None:
    first, second, _ = a_set(library, 3)
    a_copy(library, first, home=library.other, material_group="class-set")
    ida = a_patron(library)
    assert isinstance(library.check_out(ida, second), CheckedOut)
    a_booking(library, ida, first, 30, 31, 2)
    shown = calendar(library, first, 26, 33)
    # The loan ends on day 28, and the booking takes days 28 to 32.
    assert [each.free for each in shown] == [3, 3, 1, 2, 2, 2, 2, 4]
    assert shown[0].by_branch == {library.main.isil: 2, library.other.isil: 1}
    with pytest.raises(ValueError, match="400"):
        calendar(library, first, 3, 2)


def test_bookings_are_listed_by_borrower_title_and_branch(sqlite_library: Library) -> None:
    library = sqlite_library
    first, *_ = a_set(library, 2)
    ida = a_patron(library)
    booking = a_booking(library, ida, first, 5, 9)
    patron = number_of(library, ida)

    def work(transaction: Transaction) -> list[list[Booking]]:
        circulation = library.circulation
        return [
            patron_bookings(circulation, transaction, patron),
            title_bookings(circulation, transaction, record_of(library, first)),
            branch_bookings(circulation, transaction, library.main.id),
            branch_bookings(circulation, transaction, library.main.id, until=day(library, 4)),
            branch_bookings(circulation, transaction, library.other.id),
        ]

    assert library.read(work) == [[booking], [booking], [booking], [], []]


def run(library: Library, job: str) -> int:
    done = run_job(library.circulation, library.database, job, day=library.today, now=library.now)
    return sum(done.counts.values())


def test_a_booking_that_nobody_collected_ends_after_its_last_day(library: Library) -> None:
    first, *_ = a_set(library, 1)
    booking = a_booking(library, a_patron(library), first, 2, 5)
    library.pass_time(days=5)
    assert run(library, "bookings") == 0
    library.pass_time(days=1)
    assert run(library, "bookings") == 1
    assert run(library, "bookings") == 0
    assert again(library, booking).outcome is BookingOutcome.NOT_COLLECTED


def test_a_booking_stays_open_while_copies_are_out(sqlite_library: Library) -> None:
    library = sqlite_library
    first, second, _ = a_set(library, 3)
    booking = a_booking(library, a_patron(library), first, 0, 5, 3)
    deliver(library, booking, first, second)
    library.check_in(first)
    library.pass_time(days=6)
    assert run(library, "bookings") == 0
    library.check_in(second)
    assert again(library, booking).state is BookingState.DELIVERED  # a third was promised
    assert run(library, "bookings") == 1
    assert again(library, booking).outcome is BookingOutcome.FULFILLED


def test_bookings_are_held_on_a_person_until_they_are_cut(library: Library) -> None:
    first, *_ = a_set(library, 2)
    ida, ole = a_patron(library), a_patron(library)
    patron, keeper = number_of(library, ida), number_of(library, ole)
    library.write(
        lambda transaction: give_consent(
            library.act(transaction, UNATTENDED), keeper, Consent.KEEP_HISTORY
        )
    )
    booking = a_booking(library, ida, first, 2, 5, note="Ida will fetch them")
    kept = a_booking(library, ole, first, 2, 5)
    exported = library.read(lambda transaction: export_person(transaction, patron))
    assert exported is not None
    (row,) = exported["bookings"]
    assert row["note"] == "Ida will fetch them"
    with pytest.raises(StillNeeded, match="bookings"):
        library.write(
            lambda transaction: erase_person(library.act(transaction, UNATTENDED), patron)
        )
    cancel_it(library, booking)
    cancel_it(library, kept)
    library.pass_time(days=DEFAULT_DAYS + 1)
    run(library, "history")
    cut = again(library, booking)
    assert (cut.patron_id, cut.patron_name, cut.note) == (None, None, "")
    assert again(library, kept).patron_id == keeper
    library.write(lambda transaction: erase_person(library.act(transaction, UNATTENDED), keeper))
    assert again(library, kept).patron_id is None


def test_every_change_has_its_event(sqlite_library: Library) -> None:
    library = sqlite_library
    first, *_ = a_set(library, 2)
    booking = a_booking(library, a_patron(library), first, 2, 5, 2)
    change(library, booking, preferred=1)
    change(library, booking, preferred=1)  # nothing new
    cancel_it(library, booking)
    found = library.read(lambda transaction: _told(transaction))
    kinds = [event.kind.value for event in found]
    assert kinds == ["booking_placed", "booking_changed", "booking_closed"]
    assert {event.after["booking"] for event in found} == {booking.id}
    assert {event.patron_id for event in found} == {None}
    assert (found[1].before["copies"], found[1].after["copies"]) == (2, 1)
