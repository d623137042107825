"""Who lends, by ISIL."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from catalogue.database import Database, Transaction
from circulation.kernel.organisation import (
    add_agency,
    add_branch,
    add_consortium,
    desk_at,
    find_branch,
)
from circulation.kernel.results import Branch, Desk
from circulation.kernel.set_up import SetUp, read_set_up, set_up_changed
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
    assert library.read(lambda transaction: find_branch(transaction, isil="DK-1")) is None


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
        consortium = add_consortium(transaction, name="Rigsfællesskabet")
        agency = add_agency(transaction, consortium, "GL-1", "Nuuk", timezone="America/Nuuk")
        add_branch(transaction, agency, "GL-11", "Groenlandica")
        return find_branch(transaction, isil="GL-11")

    branch = database.write(work).result()
    assert branch is not None
    assert branch.timezone == "America/Nuuk"


def test_the_day_is_that_of_the_branch(library: Library) -> None:
    def work(transaction: Transaction) -> tuple[SetUp, SetUp, int]:
        before = read_set_up(transaction)
        consortium = add_consortium(transaction, name="Rigsfællesskabet")
        agency = add_agency(transaction, consortium, "GL-1", "Nuuk", timezone="America/Nuuk")
        nuuk = add_branch(transaction, agency, "GL-11", "Groenlandica")
        set_up_changed(transaction)
        return before, read_set_up(transaction), nuuk

    before, after, nuuk = library.write(work)
    evening, night = (datetime(2026, 11, 25, hour, 30, tzinfo=UTC) for hour in (22, 23))
    first, second = date(2026, 11, 25), date(2026, 11, 26)
    assert [before.day(evening), before.day(night)] == [first, second]
    assert [after.day(night, library.main.id), after.day(night, nuuk)] == [second, first]
    # Of all of them it is the day that has come everywhere.
    assert after.day(night) == first


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
    bus = library.read(lambda transaction: find_branch(transaction, isil="DK-900103"))
    assert bus is not None
    answer = library.check_out(card, an_item(library, home=bus), at=bus)
    assert answer.item is not None
    assert answer.item.home_branch == bus
