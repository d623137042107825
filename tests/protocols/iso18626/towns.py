"""Two servers that lend to each other over HTTP, and are killed (SIGKILL) while they do.

``python -m tests.protocols.iso18626.towns [--cases N] [--kills N] [--seed N] [--database KIND]``
has readers of one library want titles of the other. Machines in both lend, receive and take back
over SIP2, each scan as soon as the loan is so far; whoever gets no answer scans again. Meanwhile
either server is killed at moments that are drawn, and started again on its database. In the end
both loans of each case are complete, each item is at home, and everything was told.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from catalogue.database import Database, open_database
from catalogue.items import find_item
from circulation.interlending.asking import Wish, ask
from circulation.interlending.lists import loans_of_request
from circulation.interlending.notices import notices_of
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState, LendingState
from circulation.items.availability import circulation_status
from circulation.kernel.engine import Circulation
from circulation.kernel.results import ItemState
from protocols.demo.configuration import demo_configuration
from tests.builders.circulation import Library, a_library, a_patron
from tests.crash.callers import Sip2Line
from tests.protocols.iso18626.fresh_databases import folder_for_databases, fresh_databases
from tests.protocols.iso18626.killed import BORROWER_TELLS, LENDER_TELLS
from tests.protocols.iso18626.stage import ODENSE, OURS, a_partner, a_title
from tests.servers import LOOPBACK_ALLOWED, RunningServer, free_ports, launch

#: Seconds in which one more loan must come to its end.
PATIENCE = 60.0
#: Seconds between two kills, at least and at most.
BETWEEN = (0.2, 2.0)


class Case(NamedTuple):
    """What a reader wants, and the item that comes."""

    request_id: str
    barcode: str
    card: str


@dataclass
class Town:
    """A library, its server, and a machine that scans there."""

    folder: Path
    url: str
    ports: list[int]
    library: Library
    server: RunningServer | None = None
    deaths: int = 0
    _line: Sip2Line | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports[2]}/iso18626"

    def start(self) -> None:
        arguments = ("--config", str(self.folder / "tiro.toml"), "serve")
        sip2, z3950, http, ncip = self.ports
        self.server = launch(
            self.folder,
            arguments,
            (sip2, z3950, http, ncip),
            120.0,
            module="tests.protocols.iso18626.hasty",
        )

    def die(self) -> None:
        """The process is killed, and another begins."""
        assert self.server is not None
        self.server.kill()
        self.deaths += 1
        self.start()

    def scan(self, message: str) -> None:
        """Until there is an answer, whatever it says."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._line = self._line or Sip2Line(self.ports[0])
            try:
                self._line.ask(message.encode() + b"\r")
            except OSError:
                self._line.close()
                self._line = None
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"no answer to {message}")

    def lend(self, card: str, barcode: str) -> None:
        self.scan(f"11YN{_stamp() * 2}AODK-900100|AA{card}|AB{barcode}|AC|")

    def take_back(self, barcode: str) -> None:
        self.scan(f"09N{_stamp() * 2}APDK-900101|AODK-900100|AB{barcode}|AC|")

    def loan(self, case: Case) -> InterlibraryLoan | None:
        """As it is now in the database, whether or not the server lives."""
        found = self.library.read(
            lambda transaction: loans_of_request(transaction, request_id=case.request_id)
        )
        return found[-1] if found else None

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        if self.server is not None:
            self.server.kill()
        self.library.database.close()


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%d    %H%M%S")


def _configured(folder: Path, url: str, ports: list[int]) -> None:
    sip2, z3950, http, ncip = ports
    text = demo_configuration(sip2=sip2, z3950=z3950, http=http, ncip=ncip, operations=0)
    quick = f"\n[iso18626]\ntell_seconds = 0.1\n{LOOPBACK_ALLOWED}"
    text = text.replace("sqlite:///tiro.sqlite", url) + quick
    (folder / "tiro.toml").write_text(text, encoding="utf-8")


@contextmanager
def two_towns(folder: Path, urls: tuple[str, str], cases: int) -> Iterator[Towns]:
    """The lender and the borrower, whose readers want so many titles."""
    with ExitStack() as stack:
        towns = []
        for name, url in zip(("lender", "borrower"), urls, strict=True):
            own = folder / name
            own.mkdir()
            ports = free_ports(4)
            _configured(own, url, ports)
            library = _library(open_database(url))
            town = Town(own, url, ports, library)
            stack.callback(town.close)
            towns.append(town)
        lender, borrower = towns
        here = {"addresses": ["127.0.0.1"]}
        a_partner(lender.library, OURS, address=borrower.address, our_symbols=[ODENSE], **here)
        a_partner(borrower.library, ODENSE, address=lender.address, takes_requests=True, **here)
        yield Towns(lender, borrower, [_wish(lender, borrower, each) for each in range(cases)])


def _library(database: Database) -> Library:
    library = a_library(database)
    library.now = datetime.now(UTC)
    return library


