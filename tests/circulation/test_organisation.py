"""Who lends, by ISIL."""

from __future__ import annotations

import pytest

from catalogue.database import Database
from catalogue.statements import Transaction
from circulation.organisation import (
    add_agency,
    add_branch,
    add_consortium,
    branches_of_agency,
    desk_at,
    find_branch,
)
from circulation.results import Branch, Desk
from tests.builders.circulation import Library, a_patron, an_item


def test_a_branch_knows_its_agency(library: Library) -> None:
    assert library.main == Branch(
        library.main.id,
        "DK-900101",
        "Hovedbiblioteket",
        library.main.agency_id,
        "DK-900100",
        "Prøvekommunens Biblioteker",
        "Europe/Copenhagen",
    )
    assert library.read(lambda transaction: find_branch(transaction, "DK-1")) is None


def test_the_branches_of_an_agency(library: Library) -> None:
    found = library.read(lambda transaction: branches_of_agency(transaction, "DK-900100"))
    assert found == [library.main, library.other]
    assert library.read(lambda transaction: branches_of_agency(transaction, "DK-1")) == []


def test_a_desk(library: Library) -> None:
    desk = library.read(
        lambda transaction: desk_at(transaction, "DK-900102", actor="sorter", device="amh-1")
    )
    assert desk == Desk("sorter", "amh-1", library.other.agency_id, library.other.id)
    nowhere = library.read(
        lambda transaction: desk_at(transaction, "DK-1", actor="sorter", device="amh-1")
    )
    assert nowhere is None


def test_each_agency_has_its_own_time(database: Database) -> None:
    def work(transaction: Transaction) -> Branch | None:
        consortium = add_consortium(transaction, "Rigsfællesskabet")
        agency = add_agency(transaction, consortium, "GL-1", "Nuuk", timezone="America/Nuuk")
        add_branch(transaction, agency, "GL-11", "Groenlandica")
        return find_branch(transaction, "GL-11")

    branch = database.write(work).result()
    assert branch is not None
    assert branch.timezone == "America/Nuuk"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"timezone": "Europe/Atlantis"}, "Atlantis"), ({"kind": "private"}, "private")],
)
def test_nonsense_is_refused(
    sqlite_library: Library, options: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sqlite_library.write(
            lambda transaction: add_agency(transaction, 1, "DK-2", "To", **options)
        )


def test_a_branch_added_later_is_known_to_verbs_at_once(library: Library) -> None:
    card = a_patron(library)
    library.check_out(card, an_item(library))  # reads the set-up
    library.write(
        lambda transaction: add_branch(transaction, library.main.agency_id, "DK-900103", "Bogbus")
    )
    bus = library.read(lambda transaction: find_branch(transaction, "DK-900103"))
    assert bus is not None
    answer = library.check_out(card, an_item(library, home=bus), at=bus)
    assert answer.item is not None
    assert answer.item.home_branch == bus
