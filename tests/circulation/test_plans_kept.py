"""PostgreSQL makes the plans of what machines ask all day once, however much was done in ten years.

As long as it expects a better plan for the values of the day than for any, it makes another each
time: 0.9 ms of a loan's 1.3, where it took the number of rows asked for, as a value that it did not
know, for a tenth of all that had happened to the item.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from catalogue.database import Database, Transaction
from circulation.kernel.results import CheckedIn, CheckedOut, Renewed
from circulation.loans.lending import check_out
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, RenewalWish
from tests.bench.filling import cyclic, fill
from tests.builders.circulation import Library, a_library, a_patron, an_item

#: PostgreSQL makes five plans for values before it thinks of one for all.
TURNS = 12


def plans(transaction: Transaction) -> dict[str, tuple[int, int]]:
    """How many plans for any values, and how many for those of the day, each statement has had."""
    asked = "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
    found = transaction.execute(asked, ()).fetchall()
    return {statement: (kept, own) for statement, kept, own in found}


def busy(library: Library) -> None:
    """Four hundred events of each item, among those of others as they came."""
    at = "to_timestamp(1700000000 + i * 1000)"
    words = {"item": cyclic("i", 50), "reader": "NULL", "lender": library.main.id, "at": at}
    library.write(partial(fill, table="lending_events", numbers=range(1, 10_001), words=words))
    library.write(lambda transaction: transaction.execute("ANALYZE", ()))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_plans_of_lending_are_kept(database: Database) -> None:
    library = a_library(database, renewals=99)
    card, item = a_patron(library), an_item(library)
    busy(library)

    def lend(transaction: Transaction) -> tuple[dict[str, tuple[int, int]], ...]:
        before, act = plans(transaction), library.act(transaction)
        for turn in range(TURNS):
            act = act._replace(now=act.now + timedelta(days=turn))
            assert isinstance(check_out(act, LoanWish(patron=card, item=item)), CheckedOut)
            later = act._replace(now=act.now + timedelta(days=3))
            assert isinstance(renew(later, RenewalWish(card, item)), Renewed)
            assert isinstance(check_in(later, item=item), CheckedIn)
        return before, plans(transaction)

    # A connection may have served others before.
    before, after = library.write(lend)
    grown = {
        statement: (kept - before.get(statement, (0, 0))[0], own - before.get(statement, (0, 0))[1])
        for statement, (kept, own) in after.items()
    }
    assert sum(kept for kept, _ in grown.values()) > TURNS * 5
    assert [each for each, (kept, own) in grown.items() if own > TURNS / 2 and not kept] == []
