"""What work the tests of databases do: counters that are added and counted up, and open loans."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import bindparam, func, insert, select, update

from catalogue.database import (
    Database,
    Transaction,
    change,
    lock,
    many,
    open_database,
    scalar,
    send,
)
from catalogue.schema import loads
from circulation.loans.schema import loans
from tests.builders.circulation import NOON

PATIENCE = 30.0

_add_counter = send(
    insert(loads).values(
        digest=bindparam("new_digest"),
        name="counter",
        position=0,
        rejected=0,
        started=bindparam("new_started"),
    ),
    "new_digest",
    "new_started",
)
_lock_counter = lock(
    select(loads.c.id).where(loads.c.digest == bindparam("of_digest")).with_for_update(),
    "of_digest",
)
count_of = scalar(
    select(loads.c.position).where(loads.c.digest == bindparam("of_digest")), "of_digest"
)
_set_count = change(
    update(loads)
    .where(loads.c.digest == bindparam("of_digest"))
    .values(position=bindparam("new_position")),
    "of_digest",
    "new_position",
)
all_counters: Callable[..., list[tuple[str]]] = many(
    select(loads.c.digest).order_by(loads.c.digest), None
)
open_loans = scalar(select(func.count()).select_from(loans).where(loans.c.checked_in.is_(None)))


def add_counter(digest: str = "a") -> Callable[[Transaction], None]:
    return lambda transaction: _add_counter(transaction, digest, NOON)


def counters(database: Database) -> list[str]:
    return [digest for (digest,) in database.read(all_counters).result(PATIENCE)]


def increment(transaction: Transaction) -> int:
    _lock_counter(transaction, "a")
    value: int = count_of(transaction, "a") + 1
    assert _set_count(transaction, "a", value) == 1
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
