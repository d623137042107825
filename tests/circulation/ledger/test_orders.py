"""Whatever moves money because somebody asks for it is done once for each order id."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from catalogue.database import (
    Database,
    Statement,
    Transaction,
    many,
    open_database,
    scalar_one,
    send,
)
from circulation.fees.giving_up import GIVING_UP, GivingUp, give_up
from circulation.fees.paying import PaymentWish, pay
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, Refused
from circulation.ledger.changes import CHANGES, Portion, change_charge, charge_patron
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import ChargeKind, Paid, PostingKind
from circulation.ledger.orders import MoneyAct
from circulation.ledger.postings import EFFECTS
from circulation.ledger.schema import charge_postings, money_orders
from circulation.patrons.identifiers import find_patron
from circulation.patrons.personal_erasure import erase_person
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.fees import charge, number_of, paid, total
from tests.sources import modules, name_of, nodes_of, text_of


@many(tuple[str])
def _postings() -> Statement:
    return select(charge_postings.c.kind)


@scalar_one(int)
def _orders() -> Statement:
    return select(func.count()).select_from(money_orders)


@dataclass(frozen=True)
class Case:
    """One person's account, and something that is asked for with it."""

    card: str
    charge_id: int
    ask: Callable[[Library, Transaction, str | None, int], Any]


def _changing(act: MoneyAct, charge_id: int) -> Callable[..., Any]:
    return lambda library, transaction, order_id, amount: change_charge(
        library.act(transaction),
        change=act,
        charge_id=charge_id,
        reason="agreed",
        portion=Portion(amount),
        order_id=order_id,
    )


def _giving_up(act: MoneyAct, card: str) -> Callable[..., Any]:
    return lambda library, transaction, order_id, amount: give_up(
        library.act(transaction),
        GivingUp(amount=amount, currency="DKK", reason="agreed", order_id=order_id, act=act),
        patron=card,
    )


def _charging(card: str) -> Callable[..., Any]:
    return lambda library, transaction, order_id, amount: charge_patron(
        library.act(transaction),
        find_patron(transaction, card) or 0,
        NewCharge(ChargeKind.SERVICE, amount, "DKK", library.main.id, "copies"),
        order_id=order_id,
    )


def _paying(card: str) -> Callable[..., Any]:
    return lambda library, transaction, order_id, amount: pay(
        library.act(transaction),
        PaymentWish(amount=amount, currency="DKK", order_id=order_id),
        patron=card,
    )


def _cases(card: str, charge_id: int) -> dict[str, Callable[..., Any]]:
    """All ways there are: from the registries, so that a new one is among them."""
    return {
        MoneyAct.PAYMENT.value: _paying(card),
        MoneyAct.CHARGE.value: _charging(card),
        **{act.value: _changing(act, charge_id) for act in CHANGES},
        **{f"{act.value} of what is owed": _giving_up(act, card) for act in GIVING_UP},
    }


WAYS = sorted(_cases("", 0))


def a_case(library: Library, way: str) -> Case:
    """100 owed, of which any amount up to 20 can be moved in every way."""
    card = a_patron(library)
    made = charge(library, card, 100)
    if way == MoneyAct.WRITE_OFF_REDUCTION.value:
        library.write(lambda each: _changing(MoneyAct.WRITE_OFF, made.id)(library, each, None, 40))
    if way == MoneyAct.REIMBURSEMENT.value:
        paid(library, card, 100)
        library.write(lambda each: _changing(MoneyAct.REDUCTION, made.id)(library, each, None, 40))
    return Case(card, made.id, _cases(card, made.id)[way])


def asked(library: Library, case: Case, order_id: str | None, amount: int = 10) -> Any:
    return library.write(lambda transaction: case.ask(library, transaction, order_id, amount))


def postings(library: Library) -> int:
    return len(library.read(_postings))


def test_every_act_has_a_way() -> None:
    assert {act.value for act in MoneyAct} <= set(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_an_order_is_done_once_and_answered_alike(database: Database, way: str) -> None:
    library = a_library(database)
    case = a_case(library, way)
    before = postings(library)
    first = asked(library, case, "A 1")
    assert (first.was_repeated, postings(library)) == (False, before + 1)
    owed = total(library, case.card)
    library.pass_time(days=400)
    again = asked(library, case, "A 1")
    assert replace(again, was_repeated=False) == first
    assert again.was_repeated
    other = asked(library, case, "A 1", 11)
    assert isinstance(other, Refused)
    assert other.reasons == (Reason.ORDER_ID_TAKEN,)
    assert (postings(library), total(library, case.card)) == (before + 1, owed)
    for _ in range(2):  # without an order id, it is done each time
        assert not asked(library, case, None, 5).was_repeated
    assert postings(library) == before + 3


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"charge"}))
def test_what_is_refused_leaves_the_order_id_free(library: Library, way: str) -> None:
    case = a_case(library, way)
    with suppress(ValueError):  # more than there is
        assert isinstance(asked(library, case, "A 1", 1_000), Refused)
    first = asked(library, case, "A 1")
    assert not first.was_repeated


@pytest.mark.parametrize("way", WAYS)
def test_sixteen_at_once_in_two_processes(database_url: str, way: str) -> None:
    databases = [open_database(database_url), open_database(database_url)]
    library = a_library(databases[0])
    libraries = [library, Library(databases[1], library.main, library.other)]
    case = a_case(library, way)
    before = postings(library)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda each: asked(each, case, "A 1"), libraries * 8))
    assert sum(not each.was_repeated for each in answers) == 1
    assert len({str(replace(each, was_repeated=False, **_lifted(each))) for each in answers}) == 1
    assert postings(library) == before + 1
    for each in databases:
        each.close()


