"""Who has hundreds of loans, holds or charges waits no longer for a first page than others do: each
further one costs SQLite the few steps in which it is counted, if it is counted at all. Steps are
the same on any machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from catalogue.database import Transaction, open_database
from catalogue.database.transactions import Cursor
from circulation.accounts.history import ended_loans
from circulation.accounts.loans import LoanPage, patron_loans
from circulation.accounts.status import patron_standing, patron_status
from circulation.fees.paying import PaymentWish, account_currency, payable
from circulation.fees.receipts import return_receipt
from circulation.holds.facts import other_holds, ready_holds
from circulation.holds.judging import judge_hold
from circulation.holds.lists import listed_holds
from circulation.holds.of_patron import number_of_holds
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn, CheckedOut
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from circulation.loans.lending import check_out, judge_loan
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from circulation.notices.log import log_of
from circulation.patrons.identifiers import find_patron
from tests.bench.filling import fill
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.fees import account, number_of
from tests.builders.notices import write_told

FEW, MANY, PAGE = 12, 32, 10
#: Of a row in an index: is it one of theirs, count it, go on to the next. To read the row itself
#: with its title and item would take fifty and more.
STEPS: Final = 3
#: What is counted for a question. Of all else it does not matter how many there are.
COUNTED: Final = {
    "status": 2 * STEPS,  # loans and holds, as for their lists
    "loans": 2 * STEPS,
    "overdue loans": 2 * STEPS,
    "number of holds": STEPS,
    "a hold more": STEPS + 2,  # is it on the same title?
    "charges": STEPS,
    "all charges": STEPS,
    "what is owed": STEPS + 2,  # is it a debt?
}

Question = Callable[[Act, str, int], object]


def _charges(act: Act, card: str, page: ChargePage) -> object:
    return patron_charges(act.circulation, act.transaction, patron=card, now=act.now, page=page)


QUESTIONS: Final[dict[str, Question]] = {
    "standing": lambda act, card, number: patron_standing(act, patron=card),
    "status": lambda act, card, number: patron_status(act, patron=card),
    "loans": lambda act, card, number: patron_loans(act, patron=card, page=LoanPage(limit=PAGE)),
    "overdue loans": lambda act, card, number: patron_loans(
        act, patron=card, page=LoanPage(only_overdue=True, limit=PAGE)
    ),
    "a loan more": lambda act, card, number: judge_loan(act, LoanWish(card, "free")),
    "number of holds": lambda act, card, number: number_of_holds(act.transaction, patron_id=number),
    "holds": lambda act, card, number: listed_holds(act, number, are_ready=False, limit=PAGE),
    "holds ready": lambda act, card, number: listed_holds(act, number, are_ready=True, limit=PAGE),
    "a hold more": lambda act, card, number: judge_hold(act, HoldWish(card, [Wanted(item="free")])),
    "charges": lambda act, card, number: _charges(act, card, ChargePage(limit=PAGE)),
    "all charges": lambda act, card, number: _charges(
        act, card, ChargePage(only_open=False, limit=PAGE)
    ),
    "what is owed": lambda act, card, number: _charges(
        act, card, ChargePage(only_owed=True, collected_at=act.desk.agency_id, limit=PAGE)
    ),
    "a receipt": lambda act, card, number: return_receipt(act, patron=card),
    "loans that are over": lambda act, card, number: ended_loans(
        act.transaction, patron_id=number, after=None, limit=PAGE
    ),
    "messages": lambda act, card, number: log_of(act.transaction, number, limit=PAGE),
    "what a payment pays": lambda act, card, number: payable(
        act.transaction, number, [act.desk.agency_id], PaymentWish(100, "DKK")
    ),
    "currency": lambda act, card, number: account_currency(act, patron_id=number, category="adult"),
}


def has(library: Library, card: str, items: list[str], wanted: list[str]) -> None:
    """Gives the patron so many loans and holds, and for each a loan that is over, a charge and a
    message."""

    def work(transaction: Transaction) -> None:
        act = library.act(transaction)
        for lent, waited_for in zip(items, wanted, strict=True):
            assert isinstance(check_out(act, LoanWish(card, lent)), CheckedOut)
            assert isinstance(check_out(act, LoanWish(card, "past")), CheckedOut)
            assert isinstance(check_in(act, item="past"), CheckedIn)
            placed = place_holds(act, HoldWish(card, [Wanted(item=waited_for)]))
            assert isinstance(placed, HoldsPlaced)
            fee = NewCharge(ChargeKind.ADMINISTRATIVE, 100, "DKK", library.main.id, "a card")
            create_charge(account(library, transaction, card), fee)
        person = find_patron(transaction, card)
        assert person is not None
        write_told(transaction, library, person, len(items))

    library.write(work)


def steps_of(question: Question, library: Library, card: str) -> int:
    number, steps = number_of(library, card), 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def work(transaction: Transaction) -> None:
        act = library.act(transaction)
        question(act, card, number)  # what is read once is read
        connection: sqlite3.Connection = transaction.execute.__self__  # type: ignore[attr-defined]
        connection.set_progress_handler(count, 1)
        question(act, card, number)
        connection.set_progress_handler(None, 1)

    library.read(work)
    return steps


def test_each_further_one_is_counted_and_no_more(sqlite_library: Library) -> None:
    library = sqlite_library
    other = a_patron(library, "OTHER")
    wanted = [an_item(library, f"wanted{number}", on_loan_to=other) for number in range(MANY)]
    for barcode in ("free", "past"):
        an_item(library, barcode)
    for card, number in (("FEW", FEW), ("MANY", MANY)):
        a_patron(library, card)
        has(
            library,
            card,
            [an_item(library, f"{card}{each}") for each in range(number)],
            wanted[:number],
        )
    library.pass_time(days=1)
    asked = partial(steps_of, library=library)
    further = {
        name: (asked(question, card="MANY") - asked(question, card="FEW")) / (MANY - FEW)
        for name, question in QUESTIONS.items()
    }
    assert {name: steps for name, steps in further.items() if steps > COUNTED.get(name, 0)} == {}


def test_postgresql_joins_no_holds_but_those_of_a_page(one_postgresql_url: str) -> None:
    """Each is looked up by its id, in a library with two thousand."""
    database = open_database(one_postgresql_url)
    library = a_library(database)
    main = library.main.id
    words = {"record": "i", "branch": main, "agency": library.main.agency_id}
    words |= {"wanted": "i", "holder": "1 + i / 20", "pickup": main}

    def fill_all(transaction: Transaction) -> None:
        for table in ("records", "items", "patrons", "patron_identifiers", "holds"):
            fill(transaction, table, range(1, 2_001), words)
        transaction.execute("ANALYZE", ())

    library.write(fill_all)
    asked: list[tuple[str, Sequence[Any]]] = []

    def look(transaction: Transaction) -> list[str]:
        def noted(text: str, given: Sequence[Any]) -> Cursor:
            asked.append((text, given))
            return transaction.execute(text, given)

        heard = Transaction(transaction.dialect, noted, transaction.execute_many)
        for read in (other_holds, ready_holds):
            read(heard, patron_id=1, at_most=PAGE, skipped=0)
        return [
            line
            for text, given in asked
            for (line,) in transaction.execute(f"EXPLAIN {text}", given).fetchall()
        ]

    plans = database.write(look).result()
    database.close()
    assert sum(" using pk_holds on holds " in line for line in plans) == len(asked) == 2, plans
