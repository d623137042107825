"""Two libraries that lend to each other by ISO 18626, and a line between them that may be bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from catalogue.database import Database
from circulation.interlending.asking import Wish, ask
from circulation.interlending.lists import open_loans
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.kernel.act import Act
from protocols.hosting.arrivals import Arrival
from protocols.iso18626.client import Answer, Unreachable
from tests.builders.circulation import a_library, a_patron
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import ADDRESS, HOST, ODENSE, OURS, Stage, a_partner

_FROM = Arrival(host=HOST)


@dataclass
class Line:
    """What may go wrong between them, by chance: a message is lost, its confirmation is lost, it
    comes twice, or once more much later."""

    chance: Random
    trouble: float = 0.0
    late: list[tuple[Stage, bytes]] = field(default_factory=list)

    def carry(self, to: Stage, document: bytes) -> Answer:
        if self.chance.random() < self.trouble:
            raise Unreachable("the line is cut")
        answer = Answer(*to.answer(document, _FROM))
        if self.chance.random() < self.trouble:
            again = to.answer(document, _FROM)
            assert again == (answer.status, answer.body)
        if self.chance.random() < self.trouble:
            self.late.append((to, document))
        if self.chance.random() < self.trouble:
            raise Unreachable("no confirmation has come")
        return answer

    def deliver_late(self) -> None:
        """What was kept on the way comes once more, in any order."""
        self.chance.shuffle(self.late)
        while self.late:
            to, document = self.late.pop()
            to.answer(document, _FROM)


class OnLine(Stage):
    """A library that posts over the line."""

    other: Stage
    line: Line

    def _post(self, address: str, document: bytes, headers: Mapping[str, str]) -> Answer:
        self.schemas.check(document, self.version)
        self.posted.append(document)
        return self.line.carry(self.other, document)


class Pair:
    """The lender is called Odense by the borrower, and the borrower DK-900100 by the lender."""

    def __init__(
        self, lends: Database, borrows: Database, schemas: Schemas, chance: Random
    ) -> None:
        self.line = Line(chance)
        self.lender = OnLine(a_library(lends), schemas)
        self.borrower = OnLine(a_library(borrows), schemas)
        for one, other in ((self.lender, self.borrower), (self.borrower, self.lender)):
            one.other, one.line = other, self.line
        a_partner(self.lender.library, OURS, our_symbols=[ODENSE])
        a_partner(self.borrower.library, ODENSE, takes_requests=True, address=ADDRESS)

    def pass_time(self, **duration: float) -> None:
        for each in (self.lender, self.borrower):
            each.library.now = max(self.lender.library.now, self.borrower.library.now)
        for each in (self.lender, self.borrower):
            each.library.pass_time(**duration)

    def talk(self, rounds: int = 1) -> None:
        """Both send what is due; what failed is due again after a day."""
        for _ in range(rounds):
            self.pass_time(hours=7)
            self.lender.tell(OURS)
            self.borrower.tell(ODENSE)

    def wish(self, title: str, card: str | None = None) -> InterlibraryLoan:
        """A patron of the borrower's wants this title."""
        library = self.borrower.library
        card = card or a_patron(library)

        def work(transaction: object) -> InterlibraryLoan:
            act = Act(transaction, library.circulation, library.desk(), library.now)  # type: ignore[arg-type]
            outcome = ask(act, patron=card, wish=Wish(title=title))
            assert isinstance(outcome, InterlibraryLoan), outcome
            return outcome

        return library.write(work)

    def borrowed(self, loan: InterlibraryLoan) -> InterlibraryLoan:
        """As it is now at the borrower."""
        found = self.borrower.library.write(lambda transaction: loan_by_id(transaction, loan.id))
        assert found is not None
        return found

    def lent(self, loan: InterlibraryLoan) -> InterlibraryLoan:
        """As it is now at the lender."""
        return self.lender.loan(loan.request_id)

    def is_quiet(self) -> bool:
        """Is everything told?"""
        return not any(
            each.library.read(lambda transaction: open_loans(transaction))
            for each in (self.lender, self.borrower)
        )
