"""What every kind of database promises (`catalogue.database.Database`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from catalogue.database import Database, DatabaseClosed, Transaction, open_database
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refused
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.contracts.counters import (
    PATIENCE,
    Undone,
    add_counter,
    all_counters,
    another,
    count_of,
    counters,
    in_threads,
    increment,
    open_loans,
)

# Reads and writes


def test_a_read_sees_every_write_that_was_answered(database: Database) -> None:
    for number in range(50):
        database.write(add_counter(f"{number:03}")).result(PATIENCE)
        assert len(counters(database)) == number + 1


def test_reads_that_share_a_snapshot_see_every_write_that_was_answered(database: Database) -> None:
    released: list[Callable[[], None]] = []
    database.defer_release(released.append)
    for number in range(20):
        database.write(add_counter(f"{number:03}")).result(PATIENCE)
        for _ in range(3):
            assert len(counters(database)) == number + 1
    for release in released:
        release()
    assert len(counters(database)) == 20


def test_a_wide_read_sees_them_too(database: Database) -> None:
    for number in range(20):
        database.write(add_counter(f"{number:03}")).result(PATIENCE)
        assert len(database.read(all_counters, wide=True).result(PATIENCE)) == number + 1


def test_a_wide_read_is_never_done_by_the_caller(database: Database) -> None:
    thread = database.read(lambda _: threading.get_ident(), wide=True).result(PATIENCE)
    assert thread != threading.get_ident()


def test_an_answered_write_is_committed(database: Database, database_url: str) -> None:
    with another(database_url) as second:
        for number in range(20):
            database.write(add_counter(f"{number:03}")).result(PATIENCE)
            assert len(counters(second)) == number + 1


def test_what_is_not_answered_yet_is_not_seen_by_others(
    database: Database, database_url: str
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> None:
        add_counter()(transaction)
        assert count_of(transaction, digest="a") == 0  # it sees its own
        inside.set()
        assert go_on.wait(PATIENCE)

    writing = database.write(slow)
    assert inside.wait(PATIENCE)
    with another(database_url) as second:
        assert counters(second) == []
        assert not writing.done()
        go_on.set()
        writing.result(PATIENCE)
        assert counters(second) == ["a"]


def test_a_job_that_fails_undoes_itself_and_nothing_else(database: Database) -> None:
    blocked, go_on = threading.Event(), threading.Event()

    def hold_up(_: Transaction) -> None:
        blocked.set()
        assert go_on.wait(PATIENCE)

    def fail(transaction: Transaction) -> None:
        add_counter("bad")(transaction)
        assert "bad" in [digest for (digest,) in all_counters(transaction)]
        raise Undone("on purpose")

    holding = database.write(hold_up)  # so that the rest may share a commit
    assert blocked.wait(PATIENCE)
    before = database.write(add_counter("before"))
    failing = database.write(fail)
    after = database.write(add_counter("later"))
    go_on.set()
    for answer in (holding, before, after):
        answer.result(PATIENCE)
    with pytest.raises(Undone, match="on purpose"):
        failing.result(PATIENCE)
    assert counters(database) == ["before", "later"]


def test_a_job_that_fails_with_no_other_beside_it_leaves_nothing(database: Database) -> None:
    def fail(transaction: Transaction) -> None:
        add_counter("bad")(transaction)
        raise Undone("on purpose")

    for digest in ("a", "b"):
        with pytest.raises(Undone, match="on purpose"):
            database.write(fail).result(PATIENCE)
        database.write(add_counter(digest)).result(PATIENCE)
    assert isinstance(database.write(add_counter("a")).exception(PATIENCE), Exception)
    assert counters(database) == ["a", "b"]


def test_a_broken_constraint_fails_its_job_alone(database: Database) -> None:
    database.write(add_counter("a")).result(PATIENCE)
    answers = [database.write(add_counter(digest)) for digest in ("b", "a", "c")]
    outcomes = [answer.exception(PATIENCE) for answer in answers]
    assert [outcome is None for outcome in outcomes] == [True, False, True]
    assert counters(database) == ["a", "b", "c"]


def test_a_failing_read_fails_alone(database: Database) -> None:
    def fail(_: Transaction) -> None:
        raise Undone

    database.write(add_counter()).result(PATIENCE)
    for wide in (False, True):
        with pytest.raises(Undone):
            database.read(fail, wide=wide).result(PATIENCE)
    assert counters(database) == ["a"]


def test_a_cancelled_write_does_not_happen(database: Database) -> None:
    go_on = threading.Event()
    holding = [database.write(lambda _: go_on.wait(PATIENCE)) for _ in range(16)]
    late = database.write(add_counter())
    assert late.cancel()
    go_on.set()
    for answer in holding:
        answer.result(PATIENCE)
    assert counters(database) == []


def test_closing_finishes_what_was_handed_in(database_url: str) -> None:
    with another(database_url) as database:
        answers = [database.write(add_counter(f"{number:03}")) for number in range(50)]
    assert all(answer.done() and answer.exception() is None for answer in answers)
    for ask in (database.read, database.write):
        with pytest.raises(DatabaseClosed):
            ask(all_counters)
    with another(database_url) as again:
        assert len(counters(again)) == 50


def test_closing_waits_for_a_read_of_another_thread(database_url: str) -> None:
    database = open_database(database_url)
    begun = threading.Event()

    def slowly(transaction: Transaction) -> int:
        begun.set()
        cursor = transaction.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
            " SELECT count(*) FROM n",
            (),
        )
        return int(cursor.fetchone()[0])

    with ThreadPoolExecutor() as others:
        answer = others.submit(lambda: database.read(slowly).result())
        assert begun.wait(PATIENCE)
        database.close()
        assert answer.result(PATIENCE) == 400_000


# Races


def test_threads_increment_without_loss(database: Database, database_url: str) -> None:
    database.write(add_counter()).result(PATIENCE)
    with another(database_url) as second:

        def count_up(index: int) -> None:
            for _ in range(25):
                (database, second)[index % 2].write(increment).result(PATIENCE)

        in_threads(8, count_up)
    assert (
        database.read(lambda transaction: count_of(transaction, digest="a")).result(PATIENCE) == 200
    )


def race(library: Library, databases: list[Database], loans: int) -> Counter[str]:
    """16 patrons grab at one item until it was lent so often; what they were told."""
    cards = [a_patron(library) for _ in range(16)]
    barcode = an_item(library)
    told: list[Counter[str]] = [Counter() for _ in cards]
    engines = [Circulation() for _ in databases]  # as in processes of their own
    end = time.monotonic() + PATIENCE

    def is_over() -> bool:
        lent, refused = (sum(each[word] for each in told) for word in ("out", "refused"))
        return (lent >= loans and refused > 0) or time.monotonic() > end

    def grab(index: int) -> None:
        mine = index % len(databases)
        database, circulation = databases[mine], engines[mine]
        desk = library.desk()

        def take(transaction: Transaction) -> CheckedOut | Refused:
            return check_out(
                Act(transaction, circulation, desk, library.now),
                LoanWish(patron=cards[index], item=barcode),
            )

        def give_back(transaction: Transaction) -> CheckedIn | Refused:
            return check_in(Act(transaction, circulation, desk, library.now), item=barcode)

        while not is_over():
            taken = database.write(take).result(PATIENCE)
            if isinstance(taken, CheckedOut):
                told[index]["out"] += 1
            else:
                # Others may have returned it, so that even "on loan to you" is possible.
                assert set(taken.reasons) <= {
                    Reason.ON_LOAN_TO_ANOTHER,
                    Reason.ALREADY_ON_LOAN_TO_PATRON,
                }
                told[index]["refused"] += 1
            returned = database.write(give_back).result(PATIENCE)
            assert isinstance(returned, CheckedIn)
            told[index]["in" if returned.was_on_loan else "seen"] += 1

    in_threads(len(cards), grab)

    events = library.events_of(barcode)
    moves = [event for event in events if event.kind is not EventKind.ITEM_SEEN]
    for number, event in enumerate(moves):
        assert event.kind is (EventKind.CHECKED_OUT, EventKind.CHECKED_IN)[number % 2], number
    for out, back in zip(moves[::2], moves[1::2], strict=False):
        assert (out.loan_id, out.patron_id) == (back.loan_id, back.patron_id)
    total = sum(told, Counter())
    kinds = Counter(event.kind for event in events)
    assert total["out"] == kinds[EventKind.CHECKED_OUT]
    assert total["in"] == kinds[EventKind.CHECKED_IN]
    assert total["seen"] == kinds[EventKind.ITEM_SEEN]
    assert library.read(open_loans) == total["out"] - total["in"]
    return total


def test_an_item_is_in_one_hand_at_a_time(database: Database) -> None:
    told = race(a_library(database), [database], 50)
    assert told["out"] >= 50
    assert told["refused"] > 0  # else it was no race


def test_nor_in_two_across_processes(database: Database, database_url: str) -> None:
    with another(database_url) as second:
        told = race(a_library(database), [database, second], 20)
    assert told["out"] >= 20
    assert told["refused"] > 0


def test_the_limit_of_loans_holds_at_many_desks_at_once(database: Database) -> None:
    library = a_library(database, max_loans=5)
    card = a_patron(library)
    barcodes = [an_item(library) for _ in range(24)]
    answers: list[Future[CheckedOut | Refused]] = [
        database.write(
            lambda transaction, barcode=barcode: check_out(
                library.act(transaction), LoanWish(patron=card, item=barcode)
            )
        )
        for barcode in barcodes
    ]
    lent = [answer.result(PATIENCE) for answer in answers]
    assert sum(isinstance(answer, CheckedOut) for answer in lent) == 5
    assert library.read(open_loans) == 5


# Durability

_LENDER = Path(__file__).parent / "lender.py"


def test_every_loan_that_was_answered_survives_kill_9(
    database: Database, database_url: str
) -> None:
    library = a_library(database)
    card = a_patron(library)
    for after in (1, 150, 400):
        barcodes = [an_item(library) for _ in range(8)]
        process = subprocess.Popen(
            [sys.executable, str(_LENDER), database_url, card, library.now.isoformat(), *barcodes],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        answered: dict[str, list[int]] = {barcode: [] for barcode in barcodes}
        for number, line in enumerate(process.stdout, start=1):
            barcode, loan_id = line.split()
            answered[barcode].append(int(loan_id))
            if number == after:
                os.kill(process.pid, signal.SIGKILL)  # and read on: what it had said by then counts
        assert process.wait(PATIENCE) == -signal.SIGKILL
        process.stdout.close()
        assert sum(map(len, answered.values())) >= after
        for barcode, loan_ids in answered.items():
            events = library.events_of(barcode)
            begun = [event.loan_id for event in events if event.kind is EventKind.CHECKED_OUT]
            ended = [event.loan_id for event in events if event.kind is EventKind.CHECKED_IN]
            # One more may have been committed than was answered, never one less; and what was
            # not answered happened wholly or not at all.
            assert begun[: len(loan_ids)] == loan_ids
            assert len(begun) <= len(loan_ids) + 1
            assert ended in (begun, begun[:-1])
            returned = library.check_in(barcode)
            assert isinstance(returned, CheckedIn)
            assert returned.was_on_loan == (len(ended) < len(begun))
