"""Of which events others are told: each kind is either followed, or says nothing of an item."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from circulation.holdings.following import FOLLOWED, FOLLOWER, gather, is_waiting
from circulation.holdings.progress import forget_sink, register_sinks
from circulation.kernel.events import EventKind
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.walking import each

#: Kinds that change nothing of what can be had of an item: beginnings of their names.
NOTHING = (
    *("patron_", "contact_", "guardian_", "consent_", "pin_", "identifier_", "joined_", "left_"),
    *(
        "charge_",
        "payment_",
        "reimbursed",
        "receipt_",
        "debt_",
        "collection_",
        "sent_to_",
        "staff_",
    ),
    *("program_", "app_", "workstation_", "set_up_", "branch_", "delivery_", "absence_"),
    *(
        "placement_",
        "booking_placed",
        "hold_placed",
        "hold_changed",
        "hold_activated",
        "hold_delayed",
    ),
    *("item_properties_set", "holdings_managed"),
    # The loan has ended: the event of that comes with it.
    "renewal_cancelled",
    # These note themselves that records have changed, or that items have gone.
    *("item_removed", "record_", "records_"),
)


@each("kind", list(EventKind), str)
def test_each_kind_is_decided(kind: EventKind) -> None:
    assert (kind in FOLLOWED) != kind.value.startswith(NOTHING)


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def rows(library: Library) -> int:
    row = library.read(
        lambda transaction: transaction.execute(
            f"SELECT count(*) FROM outbox WHERE follower = '{FOLLOWER.name}'", ()
        ).fetchone()
    )
    return int(row[0])


def test_where_nobody_is_told_a_loan_costs_no_row(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    library.write(lambda transaction: gather(transaction, lambda: library.now))
    library.check_out(card, barcode)
    assert rows(library) == 0
    library.write(lambda transaction: register_sinks(transaction, {"well": ()}))
    library.check_in(barcode)
    assert rows(library) == 1
    assert library.read(is_waiting)
    library.write(lambda transaction: gather(transaction, lambda: library.now))
    assert rows(library) == 0
    library.write(lambda transaction: forget_sink(transaction, "well"))
    library.check_out(card, barcode)
    assert rows(library) == 0
