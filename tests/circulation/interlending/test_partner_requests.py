"""What partners call the holds they have placed."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from circulation.interlending.partner_requests import hold_of_request, note_request, request_of_hold
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def note(library: Library, agency: str, name: str, hold_id: int) -> None:
    library.write(lambda transaction: note_request(transaction, agency, name, hold_id))


def hold_of(library: Library, agency: str, name: str) -> int | None:
    return library.read(lambda transaction: hold_of_request(transaction, agency, name))


def name_of(library: Library, agency: str, hold_id: int) -> str | None:
    return library.read(lambda transaction: request_of_hold(transaction, agency, hold_id))


def test_names_count_for_the_partner_alone_and_in_any_case(library: Library) -> None:
    hold = a_hold(library, a_patron(library), an_item(library)).hold
    note(library, "DK-710100", "R 17", hold.id)
    assert hold_of(library, "dk-710100 ", "R 17") == hold.id
    assert name_of(library, "dk-710100", hold.id) == "R 17"
    assert hold_of(library, "DK-000000", "R 17") is None
    assert name_of(library, "DK-000000", hold.id) is None
    assert hold_of(library, "DK-710100", "r 17") is None


def test_a_name_belongs_to_the_hold_that_got_it_last(library: Library) -> None:
    first, second = (a_hold(library, a_patron(library), an_item(library)).hold for _ in range(2))
    note(library, "DK-710100", "R 17", first.id)
    note(library, "DK-710100", "R 17", second.id)
    assert hold_of(library, "DK-710100", "R 17") == second.id
    assert name_of(library, "DK-710100", first.id) is None


def test_a_hold_may_have_several_names(library: Library) -> None:
    hold = a_hold(library, a_patron(library), an_item(library)).hold
    note(library, "DK-710100", "R 2", hold.id)
    note(library, "DK-710100", "R 1", hold.id)
    assert hold_of(library, "DK-710100", "R 2") == hold_of(library, "DK-710100", "R 1") == hold.id
    assert name_of(library, "DK-710100", hold.id) == "R 1"
