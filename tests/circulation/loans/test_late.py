"""Off-line acts that arrive in any order leave what the order of time leaves.

Each case is three acts with an item; every order of arrival is compared with the order of time:
loans, charges, what is counted, the item, the holds and the list of off-line acts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any, NamedTuple

import pytest
from sqlalchemy import case, null, select

from catalogue.database import Database, Statement, Transaction, many, scalars
from catalogue.items import find_item
from circulation.holds.schema import holds
from circulation.items.availability import circulation_status
from circulation.kernel.results import CheckedIn, CheckedOut, Refused, Renewed
from circulation.ledger.schema import charges
from circulation.loans.lending import check_out
from circulation.loans.off_line import OffLineReport, Reported, take_report
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.schema import loan_conflicts, loans
from circulation.loans.statistics import count_day, loans_by
from circulation.loans.waiting import try_item
from circulation.loans.wishes import LoanWish, OffLineReturn, RenewalWish
from circulation.patrons.identifiers import find_patron
from circulation.patrons.schema import patron_identifiers
from tests.builders.circulation import ZONE, Library, a_library, a_patron, an_item
from tests.builders.fees import danish_fees
from tests.builders.holds import a_hold


class Said(NamedTuple):
    """An act as a machine reports it: `at` in minutes after nine."""

    what: str
    who: str
    at: int


def lent(who: str, at: int) -> Said:
    return Said("lent", who, at)


def back(at: int) -> Said:
    return Said("back", "", at)


def renewed(who: str, at: int) -> Said:
    return Said("renewed", who, at)


CASES: dict[str, tuple[Said, Said, Said]] = {
    "lent, returned, lent again": (lent("Ida", 20), back(40), lent("Bo", 60)),
    "lent, returned, lent to the same": (lent("Ida", 20), back(40), lent("Ida", 60)),
    "lent, lent to another, returned": (lent("Ida", 20), lent("Bo", 25), back(40)),
    "lent, returned twice": (lent("Ida", 20), back(30), back(45)),
    "returned, lent, returned": (back(10), lent("Ida", 20), back(30)),
    "returned, lent, lent to another": (back(10), lent("Ida", 20), lent("Bo", 40)),
    "returned, lent, renewed": (back(10), lent("Ida", 20), renewed("Ida", 40)),
    "lent to three": (lent("Ida", 10), lent("Bo", 30), lent("Rut", 50)),
    "lent twice to one": (lent("Ida", 10), lent("Ida", 40), back(60)),
    "lent to one, another, and the one": (lent("Ida", 10), lent("Bo", 30), lent("Ida", 50)),
    "lent, renewed, returned": (lent("Ida", 10), renewed("Ida", 30), back(50)),
    "lent, returned, renewed": (lent("Ida", 10), back(30), renewed("Ida", 50)),
    "lent, renewed twice": (lent("Ida", 10), renewed("Ida", 30), renewed("Ida", 50)),
    "lent, renewed, lent to another": (lent("Ida", 10), renewed("Ida", 30), lent("Bo", 50)),
    "lent, lent to another, renewed": (lent("Ida", 10), lent("Bo", 30), renewed("Ida", 50)),
    "lent, renewed by another, returned": (lent("Ida", 10), renewed("Bo", 30), back(50)),
    "renewed, lent, returned": (renewed("Ida", 5), lent("Ida", 10), back(50)),
}
#: What the item was doing before: on the shelf, overdue with Rut, or wanted by Liv.
KINDS = ("on the shelf", "overdue", "wanted")
OF_HOLDS = {"COPY_WANTED", "ON_HOLD_FOR_ANOTHER", "WANTED_BY_ANOTHER"}
CARDS = ("Ida", "Bo", "Rut", "Liv")


@pytest.fixture
def library(database: Database) -> Library:
    library = a_library(database, renewal_from="due")
    danish_fees(library)
    return library


class Scene(NamedTuple):
    """An item, and patrons of its own, on a day of its own."""

    library: Library
    barcode: str
    number: int
    today: date

    def card(self, who: str) -> str:
        return f"{who}{self.number}"

    def shown(self, value: Any) -> Any:
        """A card without its number; a moment by day of the scene and time of the day."""
        if isinstance(value, datetime):
            local = value.astimezone(ZONE)
            return (local.date() - self.today).days, local.time()
        return value.removesuffix(str(self.number)) if isinstance(value, str) else value


def a_scene(library: Library, kind: str) -> Scene:
    number = library.number()
    library.now = datetime.combine(library.today, time(12), ZONE).astimezone(UTC)
    for card in CARDS:
        a_patron(library, f"{card}{number}")
    barcode = an_item(library, barcode=f"I{number}")
    if kind == "overdue":
        library.check_out(f"Rut{number}", barcode)
        library.pass_time(days=40)
    if kind == "wanted":
        a_hold(library, f"Liv{number}", barcode)
    library.pass_time(days=1)
    library.now = datetime.combine(library.today, time(12), ZONE).astimezone(UTC)
    return Scene(library, barcode, number, library.today)


def report(scene: Scene, said: Said) -> CheckedOut | CheckedIn | Renewed | Refused:
    """What a machine reports of the time when the line was down."""
    library, barcode, card = scene.library, scene.barcode, scene.card(said.who)
    morning = datetime.combine(scene.today, time(9), ZONE).astimezone(UTC)
    at = morning + timedelta(minutes=said.at)

    def work(transaction: Transaction) -> CheckedOut | CheckedIn | Renewed | Refused:
        act = library.act(transaction)
        answer: CheckedOut | CheckedIn | Renewed | Refused
        if said.what == "lent":
            answer = check_out(act, LoanWish(card, barcode, no_block=True, happened=at))
        elif said.what == "renewed":
            answer = renew(act, RenewalWish(card, barcode, no_block=True, happened=at))
            if isinstance(answer, Refused):
                told = OffLineReport(Reported.RENEWAL, barcode, card, answer, at)
                take_report(act, told)
        else:
            answer = check_in(act, item=barcode, off_line=OffLineReturn(at))
        if not isinstance(answer, Refused):
            try_item(act, barcode)
        return answer

    return library.write(work)


_CARD = (
    select(patron_identifiers.c.identifier)
    .where(patron_identifiers.c.patron_id == loans.c.patron_id)
    .scalar_subquery()
)


@many(tuple[Any, Any, Any, Any, Any, Any])
def _loans(*, item_id: int) -> Statement:
    its = loans.c
    told = (its.checked_out, its.checked_in, its.due, its.renewals, its.branch_id)
    return select(_CARD, *told).where(its.item_id == item_id).order_by(its.checked_out, its.id)


@many(tuple[Any, Any])
def _charges(*, patron_id: int) -> Statement:
    its = charges.c
    is_owed = (its.patron_id == patron_id) & (its.balance != 0)
    return select(its.kind, its.balance).where(is_owed).order_by(its.kind, its.balance)


@many(tuple[Any, Any, Any, Any])
def _listed(*, barcode: str, item_id: int) -> Statement:
    """Why a renewal is open depends on who had the item when it was tried, and what holds have
    against a loan is asked when it is reported."""
    its = loan_conflicts.c
    of_conflict = case((its.state == "conflict", its.reasons), else_=null())
    of_item = (its.item_barcode == barcode) | (its.item_id == item_id)
    return (
        select(its.state, its.act, its.happened, of_conflict)
        .where(its.settled.is_(None), of_item)
        .order_by(its.happened, its.state)
    )


@scalars(Any)
def _holds(*, patron_id: int) -> Statement:
    return select(holds.c.outcome).where(holds.c.patron_id == patron_id).order_by(holds.c.id)


def without_holds(lines: list[Any]) -> list[Any]:
    """The list without what holds have against a loan."""
    found = []
    for *others, reasons in lines:
        left = set((reasons or "").split(",")) - OF_HOLDS
        if left or others[0] != "conflict":
            found.append((*others, ",".join(sorted(left))))
    return found


def result(scene: Scene) -> dict[str, Any]:
    """What the acts have come to, whatever their order."""
    library, barcode = scene.library, scene.barcode

    def read(transaction: Transaction) -> dict[str, Any]:
        item = find_item(transaction, barcode)
        assert item is not None
        status = circulation_status(library.circulation, transaction, item=barcode, now=library.now)
        assert status is not None
        numbers = [find_patron(transaction, scene.card(each)) for each in CARDS]
        found: dict[str, Any] = {
            "loans": _loans(transaction, item_id=item.id),
            "listed": without_holds(_listed(transaction, barcode=barcode, item_id=item.id)),
            "charges": [_charges(transaction, patron_id=each or 0) for each in numbers],
            "holds": [_holds(transaction, patron_id=each or 0) for each in numbers],
            "item": [(status.state, status.borrower and status.borrower.identifier)],
            "counted": loans_by(
                transaction, ("kind", "branch_id"), first=scene.today, last=scene.today
            ),
        }
        return {
            name: [tuple(map(scene.shown, each)) for each in lines]
            if name not in ("charges", "holds")
            else lines
            for name, lines in found.items()
        }

    library.write(lambda transaction: count_day(transaction, scene.today))
    return library.read(read)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_every_order_of_arrival_leaves_what_the_order_of_time_leaves(
    library: Library, name: str, kind: str
) -> None:
    found = {}
    for order in permutations(CASES[name]):
        scene = a_scene(library, kind)
        for said in order:
            report(scene, said)
            library.pass_time(minutes=1)
        found[order] = result(scene)
    wanted = found[CASES[name]]
    assert wanted["loans"]
    for order, each in found.items():
        for what, value in each.items():
            assert value == wanted[what], (what, order)
