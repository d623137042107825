"""What is written of a patron: fields, names, categories, and the event."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from catalogue.database import Database
from circulation.kernel.events import EventKind
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Kind, Principal, Reach, Right
from circulation.kernel.trees import CATEGORIES
from circulation.patrons.changes import PatronFields, change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.identifiers import place_of_patron
from circulation.patrons.searching import find_patrons
from tests.builders.agencies import a_school
from tests.builders.circulation import Library, a_library, a_patron, events_of_patron
from tests.builders.fees import number_of


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def change(library: Library, card: str, **changes: Any) -> PatronFields:
    patron_id = number_of(library, card)
    return library.write(
        lambda transaction: change_patron(library.act(transaction), patron_id, changes)
    )


def test_what_is_not_named_stays(library: Library) -> None:
    card = a_patron(library, email="old@example.dk", phone="12345678")
    after = change(library, card, email="new@example.dk", birth_date=date(1990, 5, 17))
    assert (after.email, after.phone) == ("new@example.dk", "+4512345678")
    assert after.birth_date == date(1990, 5, 17)
    patron_id = number_of(library, card)
    assert (
        library.read(lambda transaction: patron_fields(transaction, patron_id=patron_id)) == after
    )
    assert change(library, card, birth_date=None).birth_date is None


def test_a_new_name_changes_how_they_are_addressed(library: Library) -> None:
    card = a_patron(library)
    assert change(library, card, family_name="Brun").name == "Ida Brun"
    assert change(library, card, family_name="Holm", name="I. Holm").name == "I. Holm"
    assert change(library, card, email="x@example.dk").name == "I. Holm"


def test_the_event_tells_what_was_and_what_is(library: Library) -> None:
    card = a_patron(library, expires=date(2027, 1, 31))
    change(library, card, expires=date(2028, 1, 31))
    patron_id = number_of(library, card)
    event = library.read(lambda transaction: events_of_patron(transaction, patron_id=patron_id))[-1]
    assert event.kind is EventKind.PATRON_CHANGED
    assert event.before == {"expires": "2027-01-31"}
    assert event.after == {"expires": "2028-01-31"}
    change(library, card, expires=date(2028, 1, 31))
    events = library.read(lambda transaction: events_of_patron(transaction, patron_id=patron_id))
    assert events[-1] == event


def test_a_category_must_be_one_where_categories_are_named(library: Library) -> None:
    card = a_patron(library)
    assert change(library, card, category="anything").category == "anything"
    library.write(lambda transaction: CATEGORIES.store(transaction, {"child": ("Children", None)}))
    with pytest.raises(PatronUnfit, match="pensioner"):
        change(library, card, category="pensioner")
    assert change(library, card, category="child").category == "child"
    assert change(library, card, email="x@example.dk").category == "child"


def test_nobody(library: Library) -> None:
    with pytest.raises(ValueError, match="no patron"):
        library.write(
            lambda each: change_patron(library.act(each, UNATTENDED), 999, {"email": "x"})
        )


def test_a_home_branch_elsewhere_makes_a_patron_of_that_agency(library: Library) -> None:
    school = a_school(library)
    card = a_patron(library)
    assert change(library, card, home_branch_id=school.id).home_branch_id == school.id
    patron_id = number_of(library, card)
    place = library.read(lambda transaction: place_of_patron(transaction, patron_id=patron_id))
    assert place is not None
    assert (place.agency_id, place.home_branch_id) == (school.agency_id, school.id)
    there = Reach(agencies=frozenset({school.agency_id}))
    teacher = Principal(
        Kind.STAFF, 1, "anna", school.agency_id, school.id, "desk", {Right.VIEW_PATRONS: there}
    )
    hits = library.read(
        lambda transaction: find_patrons(transaction, library.circulation, teacher, "ørsted")
    )
    assert [each.card for each in hits.lines] == [card]