def _wish(lender: Town, borrower: Town, number: int) -> Case:
    title = f"Bog nummer{number}"
    barcode, card = a_title(lender.library, title), a_patron(borrower.library)
    loan = borrower.library.write(
        lambda transaction: ask(
            borrower.library.act(transaction), patron=card, wish=Wish(title=title)
        )
    )
    assert isinstance(loan, InterlibraryLoan), loan
    return Case(loan.request_id, barcode, card)


@dataclass
class Towns:
    """Both, and what is wanted."""

    lender: Town
    borrower: Town
    cases: list[Case]

    def live(self, chance: Random, kills: int) -> None:
        """Both servers run, are killed so often, and all comes to its end."""
        towns = (self.lender, self.borrower)
        for each in towns:
            each.start()
        failures: list[BaseException] = []
        is_over = threading.Event()

        def kill() -> None:
            try:
                for _ in range(kills):
                    if is_over.wait(chance.uniform(*BETWEEN)):
                        return
                    chance.choice(towns).die()
            except BaseException as error:
                failures.append(error)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            self._go_on(PATIENCE + 2 * len(self.cases) + 5 * kills)
            killer.join()
            self._go_on(PATIENCE)
        finally:
            is_over.set()
            killer.join()
        assert not failures, failures

    def _go_on(self, patience: float) -> None:
        until = time.monotonic() + patience
        left = list(self.cases)
        while left:
            assert time.monotonic() < until, [self._states(each) for each in left]
            left = [each for each in left if not self._step(each)]
            time.sleep(0.02)

    def _states(self, case: Case) -> tuple[object, object]:
        lent, borrowed = self.lender.loan(case), self.borrower.loan(case)
        return lent and lent.state, borrowed and borrowed.state

    def _step(self, case: Case) -> bool:
        """The next scan of the case, if it is so far; is it over at both ends, and told?"""
        lent, borrowed = self._states(case)
        if lent is LendingState.REQUESTED and borrowed is BorrowingState.EXPECTED:
            self.lender.lend(OURS, case.barcode)
        elif borrowed in (BorrowingState.SHIPPED, BorrowingState.ON_LOAN, BorrowingState.RETURNED):
            self.borrower.take_back(case.barcode)
        elif borrowed is BorrowingState.ARRIVED:
            self.borrower.lend(case.card, case.barcode)
        elif borrowed is BorrowingState.COMPLETED and lent is not LendingState.COMPLETED:
            self.lender.take_back(case.barcode)
        elif borrowed is BorrowingState.COMPLETED:
            return self._is_told(case)
        return False

    def _is_told(self, case: Case) -> bool:
        for town in (self.lender, self.borrower):
            loan = town.loan(case)
            assert loan is not None
            told = town.library.read(
                lambda transaction, loan=loan: notices_of(transaction, loan_id=loan.id)
            )
            if not all(each.sent for each in told):
                return False
        return True

    def must_agree(self) -> None:
        """Both loans are complete, the item is at home, and each loan has its messages once."""
        for case in self.cases:
            for town, usual in ((self.lender, LENDER_TELLS), (self.borrower, BORROWER_TELLS)):
                loan = town.loan(case)
                assert loan is not None
                assert loan.state_name == "completed", case
                told = town.library.read(
                    lambda transaction, loan=loan: notices_of(transaction, loan_id=loan.id)
                )
                kinds = [each.kind for each in told]
                assert usual <= set(kinds), (case, kinds)
                assert len(kinds) == len(set(kinds)), (case, kinds)
            self._must_be_at_home(case)

    def _must_be_at_home(self, case: Case) -> None:
        there = self.borrower.library.read(lambda transaction: find_item(transaction, case.barcode))
        assert there is None, case
        status = self.lender.library.read(
            lambda transaction: circulation_status(
                Circulation(), transaction, item=case.barcode, now=datetime.now(UTC)
            )
        )
        assert status is not None
        assert status.state is not ItemState.ON_LOAN, case


def run(seed: int, cases: int, kills: int, folder: Path, urls: tuple[str, str]) -> tuple[int, int]:
    """How often the lender's server was killed, and the borrower's. Raises AssertionError."""
    folder.mkdir(exist_ok=True)
    with two_towns(folder, urls, cases) as towns:
        towns.live(Random(seed), kills)
        towns.must_agree()
        return towns.lender.deaths, towns.borrower.deaths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="tiro-towns-", dir=folder_for_databases()) as name,
        fresh_databases(asked.database, Path(name)) as fresh,
        fresh() as urls,
    ):
        deaths = run(asked.seed, asked.cases, asked.kills, Path(name) / "towns", urls)
    took = time.monotonic() - begun
    print(
        f"{asked.database}, seed {asked.seed}: both ends agree on {asked.cases:,} loans; SIGKILL of"
        f" the lender {deaths[0]}, of the borrower {deaths[1]}; {took:,.0f} s"
    )


if __name__ == "__main__":
    main()
