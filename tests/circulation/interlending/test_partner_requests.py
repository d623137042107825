"""What partners call the holds they have placed and the wishes they have brought."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from circulation.interlending.asking import Wish, ask
from circulation.interlending.borrowing import Agreement
from circulation.interlending.partner_requests import (
    case_of_request,
    hold_of_request,
    note_request,
    note_wish,
    request_of_case,
    request_of_hold,
)
from circulation.interlending.rows import InterlibraryLoan
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold, holds_of
from tests.builders.interlending import a_borrowed_item, a_partner


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


def test_a_name_means_a_case_until_it_is_here(library: Library) -> None:
    a_partner(library, "ILL")
    card = a_patron(library)
    loan = library.write(
        lambda transaction: ask(library.act(transaction), patron=card, wish=Wish(title="Gift"))
    )
    assert isinstance(loan, InterlibraryLoan)
    assert loan.case_id is not None
    case_id = loan.case_id
    for name in ("W 2", "W 1"):
        library.write(lambda transaction, name=name: note_wish(transaction, "B", name, case_id))
    assert library.read(lambda transaction: case_of_request(transaction, "b", "W 1")) == case_id
    assert library.read(lambda transaction: request_of_case(transaction, "b", case_id)) == "W 1"
    assert hold_of(library, "B", "W 1") is None
    a_borrowed_item(
        library, None, request_id=loan.request_id, agreement=Agreement(loan.partner, "Broker")
    )
    (queued,) = holds_of(library, card)
    assert hold_of(library, "B", "W 1") == queued.hold.id
    assert name_of(library, "B", queued.hold.id) == "W 1"
    # What is asked for under a name that was given before is another thing.
    hold = a_hold(library, a_patron(library), an_item(library)).hold
    note(library, "B", "W 1", hold.id)
    assert library.read(lambda transaction: case_of_request(transaction, "b", "W 1")) is None
    assert hold_of(library, "B", "W 1") == hold.id
