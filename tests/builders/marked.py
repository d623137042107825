"""A patron whose texts are marked, so that a test sees them in an answer, and their rows."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from catalogue.database import Transaction, metadata
from circulation.kernel.results import UNATTENDED
from circulation.ledger.money import Paid
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.contacts import add_contact
from circulation.patrons.identifiers import add_identifier
from circulation.patrons.kinds import ContactKind
from circulation.patrons.public_ids import public_ids
from tests.builders.bookings import a_booking, a_set
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, number_of, paid
from tests.builders.holds import a_hold, record_of
from tests.builders.tables import rows_of

CARD, LOGIN, NATIONAL = "ZQ-CARD-7", "zqlogin", "1703154321"
MARKERS: Final = (
    *("Zqgiven", "Zqfamily", "zqmail@", "28119944", "Zqstreet", "2015-03-17", "Zqloan", "Zqhold"),
    *(CARD, LOGIN, NATIONAL, "73.5"),
)
#: Tables with rows about a patron that are no change to them: who has read what, and kept answers.
NO_CHANGE: Final = frozenset({"lookups", "replies", "item_replies", "pin_failures"})
_ABOUT: Final = {
    table.name: (rows_of(table), [each.name for each in table.columns].index("patron_id"))
    for table in metadata.sorted_tables
    if "patron_id" in table.columns and table.name not in NO_CHANGE
}


class Marked(NamedTuple):
    """What the marked patron is called, and what belongs to them."""

    id: int
    public_id: str
    loan: str
    held: str
    shelved: str
    holds: tuple[int, int]
    held_record: int
    charge: int
    payment: int
    booking: int


def a_marked_patron(library: Library, **details: Any) -> Marked:
    """Make the patron with a loan, two holds (one of them on the shelf), a booking, a charge."""
    names = {"given_name": "Zqgiven", "family_name": "Zqfamily"}
    ways = {"email": "zqmail@example.dk", "phone": "+4528119944"}
    a_patron(library, CARD, birth_date=date(2015, 3, 17), **names, **ways, **details)
    patron = number_of(library, CARD)

    def add(transaction: Transaction) -> str:
        act = library.act(transaction, UNATTENDED)
        add_identifier(act, patron, LOGIN, "login")
        add_identifier(act, patron, NATIONAL, "national_id")
        add_address(act, patron, NewAddress(lines="Zqstreet 7, 6760 Ribe"))
        add_contact(act, patron, ContactKind.EMAIL, "zqmail@example.com")
        return public_ids(library.circulation, transaction).shown(patron)

    public_id = library.write(add)
    loan = an_item(library, title="Zqloan", on_loan_to=CARD)
    held = an_item(library, title="Zqhold", on_loan_to=a_patron(library))
    shelved = an_item(library)
    holds = a_hold(library, CARD, held), a_hold(library, CARD, shelved)
    library.check_in(shelved)
    booked, *_ = a_set(library, 2)
    booking = a_booking(library, CARD, booked, 30, 40)
    owed = charge(library, CARD, 8_350)
    payment = paid(library, CARD, 1_000)
    assert isinstance(payment, Paid)
    numbers = tuple(each.hold.id for each in holds)
    return Marked(
        patron,
        public_id,
        loan,
        held,
        shelved,
        numbers,  # type: ignore[arg-type]
        record_of(library, held),
        owed.id,
        payment.payment_id,
        booking.id,
    )


def rows_about(library: Library, patron: int) -> dict[str, list[str]]:
    """Return all rows about the patron, by table."""
    return library.read(
        lambda transaction: {
            name: sorted(repr(row) for row in rows(transaction) if row[place] == patron)
            for name, (rows, place) in _ABOUT.items()
        }
    )


def newest_look(library: Library, patron: int) -> int:
    """Return how many lines of the access log are about the patron, or of a list."""
    return len(
        library.read(
            lambda transaction: [
                row for row in _LOOKS(transaction) if row[_PATRON] == patron or row[_HITS]
            ]
        )
    )


_LOOKUPS: Final = metadata.tables["lookups"]
_LOOKS: Final = rows_of(_LOOKUPS)
_PATRON, _HITS = (
    [each.name for each in _LOOKUPS.columns].index(name) for name in ("patron_id", "hits")
)
