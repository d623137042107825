"""What work the tests of databases do: counters that are added and counted up, and open loans."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, insert, select, update

from catalogue.database import (
    Database,
    Statement,
    Transaction,
    change,
    lock,
    many,
    open_database,
    scalar,
    scalar_one,
    send,
)
from catalogue.schema import loads
from circulation.loans.schema import loans
from tests.builders.circulation import NOON

PATIENCE = 30.0


@send
def _add_counter(*, digest: str, started: datetime) -> Statement:
    return insert(loads).values(
        digest=digest,
        name="counter",
        position=0,
        rejected=0,
        started=started,
    )


@lock
def _lock_counter(*, digest: str) -> Statement:
    return select(loads.c.id).where(loads.c.digest == digest).with_for_update()


@scalar(int)
def count_of(*, digest: str) -> Statement:
    return select(loads.c.position).where(loads.c.digest == digest)


@change
def _set_count(*, digest: str, position: int) -> Statement:
    return update(loads).where(loads.c.digest == digest).values(position=position)


@many(tuple[str])
def all_counters() -> Statement:
    return select(loads.c.digest).order_by(loads.c.digest)


@scalar_one(int)
def open_loans() -> Statement:
    return select(func.count()).select_from(loans).where(loans.c.checked_in.is_(None))


def add_counter(digest: str = "a") -> Callable[[Transaction], None]:
    return lambda transaction: _add_counter(transaction, digest=digest, started=NOON)


def counters(database: Database) -> list[str]:
    return [digest for (digest,) in database.read(all_counters).result(PATIENCE)]


def increment(transaction: Transaction) -> int:
    _lock_counter(transaction, digest="a")
    value: int = count_of(transaction, digest="a") + 1
    assert _set_count(transaction, digest="a", position=value) == 1
    return value


@contextmanager
def another(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.close()


class Undone(Exception):
    pass


def in_threads(number: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def guarded(index: int) -> None:
        try:
            work(index)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
