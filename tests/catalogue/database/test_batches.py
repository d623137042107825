"""Batches of short writes that go on over several turns of the serving thread."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import Future

import pytest

from catalogue.database import Transaction, short_writes
from tests.catalogue.database.serving import Serving, here, names_of

pytestmark = pytest.mark.usefixtures("one_a_turn")


@pytest.fixture
def one_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn has time for one job, a batch for any number of turns."""
    monkeypatch.setattr(short_writes, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(short_writes, "BATCH_SECONDS", 30.0)


def begun(serving: Serving, *names: str) -> list[Future[int]]:
    """A batch whose first job was run, while the others wait for its next turns."""
    serving.done_by("before")
    answers = [serving.note(name) for name in names]
    serving.call_next()
    assert serving.database.waiting() == len(names) - 1
    return answers


def failing(transaction: Transaction) -> None:
    transaction.execute("INSERT INTO notes VALUES ('half')", ())
    raise ValueError("half-way")


def test_a_batch_goes_on_with_the_next_turn_and_is_committed_once(serving: Serving) -> None:
    serving.done_by("before")
    statements: list[str] = []
    serving.connection.set_trace_callback(statements.append)
    answers = [serving.note("first"), serving.note("second")]
    serving.call_next()
    assert serving.database.waiting() == 1
    answers.append(serving.note("of those who came between"))
    serving.call_next()
    assert serving.database.waiting() == 1
    assert not any(answer.done() for answer in answers)
    serving.until(*answers)
    assert [each for each in statements if each in ("BEGIN IMMEDIATE", "COMMIT")] == [
        "BEGIN IMMEDIATE",
        "COMMIT",
    ]
    assert [answer.result() for answer in answers] == [here()] * 3
    assert serving.names() == ["before", "first", "second", "of those who came between"]


def test_between_its_turns_nobody_sees_what_is_not_committed(serving: Serving) -> None:
    answers = begun(serving, "first", "second", "third")
    for _ in range(2):
        assert not serving.reads_where_it_writes()
        assert serving.database.read(names_of).result() == serving.names() == ["before"]
        serving.call_next()
    serving.until(*answers)
    assert serving.reads_where_it_writes()
    assert serving.database.read(names_of).result() == ["before", "first", "second", "third"]


def test_garbage_is_not_collected_between_its_turns(serving: Serving) -> None:
    answers = begun(serving, "first", "second")
    assert not gc.isenabled()
    serving.until(*answers)
    assert gc.isenabled()


def test_a_batch_ends_with_the_turn_in_which_it_has_become_old(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = begun(serving, "first", "second", "third")
    monkeypatch.setattr(short_writes, "BATCH_SECONDS", 0.0)
    serving.until(second)
    assert first.done()
    assert not third.done()
    assert serving.names() == ["before", "first", "second"]
    serving.until(third)


def test_one_that_fails_in_a_later_turn_is_undone_alone(serving: Serving) -> None:
    serving.done_by("before")
    first = serving.note("first")
    failed = serving.database.write(failing, short=True)
    last = serving.note("last")
    serving.call_next()
    assert serving.database.waiting() == 2
    serving.call_next()  # it fails: all are run once more, in turns as well
    assert serving.database.waiting() == 3
    assert not first.done()
    serving.until(first, failed, last)
    assert str(failed.exception()) == "half-way"
    assert first.result() == last.result() == here()
    assert serving.names() == ["before", "first", "last"]


def test_what_is_to_be_run_once_more_can_be_left_to_the_writer_thread(serving: Serving) -> None:
    serving.done_by("before")
    failed = serving.database.write(failing, short=True)
    answers = [serving.note("first"), serving.note("second")]
    serving.call_next()
    assert serving.database.waiting() == 3
    serving.short.hand_over()
    serving.until(failed, *answers)
    assert str(failed.exception()) == "half-way"
    assert here() not in [answer.result() for answer in answers]
    assert serving.names() == ["before", "first", "second"]


def test_a_fault_of_the_disk_in_a_later_turn_undoes_the_whole_batch(serving: Serving) -> None:
    serving.done_by("before")
    (pages,) = serving.connection.execute("PRAGMA page_count").fetchone()
    serving.connection.execute(f"PRAGMA max_page_count={pages}")
    answers = [serving.note("small"), serving.note("large" * 4000), serving.note("last")]
    serving.call_next()
    serving.until(*answers)
    assert here() not in [answer.result() for answer in answers]
    assert serving.names() == ["before", "small", "large" * 4000, "last"]


def test_the_writer_thread_does_not_wait_for_the_next_turn(serving: Serving) -> None:
    answers = begun(serving, "first", "second")
    seen = serving.database.write(names_of).result(10)  # while the serving thread does nothing
    assert seen == ["before", "first"]
    serving.until(*answers)
    assert serving.names() == ["before", "first", "second"]


def test_a_batch_ends_with_its_turn_where_the_writer_thread_waits(serving: Serving) -> None:
    serving.done_by("before")
    seen: list[Future[list[str]]] = []

    def work(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO notes VALUES ('first')", ())
        seen.append(serving.database.write(names_of))
        while not serving.database._has_turn():
            time.sleep(0.001)

    first, second = serving.database.write(work, short=True), serving.note("second")
    serving.call_next()
    assert seen[0].result(10) == ["before", "first"]
    serving.until(first, second)
    assert serving.names() == ["before", "first", "second"]


@pytest.mark.parametrize("closes_itself", [True, False])
def test_a_batch_is_finished_when_the_database_closes(
    serving: Serving, closes_itself: bool
) -> None:
    first, second = begun(serving, "first", "second")
    if closes_itself:
        serving.database.close()
    else:
        closing = threading.Thread(target=serving.database.close)
        closing.start()
        closing.join(30)
    assert first.result(0) == here()
    assert second.result(0) != here()
    while not serving.calls.empty():  # what comes too late does no harm
        serving.call_next()
    assert serving.names() == ["before", "first", "second"]
