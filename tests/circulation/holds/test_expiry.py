"""The end of interest."""

from __future__ import annotations

from datetime import timedelta

from circulation.holds.expiry import expire_holds
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_hold,
    goes_to,
    hold_now,
    outcome_of,
)


def test_the_interest_period_ends_what_waits_and_nothing_else(library: Library) -> None:
    ready, waits = an_item(library), an_item(library, on_loan_to=a_patron(library))
    ida = a_patron(library)
    until = library.today + timedelta(days=2)
    on_shelf = a_hold(library, ida, ready, interest_until=until).hold
    waiting = a_hold(library, ida, waits, interest_until=until).hold
    goes_to(library, ready)

    def run() -> list[int]:
        found = library.write(lambda transaction: expire_holds(transaction, now=library.now))
        return [hold.id for hold in found]

    library.pass_time(days=2)
    assert run() == []
    library.pass_time(days=1)
    assert run() == [waiting.id]
    assert run() == []
    assert outcome_of(library, waiting) == "expired"
    assert hold_now(library, ida, on_shelf) is not None
