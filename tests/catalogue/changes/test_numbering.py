"""Change numbers: above all that are to be seen, in the order of commits, in small turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.change_notes import Aspect, note_changes, runs
from catalogue.changes import numbering
from catalogue.changes.numbering import (
    is_unnumbered,
    last_number,
    moment_of,
    number_changes,
    number_of,
    safe_moment,
)
from catalogue.database import Database, Transaction
from tests.builders.catalogue import NOW, a_record, add_records


def numbers(database: Database) -> dict[int, int]:
    rows: list[tuple[int, int]] = database.read(
        lambda transaction: transaction.execute(
            "SELECT record_id, number FROM record_changes WHERE aspect = 1", ()
        ).fetchall()
    ).result()
    return dict(tuple(row) for row in rows)


def number_all(database: Database, now: datetime = NOW) -> list[int]:
    """Every turn until all is numbered: how many records each had."""
    found = []
    while True:
        turn = database.write(lambda transaction: number_changes(transaction, lambda: now)).result()
        found.append(turn.records)
        if not turn.is_more:
            return found


@given(st.sets(st.integers(1, 60)))
def test_runs_are_the_numbers(chosen: set[int]) -> None:
    found = list(runs(chosen))
    assert sorted(chosen) == [each for first, last in found for each in range(first, last + 1)]
    assert all(after[0] > before[1] + 1 for before, after in pairwise(found))


@given(st.integers(0, 2**52))
def test_a_number_is_a_moment(number: int) -> None:
    assert number_of(moment_of(number)) == number


def test_turns_are_short(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbering.AT_MOST["sqlite"] == 100  # nobody lends meanwhile
    monkeypatch.setitem(numbering.AT_MOST, "postgresql", 100)
    most = numbering.AT_MOST[database.dialect]
    data = [a_record(f"Title {number}") for number in range(most + 3)]
    ids = database.write(lambda transaction: add_records(transaction, data)).result()
    assert number_all(database) == [most, 3]
    found = numbers(database)
    assert sorted(found) == ids
    assert len(set(found.values())) == len(ids)


def test_numbers_only_grow(database: Database) -> None:
    """Also where the clock goes back; what never was gets none."""
    first, second = database.write(
        lambda transaction: add_records(transaction, [a_record("A"), a_record("B")])
    ).result()
    number_all(database)
    before = numbers(database)

    def change(transaction: Transaction) -> None:
        note_changes(transaction, [first, 999], Aspect.RECORD)

    database.write(change).result()
    number_all(database, NOW - timedelta(days=1))
    after = numbers(database)
    assert set(after) == {first, second}
    assert after[first] > max(before.values())
    assert after[second] == before[second]


def test_the_moment_to_go_on_from(database: Database) -> None:
    """The present, or the last number while others wait for theirs."""

    def safe(transaction: Transaction) -> datetime:
        return safe_moment(transaction, later, Aspect.RECORD)

    [record_id] = database.write(
        lambda transaction: add_records(transaction, [a_record("A")])
    ).result()
    number_all(database)
    later = NOW + timedelta(hours=1)
    assert database.read(safe).result() == later - numbering.MARGIN
    database.write(
        lambda transaction: note_changes(transaction, [record_id], Aspect.RECORD)
    ).result()
    assert database.read(safe).result() == NOW
    assert database.read(is_unnumbered).result()


def test_several_number_at_once(database: Database) -> None:
    """Each change has one number, and none is lost."""
    data = [a_record(f"Title {number}") for number in range(30)]
    ids = database.write(lambda transaction: add_records(transaction, data)).result()
    number_all(database)
    begun = database.read(
        lambda transaction: last_number(transaction, aspect=Aspect.RECORD.value)
    ).result()
    assert begun is not None

    def work(own: list[int]) -> None:
        for record_id in own:
            database.write(
                lambda transaction, each=record_id: note_changes(transaction, [each], Aspect.RECORD)
            ).result()
            database.write(
                lambda transaction: number_changes(transaction, lambda: datetime.now(UTC))
            ).result()

    threads = [Thread(target=work, args=(ids[at::4],)) for at in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = numbers(database)
    assert all(number > begun for number in found.values())
    assert len(set(found.values())) == len(ids)
    assert not database.read(is_unnumbered).result()
