"""What we lend to other libraries, and what is done with it at our desks."""

from __future__ import annotations

from circulation.interlending.lending import (
    lent_to_partner,
    request_lending,
)
from circulation.interlending.rows import InterlibraryLoan, advance
from circulation.interlending.states import LendingAction, LendingState, Obstacle
from circulation.kernel.act import Act
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut, Renewed
from circulation.loans.lost import declare_lost
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.patrons.kinds import PatronKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import cancel, holds_of
from tests.builders.interlending import (
    INSTITUTION,
    a_lending_request,
    again,
    partner_desk,
    told,
)


def test_a_whole_loan(either_library: Library) -> None:
    library = either_library
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    assert loan.state is LendingState.REQUESTED

    lent = library.check_out(INSTITUTION, barcode)  # at our desk
    assert isinstance(lent, CheckedOut)
    out = again(library, loan)
    assert (out.state, out.barcode, out.due) == (LendingState.LENT, barcode, lent.loan.due)
    library.write(
        lambda transaction: advance(
            library.act(transaction, UNATTENDED), out, LendingAction.SEND_BACK
        )
    )
    assert again(library, loan).state is LendingState.RETURNING
    assert isinstance(library.check_in(barcode), CheckedIn)
    over = again(library, loan)
    assert (over.state, over.user, over.closed) == (LendingState.COMPLETED, "", library.now)
    assert told(library, loan) == ["shipped", "checked_in"]


def test_a_renewal_at_the_desk_is_told(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    library.pass_time(days=20)
    renewed = library.renew(INSTITUTION, barcode)
    assert isinstance(renewed, Renewed)
    assert again(library, loan).due == renewed.loan.due
    assert told(library, loan) == ["shipped", "renewed"]


def test_a_loss_is_told(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    library.write(lambda transaction: declare_lost(library.act(transaction), item=barcode))
    assert again(library, loan).state is LendingState.LOST
    assert told(library, loan) == ["shipped", "lost"]


def test_a_hold_that_is_cancelled_ends_it(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    (queued,) = holds_of(library, INSTITUTION)
    cancel(library, INSTITUTION, queued.hold)
    assert again(library, loan).state is LendingState.UNFILLED
    assert told(library, loan) == ["cancelled"]


def test_what_is_taken_back_at_once_is_not_told(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    library.write(lambda transaction: cancel_check_out(library.act(transaction), item=barcode))
    assert again(library, loan).state is LendingState.REQUESTED
    assert told(library, loan) == []


def test_a_check_in_that_is_taken_back(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    library.check_in(barcode)
    library.write(lambda transaction: cancel_check_in(library.act(transaction), item=barcode))
    back = again(library, loan)
    assert (back.state, back.closed) == (LendingState.LENT, None)
    assert told(library, loan) == ["shipped"]


def lent(library: Library, barcode: str, request_id: str = "") -> InterlibraryLoan | None:
    return library.write(
        lambda transaction: lent_to_partner(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            partner="broker",
            actor="Broker",
            request_id=request_id,
            user=INSTITUTION,
            item=barcode,
        )
    )


def test_a_loan_that_nobody_has_asked_for(either_library: Library) -> None:
    library = either_library
    barcode = an_item(library)
    a_patron(library, INSTITUTION, kind=PatronKind.LIBRARY)
    assert lent(library, barcode) is None  # it is on its shelf
    library.check_out(INSTITUTION, barcode)
    loan = lent(library, barcode)
    assert loan is not None
    assert (loan.state, loan.request_id) == (LendingState.LENT, str(loan.loan_id))
    assert lent(library, barcode) == loan


def test_a_request_is_begun_once(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    (queued,) = holds_of(library, INSTITUTION)
    same = library.write(
        lambda transaction: request_lending(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            partner="broker",
            actor="Broker",
            request_id=loan.request_id,
            user=INSTITUTION,
            hold=queued.hold,
        )
    )
    assert same == loan


def test_what_is_lent_is_not_cancelled(library: Library) -> None:
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    out = again(library, loan)
    outcome = library.write(
        lambda transaction: advance(library.act(transaction, UNATTENDED), out, LendingAction.CANCEL)
    )
    assert outcome is Obstacle.ALREADY_LENT
    assert again(library, loan) == out
