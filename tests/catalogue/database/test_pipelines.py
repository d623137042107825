"""Statements of one transaction, sent to a real PostgreSQL in few round trips."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import errors

from catalogue.database import pipelines
from catalogue.database.pipelines import IN_BULK, IN_ONE, PREPARED_AT, Pipeline
from tests.conftest import a_postgresql


@pytest.fixture
def url(postgresql_template: tuple[str, str]) -> Iterator[str]:
    with a_postgresql(postgresql_template) as url:
        yield url


@pytest.fixture
def pipeline(url: str) -> Iterator[Pipeline]:
    pipeline = Pipeline(psycopg.connect(url, autocommit=True))
    pipeline.begin(writes=True)
    pipeline.execute("CREATE TEMPORARY TABLE numbers (number integer UNIQUE, word varchar)")
    pipeline.commit(writes=True)
    yield pipeline
    pipeline.close()


def add(pipeline: Pipeline, *numbers: int) -> None:
    for number in numbers:
        pipeline.execute("INSERT INTO numbers VALUES (%s, %s)", (number, None))


def numbers(pipeline: Pipeline) -> list[int]:
    pipeline.begin(writes=False)
    rows = pipeline.execute("SELECT number FROM numbers ORDER BY number").fetchall()
    pipeline.commit(writes=False)
    return [number for (number,) in rows]


@pytest.mark.parametrize("times", [1, PREPARED_AT, PREPARED_AT + 2])
def test_values_of_all_types_come_back_as_they_went_prepared_or_not(
    pipeline: Pipeline, times: int
) -> None:
    given: list[tuple[Any, ...]] = [
        (7, "ø|%s", b"\x00\xff", True, datetime(2026, 11, 25, 11, tzinfo=UTC)),
        (2**40, "", b"", False, None),
        (None, None, None, None, None),
    ]
    text = "SELECT %s::bigint, %s::varchar, %s::bytea, %s::boolean, %s::timestamptz, '%%'"
    for _ in range(times):
        for values in given:
            pipeline.begin(writes=False)
            assert pipeline.execute(text, values).fetchone() == (*values, "%")
            pipeline.commit(writes=False)


@pytest.mark.parametrize("times", [1, PREPARED_AT])
def test_octets_come_as_they_are_and_not_in_words(pipeline: Pipeline, times: int) -> None:
    for _ in range(times):
        pipeline.begin(writes=False)
        cursor = pipeline.execute("SELECT %s::bytea", (b"\x00" * 100,))
        assert cursor.fetchone() == (b"\x00" * 100,)
        assert cursor.result is not None
        assert cursor.result.get_value(0, 0) == b"\x00" * 100
        pipeline.commit(writes=False)


def test_rows_are_fetched_one_after_another_and_then_the_rest(pipeline: Pipeline) -> None:
    pipeline.begin(writes=True)
    add(pipeline, 1, 2, 3)
    found = pipeline.execute("SELECT number FROM numbers ORDER BY number")
    assert found.rowcount == 3
    assert found.fetchone() == (1,)
    assert found.fetchall() == [(2,), (3,)]
    assert found.fetchall() == []
    assert found.fetchone() is None
    assert pipeline.execute("UPDATE numbers SET word = 'x' WHERE number > 1").rowcount == 2
    assert pipeline.execute("DELETE FROM numbers WHERE number > 9").rowcount == 0
    pipeline.commit(writes=True)
    assert numbers(pipeline) == [1, 2, 3]


def test_what_is_rolled_back_never_was(pipeline: Pipeline) -> None:
    pipeline.begin(writes=True)
    add(pipeline, 1)
    pipeline.roll_back()
    assert numbers(pipeline) == []
    pipeline.roll_back()  # there is nothing to undo
    assert numbers(pipeline) == []


def test_the_first_error_comes_up_at_the_next_result(pipeline: Pipeline) -> None:
    pipeline.begin(writes=True)
    add(pipeline, 1, 1)
    found = pipeline.execute("SELECT count(*) FROM numbers")
    with pytest.raises(errors.UniqueViolation):
        found.fetchone()
    pipeline.roll_back()
    assert numbers(pipeline) == []


def test_or_at_the_commit_which_commits_nothing(pipeline: Pipeline) -> None:
    pipeline.begin(writes=True)
    add(pipeline, 1, 2, 2, 3)
    with pytest.raises(errors.UniqueViolation):
        pipeline.commit(writes=True)
    pipeline.roll_back()
    assert numbers(pipeline) == []


def test_a_result_that_was_given_up_is_an_error_and_not_waited_for(pipeline: Pipeline) -> None:
    pipeline.begin(writes=True)
    found = pipeline.execute("SELECT nothing FROM nowhere")
    pipeline.roll_back()
    with pytest.raises(psycopg.InterfaceError):
        found.fetchone()
    assert numbers(pipeline) == []


def test_a_statement_that_could_not_be_prepared_is_prepared_the_next_time(
    pipeline: Pipeline,
) -> None:
    text = "INSERT INTO others VALUES (%s)"
    for _ in range(PREPARED_AT + 1):
        pipeline.begin(writes=True)
        with pytest.raises(errors.UndefinedTable):
            assert pipeline.execute(text, (1,)).rowcount
        pipeline.roll_back()
    pipeline.begin(writes=True)
    pipeline.execute("CREATE TEMPORARY TABLE others (number integer)")
    for number in range(PREPARED_AT + 1):
        assert pipeline.execute(text, (number,)).rowcount == 1
    pipeline.commit(writes=True)


def test_a_bulk_is_written_whole_and_an_error_in_it_comes_up(pipeline: Pipeline) -> None:
    many = 2 * IN_BULK + 10
    pipeline.begin(writes=True)
    rows = ((number, "a word of some length " * 40) for number in range(many))
    pipeline.execute_many("INSERT INTO numbers VALUES (%s, %s)", rows)
    pipeline.commit(writes=True)
    assert numbers(pipeline) == list(range(many))
    pipeline.begin(writes=True)
    with pytest.raises(errors.UniqueViolation):
        pipeline.execute_many("INSERT INTO numbers VALUES (%s, %s)", [(0, "")] * IN_BULK)
    pipeline.roll_back()
    assert len(numbers(pipeline)) == many


INSERT = "INSERT INTO numbers (number, word) VALUES (%s::integer, %s::varchar)"


@pytest.mark.parametrize("number", [1, IN_ONE - 1, IN_ONE, IN_ONE + 1, 2 * IN_BULK + 7])
def test_many_rows_are_inserted_by_few_statements(pipeline: Pipeline, number: int) -> None:
    sent: list[str] = []
    execute = pipeline.execute
    pipeline.begin(writes=True)
    pipeline.execute = lambda text, values=(): sent.append(text) or execute(text, values)  # type: ignore[method-assign]
    pipeline.execute_many(INSERT, ((each, None if each % 2 else "ø") for each in range(number)))
    pipeline.commit(writes=True)
    assert numbers(pipeline) == [*range(number)]
    assert len([each for each in sent if each.startswith("INSERT")]) == sum(divmod(number, IN_ONE))


def test_one_row_of_many_that_cannot_be_is_an_error_of_all(pipeline: Pipeline) -> None:
    pipeline.begin(writes=True)
    pipeline.execute_many(INSERT, [(each % 100, "x") for each in range(3 * IN_ONE)])
    with pytest.raises(errors.UniqueViolation):
        pipeline.commit(writes=True)
    pipeline.roll_back()
    assert numbers(pipeline) == []


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO numbers VALUES (%s, %s) ON CONFLICT DO NOTHING",
        "INSERT INTO numbers SELECT %s, %s",
        "INSERT INTO numbers (number) VALUES (%s) RETURNING (number)",
        "UPDATE numbers SET word = %s WHERE number IN (VALUES (%s))",
    ],
)
def test_what_says_more_than_the_row_goes_row_by_row(text: str) -> None:
    assert pipelines._for_several(text) == ""


def test_answers_longer_than_any_buffer_do_not_stop_what_is_still_to_be_sent(
    pipeline: Pipeline,
) -> None:
    word = "x" * 1_000_000
    pipeline.begin(writes=False)
    found = [pipeline.execute("SELECT %s::varchar", (word,)) for _ in range(20)]
    assert all(each.fetchone() == (word,) for each in found)
    pipeline.commit(writes=False)


def test_a_connection_that_knows_too_many_statements_begins_anew(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "TEXTS_AT_MOST", 5)
    for turn in range(3 * PREPARED_AT):
        pipeline.begin(writes=False)
        for number in range(4):
            assert pipeline.execute(f"SELECT {number}").fetchone() == (number,)
        if turn % 3 == 0:
            once = f"SELECT 'once', {turn}, %s::integer"
            assert pipeline.execute(once, (turn,)).fetchone() == ("once", turn, turn)
        pipeline.commit(writes=False)
    pipeline.begin(writes=False)
    (held,) = pipeline.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    pipeline.commit(writes=False)
    assert held <= 5


def test_a_lost_connection_is_an_operational_error_and_closes_it(
    pipeline: Pipeline, url: str
) -> None:
    pipeline.begin(writes=False)
    (pid,) = pipeline.execute("SELECT pg_backend_pid()").fetchone()
    pipeline.commit(writes=False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(psycopg.OperationalError):
        numbers(pipeline)
    with pytest.raises(psycopg.Error):
        pipeline.roll_back()
    assert pipeline.closed
