"""Short writes of the serving thread: who does them, and what becomes of them in foul weather."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from queue import Empty

import pytest

from catalogue.database import DatabaseUnavailable, Transaction, short_writes
from catalogue.database.readers import Reader, ReadHasWritten
from catalogue.database.turns import TURN_SECONDS
from tests.catalogue.database.serving import NAMES, PATIENCE, Serving, held, here, names_of

#: Bytes of a page, of which each commit writes one at least.
PAGE = 4096


@pytest.fixture
def stranger(serving: Serving) -> Iterator[sqlite3.Connection]:
    """Another process, as far as the file's locks go."""
    connection = sqlite3.connect(serving.path, isolation_level=None)
    yield connection
    connection.close()


def test_the_serving_thread_does_them_itself_and_waits_for_no_disk(serving: Serving) -> None:
    first, second = serving.note("first"), serving.note("second")
    assert serving.database.waiting() == 2
    serving.call_next()  # the end of the turn
    assert serving.database.waiting() == 0
    assert not first.done()  # even if it is committed by now
    meanwhile = serving.note("third")
    serving.until(first, second)
    assert first.result() == second.result() == here()
    serving.until(meanwhile)
    assert serving.names() == ["first", "second", "third"]


def test_the_log_begins_anew_beside_reads_without_pause(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_writes, "COPIED_ROWS", 1)
    database, notes = serving.database, 200
    database.defer_release(lambda release: None)  # is not come to: the turn does not end

    def count(transaction: Transaction) -> int:
        return int(transaction.execute("SELECT count(*) FROM notes", ()).fetchone()[0])

    for number in range(notes):
        answer = serving.note(str(number))
        while not answer.done():
            assert database.read(count).result() >= number  # while it is committed, too
            with suppress(Empty):
                serving.call_next()
    assert database.read(count).result() == notes
    assert Path(f"{serving.path}-wal").stat().st_size < notes * PAGE


def test_the_log_is_copied_beside_what_is_written(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_writes, "COPIED_ROWS", 1)
    monkeypatch.setattr(short_writes, "COPIES", 1000)
    for number in range(3):
        serving.until(serving.note(str(number)))
    serving.until(serving.note("whose commit comes after the copy"))
    without_log = sqlite3.connect(f"{serving.path.as_uri()}?immutable=1", uri=True)
    with closing(without_log):
        assert [name for (name,) in without_log.execute(NAMES)][:3] == ["0", "1", "2"]


def test_where_the_file_is_in_doubt_what_waits_does_not_wait_for_a_copy(serving: Serving) -> None:
    serving.until(serving.note("before"))
    serving.short._copies = short_writes.COPIES
    serving.short.doubt()
    answer = serving.note("after")
    for _ in range(3):  # the turn, its commit, and what is told of it
        with suppress(Empty):
            serving.calls.get(timeout=10 if not answer.done() else 0)()
    assert answer.done()
    assert serving.names() == ["before", "after"]


def test_one_batch_takes_no_longer_than_others_can_wait(serving: Serving) -> None:
    begun = []

    def work(transaction: Transaction) -> None:
        begun.append(time.monotonic())
        time.sleep(TURN_SECONDS / 4)

    answers = [serving.database.write(work, short=True) for _ in range(12)]
    serving.call_next()
    assert 1 <= len(begun) <= 5
    serving.until(*answers)
    assert len(begun) == 12


def test_one_that_fails_half_way_is_undone_alone(serving: Serving) -> None:
    runs: list[str] = []

    def failing(transaction: Transaction) -> None:
        runs.append("failing")
        transaction.execute("INSERT INTO notes VALUES ('half')", ())
        raise ValueError("half-way")

    def refusing(transaction: Transaction) -> None:
        runs.append("refusing")
        transaction.execute("SELECT count(*) FROM notes", ()).fetchall()
        raise ValueError("nothing was done")

    first = serving.note("first")
    refused = serving.database.write(refusing, short=True)
    second = serving.note("second")
    serving.until(first, refused, second)
    assert runs == ["refusing"]  # what has changed nothing leaves nothing to undo
    third = serving.note("third")
    failed = serving.database.write(failing, short=True)
    refused = serving.database.write(refusing, short=True)
    fourth = serving.note("fourth")
    serving.until(third, failed, refused, fourth)
    assert [answer.result() for answer in (first, second, third, fourth)] == [here()] * 4
    assert str(failed.exception()) == "half-way"
    assert str(refused.exception()) == "nothing was done"
    assert runs == ["refusing", "failing", "failing", "refusing"]
    assert serving.names() == ["first", "second", "third", "fourth"]


def test_while_the_writer_thread_has_its_turn_they_wait_for_its_end(serving: Serving) -> None:
    holding, go_on = held(serving)
    short = serving.note("meanwhile")
    serving.call_next()  # the serving thread is not held up
    later = serving.note("later")
    assert serving.calls.empty()
    assert serving.database.waiting() == 2
    go_on.set()
    serving.until(holding, short, later)
    assert short.result() == later.result() == here()
    assert serving.done_by("afterwards") == here()
    assert serving.names() == ["meanwhile", "later", "afterwards"]


