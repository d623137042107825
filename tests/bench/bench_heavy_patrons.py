"""What is asked of a patron who has hundreds of loans, holds or charges, beside one with ten.

    python -m tests.bench.bench_heavy_patrons [MANY]     (500)

From the bytes that come to the bytes that go, without a socket, as in `bench_sip2_message` and
`bench_api`: what a self-service machine and the desk ask first, one after the other, each in turns
for all patrons. What counts is the lower quartile: on SQLite of the processor's time of all
threads, on PostgreSQL of the clock's, where most is the server's.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from catalogue.database import Transaction, open_database
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import CheckedOut
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from circulation.patrons.identifiers import find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.public_ids import public_ids
from tests.bench.bench_api import Desks, furnished
from tests.bench.bench_sip2_message import TERMINALS, Process, begun, databases
from tests.bench.sip2_load import DATE
from tests.builders.circulation import Library, a_patron, an_item, present
from tests.builders.fees import account

FEW: Final = 10
TURNS: Final = 60
KINDS: Final = ("loans", "holds", "charges")
_MACHINE: Final = f"63001{DATE}{{summary:10}}AODK-900100|AA{{card}}|AD1234|BP1|BQ{FEW}|"
_SUMMARIES: Final = {
    "63": "",
    "63, holds ready": "Y",
    "63, overdue": " Y",
    "63, loans": "  Y",
    "63, fees": "   Y",
    "63, other holds": "     Y",
}

#: Asks, and says for how many answers.
Question = Callable[[str], int]


def _lend(library: Library, card: str, items: Sequence[str], transaction: Transaction) -> None:
    for item in items:
        lent = check_out(library.act(transaction), LoanWish(card, item))
        assert isinstance(lent, CheckedOut), lent


def _hold(library: Library, card: str, items: Sequence[str], transaction: Transaction) -> None:
    for item in items:
        placed = place_holds(library.act(transaction), HoldWish(card, [Wanted(item=item)]))
        assert isinstance(placed, HoldsPlaced), placed


def _charge(library: Library, card: str, number: int, transaction: Transaction) -> None:
    for _ in range(number):
        fee = NewCharge(ChargeKind.ADMINISTRATIVE, 100, "DKK", library.main.id, "a card")
        create_charge(account(library, transaction, card), fee)


def furnish_with(url: str, many: int) -> tuple[str, dict[str, str]]:
    """Patrons with nothing, and with a few and many of each kind; the token of a desk, and by card
    what the API calls them."""
    token, _ = furnished(url)
    database = open_database(url)

    def branches(transaction: Transaction) -> Any:
        return [find_branch(transaction, isil=each) for each in ("DK-900101", "DK-900102")]

    library = Library(database, *database.read(branches).result())
    library.now = present()
    pin = hash_pin("1234")
    cards = ["NOBODY", *(f"{size}{kind}" for kind in KINDS for size in ("few", "many"))]
    for card in (*cards, "OTHER"):
        a_patron(library, card, pin_hash=pin)
    wanted = [an_item(library, f"wanted{number}") for number in range(many)]
    library.write(partial(_lend, library, "OTHER", wanted))
    for size, number in (("few", FEW), ("many", many)):
        items = [an_item(library, f"{size}{each}") for each in range(number)]
        library.write(partial(_lend, library, f"{size}loans", items))
        library.write(partial(_hold, library, f"{size}holds", wanted[:number]))
        library.write(partial(_charge, library, f"{size}charges", number))
    if database.dialect == "postgresql":  # as it does itself in time
        library.write(lambda transaction: transaction.execute("ANALYZE", ()))

    def names(transaction: Transaction) -> dict[str, str]:
        known = public_ids(library.circulation, transaction).shown
        found = {card: find_patron(transaction, card) for card in cards}
        return {card: known(number) for card, number in found.items() if number is not None}

    named = library.read(names)
    database.close()
    return token, named


def questions(process: Process, desks: Desks, named: Mapping[str, str]) -> dict[str, Question]:
    def machine(card: str, text: str) -> int:
        asked = text.format(card=card).encode() + b"\r"
        answers = process.ask([asked] * TERMINALS)
        assert all(card.encode() in each for each in answers), answers
        return len(answers)

    def desk(card: str, path: str) -> int:
        (answer,) = desks.ask([desks.request("GET", path.format(named[card]))])
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return 1

    asked: dict[str, Question] = {
        "23": partial(machine, text=f"23001{DATE}AODK-900100|AA{{card}}|AC|AD1234|")
    }
    for name, summary in _SUMMARIES.items():
        asked[name] = partial(machine, text=_MACHINE.replace("{summary:10}", f"{summary:10}"))
    asked["first screen of the desk"] = partial(desk, path="/patrons/{}")
    asked["page of loans"] = partial(desk, path=f"/patrons/{{}}/loans?limit={FEW}")
    asked["page of charges"] = partial(desk, path=f"/patrons/{{}}/charges?limit={FEW}")
    return asked


def measure(name: str, url: str, many: int) -> None:
    token, named = furnish_with(url, many)
    process = begun(url)
    clock = time.process_time if name == "SQLite" else time.perf_counter
    asked = questions(process, Desks(process, token), named)
    costs: dict[tuple[str, str], list[float]] = {
        (question, card): [] for question in asked for card in named
    }
    for turn in range(TURNS + 1):
        for (question, card), found in costs.items():
            begin = clock()
            answers = asked[question](card)
            if turn:  # the first one warms
                found.append((clock() - begin) / answers * 1e6)
    process.close()
    print(f"{name}: a patron with {FEW} and one with {many}, and the latter to the former")
    for question in asked:
        quick = {card: statistics.quantiles(costs[question, card], n=4)[0] for card in named}
        shown = "".join(
            f"  {kind} {quick[f'few{kind}']:6.0f} {quick[f'many{kind}']:6.0f}"
            f" {quick[f'many{kind}'] / quick[f'few{kind}']:5.2f}"
            for kind in KINDS
        )
        print(f"  {question:26} nothing {quick['NOBODY']:6.0f}{shown}", flush=True)


def main(many: int = 500) -> None:
    with databases() as urls:
        for name, url in urls.items():
            measure(name, url, many)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
