"""An outage is told once, tried for its end, and over."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

import pytest

from catalogue.database import Transaction, open_database
from catalogue.database.outages import TRY_EVERY, TRY_SELDOM, DatabaseUnavailable, Outage


class _Clock:
    """Monotonic seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def outage(clock: _Clock) -> Outage:
    return Outage("the database in the cellar", 15.0, clock)


def _lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(record.levelno, record.getMessage()) for record in caplog.records]


def test_it_is_told_once_and_its_end_too(
    outage: Outage, clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    outage.end()
    assert outage.begin("it is under water")
    for _ in range(100):
        assert not outage.begin("it is still under water")
    assert outage.reason == "it is under water"
    clock.seconds += 12.5
    outage.end()
    outage.end()
    assert outage.reason is None
    (first, begun), (last, over) = _lines(caplog)
    assert (first, last) == (logging.ERROR, logging.WARNING)
    assert "in the cellar cannot be worked with: it is under water." in begun
    assert "can be worked with again, after 12.5 seconds" in over


def test_nobody_waits_for_the_end_of_an_old_one(outage: Outage, clock: _Clock) -> None:
    assert not outage.is_old
    outage.begin("gone")
    clock.seconds += 14.9
    assert not outage.is_old
    clock.seconds += 0.2
    assert outage.is_old
    assert isinstance(outage.error(), DatabaseUnavailable)
    assert "gone" in str(outage.error())
    outage.end()
    assert not outage.is_old


def test_one_that_comes_and_goes_is_tried_more_seldom(outage: Outage, clock: _Clock) -> None:
    tries = []
    for _ in range(9):
        outage.begin("a loose contact")
        tries.append(outage.try_every)
        clock.seconds += 10
        outage.end()
    assert tries[:4] == [TRY_EVERY, TRY_EVERY * 2, TRY_EVERY * 4, TRY_EVERY * 8]
    assert tries[-1] == TRY_SELDOM
    clock.seconds += 3600
    outage.begin("another day")
    assert outage.try_every == TRY_EVERY


def test_complaints_are_made_once_a_minute(
    outage: Outage, clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(130):
        outage.complain("somebody keeps a lock")
        clock.seconds += 1
    assert len(_lines(caplog)) == 3
    assert outage.reason is None


def test_a_write_that_takes_too_long_is_trouble_until_it_is_done(sqlite_url: str) -> None:
    """As where the disk hangs: what waits for it cannot be refused, new work can."""
    database = open_database(sqlite_url, patience=0.1)
    try:
        go_on, begun = threading.Event(), threading.Event()

        def work(transaction: Transaction) -> bool:
            begun.set()
            return go_on.wait(30)

        written = database.write(work)
        assert begun.wait(30)
        time.sleep(0.15)
        assert database.trouble() is not None
        go_on.set()
        assert written.result(30)
        assert database.write(lambda transaction: 1).result(30) == 1
        assert database.trouble() is None
    finally:
        database.close()


def test_work_that_cannot_have_the_lock_is_refused_and_the_next_done(sqlite_url: str) -> None:
    database = open_database(sqlite_url, patience=0.1)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="write lock"):
            database.write(lambda transaction: 1).result(30)
        assert database.trouble() is not None
        assert database.read(lambda transaction: 2).result(30) == 2
        other.execute("ROLLBACK")
        assert database.write(lambda transaction: 3).result(30) == 3
        assert database.trouble() is None
    finally:
        other.close()
        database.close()
