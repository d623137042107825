"""Random sequences of the verbs at several desks; what must hold is looked at after each."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from catalogue.database import Database, Statement, Transaction, many, open_database
from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, HoldState, Wanted
from circulation.holds.schema import captures, hold_sets, holds
from circulation.items.schema import transits
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, CheckedIn, CheckedOut, Destination, Refused, Renewed
from circulation.kernel.schema import events
from circulation.loans.features import HoldHandling
from circulation.loans.schema import loans
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import (
    a_copy,
    ask,
    cancel,
    change,
    clear,
    holds_of,
    pause,
    record_of,
    shelf,
)
from tests.examples import examples

PATRONS, TITLES, COPIES = 4, 3, 2


@many(tuple[int, int, int, datetime | None, str | None, int | None, str])
def _holds() -> Statement:
    return select(
        holds.c.id,
        holds.c.record_id,
        holds.c.patron_id,
        holds.c.closed,
        holds.c.outcome,
        holds.c.set_id,
        hold_sets.c.kind,
    ).select_from(holds.outerjoin(hold_sets, hold_sets.c.id == holds.c.set_id))


@many(tuple[int, int, int | None, int | None, datetime | None])
def _captures() -> Statement:
    return select(
        captures.c.hold_id,
        captures.c.item_id,
        captures.c.shelf_branch_id,
        captures.c.number,
        captures.c.released,
    )


@many(tuple[int, int | None])
def _open_loans() -> Statement:
    return select(loans.c.item_id, loans.c.patron_id).where(loans.c.checked_in.is_(None))


@many(tuple[int, int])
def _transits() -> Statement:
    return select(transits.c.item_id, transits.c.to_branch_id)


@many(tuple[int | None, str, str | None])
def _hold_events() -> Statement:
    return (
        select(events.c.hold_id, events.c.kind, events.c.after)
        .where(events.c.hold_id.is_not(None))
        .order_by(events.c.id)
    )


patrons = st.integers(0, PATRONS - 1)
copies = st.integers(0, TITLES * COPIES - 1)
desks = st.sampled_from([0, 1])
picks = st.integers(0, 5)


class Desks(RuleBasedStateMachine):
    """Two branches, a few patrons, and titles with two copies each."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.library: Library = a_library(self.database, hold_while_on_loan=False, max_holds=3)
        self.branches: list[Branch] = [self.library.main, self.library.other]
        self.cards = [a_patron(self.library) for _ in range(PATRONS)]
        self.barcodes: list[str] = []
        for number in range(TITLES):
            home = self.branches[number % 2]
            first = an_item(self.library, home=home)
            self.barcodes += [first, a_copy(self.library, first)]
        self.records = {barcode: record_of(self.library, barcode) for barcode in self.barcodes}

    # The verbs

    @rule(patron=patrons, copy=copies, at=desks, only_item=st.booleans(), priority=picks)
    def place(self, patron: int, copy: int, at: int, only_item: bool, priority: int) -> None:
        barcode = self.barcodes[copy]
        wanted = Wanted(item=barcode) if only_item else Wanted(self.records[barcode])
        answer = ask(
            self.library, self.cards[patron], wanted, at=self.branches[at], priority=priority % 2
        )
        self.tick()
        if isinstance(answer, HoldsPlaced):
            (placed,) = answer.holds
            assert placed.number_in_queue is not None
            assert placed.days is not None

    @rule(patron=patrons, at=desks, kind=st.sampled_from([HoldKind.PARALLEL, HoldKind.SERIAL]))
    def place_set(self, patron: int, at: int, kind: HoldKind) -> None:
        records = list(dict.fromkeys(self.records.values()))
        wanted = [Wanted(record) for record in records[:2]]
        ask(self.library, self.cards[patron], *wanted, kind=kind, at=self.branches[at])
        self.tick()

    @rule(patron=patrons, pick=picks)
    def cancel(self, patron: int, pick: int) -> None:
        for queued in self._own(patron, pick):
            assert not isinstance(cancel(self.library, self.cards[patron], queued.hold), Refused)

    @rule(patron=patrons, pick=picks, days=st.integers(-1, 3))
    def pause(self, patron: int, pick: int, days: int) -> None:
        today = self.library.today
        first = None if days < 0 else today
        for queued in self._own(patron, pick):
            pause(self.library, self.cards[patron], queued.hold, first, today + timedelta(days))

    @rule(patron=patrons, pick=picks, at=desks)
    def change_pickup(self, patron: int, pick: int, at: int) -> None:
        for queued in self._own(patron, pick):
            isil = self.branches[at].isil
            change(self.library, self.cards[patron], queued.hold, pickup_branch=isil)

    @rule(copy=copies, at=desks, handling=st.sampled_from(HoldHandling))
    def check_in(self, copy: int, at: int, handling: HoldHandling) -> None:
        first = self._handed_in(copy, at, handling)
        again = self._handed_in(copy, at, handling)  # a repeated command changes nothing
        if first is None or again is None:
            assert first is again
            return
        assert (again.destination, again.to_branch) == (first.destination, first.to_branch)
        assert again.held_for is None or not again.held_for.is_news
        self.tick()

    def _handed_in(self, copy: int, at: int, handling: HoldHandling) -> CheckedIn | None:
        """None where this desk takes nothing that another patron waits for."""
        here = self.branches[at]
        answer = self.library.check_in(self.barcodes[copy], at=here, holds=handling)
        if handling is HoldHandling.REFUSE and isinstance(answer, Refused):
            assert Reason.ON_HOLD_FOR_ANOTHER in answer.reasons
            return None
        assert isinstance(answer, CheckedIn)
        is_sent = answer.destination in (Destination.TRANSIT_HOME, Destination.TRANSIT_TO_PICKUP)
        assert is_sent == (answer.to_branch != here)
        is_held = answer.destination in (
            Destination.HOLD_SHELF_HERE,
            Destination.TRANSIT_TO_PICKUP,
        )
        assert is_held == (answer.held_for is not None)
        return answer

    @rule(patron=patrons, copy=copies, at=desks, no_block=st.booleans())
    def check_out(self, patron: int, copy: int, at: int, no_block: bool) -> None:
        barcode, card = self.barcodes[copy], self.cards[patron]
        answer = self.library.check_out(card, barcode, at=self.branches[at], no_block=no_block)
        self.tick()
        if isinstance(answer, CheckedOut):
            record = self.records[barcode]
            on_title = [each for each in holds_of(self.library, card) if each.hold.part == ""]
            assert all(
                each.hold.record_id != record or each.hold.item not in (None, barcode)
                for each in on_title
            )

    @rule(patron=patrons, copy=copies)
    def renew(self, patron: int, copy: int) -> None:
        card, barcode = self.cards[patron], self.barcodes[copy]
        answer = self.library.renew(card, barcode)
        assert isinstance(answer, Renewed | Refused)

    @rule(at=desks)
    def clear_shelf(self, at: int) -> None:
        clear(self.library, self.branches[at])
        assert clear(self.library, self.branches[at]) == []
        assert shelf(self.library, self.branches[at], only_to_go=True) == []

    @rule(days=st.integers(1, 9))
    def pass_time(self, days: int) -> None:
        self.library.pass_time(days=days)

    def tick(self) -> None:
        self.library.pass_time(minutes=1)

    def _own(self, patron: int, pick: int) -> list[Any]:
        """One of the patron's open holds, in a list; none where there are none."""
        own = holds_of(self.library, self.cards[patron])
        return [own[pick % len(own)]] if own else []

    # What must hold

    @invariant()
    def all_is_well(self) -> None:
        everything_is_in_one_place(self.library)
        queues_are_total(self.library, self.cards)