def test_they_go_before_the_next_turn_of_the_writer_thread(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_writes, "COURTESY", 30.0)

    def long(transaction: Transaction, name: str) -> None:
        transaction.execute("INSERT INTO notes VALUES (?)", (name,))

    holding, go_on = held(serving)
    names = ["one", "two", "three"]
    longs = [serving.database.write(partial(long, name=name)) for name in names]
    short = serving.note("short")
    serving.call_next()
    go_on.set()
    serving.until(holding, short, *longs)
    assert serving.names() == ["short", *names]


def test_what_has_waited_for_the_writer_thread_is_its_own_at_the_end(serving: Serving) -> None:
    holding, go_on = held(serving)
    short = serving.note("short")
    serving.call_next()
    closing = threading.Thread(target=serving.database.close)
    closing.start()
    while serving.database._short is not None and serving.database._short.waiting():
        time.sleep(0.001)
    go_on.set()
    closing.join()
    assert holding.result() is True
    assert short.result() not in (here(), 0)
    assert serving.names() == ["short"]


def test_a_turn_of_the_writer_thread_is_short_however_much_waits_for_it(serving: Serving) -> None:
    def work(transaction: Transaction, turns: list[float]) -> None:
        began = serving.database._batch_began
        assert began is not None
        turns.append(began)
        time.sleep(TURN_SECONDS / 3)

    holding, go_on = held(serving)
    turns: list[float] = []
    answers = [serving.database.write(partial(work, turns=turns)) for _ in range(12)]
    go_on.set()
    serving.until(holding, *answers)
    assert len(turns) == 12
    assert max(Counter(turns).values()) <= 5


def handed_in(serving: Serving, name: str) -> tuple[threading.Thread, list[int]]:
    """A thread that waits for its own short write, and by which thread that was done."""
    done_by: list[int] = []
    thread = threading.Thread(target=lambda: done_by.append(serving.note(name).result()))
    thread.start()
    return thread, done_by


