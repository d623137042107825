"""Statements: compiled once, the same rows and values from both databases."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import pytest
from sqlalchemy import bindparam, insert, literal, select, update

from catalogue.database import (
    Database,
    change,
    key_parameters,
    lock,
    many,
    many_of,
    one,
    scalar,
    send,
)
from catalogue.schema import agencies, consortia, loads


class Load(NamedTuple):
    name: str
    position: int
    started: datetime
    finished: datetime | None


add_load = scalar(
    insert(loads)
    .values(
        digest=bindparam("digest"),
        name=bindparam("name"),
        position=0,
        rejected=0,
        started=bindparam("started"),
    )
    .returning(loads.c.id),
    "name",
    "digest",
    "started",
)
find_load = one(
    select(loads.c.name, loads.c.position, loads.c.started, loads.c.finished).where(
        loads.c.digest == bindparam("digest")
    ),
    Load,
    "digest",
)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_values_go_in_by_the_declared_order_and_come_out_as_the_row_type(
    database: Database,
) -> None:
    database.write(lambda transaction: add_load(transaction, "a.mrc", "d1", NOON)).result()
    found = database.read(lambda transaction: find_load(transaction, "d1")).result()
    assert found == Load("a.mrc", 0, NOON, None)
    assert isinstance(found, Load)
    assert database.read(lambda transaction: find_load(transaction, "d2")).result() is None


def test_times_come_back_aware_and_in_utc_whatever_zone_they_had(database: Database) -> None:
    summer = NOON.astimezone(timezone(timedelta(hours=2))) + timedelta(microseconds=7)
    database.write(lambda transaction: add_load(transaction, "a", "d", summer)).result()
    found = database.read(lambda transaction: find_load(transaction, "d")).result()
    assert found is not None
    assert found.started == summer
    assert found.started.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused_before_it_is_stored(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="without a zone"):
        database.write(lambda transaction: add_load(transaction, "a", "d", naive)).result()


def test_constants_of_the_expression_are_kept_between_the_parameters(database: Database) -> None:
    first = bindparam("a", type_=loads.c.name.type)
    statement = one(
        select(first, literal(7), literal("x"), bindparam("b", 0)),
        None,
        "b",
        "a",
    )
    row = database.read(lambda transaction: statement(transaction, 3, "first")).result()
    assert tuple(row or ()) == ("first", 7, "x", 3)


def test_a_parameter_that_the_statement_lacks_is_an_error_at_first_use(database: Database) -> None:
    statement = one(select(consortia.c.id), None, "nobody")
    with pytest.raises(ValueError, match="nobody"):
        database.read(lambda transaction: statement(transaction, 1)).result()


def test_a_value_that_nobody_gives_is_an_error_not_a_null(database: Database) -> None:
    statement = change(insert(consortia).values(name=bindparam("name")))
    with pytest.raises(ValueError, match="name"):
        database.write(lambda transaction: statement(transaction)).result()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64, 499, 500, 501, 1203])
def test_many_of_takes_lists_of_any_length(database: Database, size: int) -> None:
    add = scalar(insert(consortia).values(name=bindparam("name")).returning(consortia.c.id), "name")
    ids = database.write(
        lambda transaction: [add(transaction, f"c{number}") for number in range(size)]
    ).result()
    by_id = many_of(
        lambda count: select(consortia.c.name).where(consortia.c.id.in_(key_parameters(count))),
        None,
    )
    rows = database.read(lambda transaction: by_id(transaction, ids)).result()
    assert sorted(name for (name,) in rows) == sorted(f"c{number}" for number in range(size))


def test_change_counts_rows_and_send_does_not_wait(database: Database) -> None:
    add = send(insert(consortia).values(name=bindparam("name")), "name")
    rename = change(
        update(consortia).where(consortia.c.name == bindparam("old")).values(name=bindparam("new")),
        "old",
        "new",
    )

    def work(transaction):  # type: ignore[no-untyped-def]
        add(transaction, "before")
        return rename(transaction, "before", "after"), rename(transaction, "before", "after")

    assert database.write(work).result() == (1, 0)


def test_a_lock_is_taken_on_postgresql_and_costs_nothing_on_sqlite(database: Database) -> None:
    take = lock(
        select(agencies.c.id).where(agencies.c.isil == bindparam("isil")).with_for_update(), "isil"
    )
    sent: list[str] = []

    def work(transaction):  # type: ignore[no-untyped-def]
        execute = transaction.execute

        def recording(text, values=()):  # type: ignore[no-untyped-def]
            sent.append(text)
            return execute(text, values)

        transaction.execute = recording
        take(transaction, "DK-1")
        transaction.execute = execute

    database.write(work).result()
    assert len(sent) == (1 if database.dialect == "postgresql" else 0)


@pytest.mark.parametrize("keys", [(), (None,), ("DK-1", "DK-2")])
def test_a_lock_whose_key_is_not_there_is_an_error_on_both(
    database: Database, keys: tuple[str | None, ...]
) -> None:
    take = lock(select(agencies.c.id).where(agencies.c.isil == bindparam("isil")), "isil")
    with pytest.raises(ValueError, match="locks nothing"):
        database.write(lambda transaction: take(transaction, *keys)).result()


def test_rows_without_a_type_are_the_tuples_of_the_driver(database: Database) -> None:
    database.write(lambda transaction: add_load(transaction, "a", "d", NOON)).result()
    statement = many(select(loads.c.started, loads.c.name), None)
    rows = database.read(lambda transaction: statement(transaction)).result()
    assert [tuple(row) for row in rows] == [(NOON, "a")]


def test_a_traceback_shows_what_a_statement_was_doing(database: Database) -> None:
    with pytest.raises(ValueError, match="without a zone") as failure:
        database.write(
            lambda transaction: add_load(transaction, "a", "d", NOON.replace(tzinfo=None))
        ).result()
    shown = [
        (frame.filename.partition(":")[0], frame.line)
        for frame in traceback.extract_tb(failure.value.__traceback__)
    ]
    file = f"<{__name__}"
    assert (file, "return each[transaction.dialect](transaction, a0, a1, a2)") in shown
    sending = next(line for name, line in reversed(shown) if name == file)
    assert sending is not None
    assert sending.startswith("v = transaction.execute(text, (")
