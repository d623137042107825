"""What we borrow from other libraries, from its coming to its going home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from catalogue.database import Transaction
from catalogue.items import find_item
from catalogue.records import fetch_records
from catalogue.visibility import database_names, visible_records
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.holds.results import Wanted
from circulation.interlending.borrowing import (
    Accepted,
    Incoming,
    accept,
    cancel_borrowing,
    expect,
    send_home,
    shipped,
)
from circulation.interlending.owners import grant_renewal, recalled_by_owner, refuse_renewal
from circulation.interlending.rows import InterlibraryLoan, loan_of_request
from circulation.interlending.states import BorrowingState, Obstacle, Role
from circulation.items.availability import circulation_status
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    UNATTENDED,
    CheckedIn,
    CheckedOut,
    Destination,
    ItemState,
    Refused,
    Renewed,
)
from circulation.loans.lost import declare_lost
from circulation.loans.undo import cancel_check_in, cancel_check_out
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import ask, cancel, costs, holds_of
from tests.builders.interlending import (
    AGREEMENT,
    a_borrowed_item,
    again,
    partner_desk,
    told,
)


def home(library: Library, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    return library.write(lambda transaction: send_home(library.act(transaction), loan))


def test_a_whole_loan(either_library: Library) -> None:
    library = either_library
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    assert loan.state is BorrowingState.ARRIVED
    (queued,) = holds_of(library, card)
    assert queued.hold.bound_item == "TEMP-1"
    assert queued.hold.number == 1  # on the hold shelf
    assert told(library, loan) == []  # the partner did it

    assert isinstance(library.check_out(card, "TEMP-1"), CheckedOut)
    assert again(library, loan).state is BorrowingState.ON_LOAN
    back = library.check_in("TEMP-1")
    assert isinstance(back, CheckedIn)
    assert back.destination is Destination.PROBLEM_BIN
    assert again(library, loan).state is BorrowingState.RETURNED
    assert told(library, loan) == ["checked_out", "checked_in"]

    gone = home(library, again(library, loan))
    assert isinstance(gone, InterlibraryLoan)
    assert gone == again(library, loan)
    assert gone.state is BorrowingState.COMPLETED
    assert (gone.user, gone.patron_id, gone.item_id, gone.record_id) == ("", None, None, None)
    assert told(library, loan)[-1] == "sent_home"

    def what_is_left(transaction: Transaction) -> tuple[object, object]:
        assert loan.record_id is not None
        return find_item(transaction, "TEMP-1"), fetch_records(transaction, [loan.record_id])

    assert library.read(what_is_left) == (None, [])
    assert home(library, gone) == gone  # once more


def test_nobody_finds_it_by_a_search(either_library: Library) -> None:
    library = either_library
    an_item(library)
    loan = a_borrowed_item(library, a_patron(library))

    def work(transaction: Transaction) -> None:
        names = [None, *(each.name for each in database_names(transaction))]
        assert len(names) > 3
        for name in names:
            visible = visible_records(transaction, name)
            assert visible is not None
            assert loan.record_id not in visible

    library.read(work)


def test_accepting_again_makes_nothing_again(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    assert a_borrowed_item(library, card) == loan
    library.check_out(card, "TEMP-1")
    assert a_borrowed_item(library, card).state is BorrowingState.ON_LOAN
    assert len(holds_of(library, card)) == 0


def test_what_cannot_be_accepted(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library)

    def attempt(patron: str, item: str, pickup: str | None = None) -> object:
        return library.write(
            lambda transaction: accept(
                Act(transaction, library.circulation, partner_desk(library), library.now),
                agreement=AGREEMENT,
                request_id="REQ-9",
                patron=patron,
                incoming=Incoming(item, "Njals saga"),
                pickup_branch=pickup,
            )
        )

    unknown = attempt("P-nobody", "TEMP-9")
    assert isinstance(unknown, Refused)
    assert unknown.reasons == (Reason.PATRON_UNKNOWN,)
    elsewhere = attempt(card, "TEMP-9", "DK-000000")
    assert isinstance(elsewhere, Refused)
    assert elsewhere.reasons == (Reason.BRANCH_UNKNOWN,)
    assert attempt(card, barcode) is Obstacle.BARCODE_IN_USE
    assert attempt(card, "x" * 65) is Obstacle.BARCODE_WRONG
    assert library.read(lambda transaction: find_item(transaction, "TEMP-9")) is None
    key = AGREEMENT.partner
    assert library.read(lambda each: loan_of_request(each, key, Role.BORROWER, "REQ-9")) is None


def test_it_may_be_picked_up_elsewhere(library: Library) -> None:
    card = a_patron(library)
    accepted = library.write(
        lambda transaction: accept(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            agreement=AGREEMENT,
            request_id="REQ-1",
            patron=card,
            incoming=Incoming("TEMP-1", "Njals saga"),
            pickup_branch=library.other.isil,
        )
    )
    assert isinstance(accepted, Accepted)
    assert accepted.check_in is not None
    assert accepted.check_in.destination is Destination.TRANSIT_TO_PICKUP
    assert accepted.check_in.to_branch == library.other


def test_without_barcode_and_patron(library: Library) -> None:
    loan = a_borrowed_item(library, None, "")
    assert loan.barcode == f"ILL{loan.id}"
    assert loan.state is BorrowingState.ARRIVED


def test_the_loan_ends_no_later_than_the_owner_says(library: Library) -> None:
    card = a_patron(library)
    due = library.now + timedelta(days=10)
    a_borrowed_item(library, card, due=due)
    lent = library.check_out(card, "TEMP-1")
    assert isinstance(lent, CheckedOut)
    assert lent.loan.due == due


def test_a_partner_whose_dates_do_not_count(library: Library) -> None:
    card = a_patron(library)
    due = library.now + timedelta(days=10)
    a_borrowed_item(library, card, due=due, agreement=AGREEMENT._replace(keeps_owner_due=False))
    lent = library.check_out(card, "TEMP-1")
    assert isinstance(lent, CheckedOut)
    assert lent.loan.due > due


def test_a_renewal_is_a_promise_until_the_owner_answers(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    first = library.check_out(card, "TEMP-1")
    assert isinstance(first, CheckedOut)
    library.pass_time(days=20)
    renewed = library.renew(card, "TEMP-1")
    assert isinstance(renewed, Renewed)
    assert renewed.loan.due > first.loan.due
    asked = again(library, loan)
    assert asked.state is BorrowingState.RENEWAL_ASKED
    assert told(library, loan)[-1] == "renewal_asked"
    library.pass_time(days=1)
    twice = library.renew(card, "TEMP-1")
    assert isinstance(twice, Refused)
    assert Reason.RENEWAL_WINDOW_NOT_OPEN in twice.reasons

    granted_due = library.now + timedelta(days=14)
    granted = library.write(
        lambda transaction: grant_renewal(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            asked,
            due=granted_due,
        )
    )
    assert isinstance(granted, InterlibraryLoan)
    assert granted.state is BorrowingState.ON_LOAN
    assert granted.due == granted_due
    event = library.events_of("TEMP-1")[-1]
    assert event.kind is EventKind.LOAN_REDATED
    assert event.after["due"] == granted_due.isoformat()


def test_an_owner_who_does_not_renew(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    library.pass_time(days=27)
    assert isinstance(library.renew(card, "TEMP-1"), Renewed)
    asked = again(library, loan)
    refused = library.write(
        lambda transaction: refuse_renewal(
            Act(transaction, library.circulation, partner_desk(library), library.now), asked
        )
    )
    assert isinstance(refused, InterlibraryLoan)
    assert refused.state is BorrowingState.ON_LOAN
    zone = library.main.timezone
    in_a_week = end_of_day(local_date(library.now + timedelta(days=7), zone), zone)
    assert library.events_of("TEMP-1")[-1].after["due"] == in_a_week.isoformat()


def test_what_the_owner_never_renews(library: Library) -> None:
    card = a_patron(library)
    a_borrowed_item(library, card, is_renewable=False)
    library.check_out(card, "TEMP-1")
    library.pass_time(days=20)
    answer = library.renew(card, "TEMP-1")
    assert isinstance(answer, Refused)
    assert Reason.MAX_RENEWALS_REACHED in answer.reasons


def test_the_owner_recalls_it(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    wanted = library.now + timedelta(days=3)
    lent = again(library, loan)
    recalled = library.write(
        lambda transaction: recalled_by_owner(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            lent,
            due=wanted,
        )
    )
    assert isinstance(recalled, InterlibraryLoan)
    assert recalled.state is BorrowingState.RECALLED
    event = library.events_of("TEMP-1")[-1]
    assert event.kind is EventKind.LOAN_RECALLED
    assert event.after["due"] == wanted.isoformat()
    answer = library.renew(card, "TEMP-1")
    assert isinstance(answer, Refused)
    assert Reason.LOAN_RECALLED in answer.reasons


def test_expected_and_shipped_first(library: Library) -> None:
    card = a_patron(library)

    def coming(transaction: Transaction) -> InterlibraryLoan:
        loan = expect(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            agreement=AGREEMENT,
            request_id="REQ-1",
            patron=card,
            incoming=Incoming(title="Egils saga"),
        )
        assert isinstance(loan, InterlibraryLoan)
        sent = shipped(library.act(transaction, UNATTENDED), loan, barcode="TEMP-7")
        assert isinstance(sent, InterlibraryLoan)
        return sent

    sent = library.write(coming)
    assert sent.state is BorrowingState.SHIPPED
    assert home(library, sent) is Obstacle.NOT_HERE
    here = a_borrowed_item(library, card, "")
    assert here.id == sent.id
    assert here.barcode == "TEMP-7"
    assert here.title == "Njals saga"


def test_a_patron_who_wants_it_no_more(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    (queued,) = holds_of(library, card)
    cancel(library, card, queued.hold)
    assert again(library, loan).state is BorrowingState.RETURNED
    assert told(library, loan) == ["cancelled"]
    assert isinstance(home(library, again(library, loan)), InterlibraryLoan)
    assert library.read(lambda transaction: find_item(transaction, "TEMP-1")) is None


def test_a_partner_that_cancels_what_is_here(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    ended = library.write(
        lambda transaction: cancel_borrowing(library.act(transaction, partner_desk(library)), loan)
    )
    assert isinstance(ended, InterlibraryLoan)
    assert ended.state is BorrowingState.RETURNED
    assert holds_of(library, card) == []
    assert told(library, loan) == []


def test_it_does_not_go_home_while_it_is_on_loan(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    assert home(library, again(library, loan)) is Obstacle.ON_LOAN


def test_lost_by_the_patron(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    library.write(lambda transaction: declare_lost(library.act(transaction), item="TEMP-1"))
    assert again(library, loan).state is BorrowingState.LOST
    assert told(library, loan) == ["checked_out", "lost"]
    library.check_in("TEMP-1")
    assert again(library, loan).state is BorrowingState.RETURNED


def test_undoing_what_was_done_by_mistake(library: Library) -> None:
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")

    def undo(verb: Callable[..., object]) -> None:
        library.write(lambda transaction: verb(library.act(transaction), item="TEMP-1"))

    undo(cancel_check_out)
    assert again(library, loan).state is BorrowingState.ARRIVED
    assert told(library, loan) == []  # it was not sent yet, and never will be
    library.check_out(card, "TEMP-1")
    library.check_in("TEMP-1")
    undo(cancel_check_in)
    assert again(library, loan).state is BorrowingState.ON_LOAN
    assert told(library, loan) == ["checked_out"]


def state_of(library: Library, barcode: str = "TEMP-1") -> ItemState:
    found = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert found is not None
    return found.state


def test_what_is_to_go_back_is_on_no_shelf_and_kept_for_nobody(either_library: Library) -> None:
    library = either_library
    card, other = a_patron(library), a_patron(library)
    loan = a_borrowed_item(library, card)
    assert loan.record_id is not None
    for wanted in (Wanted(item="TEMP-1"), Wanted(loan.record_id)):
        refused = ask(library, other, wanted)
        assert isinstance(refused, Refused)
        assert refused.reasons == (Reason.NOT_HOLDABLE,)
    library.check_out(card, "TEMP-1")
    assert isinstance(ask(library, other, Wanted(item="TEMP-1")), Refused)
    library.check_in("TEMP-1")
    assert state_of(library) is ItemState.GOES_BACK
    refused = ask(library, other, Wanted(item="TEMP-1"))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.NOT_HOLDABLE,)


def test_handed_in_elsewhere_it_travels_to_the_branch_that_borrowed_it(
    either_library: Library,
) -> None:
    library = either_library
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    back = library.check_in("TEMP-1", at=library.other)
    assert isinstance(back, CheckedIn)
    assert (back.destination, back.to_branch) == (Destination.TRANSIT_HOME, library.main)
    assert state_of(library) is ItemState.IN_TRANSIT
    assert again(library, loan).state is BorrowingState.RETURNED
    there = library.check_in("TEMP-1")
    assert isinstance(there, CheckedIn)
    assert (there.destination, there.to_branch) == (Destination.PROBLEM_BIN, library.main)
    assert state_of(library) is ItemState.GOES_BACK


def test_where_nothing_goes_there_it_stays(library: Library) -> None:
    card = a_patron(library)
    a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    costs(library, (library.other, library.main, None))
    back = library.check_in("TEMP-1", at=library.other)
    assert isinstance(back, CheckedIn)
    assert (back.destination, back.to_branch) == (Destination.PROBLEM_BIN, library.other)
    assert state_of(library) is ItemState.GOES_BACK


@pytest.mark.parametrize("midnight", ["2026-12-23T23:00:00+00:00", "2026-12-24T00:00:00+01:00"])
def test_an_owner_s_midnight_is_the_end_of_that_day(library: Library, midnight: str) -> None:
    """As the clock at the branch shows it, whatever zone it is written in."""
    card = a_patron(library)
    loan = a_borrowed_item(library, card, due=datetime.fromisoformat(midnight))
    end = datetime(2026, 12, 24, 22, 59, 59, tzinfo=UTC)
    assert loan.due == end
    lent = library.check_out(card, "TEMP-1")
    assert isinstance(lent, CheckedOut)
    assert lent.loan.due == min(end, lent.loan.due)
    after_loan = again(library, loan)
    later = datetime.fromisoformat(midnight) + timedelta(days=14)
    granted = library.write(
        lambda transaction: grant_renewal(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            after_loan,
            due=later,
        )
    )
    assert isinstance(granted, InterlibraryLoan)
    assert granted.due == end + timedelta(days=14)