@pytest.mark.parametrize("way", WAYS)
def test_an_order_id_that_no_index_holds_is_done_once(database: Database, way: str) -> None:
    library, noise = a_library(database), random.Random(1)
    case = a_case(library, way)
    before = postings(library)
    one, other = (noise.randbytes(4_000).hex() for _ in range(2))
    assert not asked(library, case, one).was_repeated
    assert asked(library, case, one).was_repeated
    assert not asked(library, case, other).was_repeated
    assert postings(library) == before + 2


def _lifted(answer: Any) -> dict[str, bool]:
    return {"lifted_block": False} if hasattr(answer, "lifted_block") else {}


@pytest.mark.parametrize("way", WAYS)
def test_one_order_of_two_persons_at_once_is_one_s(database_url: str, way: str) -> None:
    databases = [open_database(database_url), open_database(database_url)]
    library = a_library(databases[0])
    libraries = [library, Library(databases[1], library.main, library.other)]
    cases = [a_case(library, way), a_case(library, way)]
    before = postings(library)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each, case: asked(each, case, "A 1"), libraries, cases))
    refused = [each for each in answers if isinstance(each, Refused)]
    assert [each.reasons for each in refused] == [(Reason.ORDER_ID_TAKEN,)]
    assert postings(library) == before + 1
    for each in databases:
        each.close()


def test_the_order_of_who_was_erased_stays_taken(library: Library) -> None:
    case = a_case(library, "payment")
    asked(library, case, "A 1", 100)
    gone = number_of(library, case.card)
    library.write(lambda transaction: erase_person(library.act(transaction, UNATTENDED), gone))
    assert library.read(_orders) == 1
    answer = asked(library, a_case(library, "payment"), "A 1", 100)
    assert answer.reasons == (Reason.ORDER_ID_TAKEN,)


@send
def _forget_parts() -> Statement:
    return update(money_orders).values(charges=None, shares=None)


def test_a_payment_of_which_the_charges_were_not_kept_is_not_taken_twice(library: Library) -> None:
    """Orders from before there were any rows for them have the payment alone."""
    card = a_patron(library)
    made = charge(library, card, 100)
    first = paid(library, card, 60, order_id="A 1", charge=made.id)
    library.write(_forget_parts)
    again = paid(library, card, 60, order_id="A 1", charge=made.id)
    assert isinstance(first, Paid)
    assert again == replace(first, was_repeated=True)
    assert total(library, card) == 40


#: What makes it happen once where nobody asks for money to be moved: circulation does it by itself.
BY_ITS_STATE = {
    "ledger.reversals.reverse_payment": "the payment, which is undone once",
    "fees.acts._undo": "the moment of the act, whose charges are undone once",
    "fees.compensation.charge_compensation": "the loan: `charges.once`",
    "fees.compensation.cancel_compensation": "the charge, which is cancelled once",
    "fees.redating.reduce_again": "the amount that the new day gives",
    "fees.loan_fees.charge_act": "the loan or the hold that it is part of",
    "fees.late_fees.charge_lateness": "the occasion: `charges.once`",
    "dunning.fees.charge_step": "the step of a day: `charges.once`",
}
#: What opens accounts for those who name an order id.
OPENERS = {"ledger.postings.open_account", "ledger.charges.open_charge"}


def _calls(folder: str, *names: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions below a folder that call one of these, with their names."""
    for path in modules(folder):
        if not any(name in text_of(path) for name in names):
            continue
        module = name_of(path).removeprefix(f"{folder}.")
        for each in nodes_of(path):
            if isinstance(each, ast.FunctionDef) and any(
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in names
                for call in ast.walk(each)
            ):
                yield f"{module}.{each.name}", each


def test_nothing_moves_money_beside_the_orders() -> None:
    """Every posting needs an account, and whoever opens one goes through `once`, or is named
    here with what makes it happen once."""
    found = dict(_calls("circulation", "Account", "open_account", "open_charge"))
    ordered = dict(_calls("circulation", "once"))
    beside = found.keys() - ordered.keys() - OPENERS
    assert beside == BY_ITS_STATE.keys()
    wishes = {each.__name__: each._fields for each in (PaymentWish, GivingUp)}
    for name in ordered:
        arguments = ordered[name].args
        asked = {each.arg for each in arguments.kwonlyargs}
        for each in arguments.args:
            asked.update(wishes.get(ast.unparse(each.annotation or each), ()))
        assert "order_id" in asked, name


def test_protocols_ask_for_money_by_orders_alone() -> None:
    for folder in ("protocols", "catalogue"):
        names = ("open_account", "open_charge", "create_charge", "write_off", "reimburse")
        more = ("reduce_charge", "reduce_write_off", "set_amount", "settle_with_credit")
        assert not dict(_calls(folder, *names, *more))


def test_every_kind_of_posting_is_made_by_an_act() -> None:
    made = {kind.value for kind in EFFECTS}
    assert made == {kind.value for kind in PostingKind}
    corrections = {"creation", "cancellation", "payment_reduction"}
    assert made - corrections == {act.value for act in MoneyAct} - {"charge"}