def everything_is_in_one_place(library: Library) -> None:
    """An item is on loan, sent, on a hold shelf, or none of these; no hold is lost."""

    def look(transaction: Transaction) -> tuple[list[Any], ...]:
        statements = (_holds, _captures, _open_loans, _transits, _hold_events)
        return tuple(statement(transaction) for statement in statements)

    all_holds, bound, lent, sent, told = library.read(look)
    on_loan = [item_id for item_id, _ in lent]
    assert len(set(on_loan)) == len(on_loan)
    in_transit = {item_id for item_id, _ in sent}
    on_shelf = {row[1] for row in bound if row[2] is not None}
    captured = {row[1] for row in bound}
    assert not set(on_loan) & in_transit
    assert not set(on_loan) & captured
    assert not in_transit & on_shelf
    assert len({row[0] for row in bound}) == len(captured) == len(bound)
    open_holds = {row[0] for row in all_holds if row[3] is None}
    for hold_id, _, _, _, released in bound:
        assert (released is None) == (hold_id in open_holds)
    # Each hold was placed once, and is open, or was closed once.
    placed = Counter(row[0] for row in told if row[1] == EventKind.HOLD_PLACED.value)
    closed = Counter(row[0] for row in told if row[1] == EventKind.HOLD_CLOSED.value)
    assert placed == Counter(row[0] for row in all_holds)
    assert closed == Counter(row[0] for row in all_holds if row[3] is not None)
    for_each = Counter((row[1], row[2]) for row in all_holds if row[3] is None)
    assert all(count == 1 for count in for_each.values())
    # A set that any one title would do for has one item at most.
    served = Counter(row[5] for row in all_holds if row[6] == "parallel" and row[0] in _live(bound))
    assert all(count == 1 for count in served.values())


