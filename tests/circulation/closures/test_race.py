"""A loan that is made while a calendar changes, with a connection for each (PostgreSQL)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from catalogue.database import Transaction, open_database
from circulation.closures.closing import close_branch
from circulation.loans.lending import check_out
from circulation.loans.wishes import LoanWish
from circulation.setting_up.applying import apply_set_up
from circulation.setting_up.reading import read
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.circulation.closures.test_closed_days import CLOSED, HEAD, RULES, apply, due_day
from tests.circulation.loans.test_order_of_moments import wait_for_a_lock

Change = Callable[[Library, Transaction], Any]


def apply_closed_days(library: Library, transaction: Transaction) -> None:
    apply_set_up(library.act(transaction), read(HEAD + RULES + CLOSED))


def close(library: Library, transaction: Transaction) -> None:
    days = {"first": date(2026, 12, 2), "last": date(2026, 12, 3)}
    act = library.act(transaction)
    close_branch(act, branch=library.main.isil, **days, reason="Flytning")


@pytest.mark.parametrize("change", [apply_closed_days, close])
@pytest.mark.parametrize("first", ["loan", "change"])
def test_a_loan_made_while_a_calendar_changes_falls_due_on_an_open_day(
    one_postgresql_url: str, change: Change, first: str
) -> None:
    database, other = open_database(one_postgresql_url), open_database(one_postgresql_url)
    library = a_library(database)
    apply(library, RULES)
    card, barcode = a_patron(library), an_item(library)

    def lend(transaction: Transaction) -> None:
        check_out(library.act(transaction), LoanWish(patron=card, item=barcode))

    def close_days(transaction: Transaction) -> None:
        change(library, transaction)

    works = [lend, close_days] if first == "loan" else [close_days, lend]
    is_written, may_commit = threading.Event(), threading.Event()

    def stay_open(transaction: Transaction) -> None:
        works[0](transaction)
        is_written.set()
        assert may_commit.wait(30)

    with ThreadPoolExecutor(2) as pool:
        stays: Future[None] = pool.submit(lambda: database.write(stay_open).result())
        assert is_written.wait(30)
        waits: Future[None] = pool.submit(lambda: other.write(works[1]).result())
        try:
            wait_for_a_lock(one_postgresql_url)
        finally:
            may_commit.set()
        stays.result(30)
        waits.result(30)
    assert due_day(library, barcode) == date(2026, 12, 4)
    database.close()
    other.close()
