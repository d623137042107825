"""The moments of loans are in the order in which the loans took effect, whatever waited or was set.

A verb is given its time before it waits for the lock of the item, and clocks differ or are set
back: no loan of an item begins before the one before it has ended, and none ends before it began.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from time import sleep
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from catalogue.database import Statement, Transaction, many, open_database
from circulation.holds.facts import lock_queue
from circulation.items.facts import LONGEST_WAIT
from circulation.kernel.results import CheckedIn, CheckedOut, Renewed
from circulation.ledger.balances import balances_of, lock_account
from circulation.loans.schema import loans
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.fees import amounts, danish_fees, number_of
from tests.builders.holds import record_of


@many(tuple[datetime, datetime | None])
def _loans() -> Statement:
    return select(loans.c.checked_out, loans.c.checked_in).order_by(loans.c.checked_out, loans.c.id)


def test_a_loan_begins_when_the_one_before_it_has_ended_even_if_asked_for_earlier(
    library: Library,
) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(hours=1)
    assert isinstance(library.check_in(barcode), CheckedIn)
    ended = library.now
    library.pass_time(seconds=-0.36)  # asked for before, and waited for the lock
    lent = library.check_out(a_patron(library), barcode)
    assert isinstance(lent, CheckedOut)
    assert lent.loan.checked_out == ended
    assert library.events_of(barcode)[-1].at == ended


def test_a_clock_that_was_set_back_ends_no_loan_before_it_began(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    began = library.now
    library.pass_time(hours=-1)
    back = library.check_in(barcode)
    assert isinstance(back, CheckedIn)
    assert library.read(_loans) == [(began, began)]
    # What the wrong clock wrote is not followed: a loan is never made for the future.
    lent = library.check_out(a_patron(library), barcode)
    assert isinstance(lent, CheckedOut)
    assert lent.loan.checked_out == library.now


@pytest.mark.parametrize(
    ("ahead", "is_followed"), [(LONGEST_WAIT, True), (LONGEST_WAIT + timedelta(seconds=1), False)]
)
def test_how_far_ahead_is_still_a_wait(
    library: Library, ahead: timedelta, is_followed: bool
) -> None:
    barcode = an_item(library)
    library.check_in(barcode)
    seen = library.now
    library.now -= ahead
    lent = library.check_out(a_patron(library), barcode)
    assert isinstance(lent, CheckedOut)
    assert lent.loan.checked_out == (seen if is_followed else library.now)


def test_a_return_that_was_noted_late_is_followed_by_when_it_was_noted(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(hours=3)
    library.check_in(barcode, returned=library.now - timedelta(hours=2))
    noted = library.now
    library.pass_time(seconds=-2)
    lent = library.check_out(a_patron(library), barcode)
    assert isinstance(lent, CheckedOut)
    assert lent.loan.checked_out == noted


def test_a_renewal_comes_after_what_it_renews(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    began = library.now
    library.pass_time(seconds=-1)
    library.policy(loan_days=28, renewals=2, renewal_from="due")
    assert isinstance(library.renew(card, barcode), Renewed)
    assert library.events_of(barcode)[-1].at == began


def test_the_former_borrower_is_locked_before_the_queue_of_the_title(
    one_postgresql_url: str,
) -> None:
    """Lent off line over the overdue loan of another, who is charged for it.

    Whoever takes a payment holds the account, and may look at the queue next: a check-out that
    waited for the account with the queue in its hands would never end.
    """
    database = open_database(one_postgresql_url)
    library = a_library(database)
    danish_fees(library)
    former, borrower = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=former)
    library.pass_time(days=40)
    account, record = number_of(library, former), record_of(library, barcode)
    answers: list[Any] = []
    tries = 0

    def lend() -> None:
        answers.append(library.check_out(borrower, barcode, no_block=True))

    lending = threading.Thread(target=lend)

    def look_at_the_queue(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        lock_account(transaction, patron_id=account)
        balances_of(transaction, account)  # a lock goes out with the next statement that reads
        if tries == 1:
            lending.start()
            wait_for_a_lock(one_postgresql_url)
        lock_queue(transaction, record_id=record)

    library.write(look_at_the_queue)
    lending.join()
    assert tries == 1, "a deadlock"
    assert isinstance(answers[0], CheckedOut)
    assert amounts(library, former)
    database.close()


def wait_for_a_lock(url: str) -> None:
    """Until somebody waits for a lock in the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(500):
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
            if found and found[0]:
                return
            sleep(0.01)
    raise AssertionError("nobody waited")
