"""Two libraries in opposite roles over a line on which messages are lost, doubled and come late,
and what happens to each loan is drawn: in the end both are in the same state, and each item is in
one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random

import pytest

from catalogue.database import open_database
from catalogue.items import find_item
from circulation.holds.changing import cancel_hold
from circulation.interlending.borrowing import cancel_borrowing
from circulation.interlending.notices import waiting_notices
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.interlending.states import BorrowingState, LendingState
from circulation.items.availability import circulation_status
from circulation.kernel.results import CheckedOut, ItemState
from circulation.loans.undo import cancel_check_out
from tests.builders.circulation import a_patron
from tests.protocols.iso18626.pair import Pair
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import OURS, a_title

#: How many loans, and how many things happen: in every run, and in a campaign.
SHORT, LONG = (12, 160), (400, 8_000)
#: What the two ends may be in together when all is told and nothing is on the road.
AGREED = {
    (LendingState.COMPLETED, BorrowingState.COMPLETED),
    (LendingState.CANCELLED, BorrowingState.CANCELLED),
    (LendingState.UNFILLED, BorrowingState.UNFILLED),
    (LendingState.UNFILLED, BorrowingState.CANCELLED),  # both gave up
    (LendingState.REQUESTED, BorrowingState.EXPECTED),
}


class Place(Enum):
    """Where the item is in the world."""

    AT_HOME = "at home"
    ON_THE_WAY = "on the way to the borrower"
    THERE = "at the borrower"
    WITH_PATRON = "with the patron"
    ON_THE_WAY_BACK = "on the way back"


@dataclass
class Case:
    """A loan, its item, and who wants it."""

    loan: InterlibraryLoan
    barcode: str
    card: str
    place: Place = Place.AT_HOME


class Campaign:
    """Draws what happens by the seed."""

    def __init__(self, pair: Pair, chance: Random) -> None:
        self.pair, self.chance = pair, chance
        self.cases: list[Case] = []

    def begin(self) -> None:
        """A patron wants a title that the lender has."""
        number = len(self.cases)
        title = f"Bog nummer{number}"
        barcode = a_title(self.pair.lender.library, title)
        card = a_patron(self.pair.borrower.library)
        self.cases.append(Case(self.pair.wish(title, card), barcode, card))

    def happen(self) -> None:
        """One thing, somewhere."""
        if self.chance.random() < 0.2:
            self.talk()
            return
        happens = (self.send, self.scan, self.scan, self.lend, self.renew, self.give_up)
        self.chance.choice(happens)(self.chance.choice(self.cases))

    def talk(self) -> None:
        self.pair.talk()
        if self.chance.random() < 0.3:
            self.pair.line.deliver_late()

    def send(self, case: Case) -> None:
        """The lender lends it, if it was asked for; now and then that is taken back at once."""
        library = self.pair.lender.library
        if case.place is not Place.AT_HOME or not self._is_requested(case):
            return
        if not isinstance(library.check_out(OURS, case.barcode), CheckedOut):
            return
        if self.chance.random() < 0.2:
            library.write(
                lambda transaction: cancel_check_out(library.act(transaction), item=case.barcode)
            )
            return
        case.place = Place.ON_THE_WAY

    def _is_requested(self, case: Case) -> bool:
        found = self.lent(case)
        return found is not None and found.state is LendingState.REQUESTED

    def lent(self, case: Case) -> InterlibraryLoan | None:
        """As the lender has it; None where it has never heard of it."""
        try:
            return self.pair.lent(case.loan)
        except IndexError:
            return None

    def scan(self, case: Case) -> None:
        """Whoever has it in hand scans it."""
        borrower, lender = self.pair.borrower.library, self.pair.lender.library
        if case.place is Place.ON_THE_WAY_BACK:
            lender.check_in(case.barcode, at=self.chance.choice([lender.main, lender.other]))
            case.place = Place.AT_HOME
        elif case.place in (Place.ON_THE_WAY, Place.THERE, Place.WITH_PATRON):
            borrower.check_in(case.barcode)
            case.place = Place.THERE
            if self.pair.borrowed(case.loan).state is BorrowingState.COMPLETED:
                case.place = Place.ON_THE_WAY_BACK

    def lend(self, case: Case) -> None:
        if case.place is Place.THERE:
            lent = self.pair.borrower.library.check_out(case.card, case.barcode)
            if isinstance(lent, CheckedOut):
                case.place = Place.WITH_PATRON

    def renew(self, case: Case) -> None:
        if case.place is Place.WITH_PATRON:
            self.pair.pass_time(days=2)
            self.pair.borrower.library.renew(case.card, case.barcode)

    def give_up(self, case: Case) -> None:
        """The patron wants it no more, or the lender does not find it."""
        if self.chance.random() < 0.7:
            return
        if self.chance.random() < 0.5:
            library = self.pair.borrower.library

            def cancel(transaction: object) -> None:
                found = loan_by_id(transaction, case.loan.id)  # type: ignore[arg-type]
                if found is not None and found.item_id is None:
                    cancel_borrowing(library.act(transaction), found)  # type: ignore[arg-type]

            library.write(cancel)
            return
        found = self.lent(case)
        if found is not None and found.state is LendingState.REQUESTED and found.hold_id:
            lender, hold_id = self.pair.lender.library, found.hold_id
            lender.write(
                lambda transaction: cancel_hold(
                    lender.act(transaction), patron=OURS, hold_id=hold_id, unobtainable=True
                )
            )

    def settle(self) -> None:
        """The line is sound again; all is told, and what is on the road comes to its end."""
        self.pair.line.trouble = 0.0
        for _ in range(8):
            self.pair.line.deliver_late()
            self.pair.talk(2)
            for case in self.cases:
                if self.pair.borrowed(case.loan).state is BorrowingState.ARRIVED:
                    self.lend(case)
                elif case.place is not Place.AT_HOME:
                    self.scan(case)
        self.pair.talk(2)

    def must_agree(self) -> None:
        for case in self.cases:
            lent, borrowed = self.lent(case), self.pair.borrowed(case.loan)
            assert lent is not None, case
            assert (lent.state, borrowed.state) in AGREED, (case, lent.state, borrowed.state)
            assert case.place is Place.AT_HOME, case
            self._must_be_at_home(case)
        for stage in (self.pair.lender, self.pair.borrower):
            assert stage.library.read(lambda transaction: waiting_notices(transaction)) == []

    def _must_be_at_home(self, case: Case) -> None:
        lender, borrower = self.pair.lender.library, self.pair.borrower.library
        there = borrower.read(lambda transaction: find_item(transaction, case.barcode))
        assert there is None, case
        status = lender.read(
            lambda transaction: circulation_status(
                lender.circulation, transaction, item=case.barcode, now=lender.now
            )
        )
        assert status is not None
        assert status.state is not ItemState.ON_LOAN, case


@pytest.mark.parametrize("seed", [1, 2])
def test_both_ends_agree_in_the_end(
    seed: int, sqlite_url: str, other_url: str, schemas: Schemas
) -> None:
    run(seed, SHORT, (sqlite_url, other_url), schemas)


def test_both_ends_agree_in_the_end_of_a_long_campaign(
    sqlite_url: str, other_url: str, schemas: Schemas
) -> None:
    run(18626, LONG, (sqlite_url, other_url), schemas)


def run(seed: int, size: tuple[int, int], urls: tuple[str, str], schemas: Schemas) -> None:
    chance = Random(seed)
    pair = Pair(open_database(urls[0]), open_database(urls[1]), schemas, chance)
    try:
        campaign = Campaign(pair, chance)
        pair.line.trouble = 0.2
        loans, happenings = size
        for number in range(happenings):
            if number % (happenings // loans) == 0 and len(campaign.cases) < loans:
                campaign.begin()
            campaign.happen()
        campaign.settle()
        campaign.must_agree()
    finally:
        pair.lender.close()
        pair.borrower.close()
