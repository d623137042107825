"""The end of interest."""

from __future__ import annotations

from datetime import timedelta

from circulation.holds.expiry import expire_holds
from circulation.holds.results import Wanted
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, Destination, Refused
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import (
    a_hold,
    ask,
    goes_to,
    hold_now,
    outcome_of,
    record_of,
)


def test_the_interest_period_ends_what_waits_and_nothing_else(library: Library) -> None:
    ready, waits = an_item(library), an_item(library, on_loan_to=a_patron(library))
    ida = a_patron(library)
    until = library.today + timedelta(days=2)
    on_shelf = a_hold(library, ida, ready, interest_until=until).hold
    waiting = a_hold(library, ida, waits, interest_until=until).hold
    goes_to(library, ready)

    def run() -> list[int]:
        found = library.write(
            lambda transaction: expire_holds(library.act(transaction, UNATTENDED))
        )
        return [hold.id for hold in found]

    library.pass_time(days=2)
    assert run() == []
    library.pass_time(days=1)
    assert run() == [waiting.id]
    assert run() == []
    assert outcome_of(library, waiting) == "expired"
    assert hold_now(library, ida, on_shelf) is not None


def test_the_last_day_of_interest_is_served_and_the_next_is_not(library: Library) -> None:
    ida = a_patron(library)
    last, late = an_item(library), an_item(library)
    until = library.today + timedelta(days=2)
    served = a_hold(library, ida, last, interest_until=until).hold
    waits = a_hold(library, ida, late, interest_until=until).hold
    library.pass_time(days=2)
    assert goes_to(library, last) == (Destination.HOLD_SHELF_HERE, served.id)
    library.pass_time(days=1)
    assert goes_to(library, late) == (Destination.SHELF_HERE, None)
    assert hold_now(library, ida, waits) is not None  # the night ends it


def test_interest_for_today_alone_is_possible(library: Library) -> None:
    ida, barcode = a_patron(library), an_item(library)
    yesterday = ask(
        library,
        ida,
        Wanted(record_of(library, barcode)),
        interest_until=library.today - timedelta(days=1),
    )
    assert isinstance(yesterday, Refused)
    assert yesterday.reasons == (Reason.HOLD_DATES_WRONG,)
    placed = a_hold(library, ida, barcode, interest_until=library.today).hold
    assert goes_to(library, barcode) == (Destination.HOLD_SHELF_HERE, placed.id)
