"""The campaign of `test_campaign` with kills, recalls, losses, and messages that come days later.

``python -m tests.protocols.iso18626.killed [--cases N] [--seed N] [--database postgresql]`` runs N
loans, fifty at a time over two libraries of their own. Either of the two may be killed
while it reads a message, while it sends one and while something is done at its desk: before what
it has written is committed, or after, when nobody has heard of it. What it had in memory is gone
then, it starts again on its database, and whoever was at it tries again. In the end both are in the
same state, each item is in one place, and there is no loan without its messages.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from catalogue.database import Transaction, open_database
from circulation.holds.recalls import recall
from circulation.interlending.lists import tell_overdue
from circulation.interlending.notices import notices_of
from circulation.interlending.remarks import RemarkKind, remarks_of
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState, LendingState
from circulation.items.availability import circulation_status
from circulation.kernel.engine import Circulation
from circulation.kernel.results import ItemState
from circulation.loans.lost import declare_lost
from protocols.hosting.answering import Context
from protocols.iso18626.client import Answer, Unreachable
from protocols.iso18626.codes import Version
from protocols.iso18626.exchange import Exchange, Outcome
from protocols.iso18626.telling import Teller
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import a_hold
from tests.protocols.iso18626.fresh_databases import Urls, folder_for_databases, fresh_databases
from tests.protocols.iso18626.pair import _FROM, Line, OnLine, Pair
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import ADDRESS, ODENSE, OURS, Stage, a_partner
from tests.protocols.iso18626.test_campaign import AGREED, Campaign, Case, Place

T = TypeVar("T")
#: Loans over one pair of libraries, and how many things happen for each.
LOANS, HAPPENINGS = 50, 16
#: Besides: lost at both ends.
ALSO_AGREED = {*AGREED, (LendingState.LOST, BorrowingState.LOST)}
#: What each end has told of a loan that came home.
LENDER_TELLS = {"answered", "shipped", "checked_in"}
BORROWER_TELLS = {"asked", "received", "sent_home"}


class Killed(BaseException):
    """The process is gone."""


class Death(Enum):
    """When a process is killed that writes."""

    BEFORE = "before the commit"
    AFTER = "after the commit"


@dataclass
class Fate:
    """When processes die, by chance; counted."""

    chance: Random
    risk: float = 0.0
    deaths: Counter[str] = field(default_factory=Counter)

    def death(self, where: str) -> Death | None:
        if self.chance.random() >= self.risk:
            return None
        death = self.chance.choice(list(Death))
        self.deaths[f"{where}, {death.value}"] += 1
        return death


class MortalExchange(Exchange):
    """One whose process may be killed within the transaction of a message."""

    dies = False

    def _carry_out(self, visit: Any, incoming: Any, context: Context) -> Outcome:
        outcome = super()._carry_out(visit, incoming, context)
        if self.dies:
            raise ConnectionError("killed")  # an error of any kind rolls back what was written
        return outcome


class MortalLibrary(Library):
    """One whose process may be killed while something is done at a desk, which is tried again."""

    fate: Fate
    stage: MortalSide

    def write(self, work: Callable[[Transaction], T]) -> T:
        death = self.fate.death("desk")
        if death is Death.BEFORE:

            def killed(transaction: Transaction) -> T:
                work(transaction)
                raise Killed

            try:
                super().write(killed)
            except Killed:
                self.stage.restart()
            return super().write(work)
        answer = super().write(work)
        if death is Death.AFTER:
            self.stage.restart()
        return answer


class MortalSide(OnLine):
    """A library on the line whose process may be killed."""

    fate: Fate
    url: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self.exchange = MortalExchange(self.services)
        self.teller = Teller(
            self.library.database,
            self.library.circulation,
            self.exchange.partners,
            lambda: self.library.now,
            lambda exchanged: None,
            self._post,
        )

    def restart(self) -> None:
        """The process ends, and another begins on the same database."""
        self.services.close()
        self.library.database.close()
        self.library.database = open_database(self.url)
        self.library.circulation = Circulation()
        self.__post_init__()

    def answer_or_die(self, document: bytes) -> Answer:
        """Raises Unreachable where nobody hears the answer."""
        death = self.fate.death("reading")
        assert isinstance(self.exchange, MortalExchange)
        self.exchange.dies = death is Death.BEFORE
        answer = Answer(*self.answer(document, _FROM))
        self.exchange.dies = False
        if death is not None:
            self.restart()
            raise Unreachable("it was killed")
        return answer

    def _post(self, address: str, document: bytes, headers: Mapping[str, str]) -> Answer:
        death = self.fate.death("sending")
        if death is Death.BEFORE:
            raise Killed
        answer = super()._post(address, document, headers)
        if death is Death.AFTER:
            raise Killed
        return answer

    def tell(self, partner: str = ODENSE) -> list[Any]:
        self.library.pass_time(seconds=1)
        try:
            self.teller.tell(partner.casefold())
        except Killed:
            self.restart()
        self.posted.clear()
        self.log.clear()
        return []


class SlowLine(Line):
    """One on which messages come days later as well, the first time or once more."""

    def carry(self, to: Stage, document: bytes) -> Answer:
        if self.chance.random() < self.trouble / 2:
            self.late.append((to, document))
            raise Unreachable("it takes its time")
        if self.chance.random() < self.trouble:
            raise Unreachable("the line is cut")
        answer = to.answer_or_die(document)  # type: ignore[attr-defined]
        if self.chance.random() < self.trouble:
            self.late.append((to, document))
        if self.chance.random() < self.trouble:
            again = Answer(*to.answer(document, _FROM))
            assert again == answer
        if self.chance.random() < self.trouble:
            raise Unreachable("no confirmation has come")
        return answer

    def deliver_late(self) -> None:
        """Some of it, in any order; all of it where the line is sound."""
        self.chance.shuffle(self.late)
        left = len(self.late) // 2 if self.trouble else 0
        while len(self.late) > left:
            to, document = self.late.pop()
            to.answer(document, _FROM)


class KilledPair(Pair):
    """Two of them, that speak a version."""

    def __init__(self, urls: Urls, schemas: Schemas, chance: Random, version: Version) -> None:
        self.line = SlowLine(chance)
        self.fate = Fate(chance)
        self.lender, self.borrower = (self._side(url, schemas, version) for url in urls)
        for one, other in ((self.lender, self.borrower), (self.borrower, self.lender)):
            one.other, one.line = other, self.line
        says = {"version": version.value}
        a_partner(self.lender.library, OURS, our_symbols=[ODENSE], **says)
        a_partner(self.borrower.library, ODENSE, takes_requests=True, address=ADDRESS, **says)

    def talk(self, rounds: int = 1) -> None:
        """Each goes on as long as a message gets through, and begins anew a few times in a round:
        what waits for a week is given up, and somebody reads of it."""
        for _ in range(rounds):
            self.pass_time(hours=7)
            for _ in range(3):
                self.lender.tell(OURS)
                self.borrower.tell(ODENSE)

    def _side(self, url: str, schemas: Schemas, version: Version) -> MortalSide:
        made = a_library(open_database(url))
        library = MortalLibrary(made.database, made.main, made.other)
        side = MortalSide(library, schemas, version)
        library.fate = side.fate = self.fate
        library.stage, side.url = side, url
        return side


class KilledCampaign(Campaign):
    """Also: what is wanted back, and what is lost and perhaps found."""

    pair: KilledPair

    def happen(self) -> None:
        self.pair.fate.risk = 0.04
        if self.chance.random() < 0.12:
            self.chance.choice((self.recall, self.lose, self.find_late))(
                self.chance.choice(self.cases)
            )
        else:
            super().happen()

    def recall(self, case: Case) -> None:
        """A patron of the lender's wants it too."""
        library = self.pair.lender.library
        if case.place in (Place.AT_HOME, Place.ON_THE_WAY_BACK) or self.chance.random() < 0.5:
            return
        self.pair.talk(6)  # days go by, and nobody is silent for a week: that ends a message
        lent = self.lent(case)
        if lent is None or lent.state is LendingState.LOST:
            return
        a_hold(library, a_patron(library), case.barcode)
        library.write(lambda transaction: recall(library.act(transaction), item=case.barcode))

    def renew(self, case: Case) -> None:
        if case.place is Place.WITH_PATRON:
            self.pair.talk(4)
            self.pair.borrower.library.renew(case.card, case.barcode)

    def lose(self, case: Case) -> None:
        """The patron loses it, or the lender gives it up."""
        if case.place is not Place.WITH_PATRON or self.chance.random() < 0.3:
            return
        at = self.chance.choice((self.pair.borrower.library, self.pair.lender.library))
        at.write(lambda transaction: declare_lost(at.act(transaction), item=case.barcode))

    def find_late(self, case: Case) -> None:
        """The lender sends its reminders."""
        library = self.pair.lender.library
        library.write(lambda transaction: tell_overdue(library.act(transaction), library.now))

    def send(self, case: Case) -> None:
        """What is lent before the process dies is lent: whoever scans it again sees that."""
        super().send(case)
        lent = self.lent(case)
        is_out = lent is not None and lent.state in (LendingState.LENT, LendingState.RECALLED)
        if case.place is Place.AT_HOME and is_out:
            case.place = Place.ON_THE_WAY

    def settle(self) -> None:
        self.pair.fate.risk = 0.0
        self._read_of_losses()
        self.pair.line.trouble = 0.0
        for case in self.cases[::2]:  # the others wait still
            self.send(case)
        super().settle()
        self._read_of_losses()
        self.pair.talk(2)

    def _read_of_losses(self) -> None:
        """1.2 has no word for it: the lender's staff read that it is lost, and say so."""
        lender = self.pair.lender.library
        self.pair.talk(3)
        for case in self.cases:
            lent, borrowed = self.lent(case), self.pair.borrowed(case.loan)
            if lent is None or borrowed.state is not BorrowingState.LOST:
                continue
            is_known = lent.state is LendingState.LOST
            if is_known or not self._is_told_of_loss(lent):
                continue
            lender.write(
                lambda transaction, case=case: declare_lost(
                    lender.act(transaction), item=case.barcode
                )
            )

    def _is_told_of_loss(self, lent: InterlibraryLoan) -> bool:
        found = self.pair.lender.library.read(
            lambda transaction: remarks_of(transaction, loan_id=lent.id)
        )
        return any(
            each.kind is RemarkKind.LOST or each.text == "The item is lost." for each in found
        )

    def must_agree(self) -> None:
        for case in self.cases:
            lent, borrowed = self.lent(case), self.pair.borrowed(case.loan)
            assert lent is not None, case
            states = (lent.state, borrowed.state)
            assert states in ALSO_AGREED, (case, *states)
            if states == (LendingState.LOST, BorrowingState.LOST):
                self._must_be_lost(case)
            else:
                assert case.place is Place.AT_HOME, case
                self._must_be_at_home(case)
            self._must_be_told(lent, borrowed)

    def end_of(self, case: Case) -> str:
        """How it has ended, and what happened to it."""
        loan = self.pair.borrowed(case.loan)
        told = self.pair.lender.library.read(
            lambda transaction: notices_of(transaction, loan_id=self.pair.lent(case.loan).id)
        )
        also = {"recalled", "lost", "renewal_answered", "overdue"} & {each.kind for each in told}
        return " ".join((loan.state_name, *sorted(also)))

    def _must_be_lost(self, case: Case) -> None:
        for side in (self.pair.lender.library, self.pair.borrower.library):
            status = side.read(
                lambda transaction, side=side: circulation_status(
                    side.circulation, transaction, item=case.barcode, now=side.now
                )
            )
            assert status is not None
            assert status.state is ItemState.LOST, (case, status)

    def _must_be_told(self, lent: InterlibraryLoan, borrowed: InterlibraryLoan) -> None:
        """Everything is told, and nothing was given up; a loan that came home has its messages."""
        for side, loan, usual, is_over in (
            (self.pair.lender, lent, LENDER_TELLS, lent.state is LendingState.COMPLETED),
            (
                self.pair.borrower,
                borrowed,
                BORROWER_TELLS,
                borrowed.state is BorrowingState.COMPLETED,
            ),
        ):
            found = side.library.read(
                lambda transaction, loan=loan: notices_of(transaction, loan_id=loan.id)
            )
            assert all(each.sent for each in found), (loan, found)
            if is_over and loan.barcode:
                missing = usual - {each.kind for each in found}
                assert not missing, (loan, missing, found)


