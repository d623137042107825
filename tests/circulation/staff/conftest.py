"""A library whose house is a known network, and that has a key to seal secrets under."""

from __future__ import annotations

import pytest

from circulation.kernel.engine import Circulation
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.seals import Seal
from circulation.staff.settings import STAFF_SETTINGS
from tests.builders.circulation import Library


def prepared(library: Library) -> Library:
    library.circulation = Circulation({IDENTIFIERS: IdentifierKey(b"k" * 32, Seal(b"s" * 32))})
    settings(library, known_networks=["192.0.2.0/24", "2001:db8::/32"])
    return library


def settings(library: Library, **said: object) -> None:
    """What the agency of the main branch asks of its staff."""

    def work(transaction: object) -> None:
        STAFF_SETTINGS.store(transaction, library.main.agency_id, said)  # type: ignore[arg-type]
        set_up_changed(transaction)  # type: ignore[arg-type]

    library.write(work)


@pytest.fixture
def house(library: Library) -> Library:
    return prepared(library)


@pytest.fixture
def sqlite_house(sqlite_library: Library) -> Library:
    return prepared(sqlite_library)
