"""`Services.perform`: which thread works, which thread hears, and what happens on a PIN miss."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from catalogue.database import Database, Statement, scalar_one, short_writes
from catalogue.schema import consortia
from circulation.kernel.engine import Circulation
from circulation.patrons.pins import PINS, hash_pin
from protocols.hosting.answering import Context, Lane, Services

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@scalar_one(int)
def add(*, name: str) -> Statement:
    return insert(consortia).values(name=name).returning(consortia.c.id)


@scalar_one(int)
def count() -> Statement:
    return select(func.count()).select_from(consortia)


class Loop:
    """The reactor's part: this thread runs what other threads hand in."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]]
        self.calls = queue.SimpleQueue()
        self.later: list[Callable[[], None]] = []
        self.wakeups = 0

    def call_from_thread(self, function: Callable[..., object], *arguments: Any) -> None:
        self.wakeups += 1
        self.calls.put((function, arguments))

    def call_later(self, seconds: float, function: Callable[[], None]) -> None:
        self.later.append(function)

    def run_until(self, is_done: Callable[[], bool]) -> None:
        while not is_done():
            function, arguments = self.calls.get(timeout=10)
            function(*arguments)

    def pass_time(self) -> None:
        due, self.later = self.later, []
        for function in due:
            function()


class Heard(list[tuple[Any, BaseException | None]]):
    """The answers, and that all of them came in the loop's thread."""

    def __call__(self, result: Any, error: BaseException | None) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.append((result, error))


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def services(database: Database, loop: Loop) -> Iterator[Services]:
    services = Services(
        database, Circulation(), lambda: NOW, loop.call_from_thread, loop.call_later
    )
    yield services
    services.close()


def test_a_bounded_read_on_sqlite_is_answered_before_perform_returns(
    services: Services, loop: Loop
) -> None:
    heard = Heard()
    services.perform(Lane.READ, lambda context: count(context.transaction), heard)
    if services.database.dialect == "sqlite":
        assert heard == [(0, None)]
    loop.run_until(lambda: len(heard) == 1)
    assert heard == [(0, None)]


def test_short_writes_on_sqlite_work_in_the_loop_and_share_a_commit(
    services: Services, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_writes, "TURN_SECONDS", 10.0)  # however slow the machine is
    heard, threads = Heard(), []

    def work(context: Context) -> int:
        threads.append(threading.get_ident())
        add(context.transaction, name=f"c{len(threads)}")
        return int(count(context.transaction))

    for _ in range(5):
        services.perform(Lane.SHORT_WRITE, work, heard)
    assert heard == []
    loop.run_until(lambda: len(heard) == 5)
    assert [error for _, error in heard] == [None] * 5
    assert services.database.read(count).result(10) == 5
    if services.database.dialect == "sqlite":
        assert [result for result, _ in heard] == [1, 2, 3, 4, 5]
        assert set(threads) == {threading.get_ident()}
        assert loop.wakeups == 2  # the end of the turn, and the commit


@pytest.mark.parametrize("lane", [Lane.WIDE_READ, Lane.WRITE])
def test_other_lanes_work_in_a_thread_and_answer_in_the_loop(
    services: Services, loop: Loop, lane: Lane
) -> None:
    heard = Heard()
    worked_in: list[threading.Thread] = []

    def work(context: Context) -> datetime:
        worked_in.append(threading.current_thread())
        return context.now

    services.perform(lane, work, heard)
    loop.run_until(lambda: len(heard) == 1)
    assert heard == [(NOW, None)]
    assert worked_in[0] is not threading.main_thread()