@dataclass
class Size:
    """How many loans over one pair of libraries, and how many things happen to them."""

    loans: int
    happenings: int


def run(
    seed: int, size: Size, urls: Urls, schemas: Schemas, version: Version
) -> tuple[Counter[str], Counter[str]]:
    """One pair of libraries; gives the deaths, and how loans have ended. Raises AssertionError."""
    chance = Random(seed)
    pair = KilledPair(urls, schemas, chance, version)
    try:
        pair.lender.library.policy(loan_days=28, recall_days=2)
        campaign = KilledCampaign(pair, chance)
        pair.line.trouble = 0.2
        for number in range(size.happenings):
            if number % (size.happenings // size.loans) == 0 and len(campaign.cases) < size.loans:
                campaign.begin()
            campaign.happen()
        campaign.settle()
        campaign.must_agree()
        ends = Counter(campaign.end_of(case) for case in campaign.cases)
    finally:
        pair.lender.close()
        pair.borrower.close()
    return pair.fate.deaths, ends


def main() -> None:
    from tests.fuzz.__main__ import SAMPLES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # it tells of every death
    schemas, done, begun = Schemas(SAMPLES), 0, time.monotonic()
    deaths, ends = Counter[str](), Counter[str]()
    with (
        tempfile.TemporaryDirectory(prefix="tiro-killed-", dir=folder_for_databases()) as name,
        fresh_databases(asked.database, Path(name)) as fresh,
    ):
        while done < asked.cases:
            size = Size(min(LOANS, asked.cases - done), HAPPENINGS * LOANS)
            seed = asked.seed * 1_000_003 + done
            version = list(Version)[done // LOANS % 2]
            with fresh() as urls:
                found = run(seed, size, urls, schemas, version)
            deaths, ends = deaths + found[0], ends + found[1]
            done += size.loans
            took = time.monotonic() - begun
            print(f"{done:6,} loans, {deaths.total():,} kills, {took:,.0f} s", flush=True)
    print(f"{asked.database}, seed {asked.seed}: both ends agree on {done:,} loans\n{dict(ends)}")
    print(f"kills: {dict(deaths)}")


if __name__ == "__main__":
    main()
