"""What acts of money write, as a journal to read: row by row, with who, where and when.

Between two acts time passes and another person works elsewhere, so that nothing that is noted can
be that of another act. ``python -m tests.circulation.ledger.journal`` prints the journal anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from catalogue.database import Database, Statement, many, migrate, open_database
from catalogue.schema import branches, items
from circulation.closures.closing import close_branch
from circulation.fees.compensation import bill_loan
from circulation.fees.giving_up import GivingUp, give_up
from circulation.fees.paying import PaymentWish, pay
from circulation.fees.receipts import return_receipt
from circulation.fees.schema import debt_warnings
from circulation.fees.warned import note_unwarned, note_warning
from circulation.holds.placing import place_holds
from circulation.holds.results import Wanted
from circulation.jobs.running import run_job
from circulation.kernel.results import Branch, Desk, Refused
from circulation.kernel.schema import events
from circulation.ledger.changes import Portion, change_charge, charge_patron
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import ChargeKind
from circulation.ledger.orders import MoneyAct
from circulation.ledger.reversals import reverse_payment
from circulation.ledger.schema import (
    charge_loans,
    charge_postings,
    charges,
    money_orders,
    patron_balances,
    payments,
)
from circulation.loans import lost
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.patrons.schema import patron_blocks
from tests.builders.agencies import a_school, agree
from tests.builders.circulation import ZONE, Library, a_library, a_patron, an_item
from tests.builders.fees import danish_fees, number_of
from tests.builders.journal import perform
from tests.builders.tables import rows_of
from tests.circulation.fees.test_debts import to_warn

JOURNAL = Path(__file__).parents[2] / "transcripts" / "money" / "a-year-of-money.txt"
TABLES: tuple[Table, ...] = (
    charges,
    charge_postings,
    charge_loans,
    payments,
    money_orders,
    patron_balances,
    debt_warnings,
    patron_blocks,
    events,
)
_rows: dict[str, Callable[..., list[Any]]] = {
    table.name: rows_of(table, *table.primary_key) for table in TABLES
}


@many(tuple[int, str])
def _barcodes() -> Statement:
    return select(items.c.id, items.c.barcode)


@many(tuple[int, str])
def _isils() -> Statement:
    return select(branches.c.id, branches.c.isil)


#: What a number in a column of this name is the number of. Numbers differ from run to run.
_NAMED = {
    "charge_id": "charge",
    "charge": "charge",
    "payment_id": "payment",
    "payment": "payment",
    "loan_id": "loan",
    "hold_id": "hold",
}
_OWN = {"charges": "charge", "payments": "payment"}
_QUIET = frozenset({"traits", "request_id"})


@dataclass
class StaffedLibrary(Library):
    """The library, whose desks somebody else staffs at each act."""

    acts: int = 0

    def desk(self, branch: Branch | None = None) -> Desk:
        branch = branch or self.main
        return Desk(f"clerk-{self.acts}", f"till-{self.acts}", branch.agency_id, branch.id)


@dataclass
class Journal:
    """Lines of what each act has written."""

    library: StaffedLibrary
    lines: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, Any], Any] = field(default_factory=dict)
    _numbers: dict[tuple[str, int], str] = field(default_factory=dict)

    def act(
        self, title: str, do: Callable[[], Any], *, days: float = 0, at_once: bool = False
    ) -> Any:
        """Does it, some minutes or days after the last, and tells what it has written.

        `at_once` is done by the same person within a minute.
        """
        if at_once:
            self.library.pass_time(seconds=30)
        else:
            self.library.pass_time(days=days, minutes=7)
            self.library.acts += 1
        answer = do()
        assert not isinstance(answer, Refused), answer
        now = self.library.now.astimezone(ZONE)
        self.lines += ["", f"# {now:%Y-%m-%d %H:%M} {title}", *self._written()]
        return answer

    def _written(self) -> Iterator[str]:
        isils = dict(map(tuple, self.library.read(_isils)))
        barcodes = dict(map(tuple, self.library.read(_barcodes)))
        for table in TABLES:
            names = [column.name for column in table.c]
            gone = {key for key in self._seen if key[0] == table.name}
            for row in self.library.read(_rows[table.name]):
                facts = dict(zip(names, row, strict=True))
                key = (table.name, tuple(facts[each.name] for each in table.primary_key))
                gone.discard(key)
                before = self._seen.get(key)
                self._seen[key] = facts
                if before == facts:
                    continue
                told = {
                    name: self._told(table, name, value, isils, barcodes)
                    for name, value in facts.items()
                    if value not in (None, "")
                    and name not in _QUIET
                    and (before is None or before[name] != value or name == "id")
                    and not (name == "id" and table.name not in _OWN)
                }
                marks = "+" if before is None else "~"
                yield f"{marks} {table.name}: " + ", ".join(
                    f"{name} {value}" for name, value in told.items()
                )
            for key in sorted(gone, key=str):
                del self._seen[key]
                yield f"- {table.name}"

    def _told(
        self, table: Table, name: str, value: Any, isils: dict[int, str], barcodes: dict[int, str]
    ) -> str:
        if name == "id":
            return self._number(_OWN[table.name], value)
        if name in _NAMED:
            return self._number(_NAMED[name], value)
        if name == "branch_id":
            return isils[value]
        if name == "item_id":
            return barcodes[value]
        if isinstance(value, datetime):
            return f"{value.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
        if name in ("before", "after", "facts", "shares"):
            return self._text(json.dumps(_without_terms(json.loads(value)), sort_keys=True))
        return self._text(str(value))

    def _text(self, text: str) -> str:
        """With the names of what has a number."""
        for (_, number), name in self._numbers.items():
            if number > 1_000_000:
                text = text.replace(str(number), name.replace(" ", "-"))
        return text

    def _number(self, kind: str, number: int) -> str:
        known = sum(1 for each, _ in self._numbers if each == kind)
        return self._numbers.setdefault((kind, number), f"{kind} {known + 1}")


def _without_terms(facts: Any) -> Any:
    """What the charge was reckoned from, but for all the terms, which one rule has set here."""
    if not isinstance(facts, dict):
        return facts
    told = {name: value for name, value in facts.items() if name != "terms"}
    if "rules" in told:
        [scope] = {json.dumps(scope) for scope in told["rules"].values()}
        told["rules"] = json.loads(scope)
    return told


def journal(database: Database) -> str:
    """A year of money in the small library, with all that is charged, paid and undone."""
    base = a_library(database)
    library = StaffedLibrary(database, base.main, base.other)
    return "\n".join(_year(Journal(library), library).lines).strip() + "\n"


def _year(told: Journal, library: StaffedLibrary) -> Journal:
    circulation, write = library.circulation, library.write
    danish_fees(
        library,
        patron_category="adult",
        compensation="price",
        handling=8_000,
        bill_fee="top",
        loan_fee=500,
        renewal_fee=700,
        hold_fee=300,
        block_threshold=20_000,
        block_days=8,
        overpayment="credit",
        partial_payment=True,
    )
    school = a_school(library)
    agree(library, library.main, school, payments=True)
    ida = a_patron(library, "P-ida")
    ib = a_patron(library, "P-ib")
    priced = {"price": 20_000, "currency": "DKK"}
    book, film, map_ = (an_item(library, name, **priced) for name in ("book", "film", "map"))

    def done(verb: Any, at: Any = None, **asked: Any) -> Callable[[], Any]:
        kind = {pay: PaymentWish, give_up: GivingUp}.get(verb)
        if kind:
            asked["wish"] = kind(**{n: asked.pop(n) for n in [*asked] if n in kind._fields})
        return lambda: write(lambda each: perform(library, each, verb, at, **asked))

    def last_charge() -> int:
        return int(library.read(_rows["charges"])[-1][0])

    def last_payment() -> int:
        return int(library.read(_rows["payments"])[-1][0])

    agreed = {"fee_acknowledged": True}
    act = told.act
    act("a loan that costs something", lambda: library.check_out(ida, book, **agreed))
    act("another", lambda: library.check_out(ida, film, at=library.other, **agreed))
    act("a third, to somebody else", lambda: library.check_out(ib, map_, **agreed))
    act("lent by mistake, at once taken back", done(cancel_check_out, item=map_), at_once=True)
    act(
        "a hold",
        done(
            place_holds,
            patron=ib,
            wanted=[Wanted(item=map_)],
            at=library.other,
            pickup_branch="DK-900102",
            **agreed,
        ),
    )
    act(
        "copies are charged by hand",
        done(
            charge_patron,
            patron_id=number_of(library, ida),
            new=NewCharge(ChargeKind.SERVICE, 1_250, "DKK", library.main.id, "25 copies"),
            order_id="copies-1",
        ),
    )
    act("a renewal nine days late", lambda: library.renew(ida, book, **agreed), days=37)
    act("handed in late", lambda: library.check_in(film, at=library.other), days=2)
    act("not handed in after all", done(cancel_check_in, item=film, at=library.other), at_once=True)
    act("handed in again", lambda: library.check_in(film))
    act("the receipt", done(return_receipt, patron=ida))
    act("the receipt once more", done(return_receipt, patron=ida))
    act(
        "a closure is announced late",
        lambda: write(
            lambda transaction: close_branch(
                library.act(transaction, library.other),
                branch="DK-900102",
                first=library.today - timedelta(days=11),
                last=library.today - timedelta(days=5),
                reason="water in the cellar",
            )
        ),
    )
    act(
        "a part is paid",
        done(
            pay,
            patron=ida,
            amount=1_700,
            currency="DKK",
            order_id="till-1",
            method="cash",
        ),
    )
    act(
        "the payment is asked for again",
        done(
            pay,
            patron=ida,
            amount=1_700,
            currency="DKK",
            order_id="till-1",
            method="cash",
        ),
    )
    act(
        "the payment failed",
        done(
            reverse_payment,
            payment_id=last_payment(),
            reason="the card was stolen",
        ),
    )
    act(
        "the school charges",
        done(
            charge_patron,
            patron_id=number_of(library, ida),
            new=NewCharge(ChargeKind.DAMAGE, 4_000, "DKK", school.id, "wet"),
            at=school,
        ),
    )
    act("billed", done(bill_loan, item=book, at=library.other), days=60)
    for debt in to_warn(library):
        act(
            "a debt of which nobody can be told",
            lambda debt=debt: write(
                lambda transaction: note_unwarned(transaction, debt, now=library.now)
            ),
        )
        act(
            "told by hand",
            lambda debt=debt: write(
                lambda transaction: note_warning(library.act(transaction, library.other), debt)
            ),
        )
    act(
        "the nightly job",
        lambda: run_job(circulation, library.database, "debts", day=library.today, now=library.now),
        days=9,
    )
    act(
        "all is paid, and more, at the school",
        done(
            pay,
            patron=ida,
            amount=70_000,
            currency="DKK",
            method="mobile",
            at=school,
        ),
    )
    act(
        "all is paid, and more",
        done(
            pay,
            patron=ida,
            amount=70_000,
            currency="DKK",
            method="bank",
            order_id="till-2",
        ),
    )
    act("the book has come back", lambda: library.check_in(book, at=library.other))
    act(
        "given back",
        done(
            change_charge,
            change=MoneyAct.REIMBURSEMENT,
            charge_id=_owed_to(library),
            reason="in cash",
            portion=Portion(1_000),
            order_id="back-1",
        ),
    )
    act(
        "the rest is given back",
        done(
            change_charge,
            change=MoneyAct.REIMBURSEMENT,
            charge_id=_owed_to(library),
            reason="to the bank",
            at=library.other,
        ),
    )
    act(
        "charged, and paid from what was paid beforehand",
        done(
            charge_patron,
            patron_id=number_of(library, ida),
            new=NewCharge(ChargeKind.ADMINISTRATIVE, 500, "DKK", library.other.id, "a new card"),
            at=library.other,
        ),
    )
    act(
        "charged",
        done(
            charge_patron,
            patron_id=number_of(library, ib),
            new=NewCharge(ChargeKind.OTHER, 3_000, "DKK", library.main.id, "a key"),
        ),
    )
    key = last_charge()
    act(
        "less",
        done(
            change_charge,
            change=MoneyAct.REDUCTION,
            charge_id=key,
            portion=Portion(400),
            reason="an old key",
            at=library.other,
            order_id="less-1",
        ),
    )
    act(
        "a part is written off",
        done(
            change_charge,
            change=MoneyAct.WRITE_OFF,
            charge_id=key,
            portion=Portion(900),
            reason="he is poor",
        ),
    )
    act(
        "that is taken back",
        done(
            change_charge,
            change=MoneyAct.WRITE_OFF_REDUCTION,
            charge_id=key,
            portion=Portion(300),
            reason="he is rich",
            order_id="again-1",
            at=library.other,
        ),
    )
    act(
        "given up at the till",
        done(
            give_up,
            patron=ib,
            amount=800,
            currency="DKK",
            reason="goodwill",
            order_id="give-1",
        ),
    )
    act(
        "charged by mistake, at the till",
        done(
            give_up,
            patron=ib,
            amount=700,
            currency="DKK",
            reason="no such key",
            act=MoneyAct.REDUCTION,
            at=library.other,
        ),
    )
    cancelled = {"change": MoneyAct.REDUCTION, "portion": Portion(1_900), "reason": "found"}
    act("cancelled", done(change_charge, charge_id=key, **cancelled))
    act("lent to who waits", lambda: library.check_out(ib, map_, **agreed))
    act("lost", done(lost.declare_lost, item=map_))
    act("found", done(lost.find, item=map_, at=library.other), days=1)
    return told


def _owed_to(library: Library) -> int:
    """The charge of which something is owed to its patron."""
    names = [column.name for column in charges.c]
    found = (dict(zip(names, row, strict=True)) for row in library.read(_rows["charges"]))
    return next(int(row["id"]) for row in found if row["kind"] == "compensation")


def _print() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tiro.sqlite"
        migrate(url)
        database = open_database(url)
        sys.stdout.write(journal(database))
        database.close()


if __name__ == "__main__":
    _print()
