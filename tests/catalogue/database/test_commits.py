"""A connection that breaks during COMMIT: what became of the transaction is found out."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from catalogue.database import OutcomeUnknown, Transaction, lock_request, open_database
from catalogue.database.commits import CommitOutcome, find_outcome
from catalogue.database.pipelines import Pipeline, TransactionId
from tests.commit_cuts.cutter import Cut, Cutter
from tests.conftest import a_postgresql

PATIENCE = 5.0


@pytest.fixture(scope="module")
def cutter(postgresql_template: tuple[str, str]) -> Iterator[Cutter]:
    with a_postgresql(postgresql_template) as url, Cutter(url) as cutter:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE acts (name text)")
        yield cutter


def act(name: str, *, waits: bool = True) -> Any:
    """An act, of which each time that it is done leaves a row; `waits`: for an answer within it."""

    def work(transaction: Transaction) -> str:
        transaction.execute("INSERT INTO acts VALUES (%s)", (name,))
        if waits:
            transaction.execute("SELECT 1", ()).fetchone()
        return name

    return work


def done(cutter: Cutter, name: str) -> int:
    with psycopg.connect(cutter.direct) as connection:
        row = connection.execute("SELECT count(*) FROM acts WHERE name = %s", (name,)).fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("is_reset", [True, False])
@pytest.mark.parametrize("cut", Cut)
def test_work_is_answered_and_done_once_however_its_commit_is_cut(
    cutter: Cutter, cut: Cut, is_reset: bool, waits: bool
) -> None:
    before = cutter.cuts[cut]
    with closing(open_database(cutter.url, PATIENCE)) as database:
        for number in range(4):  # with and without a prepared COMMIT
            name = f"{cut} {is_reset} {waits} {number}"
            orders = [cutter.order(cut, 0.2, is_reset=is_reset) for _ in range(number)]
            assert database.write(act(name, waits=waits)).result(60) == name
            assert all(each.done.wait(10) for each in orders[:1])
            cutter.withdraw()
            time.sleep(0.3)
            assert done(cutter, name) == 1
    assert cutter.cuts[cut] - before >= 3


def test_an_outcome_that_is_not_decided_in_time_is_no_refusal(
    cutter: Cutter, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can connect after the cut, to look up what became of the commit."""
    with closing(open_database(cutter.url, 1.0)) as database:
        cutter.order(Cut.AFTER, 0.05, shut=math.inf)
        try:
            with caplog.at_level(logging.ERROR), pytest.raises(OutcomeUnknown):
                database.write(act("unknown")).result(60)
        finally:
            cutter.let_in()
        assert any("was not told that the request was refused" in each for each in caplog.messages)
    assert done(cutter, "unknown") == 1


def test_a_repetition_is_not_refused_while_the_first_is_in_progress_elsewhere(
    cutter: Cutter,
) -> None:
    """The COMMIT of another process is on its way when the wait for its answer is over."""

    def once(transaction: Transaction) -> int:
        lock_request(transaction, 31)
        known = "SELECT count(*) FROM acts WHERE name = %s"
        number = int(transaction.execute(known, ("repeated",)).fetchone()[0])
        if not number:
            transaction.execute("INSERT INTO acts VALUES (%s)", ("repeated",))
        return number

    with (
        closing(open_database(cutter.url, 60.0)) as first,
        closing(open_database(cutter.direct, 0.5)) as other,
    ):
        order = cutter.order(Cut.WAITS, 60.0, of=b"repeated")
        answer = first.write(once)
        assert order.done.wait(10)
        repeated = [other.write(once) for _ in range(4)]
        for each in repeated:
            with pytest.raises(OutcomeUnknown):
                each.result(60)
        assert done(cutter, "repeated") == 0
        order.released.set()
        assert answer.result(60) == 0
        assert other.write(once).result(60) == 1
    assert done(cutter, "repeated") == 1


def test_a_session_whose_commit_is_lost_is_ended(cutter: Cutter) -> None:
    """The COMMIT that comes late finds no session: the work is done once, by the second try."""
    with closing(open_database(cutter.url, PATIENCE)) as database:
        order = cutter.order(Cut.LATE, 2.0)
        assert database.write(act("late")).result(60) == "late"
        assert order.done.is_set()
    time.sleep(2.5)  # the late COMMIT has come
    assert done(cutter, "late") == 1


def test_the_server_says_what_became_of_a_transaction_of_its_own_history(cutter: Cutter) -> None:
    pipelines = [Pipeline(psycopg.connect(cutter.direct, autocommit=True)) for _ in range(2)]
    one, other = pipelines
    try:

        def begun() -> TransactionId:
            one.begin(writes=True)
            for _ in range(2):  # its id comes after the first answer
                one.execute("SELECT 1").fetchone()
            assert one.transaction_id is not None
            return one.transaction_id

        kept = begun()
        one.commit(writes=True)
        assert find_outcome(other, kept, PATIENCE) is CommitOutcome.COMMITTED
        undone = begun()
        one.roll_back()
        assert find_outcome(other, undone, PATIENCE) is CommitOutcome.NOT_COMMITTED
        # After a failover a number may be another transaction's, or one that is yet to come.
        elsewhere = kept._replace(timeline="0000000F")
        assert find_outcome(other, elsewhere, PATIENCE) is CommitOutcome.UNKNOWN
        coming = kept._replace(number=str(int(kept.number) + 1_000_000_000))
        assert find_outcome(other, coming, PATIENCE) is CommitOutcome.UNKNOWN
        assert find_outcome(other, kept, PATIENCE) is CommitOutcome.COMMITTED
    finally:
        for each in pipelines:
            each.close()
