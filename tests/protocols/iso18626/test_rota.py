"""A library that borrows and the libraries that it may ask, by ISO 18626 and by NCIP in one rota:
one refuses, one is silent, one lends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from catalogue.database import Database, Transaction, open_database
from circulation.callers.partners import store_partner
from circulation.interlending.asking import Wish, ask
from circulation.interlending.cases import Case, attempts_of, case_by_id
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.interlending.rules import INTERLENDING_RULES
from circulation.interlending.silence import chase
from circulation.interlending.states import BorrowingState, LendingState
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedOut
from circulation.kernel.set_up import set_up_changed
from protocols.hosting.arrivals import Arrival
from protocols.iso18626.client import Answer, Unreachable
from protocols.ncip.asking.telling_partners import Teller as NcipTeller
from protocols.ncip.messages import Refusal
from protocols.ncip.partners.partners import Partners as NcipPartners
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_library, a_patron
from tests.protocols.iso18626.schemas import Schemas
from tests.protocols.iso18626.stage import HOST, OURS, Stage, a_partner, a_title
from tests.protocols.ncip.broker import Broker, a_broker

TITLE = "Peters jul"
_FROM = Arrival(host=HOST)


@dataclass
class Town(Stage):
    """A library that posts to others by their address; who is `away` is not reached."""

    others: dict[str, Stage] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    def _post(self, address: str, document: bytes, headers: Mapping[str, str]) -> Answer:
        self.schemas.check(document, self.version)
        self.posted.append(document)
        if address in self.away:
            raise Unreachable("nobody answers")
        return Answer(*self.others[address].answer(document, _FROM))


class Rota:
    """The borrower, three libraries with ISO 18626 and one with NCIP, by the days they take."""

    def __init__(self, databases: list[Database], schemas: Schemas, broker: Broker) -> None:
        self.borrower = Town(a_library(databases[0]), schemas)
        self.lenders = {
            f"DK-{number}": Town(a_library(each), schemas)
            for number, each in enumerate(databases[1:], start=1)
        }
        self.broker = broker
        for days, (agency, lender) in enumerate(self.lenders.items(), start=1):
            address = self.address(agency)
            for _ in range(days * 1000):  # no two libraries have the same barcodes
                lender.library.number()
            self.borrower.others[address] = lender
            lender.others["https://borrower.example.org/iso18626"] = self.borrower
            a_partner(
                self.borrower.library,
                agency,
                takes_requests=True,
                address=address,
                days=days * 10,
            )
            a_partner(
                lender.library,
                OURS,
                address="https://borrower.example.org/iso18626",
                our_symbols=[agency],
            )
        self._a_partner_with_ncip()
        self.ncip = NcipTeller(
            self.borrower.library.database,
            self.borrower.library.circulation,
            NcipPartners(NcipSettings()),
            lambda: self.borrower.library.now,
            self.borrower.log.append,
        )

    def _a_partner_with_ncip(self) -> None:
        def work(transaction: Transaction) -> None:
            store_partner(
                transaction,
                agency="NCIP",
                name="By NCIP",
                branch_id=self.borrower.library.main.id,
                options={"takes_requests": True, "address": self.broker.url, "days": 15},
            )
            set_up_changed(transaction)

        self.borrower.library.write(work)

    @property
    def stages(self) -> list[Town]:
        return [self.borrower, *self.lenders.values()]

    def address(self, agency: str) -> str:
        return f"https://{agency.lower()}.example.org/iso18626"

    def rules(self, **said: Any) -> None:
        def work(transaction: Transaction) -> None:
            INTERLENDING_RULES.store(transaction, **said)
            set_up_changed(transaction)

        self.borrower.library.write(work)

    def wish(self, title: str = TITLE, card: str | None = None) -> InterlibraryLoan:
        library = self.borrower.library
        card = card or a_patron(library)

        def work(transaction: Transaction) -> InterlibraryLoan:
            act = Act(transaction, library.circulation, library.desk(), library.now)
            outcome = ask(act, patron=card, wish=Wish(title=title))
            assert isinstance(outcome, InterlibraryLoan), outcome
            return outcome

        return library.write(work)

    def talk(self, rounds: int = 1, **duration: float) -> None:
        for _ in range(rounds):
            now = max(each.library.now for each in self.stages)
            for each in self.stages:
                each.library.now = now
                each.library.pass_time(**(duration or {"hours": 7}))
            for agency, lender in self.lenders.items():
                self.borrower.teller.tell(agency.casefold())
                lender.teller.tell(OURS.casefold())
            self.ncip.tell("ncip")

    def chase(self) -> None:
        library = self.borrower.library
        library.write(lambda transaction: chase(library.act(transaction), library.now))

    def case(self, loan: InterlibraryLoan) -> Case:
        found = self.borrower.library.write(
            lambda transaction: case_by_id(transaction, loan.case_id)
        )
        assert found is not None
        return found

    def attempts(self, loan: InterlibraryLoan) -> list[InterlibraryLoan]:
        case_id = loan.case_id or 0
        return self.borrower.library.read(
            lambda transaction: attempts_of(transaction, case_id=case_id)
        )

    def now(self, loan: InterlibraryLoan) -> InterlibraryLoan:
        found = self.borrower.library.write(lambda transaction: loan_by_id(transaction, loan.id))
        assert found is not None
        return found


@pytest.fixture
def rota(tmp_path: Path, sqlite_template: Path, schemas: Schemas) -> Iterator[Rota]:
    databases = []
    for number in range(4):
        path = tmp_path / f"library{number}.sqlite"
        path.write_bytes(sqlite_template.read_bytes())
        databases.append(open_database(f"sqlite:///{path}"))
    with a_broker() as broker:
        refused = problem(ProblemType.ITEM_DOES_NOT_CIRCULATE, "not lent", "ItemId")
        broker.answers["RequestItem"] = Refusal("RequestItem", (refused,))
        rota = Rota(databases, schemas, broker)
        yield rota
        for each in rota.stages:
            each.close()


def test_one_refuses_one_has_ncip_one_is_silent_and_the_last_lends(rota: Rota) -> None:
    borrower, lender = rota.borrower.library, rota.lenders["DK-3"].library
    barcode = a_title(lender, TITLE)
    rota.borrower.away.add(rota.address("DK-2"))
    card = a_patron(borrower)
    loan = rota.wish(card=card)
    assert loan.partner == "dk-1"
    rota.talk(2)  # DK-1 has no such title; the broker refuses; DK-2 is not reached
    assert [each.partner for each in rota.attempts(loan)] == ["dk-1", "ncip", "dk-2"]
    assert rota.broker.said() == ["RequestItem"]
    assert rota.now(loan).said["why"] == "NotHeld"
    for _ in range(4):
        rota.talk(1, days=1)
        rota.chase()
    rota.talk(2)
    *_, silent, last = rota.attempts(loan)
    assert (silent.state, last.partner) == (BorrowingState.CANCELLED, "dk-3")
    assert len({each.request_id for each in rota.attempts(loan)}) == 4
    assert last.state is BorrowingState.EXPECTED
    assert isinstance(lender.check_out(OURS, barcode), CheckedOut)
    rota.talk(2)
    borrower.check_in(barcode)
    assert rota.case(loan).outcome == "filled"
    assert isinstance(borrower.check_out(card, barcode), CheckedOut)
    borrower.check_in(barcode)
    borrower.check_in(barcode)
    lender.check_in(barcode)
    rota.talk(2)
    assert rota.now(last).state is BorrowingState.COMPLETED
    assert rota.lenders["DK-3"].loan(last.request_id).state is LendingState.COMPLETED

    # The silent one is back: it hears of the request, and of its end, in that order.
    rota.borrower.away.clear()
    rota.talk(3)
    silent_there = rota.lenders["DK-2"].loan(silent.request_id)
    assert silent_there.state in (LendingState.UNFILLED, LendingState.CANCELLED)
    assert len(rota.attempts(loan)) == 4


def test_where_all_refuse_the_case_is_over(rota: Rota) -> None:
    loan = rota.wish()
    rota.talk(5)
    assert [each.partner for each in rota.attempts(loan)] == ["dk-1", "ncip", "dk-2", "dk-3"]
    assert rota.case(loan).outcome == "unobtainable"
    assert rota.case(loan).patron_id is None


def test_who_ships_what_was_given_up_has_it_come_for_the_patron(rota: Rota) -> None:
    first, third = rota.lenders["DK-1"].library, rota.lenders["DK-3"].library
    barcode, other = a_title(first, TITLE), a_title(third, TITLE)
    loan = rota.wish()
    rota.talk(1)
    rota.rules(promised_days=2, cancel_days=1)
    # DK-1 has promised it, and its own messages are lost for days.
    rota.lenders["DK-1"].away.add("https://borrower.example.org/iso18626")
    assert isinstance(first.check_out(OURS, barcode), CheckedOut)
    for _ in range(6):
        rota.talk(1, days=1)
        rota.chase()
    assert rota.attempts(loan)[-1].partner != "dk-1"
    rota.talk(3)
    last = rota.attempts(loan)[-1]
    rota.lenders["DK-1"].away.clear()
    rota.talk(3)
    now = rota.now(loan)
    assert (now.state, now.user) == (BorrowingState.SHIPPED, loan.user)
    assert rota.now(last).state is BorrowingState.CANCELLED
    rota.talk(2)
    assert rota.lenders["DK-3"].loan(last.request_id).state is LendingState.CANCELLED
    assert not isinstance(third.check_out(OURS, other), type(None))


@pytest.mark.parametrize("seed", range(3))
def test_any_library_may_have_it_and_any_may_be_silent(rota: Rota, seed: int) -> None:
    """Drawn: who has which title, who is away and when. In the end every wish is filled by one
    library alone that has it, or nobody was left; and no wish is anywhere still."""
    chance = Random(seed)
    wishes: list[InterlibraryLoan] = []
    held: dict[str, dict[str, str]] = {}
    for number in range(6):
        title = f"Bog nummer{number}"
        holders = chance.sample(sorted(rota.lenders), chance.randrange(4))
        held[title] = {each: a_title(rota.lenders[each].library, title) for each in holders}
        wishes.append(rota.wish(title))
    for _ in range(30):
        rota.borrower.away = {rota.address(each) for each in rota.lenders if chance.random() < 0.3}
        for each in rota.lenders.values():
            each.away = (
                {"https://borrower.example.org/iso18626"} if chance.random() < 0.3 else set()
            )
        for wish in wishes:
            for agency, barcode in held[wish.title].items():
                if chance.random() < 0.2 and _is_wanted(rota, wish, agency):
                    rota.lenders[agency].library.check_out(OURS, barcode)
        rota.talk(1, days=1)
        rota.chase()
    for each in rota.stages:
        each.away = set()
    rota.talk(6, days=1)
    for wish in wishes:
        _settle(rota, wish, held[wish.title])
    rota.talk(4)
    for wish in wishes:
        _check(rota, wish, held[wish.title])


def _is_wanted(rota: Rota, wish: InterlibraryLoan, agency: str) -> bool:
    for each in rota.attempts(wish):
        if each.partner == agency.casefold():
            try:
                return rota.lenders[agency].loan(each.request_id).state is LendingState.REQUESTED
            except IndexError:
                return False
    return False


def _settle(rota: Rota, wish: InterlibraryLoan, held: dict[str, str]) -> None:
    """Whatever is still promised is lent, and comes."""
    for _ in range(12):
        for agency, barcode in held.items():
            if _is_wanted(rota, wish, agency):
                rota.lenders[agency].library.check_out(OURS, barcode)
        rota.talk(2, days=1)
        rota.chase()
        if rota.case(wish).closed is not None:
            return
        for each in rota.attempts(wish):
            if each.state is BorrowingState.SHIPPED:
                rota.borrower.library.check_in(each.barcode)


def _check(rota: Rota, wish: InterlibraryLoan, held: dict[str, str]) -> None:
    case, attempts = rota.case(wish), rota.attempts(wish)
    assert case.closed is not None, (case, attempts)
    here = [each for each in attempts if each.item_id is not None and each.user]
    if case.outcome == "filled":
        assert len(here) == 1
        assert here[0].partner.upper() in held
    else:
        assert case.outcome == "unobtainable"
        assert not here
        asked = {each.partner for each in attempts}
        assert asked == {"ncip", *(each.casefold() for each in rota.lenders)}
    assert len({each.partner for each in attempts}) == len(attempts)
    for each in attempts:
        if each.partner == "ncip" or each in here:
            continue
        there = rota.lenders[each.partner.upper()].loan(each.request_id)
        if each.closed is not None:
            assert there.state in (LendingState.UNFILLED, LendingState.CANCELLED), (each, there)
