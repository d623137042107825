"""Partners of the set-up: options, and what wins over what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from catalogue.database import Database, Transaction, open_database
from circulation.callers.partners import forget_partner, store_partner
from circulation.kernel.set_up import set_up_changed
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code, FromAgencyId, InitiationHeader, Problem
from protocols.ncip.partners.agreements import partner_problems
from protocols.ncip.partners.partners import Partners
from protocols.ncip.settings import NcipSettings, Partner
from tests.builders.circulation import Library, a_library


@pytest.mark.parametrize(
    ("options", "at_fault"),
    [
        ({}, set()),
        ({"services": ["LookupItem"], "sees_borrowers": True}, set()),
        ({"services": ["Nothing"]}, {"services"}),
        ({"sees": True}, {"sees"}),
        # What it writes is the name of its table: with another one nothing it sends is taken.
        ({"agency": "DK-746100"}, {"agency"}),
    ],
)
def test_options_of_a_partner(options: dict[str, Any], at_fault: set[str]) -> None:
    assert set(partner_problems(options)) == at_fault


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    database = open_database(sqlite_url)
    yield database
    database.close()


def test_partners_come_and_go_while_the_server_runs(database: Database) -> None:
    library = a_library(database)
    partners = Partners(NcipSettings(partners=(Partner("DK-1", "DK-900101", "own"),)))

    def named(library: Library, agency: str) -> str | None:
        def work(transaction: Transaction) -> Partner | Problem:
            partners.follow(Context(transaction, library.circulation, library.now, []))
            return partners.find("LookupItem", _header(agency))

        found = library.read(work)
        return found.name if isinstance(found, Partner) else None

    def change(transaction: Transaction) -> None:
        for agency in ("DK-1", "DK-2"):
            store_partner(
                transaction,
                agency=agency,
                name="stored",
                branch_id=library.other.id,
                options={"services": ["LookupItem"]},
            )
        set_up_changed(transaction)

    assert (named(library, "dk-1"), named(library, "dk-2")) == ("own", None)
    library.write(change)
    assert (named(library, "dk-1"), named(library, "dk-2")) == ("own", "stored")

    def remove(transaction: Transaction) -> None:
        forget_partner(transaction, agency="DK-2")
        set_up_changed(transaction)

    library.write(remove)
    assert named(library, "dk-2") is None


def _header(agency: str) -> InitiationHeader:
    return InitiationHeader(from_agency_id=FromAgencyId(Code(agency)))
