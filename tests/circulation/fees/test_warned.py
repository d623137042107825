"""Warnings of debts: when one reaches somebody, when the block begins, and when one comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from circulation.fees.debts import BATCH, block_warned, debt_to_warn, debts_to_warn
from circulation.fees.schema import debt_warnings
from circulation.fees.warned import Debt, note_unwarned, note_warning
from circulation.kernel.events import EventKind
from circulation.kernel.results import UNATTENDED
from circulation.ledger.money import ChargeKind
from circulation.patrons.schema import patron_blocks
from tests.builders.agencies import a_school, charge_at
from tests.builders.circulation import Library, a_patron, events_of_patron
from tests.builders.fees import charge, fee_rule, number_of, paid


@many(tuple[datetime, datetime | None, datetime | None, int, int | None])
def _warnings() -> Statement:
    return select(
        debt_warnings.c.warned,
        debt_warnings.c.reached,
        debt_warnings.c.blocked,
        debt_warnings.c.amount,
        debt_warnings.c.notice_id,
    )


@many(tuple[int | None, datetime, str])
def _blocks() -> Statement:
    return select(patron_blocks.c.agency_id, patron_blocks.c.since, patron_blocks.c.message)


NOTICE = 5


@pytest.fixture
def ruled(library: Library) -> Library:
    fee_rule(library, block_threshold=20_000, block_days=8)
    return library


def to_warn(library: Library) -> list[Debt]:
    def work(transaction: Transaction) -> list[Debt]:
        set_up = library.circulation.current_set_up(transaction)
        return debts_to_warn(transaction, set_up, now=library.now)[0]

    return library.read(work)


def warned(library: Library, card: str, amount: int = 20_000) -> Debt:
    """Who owes so much has been sent a letter, of which nobody knows yet where it is."""
    charge(library, card, amount)
    [debt] = to_warn(library)
    library.write(
        lambda transaction: note_warning(library.act(transaction), debt, notice_id=NOTICE)
    )
    return debt


def blocked(library: Library, came: Mapping[int, datetime]) -> list[Debt]:
    """Whom the nightly job blocks, where the letters have come to these moments."""

    def reached(_: Transaction, notices: Sequence[int]) -> Mapping[int, datetime]:
        return {number: came[number] for number in notices if number in came}

    def work(transaction: Transaction) -> list[Debt]:
        set_up = library.circulation.current_set_up(transaction)
        return block_warned(library.act(transaction, UNATTENDED), set_up, reached)[0]

    return library.write(work)


def test_the_days_run_from_the_one_on_which_the_letter_came(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    debt = warned(library, card)
    begun = library.now
    assert library.read(_warnings) == [(begun, None, None, 20_000, NOTICE)]
    library.pass_time(days=30)
    assert blocked(library, {}) == []  # it has come to nobody
    came = library.now - timedelta(days=1)
    assert blocked(library, {NOTICE: came}) == []
    assert library.read(_warnings) == [(begun, came, None, 20_000, NOTICE)]
    library.pass_time(days=6)
    assert blocked(library, {NOTICE: came + timedelta(days=9)}) == []
    assert library.read(_warnings)[0][1] == came  # the first moment stands
    library.pass_time(days=1)
    assert blocked(library, {NOTICE: came}) == [debt]
    assert blocked(library, {NOTICE: came}) == []
    assert library.read(_warnings) == [(begun, came, library.now, 20_000, NOTICE)]
    told = "owes 200.00 DKK in fees"
    assert library.read(_blocks) == [(library.main.agency_id, library.now, told)]


def test_a_letter_that_comes_back_takes_its_block_back(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    warned(library, card)
    came = library.now
    library.pass_time(days=8)
    assert len(blocked(library, {NOTICE: came})) == 1
    library.pass_time(days=1)
    assert blocked(library, {}) == []
    assert library.read(_blocks) == []
    assert [row[1:3] for row in library.read(_warnings)] == [(None, None)]
    event = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
    )[-1]
    assert (event.kind, event.at) == (EventKind.PATRON_UNBLOCKED, library.now)
    assert event.before == {"reason": "debt", "agency": library.main.agency_id}
    again = library.now
    assert blocked(library, {NOTICE: again}) == []  # the days run anew
    library.pass_time(days=8)
    assert len(blocked(library, {NOTICE: again})) == 1


def test_a_warning_is_an_event_with_who_warned(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    warned(library, card)
    event = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
    )[-1]
    assert (event.kind, event.at) == (EventKind.DEBT_WARNED, library.now)
    assert (event.actor, event.branch_id) == ("kiosk", library.main.id)


def test_who_could_not_be_told_is_noted_once_and_warned_later(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    charge(library, card, 20_000)
    [debt] = to_warn(library)
    first = library.now
    for _ in range(2):
        library.write(lambda transaction: note_unwarned(transaction, debt, now=library.now))
        library.pass_time(days=1)
    assert library.read(_warnings) == [(first, None, None, 20_000, None)]
    assert to_warn(library) == [debt]  # nobody was told
    for _ in range(2):
        library.write(lambda transaction: note_warning(library.act(transaction, UNATTENDED), debt))
        library.pass_time(days=1)
    told = library.now - timedelta(days=2)
    assert library.read(_warnings) == [(told, told, None, 20_000, None)]
    assert to_warn(library) == []


@pytest.mark.parametrize(
    ("fees", "compensations", "rule", "counted"),
    [
        (20_000, 0, {}, 20_000),
        (19_999, 0, {}, None),
        (19_999, 5_000, {}, None),
        (19_999, 1, {"block_counts_compensation": True}, 20_000),
        (15_000, 5_000, {"block_counts_compensation": True}, 20_000),
        (1, 0, {"block_threshold": 0}, 1),
        (0, 1, {"block_threshold": 0}, None),
        (20_000, 0, {"block_threshold": None}, None),
        (20_000, 0, {"currency": "SEK"}, None),
    ],
)
def test_what_counts_towards_a_block(
    library: Library, fees: int, compensations: int, rule: dict[str, Any], counted: int | None
) -> None:
    fee_rule(library, **({"block_threshold": 20_000, "block_days": 8} | rule))
    card = a_patron(library)
    if fees:
        charge(library, card, fees)
    if compensations:
        charge(library, card, compensations, ChargeKind.DAMAGE)
    assert [debt.amount for debt in to_warn(library)] == ([] if counted is None else [counted])

    def one(transaction: Transaction) -> Debt | None:
        set_up = library.circulation.current_set_up(transaction)
        who, agency = number_of(library, card), library.main.agency_id
        return debt_to_warn(transaction, set_up, who, agency, now=library.now)

    debt = library.read(one)
    assert (None if debt is None else debt.amount) == counted
    if debt is not None:
        assert debt == Debt(
            number_of(library, card),
            library.main.agency_id,
            debt.amount,
            "DKK",
            rule.get("block_threshold", 20_000),
            8,
            rule.get("block_counts_compensation", False),
        )


def test_what_is_owed_to_another_agency_is_its_own_debt(ruled: Library) -> None:
    library, card = ruled, a_patron(ruled)
    school = a_school(library)
    charge(library, card, 15_000)
    charge_at(library, school, card, 15_000)
    assert to_warn(library) == []
    charge_at(library, school, card, 5_000)
    assert [(debt.agency_id, debt.amount) for debt in to_warn(library)] == [
        (school.agency_id, 20_000)
    ]


@pytest.mark.parametrize(("payment", "is_let_go"), [(5_000, False), (5_001, True)])
def test_a_block_is_lifted_under_the_threshold_and_not_at_it(
    ruled: Library, payment: int, is_let_go: bool
) -> None:
    library, card = ruled, a_patron(ruled)
    fee_rule(library, block_threshold=20_000, block_days=8, partial_payment=True)
    warned(library, card, 25_000)
    came = library.now
    library.pass_time(days=8)
    blocked(library, {NOTICE: came})
    answer: Any = paid(library, card, payment)
    assert answer.lifted_block is is_let_go
    assert (library.read(_blocks) == []) is is_let_go
    assert (library.read(_warnings) == []) is is_let_go


def test_a_page_goes_on_where_the_last_ended(
    ruled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BATCH == 500
    monkeypatch.setattr("circulation.fees.debts.BATCH", 2)
    library = ruled
    cards = [a_patron(library) for _ in range(3)]
    for card in cards:
        charge(library, card, 20_000)

    def page(transaction: Transaction, after: int) -> tuple[list[Debt], int | None]:
        set_up = library.circulation.current_set_up(transaction)
        return debts_to_warn(transaction, set_up, now=library.now, after=after)

    found, after = library.read(lambda transaction: page(transaction, 0))
    assert [debt.patron_id for debt in found] == [number_of(library, card) for card in cards[:2]]
    assert after == number_of(library, cards[1]) - 1
    rest, end = library.read(lambda transaction: page(transaction, number_of(library, cards[1])))
    assert [debt.patron_id for debt in rest] == [number_of(library, cards[2])]
    assert end is None


def test_the_rules_of_a_category_hold_for_the_block_too(library: Library) -> None:
    fee_rule(library, patron_category="adult", block_threshold=20_000, block_days=8)
    fee_rule(library, patron_category="child", block_threshold=5_000, block_days=2)
    adult, child = a_patron(library), a_patron(library, category="child")
    for card in (adult, child):
        charge(library, card, 20_000)
    debts = to_warn(library)
    assert [debt.block_days for debt in debts] == [8, 2]
    for debt in debts:
        library.write(
            lambda transaction, d=debt: note_warning(library.act(transaction, UNATTENDED), d)
        )  # type: ignore[misc]
    library.pass_time(days=2)
    assert [debt.patron_id for debt in blocked(library, {})] == [number_of(library, child)]
    library.pass_time(days=6)
    assert [debt.patron_id for debt in blocked(library, {})] == [number_of(library, adult)]
