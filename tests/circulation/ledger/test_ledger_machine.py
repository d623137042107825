"""The sum of the postings is the balance that is shown, whatever is done and in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from catalogue.database import Database, Statement, Transaction, many, open_database
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut
from circulation.ledger.charge_lists import ChargePage
from circulation.ledger.charges import open_charge, reduce_charge, reduce_write_off, write_off
from circulation.ledger.money import Charge, ChargeKind, Paid, PaymentResult
from circulation.ledger.postings import EFFECTS
from circulation.ledger.reversals import reimburse, reverse_payment
from circulation.ledger.schema import charge_postings, charges, patron_balances, payments
from circulation.loans.undo import cancel_check_in
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.fees import charge, danish_fees, paid
from tests.examples import examples


@many(tuple[int, int | None, str, int, int, int, int])
def _charges() -> Statement:
    return select(
        charges.c.id,
        charges.c.patron_id,
        charges.c.kind,
        charges.c.amount,
        charges.c.paid,
        charges.c.written_off,
        charges.c.balance,
    )


@many(tuple[int, str, int])
def _postings() -> Statement:
    return select(charge_postings.c.charge_id, charge_postings.c.kind, charge_postings.c.amount)


@many(tuple[int, int, str])
def _parentless() -> Statement:
    return select(charge_postings.c.id, charge_postings.c.charge_id, charge_postings.c.kind).where(
        charge_postings.c.parent_id.is_(None)
    )


@many(tuple[int, int, int])
def _balances() -> Statement:
    return select(
        patron_balances.c.patron_id,
        patron_balances.c.fees,
        patron_balances.c.compensations,
    )


@many(tuple[str, int])
def _orders() -> Statement:
    return select(payments.c.order_id, func.count()).group_by(payments.c.order_id)


AMOUNTS = st.integers(1, 5_000)
PICKS = st.integers(0, 30)
CARDS = st.integers(0, 1)


def check_ledger(library: Library) -> None:
    """All sums agree: postings, charges, patrons."""
    found, postings, parentless, balances, orders = library.read(
        lambda transaction: (
            _charges(transaction),
            _postings(transaction),
            _parentless(transaction),
            _balances(transaction),
            _orders(transaction),
        )
    )
    summed: dict[int, list[int]] = {row[0]: [0, 0, 0] for row in found}
    for charge_id, kind, amount in postings:
        effect = next(effect for each, effect in EFFECTS.items() if each.value == kind)
        size = abs(amount)
        assert amount == size * (effect[0] - effect[1] - effect[2])
        for place, sign in enumerate(effect):
            summed[charge_id][place] += sign * size
    of_patrons: Counter[tuple[int, bool]] = Counter()
    for charge_id, patron_id, kind, amount, is_paid, written_off, balance in found:
        assert summed[charge_id] == [amount, is_paid, written_off]
        assert balance == amount - is_paid - written_off
        assert amount >= 0
        assert written_off >= 0
        assert is_paid >= 0
        assert balance >= 0 or not written_off  # nobody gets what was only given up
        of_patrons[patron_id, ChargeKind(kind).is_compensation] += balance
    for patron_id, fees, compensations in balances:
        assert (of_patrons.pop((patron_id, False), 0), of_patrons.pop((patron_id, True), 0)) == (
            fees,
            compensations,
        )
    assert not any(of_patrons.values())
    firsts = Counter(row[1] for row in parentless)
    assert set(firsts.values()) <= {1}  # each charge begins once; all else names what it is about
    assert all(row[1] == 1 for row in orders)


class Ledger(RuleBasedStateMachine):
    """Two patrons, one library, and everything that moves money."""

    template: Path
    url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        if self.url is None:
            shutil.copy(self.template, self.folder / "tiro.sqlite")
            self.database: Database = open_database(f"sqlite:///{self.folder / 'tiro.sqlite'}")
        else:
            self.database = open_database(self.url)
        self.begin()
        danish_fees(
            self.library,
            compensation="price",
            handling=500,
            replacement=5_000,
            overpayment="credit",
            block_threshold=5_000,
        )
        self.cards = [a_patron(self.library) for _ in range(2)]
        self.items = [an_item(self.library) for _ in range(3)]
        self.taken: list[Paid] = []

    def begin(self) -> None:
        self.library = a_library(self.database)

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def charge_picked(self, pick: int) -> Charge | None:
        from circulation.ledger.charge_lists import patron_charges

        made: list[Charge] = []
        for card in self.cards:
            page = self.library.read(
                lambda transaction, card=card: patron_charges(
                    self.library.circulation,
                    transaction,
                    patron=card,
                    now=self.library.now,
                    page=ChargePage(only_open=False),
                )
            )
            made += [line.charge for line in page.charges]  # type: ignore[union-attr]
        return made[pick % len(made)] if made else None

    def change(self, pick: int, verb: Any, *arguments: Any) -> None:
        picked = self.charge_picked(pick)
        if picked is None:
            return

        def work(transaction: Transaction) -> None:
            account, found = open_charge(self.library.act(transaction), charge_id=picked.id)
            verb(account, found, *arguments)

        with suppress(ValueError):  # more than there is
            self.library.write(work)

    @rule(card=CARDS, amount=AMOUNTS, is_damage=st.booleans())
    def charged(self, card: int, amount: int, is_damage: bool) -> None:
        kind = ChargeKind.DAMAGE if is_damage else ChargeKind.SERVICE
        charge(self.library, self.cards[card], amount, kind)

    @rule(card=CARDS, amount=AMOUNTS, order=st.none() | st.integers(0, 5))
    def pays(self, card: int, amount: int, order: int | None) -> None:
        order_id = None if order is None else f"order {order}"
        answer: PaymentResult = paid(self.library, self.cards[card], amount, order_id=order_id)
        if isinstance(answer, Paid):
            self.taken.append(answer)
            assert sum(each.amount for each in answer.allocations) + answer.credit == amount

    @rule(pick=PICKS)
    def payment_fails(self, pick: int) -> None:
        if self.taken:
            payment = self.taken[pick % len(self.taken)]
            self.library.write(
                lambda transaction: reverse_payment(
                    self.library.act(transaction, UNATTENDED),
                    payment_id=payment.payment_id,
                    reason="refused",
                )
            )

    @rule(pick=PICKS, amount=AMOUNTS)
    def reduced(self, pick: int, amount: int) -> None:
        self.change(pick, reduce_charge, amount, "reduced")

    @rule(pick=PICKS, amount=st.none() | AMOUNTS)
    def written_off(self, pick: int, amount: int | None) -> None:
        self.change(pick, write_off, "given up", amount)

    @rule(pick=PICKS)
    def owed_again(self, pick: int) -> None:
        self.change(pick, reduce_write_off, "owed again")

    @rule(pick=PICKS, amount=st.none() | AMOUNTS)
    def given_back(self, pick: int, amount: int | None) -> None:
        self.change(pick, reimburse, "given back", amount)

    @rule(card=CARDS, item=st.integers(0, 2))
    def lends(self, card: int, item: int) -> None:
        answer = self.library.check_out(self.cards[card], self.items[item])
        assert isinstance(answer, CheckedOut) or answer.refusals

    @rule(days=st.integers(1, 60))
    def time_passes(self, days: int) -> None:
        self.library.pass_time(days=days)

    @rule(item=st.integers(0, 2))
    def loses(self, item: int) -> None:
        from circulation.loans.lost import declare_lost

        self.library.write(
            lambda transaction: declare_lost(self.library.act(transaction), item=self.items[item])
        )

    @rule(item=st.integers(0, 2), is_taken_back=st.booleans())
    def hands_in(self, item: int, is_taken_back: bool) -> None:
        self.library.pass_time(seconds=1)
        answer = self.library.check_in(self.items[item])
        assert isinstance(answer, CheckedIn)
        if is_taken_back:
            check_ledger(self.library)
            self.library.pass_time(seconds=1)
            self.library.write(
                lambda transaction: cancel_check_in(
                    self.library.act(transaction), item=self.items[item]
                )
            )

    @invariant()
    def sums_agree(self) -> None:
        check_ledger(self.library)


def test_sums_agree_on_sqlite(sqlite_template: Path) -> None:
    Ledger.template = sqlite_template
    Ledger.url = None
    run_state_machine_as_test(
        Ledger,
        settings=examples(10, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
    )


def test_sums_agree_on_postgresql(request: pytest.FixtureRequest, one_postgresql_url: str) -> None:
    import psycopg

    from catalogue.database import metadata

    class OnPostgresql(Ledger):
        def begin(self) -> None:
            tables = ", ".join(sorted(set(metadata.tables) - {"set_up_version"}))
            with psycopg.connect(one_postgresql_url, autocommit=True) as connection:
                connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")  # type: ignore[arg-type]
            super().begin()

    OnPostgresql.url = one_postgresql_url
    try:
        run_state_machine_as_test(
            OnPostgresql,
            settings=settings(
                max_examples=1,
                phases=[Phase.generate],
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        tables = ", ".join(sorted(set(metadata.tables) - {"set_up_version"}))
        with psycopg.connect(one_postgresql_url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")  # type: ignore[arg-type]
            connection.execute("UPDATE set_up_version SET version = 0")