def _live(bound: list[Any]) -> set[int]:
    return {row[0] for row in bound if row[4] is None}


def queues_are_total(library: Library, cards: list[str]) -> None:
    """Those who wait for a title have the numbers from 1 on; those who do not have none."""
    numbers: dict[int, list[int]] = {}
    for card in cards:
        for queued in holds_of(library, card):
            hold = queued.hold
            assert (queued.number_in_queue is None) == (hold.state is not HoldState.WAITING)
            assert (hold.number is not None) == (hold.state is HoldState.READY)
            if queued.number_in_queue is not None:
                numbers.setdefault(hold.record_id, []).append(queued.number_in_queue)
    for found in numbers.values():
        assert sorted(found) == list(range(1, len(found) + 1))


def test_any_sequence_of_verbs(sqlite_template: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        number = iter(range(10**6))

        class AtDesks(Desks):
            def __init__(self) -> None:
                path = Path(folder) / f"{next(number)}.sqlite"
                shutil.copy(sqlite_template, path)
                self.database = open_database(f"sqlite:///{path}")
                super().__init__()

            def teardown(self) -> None:
                self.database.close()

        run_state_machine_as_test(
            AtDesks,
            settings=examples(40, stateful_step_count=40, suppress_health_check=list(HealthCheck)),
        )


def test_eight_desks_at_the_same_items(library: Library) -> None:
    """Every verb from eight threads at once: no deadlock comes up, and all is well afterwards."""
    first = an_item(library)
    second = an_item(library, home=library.other)
    barcodes = [first, a_copy(library, first), second]
    wanted = [Wanted(record_of(library, barcode)) for barcode in (first, second)]
    cards = [a_patron(library) for _ in range(8)]
    failures: list[BaseException] = []

    def work_at_desk(number: int) -> None:
        card = cards[number]
        draw = random.Random(number)
        branches = [library.main, library.other]
        try:
            for _ in range(12):
                kind = draw.choice(list(HoldKind))
                ask(library, card, *wanted[: draw.randint(1, 2)], kind=kind)
                library.check_in(draw.choice(barcodes), at=draw.choice(branches))
                library.check_out(card, draw.choice(barcodes), no_block=draw.random() < 0.2)
                own = holds_of(library, card)
                if own and draw.random() < 0.4:
                    cancel(library, card, draw.choice(own).hold)
                elif own:
                    isil = draw.choice(branches).isil
                    change(library, card, draw.choice(own).hold, pickup_branch=isil)
                library.renew(card, draw.choice(barcodes))
                clear(library, draw.choice(branches))
        except BaseException as failure:
            failures.append(failure)

    desks_at_work = [threading.Thread(target=work_at_desk, args=(number,)) for number in range(8)]
    for desk in desks_at_work:
        desk.start()
    for desk in desks_at_work:
        desk.join()
    assert failures == []
    everything_is_in_one_place(library)
    queues_are_total(library, cards)
