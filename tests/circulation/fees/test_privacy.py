"""What is charged, and the persons and loans behind it: history, export, erasure."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.jobs.running import run_job
from circulation.kernel.results import UNATTENDED
from circulation.ledger.schema import charge_loans, charges, payments
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.personal_export import export_person
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import danish_fees, hand_in, late_by, lend, number_of, paid


@many(tuple[int | None, int | None, str])
def _links() -> Statement:
    return select(charge_loans.c.loan_id, charge_loans.c.item_id, charge_loans.c.facts)


@many(tuple[int | None, int, str | None])
def _charges() -> Statement:
    return select(charges.c.patron_id, charges.c.amount, charges.c.once)


@many(tuple[int | None, int])
def _payments() -> Statement:
    return select(payments.c.patron_id, payments.c.amount)


def cut(library: Library) -> int:
    done = run_job(
        library.circulation, library.database, "history", day=library.today, now=library.now
    )
    return done.counts["loans cut"]


def test_what_is_owed_keeps_its_loan_and_what_is_settled_lets_go(either_library: Library) -> None:
    library = either_library
    danish_fees(library)
    card = a_patron(library)
    late, in_time = lend(library, card, 2)
    hand_in(library, in_time)
    late_by(library, 3)
    hand_in(library, late)
    library.pass_time(days=40)
    assert cut(library) == 1
    [(loan_id, _, _)] = library.read(_links)
    assert loan_id is not None
    paid(library, card, 2_000)
    assert cut(library) == 1
    assert [tuple(row) for row in library.read(_links)] == [(None, None, "{}")]
    assert [tuple(row) for row in library.read(_charges)] == [
        (number_of(library, card), 2_000, None)
    ]


def test_nobody_is_erased_who_owes_or_is_owed(either_library: Library) -> None:
    library = either_library
    danish_fees(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 3)
    hand_in(library, book)
    number = number_of(library, card)

    def erase() -> None:
        library.write(
            lambda transaction: erase_person(library.act(transaction, UNATTENDED), number)
        )

    with pytest.raises(StillNeeded, match="balance"):
        erase()
    paid(library, card, 2_000)
    exported = library.read(lambda transaction: export_person(transaction, number))
    assert exported is not None
    assert [row["kind"] for row in exported["charge_postings"]] == ["creation", "payment"]
    for table in ("charges", "payments", "patron_balances", "charge_loans"):
        assert len(exported[table]) == 1
    erase()
    assert [tuple(row) for row in library.read(_charges)] == [(None, 2_000, None)]
    assert [tuple(row) for row in library.read(_payments)] == [(None, 2_000)]
    assert [tuple(row) for row in library.read(_links)] == [(None, None, "{}")]
