"""Statements: compiled once, the same rows and values from both databases."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from sqlalchemy import bindparam, func, insert, literal, select, text, update

from catalogue.database import (
    Database,
    Statement,
    Transaction,
    change,
    columns,
    lock,
    many,
    many_of,
    one,
    scalar,
    scalar_one,
    scalars,
    scalars_of,
    send,
    send_many,
)
from catalogue.schema import agencies, branches, consortia, loads


class Load(NamedTuple):
    name: str
    position: int
    started: datetime
    finished: datetime | None


class NewLoad(NamedTuple):
    digest: str
    started: datetime


class NewConsortium(NamedTuple):
    name: str


@scalar_one(int)
def add_load(*, name: str, digest: str, started: datetime) -> Statement:
    return insert(loads).values(locals() | {"position": 0, "rejected": 0}).returning(loads.c.id)


@send_many
def add_loads(load: NewLoad) -> Statement:
    return insert(loads).values(**load._asdict(), name="many", position=0, rejected=0)


@one(Load)
def find_load(*, digest: str) -> Statement:
    return select(*columns(Load, loads)).where(loads.c.digest == digest)


@send_many
def add_consortia(consortium: NewConsortium) -> Statement:
    return insert(consortia).values(**consortium._asdict())


@scalars(str)
def names() -> Statement:
    return select(consortia.c.name).order_by(consortia.c.id)


NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_values_go_in_by_name_and_come_out_as_the_row_type(database: Database) -> None:
    database.write(
        lambda transaction: add_load(transaction, digest="d1", started=NOON, name="a.mrc")
    ).result()
    found = database.read(lambda transaction: find_load(transaction, digest="d1")).result()
    assert found == Load("a.mrc", 0, NOON, None)
    assert isinstance(found, Load)
    assert database.read(lambda transaction: find_load(transaction, digest="d2")).result() is None


def test_times_come_back_aware_and_in_utc_whatever_zone_they_had(database: Database) -> None:
    summer = NOON.astimezone(timezone(timedelta(hours=2))) + timedelta(microseconds=7)
    database.write(
        lambda transaction: add_load(transaction, name="a", digest="d", started=summer)
    ).result()
    found = database.read(lambda transaction: find_load(transaction, digest="d")).result()
    assert found is not None
    assert found.started == summer
    assert found.started.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused_before_it_is_stored(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="without a zone"):
        database.write(
            lambda transaction: add_load(transaction, name="a", digest="d", started=naive)
        ).result()


#: What means something to a driver, or to a database.
SIGNS = "it's 100 % of %s \\ $1 ? :x"


class Constants(NamedTuple):
    first: str
    seven: int
    text: str
    last: int


def test_constants_of_the_expression_are_kept_between_the_parameters(database: Database) -> None:
    @one(Constants)
    def constants(*, last: int, first: str) -> Statement:
        given = (first, literal(7), literal(SIGNS), last)
        return select(*columns(Constants, **dict(zip(Constants._fields, given, strict=True))))

    row = database.read(lambda transaction: constants(transaction, last=3, first="first")).result()
    assert row == Constants("first", 7, SIGNS, 3)


def test_a_statement_takes_by_position_what_its_body_does(database: Database) -> None:
    @one(Constants)
    def told(first: str, seven: int, *, text: str, last: int) -> Statement:
        given = (first, seven, text, last)
        return select(*columns(Constants, **dict(zip(Constants._fields, given, strict=True))))

    row = database.read(lambda transaction: told(transaction, "a", 7, last=3, text="b")).result()
    assert row == Constants("a", 7, "b", 3)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (bool, True),
        (date, date(2026, 11, 25)),
        (int, 1 << 40),
        (str, "a"),
        (datetime | None, NOON),
    ],
)
def test_a_parameter_that_meets_no_column_is_of_its_annotation(
    database: Database, annotation: Any, value: Any
) -> None:
    def body(*, given):  # type: ignore[no-untyped-def]
        return select(func.coalesce(given, given))

    body.__annotations__["given"] = annotation
    statement: Any = scalar(type(value))(body)
    if annotation is bool:  # SQLite has none of its own
        assert (
            database.read(lambda transaction: bool(statement(transaction, given=value))).result()
            is value
        )
    else:
        found = database.read(lambda transaction: statement(transaction, given=value)).result()
        expected = {date: "2026-11-25", datetime | None: NOON.isoformat(timespec="microseconds")}
        assert found in (value, expected.get(annotation))


def test_a_parameter_that_the_statement_lacks_is_an_error_at_first_use(database: Database) -> None:
    @scalar(int)
    def statement(*, nobody: int) -> Statement:
        return select(consortia.c.id)

    with pytest.raises(ValueError, match="nobody"):
        database.read(lambda transaction: statement(transaction, nobody=1)).result()


def test_a_value_that_nobody_gives_is_an_error_not_a_null(database: Database) -> None:
    @change
    def statement() -> Statement:
        return insert(consortia).values(name=bindparam("given"))

    with pytest.raises(ValueError, match="given"):
        database.write(statement).result()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64, 499, 500, 501, 1203])
def test_many_of_takes_lists_of_any_length(database: Database, size: int) -> None:
    class Consortium(NamedTuple):
        id: int
        name: str

    @many_of(Consortium)
    def by_id(*, ids: Sequence[int]) -> Statement:
        return select(*columns(Consortium, consortia)).where(consortia.c.id.in_(ids))

    @scalars_of(str)
    def names_from(*, ids: Sequence[int], first: str) -> Statement:
        return select(consortia.c.name).where(consortia.c.name >= first, consortia.c.id.in_(ids))

    added = [NewConsortium(f"c{number:04d}") for number in range(size)]
    database.write(lambda transaction: add_consortia(transaction, added)).result()
    ids = database.read(
        lambda transaction: [
            number for number in range(1, size + 1) if by_id(transaction, ids=[number])
        ]
    ).result()
    rows = database.read(lambda transaction: by_id(transaction, ids=ids)).result()
    assert sorted(row.name for row in rows) == [each.name for each in added]
    found = database.read(
        lambda transaction: names_from(transaction, ids=ids, first="c0002")
    ).result()
    assert sorted(found) == [each.name for each in added[2:]]


def test_change_counts_rows_and_send_does_not_wait(database: Database) -> None:
    @send
    def add(*, name: str) -> Statement:
        return insert(consortia).values(name=name)

    @change
    def rename(*, old: str, name: str) -> Statement:
        return update(consortia).where(consortia.c.name == old).values(name=name)

    def work(transaction: Transaction) -> tuple[int, int]:
        add(transaction, name="before")
        return (
            rename(transaction, old="before", name="after"),
            rename(transaction, old="before", name="after"),
        )

    assert database.write(work).result() == (1, 0)
    assert database.read(names).result() == ["after"]


@send
def put_load(*, name: str, digest: str, started: datetime) -> Statement:
    return insert(loads).values(locals() | {"position": 0, "rejected": 0})


def test_an_insert_gives_back_only_what_it_says(database: Database) -> None:
    sent: list[str] = []

    def work(transaction: Transaction) -> None:
        execute = transaction.execute
        transaction.execute = lambda text, values: (sent.append(text), execute(text, values))[1]
        put_load(transaction, name="a.mrc", digest="put", started=NOON)
        assert add_load(transaction, name="b.mrc", digest="added", started=NOON) > 0

    database.write(work).result()
    assert ["RETURNING" in text for text in sent] == [False, True]


def test_records_are_sent_in_bulk_with_or_without_work_on_their_values(database: Database) -> None:
    database.write(
        lambda transaction: add_consortia(transaction, (NewConsortium(name) for name in ("a", "b")))
    ).result()
    assert database.read(names).result() == ["a", "b"]
    database.write(
        lambda transaction: add_loads(transaction, [NewLoad("d1", NOON), NewLoad("d2", NOON)])
    ).result()
    found = database.read(lambda transaction: find_load(transaction, digest="d2")).result()
    assert found == Load("many", 0, NOON, None)


@lock
def lock_agency(*, isil: str) -> Statement:
    return select(agencies.c.id).where(agencies.c.isil == isil).with_for_update()


@lock
def lock_loads() -> Statement:
    return text("LOCK TABLE loads IN SHARE MODE")


@pytest.mark.parametrize(
    "take", [lambda transaction: lock_agency(transaction, isil="DK-1"), lock_loads]
)
def test_a_lock_is_taken_on_postgresql_and_costs_nothing_on_sqlite(
    database: Database, take: Callable[[Transaction], None]
) -> None:
    sent: list[str] = []

    def work(transaction):  # type: ignore[no-untyped-def]
        execute = transaction.execute

        def recording(text, values=()):  # type: ignore[no-untyped-def]
            sent.append(text)
            return execute(text, values)

        transaction.execute = recording
        take(transaction)
        transaction.execute = execute

    database.write(work).result()
    assert len(sent) == (1 if database.dialect == "postgresql" else 0)


def test_a_lock_of_none_is_an_error_on_both(database: Database) -> None:
    with pytest.raises(ValueError, match="locks nothing"):
        database.write(lambda transaction: lock_agency(transaction, isil=None)).result()  # type: ignore[arg-type]


def test_scalars_of_rows_that_may_be_missing(database: Database) -> None:
    @scalar(str)
    def first() -> Statement:
        return select(consortia.c.name).limit(1)

    @scalar_one(int)
    def count() -> Statement:
        return select(func.count()).select_from(consortia)

    assert database.read(first).result() is None
    assert database.read(count).result() == 0


def test_a_row_may_be_made_by_a_function_of_its_columns(database: Database) -> None:
    def told(started: datetime, name: str) -> str:
        return f"{name} at {started:%H:%M}"

    @many(told)
    def tell() -> Statement:
        return select(loads.c.started, loads.c.name)

    database.write(
        lambda transaction: add_load(transaction, name="a", digest="d", started=NOON)
    ).result()
    assert database.read(tell).result() == ["a at 12:00"]


class Swapped(NamedTuple):
    name: str
    id: int


@pytest.mark.parametrize("select_list", [(consortia.c.id, consortia.c.name), (consortia.c.name,)])
def test_a_row_whose_fields_are_not_the_columns_is_an_error(
    database: Database, select_list: tuple[Any, ...]
) -> None:
    @many(Swapped)
    def statement() -> Statement:
        return select(*select_list)

    with pytest.raises(ValueError, match="Swapped"):
        database.read(statement).result()


def test_columns_are_in_the_order_of_the_fields() -> None:
    found = columns(Swapped, branches, name=agencies.c.isil)
    assert [column.key for column in found] == ["name", "id"]
    assert str(select(*found)).split("\n")[0] == "SELECT agencies.isil AS name, branches.id "


@pytest.mark.parametrize(
    ("tables", "given", "told"),
    [
        ((consortia, agencies), {"name": consortia.c.name}, "id is a column of 2 tables"),
        ((), {"name": consortia.c.name}, "id is a column of 0 tables"),
        ((consortia,), {"title": consortia.c.name}, "has no title"),
    ],
)
def test_columns_that_are_missing_or_ambiguous_are_errors(
    tables: tuple[Any, ...], given: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        columns(Swapped, *tables, **given)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_those_of_all_loaded_modules_are_made_before_anybody_asks(dialect: str) -> None:
    """In a process of its own, as some that tests have are wrong."""
    program = f"""