def test_what_other_threads_write_that_is_short_shares_a_commit_with_it(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.database.answers.LET_WAIT", 30.0)
    thread, done_by = handed_in(serving, "of another")
    own = serving.note("own")
    while serving.database.waiting() < 2:
        time.sleep(0.001)
    serving.until(own)
    while thread.is_alive():
        with suppress(Empty):
            serving.calls.get(timeout=0.01)()
    assert done_by == [here()] == [own.result()]
    assert sorted(serving.names()) == ["of another", "own"]


def test_where_the_serving_thread_does_not_come_to_it_another_does_it(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be waiting for the one that waits: nobody waits for ever."""
    monkeypatch.setattr("catalogue.database.answers.LET_WAIT", 0.01)
    thread, done_by = handed_in(serving, "of another")
    thread.join(30)
    assert done_by not in ([], [here()])
    assert serving.names() == ["of another"]


def test_the_serving_thread_does_not_wait_for_itself(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.database.answers.LET_WAIT", 30.0)
    assert serving.note("own").result(timeout=10) != here()
    assert serving.names() == ["own"]


def test_what_was_handed_in_is_done_before_the_database_closes(serving: Serving) -> None:
    threads = [handed_in(serving, f"of another {number}") for number in range(5)]
    while serving.database.waiting() < 5:
        time.sleep(0.001)
    serving.database.close()
    for thread, done_by in threads:
        thread.join(30)
        assert done_by not in ([], [here()])
    assert len(serving.names()) == 5


def test_while_another_process_has_the_lock_the_writer_thread_waits(
    serving: Serving, stranger: sqlite3.Connection
) -> None:
    assert serving.done_by("before") == here()
    stranger.execute("BEGIN IMMEDIATE")
    waiting = [serving.note("one"), serving.note("two")]
    began = time.monotonic()
    serving.call_next()
    assert time.monotonic() - began < PATIENCE / 2
    stranger.execute("ROLLBACK")
    serving.until(*waiting)
    assert here() not in [answer.result() for answer in waiting]
    assert serving.done_by("after") == here()
    assert serving.names() == ["before", "one", "two", "after"]


def test_who_waits_too_long_for_it_is_refused_and_the_next_is_not(
    serving: Serving, stranger: sqlite3.Connection
) -> None:
    assert serving.done_by("before") == here()
    stranger.execute("BEGIN IMMEDIATE")
    refused = serving.note("refused")
    serving.until(refused)
    assert isinstance(refused.exception(), DatabaseUnavailable)
    assert serving.database.trouble() is not None
    stranger.execute("ROLLBACK")
    for _ in range(100):
        if serving.database.trouble() is None:
            break
        time.sleep(0.1)
    assert serving.done_by("after") == here()
    assert serving.names() == ["before", "after"]


def test_a_batch_that_meets_a_fault_of_the_disk_is_done_again_whole(serving: Serving) -> None:
    """Here a file that may not grow: the writer thread's connection knows nothing of that."""
    assert serving.done_by("before") == here()
    (pages,) = serving.connection.execute("PRAGMA page_count").fetchone()
    serving.connection.execute(f"PRAGMA max_page_count={pages}")
    answers = [serving.note("small"), serving.note("large" * 4000), serving.note("last")]
    serving.until(*answers)
    assert here() not in [answer.result() for answer in answers]
    assert serving.names() == ["before", "small", "large" * 4000, "last"]
    assert serving.done_by("large" * 4000) == here()  # by a connection of its own again
    assert serving.database.outage.reason is None


def test_a_commit_that_fails_is_done_again_by_the_writer_thread(serving: Serving) -> None:
    assert serving.done_by("before") == here()
    serving.connection.execute("PRAGMA foreign_keys=ON")
    with sqlite3.connect(serving.path) as other:
        other.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
        other.execute(
            "CREATE TABLE many (one INTEGER REFERENCES one DEFERRABLE INITIALLY DEFERRED)"
        )
    other.close()

    def orphan(transaction: Transaction) -> int:
        if threading.get_ident() == here_id:  # refused when it is committed
            transaction.execute("INSERT INTO many VALUES (1)", ())
        return threading.get_ident()

    here_id = here()
    answers = [serving.note("same batch"), serving.database.write(orphan, short=True)]
    serving.until(*answers)
    assert here() not in [answer.result() for answer in answers]
    assert serving.names() == ["before", "same batch"]
    assert serving.done_by("after") == here()


def test_in_an_outage_nothing_is_tried_here(serving: Serving) -> None:
    serving.database.outage.begin("the test says so")
    assert serving.done_by("during") != here()  # which ends it
    assert serving.database.outage.reason is None
    assert serving.done_by("after") == here()


def test_between_two_batches_it_reads_on_the_connection_that_writes(serving: Serving) -> None:
    database = serving.database
    assert not serving.reads_where_it_writes()  # there is none yet
    serving.done_by("first")
    assert serving.reads_where_it_writes()
    assert database.read(names_of).result() == ["first"]
    answer = serving.note("second")
    serving.call_next()  # lets go of the snapshot
    while not answer.done():
        if serving.short.began is not None:
            assert not serving.reads_where_it_writes()  # nothing is seen before it is durable
            assert database.read(names_of).result() in (["first"], ["first", "second"])
        with suppress(Empty):
            serving.calls.get(timeout=0.001)()
    assert serving.reads_where_it_writes()
    assert database.read(names_of).result() == ["first", "second"]


def test_a_batch_is_read_elsewhere_until_it_is_on_the_disk(serving: Serving) -> None:
    serving.done_by("first")
    seen: list[tuple[bool, list[str]]] = []

    def work(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO notes VALUES ('second')", ())
        where = serving.reads_where_it_writes()
        seen.append((where, serving.database.read(names_of).result()))

    serving.until(serving.database.write(work, short=True))
    assert seen == [(False, ["first"])]


def test_a_snapshot_there_does_not_outlast_what_others_write(
    serving: Serving, stranger: sqlite3.Connection
) -> None:
    serving.done_by("first")
    assert serving.database.read(names_of).result() == ["first"]
    stranger.execute("INSERT INTO notes VALUES ('of another process')")
    assert serving.done_by("second") == here()
    told = serving.database.write(
        lambda transaction: transaction.execute("INSERT INTO notes VALUES ('third')", ())
    )
    serving.until(told)
    assert serving.database.read(names_of).result() == serving.names()
    assert len(serving.names()) == 4


def test_what_reads_and_writes_all_the_same_is_undone_and_told(serving: Serving) -> None:
    serving.done_by("first")

    def reading(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO notes VALUES ('by a read')", ())

    for _ in range(2):
        assert serving.reads_where_it_writes()
        assert isinstance(serving.database.read(reading).exception(), ReadHasWritten)
        assert serving.database.read(names_of).result() == ["first"]
    assert serving.done_by("second") == here()
    assert serving.names() == ["first", "second"]


def test_a_read_that_meets_a_fault_of_the_disk_there_goes_elsewhere_then(serving: Serving) -> None:
    serving.done_by("first")

    def failing(transaction: Transaction) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        error.sqlite_errorname = "SQLITE_IOERR"
        raise error

    short = serving.short
    before: Reader | None = short._reader
    assert isinstance(serving.database.read(failing).exception(), DatabaseUnavailable)
    assert not serving.reads_where_it_writes()
    assert serving.database.read(names_of).result() == ["first"]
    assert serving.done_by("second") == here()
    assert short._reader is not before  # opened anew
    assert serving.reads_where_it_writes()
