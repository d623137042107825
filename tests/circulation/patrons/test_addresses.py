"""Where patrons live, for how long, and who is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from circulation.accounts.status import patron_status
from circulation.kernel.events import EventKind
from circulation.kernel.results import PatronStatus
from circulation.kernel.rights import Kind, Principal, Reach, Right
from circulation.patrons.addresses import (
    Dwelling,
    NewAddress,
    add_address,
    address_on,
    addresses_of,
    remove_address,
)
from circulation.patrons.changes import change_patron
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.contacts import add_contact
from circulation.patrons.kinds import ContactKind
from circulation.patrons.personal_erasure import erase_person
from circulation.patrons.personal_export import export_person
from circulation.patrons.searching import Hits, find_patrons
from tests.builders.circulation import Library, a_patron, events_of_patron
from tests.builders.fees import number_of

HOME = NewAddress(street="Lindevej", house_number="7", postal_code="2000", city="Frederiksberg")


def do(library: Library, verb: Any, *given: Any) -> Any:
    return library.write(lambda transaction: verb(library.act(transaction), *given))


def test_an_address_is_written_as_on_a_letter(library: Library) -> None:
    number = number_of(library, a_patron(library))
    whole = HOME._replace(lines=" c/o Holm ", country="SE")
    added = do(library, add_address, number, whole)
    assert added.text == "c/o Holm\nLindevej 7\n2000 Frederiksberg\nSE"
    assert added.line == "c/o Holm, Lindevej 7, 2000 Frederiksberg, SE"
    assert do(library, add_address, number, whole) == added
    assert library.read(lambda transaction: addresses_of(transaction, number)) == [added]
    assert do(library, remove_address, number, added.id)
    assert not do(library, remove_address, number, added.id)
    kinds = [
        event.kind
        for event in library.read(
            lambda transaction: events_of_patron(transaction, patron_id=number)
        )
    ]
    assert kinds[1:] == [EventKind.CONTACT_ADDED, EventKind.CONTACT_REMOVED]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (NewAddress(street=" "), "address"),
        (HOME._replace(country="Danmark"), "country"),
        (
            HOME._replace(valid_from=date(2026, 5, 2), valid_until=date(2026, 5, 1)),
            "valid_until",
        ),
    ],
)
def test_what_is_no_address_is_refused(library: Library, wrong: NewAddress, field: str) -> None:
    number = number_of(library, a_patron(library))
    with pytest.raises(PatronUnfit) as refused:
        do(library, add_address, number, wrong)
    assert [each.field for each in refused.value.problems] == [field]
    assert library.read(lambda transaction: addresses_of(transaction, number)) == []


def test_a_temporary_address_goes_before_the_home_as_long_as_it_holds(library: Library) -> None:
    number = number_of(library, a_patron(library))
    summer = NewAddress(
        Dwelling.TEMPORARY,
        lines="Strandhuset",
        valid_from=date(2026, 7, 1),
        valid_until=date(2026, 7, 31),
    )
    for each in (summer, HOME, HOME._replace(street="Birkevej", valid_from=date(2027, 1, 1))):
        do(library, add_address, number, each)
    known = library.read(lambda transaction: addresses_of(transaction, number))

    def lives(day: date) -> str:
        found = address_on(known, day)
        assert found is not None
        return found.line.partition(",")[0]

    assert lives(date(2026, 6, 30)) == "Lindevej 7"
    assert lives(date(2026, 7, 1)) == lives(date(2026, 7, 31)) == "Strandhuset"
    assert lives(date(2026, 8, 1)) == "Lindevej 7"
    assert lives(date(2027, 1, 1)) == "Birkevej 7"
    assert address_on([], date(2027, 1, 1)) is None


def a_protected_patron(library: Library) -> tuple[str, int]:
    card = a_patron(library, email="ida@example.dk", phone="22334455")
    number = number_of(library, card)
    do(library, add_address, number, HOME)
    do(library, add_contact, number, ContactKind.EMAIL, "other@example.dk")
    do(library, change_patron, number, {"is_protected": True})
    return card, number


def searched(library: Library, text: str, *rights: Right) -> Hits:
    grants = dict.fromkeys((Right.VIEW_PATRONS, *rights), Reach(everywhere=True))
    branch = library.main
    who = Principal(Kind.STAFF, 1, "anna", branch.agency_id, branch.id, grants=grants)
    return library.read(
        lambda transaction: find_patrons(transaction, library.circulation, who, text)
    )


@pytest.mark.parametrize(
    "text", ["lindevej", "2000 frederiksberg", "22334455", "ida@example.dk", "other@", "ida linde"]
)
def test_a_protected_patron_is_found_by_address_with_the_right_alone(
    library: Library, text: str
) -> None:
    card, number = a_protected_patron(library)
    assert searched(library, text).lines == ()
    [hit] = searched(library, text, Right.VIEW_PROTECTED_ADDRESSES).lines
    assert (hit.card, hit.is_protected) == (card, True)
    assert (hit.address, hit.phone, hit.email) == ("", "", "")  # in no list, whoever asks
    [by_name] = searched(library, "ida ørsted").lines
    assert by_name == hit
    do(library, change_patron, number, {"is_protected": False})
    [hit] = searched(library, text).lines
    assert (hit.address, hit.phone) == ("Lindevej 7, 2000 Frederiksberg", "+4522334455")


def test_the_status_of_a_protected_patron_does_not_tell_how_they_are_reached(
    library: Library,
) -> None:
    card, _ = a_protected_patron(library)
    status = library.read(lambda transaction: patron_status(library.act(transaction), patron=card))
    assert isinstance(status, PatronStatus)
    assert (status.email, status.phone, status.is_protected) == ("", "", True)


def test_addresses_are_exported_and_erased(library: Library) -> None:
    _, number = a_protected_patron(library)
    found = library.read(lambda transaction: export_person(transaction, number))
    assert found is not None
    assert [each["street"] for each in found["patron_addresses"]] == ["Lindevej"]
    assert found["patron"]["is_protected"] is True
    do(library, erase_person, number)
    assert library.read(lambda transaction: addresses_of(transaction, number)) == []
    assert searched(library, "lindevej", Right.VIEW_PROTECTED_ADDRESSES).lines == ()