def test_a_read_sees_every_write_answered_before_it(services: Services, loop: Loop) -> None:
    seen: list[int] = []
    for number in range(1, 6):
        heard = Heard()
        # A snapshot is open already when the write is answered: it must not be used any more.
        services.perform(Lane.READ, lambda context: count(context.transaction), Heard())
        services.perform(
            Lane.WRITE, lambda context, n=number: add(context.transaction, name=f"c{n}"), heard
        )
        loop.run_until(lambda heard=heard: len(heard) == 1)
        read = Heard()
        services.perform(Lane.READ, lambda context: count(context.transaction), read)
        loop.run_until(lambda read=read: len(read) == 1)
        seen.append(read[0][0])
    assert seen == [1, 2, 3, 4, 5]


def test_reads_share_a_snapshot_only_until_it_is_released(
    services: Services, loop: Loop, database_url: str
) -> None:
    from catalogue.database import open_database

    other = open_database(database_url)
    try:

        def how_many() -> int:
            heard = Heard()
            services.perform(Lane.READ, lambda context: count(context.transaction), heard)
            loop.run_until(lambda: len(heard) == 1)
            return int(heard[0][0])

        assert how_many() == 0
        other.write(lambda transaction: add(transaction, name="from elsewhere")).result()
        loop.pass_time()
        assert how_many() == 1
    finally:
        other.close()


def test_an_error_reaches_the_caller_and_undoes_only_its_own_work(
    services: Services, loop: Loop
) -> None:
    heard = Heard()

    def fail(context: Context) -> None:
        add(context.transaction, name="half done")
        raise LookupError("on purpose")

    services.perform(Lane.WRITE, lambda context: add(context.transaction, name="kept"), heard)
    services.perform(Lane.WRITE, fail, heard)
    loop.run_until(lambda: len(heard) == 2)
    assert sorted(type(error) for _, error in heard if error) == [LookupError]
    read = Heard()
    services.perform(Lane.READ, lambda context: count(context.transaction), read)
    loop.run_until(lambda: len(read) == 1)
    assert read == [(1, None)]


def test_a_reply_that_fails_does_not_keep_back_the_others(services: Services, loop: Loop) -> None:
    heard = Heard()

    def broken(result: Any, error: BaseException | None) -> None:
        raise ValueError("this peer's reply cannot be made")

    services.perform(Lane.WRITE, lambda context: 1, broken)
    services.perform(Lane.WRITE, lambda context: 2, heard)
    loop.run_until(lambda: len(heard) == 1)
    assert heard == [(2, None)]


@pytest.mark.parametrize(("pin", "verdict"), [("1234", True), ("4321", False)])
@pytest.mark.parametrize("lane", list(Lane))
def test_a_pin_not_seen_before_is_hashed_in_a_thread_and_the_work_runs_again(
    services: Services, loop: Loop, lane: Lane, pin: str, verdict: bool
) -> None:
    stored = hash_pin("1234")
    runs: list[int] = []

    def work(context: Context) -> bool:
        runs.append(1)
        return PINS.of(context.circulation).check(stored, pin)

    for times in (2, 3):  # the second request finds the verdict in memory
        heard = Heard()
        services.perform(lane, work, heard)
        loop.run_until(lambda heard=heard: len(heard) == 1)
        assert heard == [(verdict, None)]
        assert len(runs) == times


def test_work_that_never_stops_asking_for_hashes_is_an_error_not_a_loop(
    services: Services, loop: Loop
) -> None:
    heard = Heard()
    asked: list[str] = []

    def work(context: Context) -> bool:
        asked.append(hash_pin("1234"))
        return PINS.of(context.circulation).check(asked[-1], "1234")

    services.perform(Lane.WRITE, work, heard)
    loop.run_until(lambda: len(heard) == 1)
    assert heard[0][1] is not None
    assert len(asked) <= 5


def test_after_the_database_is_closed_every_request_gets_an_error(
    services: Services, loop: Loop
) -> None:
    services.database.close()
    heard = Heard()
    for lane in Lane:
        services.perform(lane, lambda context: 1, heard)
    assert len(heard) == len(Lane)
    assert all(isinstance(error, RuntimeError) for _, error in heard)
