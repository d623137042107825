"""Every service from a partner without an agreement, with every way to name a patron of ours.

The requests are those of `tests.protocols.ncip.asking`, one for each service there is; each of
their fields that can name somebody or ask for more about them is filled in every way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import product
from typing import Any, Final

import pytest
from lxml import etree

from catalogue.database import metadata
from circulation.kernel.results import UNATTENDED
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier
from protocols.ncip.codec import encode
from protocols.ncip.messages import Code
from protocols.ncip.models.services import SERVICES
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import charge, number_of
from tests.builders.holds import a_hold
from tests.builders.tables import rows_of
from tests.protocols.ncip.asking import CASES, item, named, typed, user
from tests.protocols.ncip.stage import Stage
from tests.protocols.ncip.test_authority import FOREIGN, NEWEST, OLDEST, SECRET, header

CARD, LOGIN, NATIONAL = "ZQ-CARD-7", "zqlogin", "1703154321"
MARKERS: Final = (*("Zqgiven", "Zqfamily", "zqmail@", "28119944", CARD, LOGIN, NATIONAL),)
#: What a partner may ask to be told of people.
ABOUT_USERS: Final = tuple(
    map(
        Code,
        (
            *("Name Information", "User Address Information", "Date Of Birth", "User Id"),
            *("Authentication Input", "Block Or Trap", "User Privilege", "User Language"),
        ),
    )
)
NO_CHANGE: Final = frozenset({"lookups", "replies", "pin_failures"})
ABOUT: Final = {
    table.name: (rows_of(table), [each.name for each in table.columns].index("patron_id"))
    for table in metadata.sorted_tables
    if "patron_id" in table.columns and table.name not in NO_CHANGE
}


def marked(stage: Stage) -> dict[str, list[Any]]:
    """Make the marked patron; return the values by which fields of requests name them."""
    library = stage.library
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes ok"))
    ways = {"email": "zqmail@example.dk", "phone": "+4528119944"}
    a_patron(library, CARD, given_name="Zqgiven", family_name="Zqfamily", **ways)
    patron = number_of(library, CARD)
    for name, kind in ((LOGIN, "login"), (NATIONAL, "national_id")):
        library.write(
            lambda transaction, name=name, kind=kind: add_identifier(
                library.act(transaction, UNATTENDED), patron, name, kind
            )
        )
    loan, held = an_item(library, on_loan_to=CARD), an_item(library)
    hold = a_hold(library, CARD, held)
    charge(library, CARD, 5_000)
    return {
        "user_id": [user(CARD), user(LOGIN), user(NATIONAL), user("zqmail@example.dk")],
        "item_id": [item(loan), item(held)],
        "request_id": [named(str(hold.hold.id))],
        "authentication_input": [typed(CARD, "9999"), typed(NATIONAL, "9999")[:1]],
        "user_element_type": [ABOUT_USERS],
    }


def requests_for(stage: Stage, service: str, known: dict[str, list[Any]]) -> Iterator[Any]:
    """Yield requests for the service that name the patron in every way that its fields allow."""
    request = CASES[service](stage.library)[-1]
    names = {each.name for each in fields(request)}
    wanted = {name: True for name in names if name.endswith("_desired")}
    varied = sorted(names & set(known))
    for chosen in product(*(known[name] for name in varied)):
        values = dict(zip(varied, chosen, strict=True))
        if isinstance(getattr(request, "item_id", None), tuple):
            values["item_id"] = (values["item_id"],)
        for left_out in ({}, {"authentication_input": ()}, {"user_id": None}, {"request_id": None}):
            given = {name: value for name, value in left_out.items() if name in names}
            head = header(FOREIGN.agency, SECRET)
            yield replace(request, initiation_header=head, **wanted | values | given)


def about_patron(stage: Stage) -> dict[str, list[str]]:
    patron = number_of(stage.library, CARD)
    return stage.library.read(
        lambda transaction: {
            name: sorted(repr(row) for row in rows(transaction) if row[place] == patron)
            for name, (rows, place) in ABOUT.items()
        }
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_partner_without_an_agreement_reaches_no_patron(stage: Stage, service: str) -> None:
    known = marked(stage)
    requests = list(requests_for(stage, service, known))
    stage.use(NcipSettings(partners=(FOREIGN,)))
    before = about_patron(stage)
    asked_at_all = 0
    for request in requests:
        try:
            asked = encode(request, OLDEST if service == "AuthenticateUser" else NEWEST)
        except ValueError:  # no message of the standard leaves this field out
            continue
        asked_at_all += 1
        answer = stage.answer(asked)
        written = etree.tostring(etree.fromstring(answer), encoding="unicode")
        told = [each for each in MARKERS if each in written and each.encode() not in asked]
        assert told == [], written
        if service != "CheckInItem":  # taken from any borrower
            assert about_patron(stage) == before, written
    assert asked_at_all
