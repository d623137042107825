"""Short writes: what every kind of database promises of them (`Database.write_here`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from catalogue.database import Database, Transaction
from tests.contracts.counters import (
    PATIENCE,
    Undone,
    add_counter,
    another,
    count_of,
    counters,
    in_threads,
    increment,
)


class Turns:
    """The serving thread: does what it was given, when it is told to."""

    def __init__(self, database: Database) -> None:
        self.calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        database.write_here(self.calls.put, self.calls.put)

    def until(self, *answers: Future[Any]) -> None:
        while not all(answer.done() for answer in answers):
            with suppress(Empty):  # other threads may do the work as well
                self.calls.get(timeout=0.01)()


def test_short_writes_are_committed_before_they_are_answered(
    database: Database, database_url: str
) -> None:
    turns = Turns(database)
    with another(database_url) as second:
        for number in range(20):
            answers = [
                database.write(add_counter(f"{number:03} {each}"), short=True) for each in range(3)
            ]
            if number % 4 == 3:  # they take turns with long ones
                answers.append(database.write(add_counter(f"{number:03} long")))
            turns.until(*answers)
            assert [answer.exception() for answer in answers] == [None] * len(answers)
            assert counters(second) == counters(database)
    assert len(counters(database)) == 65


def test_a_short_write_fails_alone(database: Database) -> None:
    turns = Turns(database)

    def fail(transaction: Transaction) -> None:
        add_counter("bad")(transaction)
        raise Undone("on purpose")

    works = [add_counter("a"), fail, add_counter("a"), add_counter("b")]
    answers = [database.write(work, short=True) for work in works]
    turns.until(*answers)
    first, bad, second, other = [answer.exception() for answer in answers]
    assert (first is None) != (second is None)  # several workers take them in any order
    assert isinstance(bad, Undone)
    assert other is None
    assert counters(database) == ["a", "b"]


def test_a_short_write_of_another_thread_needs_no_turn(database: Database) -> None:
    Turns(database)
    in_threads(4, lambda n: database.write(add_counter(str(n)), short=True).result(PATIENCE))
    assert counters(database) == ["0", "1", "2", "3"]


def test_a_cancelled_short_write_does_not_happen(database: Database) -> None:
    turns = Turns(database)
    holding = [database.write(lambda _: time.sleep(0.01)) for _ in range(16)]
    late = database.write(add_counter("late"), short=True)
    after = database.write(add_counter("after"), short=True)
    assert late.cancel()
    turns.until(after, *holding)
    assert counters(database) == ["after"]


def test_closing_finishes_short_writes(database_url: str) -> None:
    with another(database_url) as database:
        turns = Turns(database)
        committing = database.write(add_counter("first"), short=True)
        while not turns.calls.empty():
            turns.calls.get()()
        waiting = [database.write(add_counter(f"{each}"), short=True) for each in range(9)]
    for answer in (committing, *waiting):
        assert answer.done()
        assert answer.exception() is None
    while not turns.calls.empty():  # what comes too late does no harm
        turns.calls.get()()
    with another(database_url) as again:
        assert len(counters(again)) == 10


def test_short_writes_and_others_lose_nothing(database: Database, database_url: str) -> None:
    turns = Turns(database)
    turns.until(database.write(add_counter(), short=True))
    stop = threading.Event()

    def count_up(_: int) -> None:
        while not stop.is_set():
            other.write(increment).result(PATIENCE)
            own.append(database.write(increment).result(PATIENCE))

    own: list[int] = []
    with another(database_url) as other:
        thread = threading.Thread(target=count_up, args=(0,))
        thread.start()
        for _ in range(30):
            answers = [database.write(increment, short=True) for _ in range(4)]
            turns.until(*answers)
            own += [answer.result() for answer in answers]
        stop.set()
        thread.join()
    assert len(set(own)) == len(own)  # nobody was told the same
    total = database.read(lambda transaction: count_of(transaction, digest="a")).result(PATIENCE)
    assert total == 2 * (len(own) - 120) + 120
