"""Every message of SIP2 from a terminal of another agency, with every way to name a patron.

The messages are made from the layouts of the protocol: each field with an id is sent in a message
that has it, so that a new message or a new field is sent too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any, Final

import pytest

from catalogue.database import Transaction, metadata
from circulation.kernel.results import UNATTENDED
from circulation.patrons.addresses import NewAddress, add_address
from circulation.patrons.contacts import add_contact
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier
from circulation.patrons.kinds import ContactKind
from circulation.patrons.public_ids import public_ids
from protocols.sip2.fields import LAYOUT_OF, Kind, Layout
from protocols.sip2.handlers import HANDLERS
from protocols.sip2.messages import BlockPatron, Checkin, ItemStatusUpdate, Login
from protocols.sip2.settings import Account
from tests.builders.agencies import a_school, agree
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.builders.tables import rows_of
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

NOW: Final = "20261125    120000"
HOURS_AGO: Final = "20261125    080000"
CARD, LOGIN, NATIONAL = "ZQ-CARD-7", "zqlogin", "1703154321"
MARKERS: Final = (
    *("Zqgiven", "Zqfamily", "zqmail@", "28119944", "Zqstreet", "20150317", "2015-03-17"),
    *(CARD, LOGIN, NATIONAL, "170315", "Zqloan", "Zqhold", "73.50"),
)
#: What stands at the fixed places of a message, by name; a list is all that is tried.
FIXED: Final[dict[str, tuple[str, ...]]] = {
    "hold_mode": ("+", "-", "*"),
    "summary": tuple("Y".rjust(place + 1).ljust(10) for place in range(10)),
    "fee_type": ("01",),
    "payment_type": ("00",),
    "currency_type": ("DKK",),
    "language": ("001",),
    "protocol_version": ("2.00",),
}
#: What stands in the fields with ids; the patron and the item are named in every way.
FIELDS: Final = {
    "AC": "",
    "AD": "",
    "AL": "left behind",
    "AO": "",
    "AP": "",
    "BP": "1",
    "BQ": "9",
    "BV": "1.00",
    "BS": "DK-900201",
    "CH": "red",
}
#: Those that are taken from any terminal: they change the item, or the patron's own agency alone
#: is asked whether the block that they set counts.
TAKEN: Final = frozenset({Checkin, ItemStatusUpdate, BlockPatron})
NO_CHANGE: Final = frozenset({"lookups", "replies", "item_replies", "pin_failures"})
#: What happened off line and was not believed is on a list, for staff to settle.
LISTED: Final = frozenset({"loan_conflicts"})
ABOUT: Final = {
    table.name: (rows_of(table), [each.name for each in table.columns].index("patron_id"))
    for table in metadata.sorted_tables
    if "patron_id" in table.columns and table.name not in NO_CHANGE
}


def everything_shown() -> dict[str, Any]:
    """Return all options of an account that show something, from the account itself."""
    shown = [each for each in Account.__dataclass_fields__ if each.startswith("show_")]
    return dict.fromkeys(shown, True) | {"kind": "desk", "print_lines": "receipt"}


@pytest.fixture
def known(library: Library) -> dict[str, list[str]]:
    """Return the ways to name the marked patron of the library, and what belongs to them."""
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes ok"))
    names = {"given_name": "Zqgiven", "family_name": "Zqfamily"}
    ways = {"email": "zqmail@example.dk", "phone": "+4528119944"}
    born = date(2015, 3, 17)
    a_patron(library, CARD, birth_date=born, pin_hash=hashed("1234"), **names, **ways)
    patron = number_of(library, CARD)

    def add(transaction: Transaction) -> str:
        act = library.act(transaction, UNATTENDED)
        add_identifier(act, patron, LOGIN, "login")
        add_identifier(act, patron, NATIONAL, "national_id")
        add_address(act, patron, NewAddress(lines="Zqstreet 7, 6760 Ribe"))
        add_contact(act, patron, ContactKind.EMAIL, "zqmail@example.dk")
        return public_ids(library.circulation, transaction).shown(patron)

    public_id = library.write(add)
    loan = an_item(library, title="Zqloan", on_loan_to=CARD)
    held = an_item(library, title="Zqhold", on_loan_to=a_patron(library))
    shelved = an_item(library)
    a_hold(library, CARD, held)
    a_hold(library, CARD, shelved)
    library.check_in(shelved)
    owed = charge(library, CARD, 7_350)
    return {
        "AA": [CARD, LOGIN, NATIONAL, public_id, "zqmail@example.dk", "Zqfamily", str(patron)],
        "AB": [loan, held, shelved, an_item(library)],
        "AJ": ["Zqloan", "Zqhold"],
        "CG": [str(owed.id)],
    }


def messages_of(layout: Layout, known: dict[str, list[str]]) -> Iterator[str]:
    """Yield messages of a layout in which every way to name somebody or something is used; what can
    have happened off line is said to have happened now, and hours ago."""
    yield from _messages_at(NOW, "N", layout, known)
    if any(each.name == "no_block" for each in layout.fixed):
        yield from _messages_at(NOW, "Y", layout, known)
        yield from _messages_at(HOURS_AGO, "Y", layout, known)


def _messages_at(
    when: str, no_block: str, layout: Layout, known: dict[str, list[str]]
) -> Iterator[str]:
    choices = FIXED | {"no_block": (no_block,)}
    fixed = [
        choices.get(each.name, (when,) if each.kind is Kind.DATE else ("N" * each.length,))
        for each in layout.fixed
    ]
    codes = [each.code for each in layout.variable if each.code in known]
    rest = "".join(
        f"{each.code}{FIELDS[each.code]}|" for each in layout.variable if each.code in FIELDS
    )
    for places, named in product(product(*fixed), product(*(known[code] for code in codes))):
        fields = (f"{code}{name}|" for code, name in zip(codes, named, strict=True))
        yield f"{layout.code}{''.join(places)}{rest}{''.join(fields)}"


def about_patron(library: Library) -> dict[str, list[str]]:
    patron = number_of(library, CARD)
    return library.read(
        lambda transaction: {
            name: sorted(repr(row) for row in rows(transaction) if row[place] == patron)
            for name, (rows, place) in ABOUT.items()
        }
    )


def faults(terminal: Terminal, kind: type, known: dict[str, list[str]]) -> Iterator[str]:
    """Yield what an answer tells of the patron, and which rows about them have changed."""
    for text in messages_of(LAYOUT_OF[kind], known):
        before = about_patron(terminal.library)
        answer = terminal.ask(text.encode()).decode()
        of_item = [
            title
            for title, item in zip(known["AJ"], known["AB"], strict=False)
            if f"AB{item}|" in text
        ]
        told = [
            each for each in MARKERS if each in answer and each not in text and each not in of_item
        ]
        if told or not answer:
            yield f"{text}: {told}: {answer}"
        after = about_patron(terminal.library)
        changed = [name for name in after if after[name] != before[name] and name not in LISTED]
        if changed and kind not in TAKEN:
            yield f"{text}: has changed {changed}: {answer}"


@pytest.mark.parametrize("kind", [each for each in HANDLERS if each is not Login])
@pytest.mark.parametrize(("serves", "is_agreed"), [("all", False), ("all", True), ("own", True)])
def test_a_terminal_of_another_agency_reaches_nobody_without_their_pin(
    library: Library,
    a_terminal: ATerminal,
    known: dict[str, list[str]],
    kind: type,
    is_agreed: bool,
    serves: str,
) -> None:
    """An agreement lets the desks of an agency serve a patron, and no machine without a PIN."""
    school = a_school(library)
    if is_agreed:
        agree(library, library.main, school, debts=True, payments=True, patrons=True)
    options = everything_shown() | {"serves_patrons_of": serves, "branch": school.isil}
    assert not list(faults(a_terminal(**options), kind, known))
