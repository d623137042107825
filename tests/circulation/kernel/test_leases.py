"""What only one process does at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from catalogue.database import Database, Transaction
from circulation.jobs.running import run_job, try_job
from circulation.kernel.engine import Circulation
from circulation.kernel.leases import Lease, LeaseTaken

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
OURS, THEIRS = Lease("jobs", "host-a process 1"), Lease("jobs", "host-b process 1")


def hold(database: Database, lease: Lease, at: datetime = NOW) -> None:
    database.write(lambda transaction: lease.hold(transaction, at)).result()


def test_one_has_it_and_the_other_is_told_who(database: Database) -> None:
    hold(database, OURS)
    with pytest.raises(LeaseTaken, match="host-a process 1 is at it"):
        hold(database, THEIRS)
    hold(database, OURS, NOW + timedelta(seconds=30))
    with pytest.raises(LeaseTaken):
        hold(database, THEIRS, NOW + timedelta(seconds=89))
    hold(database, Lease("messages", THEIRS.holder))


def test_it_runs_out_when_its_holder_is_silent(database: Database) -> None:
    hold(database, OURS)
    hold(database, THEIRS, NOW + timedelta(seconds=60))
    with pytest.raises(LeaseTaken):
        hold(database, OURS, NOW + timedelta(seconds=61))


def test_it_is_given_back_by_its_holder_alone(database: Database) -> None:
    hold(database, OURS)
    database.write(THEIRS.give_back).result()
    with pytest.raises(LeaseTaken):
        hold(database, THEIRS)
    database.write(OURS.give_back).result()
    hold(database, THEIRS)


def test_of_many_who_want_it_at_once_one_gets_it(database: Database) -> None:
    gate, got = threading.Barrier(8), []

    def want(number: int) -> None:
        lease = Lease("jobs", f"host process {number}")
        gate.wait()
        try:
            hold(database, lease)
        except LeaseTaken:
            return
        got.append(number)

    threads = [threading.Thread(target=want, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def held(lease: Lease) -> Callable[[Transaction], None]:
    return lambda transaction: lease.hold(transaction, NOW)


def test_a_job_holds_it_and_does_nothing_without(database: Database) -> None:
    circulation, day = Circulation(), date(2026, 11, 25)
    run_job(circulation, database, "pins", day=day, now=NOW, hold=held(OURS))
    with pytest.raises(LeaseTaken):
        run_job(circulation, database, "pins", day=day, now=NOW, hold=held(THEIRS))
    # To show what would be done nobody needs it.
    try_job(circulation, database, "pins", day=day, now=NOW)
