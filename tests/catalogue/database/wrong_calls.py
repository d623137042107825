"""Calls of statements that mypy must refuse, each with a part of what it says; never run.

`tests.catalogue.database.test_wrong_calls` compares line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update

from catalogue.database import (
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
    send,
    send_many,
)
from catalogue.schema import loads


class Load(NamedTuple):
    id: int
    name: str
    finished: datetime | None


class Digest(NamedTuple):
    id: int
    digest: str


@one(Load)
def find(*, digest: str) -> Statement:
    return select(*columns(Load, loads)).where(loads.c.digest == digest)


@many(Load)
def started(*, first: datetime) -> Statement:
    return select(*columns(Load, loads)).where(loads.c.started >= first)


@many_of(Load)
def by_id(*, ids: Sequence[int]) -> Statement:
    return select(*columns(Load, loads)).where(loads.c.id.in_(ids))


@scalar(str)
def name_of(*, load_id: int) -> Statement:
    return select(loads.c.name).where(loads.c.id == load_id)


@scalar_one(int)
def count() -> Statement:
    return select(func.count()).select_from(loads)


@change
def finish(*, load_id: int, now: datetime) -> Statement:
    return update(loads).where(loads.c.id == load_id).values(finished=now)


@send
def forget(*, load_id: int) -> Statement:
    return delete(loads).where(loads.c.id == load_id)


@send_many
def add(digest: Digest) -> Statement:
    return insert(loads).values(**digest._asdict())


@lock
def lock_load(*, load_id: int) -> Statement:
    return select(loads.c.id).where(loads.c.id == load_id).with_for_update()


def calls(transaction: Transaction, now: datetime, today: date, maybe: int | None) -> None:
    finish(transaction, number=1, now=now)  # Unexpected keyword argument "number"
    finish(transaction, load_id="1", now=now)  # "load_id" to "finish" has incompatible type "str"
    finish(transaction, load_id=1)  # Missing named argument "now"
    finish(transaction, load_id=1, now=now, at=2)  # Unexpected keyword argument "at"
    finish(transaction, 1, now)  # Too many positional arguments
    finish(transaction, load_id=1, now=today)  # incompatible type "date"; expected "datetime"
    finish(load_id=1, now=now)  # Too few arguments
    forget(transaction, load_id=maybe)  # incompatible type "int | None"; expected "int"
    lock_load(transaction, load_id=maybe)  # incompatible type "int | None"; expected "int"
    started(transaction, first=today)  # incompatible type "date"; expected "datetime"
    by_id(transaction, ids=["a"])  # List item 0 has incompatible type "str"; expected "int"
    by_id(transaction, [1])  # Too many positional arguments
    add(transaction, [(1, "a")])  # expected "Digest"
    add(transaction, [Load(1, "a", None)])  # incompatible type "Load"; expected "Digest"
    find(transaction, digest="a").name  # Item "None" of "Load | None" has no attribute "name"
    started(transaction, first=now)[0].digest  # "Load" has no attribute "digest"
    started(transaction, first=now)[0].finished.year  # Item "None" of "datetime | None"
    len(name_of(transaction, load_id=1))  # incompatible type "str | None"
    count(transaction).upper()  # "int" has no attribute "upper"
    forget(transaction, load_id=1) + 1  # Unsupported operand types for + ("None" and "int")