from catalogue.changes import numbering  # with two that are each for one kind of database alone
from catalogue.database import compile_statements
unmade = numbering._any_note.__code__
compile_statements({dialect!r})
made = numbering._any_note.__code__
compile_statements({dialect!r})
print(made is not unmade, numbering._any_note.__code__ is made)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("True True\n", "")


def test_a_traceback_shows_the_line_of_the_statement(database: Database) -> None:
    with pytest.raises(ValueError, match="without a zone") as raised:
        database.write(
            lambda transaction: add_load(
                transaction, name="a", digest="d", started=NOON.replace(tzinfo=None)
            )
        ).result()
    frames = traceback.extract_tb(raised.value.__traceback__)
    # Where it is the first call with such a database, a frame that has it compiled is before it.
    *_, frame = (frame for frame in frames if frame.name == "add_load")
    assert frame.filename.startswith(f"<{__name__} add_load")
    assert frame.line is not None
    assert frame.line.startswith("_v = transaction.execute(")


@many(tuple[int, datetime])
def positions_as_they_are(*, name: str) -> Statement:
    return select(loads.c.position, loads.c.started).where(loads.c.name == name)


def test_rows_of_the_driver_with_values_as_the_program_has_them(database: Database) -> None:
    def work(transaction: Transaction) -> list[tuple[int, datetime]]:
        add_load(
            transaction, name="plain", digest="plain", started=datetime(2026, 3, 2, tzinfo=UTC)
        )
        return positions_as_they_are(transaction, name="plain")

    assert database.write(work).result() == [(0, datetime(2026, 3, 2, tzinfo=UTC))]
