"""As the requester, over a line to a library that lends: what a patron wants, the parcel's first
scan and its last, and both ends in the same state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from catalogue.database import Database, open_database
from catalogue.items import find_item
from circulation.holds.changing import cancel_hold
from circulation.holds.recalls import recall
from circulation.interlending.borrowing import cancel_borrowing
from circulation.interlending.daily import JOBS
from circulation.interlending.lists import tell_overdue
from circulation.interlending.remarks import RemarkKind, remarks_of, unsettled_remarks
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.interlending.states import OVER, BorrowingState, LendingState
from circulation.kernel.results import CheckedIn, CheckedOut, Destination, Renewed
from protocols.iso18626.codes import ReasonForMessage, Status, Version
from protocols.iso18626.messages import AgencyId, Header, SupplyingAgencyMessage
from tests.builders.circulation import a_patron
from tests.builders.holds import a_hold, holds_of, to_fetch
from tests.protocols.iso18626.pair import Pair
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import ODENSE, OURS, a_partner, a_title


@pytest.fixture
def either_pair(database: Database, other_url: str, schemas: Schemas) -> Iterator[Pair]:
    """The lender on either database, the borrower on SQLite."""
    pair = Pair(database, open_database(other_url), schemas, Random(1))
    yield pair
    pair.lender.services.close()
    pair.borrower.close()


@pytest.fixture
def pair(sqlite_url: str, other_url: str, schemas: Schemas) -> Iterator[Pair]:
    """Both on SQLite."""
    pair = Pair(open_database(sqlite_url), open_database(other_url), schemas, Random(1))
    yield pair
    pair.lender.close()
    pair.borrower.close()


def shipped(pair: Pair, title: str = "Peters jul") -> tuple[InterlibraryLoan, str, str]:
    """A loan that is on its way to its patron: the loan, the barcode, and the card."""
    barcode = a_title(pair.lender.library, title)
    card = a_patron(pair.borrower.library)
    loan = pair.wish(title, card)
    pair.talk(2)
    assert isinstance(pair.lender.library.check_out(OURS, barcode), CheckedOut)
    pair.talk()
    assert pair.borrowed(loan).state is BorrowingState.SHIPPED
    return loan, barcode, card


def test_a_whole_life_at_machines(either_pair: Pair) -> None:
    """Nobody types anything: a wish, a check-out, scans at both ends, and a renewal."""
    pair = either_pair
    lender, borrower = pair.lender.library, pair.borrower.library
    barcode = a_title(lender)
    card = a_patron(borrower)
    loan = pair.wish("Peters jul", card)
    pair.talk(2)
    assert pair.borrowed(loan).state is BorrowingState.EXPECTED
    assert [each.item for each in to_fetch(lender)] == [barcode]

    lent = lender.check_out(OURS, barcode)
    assert isinstance(lent, CheckedOut)
    pair.talk()
    there = pair.borrowed(loan)
    assert (there.state, there.barcode) == (BorrowingState.SHIPPED, barcode)
    assert there.due == lent.loan.due

    # The parcel's first scan, at any machine: it goes to the hold shelf for its patron.
    scanned = borrower.check_in(barcode)
    assert isinstance(scanned, CheckedIn), scanned
    assert scanned.destination is Destination.HOLD_SHELF_HERE
    assert isinstance(borrower.check_out(card, barcode), CheckedOut)
    pair.talk()
    assert pair.borrowed(loan).state is BorrowingState.ON_LOAN

    pair.pass_time(days=20)
    assert isinstance(borrower.renew(card, barcode), Renewed)
    assert pair.borrowed(loan).state is BorrowingState.RENEWAL_ASKED
    pair.talk(2)
    renewed = pair.borrowed(loan)
    assert renewed.state is BorrowingState.ON_LOAN
    assert renewed.due == pair.lent(loan).due
    assert renewed.due is not None
    assert renewed.due > lent.loan.due

    returned = borrower.check_in(barcode)
    assert isinstance(returned, CheckedIn)
    assert returned.destination is Destination.PROBLEM_BIN
    assert pair.borrowed(loan).state is BorrowingState.RETURNED
    pair.talk()
    assert pair.lent(loan).state is LendingState.LENT
    # Its last scan, where parcels are packed.
    assert isinstance(borrower.check_in(barcode), CheckedIn)
    assert borrower.read(lambda transaction: find_item(transaction, barcode)) is None
    pair.talk()
    assert pair.lent(loan).state is LendingState.RETURNING
    assert isinstance(lender.check_in(barcode), CheckedIn)
    pair.talk(2)
    assert pair.lent(loan).state is LendingState.COMPLETED
    assert pair.borrowed(loan).state is BorrowingState.COMPLETED
    for library in (pair.lender.library, pair.borrower.library):
        here = [library.main.id]
        assert library.read(partial(unsettled_remarks, branch_ids=here, at_most=9)) == []
    assert pair.is_quiet()


def test_nobody_has_it(pair: Pair) -> None:
    loan = pair.wish("Pauls påske")
    pair.talk(2)
    assert pair.borrowed(loan).state is BorrowingState.UNFILLED
    assert pair.lent(loan).state is LendingState.UNFILLED


def test_the_patron_wants_it_no_more(pair: Pair) -> None:
    a_title(pair.lender.library)
    loan = pair.wish("Peters jul")
    pair.talk(2)
    cancelled(pair, loan)
    pair.talk(2)
    assert pair.borrowed(loan).state is BorrowingState.CANCELLED
    assert pair.lent(loan).state is LendingState.CANCELLED
    assert holds_of(pair.lender.library, OURS) == []


def cancelled(pair: Pair, loan: InterlibraryLoan) -> None:
    library = pair.borrower.library

    def work(transaction: object) -> None:
        found = loan_by_id(transaction, loan.id)  # type: ignore[arg-type]
        assert found is not None
        cancel_borrowing(library.act(transaction), found)  # type: ignore[arg-type]

    library.write(work)


def test_cancelled_while_it_was_sent(pair: Pair) -> None:
    """It comes all the same, for nobody, and goes home with the next scan."""
    lender, borrower = pair.lender.library, pair.borrower.library
    barcode = a_title(lender)
    loan = pair.wish("Peters jul")
    pair.talk(2)
    lender.check_out(OURS, barcode)
    cancelled(pair, loan)
    pair.talk(3)
    assert pair.lent(loan).state is LendingState.LENT
    assert pair.borrowed(loan).state is BorrowingState.SHIPPED
    for _ in range(2):
        borrower.check_in(barcode)
    pair.talk()
    assert pair.borrowed(loan).state is BorrowingState.COMPLETED
    assert pair.lent(loan).state is LendingState.RETURNING


@pytest.mark.parametrize(
    ("happens", "stays"),
    [("overdue", LendingState.LENT), ("recalled", LendingState.RECALLED)],
)
def test_cancelled_when_its_owner_waits_for_it(
    happens: str, stays: LendingState, pair: Pair
) -> None:
    """It is on its way still, and the owner answers No with Overdue or Recalled: it comes for
    nobody, goes home, and both complete it."""
    loan, barcode, card = shipped(pair)
    lender, borrower = pair.lender.library, pair.borrower.library
    if happens == "overdue":
        pair.pass_time(days=40)
    else:
        lender.policy(loan_days=28, recall_days=2)
        pair.pass_time(days=3)
        a_hold(lender, a_patron(lender), barcode)
        lender.write(lambda transaction: recall(lender.act(transaction), item=barcode))
        pair.talk()
    cancelled(pair, loan)
    pair.talk()
    assert pair.borrowed(loan).state is BorrowingState.CANCELLED
    pair.talk()
    taken_up = pair.borrowed(loan)
    assert pair.lent(loan).state is stays
    assert (taken_up.state, taken_up.closed) == (BorrowingState.SHIPPED, None)
    assert (taken_up.patron_id, taken_up.barcode) == (None, barcode)
    remarks = borrower.read(lambda transaction: remarks_of(transaction, loan_id=loan.id))
    assert RemarkKind.ODD in {each.kind for each in remarks}

    scanned = borrower.check_in(barcode)
    assert isinstance(scanned, CheckedIn), scanned
    assert scanned.destination is Destination.PROBLEM_BIN
    assert holds_of(borrower, card) == []
    borrower.check_in(barcode)
    assert borrower.read(lambda transaction: find_item(transaction, barcode)) is None
    pair.talk()
    assert pair.lent(loan).state is LendingState.RETURNING
    assert isinstance(lender.check_in(barcode), CheckedIn)
    pair.talk(2)
    assert pair.lent(loan).state is LendingState.COMPLETED
    assert pair.borrowed(loan).state is BorrowingState.COMPLETED


@pytest.mark.parametrize("status", [Status.WILL_SUPPLY, Status.UNFILLED])
def test_its_owner_does_not_cancel_what_it_has_not_sent(status: Status, pair: Pair) -> None:
    """Somebody reads that it may come; not where the owner does not lend it either."""
    a_title(pair.lender.library)
    loan = pair.wish("Peters jul")
    cancelled(pair, loan)
    header = pair.borrower.header(
        loan.request_id,
        supplying_agency_id=AgencyId(ODENSE),
        requesting_agency_id=AgencyId(OURS),
    )
    said = SupplyingAgencyMessage(
        header,
        ReasonForMessage.CANCEL_RESPONSE,
        status,
        last_change=header.timestamp,
        answer_yes_no=False,
    )
    assert pair.borrower.say(said).error is None
    assert pair.borrowed(loan).state is BorrowingState.CANCELLED
    kinds = [each.kind for each in pair.borrower.remarks(loan.request_id)]
    assert kinds == ([RemarkKind.ODD] if status is Status.WILL_SUPPLY else [])


def test_a_renewal_that_its_owner_refuses(pair: Pair) -> None:
    loan, barcode, card = shipped(pair)
    borrower = pair.borrower.library
    borrower.check_in(barcode)
    borrower.check_out(card, barcode)
    a_hold(pair.lender.library, a_patron(pair.lender.library), barcode)
    pair.pass_time(days=20)
    promised = borrower.renew(card, barcode)
    assert isinstance(promised, Renewed)
    pair.talk(2)
    after = pair.borrowed(loan)
    assert (after.state, after.due) == (BorrowingState.ON_LOAN, pair.lent(loan).due)


def test_recalled_by_its_owner(pair: Pair) -> None:
    loan, barcode, card = shipped(pair)
    borrower, lender = pair.borrower.library, pair.lender.library
    borrower.check_in(barcode)
    lent = borrower.check_out(card, barcode)
    assert isinstance(lent, CheckedOut)
    lender.policy(loan_days=28, recall_days=2)
    pair.pass_time(days=3)
    a_hold(lender, a_patron(lender), barcode)
    lender.write(lambda transaction: recall(lender.act(transaction), item=barcode))
    pair.talk(2)
    assert pair.lent(loan).state is LendingState.RECALLED
    assert pair.borrowed(loan).state is BorrowingState.RECALLED


def test_overdue_is_told_once(pair: Pair) -> None:
    loan, _, _ = shipped(pair)
    lender = pair.lender.library
    pair.pass_time(days=40)

    def late() -> tuple[int, int | None]:
        return lender.write(lambda transaction: tell_overdue(lender.act(transaction), lender.now))

    assert [late(), late()] == [(1, None), (0, None)]
    assert "partners" in {job.name for job in JOBS}
    pair.talk(2)
    library = pair.borrower.library
    [remark] = library.read(lambda transaction: remarks_of(transaction, loan_id=loan.id))
    assert (remark.kind, remark.text) == (RemarkKind.NOTE, "it is overdue at its owner")


def test_not_found_on_the_shelf_after_all(pair: Pair) -> None:
    lender = pair.lender.library
    a_title(lender)
    loan = pair.wish("Peters jul")
    pair.talk(2)
    (queued,) = holds_of(lender, OURS)
    lender.write(
        lambda transaction: cancel_hold(
            lender.act(transaction), patron=OURS, hold_id=queued.hold.id, unobtainable=True
        )
    )
    pair.talk(2)
    assert pair.borrowed(loan).state is BorrowingState.UNFILLED
    assert pair.borrowed(loan).said["why"] == "NotOnShelf"


def test_the_van_was_quicker_than_the_messages(pair: Pair) -> None:
    """It is back before its owner has heard that it was sent: LoanCompleted changes nothing."""
    loan, barcode, card = shipped(pair)
    borrower, lender = pair.borrower.library, pair.lender.library
    for _ in range(2):
        borrower.check_in(barcode)
    borrower.check_out(card, barcode)
    borrower.check_in(barcode)
    borrower.check_in(barcode)
    lender.check_in(barcode)
    pair.talk(3)
    assert pair.lent(loan).state is LendingState.COMPLETED
    assert pair.borrowed(loan).state is BorrowingState.COMPLETED


def _says(pair: Pair, loan: InterlibraryLoan, status: Status) -> None:
    """The lender sends that status, though nothing has led to it."""
    now = pair.lender.library.now
    header = Header(AgencyId(ODENSE), AgencyId(OURS), now, str(loan.id))
    said = SupplyingAgencyMessage(header, ReasonForMessage.STATUS_CHANGE, status, last_change=now)
    assert pair.borrower.say(said).error is None


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    "status", [Status.LOAN_COMPLETED, Status.COMPLETED_WITHOUT_RETURN, Status.CANCELLED]
)
@pytest.mark.parametrize(
    "state", [BorrowingState.ASKED, BorrowingState.EXPECTED, BorrowingState.SHIPPED]
)
def test_only_a_shipped_request_ends_by_a_loan_that_is_complete(
    pair: Pair, state: BorrowingState, status: Status, version: Version
) -> None:
    """Without a shipment no loan could be complete: nothing changes, but staff read of it."""
    pair.borrower.version = version
    a_partner(pair.borrower.library, ODENSE, takes_requests=True, version=version.value)
    if state is BorrowingState.SHIPPED:
        loan, _, card = shipped(pair)
    else:
        card = a_patron(pair.borrower.library)
        a_title(pair.lender.library)
        loan = pair.wish("Peters jul", card)
        if state is BorrowingState.EXPECTED:
            pair.talk(2)
    assert pair.borrowed(loan).state is state
    _says(pair, loan, status)
    ended = pair.borrowed(loan)
    if status is Status.CANCELLED or state is BorrowingState.SHIPPED:
        assert (ended.state, ended.said["why"]) == (BorrowingState.UNFILLED, status.value)
        assert ended.closed is not None
    else:
        assert (ended.state, ended.closed) == (state, None)
    found = pair.borrower.library.read(lambda transaction: remarks_of(transaction, loan_id=loan.id))
    if status is not Status.CANCELLED:
        assert RemarkKind.ODD in {each.kind for each in found}


@pytest.mark.parametrize("status", Status)
def test_no_status_that_comes_unasked_leaves_a_request_in_two_minds(
    pair: Pair, status: Status
) -> None:
    """It is open, and may still come, or it is over; the second time changes nothing."""
    pair.borrower.version = Version.V2021
    a_partner(pair.borrower.library, ODENSE, takes_requests=True, version="2021-2")
    a_title(pair.lender.library)
    loan = pair.wish("Peters jul", a_patron(pair.borrower.library))
    for _ in range(2):
        _says(pair, loan, status)
        state = pair.borrowed(loan).state
        assert (pair.borrowed(loan).closed is not None) == (state in OVER)
        assert state is _AFTER.get(status, BorrowingState.ASKED)


_AFTER = {
    Status.EXPECT_TO_SUPPLY: BorrowingState.EXPECTED,
    Status.WILL_SUPPLY: BorrowingState.EXPECTED,
    **dict.fromkeys((Status.LOANED, Status.OVERDUE, Status.RECALLED), BorrowingState.SHIPPED),
    Status.RETRY_POSSIBLE: BorrowingState.OFFERED,
    Status.COPY_COMPLETED: BorrowingState.SUPPLIED,
    **dict.fromkeys(
        (
            Status.UNFILLED,
            Status.CANCELLED,
        ),
        BorrowingState.UNFILLED,
    ),
}
